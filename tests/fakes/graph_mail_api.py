"""One mailbox in the loopback Graph: messages, folders, delta queries, drafts in MIME, and what its user does."""

import base64
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from email.utils import getaddresses, parseaddr
from functools import partial
from http import HTTPStatus

from assistant.domain.mail import Mail
from assistant.domain.mailbox import Folder, MessageState
from assistant.ports.runtime import Clock
from tests.fakes.graph_api import GraphServer, Json, Refusal, Request, selected, validated

OWN_ADDRESS = "user@company.com"
_FOLDERS = {
    "inbox": Folder.INBOX,
    "archive": Folder.ARCHIVE,
    "sentitems": Folder.SENT,
    "drafts": Folder.DRAFTS,
    "junkemail": Folder.JUNK,
    "deleteditems": Folder.TRASH,
}
_FOLDER_IDS = {name: f"AQMk-{name}" for name in _FOLDERS}
_NAMES = {folder: name for name, folder in _FOLDERS.items()}
_EQUALS = re.compile(r"(\w+) eq '((?:[^']|'')*)'")
_SINCE = re.compile(r"receivedDateTime ge (\S+)")
_SEARCH_SINCE = re.compile(r" AND received>=(\S+)$")
_MESSAGE = r"me/messages/(?P<id>[^/]+)"

type Reply = tuple[HTTPStatus, Json | None]


