"""Speed and quality of planning a team together, in the solver: time is that of one core, which is all it uses."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from assistant.adapters.cp_sat import CpSatSolver
from assistant.adapters.cp_sat_team import CpSatTeamSolver
from assistant.domain.calendar.objective import do_nothing
from assistant.domain.calendar.plan import Plan
from assistant.domain.calendar.reading import read_problem
from assistant.domain.calendar.request import CalendarEvent, Constraints, DateRange
from assistant.domain.calendar.rules import violations
from assistant.domain.calendar.solution import Solution, Status
from assistant.domain.calendar.team import Team, complete_calendars, separate_plans, team_of, team_score, torn
from bench.plot import plot_scale
from bench.report import Figure, share, summarize

# Members and the meetings they share, each with two or three of them; every member has four events more.
SIZES = ((1, 0), (2, 15), (5, 35), (10, 75), (15, 110), (20, 150))
OWN_EVENTS = 4
SECONDS = 20.0
DOUBLE_BOOKED = 0.12
SEEDS = range(100, 105)
_TRIES = 40
_DAYS = DateRange.model_validate({"start_date": "2025-01-20", "end_date": "2025-01-24"})
_CONSTRAINTS = Constraints.model_validate(
    {
        "focus_time_hours": 2,
        "no_meetings_before": "09:00",
        "no_meetings_after": "17:00",
        "meeting_buffer_minutes": 15,
        "max_meetings_per_day": 6,
    }
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What planning one team took, and what came of it."""

    seconds: float
    """Of one core."""
    proven: bool
    gap: float
    """How much better the first open tier might be, in percent of what it costs; 0 where none is open."""
    valid: bool
    not_worse: bool
    """Than doing nothing."""


class _Calendars:
    """Makes events at times at which, mostly, all of their people are free."""

    def __init__(self, seed: int, members: int) -> None:
        self._random = random.Random(seed)
        self.people = [f"member{number}@company.com" for number in range(members)]
        self._taken: dict[str, list[tuple[int, int]]] = {person: [] for person in self.people}
        self.events: dict[str, list[CalendarEvent]] = {person: [] for person in self.people}

    def add(self, name: str, people: Sequence[str], others: Sequence[str], flexibilities: Sequence[str]) -> None:
        """Put a meeting on the calendars of ``people``; the first organizes it."""
        day, start, end = self._time(people)
        times = {
            "start": _clock(day, start),
            "end": _clock(day, end),
            "flexibility": self._random.choice(flexibilities),
        }
        for person in people:
            attendees = [{"email": one} for one in (*people, *others) if one != person]
            mine = {"event_id": name, "attendees": attendees, "organizer_is_self": person == people[0]}
            self.events[person].append(CalendarEvent.model_validate(times | mine))

    def some(self) -> Sequence[str]:
        """Return two or three members."""
        return self._random.sample(self.people, min(len(self.people), self._random.choice((2, 2, 2, 3))))

    def _time(self, people: Sequence[str]) -> tuple[int, int, int]:
        for _ in range(_TRIES):
            day, start = self._random.randrange(20, 25), 9 * 60 + 15 * self._random.randrange(28)
            end = start + self._random.choice((30, 30, 45, 60, 60, 90))
            at = (day * 1440 + start, day * 1440 + end)
            taken = any(at[0] < other[1] and other[0] < at[1] for person in people for other in self._taken[person])
            if not taken or self._random.random() < DOUBLE_BOOKED:
                break
        for person in people:
            self._taken[person].append(at)
        return day, start, end


def make_team(seed: int, members: int, meetings: int) -> Team:
    """Return a team with so many shared meetings, about one in eight double-booked, half of them movable."""
    calendars = _Calendars(seed, members)
    for number in range(meetings):
        movable = ("same_day", "same_week", "anywhere", "fixed", "fixed", "fixed")
        calendars.add(f"shared{number}", calendars.some(), (), movable)
    for person in calendars.people:
        for number in range(OWN_EVENTS):
            calendars.add(f"{person}-{number}", [person], ["client@customer.com"], ("same_day", "fixed"))
    return team_of(
        {
            person: read_problem(events, date_range=_DAYS, zone=ZoneInfo("Europe/Berlin"), constraints=_CONSTRAINTS)
            for person, events in complete_calendars(calendars.events).items()
        }
    )


def measure_team(picture: Path) -> Iterator[Figure]:
    """Yield time, proofs and the largest open gap by size, and validity; draw time against members into a PNG."""
    CpSatSolver().prime()
    measured = {}
    for members, meetings in SIZES:
        runs = measured[members] = [_measure(make_team(seed, members, meetings)) for seed in SEEDS]
        name = f"team of {members}"
        yield summarize(f"{name}, {meetings} shared meetings", "s", [one.seconds for one in runs])
        yield share(f"{name}, proven in {SECONDS:g} s", [one.proven for one in runs])
        gap = max(one.gap for one in runs)
        yield Figure(f"{name}, largest open gap", "%", gap, gap, len(runs))
    every = [one for runs in measured.values() for one in runs]
    yield share("team: valid", [one.valid for one in every], at_least=100)
    yield share("team: never worse than doing nothing", [one.not_worse for one in every], at_least=100)
    across = f"members (about 7.5 shared meetings and {OWN_EVENTS} other events each; one alone shares none)"
    plot_scale(measured, picture, across=across, limit=SECONDS)


def open_gap[Planned](solution: Solution[Planned]) -> float:
    """Return by how many percent the first tier that is not proven may still fall; 100 where nothing is known."""
    for reached, gap in zip(solution.score.tiers, solution.gaps, strict=True):
        if gap is None:
            return 100.0
        if gap:
            return 100 * gap / reached
    return 0.0


def _measure(team: Team) -> Measured:
    started = time.process_time()
    solution = CpSatTeamSolver().solve(team, separate_plans(team), seconds=SECONDS)
    spent = time.process_time() - started
    nothing = {user: do_nothing(problem) for user, problem in team.members.items()}
    return Measured(
        spent,
        proven=solution.status is Status.OPTIMAL,
        gap=open_gap(solution),
        valid=_allowed(team, solution.plan),
        not_worse=team_score(team, solution.plan) <= team_score(team, nothing),
    )


def _allowed(team: Team, plans: Mapping[str, Plan]) -> bool:
    broken = any(violations(problem, plans[user]) for user, problem in team.members.items())
    return not broken and not torn(team, plans)


def _clock(day: int, minute: int) -> str:
    return f"2025-01-{day:02}T{minute // 60:02}:{minute % 60:02}"
