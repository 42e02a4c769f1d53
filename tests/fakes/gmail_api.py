"""The Gmail API on loopback, held to its description.

What the description does not say is as the guides say: which labels a message gets, what a history has, what searches
find, what calls cost.
"""

import base64
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from http import HTTPStatus

from assistant.domain.mail import Mail
from assistant.domain.mail_mime import read_message
from assistant.domain.mailbox import Folder, MessageState
from assistant.ports.runtime import Clock
from tests.fakes.google_api import GoogleApi, Json, Refused, serve

ADDRESS = "user@company.com"
TOPIC = "projects/company/topics/mail"
WATCHED_FOR = timedelta(days=7)
LABELS = {
    Folder.INBOX: {"INBOX"},
    Folder.ARCHIVE: set[str](),
    Folder.SENT: {"SENT"},
    Folder.DRAFTS: {"DRAFT"},
    Folder.JUNK: {"SPAM"},
    Folder.TRASH: {"TRASH"},
}
# https://developers.google.com/workspace/gmail/api/reference/quota, for projects made since May 2026.
UNITS = {
    "users.getProfile": 1,
    "users.watch": 100,
    "users.stop": 50,
    "messages.list": 5,
    "messages.get": 20,
    "messages.modify": 5,
    "threads.get": 40,
    "history.list": 2,
    "labels.list": 1,
    "labels.create": 5,
    "drafts.list": 5,
    "drafts.create": 10,
    "drafts.delete": 10,
    "drafts.send": 100,
}
_MOST_LISTED = 500


@dataclass
class _Message:
    id: str
    thread_id: str
    raw: bytes
    labels: set[str]
    at: int

    @property
    def mail(self) -> Mail:
        moment = datetime.fromtimestamp(self.at / 1000, UTC)
        return read_message(self.raw, message_id=self.id, thread_id=self.thread_id, received_at=moment)[0]


