"""Notion's API on loopback, as far as the assistant uses it: 2025-09-03, with data sources.

What it is sent and what it answers are checked against schemas/notion.json, made of the types in the npm package
@notionhq/client 5.26.0 by ts-json-schema-generator 2.10.0: ``--path notion.ts --type Notion --minify``. It fails on
request: any status before or after what was asked is done, a body cut short, and silence.
"""

import json
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft7Validator

from assistant.domain.notes.source import DataSource, Option, Property
from assistant.ports.runtime import Clock
from tests.fakes.loopback_http import Answer, loopback_server, running
from tests.fakes.notes import OTHER, STATUS, TASKS, Row, page_number, to_the_minute

VERSION = "2025-09-03"
MOST_AT_ONCE = 100
_SCHEMA = json.loads((Path(__file__).parent / "schemas" / "notion.json").read_text(encoding="utf-8"))
_USER = {"object": "user", "id": "4f1c1c1e-0000-4000-8000-00000000beef"}
_CODES = {
    400: "validation_error",
    401: "unauthorized",
    403: "restricted_resource",
    404: "object_not_found",
    409: "conflict_error",
    429: "rate_limited",
    500: "internal_server_error",
    503: "service_unavailable",
    504: "gateway_timeout",
}
_PAGES = "/v1/pages/"
_SOURCES = "/v1/data_sources/"

type Json = dict[str, Any]


@dataclass(frozen=True)
class Failure:
    """What goes wrong with one request; ``done`` where what it asks is done all the same."""

    status: int = 200
    retry_after: str | None = None
    done: bool = False
    sent: float = 1.0
    silent: threading.Event | None = None


