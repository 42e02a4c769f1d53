"""Mailboxes of Microsoft 365 over Microsoft Graph.

With immutable ids a message keeps its id while it is moved and while a draft becomes a sent message, so a mail is sent
by its draft, which can leave only once. Categories stand for labels, and exist by being on a message.
"""

import json
from collections.abc import Callable, Mapping, Sequence, Set
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import batched

from assistant.adapters.graph_api import (
    MOST_IN_BATCH,
    GraphAccount,
    GraphApi,
    Json,
    SyncStateLost,
    Unsure,
    literal,
    segment,
)
from assistant.adapters.graph_message import FIELDS, STATE_FIELDS, mime, moment, read_message, read_state
from assistant.adapters.graph_subscriptions import GraphSubscriptions
from assistant.domain.connections import Connection
from assistant.domain.errors import AssistantError, NotFound, PreconditionFailed, Unavailable
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
from assistant.domain.subscriptions import Watched
from assistant.ports.runtime import Clock

# How far back changes of messages are told; what arrives always is. Graph filters 5,000 messages at most.
WINDOW = timedelta(days=14)
_FOLDERS: Mapping[Folder, str] = {
    Folder.INBOX: "inbox",
    Folder.ARCHIVE: "archive",
    Folder.SENT: "sentitems",
    Folder.DRAFTS: "drafts",
    Folder.JUNK: "junkemail",
    Folder.TRASH: "deleteditems",
}
_INBOX = "me/mailFolders('inbox')/messages"
_PAGE = "odata.maxpagesize=200"
_LARGEST_PAGE = 1000
# Of so many messages that the filter lets through the Message-ID is compared.
_MOST_COMPARED = "100"
_LABEL_ATTEMPTS = 3
# Where a copy of a mail of ours lies that came back to us.
_RECEIVED = (Folder.INBOX, Folder.JUNK)
# Of what is created in the inbox, and of all that happens there.
_STREAMS: Mapping[str, Mapping[str, str]] = {"created": {"changeType": "created"}, "all": {}}


