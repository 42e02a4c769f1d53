"""Use case: rank a user's tasks in the Eisenhower matrix and plan them into the free time of the coming days.

The core ranks, plans and recommends; with a key Claude looks the tasks over within limits (``second_opinion``). What it
cannot answer in time stays as the core left it. With the preferences down their defaults hold, with the kept tasks down
those of the mails are ranked, without the connected calendars all working time is free; ``degraded`` says so.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, ConfigDict, Field

from assistant.domain import metric_names
from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.bounds import at_most
from assistant.domain.calendar.defaults import completed
from assistant.domain.calendar.focus_time import open_to_tasks
from assistant.domain.calendar.problem import Day, Problem
from assistant.domain.calendar.reading import read_problem
from assistant.domain.calendar.request import (
    MOST_DAYS,
    Address,
    CalendarEvents,
    Constraints,
    DateRange,
    Granularity,
    Instant,
    TimeWindow,
    Whole,
)
from assistant.domain.calendar.wall_clock import hours_of
from assistant.domain.errors import FieldError, InvalidRequest, Unavailable
from assistant.domain.notices import Notice
from assistant.domain.preferences import Preferences, TimeZone
from assistant.domain.received_mail import MailInput, mail_of
from assistant.domain.tasks.answer import (
    DailyPlanView,
    EisenhowerMatrix,
    PrioritizedTask,
    shown_plan,
    shown_tasks,
)
from assistant.domain.tasks.daily_plan import DailyPlan, PlanRules, plan_days
from assistant.domain.tasks.dependencies import broken_dependencies
from assistant.domain.tasks.free_time import FreeTime, free_time
from assistant.domain.tasks.kept import TaskChanges
from assistant.domain.tasks.ranking import Ranked, matrix, ordered, rank
from assistant.domain.tasks.recommendations import recommendations
from assistant.domain.tasks.request import MOST_MAILS, Goals, TaskInput, TaskInputs, TaskPart
from assistant.domain.tasks.second_opinion import (
    TasksAnswer,
    adjusted_tasks,
    sound_recommendations,
    task_facts,
    tasks_prompt,
)
from assistant.domain.tasks.task import Frame, Task, read_task, require_readable
from assistant.domain.users import Identity, UserId
from assistant.ports.kept_calendar import KeptEvents
from assistant.ports.runtime import AuditTrail, Clock, Meter
from assistant.ports.tasks import TaskStore
from assistant.ports.users import PreferenceStore
from assistant.services.ask_claude import LONGEST, ClaudePorts, Question, ask_all
from assistant.services.connected_calendars import CalendarRead, ConnectedCalendars, connected_calendars
from assistant.services.keep_tasks import active_tasks
from assistant.services.mined_tasks import mined_tasks
from assistant.services.read_preferences import preferences_unless_down

_MOST_OWN: Final = 20
_LONGEST_PLAN: Final = 14
_LAST_YEAR: Final = 2197

Degraded = Literal["preferences", "tasks", "calendars", "claude"]


class PrioritizeRequest(TaskPart):
    """Tasks to rank, and what is known of the user's time and goals."""

    user_id: UserId
    # The router writes each request out for its debug log, read or not: what is long stays out of that.
    tasks: TaskInputs | None = Field(default=None, repr=False)
    """Left out, the kept tasks that are open or in progress, the 1,000 oldest where there are more."""
    emails: Annotated[tuple[MailInput, ...], BeforeValidator(at_most(MOST_MAILS))] = Field(default=(), repr=False)
    """Mails whose requests and promises become tasks too."""
    own_addresses: Annotated[tuple[Address, ...], BeforeValidator(at_most(_MOST_OWN))] = ()
    """The user's own in the mails: tells what they wrote themselves."""
    goals: Goals = ()
    timezone: TimeZone | None = None
    """The user's zone; by default that of the preferences."""
    now: Instant | None = None
    """The time to judge at; by default the current one."""
    events: CalendarEvents | None = Field(default=None, repr=False)
    """The user's calendar: tasks are planned around it; left out, what the connected ones hold."""
    constraints: Constraints = Constraints()
    """Working hours and days, buffer; what is left out comes from the user's preferences."""
    peak_hours: TimeWindow | None = None
    """When the user works best; by default those of the preferences."""
    plan_days: Whole = Field(default=5, ge=1, le=_LONGEST_PLAN)
    """How many working days to plan, today included."""
    longest_block_minutes: Whole = Field(default=120, ge=15, le=480)
    """Longer work is broken into pieces."""
    granularity_minutes: Granularity = 15


