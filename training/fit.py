"""Fits the weights: linear models with scikit-learn, calibrations on predictions for unseen groups."""

import random
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from assistant.domain.triage import bulk, requests
from assistant.domain.triage.cascade import personal_request
from assistant.domain.triage.cues import find_cues, words
from assistant.domain.triage.deadlines import Deadline, find_deadlines
from assistant.domain.triage.reading import Reading, read
from assistant.domain.triage.urgency import weigh_urgency
from assistant.domain.triage.weights import LinearModel, TriageWeights
from training.archetypes import ARCHETYPE
from training.dataset import LabelledMail, LabelledSentence

KIND_BUCKETS = 1 << 14
SENTENCE_BUCKETS = 1 << 13
_INNER_FOLDS = 5
_SEED = 20
_UTC = ZoneInfo("UTC")


_REQUEST_CLASSES = (requests.NO_REQUEST, requests.REQUEST)

type Row = tuple[Mapping[str, float], Mapping[int, float]]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a linear model consists of; ``text`` weighs hashed words against named features."""

    classes: tuple[str, ...]
    features: tuple[str, ...]
    buckets: int
    text: float


@dataclass(frozen=True, slots=True)
class Settings:
    """Regularisation (scikit-learn's C), the weight of hashed words beside named features and of composed mail."""

    kind_c: float = 3.0
    kind_text: float = 1.5
    sentence_c: float = 1.0
    sentence_text: float = 0.5
    request_c: float = 1.0
    archetypes: float = 0.3


@dataclass(frozen=True)
class Sample:
    """A labelled mail read once, as it came and without its headers."""

    labelled: LabelledMail
    reading: Reading
    bare: Reading

    @cached_property
    def written_at(self) -> datetime:
        """When the mail was received; any fixed moment when unknown."""
        return self.labelled.mail.received_at or datetime(2025, 1, 15, 12, tzinfo=UTC)

    @cached_property
    def deadlines(self) -> tuple[Deadline, ...]:
        """The deadlines the mail names."""
        return find_deadlines(self.reading.said, written_at=self.written_at, zone=_UTC)

    @cached_property
    def kind_rows(self) -> tuple[Row, ...]:
        """Features and hashed words with headers and, where it has any, without: callers often send none."""
        readings = (self.reading, self.bare) if self.reading.visible.headers else (self.reading,)
        return tuple((bulk.kind_features(item), bulk.kind_terms(item, KIND_BUCKETS)) for item in readings)

    @property
    def may_ask(self) -> bool:
        """Whether a reader judged if this mail, written by a person, asks for something."""
        return self.labelled.asks is not None and self.labelled.kind not in (bulk.SPAM, bulk.BULK)

    def request_row(self, sentence_model: LinearModel) -> Row:
        """Features for the request model."""
        return requests.request_features(self.reading, sentence_model, deadline=bool(self.deadlines)), {}


def read_samples(mails: Iterable[LabelledMail]) -> list[Sample]:
    """Read each mail with the engine's own eyes."""
    return [Sample(item, read(item.mail), read(item.mail.model_copy(update={"headers": {}}))) for item in mails]


def grouped_folds(groups: Sequence[str], count: int, seed: int = _SEED) -> list[int]:
    """Return a fold number per item; no group is split, and groups in random order go to the smallest fold."""
    names = sorted(set(groups))
    random.Random(seed).shuffle(names)
    sizes = [0] * count
    fold_of: dict[str, int] = {}
    for name in names:
        fold_of[name] = min(range(count), key=lambda fold: sizes[fold])
        sizes[fold_of[name]] += sum(group == name for group in groups)
    return [fold_of[group] for group in groups]


def fit_weights(
    samples: Sequence[Sample],
    sentences: Sequence[LabelledSentence],
    archetypes: Sequence[Sample],
    settings: Settings,
) -> TriageWeights:
    """Return weights fitted on ``samples`` and ``archetypes``.

    Calibrations come from an inner cross-validation over ``samples`` alone.
    """
    sentence_model = fit_sentences(sentences, settings)
    request_rows = {id(sample): sample.request_row(sentence_model) for sample in samples if sample.may_ask}
    folds = grouped_folds([sample.labelled.group for sample in samples], _INNER_FOLDS)
    unseen: dict[str, list[tuple[float, bool]]] = {
        name: [] for name in ("spam", "machine", "marks", "lure", "person", "urgent")
    }
    for fold in range(_INNER_FOLDS):
        inside = [sample for sample, number in zip(samples, folds, strict=True) if number != fold]
        kind_model = fit_kinds([*inside, *archetypes], settings)
        request_model = _fit_requests(inside, request_rows, settings)
        for sample, number in zip(samples, folds, strict=True):
            if number != fold:
                continue
            kinds = kind_model.probabilities(*sample.kind_rows[0])
            _collect_kind(sample, kinds, unseen)
            right = sample.labelled.must_be_read
            if right is not None:
                asks = request_model.probabilities(*sample.request_row(sentence_model))[requests.REQUEST]
                unseen["person"].append((personal_request(kinds, asks), right))
    return TriageWeights.from_parts(
        *_parts(
            {
                "kind": fit_kinds([*samples, *archetypes], settings),
                "sentence": sentence_model,
                "request": _fit_requests(samples, request_rows, settings),
            },
            {name: _calibration(pairs) for name, pairs in unseen.items()},
        )
    )


def _collect_kind(sample: Sample, kinds: Mapping[str, float], unseen: dict[str, list[tuple[float, bool]]]) -> None:
    labelled = sample.labelled
    if labelled.kind is not None:
        unseen["spam"].append((kinds[bulk.SPAM], labelled.kind == bulk.SPAM))
        if bulk.has_machine_marks(sample.kind_rows[0][0]):
            unseen["machine"].append((kinds[bulk.SPAM] + kinds[bulk.BULK], labelled.kind != bulk.CONVERSATION))
        if not bulk.is_discussion_list(sample.reading.visible.headers):
            unseen["marks"].append((bulk.automation_marks(sample.reading), labelled.kind != bulk.CONVERSATION))
    urgency = weigh_urgency(sample.reading, deadlines=sample.deadlines, now=sample.written_at, kinds=kinds)
    if labelled.kind is not None and urgency.suspect:
        unseen["lure"].append((urgency.lures, labelled.kind == bulk.SPAM))
    if labelled.labels.get("urgent") is not None and urgency.fired:
        unseen["urgent"].append((urgency.score, labelled.labels["urgent"]))


def fit_kinds(samples: Sequence[Sample], settings: Settings) -> LinearModel:
    """Fit conversation / bulk / spam; each mail counts once with its headers and once without."""
    rows: list[Row] = []
    labels: list[int] = []
    importance: list[float] = []
    for sample in samples:
        if sample.labelled.kind is None:
            continue
        rows.extend(sample.kind_rows)
        labels.extend([bulk.KINDS.index(sample.labelled.kind)] * len(sample.kind_rows))
        share = settings.archetypes if sample.labelled.source == ARCHETYPE else 1.0
        importance.extend([share / len(sample.kind_rows)] * len(sample.kind_rows))
    shape = Shape(bulk.KINDS, bulk.KIND_FEATURES, KIND_BUCKETS, settings.kind_text)
    return _fit(rows, labels, importance, shape, settings.kind_c)


def fit_sentences(sentences: Sequence[LabelledSentence], settings: Settings) -> LinearModel:
    """Fit request or not on single sentences."""
    rows: list[Row] = []
    for sentence in sentences:
        tokens = words(sentence.text)
        folded = [word for word, _, _ in tokens]
        features = requests.sentence_features(sentence.text, list(find_cues(sentence.text, tokens)), folded)
        rows.append((features, requests.sentence_terms(folded, SENTENCE_BUCKETS)))
    labels = [int(sentence.is_request) for sentence in sentences]
    shape = Shape(_REQUEST_CLASSES, requests.SENTENCE_FEATURES, SENTENCE_BUCKETS, settings.sentence_text)
    return _fit(rows, labels, [1.0] * len(rows), shape, settings.sentence_c)


def _fit_requests(samples: Sequence[Sample], rows: Mapping[int, Row], settings: Settings) -> LinearModel:
    asked = [sample for sample in samples if sample.may_ask]
    labels = [int(bool(sample.labelled.asks)) for sample in asked]
    # How often mail asks differs from corpus to corpus, so both answers weigh the same.
    sizes = Counter(labels)
    importance = [len(labels) / len(sizes) / sizes[label] for label in labels]
    shape = Shape(_REQUEST_CLASSES, requests.REQUEST_FEATURES, 0, 1.0)
    return _fit([rows[id(sample)] for sample in asked], labels, importance, shape, settings.request_c)


def _fit(
    rows: Sequence[Row], labels: Sequence[int], importance: Sequence[float], shape: Shape, inverse_penalty: float
) -> LinearModel:
    model = LogisticRegression(C=inverse_penalty, max_iter=3_000)
    model.fit(_matrix(rows, shape), np.array(labels), sample_weight=np.array(importance))
    coefficients, intercepts = model.coef_, model.intercept_
    if len(shape.classes) == 2:
        # scikit-learn keeps one row for two classes; softmax over (0, score) is the same model.
        coefficients = np.vstack([np.zeros_like(coefficients), coefficients])
        intercepts = np.array([0.0, intercepts[0]])
    scale = np.concatenate([np.ones(len(shape.features)), np.full(shape.buckets, shape.text)])
    stacked = np.hstack([intercepts[:, None], coefficients * scale])
    weights = array("f", stacked.astype(np.float32).ravel().tolist())
    return LinearModel(shape.classes, shape.features, shape.buckets, weights)


def _matrix(rows: Sequence[Row], shape: Shape) -> csr_matrix:
    values: list[float] = []
    columns: list[int] = []
    starts = [0]
    for named, hashed in rows:
        values.extend(named[name] for name in shape.features)
        columns.extend(range(len(shape.features)))
        values.extend(shape.text * value for value in hashed.values())
        columns.extend(len(shape.features) + bucket for bucket in hashed)
        starts.append(len(values))
    return csr_matrix((values, columns, starts), shape=(len(rows), len(shape.features) + shape.buckets))


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
