"""Use case: plan a range of days with the fewest changes, and keep the plan.

The greedy plan is there at once and the solver starts from it, or from the plan that is kept of the same calendar; when
time is up the best plan so far is the answer, and a proof that none is better goes on as a job. A calendar asked about
again has the same plan, bettered where it can be; one proven best is the answer without a search. Wishes that no rule
understands are put to Claude before the search, by another function. With that down they are not understood; with the
solver down the greedy plan is the answer; with the preferences down their defaults hold; with the store or the queue
down the plan is answered but not kept, or not proven. ``degraded`` says which.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from uuid import uuid4
from zoneinfo import ZoneInfo

from pydantic import ConfigDict

from assistant.domain import metric_names
from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.calendar.defaults import completed_with_wishes
from assistant.domain.calendar.greedy import greedy_plan
from assistant.domain.calendar.objective import score
from assistant.domain.calendar.plan_record import (
    PlanRecord,
    ProofState,
    asked_again,
    plan_id_of,
    proof_state,
    searched_on,
)
from assistant.domain.calendar.problem import Problem
from assistant.domain.calendar.request import (
    Constraints,
)
from assistant.domain.calendar.rules import violations
from assistant.domain.calendar.solution import Solution, Status, WeekSolution
from assistant.domain.calendar.wishes.applying import WishConflict, apply_wishes
from assistant.domain.calendar.wishes.interpreting import LONGEST_SECONDS as LONGEST_FOR_WISHES
from assistant.domain.calendar.wishes.interpreting import WishesToInterpret
from assistant.domain.calendar.wishes.reading import UnderstoodWish, WishesRead, read_wishes, sorted_out
from assistant.domain.errors import Unavailable
from assistant.domain.notices import Notice
from assistant.domain.preferences import Preferences
from assistant.domain.users import Identity
from assistant.ports.calendar import PlanSolver, PlanStore, ProofQueue, WishInterpreter
from assistant.ports.kept_calendar import KeptEvents
from assistant.ports.runtime import AuditTrail, Clock, Meter
from assistant.ports.users import PreferenceStore
from assistant.services.connected_calendars import CalendarRead, ConnectedCalendars, connected_calendars
from assistant.services.keep_plan import keep_plan
from assistant.services.read_preferences import preferences_unless_down
from assistant.services.show_plan import PlanView, plan_view
from assistant.services.week_request import OptimizeRequest, read_week

# Where something was slow already, the time is the search's: no kept plan is looked for, and this is another one.
_PROMPT_SECONDS: Final = 1.0
_QUARTER: Final = 15 * 60

_NO_CALENDAR: Final = (
    Notice(field="events", detail="are none: send some, or a file, or connect a calendar; the days count as empty"),
)

Degraded = Literal["preferences", "claude", "solver", "plan_store", "proof_queue"]


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


@dataclass(frozen=True, slots=True)
class _Week:
    """What is to be planned, and what became of the wishes about it."""

    problem: Problem
    constraints: Constraints
    wishes: WishesRead
    conflicts: tuple[WishConflict, ...]
    calendars: tuple[CalendarRead, ...]
    missing: tuple[Degraded, ...]


@dataclass(frozen=True, slots=True)
class _Before:
    """The id of this calendar's plan, and the kept one, unless what is allowed or costs has changed since."""

    plan_id: str
    plan: PlanRecord | None = None
    outdated: bool = False


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
    week = _read(request, caller, seconds, ports)
    prompt = ports.clock.monotonic() - started < _PROMPT_SECONDS
    before = _kept_before(request.user_id, week, ports.plans) if prompt else _Before(uuid4().hex)
    earlier = before.plan
    left = seconds - (ports.clock.monotonic() - started)
    solution = _solved(week.problem, earlier, min(request.time_limit_seconds, left), ports)
    again = earlier and asked_again(earlier, ports.clock.now())
    record = _searched(again, solution) if again else _new(request.user_id, before, week, solution, ports.clock)
    kept, not_kept = keep_plan(
        record, earlier, caller, outdated=before.outdated, plans=ports.plans, proofs=ports.proofs
    )
    view = plan_view(kept, kept="plan_store" not in not_kept)
    unsolved: tuple[Degraded, ...] = ("solver",) if solution.status is Status.GREEDY else ()
    missing = (*week.missing, *unsolved, *not_kept)
    elapsed = ports.clock.monotonic() - started
    _report(view, missing, caller, elapsed, ports)
    return OptimizeResponse(
        **dict(view),
        understood=week.wishes.understood,
        not_understood=week.wishes.not_understood,
        wish_conflicts=week.conflicts,
        calendars=week.calendars,
        warnings=() if week.calendars or request.brings_events else _NO_CALENDAR,
        processing_time_ms=round(elapsed * 1000, 1),
        degraded=missing,
    )


