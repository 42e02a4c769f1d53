"""Run the bench: ``python -m bench [--save]``; ``--save`` makes these figures the baseline."""

import argparse
import asyncio
from pathlib import Path

from bench.calendar import measure_calendar
from bench.claude import measure_claude
from bench.cold_start import measure_cold_starts
from bench.front_door import measure_front_door
from bench.mails import make_mails
from bench.plot import plot
from bench.report import calibrate, render, save
from bench.stack import running_assistant
from bench.triage import measure_batches, measure_decisions

_REPOSITORY = Path(__file__).resolve().parents[1]


def main() -> None:
    """Measure, print the table, draw reports/bench.png and reports/calendar-scale.png."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--save", action="store_true", help="make these figures the baseline")
    chosen = arguments.parse_args()
    mails = make_mails(1000)
    figures = [calibrate(), measure_decisions(mails), measure_batches(mails[:100])]
    figures += measure_claude(mails)
    print("planning weeks of 10 to 100 events", flush=True)
    figures += measure_calendar(_REPOSITORY / "reports/calendar-scale.png")
    print("starting the local assistant for cold starts and throughput", flush=True)
    with running_assistant(_REPOSITORY / ".bench") as assistant:
        figures += measure_cold_starts(assistant.environments())
        figures += asyncio.run(measure_front_door(assistant, mails[1]))
    print(render(figures))
    picture = _REPOSITORY / "reports/bench.png"
    plot(figures, picture)
    print(f"drawn: {picture.relative_to(_REPOSITORY)}")
    if chosen.save:
        save(figures)


if __name__ == "__main__":
    main()
