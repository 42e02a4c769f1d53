"""What learned topics change: each mail decided after the user judged all labelled mail of other senders.

The labels are the user: every mail outside the fold teaches its topics by the category it had, where the label allows
that, else by the one the label prefers. No sender stands on both sides, and what was taught about lists is left out.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from zlib import crc32
from zoneinfo import ZoneInfo

from assistant.domain.decisions import Correction, Decision
from assistant.domain.learning import LearnedRecord
from assistant.domain.preferences import EmailRules
from assistant.domain.topics import topics_of
from assistant.domain.triage.cascade import triage_mail
from assistant.domain.triage.decision import Category, TriagedEmail
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import MemoryDecisions
from training.fit import Sample

_FOLDS = 5
_USER = "user"
_ZONE = ZoneInfo("UTC")
_TAUGHT_AT = datetime(2026, 1, 1, tzinfo=UTC)


def report_topics(samples: Sequence[Sample]) -> None:
    """Print how many decisions topics change, and how those fit the labels."""
    counts: Counter[str] = Counter()
    # A source is a user: what one mailbox teaches says nothing about another.
    for source in sorted({sample.labelled.source for sample in samples}):
        mailbox = [one for one in samples if one.labelled.source == source and one.labelled.labels.get("acceptable")]
        for fold in range(_FOLDS):
            counts += _counted(mailbox, fold)
    print("\n== topics ==")
    for what, count in sorted(counts.items()):
        print(f"{what:24}{count:6}")


def _counted(mailbox: Sequence[Sample], fold: int) -> Counter[str]:
    """Return what became of the mails of a fold."""
    taught = MemoryDecisions(ManualClock(_TAUGHT_AT))
    for number, sample in enumerate(mailbox):
        if _fold(sample) != fold:
            _teach(taught, f"{number}", sample)
    counts: Counter[str] = Counter()
    for sample in mailbox:
        if _fold(sample) == fold:
            records = taught.records(_USER, [topic.key for topic in topics_of(sample.labelled.mail)])
            counts.update(("mails", _change(sample, _decided(sample), _decided(sample, records))))
    return counts


def _fold(sample: Sample) -> int:
    return crc32(sample.labelled.mail.sender.encode()) % _FOLDS


def _teach(taught: MemoryDecisions, email_id: str, sample: Sample) -> None:
    decided, wanted = _decided(sample), sample.labelled.labels["acceptable"]
    category = decided.category if decided.category in wanted else Category(wanted[0])
    decision = Decision.of(decided, sample.labelled.mail, decided_at=_TAUGHT_AT)
    decision = decision.model_copy(update={"email_id": email_id})
    correction = Correction(email_id=email_id, category=category, corrected_at=_TAUGHT_AT)
    taught.correct(_USER, decision, correction, earlier=None)


def _decided(sample: Sample, records: Mapping[str, LearnedRecord] | None = None) -> TriagedEmail:
    return triage_mail(
        sample.labelled.mail, rules=EmailRules(), records=records or {}, now=sample.written_at, zone=_ZONE
    )


def _change(sample: Sample, before: TriagedEmail, after: TriagedEmail) -> str:
    wanted = sample.labelled.labels["acceptable"]
    fits = " to ".join("right" if one.category in wanted else "wrong" for one in (before, after))
    if before.category is not after.category:
        return f"moved, {fits}"
    return f"settled, {fits}" if before.needs_review and not after.needs_review else "as before"
