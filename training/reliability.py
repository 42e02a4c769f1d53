"""Draws how far confidence can be believed and what abstaining buys."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
from scipy.stats import binomtest

# (confidence, decided without review, right)
Judged = tuple[float, bool, bool]
_BINS = 10


def draw_reliability(judged: Sequence[Judged], path: Path) -> None:
    """Draw the share of right decisions against confidence, with Wilson 95 % intervals and counts."""
    figure, axes = plt.subplots(figsize=(6, 6))
    for decided, name, color in ((True, "decided", "tab:blue"), (False, "left to the user", "tab:orange")):
        chosen = [(confidence, right) for confidence, sure, right in judged if sure is decided]
        bins = _bins(chosen)
        rights = [sum(right for _, right in part) for part in bins]
        shares = [right / len(part) for right, part in zip(rights, bins, strict=True)]
        intervals = [
            binomtest(right, len(part)).proportion_ci(method="wilson") for right, part in zip(rights, bins, strict=True)
        ]
        means = [sum(confidence for confidence, _ in part) / len(part) for part in bins]
        below = [share - interval.low for share, interval in zip(shares, intervals, strict=True)]
        above = [interval.high - share for share, interval in zip(shares, intervals, strict=True)]
        axes.errorbar(
            means, shares, yerr=(below, above), fmt="o", capsize=3, color=color, label=f"{len(chosen)} {name}"
        )
        for mean, share, part in zip(means, shares, bins, strict=True):
            axes.annotate(str(len(part)), (mean, share), (6, -10), textcoords="offset points", fontsize=8, color=color)
    axes.plot([0, 1], [0, 1], "--", color="grey", linewidth=1)
    axes.set(xlabel="confidence", ylabel="share right", xlim=(0, 1.03), ylim=(0, 1.03))
    axes.legend(loc="lower right")
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    plt.close(figure)


def _bins(chosen: Sequence[tuple[float, bool]]) -> list[list[tuple[float, bool]]]:
    """Return the non-empty ones of ten bins of equal width."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(_BINS)]
    for confidence, right in chosen:
        bins[min(int(confidence * _BINS), _BINS - 1)].append((confidence, right))
    return [part for part in bins if part]


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
