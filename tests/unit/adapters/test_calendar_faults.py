"""Calendars when their provider fails: what each fault comes to, that nothing is done twice, over real HTTP."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Protocol

import pytest

from assistant.adapters import google_http, graph_api
from assistant.domain.calendar.answers import Answer
from assistant.domain.calendar.connected import NewEvent
from assistant.domain.errors import (
    AssistantError,
    Conflict,
    ConnectionBroken,
    Forbidden,
    NotFound,
    PreconditionFailed,
    Unavailable,
)
from assistant.domain.mailbox import CursorExpired
from assistant.ports.calendar_account import CalendarAccount
from tests.fakes.calendar_account import OWN_ADDRESS, CalendarSide
from tests.fakes.google_api import Fault as GoogleFault
from tests.fakes.google_calendar_api import GoogleCalendarApi
from tests.fakes.graph_api import Fault as GraphFault
from tests.fakes.graph_api import GraphServer
from tests.fakes.runtime import ManualClock

pytestmark = pytest.mark.network

TEN = datetime(2025, 1, 20, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
OFTEN = 1000
NEW = NewEvent("0a1b2c3d4e5f60718293a4b5c6d7e8f9", "Planning", TEN, TEN + HOUR, ("ann@company.com",))


@dataclass(frozen=True)
class Fault:
    """What is answered instead; ``after`` the call was done, ``sent`` is the share of an answer that gets through."""

    status: int = HTTPStatus.OK
    reason: str = "backendError"
    retry_after: str | None = None
    after: bool = False
    sent: float = 1.0
    hangs: bool = False

    def __str__(self) -> str:
        broken = "hangs" if self.hangs else "truncated" if self.sent < 1 else self.reason
        return f"{self.status:d}-{broken}{'-after' if self.after else ''}"


LIMITED = Fault(403, "rateLimitExceeded")
THROTTLED = Fault(429, "rateLimitExceeded", retry_after="3")
DOWN = (Fault(500), Fault(503), Fault(504), Fault(sent=0.5), Fault(hangs=True))
LOST = (Fault(500, after=True), Fault(504, after=True), Fault(sent=0.5))


class Both(CalendarAccount, CalendarSide, Protocol):
    """A calendar from both sides."""

    told: list[str]


class Faulty(Protocol):
    """A provider that can be made to fail."""

    def fail(self, fault: Fault, times: int = 1) -> None:
        """Answer the next calls so."""
        ...

    def recover(self) -> None:
        """Fail no more."""
        ...

    def expire(self, *, renewable: bool) -> None:
        """Refuse the token from now on, and the one it is renewed to unless that is good."""
        ...


@dataclass
class FaultyGoogle:
    api: GoogleCalendarApi

    def fail(self, fault: Fault, times: int = 1) -> None:
        made = GoogleFault(
            HTTPStatus(fault.status), fault.reason, fault.retry_after, fault.sent, fault.hangs, fault.after
        )
        self.api.faults.extend([made] * times)

    def recover(self) -> None:
        self.api.faults.clear()

    def expire(self, *, renewable: bool) -> None:
        self.api.tokens = {"token-2"} if renewable else set()


@dataclass
class FaultyGraph:
    server: GraphServer
    silence: threading.Event

    def fail(self, fault: Fault, times: int = 1) -> None:
        hang = self.silence if fault.hangs else None
        status = HTTPStatus(fault.status)
        self.server.faults.append(GraphFault("", status, fault.retry_after, fault.after, fault.sent, hang, times))

    def recover(self) -> None:
        self.server.faults.clear()

    def expire(self, *, renewable: bool) -> None:
        self.server.token = "renewed" if renewable else "another"


@pytest.fixture(params=["google", "graph"])
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def calendar(provider: str, request: pytest.FixtureRequest) -> Both:
    account: Both = request.getfixturevalue(f"{provider}_calendar")
    return account


@pytest.fixture
def faulty(provider: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faulty]:
    callspec = getattr(request.node, "callspec", None)
    # Only a silent provider is given up sooner than in production; the call's own time is the manual clock's.
    if callspec and getattr(callspec.params.get("fault"), "hangs", False):
        monkeypatch.setattr(google_http, "TRY_SECONDS", 0.05)
        monkeypatch.setattr(google_http, "_LEAST_SECONDS", 0.05)
        monkeypatch.setattr(graph_api, "_LONGEST_READ", 0.05)
    silence = threading.Event()
    if provider == "google":
        yield FaultyGoogle(request.getfixturevalue("google_calendar_api"))
    else:
        yield FaultyGraph(request.getfixturevalue("graph_server"), silence)
    silence.set()


def times(calendar: CalendarAccount, event_id: str) -> tuple[object, object]:
    event = calendar.get(event_id).event
    return event.start, event.end


@pytest.mark.parametrize("fault", [THROTTLED, *DOWN], ids=str)
def test_what_passes_is_waited_for(calendar: Both, faulty: Faulty, clock: ManualClock, fault: Fault) -> None:
    event_id = calendar.add("Planning", TEN, TEN + HOUR)
    faulty.fail(fault, 2)
    assert calendar.get(event_id).event.title == "Planning"
    assert clock.monotonic() >= 2 * int(fault.retry_after or 0)


@pytest.mark.parametrize("fault", [THROTTLED, *DOWN], ids=str)
def test_what_does_not_pass_ends_in_time(calendar: Both, faulty: Faulty, clock: ManualClock, fault: Fault) -> None:
    event_id = calendar.add("Planning", TEN, TEN + HOUR)
    faulty.fail(fault, OFTEN)
    with pytest.raises(Unavailable):
        calendar.get(event_id)
    assert clock.monotonic() <= google_http.CALL_SECONDS == graph_api.CALL_SECONDS


def test_a_pause_beyond_the_time_is_not_begun(calendar: Both, faulty: Faulty, clock: ManualClock) -> None:
    faulty.fail(Fault(429, retry_after="60"))
    with pytest.raises(Unavailable):
        calendar.events(TEN, TEN + DAY)
    assert clock.monotonic() == 0


@pytest.mark.parametrize("provider", ["google"], indirect=True)
def test_google_limits_with_403_too(calendar: Both, faulty: Faulty) -> None:
    event_id = calendar.add("Planning", TEN, TEN + HOUR)
    faulty.fail(LIMITED, 2)
    assert calendar.get(event_id)


def test_a_refused_token_breaks_the_connection(calendar: Both, faulty: Faulty) -> None:
    faulty.expire(renewable=False)
    with pytest.raises(ConnectionBroken):
        calendar.events(TEN, TEN + DAY)


@pytest.mark.parametrize("provider", ["google"], indirect=True)
def test_a_refused_token_is_renewed_once(calendar: Both, faulty: Faulty) -> None:
    faulty.expire(renewable=True)
    assert calendar.events(TEN, TEN + DAY) == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(403, "insufficientPermissions"), Forbidden),
        (Fault(404, "notFound"), NotFound),
        (Fault(409, "conflict"), Conflict),
        (Fault(412, "conditionNotMet"), PreconditionFailed),
        (Fault(400, "badRequest"), AssistantError),
    ],
    ids=str,
)
def test_what_stays_is_said_at_once(
    calendar: Both, faulty: Faulty, clock: ManualClock, fault: Fault, error: type[Exception]
) -> None:
    event_id = calendar.add("Planning", TEN, TEN + HOUR)
    before = calendar.get(event_id)
    faulty.fail(fault)
    with pytest.raises(error):
        calendar.move(event_id, TEN + HOUR, TEN + 2 * HOUR, version=before.version)
    assert clock.monotonic() == 0
    assert calendar.get(event_id) == before


def test_a_cursor_answered_with_410_has_expired(calendar: Both, faulty: Faulty) -> None:
    cursor = calendar.changes(None, TEN, TEN + DAY).cursor
    faulty.fail(Fault(410, "fullSyncRequired"))
    with pytest.raises(CursorExpired):
        calendar.changes(cursor, TEN, TEN + DAY)


@pytest.mark.parametrize("fault", [*DOWN, *LOST], ids=str)
def test_changes_are_lost_to_no_fault(calendar: Both, faulty: Faulty, fault: Fault) -> None:
    cursor = calendar.changes(None, TEN, TEN + DAY).cursor
    event_id = calendar.add("Planning", TEN, TEN + HOUR)
    faulty.fail(fault, OFTEN)
    with pytest.raises(Unavailable):
        calendar.changes(cursor, TEN, TEN + DAY)
    faulty.recover()
    found = calendar.changes(cursor, TEN, TEN + DAY)
    assert [one.event.event_id for one in found.changed] == [event_id]


@pytest.mark.parametrize("fault", LOST, ids=str)
def test_an_event_is_made_once_whatever_is_heard_of_it(calendar: Both, faulty: Faulty, fault: Fault) -> None:
    faulty.fail(fault)
    made = calendar.create(NEW)
    assert [one.event.event_id for one in calendar.events(TEN, TEN + DAY)] == [made.event.event_id]


@pytest.mark.parametrize("fault", LOST, ids=str)
def test_an_event_that_was_made_unheard_is_found_by_its_key(calendar: Both, faulty: Faulty, fault: Fault) -> None:
    # The provider is down for as long as a call lasts, after it made the event.
    faulty.fail(fault, OFTEN)
    with pytest.raises(Unavailable):
        calendar.create(NEW)
    faulty.recover()
    found = calendar.find(NEW.key)
    assert found
    assert calendar.create(NEW) == found
    assert [one.event.event_id for one in calendar.events(TEN, TEN + DAY)] == [found.event.event_id]


@pytest.mark.parametrize("fault", [THROTTLED, *DOWN, *LOST], ids=str)
def test_an_event_is_deleted_whatever_is_heard_of_it(calendar: Both, faulty: Faulty, fault: Fault) -> None:
    made = calendar.create(NEW)
    faulty.fail(fault)
    calendar.delete(made.event.event_id, version=made.version)
    assert calendar.find(NEW.key) is None


@pytest.mark.parametrize("fault", LOST, ids=str)
def test_an_event_that_moved_unheard_is_not_moved_again(calendar: Both, faulty: Faulty, fault: Fault) -> None:
    event_id = calendar.add("Planning", TEN, TEN + HOUR)
    version = calendar.get(event_id).version
    faulty.fail(fault)
    with pytest.raises(PreconditionFailed):
        calendar.move(event_id, TEN + HOUR, TEN + 2 * HOUR, version=version)
    assert times(calendar, event_id) == (TEN + HOUR, TEN + 2 * HOUR)


@pytest.mark.parametrize("fault", LOST, ids=str)
def test_an_organizer_is_told_once_whatever_is_heard_of_it(calendar: Both, faulty: Faulty, fault: Fault) -> None:
    event_id = calendar.add("All hands", TEN, TEN + HOUR, organizer="ceo@company.com", attendees=[OWN_ADDRESS])
    # The first call looks what was answered.
    faulty.fail(Fault())
    faulty.fail(fault)
    with suppress(Unavailable):
        calendar.answer(event_id, Answer.DECLINED)
    calendar.answer(event_id, Answer.DECLINED)
    assert calendar.get(event_id).event.self_response == "declined"
    assert len(calendar.told) == 1
