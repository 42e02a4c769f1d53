"""Use case: plan several people's calendars together, so that a shared meeting moves once and suits all of them.

The caller is one of the members. Of the others' calendars the answer names what moves and when, which whoever sent them
knows, and titles only of meetings the caller is in: everything else is "busy".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from assistant.domain import metric_names
from assistant.domain.bounds import at_most
from assistant.domain.calendar.changes import Change, ChangeType, changes
from assistant.domain.calendar.defaults import completed
from assistant.domain.calendar.metrics import metrics
from assistant.domain.calendar.objective import do_nothing
from assistant.domain.calendar.plan import Plan
from assistant.domain.calendar.problem import Interval
from assistant.domain.calendar.reading import read_problem
from assistant.domain.calendar.request import (
    Address,
    Availability,
    CalendarEvent,
    CalendarEvents,
    Constraints,
    DateRange,
    FocusTasks,
    Granularity,
    Instant,
    Number,
)
from assistant.domain.calendar.solution import Solution, Status, TeamSolution
from assistant.domain.calendar.suggestions import Tiers
from assistant.domain.calendar.team import Team, complete_calendars, separate_plans, team_of, team_score
from assistant.domain.errors import FieldError, InvalidRequest, Unavailable
from assistant.domain.preferences import Preferences, TimeZone
from assistant.domain.users import Identity, UserId
from assistant.ports.calendar import TeamSolver
from assistant.ports.runtime import Clock, Meter
from assistant.services.show_plan import BeforeAndAfter, Gaps

MOST_MEMBERS: Final = 20
MOST_EVENTS: Final = 2_000
LONGEST_SECONDS: Final = 20.0
BUSY: Final = "busy"

# What the caller calls the meetings on their calendar.
type _Titles = Mapping[tuple[str, Interval], str]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class TeamMember(_Part):
    """One person's calendar and rules."""

    user_id: UserId
    address: Address
    """As attendee of the others' events."""
    timezone: TimeZone = "UTC"
    constraints: Constraints = Constraints()
    """What is left out is as for a user without stored preferences."""
    events: CalendarEvents = ()
    """An event with the same id at the same time in two calendars is one meeting."""
    tasks: FocusTasks = ()


class TeamRequest(_Part):
    """The days to plan, and everybody's calendar."""

    user_id: UserId
    """The caller, who has to be a member."""
    members: Annotated[tuple[TeamMember, ...], BeforeValidator(at_most(MOST_MEMBERS)), Field(min_length=2)]
    date_range: DateRange
    attendee_availability: Availability = Field(default_factory=dict)
    """Of people who are no members, by address."""
    granularity_minutes: Granularity = 15
    now: Instant | None = None
    """Nothing before it changes; by default everything may."""
    time_limit_seconds: Annotated[Number, Field(ge=0.1, le=LONGEST_SECONDS)] = 10.0

    @field_validator("members")
    @classmethod
    def _one_calendar_each(cls, members: tuple[TeamMember, ...], info: ValidationInfo) -> tuple[TeamMember, ...]:
        for kind in ("user_id", "address"):
            if len({getattr(member, kind) for member in members}) < len(members):
                raise ValueError(f"have the same {kind}")
        if info.data.get("user_id", members[0].user_id) not in {member.user_id for member in members}:
            raise ValueError("must include the user_id of the request")
        if sum(len(member.events) for member in members) > MOST_EVENTS:
            raise ValueError(f"have more than {MOST_EVENTS} events together")
        return members


class TeamChange(BaseModel):
    """A change to one member's calendar; ``title`` is "busy" where the caller is not in the meeting."""

    type: ChangeType
    event_ids: tuple[str, ...]
    task_id: str | None
    title: str
    shared: bool
    new_start: AwareDatetime | None
    new_end: AwareDatetime | None


class MemberPlan(BaseModel):
    """What becomes of one member's calendar; times are in the member's zone."""

    user_id: str
    timezone: str
    changes: tuple[TeamChange, ...]
    conflicts: BeforeAndAfter[int]
    protected_focus_minutes: BeforeAndAfter[int]


class TeamResponse(BaseModel):
    """A plan for each member; a shared meeting moves to the same time in all of them."""

    user_id: str
    members: tuple[MemberPlan, ...]
    conflicts_resolved: int
    status: Status
    score: BeforeAndAfter[Tiers]
    bounds: Tiers | None = Field(description="No allowed plans score lower, all members taken together")
    gap: Gaps
    processing_time_ms: float
    degraded: tuple[Literal["solver"], ...] = ()


