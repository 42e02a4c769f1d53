"""Measure planning a team together: ``python -m bench.team`` draws reports/calendar-team.png."""

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import matplotlib as mpl

from assistant.adapters.cp_sat_team import CpSatTeamSolver
from assistant.domain.calendar.reading import read_problem
from assistant.domain.calendar.request import CalendarEvent, Constraints, DateRange
from assistant.domain.calendar.solution import Status
from assistant.domain.calendar.team import Team, complete_calendars, separate_plans, team_of

mpl.use("Agg")
import matplotlib.pyplot as plt

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
    """What planning one team took in CPU seconds; ``gap`` is that of the first open tier, 0 where nothing is open."""

    members: int
    meetings: int
    seconds: float
    proven: bool
    gap: int


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


def measure(seed: int, members: int, meetings: int) -> Measured:
    """Plan one team."""
    team = make_team(seed, members, meetings)
    started = time.process_time()
    solution = CpSatTeamSolver().solve(team, separate_plans(team), seconds=SECONDS)
    gap = next((gap for gap in solution.gaps if gap), 0)
    return Measured(members, meetings, time.process_time() - started, solution.status is Status.OPTIMAL, gap)


def draw(measured: Mapping[int, Sequence[Measured]], path: Path) -> None:
    """Write a PNG: seconds until proven best over the number of members; hollow where time ran out."""
    chart, axes = plt.subplots(figsize=(8, 4))
    runs = [one for some in measured.values() for one in some]
    for proven, colour in ((True, "#2f6fb5"), (False, "white")):
        chosen = [one for one in runs if one.proven is proven]
        axes.scatter(
            [one.members for one in chosen], [one.seconds for one in chosen], c=colour, edgecolors="#2f6fb5", zorder=3
        )
    axes.set_yscale("log")
    axes.set_xticks([members for members, _ in SIZES])
    axes.set_xlabel("members (about 7.5 shared meetings and 4 other events each; one alone shares none)")
    axes.set_ylabel("CPU seconds, one worker")
    axes.set_title("Planning a team together: filled = proven best, hollow = best found in 20 s", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    chart.savefig(path, dpi=120, bbox_inches="tight")
    plt.close(chart)


def main() -> None:
    """Measure every size with fresh seeds, print each run, draw the curve."""
    measured = {members: [measure(seed, members, meetings) for seed in SEEDS] for members, meetings in SIZES}
    for members, runs in measured.items():
        seconds = sorted(one.seconds for one in runs)
        proven = sum(one.proven for one in runs)
        gaps = [one.gap for one in runs if not one.proven]
        print(
            f"{members:>3} members {runs[0].meetings:>4} meetings: proven {proven}/{len(runs)}, median "
            f"{seconds[len(seconds) // 2]:.2f} s, longest {seconds[-1]:.2f} s, open gaps {gaps}"
        )
    path = Path("reports/calendar-team.png")
    draw(measured, path)
    print(f"drawn: {path}")


def _clock(day: int, minute: int) -> str:
    return f"2025-01-{day:02}T{minute // 60:02}:{minute % 60:02}"


if __name__ == "__main__":
    main()
