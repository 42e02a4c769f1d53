"""Use case: plan a range of days with the fewest changes, and keep the plan.

The greedy plan is there at once and the solver starts from it, or from the plan that is kept of the same calendar; when
time is up the best plan so far is the answer, and a proof that none is better goes on as a job. A calendar asked about
again has the same plan, bettered where it can be; one proven best is the answer without a search. Wishes that no rule
understands are put to Claude before the search, by another function. With that down they are not understood; with the
solver down the greedy plan is the answer; with the preferences down their defaults hold; with the store or the queue
down the plan is answered but not kept, or not proven. ``degraded`` says which.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any, Final, Literal
from uuid import uuid4
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from assistant.domain import metric_names
from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.calendar.defaults import completed_with_wishes
from assistant.domain.calendar.greedy import greedy_plan
from assistant.domain.calendar.objective import score
from assistant.domain.calendar.occurrences import UnusableEvent
from assistant.domain.calendar.plan_record import (
    PlanRecord,
    ProofJob,
    ProofState,
    plan_id_of,
    proof_state,
    searched_on,
)
from assistant.domain.calendar.problem import Problem
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
from assistant.domain.calendar.rules import violations
from assistant.domain.calendar.solution import Solution, Status, WeekSolution
from assistant.domain.calendar.wishes.applying import WishConflict, apply_wishes
from assistant.domain.calendar.wishes.interpreting import LONGEST_SECONDS as LONGEST_FOR_WISHES
from assistant.domain.calendar.wishes.interpreting import WishesToInterpret
from assistant.domain.calendar.wishes.reading import UnderstoodWish, Wishes, WishesRead, read_wishes, sorted_out
from assistant.domain.errors import InvalidRequest, Unavailable
from assistant.domain.notices import Notice
from assistant.domain.preferences import Preferences, TimeZone
from assistant.domain.users import Identity, UserId
from assistant.ports.calendar import PlanSolver, PlanStore, ProofQueue, WishInterpreter
from assistant.ports.kept_calendar import KeptEvents
from assistant.ports.runtime import AuditTrail, Clock, Meter
from assistant.ports.users import PreferenceStore
from assistant.services.connected_calendars import CalendarRead, ConnectedCalendars, connected_calendars
from assistant.services.show_plan import PlanView, plan_view

LONGEST_SECONDS: Final = 20.0
# Where something was slow already, the time is the search's: no kept plan is looked for, and this is another one.
_PROMPT_SECONDS: Final = 1.0
_LISTS: Final = ("no_meetings_days", "working_days")

_NO_CALENDAR: Final = (
    Notice(field="events", detail="are none: send some, or a file, or connect a calendar; the days count as empty"),
)

Degraded = Literal["preferences", "claude", "solver", "plan_store", "proof_queue"]


class OptimizeRequest(BaseModel):
    """The days to plan, what is in them, and what the user wants of them."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    user_id: UserId
    date_range: DateRange
    constraints: Constraints = Constraints()
    """What is left out comes from the user's preferences."""
    timezone: TimeZone | None = None
    """The user's zone; by default that of the preferences."""
    events: CalendarEvents | None = None
    """Where there are neither events nor a file, those of the connected calendars."""
    ics: str | None = Field(default=None, max_length=5_000_000)
    """An iCalendar file (RFC 5545), beside the events; the body itself where its type is text/calendar."""
    own_address: Address | None = None
    """The user's own in the file: tells what they declined, and what they organize for colleagues, which may move."""
    tasks: FocusTasks = ()
    attendee_availability: Availability = Field(default_factory=dict)
    """By address."""
    wishes: Wishes = ()
    """What the user wants, in words of English, Spanish, French or German; the constraints rule over them."""
    granularity_minutes: Granularity = 15
    now: Instant | None = None
    """Nothing before it changes; by default everything may."""
    time_limit_seconds: Annotated[Number, Field(ge=0.1, le=LONGEST_SECONDS)] = 2.0
    """How long the solver may look, as far as the time of the request allows; it stops once nothing is better."""


