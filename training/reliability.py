"""Draws how far confidence can be believed and what abstaining buys."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt

# (confidence, decided without review, right)
Judged = tuple[float, bool, bool]
_BINS = 10


def draw_reliability(judged: Sequence[Judged], path: Path) -> None:
    """Draw accuracy against confidence in ten bins of equal size over the decided mails."""
    decided = sorted((confidence, right) for confidence, sure, right in judged if sure)
    figure, axes = plt.subplots(figsize=(5, 5))
    size = max(len(decided) // _BINS, 1)
    for start in range(0, len(decided), size):
        part = decided[start : start + size]
        mean = sum(confidence for confidence, _ in part) / len(part)
        share = sum(right for _, right in part) / len(part)
        axes.plot(mean, share, "o", color="tab:blue", markersize=4 + len(part) / size * 3)
    axes.plot([0.5, 1], [0.5, 1], "--", color="grey")
    axes.set(
        xlabel="confidence",
        ylabel="share right",
        title=f"{len(decided)} decided mails",
        xlim=(0.5, 1.01),
        ylim=(0.5, 1.01),
    )
    figure.savefig(path, dpi=120)
    plt.close(figure)


def draw_coverage(judged: Sequence[Judged], path: Path) -> None:
    """Draw the accuracy of the most confident mails against their share."""
    ranked = sorted(judged, key=lambda item: (item[1], item[0]), reverse=True)
    right = 0
    points = []
    for count, (_, _, is_right) in enumerate(ranked, start=1):
        right += is_right
        points.append((count / len(ranked), right / count))
    figure, axes = plt.subplots(figsize=(6, 4))
    axes.plot([share for share, _ in points], [accuracy for _, accuracy in points])
    axes.set(xlabel="coverage", ylabel="accuracy", title="deciding the most confident mails first", ylim=(0.8, 1.005))
    figure.savefig(path, dpi=120)
    plt.close(figure)