class GraphMail:
    """Implements ``MailboxSide`` over the server's messages."""

    def __init__(self, server: GraphServer, clock: Clock) -> None:
        self._server = server
        self._clock = clock
        self._messages: dict[str, Json] = {}
        self._log: list[tuple[str, str]] = []
        self._oldest = 0
        self._count = 0
        self._loose = False
        for method, path, route in (
            ("GET", r"me/mailFolders/(?P<folder>\w+)", self._folder),
            ("GET", r"me/mailFolders/(?P<folder>\w+)/messages", self._list),
            ("GET", r"me/messages", self._list),
            ("GET", r"me/mailFolders\('inbox'\)/messages/delta", self._delta),
            ("GET", _MESSAGE, self._get),
            ("PATCH", _MESSAGE, self._patch),
            ("DELETE", _MESSAGE, self._delete),
            ("POST", rf"{_MESSAGE}/move", self._move),
            ("POST", rf"{_MESSAGE}/send", self._send),
            ("POST", r"me/messages", self._create),
        ):
            server.route(method, path, route)

    def receive(self, mail: Mail, *, folder: Folder = Folder.INBOX) -> str:
        received_at = mail.received_at or self._clock.now()
        return self._add(
            folder,
            {
                "from": _recipient(mail.sender),
                "toRecipients": [_recipient(one) for one in mail.to],
                "ccRecipients": [_recipient(one) for one in mail.cc],
                "subject": mail.subject,
                "body": {"contentType": "html" if mail.html else "text", "content": mail.html or mail.body},
                "internetMessageId": mail.headers.get("message-id", ""),
                "internetMessageHeaders": [{"name": name, "value": value} for name, value in mail.headers.items()],
                "receivedDateTime": _stamp(received_at),
                "conversationId": mail.thread_id,
                "isRead": False,
                "isDraft": False,
            },
        )

    def change(self, message_id: str, state: MessageState) -> None:
        self._set(
            message_id,
            parentFolderId=_FOLDER_IDS[_NAMES[state.folder]],
            categories=sorted(state.labels),
            isRead=not state.unread,
        )

    def erase(self, message_id: str) -> None:
        del self._messages[message_id]
        self._log.append(("deleted", message_id))

    def sent(self) -> Sequence[Mail]:
        return self._in("sentitems")

    def drafts(self) -> Sequence[Mail]:
        return self._in("drafts")

    def find_loosely(self) -> None:
        self._loose = True

    def forget_changes(self) -> None:
        self._log.append(("forgotten", ""))
        self._oldest = len(self._log)

    def _in(self, folder: str) -> Sequence[Mail]:
        return [_written(item) for item in self._messages.values() if item["parentFolderId"] == _FOLDER_IDS[folder]]

    def _folder(self, request: Request, given: Mapping[str, str]) -> Reply:
        item = {"id": _FOLDER_IDS[given["folder"]], "displayName": given["folder"]}
        return HTTPStatus.OK, validated("mailFolder", selected(item, request))

    def _list(self, request: Request, given: Mapping[str, str]) -> Reply:
        items = list(self._messages.values())
        if "folder" in given:
            items = [item for item in items if item["parentFolderId"] == _FOLDER_IDS[given["folder"]]]
        condition = request.parameters.get("$filter", "")
        for name, value in _EQUALS.findall(condition):
            if "$orderby" in request.parameters:
                raise Refusal(HTTPStatus.BAD_REQUEST, "InefficientFilter")
            if not (self._loose and name == "internetMessageId"):
                items = [item for item in items if item[name] == value.replace("''", "'")]
        items = [item for item in items if _in_time(item, condition)]
        if search := request.parameters.get("$search"):
            assert not {"$filter", "$orderby"} & set(request.parameters)
            items = [item for item in items if _found(item, search)]
        if search or "$orderby" in request.parameters:
            items.sort(key=lambda item: str(item["receivedDateTime"]), reverse=True)
        return HTTPStatus.OK, self._server.page("message", [selected(item, request) for item in items], request)

    def _delta(self, request: Request, _: Mapping[str, str]) -> Reply:
        condition = request.parameters.get("$filter", "")
        items = [item for item in self._messages.values() if _is_in_inbox(item) and _in_time(item, condition)]
        return HTTPStatus.OK, self._delta_page(request, items, len(self._log))

    def _delta_page(self, request: Request, items: Sequence[Json], reached: int) -> Json:
        link = self._server.link("deltatoken", partial(self._since, request, reached))
        shown = [selected(item, request) for item in items]
        return self._server.page("message", shown, request, {"@odata.deltaLink": link})

    def _since(self, request: Request, position: int) -> Json:
        if position < self._oldest:
            raise Refusal(HTTPStatus.GONE, "SyncStateNotFound")
        happened = self._log[position:]
        only_created = request.parameters.get("changeType") == "created"
        created = {message_id for what, message_id in happened if what == "created"}
        items: list[Json] = []
        for message_id in dict.fromkeys(message_id for _, message_id in happened):
            item = self._messages.get(message_id)
            if item and _is_in_inbox(item) and _in_time(item, request.parameters.get("$filter", "")):
                items += [item] if message_id in created or not only_created else []
            elif not only_created and {("left", message_id), ("deleted", message_id)} & set(happened):
                items.append({"id": message_id, "@removed": {"reason": "deleted"}})
        return self._delta_page(request, items, len(self._log))

    def _get(self, request: Request, given: Mapping[str, str]) -> Reply:
        return HTTPStatus.OK, validated("message", selected(self._known(given["id"]), request))

    def _patch(self, request: Request, given: Mapping[str, str]) -> Reply:
        item = self._known(given["id"])
        if request.headers.get("if-match", item["@odata.etag"]) != item["@odata.etag"]:
            raise Refusal(HTTPStatus.PRECONDITION_FAILED, "ErrorIrresolvableConflict")
        self._set(given["id"], **request.json)
        return HTTPStatus.OK, validated("message", item)

    def _delete(self, _: Request, given: Mapping[str, str]) -> Reply:
        self._known(given["id"])
        self.erase(given["id"])
        return HTTPStatus.NO_CONTENT, None

    def _move(self, request: Request, given: Mapping[str, str]) -> Reply:
        item = self._known(given["id"])
        self._set(given["id"], parentFolderId=_FOLDER_IDS[request.json["destinationId"]])
        return HTTPStatus.CREATED, validated("message", item)

    def _create(self, request: Request, _: Mapping[str, str]) -> Reply:
        assert request.headers["content-type"] == "text/plain"
        raw = base64.b64decode(request.body, validate=True)
        mail = message_from_bytes(raw, policy=default)
        # Of ids nobody decodes words.
        ids = {name: " ".join(str(value).split()) for name, value in message_from_bytes(raw).items()}
        replied = {"<none>", *ids.get("In-Reply-To", "").split(), *ids.get("References", "").split()}
        threads = [item["conversationId"] for item in self._messages.values() if item["internetMessageId"] in replied]
        headers = ("In-Reply-To", "References")
        draft_id = self._add(
            Folder.DRAFTS,
            {
                "from": _recipient(OWN_ADDRESS),
                "toRecipients": _recipients(mail.get_all("To", [])),
                "ccRecipients": _recipients(mail.get_all("Cc", [])),
                "subject": str(mail["Subject"]),
                "body": {"contentType": "text", "content": mail.get_content()},
                "internetMessageId": ids["Message-ID"],
                "internetMessageHeaders": [{"name": name, "value": ids[name]} for name in headers if name in ids],
                "receivedDateTime": _stamp(self._clock.now()),
                "conversationId": next(iter(threads), None),
                "isRead": True,
                "isDraft": True,
            },
        )
        return HTTPStatus.CREATED, validated("message", self._messages[draft_id])

    def _send(self, _: Request, given: Mapping[str, str]) -> Reply:
        if not self._known(given["id"])["isDraft"]:
            raise Refusal(HTTPStatus.BAD_REQUEST, "ErrorInvalidOperation")
        self._set(given["id"], parentFolderId=_FOLDER_IDS["sentitems"], isDraft=False)
        return HTTPStatus.ACCEPTED, None

    def _known(self, message_id: str) -> Json:
        if message_id not in self._messages:
            raise Refusal(HTTPStatus.NOT_FOUND, "ErrorItemNotFound")
        return self._messages[message_id]

    def _add(self, folder: Folder, item: Json) -> str:
        self._count += 1
        # As real ids: with characters that a path has to escape.
        message_id = f"AAkALg/AAA+{self._count}="
        item["conversationId"] = item["conversationId"] or f"conversation-{self._count}"
        placed = {"id": message_id, "parentFolderId": _FOLDER_IDS[_NAMES[folder]], "categories": [], **item}
        self._messages[message_id] = validated("message", placed | {"@odata.etag": self._etag()})
        self._log.append(("created" if folder is Folder.INBOX else "elsewhere", message_id))
        return message_id

    def _set(self, message_id: str, **values: object) -> None:
        item = self._messages[message_id]
        was_in_inbox = _is_in_inbox(item)
        item.update(values, **{"@odata.etag": self._etag()})
        what = {(True, False): "left", (False, True): "created"}.get((was_in_inbox, _is_in_inbox(item)), "updated")
        self._log.append((what, message_id))

    def _etag(self) -> str:
        return f'W/"CQAA{len(self._log)}"'


