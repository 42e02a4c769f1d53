"""The bench table, its comparison with the saved baseline, and the plot."""

import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

BASELINE = Path(__file__).with_name("baseline.json")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure: median and 95th percentile in ``unit``, number of samples; ``target`` bounds the p95."""

    name: str
    unit: str
    median: float
    p95: float
    samples: int
    target: float | None = None


def summarize(name: str, unit: str, samples: Sequence[float], *, target: float | None = None) -> Figure:
    """Return the figure of the samples; needs at least two."""
    p95 = statistics.quantiles(samples, n=20, method="inclusive")[-1]
    return Figure(name, unit, statistics.median(samples), p95, len(samples), target)


def calibrate() -> Figure:
    """Time a fixed pure-Python loop, so that baselines of machines of different speed can be compared."""
    samples = []
    for _ in range(15):
        started = time.perf_counter()
        sum(number * number % 7 for number in range(200_000))
        samples.append((time.perf_counter() - started) * 1000)
    return summarize("calibration loop", "ms", samples)


def render(figures: Sequence[Figure]) -> str:
    """Return the table; ``vs base`` is the median over the baseline's, divided by the calibration ratio for times."""
    baseline = _load_baseline()
    lines = [f"{'figure':<52}{'median':>10}{'p95':>10} {'unit':<8}{'n':>6}{'target':>9}{'vs base':>9}"]
    speed = _machine_ratio(figures, baseline)
    for figure in figures:
        target = "-" if figure.target is None else f"{figure.target:g}"
        lines.append(
            f"{figure.name:<52}{figure.median:>10.2f}{figure.p95:>10.2f} {figure.unit:<8}{figure.samples:>6}"
            f"{target:>9}{_ratio(figure, baseline, speed):>9}"
        )
    return "\n".join(lines)


def save(figures: Sequence[Figure]) -> None:
    """Make these figures the baseline."""
    BASELINE.write_text(json.dumps([asdict(figure) for figure in figures], indent=1) + "\n")


def _load_baseline() -> dict[str, Figure]:
    if not BASELINE.exists():
        return {}
    return {row["name"]: Figure(**row) for row in json.loads(BASELINE.read_text())}


def _machine_ratio(figures: Sequence[Figure], baseline: dict[str, Figure]) -> float:
    now = next(figure for figure in figures if figure.name == "calibration loop")
    before = baseline.get(now.name)
    return now.median / before.median if before else 1.0


def _ratio(figure: Figure, baseline: dict[str, Figure], speed: float) -> str:
    before = baseline.get(figure.name)
    if before is None or not before.median:
        return "new"
    scale = {"ms": 1 / speed, "req/s": speed}.get(figure.unit, 1.0)
    return f"{figure.median / before.median * scale:.2f}x"