def _read(request: OptimizeRequest, caller: Identity, seconds: float, ports: OptimizePorts) -> _Week:
    """Return what is to be planned, with what preferences, connected calendars and wishes make of the request."""
    started = ports.clock.monotonic()
    preferred = preferences_unless_down(request.user_id, ports.preferences)
    missing: tuple[Degraded, ...] = () if preferred else ("preferences",)
    preferences = preferred or Preferences()
    zone = ZoneInfo(request.timezone or preferences.working_hours.timezone)
    connected = _connected(request, zone, ports.kept)
    if connected.read:
        # What has begun stays: a real calendar has a today, whether or not the request says so.
        now = request.now or _next_quarter(ports.clock.now())
        request = request.model_copy(update={"events": connected.events, "now": now})
    wishes, unheard = _understood(request, caller, seconds - (ports.clock.monotonic() - started), ports)
    days_off = preferences.meeting_preferences.no_meetings_days
    applied = apply_wishes(request.constraints, wishes, preferred_days=days_off)
    constraints, conflicts = completed_with_wishes(request.constraints, applied, wishes.understood, preferences)
    problem = read_week(request, constraints, zone)
    return _Week(problem, constraints, wishes, conflicts, connected.read, (*missing, *unheard))


def _next_quarter(now: datetime) -> datetime:
    """Return the next quarter of an hour: asked again within it, the calendar is the same."""
    return datetime.fromtimestamp(-(-now.timestamp() // _QUARTER) * _QUARTER, UTC)


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
    if request.brings_events:
        return ConnectedCalendars()
    return connected_calendars(request.user_id, request.date_range, zone, kept)


def _kept_before(user_id: str, week: _Week, plans: PlanStore) -> _Before:
    plan_id = plan_id_of(week.problem, week.constraints)
    try:
        kept = plans.find(user_id, plan_id)
    except Unavailable:
        return _Before(uuid4().hex)
    if kept is None:
        return _Before(plan_id)
    plan = kept.solution.plan
    holds = not violations(week.problem, plan) and score(week.problem, plan) == kept.solution.score
    return _Before(plan_id, kept if holds else None, outdated=not holds)


def _searched(earlier: PlanRecord, solution: WeekSolution) -> PlanRecord:
    # A job that is under way goes on from what it finds kept; what one could not prove, another will not.
    after = ProofState.QUEUED if earlier.proof is ProofState.NOT_QUEUED else earlier.proof
    record = searched_on(earlier, solution, after)
    return record if record.rank < earlier.rank else replace(earlier, proof=after)


def _new(user_id: str, before: _Before, week: _Week, solution: WeekSolution, clock: Clock) -> PlanRecord:
    return PlanRecord(
        user_id=user_id,
        plan_id=before.plan_id,
        created_at=clock.now(),
        revision=1,
        constraints=week.constraints,
        problem=week.problem,
        solution=solution,
        proof=proof_state(solution, ProofState.QUEUED),
    )


def _solved(problem: Problem, earlier: PlanRecord | None, seconds: float, ports: OptimizePorts) -> WeekSolution:
    """Return the best plan found within ``seconds``, of which the greedy one takes its part."""
    started = ports.clock.monotonic()
    if earlier and earlier.proof is ProofState.PROVEN:
        return earlier.solution
    start = greedy_plan(problem)
    if earlier and earlier.solution.score < score(problem, start):
        start = earlier.solution.plan
    try:
        return ports.solver.solve(problem, start, seconds=seconds - (ports.clock.monotonic() - started))
    except Unavailable:
        return Solution(start, Status.GREEDY, score(problem, start), bounds=None, seconds=0.0)


def _report(
    view: PlanView, missing: Sequence[Degraded], caller: Identity, seconds: float, ports: OptimizePorts
) -> None:
    ports.meter.observe(metric_names.CALENDAR_OPTIMIZATION, seconds)
    for what in missing:
        ports.meter.count(metric_names.DEGRADED, missing=what)
    counts = Counter(suggestion.type.value for suggestion in view.suggestions)
    now = ports.clock.now()
    ports.audit.record(audit_event(AuditAction.CALENDAR_OPTIMIZED, caller, now, counts=counts, subject_id=view.plan_id))
