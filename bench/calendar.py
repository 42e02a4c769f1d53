"""Speed and quality of the calendar optimizer, through the handler and with stores in memory.

Time is that of one core: the solver uses no more. The weeks are not those its parameters were chosen on. Whether a plan
is allowed, and what it scores, is what the domain says of the plan as it was kept.
"""

import io
import json
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.calendar.objective import Score, do_nothing, score
from assistant.domain.calendar.plan_record import PlanRecord
from assistant.domain.calendar.rules import violations
from assistant.wiring import deps
from bench.plot import plot_scale
from bench.report import Figure, share, summarize
from bench.triage import in_memory
from bench.weeks import make_week
from functions.optimize_calendar.handler import lambda_handler
from tests.fakes.stores import MemoryPlans, MemoryProofs
from tests.fakes.wired import Context

_EVENT = Path(__file__).resolve().parents[1] / "events/http/optimize_calendar.json"
_CURVE = (10, 20, 30, 50, 80, 100)
_CURVE_WEEKS = 5
_TWO_WEEKS_FROM = 80
_SHORT = 1.0
_SEED = 9_000

LONG = 10.0
"""Seconds a search may take where its proof is wanted."""


@dataclass(frozen=True, slots=True)
class Size:
    """So many weeks of so many events, and the most seconds aimed at: for the 95th percentile, and for the median."""

    events: int
    weeks: int
    seconds: float
    median_seconds: float | None = None

    def requests(self) -> list[dict[str, Any]]:
        """Return the bodies of the requests."""
        return [make_week(_SEED + number, self.events) for number in range(self.weeks)]


# Through the front door, proofs that are left go on in the background: the size that leaves most of them comes last.
SIZES = (Size(25, 40, 0.3), Size(60, 30, 4.0), Size(40, 60, 2.0, 0.25))
# The size whose plans are also looked for under the short limit.
_HURRIED = 40


@dataclass(frozen=True, slots=True)
class _Answer:
    seconds: float
    """Of one core."""
    score: Score
    proven: bool
    valid: bool
    not_worse: bool
    """Than doing nothing."""


class _LongRunning(Context):
    """A Lambda context with time for the longest search."""

    def get_remaining_time_in_millis(self) -> int:
        """Return a minute."""
        return 60_000


def measure_calendar(picture: Path) -> Iterator[Figure]:
    """Yield speed by size, quality under a limit of one second and validity; draw time against events into a PNG.

    Raises:
        AssertionError: the handler does not answer 200.

    """
    hurried: Sequence[_Answer] = ()
    answers: dict[int, Sequence[_Answer]] = {}
    with in_memory(deps):
        vars(deps).update(plans=MemoryPlans(deps.clock), proofs=MemoryProofs())
        deps.primed_plan_solver()
        _ask(make_week(_SEED, 10), _SHORT)
        for size in SIZES:
            requests = size.requests()
            answers[size.events] = [_ask(request, LONG) for request in requests]
            yield from _speed(size, answers[size.events])
            if size.events == _HURRIED:
                hurried = [_ask(request, _SHORT) for request in requests]
                yield from _quality(hurried, answers[size.events])
        for events in _CURVE:
            answers[events] = _curve_point(events)
            name = f"calendar: {events} events{' in 2 weeks' if events >= _TWO_WEEKS_FROM else ''}, handler"
            yield summarize(name, "s", [one.seconds for one in answers[events]])
    every = [*hurried, *(one for some in answers.values() for one in some)]
    yield share("calendar: valid", [one.valid for one in every], at_least=100)
    yield share("calendar: never worse than doing nothing", [one.not_worse for one in every], at_least=100)
    across = f"events (from {_TWO_WEEKS_FROM} on in two weeks)"
    plot_scale(dict(sorted(answers.items())), picture, across=across, limit=LONG)


def planning_event(request: Mapping[str, Any], *, limit: float) -> Mapping[str, Any]:
    """Return the event that asks the function for a plan found in ``limit`` seconds."""
    event: Mapping[str, Any] = json.loads(_EVENT.read_text())
    return {**event, "body": json.dumps({**request, "time_limit_seconds": limit})}


def _curve_point(events: int) -> Sequence[_Answer]:
    weeks = 2 if events >= _TWO_WEEKS_FROM else 1
    return [_ask(make_week(_SEED + 100 + number, events, weeks), LONG) for number in range(_CURVE_WEEKS)]


def _ask(request: Mapping[str, Any], limit: float) -> _Answer:
    event = dict(planning_event(request, limit=limit))
    with redirect_stdout(io.StringIO()):
        started = time.process_time()
        answer = lambda_handler(event, cast("LambdaContext", _LongRunning()))
        spent = time.process_time() - started
    if answer["statusCode"] != 200:
        raise AssertionError(answer["body"])
    found = json.loads(answer["body"])
    kept = deps.plans.find(request["user_id"], found["plan_id"])
    assert kept
    return _checked(found, kept, spent)


def _checked(found: Mapping[str, Any], kept: PlanRecord, seconds: float) -> _Answer:
    """Hold what was answered against the domain's own reckoning."""
    problem, plan = kept.problem, kept.solution.plan
    reached = score(problem, plan)
    answered = Score(**found["score"]["after"])
    return _Answer(
        seconds,
        answered,
        proven=found["proof"]["status"] == "optimal",
        valid=not violations(problem, plan) and answered == reached,
        not_worse=reached <= score(problem, do_nothing(problem)),
    )


def _speed(size: Size, answers: Sequence[_Answer]) -> Iterator[Figure]:
    name = f"calendar: {size.events} events"
    speed = summarize(f"{name}, handler", "s", [one.seconds for one in answers], target=size.seconds)
    yield speed
    if size.median_seconds:
        yield Figure(f"{name}, handler, median", "s", speed.median, speed.median, speed.samples, size.median_seconds)
    yield share(f"{name}, proven in {LONG:g} s", [one.proven for one in answers])


def _quality(short: Sequence[_Answer], long: Sequence[_Answer]) -> Iterator[Figure]:
    """Compare the answers under a limit of a second with those known to be best."""
    pairs = [(one.score, best.score) for one, best in zip(short, long, strict=True) if best.proven]
    same = [one.tiers[:2] == best.tiers[:2] for one, best in pairs]
    excess = [
        100 * (one.cost - best.cost) / max(1, best.cost)
        for (one, best), equal in zip(pairs, same, strict=True)
        if equal
    ]
    mean = statistics.mean(excess)
    name = f"calendar: {_HURRIED} events in {_SHORT:g} s"
    yield share(f"{name}, upper tiers optimal", same, at_least=99)
    yield Figure(f"{name}, mean excess cost", "%", mean, mean, len(excess), 0.5)
