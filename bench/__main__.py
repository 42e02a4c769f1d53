"""Run the bench, or some parts of it: ``python -m bench [PART ...] [--save]``."""

import argparse
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from bench.calendar import measure_calendar
from bench.claude import measure_claude
from bench.cold_start import measure_cold_starts
from bench.front_door import measure_planning, measure_triage
from bench.mailbox import measure_backfill
from bench.mails import make_mails
from bench.meetings import measure_meetings
from bench.memory import measure_memory
from bench.plot import plot
from bench.report import HEADER, Figure, Part, calibrate, load_baseline, row, save
from bench.sizes import measure_sizes
from bench.stack import Assistant, running_assistant
from bench.tasks import measure_tasks
from bench.team import measure_team
from bench.triage import measure_batches, measure_decisions
from bench.webhooks import measure_webhooks

_REPOSITORY = Path(__file__).resolve().parents[1]
_REPORTS = _REPOSITORY / "reports"
_PICTURE = _REPOSITORY / "docs" / "images" / "bench.png"

type Running = Callable[[], Assistant]
"""Starts the local assistant when first called."""


def main() -> None:
    """Measure part by part, print each figure as it comes, draw reports/bench.png, and the baseline that is saved."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all unless told")
    parser.add_argument("--save", action="store_true", help="make the parts measured now the baseline")
    chosen = parser.parse_args()
    if unknown := set(chosen.parts) - PARTS.keys():
        parser.error(f"no part is called {', '.join(sorted(unknown))}: there are {', '.join(PARTS)}")
    print(HEADER)
    measured: list[Figure] = []
    with ExitStack() as stack:
        running = cache(lambda: stack.enter_context(running_assistant(_REPOSITORY / ".bench")))
        for name in chosen.parts or PARTS:
            part = _measure(name, running)
            measured += part.figures
            if chosen.save:
                save(name, part)
    plot(measured, _REPORTS / "bench.png")
    if chosen.save:
        saved = load_baseline()
        plot([figure for name in PARTS if name in saved for figure in saved[name].figures], _PICTURE)


def _triage(_: Running) -> Iterator[Figure]:
    mails = make_mails(1000)
    yield measure_decisions(mails)
    yield measure_batches(mails[:100])


def _front_door(running: Running) -> Iterator[Figure]:
    yield from measure_triage(running(), make_mails(2)[1])
    yield from measure_planning(running())


PARTS: Mapping[str, Callable[[Running], Iterable[Figure]]] = {
    "triage": _triage,
    "claude": lambda _: measure_claude(make_mails(1000)),
    "calendar": lambda _: measure_calendar(_REPORTS / "calendar-scale.png"),
    "team": lambda _: measure_team(_REPORTS / "calendar-team.png"),
    "meetings": lambda _: (measure_meetings(),),
    "tasks": lambda _: (measure_tasks(),),
    "memory": lambda _: measure_memory(),
    "mailbox": lambda _: measure_backfill(),
    "webhooks": lambda _: measure_webhooks(),
    "sizes": lambda _: measure_sizes(),
    "cold_start": lambda running: measure_cold_starts(running().environments()),
    "front_door": _front_door,
}


def _measure(name: str, running: Running) -> Part:
    print(f"\n{name} ...", flush=True)
    calibration, before, figures = calibrate(), load_baseline().get(name), []
    started = time.monotonic()
    for figure in PARTS[name](running):
        print(row(figure, calibration, before), flush=True)
        figures.append(figure)
    part = Part(calibration, time.monotonic() - started, tuple(figures))
    print(f"{name}: {part.seconds:.0f} s" + (f", {before.seconds:.0f} in the baseline" if before else ""), flush=True)
    return part


if __name__ == "__main__":
    main()
