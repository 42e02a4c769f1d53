"""Draw the bench figures that have a target as bars against it."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

from bench.report import Figure

mpl.use("Agg")
import matplotlib.pyplot as plt


def plot(figures: Sequence[Figure], path: Path) -> None:
    """Write a PNG: p95 as a share of its target, one bar a figure; the line is the target."""
    targeted = [figure for figure in figures if figure.target]
    shares = [figure.p95 / figure.target * 100 for figure in targeted if figure.target]
    chart, axes = plt.subplots(figsize=(9, 0.5 * len(targeted) + 1.2))
    bars = axes.barh([figure.name for figure in targeted], shares, color="#4878a8")
    axes.bar_label(bars, [f"{figure.p95:.1f} {figure.unit}" for figure in targeted], padding=4)
    axes.axvline(100, color="#b04030", linewidth=1.5)
    axes.set_xlim(0, max([115.0, *shares]) * 1.1)
    axes.set_xlabel("p95, % of the target")
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    chart.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    chart.savefig(path, dpi=140)
    plt.close(chart)
