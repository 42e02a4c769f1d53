"""Messages in Slack: each key once, text as text, buttons as blocks.

Posting is not idempotent. A record is taken before a message is posted and holds where it stands afterwards; who finds
one without an answer looks for the key among the last messages of the conversation, where it is metadata.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from assistant.adapters.slack_calls import CALL_SECONDS, Json, SlackCalls
from assistant.domain.chat import (
    LONGEST_TEXT,
    Button,
    ButtonStyle,
    ChatMessage,
    ChatUser,
    PostedMessage,
    PostRecord,
    ReceivedMessage,
)
from assistant.domain.connections import Connection
from assistant.domain.errors import NotFound, Unavailable
from assistant.ports.chat import PostRecords
from assistant.ports.connections import AccessTokens
from assistant.ports.runtime import Clock

# Longer than posting takes with all of its calls.
POSTING_FOR: Final = timedelta(seconds=4 * CALL_SECONDS)
_EVENT: Final = "assistant_notification"
_LOOKED_THROUGH: Final = 100
_PAGE: Final = 200
_MOST_PAGES: Final = 10
# Limits of Block Kit, in characters: https://docs.slack.dev/reference/block-kit/blocks
_LONGEST_TITLE: Final = 150
_LONGEST_LABEL: Final = 75


class SlackChats:
    """Implements ``ports.Chats``."""

    def __init__(self, tokens: AccessTokens, records: PostRecords, clock: Clock, base_url: str) -> None:
        self._tokens = tokens
        self._records = records
        self._clock = clock
        self._base_url = base_url

    def open(self, connection: Connection) -> "SlackChat":
        """Return the workspace of a connection."""
        calls = SlackCalls(connection, self._tokens, self._base_url)
        return SlackChat(connection, calls, self._records, self._clock)


class SlackChat:
    """Implements ``ports.Chat``."""

    def __init__(self, connection: Connection, calls: SlackCalls, records: PostRecords, clock: Clock) -> None:
        self._connection = connection
        self._calls = calls
        self._records = records
        self._clock = clock

    def user_of(self, address: str) -> ChatUser | None:
        """Return who has this e-mail address."""
        try:
            user = self._calls.read("users.lookupByEmail", email=address)["user"]
        except NotFound:
            return None
        return _person(user)

    def person(self, user_id: str) -> ChatUser:
        """Return who has this id."""
        user = self._calls.read("users.info", user=user_id)["user"]
        if user.get("deleted"):
            raise NotFound("Slack does not know this person any more.")
        return _person(user)

    def find(self, user_id: str, *, key: str) -> PostedMessage | None:
        """Return where the message stands, as the conversation says."""
        record = self._records.find(self._connection, key)
        if record is None:
            return None
        if record.posted is None:
            return self._find(self._channel(user_id), key)
        at = {"channel": record.posted.channel, "oldest": record.posted.id, "latest": record.posted.id}
        found = self._calls.read("conversations.history", inclusive=True, limit=1, **at)["messages"]
        return record.posted if found else None

    def post(self, user_id: str, message: ChatMessage, *, key: str) -> PostedMessage:
        """Write to a person directly; other words under the same key take the place of the first."""
        digest = _digest(message)
        record = self._records.find(self._connection, key)
        if record is None or record.posted is None:
            posted, digest_there = self._post(user_id, message, key, tried=record is not None), digest
        else:
            posted, digest_there = record.posted, record.digest
        if digest_there != digest:
            self._replace(posted, message)
        self._records.keep(self._connection, key, PostRecord(posted, digest))
        return posted

    def update(self, posted: PostedMessage, message: ChatMessage) -> None:
        """Put another message in the place of one of ours."""
        self._calls.call("chat.update", channel=posted.channel, ts=posted.id, **_content(message))

    def delete(self, posted: PostedMessage) -> None:
        """Delete a message of ours; one that is gone is no error."""
        try:
            self._calls.call("chat.delete", channel=posted.channel, ts=posted.id)
        except NotFound:
            return

    def tell_privately(self, channel: str, user_id: str, message: ChatMessage) -> None:
        """Show a message to one person alone, where they are; one who is not there is no error."""
        try:
            self._calls.call("chat.postEphemeral", channel=channel, user=user_id, **_content(message))
        except NotFound:
            return

    def history(self, channel: str, *, since: datetime, limit: int = 100) -> Sequence[ReceivedMessage]:
        """Return what people wrote in a channel, the oldest first."""
        found = [_received(channel, one) for one in self._messages(channel, since) if _is_a_persons(one)]
        return sorted(found, key=lambda one: float(one.id))[:limit]

    def _post(self, user_id: str, message: ChatMessage, key: str, *, tried: bool) -> PostedMessage:
        if not self._records.begin(self._connection, key, until=self._clock.now() + POSTING_FOR):
            raise Unavailable("This message is being sent elsewhere.")
        channel = self._channel(user_id)
        found = self._find(channel, key) if tried else None
        if found:
            self._replace(found, message)
            return found
        metadata = {"event_type": _EVENT, "event_payload": {"key": key}}
        unfurled = {"unfurl_links": False, "unfurl_media": False}
        answer = self._calls.call(
            "chat.postMessage", channel=channel, metadata=metadata, **unfurled, **_content(message)
        )
        return PostedMessage(answer["channel"], answer["ts"])

    def _channel(self, user_id: str) -> str:
        """Return the direct conversation with a person."""
        return str(self._calls.call("conversations.open", users=user_id)["channel"]["id"])

    def _replace(self, posted: PostedMessage, message: ChatMessage) -> None:
        """Put the words in place; a message the user deleted stays deleted."""
        try:
            self.update(posted, message)
        except NotFound:
            return

    def _find(self, channel: str, key: str) -> PostedMessage | None:
        answer = self._calls.read(
            "conversations.history", channel=channel, limit=_LOOKED_THROUGH, include_all_metadata=True
        )
        for one in answer["messages"]:
            metadata = one.get("metadata", {})
            if metadata.get("event_type") == _EVENT and metadata.get("event_payload", {}).get("key") == key:
                return PostedMessage(channel, one["ts"])
        return None

    def _messages(self, channel: str, since: datetime) -> Iterator[Json]:
        asked: dict[str, Any] = {"channel": channel, "oldest": f"{since.timestamp():.6f}", "limit": _PAGE}
        for _ in range(_MOST_PAGES):
            answer = self._calls.read("conversations.history", inclusive=True, **asked)
            yield from answer["messages"]
            cursor = answer.get("response_metadata", {}).get("next_cursor")
            if not cursor:
                return
            asked["cursor"] = cursor


def _person(user: Json) -> ChatUser:
    profile = user.get("profile", {})
    name = profile.get("real_name") or user.get("real_name") or user.get("name", "")
    address = profile.get("email")
    return ChatUser(user["id"], " ".join(name.split()), address.lower() if address else None)


def _is_a_persons(message: Json) -> bool:
    return "bot_id" not in message and "subtype" not in message and "user" in message


def _received(channel: str, message: Json) -> ReceivedMessage:
    at = datetime.fromtimestamp(float(message["ts"]), UTC)
    return ReceivedMessage(channel, message["ts"], message["user"], message.get("text", ""), at)


def _content(message: ChatMessage) -> Json:
    """Return blocks, and their words for notifications; nothing in them is read as markup, a link or a mention."""
    blocks: list[Json] = []
    if message.title:
        blocks.append({"type": "header", "text": _plain(message.title, _LONGEST_TITLE)})
    blocks.append({"type": "section", "text": _plain(message.text or message.title, LONGEST_TEXT)})
    if message.context:
        blocks.append({"type": "context", "elements": [_plain(message.context, LONGEST_TEXT)]})
    buttons = [_button(one) for one in message.buttons]
    if message.link:
        buttons.append(
            {"type": "button", "text": _plain(message.link_label or "Open", _LONGEST_LABEL), "url": message.link}
        )
    if buttons:
        blocks.append({"type": "actions", "elements": buttons})
    words = ": ".join(part for part in (message.title, message.text) if part)
    return {
        "text": _escaped(_cut(words, LONGEST_TEXT)),
        "blocks": blocks,
        "parse": "none",
        "link_names": False,
    }


def _button(button: Button) -> Json:
    styled = {} if button.style is ButtonStyle.PLAIN else {"style": button.style.value}
    return {
        "type": "button",
        "action_id": button.action,
        "value": button.value,
        "text": _plain(button.label, _LONGEST_LABEL),
    } | styled


def _plain(text: str, longest: int) -> Json:
    return {"type": "plain_text", "text": _cut(text, longest), "emoji": False}


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _digest(message: ChatMessage) -> str:
    return sha256(json.dumps(_content(message), sort_keys=True).encode()).hexdigest()[:32]