@dataclass(frozen=True, slots=True)
class TeamPorts:
    """The ports planning a team needs."""

    solver: TeamSolver
    meter: Meter
    clock: Clock


def optimize_team(request: TeamRequest, caller: Identity, *, seconds: float, ports: TeamPorts) -> TeamResponse:
    """Return the best plans found in the request's time limit and within ``seconds``.

    Raises:
        Forbidden: the caller is another user.
        InvalidRequest: a member's events or hours cannot be used; names the field.
    """
    started = ports.clock.monotonic()
    caller.must_be(request.user_id)
    team = _team(request)
    before = {user: do_nothing(problem) for user, problem in team.members.items()}
    spent = ports.clock.monotonic() - started
    solution = _solved(team, min(request.time_limit_seconds, seconds - spent), ports)
    own = {(event.id, event.at): event.title for event in team.members[request.user_id].events}
    members = tuple(_member_plan(team, user, before[user], solution.plan[user], own=own) for user in team.members)
    conflicts, open_wishes, cost = solution.gaps
    first = team_score(team, before)
    elapsed = ports.clock.monotonic() - started
    ports.meter.observe(metric_names.CALENDAR_OPTIMIZATION, elapsed)
    return TeamResponse(
        user_id=request.user_id,
        members=members,
        conflicts_resolved=max(0, first.conflicts - solution.score.conflicts),
        status=solution.status,
        score=BeforeAndAfter(before=Tiers.of(first), after=Tiers.of(solution.score)),
        bounds=Tiers.of(solution.bounds) if solution.bounds else None,
        gap=Gaps(conflicts=conflicts, unmet=open_wishes, cost=cost),
        processing_time_ms=round(elapsed * 1000, 1),
        degraded=("solver",) if solution.status is Status.GREEDY else (),
    )


def _team(request: TeamRequest) -> Team:
    addresses = {member.address for member in request.members}
    others = {name: known for name, known in request.attendee_availability.items() if name not in addresses}
    calendars = complete_calendars({member.address: _placed_in_zone(member) for member in request.members})
    problems = {}
    for index, member in enumerate(request.members):
        try:
            problems[member.user_id] = read_problem(
                calendars[member.address],
                date_range=request.date_range,
                zone=ZoneInfo(member.timezone),
                constraints=completed(member.constraints, Preferences()),
                tasks=member.tasks,
                availability=others,
                grid=request.granularity_minutes,
                now=request.now,
            )
        except InvalidRequest as error:
            broken = tuple(FieldError(f"members[{index}].{one.field}", one.detail) for one in error.errors)
            raise InvalidRequest(error.detail, errors=broken) from None
    return team_of(problems)


def _placed_in_zone(member: TeamMember) -> list[CalendarEvent]:
    """Return the events with the zone their times are in, so that they mean the same on another calendar."""
    return [event.model_copy(update={"timezone": event.timezone or member.timezone}) for event in member.events]


def _solved(team: Team, seconds: float, ports: TeamPorts) -> TeamSolution:
    """Return the best plans found within ``seconds``, of which the greedy ones take their part."""
    started = ports.clock.monotonic()
    start = separate_plans(team)
    try:
        return ports.solver.solve(team, start, seconds=seconds - (ports.clock.monotonic() - started))
    except Unavailable:
        return Solution(start, Status.GREEDY, team_score(team, start), bounds=None, seconds=0.0)


def _member_plan(team: Team, user: str, before: Plan, after: Plan, *, own: _Titles) -> MemberPlan:
    problem = team.members[user]
    earlier, later = metrics(problem, before), metrics(problem, after)
    return MemberPlan(
        user_id=user,
        timezone=problem.zone.key,
        changes=tuple(_team_change(team, user, change, own=own) for change in changes(problem, after)),
        conflicts=BeforeAndAfter(before=earlier.conflicts, after=later.conflicts),
        protected_focus_minutes=BeforeAndAfter(
            before=earlier.protected_focus_minutes, after=later.protected_focus_minutes
        ),
    )


def _team_change(team: Team, user: str, change: Change, *, own: _Titles) -> TeamChange:
    problem = team.members[user]
    times = {event.id: event.at for event in problem.events}
    return TeamChange(
        type=change.type,
        event_ids=change.events,
        task_id=change.task,
        title=", ".join(own.get((name, times[name]), BUSY) for name in change.events),
        shared=any(user in team.shared.get(name, ()) for name in change.events),
        new_start=problem.local(change.at.start) if change.at else None,
        new_end=problem.local(change.at.end) if change.at else None,
    )
