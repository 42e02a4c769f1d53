"""The labelled mails as triage meets them: decided by the core alone, or a case for Claude."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from assistant.domain.preferences import Preferences
from assistant.domain.triage.cascade import Reader, decide, examine
from assistant.domain.triage.second_opinion import Case, wants_second_opinion
from assistant.domain.triage.weights import TriageWeights
from training.dataset import LabelledSentence
from training.fit import Sample
from training.folds import folds_by_group, trained_apart

PREFERENCES = Preferences()


@dataclass(frozen=True, slots=True)
class Examined:
    """A labelled mail with the core's decision by weights that never saw it; ``asks`` where Claude is asked."""

    sample: Sample
    case: Case
    reader: Reader
    weights: TriageWeights
    asks: bool


def examine_apart(samples: Sequence[Sample], sentences: Sequence[LabelledSentence]) -> Iterator[Examined]:
    """Yield every mail as its fold's weights see it, in the order of the samples."""
    weights_of = trained_apart(samples, sentences, folds_by_group(samples))
    zone = ZoneInfo(PREFERENCES.working_hours.timezone)
    for sample, weights in zip(samples, weights_of, strict=True):
        mail = sample.labelled.mail
        reader = Reader(PREFERENCES.email_rules, {}, sample.written_at, zone)
        findings = examine(mail, now=reader.now, zone=zone, weights=weights)
        core = decide(mail, findings, reader, weights=weights)
        yield Examined(sample, Case(mail, findings, core), reader, weights, wants_second_opinion(core, findings))
