"""Gmail as a mailbox: folders are labels of Gmail's own, a cursor is a ``historyId``.

Costs in quota units, of 6,000 a minute and user: list 5, get 20, thread 40, history 2, modify 5, draft 10, send 100,
watch 100.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime
from typing import Any, Final

from assistant.adapters.google_http import GoogleCalls, Json, google_service
from assistant.domain.connections import Connection
from assistant.domain.errors import OF_THE_ACCOUNT, AssistantError, NotFound, Unavailable
from assistant.domain.mail_mime import read_message, write_message
from assistant.domain.mailbox import (
    CursorExpired,
    Draft,
    Folder,
    MailboxChanges,
    MailboxMessage,
    MailQuery,
    MessagePage,
    MessageState,
    OutgoingMail,
)
from assistant.ports.connections import AccessTokens
from assistant.ports.runtime import Clock

ME: Final = "me"
_LABELS: Final = {
    Folder.INBOX: "INBOX",
    Folder.SENT: "SENT",
    Folder.DRAFTS: "DRAFT",
    Folder.JUNK: "SPAM",
    Folder.TRASH: "TRASH",
}
# Which one counts where a message has several: mail to oneself is in the inbox, too.
_FOLDERS: Final = (Folder.TRASH, Folder.JUNK, Folder.DRAFTS, Folder.INBOX, Folder.SENT)
_PLACES: Final = frozenset({"INBOX", "SPAM", "TRASH"})
_ARCHIVE: Final = "-in:inbox -in:sent -in:drafts -in:spam -in:trash"
_UNREAD: Final = "UNREAD"
_MESSAGE_ID: Final = "Message-ID"
_CHANGES_A_PAGE: Final = 100
# Of so many mails that a search for a Message-ID finds the header is compared: Gmail finds one, emulators all.
_MOST_COMPARED: Final = 100


class GmailMailBox:
    """Implements ``ports.MailBox``; for one thread at a time. ``topic`` takes the notifications of a watch."""

    def __init__(self, base_url: str | None, calls: GoogleCalls, topic: str | None) -> None:
        self._users = google_service("gmail", "v1", base_url).users()
        self._call = calls
        self._topic = topic
        self._label_ids: dict[str, str] = {}

    def search(self, query: MailQuery, *, page: str | None = None, limit: int = 100) -> MessagePage:
        """Return ids of messages in Gmail's order, the newest first."""
        asked: dict[str, Any] = {"q": _words(query), "pageToken": page, "maxResults": limit}
        if query.folder and query.folder is not Folder.ARCHIVE:
            asked["labelIds"] = [_LABELS[query.folder]]
            asked["includeSpamTrash"] = query.folder in (Folder.JUNK, Folder.TRASH)
        found = self._call(self._users.messages().list(userId=ME, **{k: v for k, v in asked.items() if v}))
        ids = tuple(one["id"] for one in found.get("messages", ()))
        return MessagePage(ids, found.get("nextPageToken"))

    def get(self, message_id: str) -> MailboxMessage:
        """Return the message from its raw bytes, attachments included: those are sure to have the charset."""
        found = self._call(self._users.messages().get(userId=ME, id=message_id, format="raw"))
        mail, attachments = read_message(
            base64.urlsafe_b64decode(found["raw"] + "=="),
            message_id=found["id"],
            thread_id=found["threadId"],
            received_at=_arrival(found),
        )
        return MailboxMessage(mail, self._state(found), attachments)

    def state(self, message_id: str) -> MessageState:
        """Return the state by Gmail's labels."""
        return self._state(self._call(self._users.messages().get(userId=ME, id=message_id, format="minimal")))

    def thread(self, thread_id: str) -> Sequence[MailboxMessage]:
        """Return the messages that were not erased, each read by itself: a thread has no raw bytes."""
        found = self._call(self._users.threads().get(userId=ME, id=thread_id, format="minimal"))
        messages = sorted(found.get("messages", ()), key=_arrival)
        if not messages:
            raise NotFound("The conversation is gone.")
        return [self.get(one["id"]) for one in messages]

    def label(self, message_id: str, *, add: Set[str] = frozenset(), remove: Set[str] = frozenset()) -> None:
        """Change labels in one call, after those that are missing were made; what is known of them may be old."""
        known_before = self._label_ids
        try:
            self._relabel(message_id, add, remove)
        except OF_THE_ACCOUNT:
            raise
        except AssistantError:
            if not known_before or self._labels(again=True) == known_before:
                raise
            self._relabel(message_id, add, remove)

    def _relabel(self, message_id: str, add: Set[str], remove: Set[str]) -> None:
        known = self._labels()
        change = {
            "addLabelIds": [known.get(name) or self._make_label(name) for name in sorted(add)],
            "removeLabelIds": [known[name] for name in sorted(remove) if name in known],
        }
        if any(change.values()):
            self._call(self._users.messages().modify(userId=ME, id=message_id, body=change))

    def move(self, message_id: str, folder: Folder) -> str:
        """Change the labels that say where it lies; the id stays."""
        place = {_LABELS[folder]} if folder in _LABELS else set()
        change = {"addLabelIds": sorted(place), "removeLabelIds": sorted(_PLACES - place)}
        self._call(self._users.messages().modify(userId=ME, id=message_id, body=change))
        return message_id

    def draft(self, mail: OutgoingMail) -> str:
        """Return the draft with this Message-ID, made where there is none."""
        found = self._drafted(mail.message_id)
        if found:
            return str(found["id"])
        message: dict[str, Any] = {"raw": base64.urlsafe_b64encode(write_message(mail)).decode()}
        if mail.thread_id:
            message["threadId"] = mail.thread_id
        made = self._call(self._users.drafts().create(userId=ME, body={"message": message}), repeatable=False)
        return str(made["id"])

    def find_draft(self, message_id: str) -> Draft | None:
        """Return the draft; one that was sent or deleted meanwhile is none."""
        found = self._drafted(message_id)
        try:
            return Draft(str(found["id"]), self.get(found["message"]["id"]).mail) if found else None
        except NotFound:
            return None

    def delete_draft(self, draft_id: str) -> None:
        """Delete the draft."""
        try:
            self._call(self._users.drafts().delete(userId=ME, id=draft_id))
        except NotFound:
            return

    def send(self, mail: OutgoingMail) -> str:
        """Send a draft of the mail: a draft can be sent only once, however often it is tried."""
        sent = self._sent(mail)
        if sent:
            return sent
        draft_id = self.draft(mail)
        try:
            return str(self._call(self._users.drafts().send(userId=ME, body={"id": draft_id}))["id"])
        except NotFound:
            sent = self._sent(mail)
            if sent:
                return sent
            # It left, but is not found yet: whoever asks again finds it.
            raise Unavailable("The mail is on its way. Please look again shortly.") from None

    def cursor(self) -> str:
        """Return the history id of now."""
        return str(self._call(self._users.getProfile(userId=ME))["historyId"])

    def changes(self, cursor: str) -> MailboxChanges:
        """Return a page of the history since the cursor."""
        asked = self._users.history().list(userId=ME, startHistoryId=cursor, maxResults=_CHANGES_A_PAGE)
        try:
            page = self._call(asked)
        except NotFound:
            raise CursorExpired from None
        history = page.get("history", ())
        kinds: dict[str, str] = {}
        for record in history:
            for message_id, kind in _kinds(record):
                if kind != "changed" or message_id not in kinds:
                    kinds[message_id] = kind
        more = "nextPageToken" in page and bool(history)
        return MailboxChanges(
            arrived=tuple(one for one, kind in kinds.items() if kind == "arrived"),
            changed=tuple(one for one, kind in kinds.items() if kind == "changed"),
            removed=tuple(one for one, kind in kinds.items() if kind == "removed"),
            # History goes on from any of its records, which outlive page tokens.
            cursor=str(history[-1]["id"] if more else page["historyId"]),
            more=more,
        )

    def watch(self) -> datetime | None:
        """Ask for notifications about the inbox for seven days."""
        if not self._topic:
            return None
        wanted = {"topicName": self._topic, "labelIds": ["INBOX"], "labelFilterBehavior": "include"}
        return _moment(self._call(self._users.watch(userId=ME, body=wanted))["expiration"])

    def unwatch(self) -> None:
        """Ask for no more notifications."""
        self._call(self._users.stop(userId=ME))

    def _drafted(self, message_id: str) -> Json | None:
        """Return the draft with this Message-ID, of the newest that are found: 20 units for each that is compared."""
        until = self._call.until()
        asked = self._users.drafts().list(userId=ME, q=_by_message_id(message_id), maxResults=_MOST_COMPARED)
        found = self._call(asked, until=until).get("drafts", ())
        return next((one for one in found if self._has_id(one["message"]["id"], message_id, until)), None)

    def _sent(self, mail: OutgoingMail) -> str | None:
        """Return the id of the mail among the newest that were sent, compared as drafts are."""
        until = self._call.until()
        words = f"in:sent {_by_message_id(mail.message_id)}"
        asked = self._users.messages().list(userId=ME, q=words, maxResults=_MOST_COMPARED)
        found = (str(one["id"]) for one in self._call(asked, until=until).get("messages", ()))
        return next((one for one in found if self._has_id(one, mail.message_id, until)), None)

    def _has_id(self, found: str, message_id: str, until: float) -> bool:
        """Whether a mail that was found has exactly this Message-ID; one that is gone by now has none."""
        asked = self._users.messages().get(userId=ME, id=found, format="metadata", metadataHeaders=[_MESSAGE_ID])
        try:
            headers = self._call(asked, until=until).get("payload", {}).get("headers", ())
        except NotFound:
            return False
        return any(one["name"].lower() == _MESSAGE_ID.lower() and one["value"].strip() == message_id for one in headers)

    def _state(self, message: Json) -> MessageState:
        ids = frozenset(message.get("labelIds", ()))
        folder = next((one for one in _FOLDERS if _LABELS[one] in ids), Folder.ARCHIVE)
        own = {one for one in ids if one.startswith("Label_")}
        if own - set(self._label_ids.values()):
            self._labels(again=True)
        labels = frozenset(name for name, label_id in self._label_ids.items() if label_id in own)
        return MessageState(folder, labels, unread=_UNREAD in ids)

    def _labels(self, *, again: bool = False) -> Mapping[str, str]:
        """Return the ids of the user's labels by name."""
        if again or not self._label_ids:
            found = self._call(self._users.labels().list(userId=ME)).get("labels", ())
            self._label_ids = {one["name"]: one["id"] for one in found if one.get("type") == "user"}
        return self._label_ids

    def _make_label(self, name: str) -> str:
        wanted = {"name": name, "labelListVisibility": "labelShow", "messageListVisibility": "show"}
        try:
            made = self._call(self._users.labels().create(userId=ME, body=wanted))
        except OF_THE_ACCOUNT:
            raise
        except AssistantError:
            # Somebody made it meanwhile, however Gmail says so.
            found = self._labels(again=True).get(name)
            if found is None:
                raise
            return found
        self._label_ids = {**self._label_ids, name: str(made["id"])}
        return str(made["id"])