@dataclass
class GmailApi(GoogleApi):
    """One mailbox. Implements ``MailboxSide``."""

    api = "gmail.v1"

    topic: str = TOPIC
    units: int = 0
    loose: bool = False
    # How a label that is there is refused: as the description says, or as an emulator of others does.
    label_is_there: tuple[HTTPStatus, str] = (HTTPStatus.CONFLICT, "aborted")

    def __post_init__(self) -> None:
        super().__post_init__()
        self._messages: dict[str, _Message] = {}
        self._drafts: dict[str, str] = {}
        self._labels: dict[str, str] = {}
        self._history: list[tuple[int, Json]] = []
        self._history_id = 1000
        self._forgotten = 0
        self._ids = 0

    # The provider's side.

    def receive(self, mail: Mail, *, folder: Folder = Folder.INBOX) -> str:
        with self._lock:
            moment = mail.received_at or self.clock.now()
            labels = LABELS[folder] | {"UNREAD"}
            return self._add(_mime(mail), labels, mail.thread_id, int(moment.timestamp() * 1000)).id

    def receive_raw(self, raw: bytes) -> str:
        """A message arrives in the inbox as these bytes."""
        with self._lock:
            return self._add(raw, {"INBOX", "UNREAD"}, None, self._now()).id

    def change(self, message_id: str, state: MessageState) -> None:
        with self._lock:
            own = {self._label_id(name) for name in state.labels}
            wanted = LABELS[state.folder] | own | ({"UNREAD"} if state.unread else set())
            message = self._messages[message_id]
            self._relabel(message, wanted - message.labels, message.labels - wanted)

    def remake_label(self, name: str) -> None:
        """The user deletes a label and makes it anew: it has another id."""
        with self._lock:
            (label_id,) = (one for one, known in self._labels.items() if known == name)
            del self._labels[label_id]
            self._labels[f"{label_id}_again"] = name

    def erase(self, message_id: str) -> None:
        with self._lock:
            message = self._messages.pop(message_id)
            self._record("messagesDeleted", message)

    def sent(self) -> Sequence[Mail]:
        return [one.mail for one in self._messages.values() if "SENT" in one.labels]

    def drafts(self) -> Sequence[Mail]:
        return [one.mail for one in self._messages.values() if "DRAFT" in one.labels]

    def find_loosely(self) -> None:
        self.loose = True

    def forget_changes(self) -> None:
        self._history_id += 1
        self._forgotten = self._history_id

    @property
    def history_id(self) -> int:
        """What notifications carry."""
        return self._history_id

    # HTTP.

    def carry_out(self, called: str, arguments: Json, headers: Mapping[str, str]) -> Json:
        del headers
        assert arguments.pop("userId") == "me"
        name = called.removeprefix("users.")
        short = name if "." in name else called
        self.units += UNITS[short]
        served: Callable[..., Json] = getattr(self, "_" + short.replace(".", "_"))
        return served(**arguments)

    def _users_getProfile(self) -> Json:  # noqa: N802 named by the API
        counts = Counter(one.thread_id for one in self._messages.values())
        return {
            "emailAddress": ADDRESS,
            "historyId": str(self._history_id),
            "messagesTotal": len(self._messages),
            "threadsTotal": len(counts),
        }

    def _users_watch(self, body: Json) -> Json:
        if body["topicName"] != self.topic:
            raise Refused(HTTPStatus.BAD_REQUEST, "invalidArgument")
        expires = self.clock.now() + WATCHED_FOR
        return {"historyId": str(self._history_id), "expiration": str(int(expires.timestamp() * 1000))}

    def _users_stop(self) -> Json:
        return {}

    def _messages_list(
        self,
        q: str = "",
        labelIds: Sequence[str] = (),  # noqa: N803 named by the API
        maxResults: int = 100,  # noqa: N803
        pageToken: str = "0",  # noqa: N803
        includeSpamTrash: bool = False,  # noqa: N803
    ) -> Json:
        found = [
            one
            for one in self._messages.values()
            if set(labelIds) <= one.labels and _found(one, self._asked(q), hidden=not includeSpamTrash)
        ]
        found.sort(key=lambda one: -one.at)
        start, size = int(pageToken), min(maxResults, _MOST_LISTED)
        page = [{"id": one.id, "threadId": one.thread_id} for one in found[start : start + size]]
        more = {"nextPageToken": str(start + size)} if start + size < len(found) else {}
        return {"resultSizeEstimate": len(found), **({"messages": page} if page else {}), **more}

    def _messages_get(self, id: str, format: str = "full", metadataHeaders: Sequence[str] = ()) -> Json:  # noqa: A002, N803 named by the API
        message = self._known(id)
        shown: Json = {}
        if format == "raw":
            shown = {"raw": base64.urlsafe_b64encode(message.raw).decode()}
        if format == "metadata":
            shown = {"payload": {"headers": _headers(message.raw, metadataHeaders)}}
        return _shown(message) | {"sizeEstimate": len(message.raw), "historyId": str(self._history_id)} | shown

    def _messages_modify(self, id: str, body: Json) -> Json:  # noqa: A002 named by the API
        message = self._known(id)
        add, remove = set(body.get("addLabelIds", ())), set(body.get("removeLabelIds", ()))
        if not (add | remove) <= {*self._labels, "INBOX", "SPAM", "TRASH", "UNREAD", "STARRED", "IMPORTANT"}:
            raise Refused(HTTPStatus.BAD_REQUEST, "invalidArgument")
        self._relabel(message, add - message.labels, remove & message.labels)
        return _shown(message)

    def _threads_get(self, id: str, format: str = "full") -> Json:  # noqa: A002, ARG002 named by the API
        messages = [one for one in self._messages.values() if one.thread_id == id]
        if not messages:
            raise Refused(HTTPStatus.NOT_FOUND, "notFound")
        return {"id": id, "historyId": str(self._history_id), "messages": [_shown(one) for one in messages]}

    def _history_list(self, startHistoryId: str, maxResults: int = 100, pageToken: str | None = None) -> Json:  # noqa: N803
        assert pageToken is None, "a page token goes on where a history id does"
        start = int(startHistoryId)
        if start < self._forgotten:
            raise Refused(HTTPStatus.NOT_FOUND, "notFound")
        found = [record for number, record in self._history if number > start]
        page = {"history": found[:maxResults]} if found else {}
        more = {"nextPageToken": "next"} if len(found) > maxResults else {}
        return {"historyId": str(self._history_id), **page, **more}

    def _labels_list(self) -> Json:
        system = [{"id": one, "name": one, "type": "system"} for one in ("INBOX", "SENT", "DRAFT", "SPAM", "TRASH")]
        own = [{"id": label_id, "name": name, "type": "user"} for label_id, name in self._labels.items()]
        return {"labels": system + own}

    def _labels_create(self, body: Json) -> Json:
        if body["name"] in self._labels.values():
            raise Refused(*self.label_is_there)
        return {"id": self._label_id(body["name"]), "name": body["name"]}

    def _drafts_list(self, q: str = "", maxResults: int = 100) -> Json:  # noqa: N803 named by the API
        drafts = [
            {"id": draft_id, "message": {"id": one, "threadId": self._messages[one].thread_id}}
            for draft_id, one in reversed(self._drafts.items())
            if _found(self._messages[one], self._asked(q), hidden=False)
        ][:maxResults]
        return {"resultSizeEstimate": len(drafts), **({"drafts": drafts} if drafts else {})}

    def _drafts_create(self, body: Json) -> Json:
        given = body["message"]
        raw = base64.urlsafe_b64decode(given["raw"])
        message = self._add(raw, {"DRAFT"}, given.get("threadId"), self._now())
        draft_id = f"r{message.id}"
        self._drafts[draft_id] = message.id
        return {"id": draft_id, "message": _shown(message)}

    def _drafts_delete(self, id: str) -> Json:  # noqa: A002 named by the API
        self.erase(self._taken(id))
        return {}

    def _drafts_send(self, body: Json) -> Json:
        draft = self._messages[self._taken(body["id"])]
        self.erase(draft.id)
        return _shown(self._add(draft.raw, {"SENT"}, draft.thread_id, self._now()))

    # State.

    def _asked(self, q: str) -> str:
        """Return what is looked for: by no Message-ID where that is found loosely."""
        return " ".join(term for term in q.split() if not (self.loose and term.startswith("rfc822msgid:")))

    def _taken(self, draft_id: str) -> str:
        if draft_id not in self._drafts:
            raise Refused(HTTPStatus.NOT_FOUND, "notFound")
        return self._drafts.pop(draft_id)

    def _known(self, message_id: str) -> _Message:
        if message_id not in self._messages:
            raise Refused(HTTPStatus.NOT_FOUND, "notFound")
        return self._messages[message_id]

    def _label_id(self, name: str) -> str:
        known = {one: label_id for label_id, one in self._labels.items()}
        if name not in known:
            self._labels[f"Label_{len(self._labels) + 1}"] = name
        return known.get(name) or f"Label_{len(self._labels)}"

    def _now(self) -> int:
        return int(self.clock.now().timestamp() * 1000)

    def _add(self, raw: bytes, labels: set[str], thread_id: str | None, at: int) -> _Message:
        self._ids += 1
        message_id = f"{0x18C0000000000000 + self._ids:x}"
        message = _Message(message_id, thread_id or message_id, raw, set(labels), at)
        self._messages[message_id] = message
        self._record("messagesAdded", message)
        return message

    def _relabel(self, message: _Message, add: set[str], remove: set[str]) -> None:
        message.labels |= add
        message.labels -= remove
        if add:
            self._record("labelsAdded", message, labelIds=sorted(add))
        if remove:
            self._record("labelsRemoved", message, labelIds=sorted(remove))

    def _record(self, kind: str, message: _Message, **more: object) -> None:
        self._history_id += 7
        change = {"message": _shown(message, arrival=False), **more}
        plain = {"id": message.id, "threadId": message.thread_id}
        record = {"id": str(self._history_id), "messages": [plain], kind: [change]}
        self._history.append((self._history_id, record))


