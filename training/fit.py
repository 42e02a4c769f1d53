"""Fits the weights: linear models with scikit-learn, calibrations on predictions for unseen groups."""

import random
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from assistant.domain.triage import bulk, requests
from assistant.domain.triage.cues import find_cues, words
from assistant.domain.triage.deadlines import find_deadlines
from assistant.domain.triage.reading import Reading, read
from assistant.domain.triage.urgency import weigh_urgency
from assistant.domain.triage.weights import LinearModel, TriageWeights
from training.dataset import LabelledMail, LabelledSentence

KIND_BUCKETS = 1 << 13
SENTENCE_BUCKETS = 1 << 13
_INNER_FOLDS = 5
_SEED = 20
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Settings:
    """Regularisation (scikit-learn's C) and the weight of hashed words beside named features."""

    kind_c: float = 3.0
    kind_text: float = 1.5
    sentence_c: float = 2.0
    request_c: float = 0.5


@dataclass(frozen=True, slots=True)
class Sample:
    """A labelled mail read once, as it came and without its headers."""

    labelled: LabelledMail
    reading: Reading
    bare: Reading

    @property
    def has_deadline(self) -> bool:
        """Whether the mail names a deadline."""
        return bool(find_deadlines(self.reading.said, written_at=self.written_at, zone=_UTC))

    @property
    def written_at(self) -> datetime:
        """When the mail was received; any fixed moment when unknown."""
        return self.labelled.mail.received_at or datetime(2025, 1, 15, 12, tzinfo=UTC)


def read_samples(mails: Iterable[LabelledMail]) -> list[Sample]:
    """Read each mail with the engine's own eyes."""
    return [Sample(item, read(item.mail), read(item.mail.model_copy(update={"headers": {}}))) for item in mails]


def grouped_folds(groups: Sequence[str], count: int, seed: int = _SEED) -> list[int]:
    """Return a fold number per item so that no group is split; groups are shuffled, then the smallest fold takes each."""
    names = sorted(set(groups))
    random.Random(seed).shuffle(names)
    sizes = [0] * count
    fold_of: dict[str, int] = {}
    for name in names:
        fold_of[name] = min(range(count), key=lambda fold: sizes[fold])
        sizes[fold_of[name]] += sum(group == name for group in groups)
    return [fold_of[group] for group in groups]


def fit_weights(samples: Sequence[Sample], sentences: Sequence[LabelledSentence], settings: Settings) -> TriageWeights:
    """Return weights fitted on ``samples``; calibrations come from an inner cross-validation."""
    sentence_model = fit_sentences(sentences, settings)
    folds = grouped_folds([sample.labelled.group for sample in samples], _INNER_FOLDS)
    unseen: dict[str, list[tuple[float, bool]]] = {"spam": [], "machine": [], "request": [], "urgent": []}
    for fold in range(_INNER_FOLDS):
        inside = [sample for sample, number in zip(samples, folds, strict=True) if number != fold]
        outside = [sample for sample, number in zip(samples, folds, strict=True) if number == fold]
        kind_model = fit_kinds(inside, settings)
        request_model = fit_requests(inside, sentence_model, settings)
        for sample in outside:
            _collect(sample, kind_model, sentence_model, request_model, unseen)
    return TriageWeights.from_parts(
        *_parts(
            {
                "kind": fit_kinds(samples, settings),
                "sentence": sentence_model,
                "request": fit_requests(samples, sentence_model, settings),
            },
            {name: _calibration(pairs) for name, pairs in unseen.items()},
        )
    )


def _collect(
    sample: Sample,
    kind_model: LinearModel,
    sentence_model: LinearModel,
    request_model: LinearModel,
    unseen: dict[str, list[tuple[float, bool]]],
) -> None:
    kinds = bulk.kind_probabilities(sample.reading, kind_model)
    labelled = sample.labelled
    if labelled.kind is not None:
        unseen["spam"].append((kinds[bulk.SPAM], labelled.kind == bulk.SPAM))
        unseen["machine"].append((kinds[bulk.SPAM] + kinds[bulk.BULK], labelled.kind != bulk.CONVERSATION))
    if labelled.asks is not None and labelled.kind not in (bulk.SPAM, bulk.BULK):
        values = requests.request_features(sample.reading, sentence_model, deadline=sample.has_deadline)
        unseen["request"].append((request_model.probabilities(values, {})[requests.REQUEST], labelled.asks))
    if labelled.labels.get("urgent") is not None:
        deadlines = find_deadlines(sample.reading.said, written_at=sample.written_at, zone=_UTC)
        urgency = weigh_urgency(sample.reading, deadlines=deadlines, now=sample.written_at, spam=kinds[bulk.SPAM])
        if urgency.fired:
            unseen["urgent"].append((urgency.score, labelled.labels["urgent"]))


def fit_kinds(samples: Sequence[Sample], settings: Settings) -> LinearModel:
    """Fit conversation / bulk / spam; each mail counts once with its headers and once without."""
    rows: list[tuple[Mapping[str, float], Mapping[int, float]]] = []
    labels: list[int] = []
    importance: list[float] = []
    for sample in samples:
        if sample.labelled.kind is None:
            continue
        # Callers of the API often send no headers, so the model must do without.
        readings = (sample.reading, sample.bare) if sample.reading.visible.headers else (sample.reading,)
        for reading in readings:
            rows.append((bulk.kind_features(reading), bulk.kind_terms(reading, KIND_BUCKETS)))
            labels.append(bulk.KINDS.index(sample.labelled.kind))
            importance.append(1 / len(readings))
    return _fit(
        rows, labels, importance, bulk.KINDS, bulk.KIND_FEATURES, KIND_BUCKETS, settings.kind_c, settings.kind_text
    )


