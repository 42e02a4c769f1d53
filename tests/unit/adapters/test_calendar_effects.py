"""Effects on events are done once and undone through every provider's calendar alike, whatever is heard of it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

import pytest

from assistant.domain.calendar.connected import ConnectedEvent
from assistant.domain.connections import Connection
from assistant.domain.effects.actions import AnyAction, EventTime, MoveEvent
from assistant.domain.effects.approval import action_hash
from assistant.domain.effects.effect import LEASE, EffectRecord, EffectState
from assistant.domain.effects.provenance import Traced
from assistant.domain.errors import Unavailable
from assistant.ports.calendar_account import CalendarAccount
from assistant.services.answer_approvals import ApprovalRequest, approve_effect
from assistant.services.execute_effects import run_job
from assistant.services.propose_effects import propose_effects
from assistant.services.undo_effects import UndoRequest, undo_effects
from tests.fakes.calendar_account import MemoryCalendars
from tests.fakes.effects import CALLER, USER, Desk
from tests.fakes.runtime import ManualClock
from tests.unit.adapters.test_calendar_faults import (
    HOUR,
    LOST,
    OFTEN,
    TEN,
    Both,
    Fault,
    Faulty,
    calendar,
    faulty,
    provider,
)
from tests.unit.effects.test_events import DECLINE, FOCUS, LATER

__all__ = ["calendar", "faulty", "provider"]

pytestmark = pytest.mark.network

SHORTER = MoveEvent(was=LATER.was, to=Traced(value=EventTime(start=TEN, end=TEN + HOUR / 2)), timezone=LATER.timezone)


@dataclass(frozen=True)
class OneCalendar:
    """Implements ``ports.CalendarAccounts`` with the one calendar there is."""

    calendar: CalendarAccount

    def open(self, connection: Connection) -> CalendarAccount:
        assert connection.id
        return self.calendar


@pytest.fixture
def desk(calendar: Both, clock: ManualClock) -> Desk:
    return Desk(clock, calendars=cast("MemoryCalendars", OneCalendar(calendar)))


def day(calendar: Both) -> Sequence[ConnectedEvent]:
    return calendar.events(TEN - HOUR, TEN + 9 * HOUR)


def approved(desk: Desk, target: str, action: AnyAction) -> EffectRecord:
    effect = desk.effect(target, action)
    propose_effects(USER, [effect], request_id="request1", ports=desk.propose_ports)
    approval = ApprovalRequest(action_hash=action_hash(effect))
    approve_effect(USER, effect.id, approval, CALLER, ports=desk.answer_ports)
    return desk.record(effect)


def undone(desk: Desk) -> None:
    undo_effects(USER, UndoRequest(run_id="run1"), CALLER, ports=desk.answer_ports)


def work_through(desk: Desk, faulty: Faulty, fault: Fault) -> None:
    """The provider answers what is read first, then fails for all of the try; the job comes again after the lease."""
    (job,) = desk.queue.jobs
    faulty.fail(Fault(), 2)
    faulty.fail(fault, OFTEN)
    with suppress(Unavailable):
        desk.work()
    faulty.recover()
    desk.clock.advance(LEASE.total_seconds())
    run_job(job, seconds=60, ports=desk.execute_ports)


@pytest.mark.parametrize("action", [LATER, SHORTER])
def test_a_meeting_is_moved_or_shortened_and_put_back(desk: Desk, calendar: Both, action: MoveEvent) -> None:
    event_id = calendar.add("Planning", TEN, TEN + HOUR, attendees=["ann@company.com"])
    before = calendar.get(event_id).event
    approved(desk, event_id, action)
    desk.work()
    found = calendar.get(event_id).event
    assert (found.start, found.end) == (action.to.value.start, action.to.value.end)
    undone(desk)
    desk.work()
    assert calendar.get(event_id).event == before


def test_an_invitation_is_declined_and_answered_as_before(desk: Desk, calendar: Both) -> None:
    event_id = calendar.add("All hands", TEN, TEN + HOUR, organizer="ceo@company.com", attendees=["user@company.com"])
    approved(desk, event_id, DECLINE)
    desk.work()
    assert calendar.get(event_id).event.self_response == "declined"
    undone(desk)
    desk.work()
    assert calendar.get(event_id).event.self_response == "tentative"


def test_focus_time_is_entered_and_taken_out(desk: Desk, calendar: Both) -> None:
    record = approved(desk, "plan/1", FOCUS)
    desk.work()
    (found,) = day(calendar)
    assert (found.event.title, found.event.start, found.event.end) == ("Focus time", TEN, TEN + 2 * HOUR)
    undone(desk)
    desk.work()
    assert day(calendar) == []
    assert desk.record(record.effect).state is EffectState.UNDONE


def test_focus_time_that_the_user_renamed_stays(desk: Desk, calendar: Both) -> None:
    record = approved(desk, "plan/1", FOCUS)
    desk.work()
    calendar.change(day(calendar)[0].event.event_id, "Dentist")
    undone(desk)
    desk.work()
    assert [one.event.title for one in day(calendar)] == ["Dentist"]
    assert desk.record(record.effect).problem == "It was changed meanwhile, so it stays as it is now."


@pytest.mark.parametrize("fault", LOST, ids=str)
def test_focus_time_is_entered_and_taken_out_once_whatever_is_heard(
    desk: Desk, calendar: Both, faulty: Faulty, fault: Fault
) -> None:
    record = approved(desk, "plan/1", FOCUS)
    work_through(desk, faulty, fault)
    (found,) = day(calendar)
    assert (desk.record(record.effect).state, found.event.title) == (EffectState.DONE, "Focus time")
    undone(desk)
    work_through(desk, faulty, fault)
    assert desk.record(record.effect).state is EffectState.UNDONE
    assert day(calendar) == []