class PrioritizeResponse(TaskPart):
    """Tasks in rank, the matrix, what to do, and when."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    user_id: str
    prioritized_tasks: tuple[PrioritizedTask, ...]
    eisenhower_matrix: EisenhowerMatrix
    recommendations: tuple[str, ...]
    daily_plan: DailyPlanView
    decided_by: Literal["core", "claude"] = "core"
    """Who wrote the recommendations."""
    calendars: tuple[CalendarRead, ...] = ()
    """The connected calendars the tasks were planned around."""
    processing_time_ms: float
    degraded: tuple[Degraded, ...] = ()
    """What was missing because a dependency was down."""
    warnings: tuple[Notice, ...] = ()
    """What to know about the request: of more kept tasks than can be ranked, the newest are not."""


@dataclass(frozen=True, slots=True)
class PrioritizePorts:
    """The ports prioritizing needs; those of Claude are made when there are tasks to ask about, None without it."""

    preferences: PreferenceStore
    tasks: TaskStore
    kept: KeptEvents
    audit: AuditTrail
    meter: Meter
    clock: Clock
    claude: Callable[[], ClaudePorts | None]


@dataclass(frozen=True, slots=True)
class _Setting:
    """What the request and the preferences make of time: the calendar ahead, and its free time."""

    now: datetime
    zone: ZoneInfo
    problem: Problem
    free: FreeTime
    frame: Frame
    preferences: Preferences
    calendars: ConnectedCalendars | None
    """None where they cannot be read."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Ranked tasks with their plan; ``sentences`` are Claude's recommendations, none where the core's stand."""

    ranked: tuple[Ranked, ...]
    plan: DailyPlan
    sentences: tuple[str, ...] = ()


def prioritize_tasks(
    request: PrioritizeRequest, caller: Identity, *, ports: PrioritizePorts, seconds: float = LONGEST
) -> PrioritizeResponse:
    """Return the tasks ranked, with their reasons, and a plan of the coming working days.

    Claude may look them over for ``seconds``, counted from now.

    Raises:
        Forbidden: the tasks are another user's.
        InvalidRequest: a date, an estimate or a dependency cannot be read, or dependencies make a cycle.
        Unavailable: the kept tasks are asked for, and the store is down.
    """
    started = ports.clock.monotonic()
    caller.must_be(request.user_id)
    preferred = preferences_unless_down(request.user_id, ports.preferences)
    setting = _setting(request, preferred or Preferences(), ports)
    given, warnings = _kept(request, ports.tasks) if request.tasks is None else (request.tasks, ())
    require_readable(broken_dependencies([(task.id, task.depends_on) for task in given or ()], closed=frozenset()))
    tasks = (*_given(given or (), request, setting), *_mined(request, setting))
    senders = setting.preferences.email_rules.priority_senders
    days = tuple(islice((day for day in setting.problem.days if day.open), request.plan_days))
    rules = _rules(request, setting, days)
    core = _outcome(rank(tasks, setting.free, setting.zone, senders), setting, rules)
    found, missed = _second_opinion(core, request.user_id, setting, rules, until=started + seconds, ports=ports)
    counts = {quadrant.value: len(ids) for quadrant, ids in matrix(found.ranked).items()}
    ports.audit.record(audit_event(AuditAction.TASKS_PRIORITIZED, caller, ports.clock.now(), counts=counts))
    missing: Mapping[Degraded, bool] = {
        "preferences": preferred is None,
        "tasks": given is None,
        "calendars": setting.calendars is None,
        "claude": missed,
    }
    elapsed = ports.clock.monotonic() - started
    degraded = tuple(what for what, is_missing in missing.items() if is_missing)
    _measure(elapsed, degraded, ports.meter)
    return _response(request.user_id, found, days, setting, seconds=elapsed, degraded=degraded, warnings=warnings)


