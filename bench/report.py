"""Figures, the parts of the bench they belong to, their table, and the saved baseline it compares with."""

import json
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

BASELINE = Path(__file__).with_name("baseline.json")
HEADER = f"{'figure':<54}{'median':>10}{'p95':>10} {'unit':<7}{'n':>5}{'target':>12}{'':>6}{'vs base':>9}"
_LOOPS = 15


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure: median and 95th percentile in ``unit``, number of samples.

    ``target`` is the most the 95th percentile may be; with ``at_least`` the least.
    """

    name: str
    unit: str
    median: float
    p95: float
    samples: int
    target: float | None = None
    at_least: bool = False

    @property
    def missed(self) -> bool:
        """Whether there is a target and it is not met."""
        if self.target is None:
            return False
        return self.p95 < self.target if self.at_least else self.p95 > self.target


@dataclass(frozen=True, slots=True)
class Part:
    """What one part of the bench measured, in how many seconds, and the milliseconds of ``calibrate`` before it."""

    calibration: float
    seconds: float
    figures: tuple[Figure, ...]


def summarize(name: str, unit: str, samples: Sequence[float], *, target: float | None = None) -> Figure:
    """Return the figure of the samples; needs at least two."""
    p95 = statistics.quantiles(samples, n=20, method="inclusive")[-1]
    return Figure(name, unit, statistics.median(samples), p95, len(samples), target)


def share(name: str, held: Sequence[bool], *, at_least: float | None = None) -> Figure:
    """Return how many of a hundred samples held; needs at least one."""
    percent = 100 * sum(held) / len(held)
    return Figure(name, "%", percent, percent, len(held), at_least, at_least=at_least is not None)


def calibrate() -> float:
    """Return the milliseconds of one core of a fixed pure-Python loop: they compare machines of different speed."""
    samples = []
    for _ in range(_LOOPS):
        started = time.process_time()
        sum(number * number % 7 for number in range(200_000))
        samples.append((time.process_time() - started) * 1000)
    return statistics.median(samples)


def row(figure: Figure, calibration: float, before: Part | None) -> str:
    """Return the figure's line; ``vs base`` is its median over the baseline's, both as if on the same machine."""
    target = "-" if figure.target is None else f"{'>=' if figure.at_least else '<='} {figure.target:g}"
    verdict = "" if figure.target is None else "MISS" if figure.missed else "ok"
    return (
        f"{figure.name:<54}{figure.median:>10.2f}{figure.p95:>10.2f} {figure.unit:<7}{figure.samples:>5}"
        f"{target:>12}{verdict:>6}{_ratio(figure, calibration, before):>9}"
    )


def load_baseline(path: Path = BASELINE) -> Mapping[str, Part]:
    """Return the saved parts by name, none where nothing was saved."""
    saved: Mapping[str, Mapping[str, Any]] = json.loads(path.read_text()) if path.exists() else {}
    return {
        name: Part(**{**part, "figures": tuple(Figure(**figure) for figure in part["figures"])})
        for name, part in saved.items()
    }


def save(name: str, part: Part, path: Path = BASELINE) -> None:
    """Make this part the baseline of its name; the other parts stay."""
    parts = {**load_baseline(path), name: part}
    path.write_text(json.dumps({name: asdict(part) for name, part in parts.items()}, indent=1) + "\n")


def _ratio(figure: Figure, calibration: float, before: Part | None) -> str:
    earlier = next((one for one in before.figures if one.name == figure.name), None) if before else None
    if before is None or earlier is None:
        return "new"
    if not earlier.median:
        return "-"
    slower = calibration / before.calibration
    scale = {"ms": 1 / slower, "s": 1 / slower, "req/s": slower}.get(figure.unit, 1.0)
    return f"{figure.median / earlier.median * scale:.2f}x"
