"""The urgent guard: weighs severity, immediacy and plausibility of what was said.

It decides before every other stage, and neither bulk scores nor preferences nor corrections lower it.
Urgent words alone do not fire it, because phishing and advertising use them most.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from assistant.domain.triage.bulk import (
    CONVERSATION,
    foreign_hosts,
    has_lookalike,
    is_automatic,
    is_discussion_list,
    is_reply,
    is_robot,
)
from assistant.domain.triage.cues import Cue, CueHit
from assistant.domain.triage.deadlines import Deadline
from assistant.domain.triage.reading import Reading

SEVERE: Final = (Cue.OUTAGE, Cue.SECURITY, Cue.SAFETY, Cue.LOSS, Cue.LEGAL, Cue.ESCALATION, Cue.SUPPLY)
_HINT_SCORE: Final = 3.0
_FIRE_SCORE: Final = 5.0
_LIST_FIRE_SCORE: Final = 7.0
# What cannot wait is said first; later words of a long mail are about other things.
_READ_UNTIL: Final = 1_500
_LURES: Final = 2
_SELLS: Final = 4
_PERSONAL: Final = 0.5
_SOON: Final = timedelta(hours=24)
_PRESSING: Final = timedelta(hours=36)


@dataclass(frozen=True, slots=True)
class Urgency:
    """``score`` in points; ``fired`` makes the mail urgent_action, ``hinted`` keeps its priority at 7 or more.

    ``lures`` counts phrases that ask for credentials or promise money; from two on urgency counts for nothing.
    """

    score: float
    fired: bool
    hinted: bool
    lures: int
    hits: tuple[CueHit, ...]

    @property
    def suspect(self) -> bool:
        """Whether the mail carries enough lures to distrust it."""
        return self.lures >= _LURES


def weigh_urgency(
    reading: Reading, *, deadlines: tuple[Deadline, ...], now: datetime, kinds: Mapping[str, float]
) -> Urgency:
    """Return how urgent the mail is; ``kinds`` are the kind model's probabilities."""
    hits = tuple(
        hit for hit in reading.hits(Cue.IMMEDIATE, *SEVERE, Cue.IMPACT, Cue.CONSEQUENCE) if hit.start < _READ_UNTIL
    )
    counts = Counter(cue for cue, _ in {(hit.cue, hit.phrase) for hit in hits})
    in_subject = {hit.cue for hit in hits if hit.start < reading.subject_end}
    soon = any(now <= deadline.when <= now + _SOON for deadline in deadlines)
    score = _severity(counts, in_subject) + _immediacy(reading, counts, in_subject, soon=soon) - _calm(reading)
    pressing = any(now <= deadline.when <= now + _PRESSING for deadline in deadlines)
    asks = reading.counts.get(Cue.ASK, 0) > 0 and kinds[CONVERSATION] >= _PERSONAL
    if pressing and asks and not _calm(reading):
        # A deadline this near keeps its place; what is lost by missing it makes it urgent.
        score = max(score, _FIRE_SCORE if reading.counts.get(Cue.CONSEQUENCE, 0) else _HINT_SCORE)
    failing = in_subject & set(SEVERE) and is_automatic(reading.visible.headers)
    if failing and not reading.counts.get(Cue.RESOLVED, 0):
        # Monitoring needs no urgent words.
        score = max(score, _HINT_SCORE)
    lures = _lures(reading)
    plausible = lures < _LURES and _is_plausible(reading, kinds, in_subject)
    threshold = _LIST_FIRE_SCORE if is_discussion_list(reading.visible.headers) else _FIRE_SCORE
    return Urgency(score, plausible and score >= threshold, plausible and score >= _HINT_SCORE, lures, hits)


def _severity(counts: Counter[Cue], in_subject: set[Cue]) -> float:
    groups = sorted((1.5 + 0.5 * min(counts[cue], 3) for cue in SEVERE if counts[cue]), reverse=True)
    named = 1.0 if in_subject & set(SEVERE) else 0.0
    return sum(groups[:2]) + 0.5 * len(groups[2:]) + named + 0.5 * min(counts[Cue.IMPACT], 2)


def _immediacy(reading: Reading, counts: Counter[Cue], in_subject: set[Cue], *, soon: bool) -> float:
    score = (1.0 + min(counts[Cue.IMMEDIATE], 2)) if counts[Cue.IMMEDIATE] else 0.0
    if Cue.IMMEDIATE in in_subject:
        # A reply inherits its subject from someone else.
        score += 0.5 if is_reply(reading.visible.subject) else 2.0
    return score + float(soon) + float(reading.counts.get(Cue.ASK, 0) > 0)


def _calm(reading: Reading) -> float:
    counts = reading.counts
    return (
        3.0 * bool(counts.get(Cue.CALM, 0))
        + 1.5 * min(counts.get(Cue.RESOLVED, 0), 2)
        + 1.0 * bool(counts.get(Cue.PUBLICATION, 0))
        + 1.5 * is_robot(reading.visible.sender.address)
    )


def _lures(reading: Reading) -> int:
    """Count the phrases that ask for credentials or promise money, and what makes them worse."""
    said, shown = reading.counts, reading.shown_counts
    phrases = sum(max(said.get(cue, 0), shown.get(cue, 0)) for cue in (Cue.CREDENTIALS, Cue.ADVANCE_FEE))
    if not phrases:
        return 0
    # What asks for a password links to another site than it claims to come from.
    return phrases + has_lookalike(reading.visible.sender.domain) + bool(foreign_hosts(reading))


def _is_plausible(reading: Reading, kinds: Mapping[str, float], in_subject: set[Cue]) -> bool:
    """Whether a real urgent matter would look like this: it does not sell, and a machine says it in the subject."""
    counts = reading.shown_counts
    promotes = counts.get(Cue.PROMOTION, 0) + 2 * counts.get(Cue.MARKETING_SPAM, 0)
    footer = counts.get(Cue.UNSUBSCRIBE, 0)
    if not promotes and in_subject & set(SEVERE):
        # Monitoring has a footer too, but names the failure in its subject and offers nothing.
        footer = min(footer, 1)
    sells = promotes + 2 * footer
    looks_sent_by_machine = kinds[CONVERSATION] < _PERSONAL
    if reading.visible.headers.get("auto-submitted", "no").lower().startswith("auto-replied") or _is_absence_note(
        reading
    ):
        return False
    return sells < _SELLS and (not looks_sent_by_machine or bool(in_subject))


def _is_absence_note(reading: Reading) -> bool:
    return any(hit.cue is Cue.AUTOMATED and hit.start < reading.subject_end for hit in reading.cues)
