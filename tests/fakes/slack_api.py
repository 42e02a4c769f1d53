"""Slack's Web API on loopback: people, direct messages and their history, with the errors of its reference.

What it answers, and the blocks it is sent, are held to Slack's own types (schemas/slack.json). It serves on request:
error codes, HTTP errors, 429 with Retry-After, an answer that breaks off, and one after the work.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft7Validator

from tests.fakes.loopback_http import Answer, loopback_server, running

TOKEN = "xoxb-token"
MOST_BLOCKS, MOST_BUTTONS = 50, 25
LIMITS = {"header": 150, "section": 3000, "context": 3000, "button": 75}
_SCHEMAS = json.loads((Path(__file__).parent / "schemas/slack.json").read_text(encoding="utf-8"))
FORMS_ONLY = {"users.lookupByEmail", "users.info"}

type Json = dict[str, Any]


@dataclass
class SlackApi:
    """The server's state.

    ``failures`` are answers that come instead, the first first; ``lost`` are methods whose answer drops after the work.
    """

    url: str = ""
    token: str = TOKEN
    users: dict[str, str] = field(default_factory=lambda: {"U1": "user@company.com"})
    left: set[str] = field(default_factory=set)
    channels: dict[str, list[Json]] = field(default_factory=dict)
    failures: list[Answer] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    methods: list[str] = field(default_factory=list)
    whispered: list[tuple[str, str]] = field(default_factory=list)
    _count: int = 0

    def handle(self, _: str, path: str, headers: Mapping[str, str], sent: bytes) -> Answer:
        method = path.removeprefix("/api/").partition("?")[0]
        self.methods.append(method)
        if self.failures:
            return self.failures.pop(0)
        if headers.get("authorization") != f"Bearer {self.token}":
            return failed("invalid_auth")
        is_json = headers["content-type"].startswith("application/json")
        if is_json and method in FORMS_ONLY:
            return failed("invalid_arguments")
        body = json.loads(sent or b"{}") if is_json else dict(parse_qsl(sent.decode()))
        body |= dict(parse_qsl(path.partition("?")[2]))
        for block in body.get("blocks", ()):
            _validator("KnownBlock").validate(block)
        answer = self._route(method)(body)
        _validator(method).validate(json.loads(answer.body, object_hook=_typed))
        if method in self.lost:
            self.lost.remove(method)
            return Answer(200, answer.body, sent=0)
        return answer

    def message(self, channel: str, **fields: Any) -> Json:
        """Put a message into a channel and return it."""
        self._count += 1
        message = {"type": "message", "ts": f"{1736935200 + self._count}.000100"} | fields
        self.channels.setdefault(channel, []).append(message)
        return message

    def ours(self) -> list[Json]:
        """Messages of the assistant in the direct channel of U1."""
        return [one for one in self.channels.get("DU1", []) if "bot_id" in one]

    def _route(self, method: str) -> Callable[[Json], Answer]:
        return {
            "users.lookupByEmail": self._lookup,
            "users.info": self._info,
            "conversations.open": self._open,
            "conversations.history": self._history,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "chat.postEphemeral": self._post_ephemeral,
        }[method]

    def _lookup(self, body: Json) -> Answer:
        found = next((one for one, address in self.users.items() if address == body["email"].lower()), None)
        if found is None:
            return failed("users_not_found")
        return self._user(found)

    def _info(self, body: Json) -> Answer:
        return self._user(body["user"]) if body["user"] in self.users else failed("user_not_found")

    def _user(self, user_id: str) -> Answer:
        profile = {"email": self.users[user_id], "real_name": "Ann Lee"}
        return succeeded(user={"id": user_id, "name": "ann", "deleted": user_id in self.left, "profile": profile})

    def _open(self, body: Json) -> Answer:
        if body["users"] not in self.users:
            return failed("user_not_found")
        self.channels.setdefault(f"D{body['users']}", [])
        return succeeded(channel={"id": f"D{body['users']}"})

    def _history(self, body: Json) -> Answer:
        if body["channel"] not in self.channels:
            return failed("channel_not_found")
        since, start, limit = float(body.get("oldest", 0)), int(body.get("cursor", 0)), int(body["limit"])
        until = float(body.get("latest", "inf"))
        newest = [one for one in reversed(self.channels[body["channel"]]) if since <= float(one["ts"]) <= until]
        page = newest[start : start + limit]
        if body.get("include_all_metadata") != "1":
            page = [{name: value for name, value in one.items() if name != "metadata"} for one in page]
        more = start + limit < len(newest)
        return succeeded(
            messages=page, has_more=more, response_metadata={"next_cursor": str(start + limit) if more else ""}
        )

    def _post(self, body: Json) -> Answer:
        _check(body)
        if body["channel"] not in self.channels:
            return failed("channel_not_found")
        kept = {name: body[name] for name in ("text", "blocks", "metadata") if name in body}
        message = self.message(body["channel"], bot_id="B1", user="UBOT", **kept)
        return succeeded(channel=body["channel"], ts=message["ts"], message=message)

    def _update(self, body: Json) -> Answer:
        _check(body)
        found = self._find(body)
        if found is None:
            return failed("message_not_found")
        found |= {"text": body["text"], "blocks": body["blocks"]}
        return succeeded(channel=body["channel"], ts=body["ts"], text=body["text"])

    def _delete(self, body: Json) -> Answer:
        found = self._find(body)
        if found is None:
            return failed("message_not_found")
        self.channels[body["channel"]].remove(found)
        return succeeded(channel=body["channel"], ts=body["ts"])

    def _post_ephemeral(self, body: Json) -> Answer:
        _check(body)
        if body["channel"] not in self.channels:
            return failed("channel_not_found")
        if body["user"] not in self.users:
            return failed("user_not_in_channel")
        self.whispered.append((body["user"], body["text"]))
        return succeeded(message_ts="1736935300.000100")

    def _find(self, body: Json) -> Json | None:
        return next((one for one in self.channels.get(body["channel"], []) if one["ts"] == body["ts"]), None)


@cache
def _validator(name: str) -> Draft7Validator:
    return Draft7Validator(_SCHEMAS[name])


def _typed(answered: Json) -> Json:
    # Slack's types of answers know some kinds of blocks only, and no app's own metadata.
    return {name: value for name, value in answered.items() if name not in {"blocks", "event_payload"}}


def succeeded(**fields: Any) -> Answer:
    return Answer(200, json.dumps({"ok": True} | fields).encode())


def failed(code: str) -> Answer:
    return Answer(200, json.dumps({"ok": False, "error": code}).encode())


def throttled(seconds: int) -> Answer:
    return Answer(429, json.dumps({"ok": False, "error": "ratelimited"}).encode(), {"retry-after": str(seconds)})


def _check(body: Json) -> None:
    """Hold a message to the limits of Block Kit."""
    assert 0 < len(body["blocks"]) <= MOST_BLOCKS
    for block in body["blocks"]:
        parts = block.get("elements", [block])
        assert len(parts) <= MOST_BUTTONS
        for part in parts:
            text = part["text"] if isinstance(part["text"], dict) else part
            assert text["type"] == "plain_text"
            assert 0 < len(text["text"]) <= LIMITS[part["type"] if part["type"] in LIMITS else block["type"]]
            assert len(part.get("value", "")) <= 2000


@contextmanager
def serve_slack() -> Iterator[SlackApi]:
    """Serve until the block ends."""
    api = SlackApi()
    with running(loopback_server(api.handle, 0)) as api.url:
        yield api