@dataclass
class NotionApi:
    """The server's state, and ``tests.fakes.notes.NotesSide``; ``failures`` meet the next requests, one each."""

    clock: Clock
    url: str = ""
    tokens: set[str] = field(default_factory=lambda: {"token-1"})
    pages: dict[str, Json] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    failures: deque[Failure] = field(default_factory=deque)
    requests: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    complete: bool = True

    def handle(self, method: str, target: str, headers: Mapping[str, str], sent: bytes) -> Answer:
        """Answer a request; what breaks the schema is noted in ``broken``, whichever side broke it."""
        path = urlsplit(target).path
        self.requests.append(f"{method} {path}")
        assert headers["notion-version"] == VERSION
        failure = self.failures.popleft() if self.failures else Failure()
        if failure.silent:
            failure.silent.wait(30)
        if headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return _error(HTTPStatus.UNAUTHORIZED)
        if failure.status != HTTPStatus.OK and not failure.done:
            return _error(failure.status, failure.retry_after)
        answer = self._answer(method, path, json.loads(sent or b"{}"))
        if failure.status != HTTPStatus.OK:
            return _error(failure.status, failure.retry_after)
        return Answer(answer.status, answer.body, answer.headers, sent=failure.sent)

    def _answer(self, method: str, path: str, body: Json) -> Answer:
        match method, path:
            case "POST", "/v1/search":
                return self._search(body)
            case "POST", _ if path.startswith(_SOURCES) and path.endswith("/query"):
                return self._query(path.removeprefix(_SOURCES).removesuffix("/query"), body)
            case "GET", _ if path.startswith(_SOURCES):
                return self._source(path.removeprefix(_SOURCES))
            case "GET", _ if path.endswith("/markdown"):
                return self._markdown(path.removeprefix(_PAGES).removesuffix("/markdown"))
            case (("GET" | "PATCH"), _) if path.removeprefix(_PAGES) in self.pages:
                return self._page(path.removeprefix(_PAGES), body)
        return _error(HTTPStatus.NOT_FOUND)

    def _source(self, source_id: str) -> Answer:
        found = next((one for one in (TASKS, OTHER) if one.id == source_id), None)
        return self._json("dataSource", _source(found)) if found else _error(HTTPStatus.NOT_FOUND)

    def _search(self, body: Json) -> Answer:
        self._check("searchParameters", body)
        pages = sorted(self._shown(), key=lambda page: (page["last_edited_time"], page["id"]), reverse=True)
        found = pages if body["filter"]["value"] == "page" else [_source(TASKS), _source(OTHER)]
        return self._list("search", found, body)

    def _query(self, source_id: str, body: Json) -> Answer:
        self._check("queryParameters", {"data_source_id": source_id} | body)
        since = body.get("filter", {}).get("last_edited_time", {}).get("on_or_after")
        rows = [page for page in self._shown() if page["parent"].get("data_source_id") == source_id]
        rows = [row for row in rows if since is None or _time(row["last_edited_time"]) >= _time(since)]
        return self._list("query", sorted(rows, key=lambda row: (row["last_edited_time"], row["id"])), body)

    def _page(self, page_id: str, body: Json) -> Answer:
        page = self.pages[page_id]
        if body:
            self._check("updateParameters", {"page_id": page_id} | body)
            for name, held in page["properties"].items():
                if held["id"] in body["properties"]:
                    (value,) = body["properties"][held["id"]].values()
                    page["properties"][name] = _status(value["name"])
            self._touch(page)
        return self._json("update" if body else "page", page)

    def _markdown(self, page_id: str) -> Answer:
        if page_id not in self.pages:
            return _error(HTTPStatus.NOT_FOUND)
        text = self.texts.get(page_id, "")
        answer = {"object": "page_markdown", "id": page_id, "markdown": text, "truncated": False}
        return self._json("markdown", answer | {"unknown_block_ids": []})

    def _list(self, name: str, found: list[Json], body: Json) -> Answer:
        assert body["page_size"] <= MOST_AT_ONCE
        start = int(body.get("start_cursor") or 0)
        end = start + body["page_size"]
        more = len(found) > end
        status = {"type": "complete"} if self.complete else _INCOMPLETE
        answer = {
            "object": "list",
            "type": "page_or_data_source",
            "page_or_data_source": {},
            "results": found[start:end],
            "next_cursor": str(end) if more else None,
            "has_more": more,
            "request_status": status,
        }
        return self._json(name, answer)

    def _json(self, name: str, body: Json) -> Answer:
        self._check(name, body)
        return Answer(HTTPStatus.OK, json.dumps(body).encode())

    def _check(self, name: str, document: Json) -> None:
        self.broken += (f"{name}: {error.message[:300]}" for error in _validator(name).iter_errors(document))

    def _shown(self) -> list[Json]:
        return [page for page in self.pages.values() if not page["in_trash"]]

    def _touch(self, page: Json) -> None:
        page["last_edited_time"] = f"{to_the_minute(self.clock.now()):%Y-%m-%dT%H:%M:00.000Z}"

    def add_task(self, row: Row) -> str:
        page_id = self._add({"type": "data_source_id", "data_source_id": TASKS.id, "database_id": TASKS.id})
        self.edit_task(page_id, row)
        return page_id

    def edit_task(self, page_id: str, row: Row) -> None:
        page = self.pages[page_id]
        page["properties"] = {
            "Name": _title(row.title),
            "Due date": {"id": "du%3A1", "type": "date", "date": _date(row.due)},
            "Status": _status(row.status),
            "Estimate (h)": {"id": "es%3A1", "type": "number", "number": row.hours},
            "Assignee": {
                "id": "as%3A1",
                "type": "people",
                "people": [{"object": "user", "id": one} for one in sorted(row.assignees)],
            },
            "Notes": {"id": "no%3A1", "type": "rich_text", "rich_text": []},
        }
        self._touch(page)

    def row(self, page_id: str) -> Row:
        held = self.pages[page_id]["properties"]
        return Row(
            title="".join(part["plain_text"] for part in held["Name"]["title"]),
            status=held["Status"]["status"]["name"],
            due=held["Due date"]["date"] and held["Due date"]["date"]["start"],
            hours=held["Estimate (h)"]["number"],
            assignees=frozenset(one["id"] for one in held["Assignee"]["people"]),
        )

    def add_page(self, title: str, text: str) -> str:
        page_id = self._add({"type": "workspace", "workspace": True})
        self.pages[page_id]["properties"] = {"title": _title(title)}
        self.texts[page_id] = text
        return page_id

    def trash(self, page_id: str) -> None:
        self.pages[page_id] |= {"in_trash": True, "is_archived": True, "archived": True}

    def _add(self, parent: Json) -> str:
        page_id = page_number(len(self.pages) + 1)
        self.pages[page_id] = {
            "object": "page",
            "id": page_id,
            "created_time": "2025-01-01T00:00:00.000Z",
            "created_by": _USER,
            "last_edited_by": _USER,
            "in_trash": False,
            "is_archived": False,
            "archived": False,
            "is_locked": False,
            "cover": None,
            "icon": None,
            "url": f"https://www.notion.so/{page_id.replace('-', '')}",
            "public_url": None,
            "parent": parent,
            "properties": {},
        }
        self._touch(self.pages[page_id])
        return page_id