def _response(
    user_id: str,
    found: _Outcome,
    days: Sequence[Day],
    setting: _Setting,
    *,
    seconds: float,
    degraded: tuple[Degraded, ...],
    warnings: tuple[Notice, ...],
) -> PrioritizeResponse:
    ranked, plan, free, zone, now = found.ranked, found.plan, setting.free, setting.zone, setting.now
    quadrants = {quadrant.value: ids for quadrant, ids in matrix(ranked).items()}
    delegate_to = setting.preferences.email_rules.delegate_to
    return PrioritizeResponse(
        user_id=user_id,
        prioritized_tasks=shown_tasks(ranked, free, now, zone, delegate_to=delegate_to),
        eisenhower_matrix=EisenhowerMatrix(**quadrants),
        recommendations=found.sentences or recommendations(ranked, plan, now, zone),
        daily_plan=shown_plan(plan, ranked, days, free, zone),
        decided_by="claude" if found.sentences else "core",
        calendars=setting.calendars.read if setting.calendars else (),
        processing_time_ms=round(1000 * seconds, 1),
        degraded=degraded,
        warnings=warnings,
    )


def _setting(request: PrioritizeRequest, preferences: Preferences, ports: PrioritizePorts) -> _Setting:
    zone = ZoneInfo(request.timezone or preferences.working_hours.timezone)
    given = request.now or ports.clock.now()
    now = (given.replace(tzinfo=zone) if given.tzinfo is None else given).astimezone(UTC)
    constraints = completed(request.constraints, preferences)
    today = now.astimezone(zone).date()
    if today.year > _LAST_YEAR:
        detail = f"must not be after the year {_LAST_YEAR}"
        raise InvalidRequest("There is no calendar that far ahead.", errors=(FieldError("now", detail),))
    days = DateRange(start_date=today, end_date=today + timedelta(days=MOST_DAYS - 1))
    calendars = _calendars(request, days, zone, ports.kept)
    events = request.events or (calendars.events if calendars else ())
    problem = read_problem(
        tuple(map(open_to_tasks, events)),
        date_range=days,
        zone=zone,
        constraints=constraints,
        grid=request.granularity_minutes,
        now=now,
    )
    free = free_time(problem, now)
    hours = constraints.working_hours or preferences.working_hours
    return _Setting(now, zone, problem, free, Frame(now, zone, hours.end, free.workday), preferences, calendars)


def _calendars(
    request: PrioritizeRequest, days: DateRange, zone: ZoneInfo, kept: KeptEvents
) -> ConnectedCalendars | None:
    """Return the connected calendars; none where the request brings its own events, None where they are down."""
    if request.events is not None:
        return ConnectedCalendars()
    try:
        return connected_calendars(request.user_id, days, zone, kept)
    except Unavailable:
        return None