def _is_in_inbox(item: Json) -> bool:
    return bool(item["parentFolderId"] == _FOLDER_IDS["inbox"])


def _in_time(item: Json, condition: str) -> bool:
    since = _SINCE.search(condition)
    return since is None or item["receivedDateTime"] >= since[1]


def _found(item: Json, search: str) -> bool:
    words = search.removeprefix('"').removesuffix('"')
    assert search == f'"{words}"'
    since = _SEARCH_SINCE.search(words)
    text = f"{item['subject']} {item['body']['content']}".casefold()
    in_time = since is None or item["receivedDateTime"] >= since[1]
    return in_time and all(word in text for word in _SEARCH_SINCE.sub("", words).casefold().split())


def _written(item: Json) -> Mail:
    headers = {one["name"].lower(): one["value"] for one in item["internetMessageHeaders"]}
    return Mail(
        id=item["id"],
        to=tuple(one["emailAddress"]["address"] for one in item["toRecipients"]),
        cc=tuple(one["emailAddress"]["address"] for one in item["ccRecipients"]),
        subject=item["subject"],
        body=item["body"]["content"],
        headers={"message-id": item["internetMessageId"], **headers},
    )


def _recipient(address: str) -> Json:
    name, spec = parseaddr(address)
    return {"emailAddress": {"name": name or spec, "address": spec}}


def _recipients(fields: Sequence[str]) -> list[Json]:
    return [{"emailAddress": {"name": name or spec, "address": spec}} for name, spec in getaddresses(fields)]


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