class GraphMailBox:
    """Implements ``ports.MailBox``."""

    def __init__(self, account: GraphAccount, subscriptions: GraphSubscriptions | None, clock: Clock) -> None:
        self._account = account
        self._subscriptions = subscriptions
        self._clock = clock

    def search(self, query: MailQuery, *, page: str | None = None, limit: int = 100) -> MessagePage:
        """Return ids of messages, the newest first."""
        answer = self._account.get(page) if page else self._account.get(_searched(query), _parameters(query, limit))
        hidden = () if query.folder else (Folder.JUNK, Folder.TRASH)
        found = (
            item["id"]
            for item in answer["value"]
            if self._folder(item) not in hidden and not (query.since and moment(item["receivedDateTime"]) < query.since)
        )
        return MessagePage(tuple(found), answer.get("@odata.nextLink"))

    def get(self, message_id: str) -> MailboxMessage:
        """Return a message with its text."""
        return self._read(self._account.get(_message(message_id), {"$select": FIELDS}))

    def state(self, message_id: str) -> MessageState:
        """Return where a message lies and how it is marked, without its text."""
        item = self._account.get(_message(message_id), {"$select": STATE_FIELDS})
        return read_state(item, self._folder(item))

    def thread(self, thread_id: str) -> Sequence[MailboxMessage]:
        """Return the messages of a conversation, the oldest first."""
        # Together with this filter Graph does not sort.
        wanted = {"$filter": f"conversationId eq {literal(thread_id)}", "$select": FIELDS, "$top": "50"}
        found = [self._read(item) for item in self._account.pages("me/messages", wanted)]
        if not found:
            raise NotFound("The conversation is not there any more.")
        return sorted(found, key=lambda one: one.mail.received_at or datetime.min.replace(tzinfo=UTC))

    def label(self, message_id: str, *, add: Set[str] = frozenset(), remove: Set[str] = frozenset()) -> None:
        """Add and remove categories; Graph takes them all at once, so of the version that was read only."""
        for attempt in range(_LABEL_ATTEMPTS):
            item = self._account.get(_message(message_id), {"$select": STATE_FIELDS})
            labels = frozenset(item.get("categories") or ())
            wanted = (labels | add) - remove
            if wanted == labels:
                return
            try:
                self._account.patch(
                    _message(message_id), {"categories": sorted(wanted)}, if_match=item.get("@odata.etag")
                )
            except PreconditionFailed:
                if attempt + 1 == _LABEL_ATTEMPTS:
                    raise Unavailable("The message keeps changing.") from None
            else:
                return

    def move(self, message_id: str, folder: Folder) -> str:
        """Move; the id stays."""
        if self.state(message_id).folder is folder:
            return message_id
        moved = self._account.post(f"{_message(message_id)}/move", {"destinationId": _FOLDERS[folder]}, repeatable=True)
        return str(moved["id"])

    def draft(self, mail: OutgoingMail) -> str:
        """Keep a draft and return its id."""
        return self._written(mail.message_id) or self._new_draft(mail)

    def find_draft(self, message_id: str) -> Draft | None:
        """Return the draft; one that was sent or deleted meanwhile is none."""
        found = self._written(message_id)
        try:
            message = self.get(found) if found else None
        except NotFound:
            return None
        return Draft(message.mail.id, message.mail) if message and message.state.folder is Folder.DRAFTS else None

    def delete_draft(self, draft_id: str) -> None:
        """Delete a draft; what became of one that was sent stays."""
        try:
            item = self._account.get(_message(draft_id), {"$select": "id,isDraft"})
        except NotFound:
            return
        if item["isDraft"]:
            self._account.delete(_message(draft_id))

    def send(self, mail: OutgoingMail) -> str:
        """Send the draft of this Message-ID, unless it has left."""
        message_id = self.draft(mail)
        if self._is_draft(message_id):
            try:
                self._account.post(f"{_message(message_id)}/send")
            except AssistantError:
                if self._is_draft(message_id):
                    raise
        return message_id

    def cursor(self) -> str:
        """Return the cursor of now."""
        begin = (self._clock.now() - WINDOW).strftime("%Y-%m-%dT%H:%M:%SZ")
        wanted = {"$select": "id,receivedDateTime", "$filter": f"receivedDateTime ge {begin}"}
        return json.dumps({name: self._to_the_end({**wanted, **only}) for name, only in _STREAMS.items()})

    def changes(self, cursor: str) -> MailboxChanges:
        """Return what changed in the inbox since the cursor, a page at a time."""
        try:
            pages = {name: self._account.get(link, prefer=_PAGE) for name, link in json.loads(cursor).items()}
        except SyncStateLost:
            raise CursorExpired from None
        created = sorted(pages["created"]["value"], key=lambda item: str(item.get("receivedDateTime")))
        arrived = [item["id"] for item in created if "@removed" not in item]
        others = [item["id"] for item in pages["all"]["value"] if item["id"] not in arrived]
        left = [item["id"] for item in pages["all"]["value"] if "@removed" in item]
        removed = self._gone(left)
        return MailboxChanges(
            arrived=tuple(arrived),
            changed=tuple(message_id for message_id in others if message_id not in removed),
            removed=tuple(one for one in left if one in removed),
            cursor=json.dumps({name: _following(page) for name, page in pages.items()}),
            more=any("@odata.nextLink" in page for page in pages.values()),
        )

    def watch(self) -> datetime | None:
        """Ask for notifications of what is created in the inbox, or for more time."""
        if self._subscriptions is None:
            return None
        return self._subscriptions.watch(self._account, Watched.MAIL, _INBOX, self._clock.now())

    def unwatch(self) -> None:
        """Ask for no more notifications."""
        if self._subscriptions is not None:
            self._subscriptions.unwatch(self._account, Watched.MAIL)

    @cached_property
    def _folder_ids(self) -> Mapping[str, Folder]:
        links = {folder.value: f"me/mailFolders/{name}?$select=id" for folder, name in _FOLDERS.items()}
        return {item["id"]: Folder(key) for key, item in self._account.batch(links).items()}

    def _folder(self, item: Json) -> Folder:
        return self._folder_ids.get(item["parentFolderId"], Folder.ARCHIVE)

    def _read(self, item: Json) -> MailboxMessage:
        return read_message(item, self._folder(item))

    def _new_draft(self, mail: OutgoingMail) -> str:
        try:
            return str(self._account.post_text("me/messages", mime(mail))["id"])
        except Unsure:
            if written := self._written(mail.message_id):
                return written
            raise

    def _written(self, message_id: str) -> str | None:
        """Return the message with exactly this Message-ID that is a draft, underway or sent; a filter folds case."""
        wanted = {
            "$filter": f"internetMessageId eq {literal(message_id)}",
            "$select": "id,parentFolderId,internetMessageId",
            "$top": _MOST_COMPARED,
        }
        found = self._account.get("me/messages", wanted)["value"]
        own = (item for item in found if item.get("internetMessageId") == message_id)
        return next((item["id"] for item in own if self._folder(item) not in _RECEIVED), None)

    def _is_draft(self, message_id: str) -> bool:
        return bool(self._account.get(_message(message_id), {"$select": "id,isDraft"})["isDraft"])

    def _gone(self, message_ids: Sequence[str]) -> frozenset[str]:
        """Return those that are nowhere in the mailbox; others only left the inbox."""
        there: set[str] = set()
        for some in batched(message_ids, MOST_IN_BATCH, strict=False):
            there |= self._account.batch({one: f"{_message(one)}?$select=id" for one in some}).keys()
        return frozenset(message_ids) - there

    def _to_the_end(self, wanted: Mapping[str, str]) -> str:
        page = self._account.get(f"{_INBOX}/delta", wanted, prefer=_PAGE)
        while "@odata.nextLink" in page:
            page = self._account.get(page["@odata.nextLink"], prefer=_PAGE)
        return str(page["@odata.deltaLink"])