def _kept(request: PrioritizeRequest, tasks: TaskStore) -> tuple[tuple[TaskInput, ...] | None, tuple[Notice, ...]]:
    """Return the kept tasks, and whether they are not all; None: mails must do.

    What they wait for that is closed, gone or not among them holds nobody up.

    Raises:
        Unavailable: the store is down, and there are no mails to find tasks in.
    """
    try:
        kept, more = active_tasks(request.user_id, tasks)
    except Unavailable:
        if request.emails:
            return None, ()
        raise
    active = {task.task_id for task in kept}
    goals = {goal.id for goal in request.goals}
    given = tuple(
        TaskInput(
            id=task.task_id,
            **{name: getattr(task, name) for name in TaskChanges.model_fields}
            | {
                "depends_on": tuple(name for name in task.depends_on if name in active),
                "goals": tuple(name for name in task.goals if name in goals),
            },
        )
        for task in kept
    )
    oldest = f"are the {len(kept)} oldest of the kept tasks; close some, or send those that matter, to rank the others"
    return given, (Notice(field="tasks", detail=oldest),) if more else ()


def _given(given: Sequence[TaskInput], request: PrioritizeRequest, setting: _Setting) -> tuple[Task, ...]:
    """Return the tasks that are not closed; raises InvalidRequest naming each field that cannot be read."""
    tasks: list[Task] = []
    problems: list[FieldError] = []
    for index, one in enumerate(given):
        task, broken = read_task(one.id, one, setting.frame, request.goals)
        problems += (FieldError(f"tasks[{index}].{problem.field}", problem.detail) for problem in broken)
        if task and not one.status.closed:
            tasks.append(task)
    require_readable(problems)
    return tuple(tasks)


def _mined(request: PrioritizeRequest, setting: _Setting) -> Iterator[Task]:
    """Yield what the mails ask of the user, unless a task has its id already."""
    taken = {task.id for task in request.tasks or ()}
    mails = map(mail_of, request.emails)
    for task_id, fields, commitment in mined_tasks(mails, frozenset(request.own_addresses), setting.zone):
        task, _ = read_task(task_id, fields, setting.frame, request.goals, source=commitment.source)
        if task and task_id not in taken:
            yield task


def _outcome(
    ranked: tuple[Ranked, ...], setting: _Setting, rules: PlanRules, answer: TasksAnswer | None = None
) -> _Outcome:
    """Return what becomes of ranked tasks, with what Claude may say of them as they are then."""
    moved = ordered(adjusted_tasks(ranked, answer)) if answer and answer.adjustments else ranked
    plan = plan_days(moved, setting.free, rules)
    if answer is None:
        return _Outcome(moved, plan)
    facts = task_facts(moved, plan, setting.now, setting.zone)
    return _Outcome(moved, plan, sound_recommendations(answer, ranked, facts))


def _second_opinion(
    core: _Outcome, user_id: str, setting: _Setting, rules: PlanRules, *, until: float, ports: PrioritizePorts
) -> tuple[_Outcome, bool]:
    """Return the outcome with Claude's part, or the core's; and whether Claude was wanted and could not be asked."""
    claude = ports.claude() if core.ranked else None
    if claude is None or not claude.llm.configured():
        return core, False
    prompt = tasks_prompt(core.ranked, core.plan, setting.now, setting.zone)
    question = Question(prompt, partial(_outcome, core.ranked, setting, rules))
    seconds = until - ports.clock.monotonic()
    answers = ask_all([question], user_id=user_id, seconds=seconds, ports=claude)
    return answers.results[0] or core, bool(answers.missed)


def _rules(request: PrioritizeRequest, setting: _Setting, days: Sequence[Day]) -> PlanRules:
    peak = request.peak_hours or setting.preferences.peak_hours
    return PlanRules(
        zone=setting.zone,
        grid=request.granularity_minutes,
        days=tuple(day.whole for day in days),
        peak=tuple(hours_of(day.date, peak.start, peak.end, setting.zone) for day in days) if peak else (),
        longest=max(request.longest_block_minutes, request.granularity_minutes),
        delegate_to=setting.preferences.email_rules.delegate_to,
    )


def _measure(seconds: float, degraded: Sequence[Degraded], meter: Meter) -> None:
    meter.observe(metric_names.TASK_PRIORITIZATION, seconds)
    for what in degraded:
        meter.count(metric_names.DEGRADED, missing=what)
