"""A plan on its way through the handlers: accepted, asked about, approved, written to a calendar and taken back."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from assistant.domain.calendar.connected import ConnectedEvent
from assistant.domain.calendar.kept import CalendarPlace
from assistant.domain.calendar.plan import Plan
from tests.contract.recorded import PLAN_ID, body_of, connected, execute_everything, invoke, recorded
from tests.fakes.plans import greedy_record, unproven
from tests.fakes.wired import Wired
from tests.unit.calendar.weeks import at, problem

NINE = datetime(2025, 1, 16, 9, tzinfo=UTC)


def test_focus_time_of_an_accepted_plan_is_entered_and_taken_out(wired: Wired) -> None:
    connected(wired)
    (connection,) = wired.connections.of_user("user123")
    now = wired.clock.now()
    known = {"synced_at": now, "whole": True}
    wired.kept_calendars.replace(CalendarPlace.of(connection).begun_anew(now).model_copy(update=known))
    week = problem(first=NINE.date(), days=1, zone="UTC")
    focus = Plan(focus=(at(week, "2025-01-16T09:00", 120),))
    assert wired.plans.save(replace(greedy_record(PLAN_ID, now), problem=week, solution=unproven(week, focus)))

    def day() -> Sequence[ConnectedEvent]:
        return wired.calendars.open(connection).events(NINE, NINE + timedelta(hours=8))

    accepted = body_of("optimize_calendar.plan_accept")
    (asked,) = accepted["asked"]
    assert (accepted["applied"], asked["state"], day()) == (False, "waiting", [])
    (told,) = body_of("manage_notifications")["notifications"]
    assert told["text"].startswith(asked["rendered"])
    approve = recorded("http/manage_effects.approve")
    approve["rawPath"] = f"/api/v1/users/user123/effects/{asked['effect_id']}/approve"
    approve["body"] = json.dumps({"action_hash": asked["action_hash"]})
    assert json.loads(invoke("manage_effects", approve)["body"])["state"] == "queued"
    execute_everything(wired)
    (found,) = day()
    assert (found.event.title, found.event.start, found.event.end) == ("Focus time", NINE, NINE + timedelta(hours=2))
    assert body_of("manage_effects.undo")["undoing"] == [asked["effect_id"]]
    execute_everything(wired)
    assert day() == []
