"""A user who accepts suggestions of a plan: everything in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from assistant.domain.calendar.connected import ConnectedEvent
from assistant.domain.calendar.kept import CalendarPlace
from assistant.domain.calendar.plan import Plan
from assistant.domain.calendar.plan_record import PlanRecord
from assistant.domain.calendar.problem import Interval
from assistant.domain.calendar.request import CalendarEvent, FocusTask
from assistant.domain.calendar.suggestions import AskedChange
from assistant.domain.connections import Connection
from assistant.domain.effects.effect import EffectState
from assistant.domain.languages import WrittenLanguage
from assistant.domain.notifications import NotificationKind
from assistant.services.accept_suggestions import AcceptPorts, AcceptRequest, AcceptResponse, accept_suggestions
from assistant.services.answer_approvals import ApprovalRequest, approve_effect
from assistant.services.propose_plan import ProposePlanPorts, propose_plan
from assistant.services.undo_effects import UndoRequest, undo_effects
from tests.fakes.calendar_account import OWN_ADDRESS
from tests.fakes.effects import CALLER, USER, Desk
from tests.fakes.kept_calendar import MemoryKeptCalendars
from tests.fakes.plans import greedy_record, unproven
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import MemoryPlans
from tests.unit.calendar.weeks import event, problem

PLAN = "plan1"
ZONE = "America/New_York"
TEN = datetime(2026, 3, 23, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOVED = Interval(int((TEN + 3 * HOUR).timestamp()) // 60, int((TEN + 4 * HOUR).timestamp()) // 60)


class Accepting:
    """A user whose calendar is connected and kept, and the plan of a day in it."""

    def __init__(self, now: datetime = TEN - 24 * HOUR) -> None:
        self.desk = Desk(ManualClock(now))
        self.kept = MemoryKeptCalendars()
        self.plans = MemoryPlans(self.desk.clock)
        self.read(self.desk.connection)

    def read(self, connection: Connection) -> None:
        """A calendar is known from now on."""
        now = self.desk.clock.now()
        known = {"synced_at": now, "whole": True}
        assert self.kept.replace(CalendarPlace.of(connection).begun_anew(now).model_copy(update=known))

    def add(self, title: str, start: datetime = TEN, *, organizer: str = OWN_ADDRESS) -> CalendarEvent:
        """An event of an hour in the calendar, as it is planned."""
        calendar = self.desk.calendar
        event_id = calendar.add(title, start, start + HOUR, attendees=["ann@company.com"], organizer=organizer)
        self.keep(calendar.get(event_id))
        local = f"{start.astimezone(ZoneInfo(ZONE)):%Y-%m-%dT%H:%M}"
        return event(event_id, local, flexibility="same_week", declinable=True)

    def keep(self, one: ConnectedEvent) -> None:
        self.kept.keep(self.desk.connection, [one], generation=1)

    def plan(self, plan: Plan, *events: CalendarEvent, tasks: Sequence[FocusTask] = ()) -> PlanRecord:
        week = problem(*events, zone=ZONE, tasks=tasks)
        record = replace(greedy_record(PLAN, self.desk.clock.now()), problem=week, solution=unproven(week, plan))
        assert self.plans.save(record)
        return record

    def accept(self, *ids: str, propose: bool = True, language: str = "en") -> AcceptResponse:
        proposer = partial(propose_plan, ports=ProposePlanPorts(self.kept, self.desk.propose_ports))
        ports = AcceptPorts(self.plans, self.desk.audit, self.desk.clock, proposer)
        request = AcceptRequest(suggestion_ids=ids or ("1-1",), propose=propose, language=WrittenLanguage(language))
        return accept_suggestions(PLAN, request, CALLER, ports=ports)

    def approve(self, view: AskedChange) -> None:
        approval = ApprovalRequest(action_hash=view.action_hash)
        approve_effect(USER, view.effect_id, approval, CALLER, ports=self.desk.answer_ports)
        self.desk.work()

    def undo(self) -> None:
        undo_effects(USER, UndoRequest(run_id=PLAN), CALLER, ports=self.desk.answer_ports)
        self.desk.work()

    def state(self, view: AskedChange) -> EffectState:
        return self.desk.effects.records[USER, view.effect_id].state

    def day(self) -> Sequence[ConnectedEvent]:
        """Return what stands in the calendar on the day."""
        return self.desk.calendar.events(TEN - 2 * HOUR, TEN + 8 * HOUR)

    def asked(self) -> int:
        return sum(one.kind is NotificationKind.APPROVAL_ASKED for one in self.desk.notifications.told.values())
