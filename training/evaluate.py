"""Cross-validates the real engine: ``python -m training.evaluate DATA``.

Two splits: folds that keep every sender and thread together, and one source left out at a time. Each
mail is decided by the runtime engine with weights that never saw its group (or its source). Writes
predictions, a reliability diagram and a coverage/accuracy curve to reports/ and prints the scorer's table.
Last, what topics taught by other senders' mail would change.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from assistant.domain.preferences import EmailRules
from assistant.domain.triage.cascade import triage_mail
from assistant.domain.triage.decision import TriagedEmail
from training.dataset import LabelledMail, LabelledSentence, load_mails, load_sentences
from training.evaluate_topics import report_topics
from training.fit import Sample, read_samples
from training.folds import folds_by_group, trained_apart
from training.reliability import draw_coverage, draw_reliability
from training.scoring import score

_REPORTS = Path("reports")
_ZONE = ZoneInfo("UTC")


def main() -> None:
    """Run both splits and print the scorer's tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with dev.jsonl, dev_sentences.jsonl and eval.py")
    parser.add_argument("--only", choices=("grouped", "source", "topics"), help="run one part only")
    arguments = parser.parse_args()
    _REPORTS.mkdir(exist_ok=True)
    samples = read_samples(load_mails(arguments.data))
    sentences = load_sentences(arguments.data)
    if arguments.only in {None, "grouped"}:
        _report("grouped", list(_decide(samples, sentences, folds_by_group(samples))), samples, arguments.data)
    if arguments.only in {None, "source"}:
        names = sorted({sample.labelled.source for sample in samples})
        by_source = [names.index(sample.labelled.source) for sample in samples]
        _report("source", list(_decide(samples, sentences, by_source)), samples, arguments.data)
    if arguments.only in {None, "topics"}:
        report_topics(samples)


def _decide(
    samples: Sequence[Sample], sentences: Sequence[LabelledSentence], folds: Sequence[int]
) -> Iterator[TriagedEmail]:
    for sample, weights in zip(samples, trained_apart(samples, sentences, folds), strict=True):
        yield triage_mail(
            sample.labelled.mail,
            rules=EmailRules(),
            records={},
            now=sample.written_at,
            zone=_ZONE,
            weights=weights,
        )


def _report(name: str, decisions: Sequence[TriagedEmail], samples: Sequence[Sample], data: Path) -> None:
    judged = [
        (decision.confidence, not decision.needs_review, _is_right(decision, sample.labelled))
        for decision, sample in zip(decisions, samples, strict=True)
        if sample.labelled.labels.get("acceptable") and not sample.labelled.labels.get("weak")
    ]
    draw_reliability(judged, _REPORTS / f"reliability_{name}.png")
    draw_coverage(judged, _REPORTS / f"coverage_{name}.png")
    print(f"\n== {name} ==")
    score(decisions, _REPORTS / f"predictions_{name}.jsonl", data)


def _is_right(decision: TriagedEmail, labelled: LabelledMail) -> bool:
    return decision.category in labelled.labels["acceptable"]


if __name__ == "__main__":
    main()
