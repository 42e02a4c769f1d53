"""Planning a team: shared meetings move for all, and nobody reads another's private titles."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from assistant.adapters.cp_sat_team import CpSatTeamSolver
from assistant.domain import metric_names
from assistant.domain.calendar.changes import ChangeType
from assistant.domain.calendar.plan import Plan
from assistant.domain.calendar.solution import Status, TeamSolution
from assistant.domain.calendar.team import Team, separate_plans
from assistant.domain.errors import Forbidden, InvalidRequest, Unavailable
from assistant.domain.users import Identity
from assistant.services import optimize_team as optimize_team_module
from assistant.services.optimize_team import TeamPorts, TeamRequest, TeamResponse, optimize_team
from tests.fakes.runtime import ManualClock, MemoryMeter

CALLER = Identity("ana", "request")
CONSTRAINTS = {"no_meetings_before": "09:00", "no_meetings_after": "12:00", "meeting_buffer_minutes": 0}


class BrokenSolver:
    """Implements ``ports.TeamSolver`` as one that is not installed."""

    def solve(self, team: Team, start: Mapping[str, Plan], *, seconds: float) -> TeamSolution:
        assert start.keys() == team.members.keys()
        raise Unavailable(f"not installed, and would not be in {seconds} s")


def event(event_id: str, title: str, start: str, end: str, *attendees: str, **more: Any) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "title": title,
        "start": f"2025-01-20T{start}",
        "end": f"2025-01-20T{end}",
        "attendees": [{"email": email} for email in attendees],
        "flexibility": "fixed",
    } | more


def member(user: str, *events: dict[str, Any], **more: Any) -> dict[str, Any]:
    address = f"{user}@company.com"
    return {"user_id": user, "address": address, "events": events, "constraints": CONSTRAINTS} | more


JOINT = event("joint", "Roadmap", "09:00", "10:00", "ben@company.com", flexibility="same_day", organizer_is_self=True)
CLIENT = event("client", "Client call", "09:00", "10:00", "client@x.com")
SECRET = event("secret", "Job interview", "10:00", "10:30", "rival@x.com", flexibility="same_day")
DOCTOR = event("doctor", "Doctor", "10:00", "10:30", "clinic@x.com")


def planned(
    *members: dict[str, Any], solver: Any = None, meter: MemoryMeter | None = None, clock: ManualClock | None = None
) -> TeamResponse:
    request = TeamRequest.model_validate(
        {
            "user_id": "ana",
            "date_range": {"start_date": "2025-01-20", "end_date": "2025-01-20"},
            "members": members or (member("ana", JOINT, CLIENT), member("ben", SECRET, DOCTOR)),
            "granularity_minutes": 30,
        }
    )
    ports = TeamPorts(solver or CpSatTeamSolver(), meter or MemoryMeter(), clock or ManualClock())
    return optimize_team(request, CALLER, seconds=20, ports=ports)


def test_the_separate_plans_are_made_in_the_time_of_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, given = ManualClock(), list[float]()

    def slow(team: Team) -> Mapping[str, Plan]:
        clock.advance(3)
        return separate_plans(team)

    class Noting(CpSatTeamSolver):
        def solve(self, team: Team, start: Mapping[str, Plan], *, seconds: float) -> TeamSolution:
            given.append(seconds)
            return super().solve(team, start, seconds=seconds)

    monkeypatch.setattr(optimize_team_module, "separate_plans", slow)
    planned(solver=Noting(), clock=clock)
    assert given == [7]


def test_a_shared_meeting_moves_to_one_time_on_all_calendars() -> None:
    meter = MemoryMeter()
    answer = planned(meter=meter)
    moves = {
        one.user_id: (change.new_start, change.title, change.shared)
        for one in answer.members
        for change in one.changes
        if change.event_ids == ("joint",)
    }
    (start, _, _), _ = moves["ana"], moves["ben"]
    assert start is not None
    assert moves == {"ana": (start, "Roadmap", True), "ben": (start, "Roadmap", True)}
    assert (answer.status, answer.conflicts_resolved) == (Status.OPTIMAL, 2)
    assert (answer.gap.conflicts, answer.gap.unmet, answer.gap.cost) == (0, 0, 0)
    assert answer.bounds == answer.score.after
    assert metric_names.CALENDAR_OPTIMIZATION in {name for name, *_ in meter.observations}


def test_of_the_others_only_busy_is_said() -> None:
    answer = planned()
    (private,) = (change for change in answer.members[1].changes if change.event_ids == ("secret",))
    assert (private.type, private.title, private.shared) == (ChangeType.RESCHEDULE, "busy", False)
    text = answer.model_dump_json()
    assert "Roadmap" in text
    assert "Job interview" not in text
    assert "Doctor" not in text


def test_an_unrelated_event_of_the_same_id_is_another_meeting() -> None:
    call = event("secret", "My call", "11:00", "11:30")
    answer = planned(member("ana", call), member("ben", SECRET, DOCTOR))
    (private,) = answer.members[1].changes
    assert (private.event_ids, private.title, private.shared) == (("secret",), "busy", False)
    assert answer.conflicts_resolved == 1


def test_a_shared_meeting_is_called_what_the_caller_calls_it() -> None:
    noted = JOINT | {"title": "Roadmap, and my notice", "organizer_is_self": False}
    text = planned(member("ana", JOINT, CLIENT), member("ben", noted, SECRET)).model_dump_json()
    assert "Roadmap" in text
    assert "my notice" not in text


def test_times_are_in_the_zone_of_each_member() -> None:
    evening = {"no_meetings_before": "09:00", "no_meetings_after": "20:00"}
    zoned = member("ben", timezone="Asia/Kolkata", constraints=CONSTRAINTS | evening)
    answer = planned(member("ana", JOINT, CLIENT), zoned)
    (ana,), (ben,) = (
        [change.new_start for change in one.changes if change.event_ids == ("joint",)] for one in answer.members
    )
    assert isinstance(ana, datetime)
    assert isinstance(ben, datetime)
    assert ana == ben
    assert ana.utcoffset() != ben.utcoffset()
    assert [one.timezone for one in answer.members] == ["UTC", "Asia/Kolkata"]


def test_without_the_solver_everybody_gets_a_plan_of_their_own() -> None:
    answer = planned(solver=BrokenSolver())
    assert (answer.status, answer.degraded, answer.bounds) == (Status.GREEDY, ("solver",), None)
    assert not any(change.shared for one in answer.members for change in one.changes)
    assert answer.conflicts_resolved == 1


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([member("ana"), member("ana", address="other@company.com")], "have the same user_id"),
        ([member("ana"), member("ben", address="ANA@company.com")], "have the same address"),
        ([member("ben"), member("eve")], "must include the user_id of the request"),
        ([member("ana")], "at least 2 items"),
        ([member("ana"), *(member(f"user{number}") for number in range(20))], "has more than 20 items"),
        (
            [member("ana"), member("ben", *(event(f"e{number}", "", "09:00", "10:00") for number in range(2001)))],
            "have more than 2000 events together",
        ),
    ],
)
def test_members_that_cannot_be_are_refused(members: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(ValidationError, match=words) as refused:
        planned(*members)
    assert refused.value.errors()[0]["loc"] == ("members",)


def test_a_members_broken_event_is_named_with_the_member() -> None:
    mixed = event("odd", "", "10:00", "09:30", timezone="UTC") | {"start": "2025-01-20T10:00Z"}
    with pytest.raises(InvalidRequest) as refused:
        planned(member("ana"), member("ben", mixed))
    assert refused.value.errors[0].field.startswith("members[1].")


def test_another_users_team_is_refused() -> None:
    request = TeamRequest.model_validate(
        {
            "user_id": "ben",
            "date_range": {"start_date": "2025-01-20", "end_date": "2025-01-20"},
            "members": [member("ana"), member("ben")],
        }
    )
    ports = TeamPorts(BrokenSolver(), MemoryMeter(), ManualClock())
    with pytest.raises(Forbidden):
        optimize_team(request, CALLER, seconds=5, ports=ports)