def _shown(message: _Message, *, arrival: bool = True) -> Json:
    shown = {"id": message.id, "threadId": message.thread_id, "labelIds": sorted(message.labels)}
    return shown | ({"internalDate": str(message.at)} if arrival else {})


def _headers(raw: bytes, wanted: Sequence[str]) -> Sequence[Json]:
    names = {name.lower() for name in wanted}
    return [{"name": name, "value": value} for name, value in message_from_bytes(raw).items() if name.lower() in names]


def _found(message: _Message, q: str, *, hidden: bool) -> bool:
    return all(_passes(message, term) for term in q.split()) and not (hidden and message.labels & {"SPAM", "TRASH"})


def _passes(message: _Message, term: str) -> bool:
    kind, _, value = term.removeprefix("-").partition(":")
    places = {"inbox": "INBOX", "sent": "SENT", "drafts": "DRAFT", "spam": "SPAM", "trash": "TRASH"}
    match kind:
        case "in":
            return (places[value] in message.labels) != term.startswith("-")
        case "after":
            return message.at >= int(value) * 1000
        case "rfc822msgid":
            return message_from_bytes(message.raw)["message-id"] == f"<{value}>"
        case _:
            mail = message.mail
            return term.casefold() in f"{mail.subject} {mail.body}".casefold()


def _mime(mail: Mail) -> bytes:
    message = EmailMessage(policy=SMTP)
    fields = {"from": mail.sender, "to": ", ".join(mail.to), "cc": ", ".join(mail.cc), "subject": mail.subject}
    for name, value in {**fields, **mail.headers}.items():
        if value:
            message[name] = value
    message.set_content(mail.body)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    return message.as_bytes()


@contextmanager
def serve_gmail(clock: Clock, port: int = 0) -> Iterator[GmailApi]:
    """Serve a mailbox until the block ends."""
    with serve(GmailApi(clock), port) as api:
        yield api
