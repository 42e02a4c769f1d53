"""The trained numbers: one float32 file and one small JSON beside it, evaluated in plain Python."""

import json
import math
from array import array
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class LinearModel:
    """Multinomial or binary logistic regression over named features and hashed terms.

    ``weights`` holds for each class the intercept, one number per feature and one per bucket.
    """

    classes: tuple[str, ...]
    features: tuple[str, ...]
    buckets: int
    weights: Sequence[float]

    @property
    def row(self) -> int:
        """Numbers per class."""
        return 1 + len(self.features) + self.buckets

    def probabilities(self, values: Mapping[str, float], hashed: Mapping[int, float]) -> dict[str, float]:
        """Return class → probability; the probabilities add up to 1."""
        scores = [self._score(index * self.row, values, hashed) for index in range(len(self.classes))]
        highest = max(scores)
        powers = [math.exp(score - highest) for score in scores]
        total = sum(powers)
        return {name: power / total for name, power in zip(self.classes, powers, strict=True)}

    def _score(self, start: int, values: Mapping[str, float], hashed: Mapping[int, float]) -> float:
        weights = self.weights
        total = weights[start]
        for offset, name in enumerate(self.features, start=start + 1):
            total += weights[offset] * values[name]
        first_bucket = start + 1 + len(self.features)
        for bucket, value in hashed.items():
            total += weights[first_bucket + bucket] * value
        return total


@dataclass(frozen=True, slots=True)
class Calibration:
    """A rising piecewise linear map from raw score to the share that was right on unseen mail."""

    scores: tuple[float, ...]
    shares: tuple[float, ...]

    def __call__(self, score: float) -> float:
        """Return the calibrated probability of ``score``."""
        right = bisect_right(self.scores, score)
        if right == 0:
            return self.shares[0]
        if right == len(self.scores):
            return self.shares[-1]
        left = right - 1
        part = (score - self.scores[left]) / (self.scores[right] - self.scores[left])
        return self.shares[left] + part * (self.shares[right] - self.shares[left])


@dataclass(frozen=True, slots=True)
class TriageWeights:
    """Everything training produces."""

    kind: LinearModel
    sentence: LinearModel
    request: LinearModel
    calibrations: Mapping[str, Calibration]

    @classmethod
    def from_parts(cls, layout: Mapping[str, Any], numbers: Sequence[float]) -> Self:
        """Build from the JSON layout and the float32 numbers in the order kind, sentence, request."""
        models: dict[str, LinearModel] = {}
        start = 0
        for name in ("kind", "sentence", "request"):
            part = layout[name]
            row = 1 + len(part["features"]) + part["buckets"]
            end = start + row * len(part["classes"])
            models[name] = LinearModel(
                tuple(part["classes"]), tuple(part["features"]), part["buckets"], numbers[start:end]
            )
            start = end
        calibrations = {
            name: Calibration(tuple(knots["scores"]), tuple(knots["shares"]))
            for name, knots in layout["calibrations"].items()
        }
        return cls(models["kind"], models["sentence"], models["request"], calibrations)


@cache
def shipped_weights() -> TriageWeights:
    """Return the weights that ship with the package, read once."""
    package = files(__package__)
    numbers = array("f")
    numbers.frombytes(package.joinpath("weights.bin").read_bytes())
    return TriageWeights.from_parts(json.loads(package.joinpath("weights.json").read_text("utf-8")), numbers)