_INCOMPLETE = {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}


@cache
def _validator(name: str) -> Draft7Validator:
    wanted = _SCHEMA["definitions"]["Notion"]["properties"][name]
    return Draft7Validator({"definitions": _SCHEMA["definitions"]} | wanted)


def _error(status: int, retry_after: str | None = None) -> Answer:
    headers = {"retry-after": retry_after} if retry_after else {}
    code = _CODES.get(status)
    if code is None:
        return Answer(status, b"<html>overloaded</html>", {"content-type": "text/html"} | headers)
    body = {"object": "error", "status": status, "code": code, "message": "No.", "request_id": "5d1f0a52"}
    return Answer(status, json.dumps(body).encode(), headers)


def _text(text: str) -> list[Json]:
    plain = {"bold": False, "italic": False, "strikethrough": False, "underline": False, "code": False}
    part = {"type": "text", "text": {"content": text, "link": None}, "plain_text": text, "href": None}
    return [part | {"annotations": plain | {"color": "default"}}] if text else []


def _title(text: str) -> Json:
    return {"id": "title", "type": "title", "title": _text(text)}


def _date(day: str | None) -> Json | None:
    return {"start": day, "end": None, "time_zone": None} if day else None


def _status(name: str) -> Json:
    number = [option.name for option in STATUS.options].index(name)
    return {"id": STATUS.id, "type": "status", "status": {"id": f"option-{number}", "name": name, "color": "default"}}


def _source(source: DataSource) -> Json:
    return {
        "object": "data_source",
        "id": source.id,
        "title": _text(source.title),
        "description": [],
        "parent": {"type": "database_id", "database_id": source.id},
        "database_parent": {"type": "workspace", "workspace": True},
        "is_inline": False,
        "archived": False,
        "in_trash": False,
        "created_time": "2025-01-01T00:00:00.000Z",
        "last_edited_time": "2025-01-01T00:00:00.000Z",
        "created_by": _USER,
        "last_edited_by": _USER,
        "icon": None,
        "cover": None,
        "url": "https://www.notion.so/tasks",
        "public_url": None,
        "properties": {one.name: _column(one) for one in source.properties},
    }


def _column(one: Property) -> Json:
    held: Json = {"format": "number"} if one.type == "number" else {}
    if one.type == "status":
        held = {"options": [_option(number, option) for number, option in enumerate(one.options)]}
        held["groups"] = [
            {
                "id": f"group-{group}",
                "name": group,
                "color": "gray",
                "option_ids": [f"option-{n}" for n, option in enumerate(one.options) if option.group == group],
            }
            for group in dict.fromkeys(option.group for option in one.options)
        ]
    return {"id": one.id, "name": one.name, "description": None, "type": one.type, one.type: held}


def _option(number: int, option: Option) -> Json:
    return {"id": f"option-{number}", "name": option.name, "color": "default", "description": None}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


@contextmanager
def serve(clock: Clock) -> Iterator[NotionApi]:
    """Serve until the block ends, and hold what was said against the schema."""
    api = NotionApi(clock)
    with running(loopback_server(api.handle, 0)) as api.url:
        yield api
    assert api.broken == []