class OptimizeResponse(PlanView):
    """The plan as it is at its address, with what became of the wishes, and what was missing."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    understood: tuple[UnderstoodWish, ...] = ()
    """Wishes that became constraints, said back for confirmation."""
    not_understood: tuple[str, ...] = ()
    """Wishes that changed nothing; with claude among ``degraded`` another try may understand them."""
    wish_conflicts: tuple[WishConflict, ...] = ()
    """Wishes that contradict what holds."""
    calendars: tuple[CalendarRead, ...] = ()
    """The connected calendars whose events were planned."""
    warnings: tuple[Notice, ...] = ()
    """What to know about the request: nothing was sent to plan, and no calendar is connected."""
    processing_time_ms: float
    degraded: tuple[Degraded, ...] = ()
    """What was missing because a dependency was down."""


@dataclass(frozen=True, slots=True)
class OptimizePorts:
    """The ports optimizing needs; what interprets wishes is made when the first wish wants it."""

    preferences: PreferenceStore
    kept: KeptEvents
    interpreter: Callable[[], WishInterpreter]
    solver: PlanSolver
    plans: PlanStore
    proofs: ProofQueue
    audit: AuditTrail
    meter: Meter
    clock: Clock


def request_from_file(text: str, query: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the request an iCalendar file is sent as: all but the file are query parameters, lists with commas.

    ``wishes`` is one wish, which may hold several in its sentences: a comma in it divides nothing.
    """
    days = {name: query[name] for name in ("start_date", "end_date") if name in query}
    wanted = {name: value for name, value in query.items() if name in Constraints.model_fields}
    given = {name: value for name, value in query.items() if name not in days.keys() | wanted.keys()}
    lists = {name: [part.strip() for part in wanted[name].split(",")] for name in _LISTS if name in wanted}
    grid = given.pop("granularity_minutes", None)
    # A query has text only, and the grid is one of some numbers.
    numbers = {"granularity_minutes": int(grid) if grid.isdecimal() else grid} if grid else {}
    wishes = {"wishes": [given.pop("wishes")]} if "wishes" in given else {}
    return {**given, **numbers, **wishes, "date_range": days, "constraints": wanted | lists, "ics": text}


def optimize_calendar(
    request: OptimizeRequest, caller: Identity, *, seconds: float, ports: OptimizePorts
) -> OptimizeResponse:
    """Return the best plan found in the request's time limit and within ``seconds``, and keep it for 30 days.

    Raises:
        Forbidden: the calendar is another user's.
        InvalidRequest: an event, the hours or the file cannot be used; names the field.
        Unavailable: the connected calendars cannot be read, or were not yet.
    """
    started = ports.clock.monotonic()
    caller.must_be(request.user_id)
    preferences, missing = _preferences(request.user_id, ports)
    zone = ZoneInfo(request.timezone or preferences.working_hours.timezone)
    connected = _connected(request, zone, ports.kept)
    if connected.events:
        request = request.model_copy(update={"events": connected.events})
    wishes, unheard = _understood(request, caller, seconds - (ports.clock.monotonic() - started), ports)
    missing += unheard
    days_off = preferences.meeting_preferences.no_meetings_days
    applied = apply_wishes(request.constraints, wishes, preferred_days=days_off)
    constraints, conflicts = completed_with_wishes(request.constraints, applied, wishes.understood, preferences)
    problem = _problem(request, constraints, zone)
    plan_id, earlier = uuid4().hex, None
    if ports.clock.monotonic() - started < _PROMPT_SECONDS:
        with suppress(Unavailable):
            plan_id, earlier = _kept_before(request.user_id, problem, constraints, ports.plans)
    left = seconds - (ports.clock.monotonic() - started)
    solution = _solved(problem, earlier, min(request.time_limit_seconds, left), ports.solver)
    if solution.status is Status.GREEDY:
        missing = (*missing, "solver")
    if earlier:
        # A job that is under way goes on from what it finds kept; what one could not prove, another will not.
        after = ProofState.QUEUED if earlier.proof is ProofState.NOT_QUEUED else earlier.proof
        record = searched_on(earlier, solution, after)
    else:
        record = PlanRecord(
            user_id=request.user_id,
            plan_id=plan_id,
            created_at=ports.clock.now(),
            revision=1,
            constraints=constraints,
            problem=problem,
            solution=solution,
            proof=proof_state(solution, ProofState.QUEUED),
        )
    kept, not_kept = _keep(record, earlier, caller, ports)
    view = plan_view(kept, kept="plan_store" not in not_kept)
    missing = (*missing, *not_kept)
    elapsed = ports.clock.monotonic() - started
    _report(view, missing, caller, elapsed, ports)
    return OptimizeResponse(
        **dict(view),
        understood=wishes.understood,
        not_understood=wishes.not_understood,
        wish_conflicts=conflicts,
        calendars=connected.read,
        warnings=() if connected.read or request.events is not None or request.ics is not None else _NO_CALENDAR,
        processing_time_ms=round(elapsed * 1000, 1),
        degraded=missing,
    )


def _preferences(user_id: str, ports: OptimizePorts) -> tuple[Preferences, tuple[Degraded, ...]]:
    try:
        return ports.preferences.read(user_id).preferences, ()
    except Unavailable:
        return Preferences(), ("preferences",)


