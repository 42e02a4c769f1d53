"""Draw figures as bars against the most they may be, time against size, and the cost of Claude by task."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import matplotlib as mpl

from bench.report import Figure

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import MaxNLocator

_MET, _MISSED = "#4878a8", "#b04030"
# From here on a label needs no fraction.
_WHOLE = 100


def plot(figures: Sequence[Figure], path: Path) -> None:
    """Write a PNG: p95 as a share of the most it may be, one bar a figure; the line is the target."""
    targeted = [figure for figure in figures if figure.target and not figure.at_least]
    shares = [figure.p95 / figure.target * 100 for figure in targeted if figure.target]
    colours = [_MISSED if figure.missed else _MET for figure in targeted]
    chart, axes = plt.subplots(figsize=(9, 0.3 * len(targeted) + 1.2))
    bars = axes.barh([figure.name for figure in targeted], shares, color=colours)
    labels = [f"{figure.p95:{'.0f' if figure.p95 >= _WHOLE else '.3g'}} {figure.unit}" for figure in targeted]
    axes.bar_label(bars, labels, padding=4)
    axes.margins(y=0.01)
    axes.axvline(100, color=_MISSED, linewidth=1.5)
    axes.set_xlim(0, max([115.0, *shares]) * 1.1)
    axes.set_xlabel("p95, % of the target")
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    chart.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    chart.savefig(path, dpi=140)
    plt.close(chart)


class Searched(Protocol):
    """One search for the best plan."""

    @property
    def seconds(self) -> float:
        """Of one core."""

    @property
    def proven(self) -> bool:
        """Whether its plan is known to be best."""


def plot_scale(searches: Mapping[int, Sequence[Searched]], path: Path, *, across: str, limit: float) -> None:
    """Write a PNG: each search as a dot, proven or cut at ``limit`` seconds, and the median of each size as a line."""
    chart, axes = plt.subplots(figsize=(8, 4.2))
    for proven, colour, label in ((True, _MET, "proven optimal"), (False, _MISSED, f"cut at {limit:g} s")):
        dots = [(number, one.seconds) for number, some in searches.items() for one in some if one.proven is proven]
        if dots:
            sizes, seconds = zip(*dots, strict=True)
            axes.scatter(sizes, seconds, s=16, color=colour, alpha=0.6, label=label)
    medians = [statistics.median(one.seconds for one in some) for some in searches.values()]
    axes.plot(list(searches), medians, color=_MET, label="median")
    axes.set_yscale("log")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(across)
    axes.set_ylabel("seconds of one core")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    chart.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    chart.savefig(path, dpi=140)
    plt.close(chart)


def plot_costs(dollars: Mapping[str, tuple[float, float]], path: Path) -> None:
    """Write a PNG: two stacked bars, dollars by task without and with Message Batches."""
    chart, axes = plt.subplots(figsize=(9, 2.6))
    bars = ("every call at once", "with Message Batches")
    left = [0.0, 0.0]
    for task, both in dollars.items():
        axes.barh(bars, both, left=left, label=task)
        left = [so_far + more for so_far, more in zip(left, both, strict=True)]
    for bar, total in zip(bars, left, strict=True):
        axes.annotate(f"${total:.2f}", (total, bar), xytext=(4, 0), textcoords="offset points", va="center")
    axes.set_xlim(0, max(left) * 1.15)
    axes.set_xlabel("US dollars a user and month")
    axes.invert_yaxis()
    axes.legend(ncols=len(dollars), loc="upper center", bbox_to_anchor=(0.5, -0.35), frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    chart.savefig(path, dpi=140, bbox_inches="tight")
    plt.close(chart)
