"""Weights that never saw the mail they decide about."""

import sys
from collections.abc import Iterator, Sequence

from assistant.domain.triage.weights import TriageWeights
from training.archetypes import compose_archetypes
from training.dataset import LabelledSentence
from training.fit import Sample, Settings, fit_weights, grouped_folds, read_samples

FOLDS = 5


def folds_by_group(samples: Sequence[Sample]) -> list[int]:
    """Return a fold number per sample; mails of one sender or thread share theirs."""
    return grouped_folds([sample.labelled.group for sample in samples], FOLDS)


def trained_apart(
    samples: Sequence[Sample], sentences: Sequence[LabelledSentence], folds: Sequence[int]
) -> Iterator[TriageWeights]:
    """Yield for each sample the weights fitted on all folds but its own; progress goes to stderr."""
    trained: dict[int, TriageWeights] = {}
    archetypes = read_samples(compose_archetypes())
    for fold in folds:
        if fold not in trained:
            inside = [other for other, number in zip(samples, folds, strict=True) if number != fold]
            trained[fold] = fit_weights(inside, sentences, archetypes, Settings())
            print(f"fold {len(trained)} of {len(set(folds))} trained on {len(inside)} mails", file=sys.stderr)
        yield trained[fold]