def _understood(
    request: OptimizeRequest, caller: Identity, seconds: float, ports: OptimizePorts
) -> tuple[WishesRead, tuple[Degraded, ...]]:
    """Return what is understood of the wishes; Claude is asked only where the search keeps at least as long."""
    read = read_wishes(request.wishes)
    if not read.not_understood:
        return read, ()
    if seconds < 2 * LONGEST_FOR_WISHES:
        return read, ("claude",)
    asked = WishesToInterpret(
        user_id=request.user_id,
        request_id=caller.request_id,
        wishes=read.not_understood,
        answer_by=ports.clock.now() + timedelta(seconds=LONGEST_FOR_WISHES),
    )
    try:
        heard = ports.interpreter().interpret(asked)
    except Unavailable:
        return read, ("claude",)
    return sorted_out(request.wishes, (*read.understood, *heard.understood)), heard.degraded


def _connected(request: OptimizeRequest, zone: ZoneInfo, kept: KeptEvents) -> ConnectedCalendars:
    """Return what is kept of the connected calendars; nothing where the request brings events of its own."""
    if request.events is not None or request.ics is not None:
        return ConnectedCalendars()
    return connected_calendars(request.user_id, request.date_range, zone, kept)


def _problem(request: OptimizeRequest, constraints: Constraints, zone: ZoneInfo) -> Problem:
    events = given = request.events or ()
    if request.ics is not None:
        events = (*given, *_from_file(request.ics, request, zone))
    try:
        return read_problem(
            events,
            date_range=request.date_range,
            zone=zone,
            constraints=constraints,
            tasks=request.tasks,
            availability=request.attendee_availability,
            grid=request.granularity_minutes,
            now=request.now,
        )
    except UnusableEvent as error:
        if error.index < len(given):
            raise
        raise _unusable_in_file(events[error.index], error) from None


def _from_file(ics: str, request: OptimizeRequest, zone: ZoneInfo) -> tuple[CalendarEvent, ...]:
    # Only who sends a file waits for what reads it.
    from assistant.domain.calendar.ics import read_ics  # noqa: PLC0415

    return read_ics(ics, request.date_range, zone, address=request.own_address)


def _unusable_in_file(event: CalendarEvent, error: UnusableEvent) -> InvalidRequest:
    from assistant.domain.calendar.ics import unusable_in_file  # noqa: PLC0415 - as above

    return unusable_in_file(event, error.field, error.problem)


def _kept_before(
    user_id: str, problem: Problem, constraints: Constraints, plans: PlanStore
) -> tuple[str, PlanRecord | None]:
    """Return the id of this calendar's plan, and the plan unless what is allowed or costs has changed since."""
    plan_id = plan_id_of(problem, constraints)
    kept = plans.find(user_id, plan_id)
    if kept is None or violations(problem, kept.solution.plan):
        return plan_id, None
    return plan_id, kept if score(problem, kept.solution.plan) == kept.solution.score else None


def _solved(problem: Problem, earlier: PlanRecord | None, seconds: float, solver: PlanSolver) -> WeekSolution:
    if earlier and earlier.proof is ProofState.PROVEN:
        return earlier.solution
    start = greedy_plan(problem)
    if earlier and earlier.solution.score < score(problem, start):
        start = earlier.solution.plan
    try:
        return solver.solve(problem, start, seconds=seconds)
    except Unavailable:
        return Solution(start, Status.GREEDY, score(problem, start), bounds=None, seconds=0.0)


def _keep(
    record: PlanRecord, earlier: PlanRecord | None, caller: Identity, ports: OptimizePorts
) -> tuple[PlanRecord, tuple[Degraded, ...]]:
    """Keep the plan, then queue the wish for its proof: a job finds the plan it is about.

    A plan that a job may be writing is replaced by a better one only.
    """
    if record == earlier:
        return record, ()
    unproven = replace(record, proof=proof_state(record.solution, ProofState.NOT_QUEUED))
    job_may_write = earlier is not None and earlier.proof is not ProofState.NOT_QUEUED
    try:
        if not (ports.plans.improve if job_may_write else ports.plans.save)(record):
            return (earlier, ()) if earlier and job_may_write else (unproven, ("plan_store",))
    except Unavailable:
        return unproven, ("plan_store",)
    if job_may_write or record.proof is ProofState.PROVEN:
        return record, ()
    job = ProofJob(
        user_id=record.user_id, plan_id=record.plan_id, request_id=caller.request_id, requested_at=record.created_at
    )
    try:
        ports.proofs.send(job)
    except Unavailable:
        with suppress(Unavailable):
            ports.plans.save(unproven)
        return unproven, ("proof_queue",)
    return record, ()


def _report(
    view: PlanView, missing: Sequence[Degraded], caller: Identity, seconds: float, ports: OptimizePorts
) -> None:
    ports.meter.observe(metric_names.CALENDAR_OPTIMIZATION, seconds)
    for what in missing:
        ports.meter.count(metric_names.DEGRADED, missing=what)
    counts = Counter(suggestion.type.value for suggestion in view.suggestions)
    now = ports.clock.now()
    ports.audit.record(audit_event(AuditAction.CALENDAR_OPTIMIZED, caller, now, counts=counts, subject_id=view.plan_id))
