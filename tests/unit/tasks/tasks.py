"""Tasks, calendars and plans for tests."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from assistant.domain.calendar.problem import Interval, Problem
from assistant.domain.calendar.reading import read_problem
from assistant.domain.calendar.request import CalendarEvent, Constraints, DateRange
from assistant.domain.calendar.wall_clock import minute_of
from assistant.domain.tasks.daily_plan import DailyPlan, PlanRules, plan_days
from assistant.domain.tasks.free_time import FreeTime, free_time
from assistant.domain.tasks.ranking import Ranked, rank
from assistant.domain.tasks.request import Goal, TaskFields
from assistant.domain.tasks.task import Frame, Task, read_task

# A Wednesday.
NOW = datetime(2025, 1, 15, 8, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
FRAME = Frame(NOW, BERLIN, time(17), 480)


def task(task_id: str, title: str = "Something", known: Sequence[Goal] = (), **fields: Any) -> Task:
    read, problems = read_task(task_id, TaskFields(title=title, **fields), FRAME, known)
    assert not problems
    assert read
    return read


def calendar(*events: Mapping[str, Any], days: int = 62, **constraints: Any) -> Problem:
    today = NOW.astimezone(BERLIN).date()
    return read_problem(
        [CalendarEvent.model_validate(event) for event in events],
        date_range=DateRange(start_date=today, end_date=today + timedelta(days=days - 1)),
        zone=BERLIN,
        constraints=Constraints.model_validate(constraints),
        now=NOW,
    )


def meeting(event_id: str, start: str, end: str) -> dict[str, Any]:
    return {"event_id": event_id, "start": start, "end": end, "attendees": [{"email": "ann@company.com"}]}


def free(*events: Mapping[str, Any], **constraints: Any) -> FreeTime:
    return free_time(calendar(*events, **constraints), NOW)


def ranked(*tasks: Task, time_left: FreeTime | None = None, priority: Sequence[str] = ()) -> tuple[Ranked, ...]:
    return rank(tasks, time_left or free(), BERLIN, priority)


def planned(
    tasks: Sequence[Task], *events: Mapping[str, Any], days: int = 5, buffer: int = 0, **rules: Any
) -> tuple[DailyPlan, FreeTime]:
    problem = calendar(*events, meeting_buffer_minutes=buffer)
    time_left = free_time(problem, NOW)
    whole = tuple(day.whole for day in problem.days if day.open)[:days]
    plan_rules = PlanRules(zone=BERLIN, grid=problem.grid, days=whole, **rules)
    return plan_days(rank(tasks, time_left, BERLIN, ()), time_left, plan_rules), time_left


def minute(at: str) -> int:
    return minute_of(datetime.fromisoformat(at), BERLIN)


def shown(at: Interval) -> str:
    start, end = (datetime.fromtimestamp(one * 60, BERLIN) for one in at)
    return f"{start:%d %H:%M}-{end:%H:%M}"


def blocks(plan: DailyPlan) -> list[tuple[str, str]]:
    return [(block.task_id, shown(block.at)) for block in plan.blocks]


_dues = st.one_of(
    st.none(),
    st.integers(-7_000, 80_000).map(lambda minutes: (NOW + timedelta(minutes=minutes)).isoformat()),
    st.sampled_from(["2025-01-15", "2025-01-16", "2025-01-17", "2025-01-20", "2025-01-21"]),
)
_titles = st.sampled_from(
    ["Review the budget", "Tidy the desk", "Write the report", "Call Ann, otherwise we lose the deal", "Something"]
)


@st.composite
def task_lists(draw: st.DrawFn, most: int = 12) -> list[Task]:
    """Tasks with every kind of field, each depending on earlier ones only."""
    made: list[Task] = []
    for number in range(draw(st.integers(1, most))):
        earlier = [one.id for one in made]
        made.append(
            task(
                f"t{number}",
                draw(_titles),
                due_date=draw(_dues),
                estimated_time=draw(st.none() | st.integers(5, 600).map(lambda minutes: f"{minutes} min")),
                depends_on=draw(st.lists(st.sampled_from(earlier), max_size=2)) if earlier else (),
                importance=draw(st.none() | st.integers(1, 10)),
                splittable=draw(st.booleans()),
            )
        )
    return draw(st.permutations(made))


@st.composite
def meetings(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Meetings of the first days, some at once."""
    starts = draw(st.lists(st.integers(0, 7 * 96 - 1), max_size=12))
    day = datetime(2025, 1, 15, tzinfo=BERLIN)
    made = []
    for number, quarter in enumerate(starts):
        start = day + timedelta(minutes=15 * quarter)
        end = start + timedelta(minutes=draw(st.integers(10, 180)))
        made.append(meeting(f"m{number}", start.isoformat(), end.isoformat()))
    return made
