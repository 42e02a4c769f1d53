"""Speed and quality of the calendar optimizer, through the handler and with stores in memory.

Time is that of one core: the solver uses no more. Weeks are generated afresh for each size.
"""

import io
import json
import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import matplotlib as mpl
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.wiring import deps
from bench.report import Figure, summarize
from bench.triage import in_memory
from bench.weeks import make_week
from functions.optimize_calendar.handler import lambda_handler
from tests.fakes.stores import MemoryPlans, MemoryProofs
from tests.fakes.wired import Context

mpl.use("Agg")
import matplotlib.pyplot as plt

_EVENT = Path(__file__).resolve().parents[1] / "events/http/optimize_calendar.json"
# Events, weeks of them measured, seconds aimed at for the 95th percentile.
_TARGETS = ((25, 20, 0.3), (40, 20, 2.0), (60, 10, 4.0))
_CURVE = (10, 20, 30, 50, 80, 100)
_CURVE_WEEKS = 5
_TWO_WEEKS_FROM = 80
_LONG, _SHORT = 10.0, 1.0
_SEED = 9_000


@dataclass(frozen=True, slots=True)
class _Answer:
    seconds: float
    """Of one core."""
    score: tuple[int, int, int]
    proven: bool


class _LongRunning(Context):
    """A Lambda context with time for the longest search."""

    def get_remaining_time_in_millis(self) -> int:
        """Return a minute."""
        return 60_000


def measure_calendar(picture: Path) -> list[Figure]:
    """Measure sizes with a target, quality under a limit of one second, and draw time against events into a PNG."""
    with in_memory(deps):
        vars(deps).update(plans=MemoryPlans(deps.clock), proofs=MemoryProofs())
        deps.primed_plan_solver()
        _ask(make_week(_SEED, 10), _SHORT)
        figures, answers = [], {}
        for events, weeks, target in _TARGETS:
            requests = [make_week(_SEED + number, events) for number in range(weeks)]
            answers[events] = [_ask(request, _LONG) for request in requests]
            figures += _speed(events, answers[events], target)
            if events == 40:
                figures += _quality([_ask(request, _SHORT) for request in requests], answers[events])
        curve = {events: answers.get(events) or _curve_point(events) for events in sorted({*_CURVE, *answers})}
    _draw(curve, picture)
    return figures


def _curve_point(events: int) -> Sequence[_Answer]:
    weeks = 2 if events >= _TWO_WEEKS_FROM else 1
    return [_ask(make_week(_SEED + 100 + number, events, weeks), _LONG) for number in range(_CURVE_WEEKS)]


def _ask(request: Mapping[str, Any], limit: float) -> _Answer:
    body = json.dumps({**request, "time_limit_seconds": limit})
    event = json.loads(_EVENT.read_text()) | {"body": body}
    with redirect_stdout(io.StringIO()):
        started = time.process_time()
        answer = lambda_handler(event, cast("LambdaContext", _LongRunning()))
        spent = time.process_time() - started
    if answer["statusCode"] != 200:
        raise AssertionError(answer["body"])
    found = json.loads(answer["body"])
    reached = found["score"]["after"]
    tiers = (reached["conflicts"], reached["unmet"], reached["cost"])
    return _Answer(spent, tiers, found["proof"]["status"] == "optimal")


def _speed(events: int, answers: Sequence[_Answer], target: float) -> list[Figure]:
    name = f"calendar: {events} events, handler, one core"
    proven = 100 * sum(answer.proven for answer in answers) / len(answers)
    return [
        summarize(name, "s", [answer.seconds for answer in answers], target=target),
        Figure(f"calendar: {events} events, proven in {_LONG:g} s", "%", proven, proven, len(answers)),
    ]


def _quality(short: Sequence[_Answer], long: Sequence[_Answer]) -> list[Figure]:
    """Compare the answers under a limit of a second with those known to be best."""
    pairs = [(one, best) for one, best in zip(short, long, strict=True) if best.proven]
    same = [(one, best) for one, best in pairs if one.score[:2] == best.score[:2]]
    upper = 100 * len(same) / len(pairs)
    excess = 100 * statistics.mean((one.score[2] - best.score[2]) / max(1, best.score[2]) for one, best in same)
    return [
        Figure("calendar: 40 events in 1 s, upper tiers optimal", "%", upper, upper, len(pairs)),
        Figure("calendar: 40 events in 1 s, mean excess cost", "%", excess, excess, len(same)),
    ]


def _draw(curve: Mapping[int, Sequence[_Answer]], path: Path) -> None:
    """Draw each week as a dot, proven or not, and the median of each size as a line."""
    chart, axes = plt.subplots(figsize=(8, 4.2))
    for proven, colour, label in ((True, "#4878a8", "proven optimal"), (False, "#b04030", f"cut at {_LONG:g} s")):
        dots = [(events, one.seconds) for events, some in curve.items() for one in some if one.proven is proven]
        if dots:
            sizes, seconds = zip(*dots, strict=True)
            axes.scatter(sizes, seconds, s=16, color=colour, alpha=0.6, label=label)
    medians = [statistics.median(one.seconds for one in answers) for answers in curve.values()]
    axes.plot(list(curve), medians, color="#4878a8", label="median")
    axes.set_yscale("log")
    axes.set_xlabel(f"events (from {_TWO_WEEKS_FROM} on in two weeks)")
    axes.set_ylabel("seconds of one core")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    chart.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    chart.savefig(path, dpi=140)
    plt.close(chart)