def fit_sentences(sentences: Sequence[LabelledSentence], settings: Settings) -> LinearModel:
    """Fit request or not on single sentences."""
    rows = []
    for sentence in sentences:
        tokens = words(sentence.text)
        cues = list(find_cues(sentence.text, tokens))
        rows.append(
            (
                requests.sentence_features(sentence.text, cues),
                requests.sentence_terms([word for word, _, _ in tokens], SENTENCE_BUCKETS),
            )
        )
    labels = [int(sentence.is_request) for sentence in sentences]
    classes = (requests.NO_REQUEST, requests.REQUEST)
    return _fit(
        rows, labels, [1.0] * len(rows), classes, requests.SENTENCE_FEATURES, SENTENCE_BUCKETS, settings.sentence_c, 2.0
    )


def fit_requests(samples: Sequence[Sample], sentence_model: LinearModel, settings: Settings) -> LinearModel:
    """Fit whether a person's mail asks something of its reader."""
    asked = [
        sample
        for sample in samples
        if sample.labelled.asks is not None and sample.labelled.kind not in (bulk.SPAM, bulk.BULK)
    ]
    rows = [
        (requests.request_features(sample.reading, sentence_model, deadline=sample.has_deadline), {})
        for sample in asked
    ]
    labels = [int(bool(sample.labelled.asks)) for sample in asked]
    classes = (requests.NO_REQUEST, requests.REQUEST)
    return _fit(rows, labels, [1.0] * len(rows), classes, requests.REQUEST_FEATURES, 0, settings.request_c, 1.0)


def _fit(
    rows: Sequence[tuple[Mapping[str, float], Mapping[int, float]]],
    labels: Sequence[int],
    importance: Sequence[float],
    classes: tuple[str, ...],
    features: tuple[str, ...],
    buckets: int,
    c: float,
    text: float,
) -> LinearModel:
    matrix = _matrix(rows, features, buckets, text)
    model = LogisticRegression(C=c, max_iter=3_000, tol=1e-5)
    model.fit(matrix, np.array(labels), sample_weight=np.array(importance))
    coefficients, intercepts = model.coef_, model.intercept_
    if len(classes) == 2:
        # scikit-learn keeps one row for two classes; softmax over (0, score) is the same model.
        coefficients = np.vstack([np.zeros_like(coefficients), coefficients])
        intercepts = np.array([0.0, intercepts[0]])
    scale = np.concatenate([np.ones(len(features)), np.full(buckets, text)])
    stacked = np.hstack([intercepts[:, None], coefficients * scale])
    return LinearModel(classes, features, buckets, array("f", stacked.astype(np.float32).ravel().tolist()))


def _matrix(
    rows: Sequence[tuple[Mapping[str, float], Mapping[int, float]]],
    features: tuple[str, ...],
    buckets: int,
    text: float,
) -> Any:
    values: list[float] = []
    columns: list[int] = []
    starts = [0]
    for named, hashed in rows:
        values.extend(named[name] for name in features)
        columns.extend(range(len(features)))
        values.extend(text * value for value in hashed.values())
        columns.extend(len(features) + bucket for bucket in hashed)
        starts.append(len(values))
    return csr_matrix((values, columns, starts), shape=(len(rows), len(features) + buckets))


def _calibration(pairs: Sequence[tuple[float, bool]]) -> dict[str, list[float]]:
    """Fit a rising map on unseen predictions; two pseudo-observations keep it off 0 and 1."""
    if not pairs:
        return {"scores": [0.0], "shares": [0.5]}
    scores = np.array([score for score, _ in pairs] + [min(s for s, _ in pairs), max(s for s, _ in pairs)])
    right = np.array([float(truth) for _, truth in pairs] + [1.0, 0.0])
    fitted = IsotonicRegression(out_of_bounds="clip").fit(scores, right)
    return {
        "scores": [round(float(value), 6) for value in fitted.X_thresholds_],
        "shares": [round(float(value), 4) for value in fitted.y_thresholds_],
    }


def _parts(
    models: Mapping[str, LinearModel], calibrations: Mapping[str, dict[str, list[float]]]
) -> tuple[dict[str, Any], array[float]]:
    layout: dict[str, Any] = {
        name: {"classes": model.classes, "features": model.features, "buckets": model.buckets}
        for name, model in models.items()
    }
    numbers: array[float] = array("f")
    for model in models.values():
        numbers.extend(model.weights)
    return {**layout, "calibrations": dict(calibrations)}, numbers


def layout_and_numbers(weights: TriageWeights) -> tuple[dict[str, Any], array[float]]:
    """Return what ``TriageWeights.from_parts`` reads."""
    models = {"kind": weights.kind, "sentence": weights.sentence, "request": weights.request}
    knots = {
        name: {"scores": list(found.scores), "shares": list(found.shares)}
        for name, found in weights.calibrations.items()
    }
    return _parts(models, knots)


Progress = Callable[[str], None]
