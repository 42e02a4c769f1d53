"""Notion through its client: tasks of a data source, pages as Markdown, and the status of a task."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from notion_client import Client

from assistant.adapters.notion_calls import WORKER, NotionCalls, NotKnown, Patience, Pause, notion_client
from assistant.adapters.notion_values import data_source, head, is_whole, status_value, task
from assistant.domain.connections import Connection
from assistant.domain.errors import Conflict, FieldError, InvalidRequest, NotFound, Unavailable
from assistant.domain.notes.note import NotesPage, NotesTask, PageList, TaskList, TaskState
from assistant.domain.notes.source import DataSource, Role, TaskSource
from assistant.domain.notes.status import has_word
from assistant.ports.connections import AccessTokens
from assistant.ports.runtime import Clock

_AT_ONCE: Final = 100
_LONGEST_TEXT: Final = 20_000
_WRITES: Final = 3
_BETWEEN_WRITES: Final = 1.0
_NEWEST_FIRST: Final = {"timestamp": "last_edited_time", "direction": "descending"}
_OLDEST_FIRST: Final = {"timestamp": "last_edited_time", "direction": "ascending"}


class NotionWorkspaces:
    """Implements ``ports.NotesWorkspaces``; all workspaces share the connections of one client."""

    def __init__(
        self,
        base_url: str,
        tokens: AccessTokens,
        clock: Clock,
        *,
        patience: Patience = WORKER,
        pause: Pause = time.sleep,
    ) -> None:
        self._client = notion_client(base_url, patience)
        self._patience = patience
        self._tokens = tokens
        self._clock = clock
        self._pause = pause

    def open(self, connection: Connection) -> "NotionNotes":
        """Return the workspace of a connection."""
        return NotionNotes(
            self._client, NotionCalls(connection, self._tokens, self._clock, self._patience, pause=self._pause)
        )

    def close(self) -> None:
        """Close the connections for good."""
        self._client.close()


class NotionNotes:
    """Implements ``ports.Notes``."""

    def __init__(self, client: Client, calls: NotionCalls) -> None:
        self._client = client
        self._calls = calls

    def data_sources(self) -> Sequence[DataSource]:
        """Return those that were shared with the connection."""
        wanted = {"property": "object", "value": "data_source"}
        found = self._calls.read(
            lambda token: self._client.search(filter=wanted, sort=_NEWEST_FIRST, page_size=_AT_ONCE, auth=token)
        )
        return tuple(data_source(one) for one in found["results"] if is_whole(one))

    def data_source(self, source_id: str) -> DataSource:
        """Return a data source."""
        return data_source(self._calls.read(lambda token: self._client.data_sources.retrieve(source_id, auth=token)))

    def tasks(self, source: TaskSource, *, since: datetime | None = None, page: str | None = None) -> TaskList:
        """Return a hundred tasks at most."""
        asked: dict[str, Any] = {"sorts": [_OLDEST_FIRST], "page_size": _AT_ONCE, "result_type": "page"}
        if since:
            asked["filter"] = {
                "timestamp": "last_edited_time",
                "last_edited_time": {"on_or_after": since.isoformat(timespec="seconds")},
            }
        if page:
            asked["start_cursor"] = page
        found = self._calls.read(lambda token: self._client.data_sources.query(source.source.id, auth=token, **asked))
        return TaskList(
            tasks=tuple(task(one, source) for one in found["results"] if is_whole(one)),
            next_page=found["next_cursor"],
            complete=found.get("request_status", {}).get("type") != "incomplete",
        )

    def task(self, source: TaskSource, page_id: str) -> NotesTask:
        """Return a task."""
        found = self._page(page_id)
        if not _same(found["parent"].get("data_source_id"), source.source.id):
            raise NotFound("The page is no task of this data source.")
        return task(found, source)

    def set_status(self, source: TaskSource, page_id: str, word: str, *, expected: TaskState) -> NotesTask:
        """Write the status, and look up what became of a write that was not answered before writing again."""
        column = source.property(Role.STATUS)
        if column is None or not has_word(word, column):
            problem = FieldError("status", "the data source has no such word")
            raise InvalidRequest("This cannot be said in Notion.", errors=(problem,))
        properties = {column.id: status_value(word, column)}
        for _ in range(_WRITES):
            current = self.task(source, page_id)
            if current.state.status_name == word:
                return current
            if current.state != expected:
                raise Conflict("The task was edited in Notion meanwhile.")
            try:
                written = self._calls.write(
                    lambda token: self._client.pages.update(page_id, properties=properties, auth=token)
                )
                return task(written, source)
            except NotKnown:
                self._calls.pause(_BETWEEN_WRITES)
        raise Unavailable("Notion does not answer right now. Please try again shortly.")

    def pages(self, *, page: str | None = None) -> PageList:
        """Return a hundred pages at most."""
        cursor = {"start_cursor": page} if page else {}
        wanted = {"property": "object", "value": "page"}
        found = self._calls.read(
            lambda token: self._client.search(
                filter=wanted, sort=_NEWEST_FIRST, page_size=_AT_ONCE, auth=token, **cursor
            )
        )
        return PageList(tuple(head(one) for one in found["results"] if is_whole(one)), found["next_cursor"])

    def page(self, page_id: str) -> NotesPage:
        """Return a page with the first 20,000 characters of its text."""
        found = self._page(page_id)
        text = self._calls.read(lambda token: self._client.pages.retrieve_markdown(page_id, auth=token))
        return NotesPage(head(found), str(text["markdown"])[:_LONGEST_TEXT])

    def _page(self, page_id: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._calls.read(lambda token: self._client.pages.retrieve(page_id, auth=token))
        if not is_whole(found) or found["in_trash"]:
            raise NotFound("The page is in the trash, or not shared with the connection.")
        return found


def _same(one: str | None, other: str) -> bool:
    """Whether two ids are the same: Notion takes and shows them with and without dashes."""
    return (one or "").replace("-", "") == other.replace("-", "")