class GraphMailBoxes:
    """Implements ``ports.MailBoxes`` for connections to Microsoft; without ``subscriptions`` nothing is notified."""

    def __init__(self, api: GraphApi, subscriptions: Callable[[], GraphSubscriptions | None], clock: Clock) -> None:
        self._api = api
        self._subscriptions = subscriptions
        self._clock = clock

    def open(self, connection: Connection) -> GraphMailBox:
        """Return the mailbox of a connection, without a call."""
        return GraphMailBox(self._api.account(connection), self._subscriptions(), self._clock)


def _message(message_id: str) -> str:
    return f"me/messages/{segment(message_id)}"


def _following(page: Json) -> str:
    return str(page.get("@odata.nextLink") or page["@odata.deltaLink"])


def _searched(query: MailQuery) -> str:
    return f"me/mailFolders/{_FOLDERS[query.folder]}/messages" if query.folder else "me/messages"


def _parameters(query: MailQuery, limit: int) -> Mapping[str, str]:
    """Return the parameters; a search for words is sorted by itself, and takes no filter, but whole days."""
    common = {"$select": "id,parentFolderId,receivedDateTime", "$top": str(min(limit, _LARGEST_PAGE))}
    if query.words:
        day = f" AND received>={query.since:%Y-%m-%d}" if query.since else ""
        words = query.words.replace("\\", " ").replace('"', " ")
        return common | {"$search": f'"{words}{day}"'}
    since = {"$filter": f"receivedDateTime ge {_utc(query.since)}"} if query.since else {}
    return common | since | {"$orderby": "receivedDateTime desc"}


def _utc(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
