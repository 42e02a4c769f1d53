"""What the assistant makes of Notion's failures: nothing lost, nothing done twice, nobody waits for ever."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus

import httpx
import pytest

from assistant.adapters.notion_calls import WORKER, Patience, notion_client
from assistant.adapters.notion_notes import NotionNotes, NotionWorkspaces
from assistant.domain.errors import AssistantError, Conflict, ConnectionBroken, Forbidden, NotFound, Unavailable
from assistant.domain.notes.note import NotesTask
from assistant.domain.tasks.request import TaskStatus
from tests.fakes.access_tokens import ScriptedTokens
from tests.fakes.accounts import NOTION
from tests.fakes.notion_api import Failure, NotionApi, serve
from tests.fakes.runtime import ManualClock
from tests.unit.adapters.test_notes import REPORT, SOURCE

pytestmark = pytest.mark.network

PASSING = [
    Failure(429, retry_after="3"),
    Failure(429, retry_after="Wed, 15 Jan 2025 10:00:05 GMT"),
    Failure(429),
    Failure(529, retry_after="1"),
    Failure(409),
    Failure(500),
    Failure(502),
    Failure(503),
    Failure(504),
    Failure(sent=0.5),
    Failure(sent=0.0),
]


@pytest.fixture
def api(clock: ManualClock) -> Iterator[NotionApi]:
    with serve(clock) as api:
        yield api


@pytest.fixture
def tokens() -> ScriptedTokens:
    return ScriptedTokens("token-1", "token-2")


@pytest.fixture
def notes(api: NotionApi, tokens: ScriptedTokens, clock: ManualClock) -> Iterator[NotionNotes]:
    workspaces = NotionWorkspaces(api.url, tokens, clock, pause=clock.advance)
    yield workspaces.open(NOTION)
    workspaces.close()


@pytest.fixture
def task(api: NotionApi, notes: NotionNotes) -> NotesTask:
    found = notes.task(SOURCE, api.add_task(REPORT))
    api.requests.clear()
    return found


def name(failure: Failure) -> str:
    return f"{failure.status}-{failure.retry_after}-{failure.sent}"


@pytest.mark.parametrize("failure", PASSING, ids=name)
def test_a_read_is_tried_again(api: NotionApi, notes: NotionNotes, task: NotesTask, failure: Failure) -> None:
    api.failures.append(failure)
    assert notes.task(SOURCE, task.page_id) == task
    assert len(api.requests) == 2


def test_notion_says_how_long_to_wait(api: NotionApi, notes: NotionNotes, clock: ManualClock) -> None:
    for told, waited in (("3", 3), ("Wed, 15 Jan 2025 10:00:08 GMT", 5), ("0", 0.25)):
        started = clock.monotonic()
        api.failures.append(Failure(429, retry_after=told))
        notes.data_sources()
        assert clock.monotonic() - started >= waited


@pytest.mark.parametrize("status", [429, 500, 529])
def test_nobody_waits_longer_than_a_call_takes(
    api: NotionApi, notes: NotionNotes, clock: ManualClock, status: int
) -> None:
    started = clock.monotonic()
    api.failures.extend([Failure(status)] * 100)
    with pytest.raises(Unavailable):
        notes.data_sources()
    assert clock.monotonic() - started <= WORKER.call
    assert 3 <= len(api.requests) <= 8
    api.failures.clear()
    api.failures.append(Failure(status, retry_after="60"))
    with pytest.raises(Unavailable):
        notes.data_sources()
    assert clock.monotonic() - started <= WORKER.call


def test_silence_ends(api: NotionApi, notes: NotionNotes, tokens: ScriptedTokens, clock: ManualClock) -> None:
    assert notion_client(api.url, WORKER).client.timeout == httpx.Timeout(8.0, connect=2.0)
    # So that the server's first answer is not waited for with the little patience below.
    notes.data_sources()
    workspaces = NotionWorkspaces(api.url, tokens, clock, patience=Patience(0.2, 20), pause=clock.advance)
    over = threading.Event()
    api.failures.append(Failure(silent=over))
    assert workspaces.open(NOTION).data_sources()
    over.set()
    workspaces.close()
    assert len(api.requests) >= 3


def test_a_refused_token_is_renewed_once(api: NotionApi, notes: NotionNotes, tokens: ScriptedTokens) -> None:
    api.tokens = {"token-2"}
    assert notes.data_sources()
    assert tokens.refused == ["token-1"]
    api.tokens = set()
    with pytest.raises(ConnectionBroken):
        notes.data_sources()
    assert tokens.refused == ["token-1", "token-2"]


def test_a_token_refused_after_it_was_renewed_breaks_the_connection(
    api: NotionApi, notes: NotionNotes, tokens: ScriptedTokens
) -> None:
    api.tokens = {"token-3"}
    with pytest.raises(ConnectionBroken):
        notes.data_sources()
    assert len(api.requests) == 2
    assert tokens.given_up == [(NOTION.id, "token-2")]


@pytest.mark.parametrize(
    ("status", "error"),
    [(HTTPStatus.FORBIDDEN, Forbidden), (HTTPStatus.NOT_FOUND, NotFound), (HTTPStatus.BAD_REQUEST, AssistantError)],
)
def test_what_trying_again_does_not_change_is_said_at_once(
    api: NotionApi, notes: NotionNotes, status: HTTPStatus, error: type[AssistantError]
) -> None:
    api.failures.append(Failure(status))
    with pytest.raises(error) as raised:
        notes.data_sources()
    assert type(raised.value) is error
    assert len(api.requests) == 1


LOST = [*(replace(one, done=True) for one in PASSING if one.status not in (409, 429, 529)), *PASSING]


@pytest.mark.parametrize("failure", LOST, ids=lambda one: f"{name(one)}-{'done' if one.done else 'not'}")
def test_a_status_is_written_once_whatever_comes_back(
    api: NotionApi, notes: NotionNotes, clock: ManualClock, task: NotesTask, failure: Failure
) -> None:
    clock.advance(60)
    api.failures.extend([Failure(), failure])
    written = notes.set_status(SOURCE, task.page_id, "Done", expected=task.state)
    assert (written.status, api.row(task.page_id)) == (TaskStatus.DONE, replace(REPORT, status="Done"))
    writes = sum(request.startswith("PATCH") for request in api.requests)
    assert writes == (1 if failure.done or failure.sent < 1 else 2)


def test_an_edit_between_two_attempts_to_write_is_kept(
    api: NotionApi, notes: NotionNotes, clock: ManualClock, task: NotesTask
) -> None:
    def edit(seconds: float) -> None:
        clock.advance(seconds)
        api.edit_task(task.page_id, replace(REPORT, status="In progress"))

    notes._calls.pause = edit
    api.failures.extend([Failure(), Failure(503)])
    with pytest.raises(Conflict):
        notes.set_status(SOURCE, task.page_id, "Done", expected=task.state)
    assert api.row(task.page_id).status == "In progress"


def test_a_write_is_given_up(api: NotionApi, notes: NotionNotes, task: NotesTask) -> None:
    api.failures.extend([Failure(), Failure(503)] * 3)
    with pytest.raises(Unavailable):
        notes.set_status(SOURCE, task.page_id, "Done", expected=task.state)
    assert api.row(task.page_id) == REPORT


def test_a_list_that_is_cut_short_says_so(api: NotionApi, notes: NotionNotes) -> None:
    assert notes.tasks(SOURCE).complete
    api.complete = False
    assert not notes.tasks(SOURCE).complete