class GmailMailBoxes:
    """Opens Gmail mailboxes."""

    def __init__(self, base_url: str | None, tokens: AccessTokens, clock: Clock, topic: str | None) -> None:
        self._base_url = base_url
        self._tokens = tokens
        self._clock = clock
        self._topic = topic

    def open(self, connection: Connection) -> GmailMailBox:
        """Return the mailbox; its first call asks for the token."""
        return GmailMailBox(self._base_url, GoogleCalls(connection, self._tokens, self._clock), self._topic)


def _words(query: MailQuery) -> str:
    since = f"after:{int(query.since.timestamp()) - 1}" if query.since else ""
    archive = _ARCHIVE if query.folder is Folder.ARCHIVE else ""
    return " ".join(part for part in (query.words, since, archive) if part)


def _by_message_id(message_id: str) -> str:
    return f"rfc822msgid:{message_id.strip('<>')}"


def _arrival(message: Json) -> datetime:
    return _moment(message["internalDate"])


def _moment(milliseconds: str) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)


def _kinds(record: Json) -> Iterator[tuple[str, str]]:
    """Yield what a record of the history says of its messages."""
    for added in record.get("messagesAdded", ()):
        message = added["message"]
        yield message["id"], "arrived" if "INBOX" in message.get("labelIds", ()) else "changed"
    for labelled in record.get("labelsAdded", ()):
        yield labelled["message"]["id"], "arrived" if "INBOX" in labelled["labelIds"] else "changed"
    for unlabelled in record.get("labelsRemoved", ()):
        yield unlabelled["message"]["id"], "changed"
    for deleted in record.get("messagesDeleted", ()):
        yield deleted["message"]["id"], "removed"
