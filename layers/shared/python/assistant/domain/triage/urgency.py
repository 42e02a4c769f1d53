"""The urgent guard: weighs severity, immediacy and plausibility of what was said.

It decides before every other stage, and neither bulk scores nor preferences nor corrections lower it.
Urgent words alone do not fire it, because phishing and advertising use them most.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from assistant.domain.triage.bulk import is_discussion_list, is_robot
from assistant.domain.triage.cues import Cue, CueHit
from assistant.domain.triage.deadlines import Deadline
from assistant.domain.triage.reading import Reading

SEVERE: Final = (Cue.OUTAGE, Cue.SECURITY, Cue.SAFETY, Cue.LOSS, Cue.LEGAL, Cue.ESCALATION, Cue.SUPPLY)
_CUE_SCORE: Final = 2.0
_FIRE_SCORE: Final = 4.5
_LIST_FIRE_SCORE: Final = 7.0
_SOON: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Urgency:
    """``score`` in points; ``fired`` makes the mail urgent_action, ``hinted`` keeps its priority at 7 or more.

    ``suspect`` mail carries lures, so its urgency counts for nothing.
    """

    score: float
    fired: bool
    hinted: bool
    suspect: bool
    hits: tuple[CueHit, ...]


def weigh_urgency(reading: Reading, *, deadlines: tuple[Deadline, ...], now: datetime, spam: float) -> Urgency:
    """Return how urgent the mail is; ``spam`` is the kind model's probability of spam."""
    hits = tuple(reading.hits(Cue.IMMEDIATE, *SEVERE, Cue.IMPACT))
    gross = _severity(reading) + _immediacy(reading, deadlines, now)
    score = gross - _calm(reading)
    plausible = _is_plausible(reading, spam)
    threshold = _LIST_FIRE_SCORE if is_discussion_list(reading.visible.headers) else _FIRE_SCORE
    return Urgency(score, plausible and score >= threshold, plausible and score >= _CUE_SCORE, not plausible, hits)


def _severity(reading: Reading) -> float:
    counts = reading.counts
    groups = [min(counts.get(cue, 0), 3) for cue in SEVERE]
    strongest = sorted((1.5 + 0.5 * count for count in groups if count), reverse=True)
    in_subject = any(hit.start < reading.subject_end for hit in reading.hits(*SEVERE))
    return (
        sum(strongest[:2])
        + 0.5 * len(strongest[2:])
        + (1.0 if in_subject else 0.0)
        + min(counts.get(Cue.IMPACT, 0), 2) * 0.5
    )


def _immediacy(reading: Reading, deadlines: tuple[Deadline, ...], now: datetime) -> float:
    counts = reading.counts
    score = min(counts.get(Cue.IMMEDIATE, 0), 2) * 1.0 + (1.0 if counts.get(Cue.IMMEDIATE, 0) else 0.0)
    if any(hit.start < reading.subject_end for hit in reading.hits(Cue.IMMEDIATE)):
        score += 1.5
    if any(now - _SOON <= deadline.when <= now + _SOON for deadline in deadlines):
        score += 1.0
    if counts.get(Cue.ASK, 0):
        score += 1.0
    return score


def _calm(reading: Reading) -> float:
    counts = reading.counts
    return (
        3.0 * bool(counts.get(Cue.CALM, 0))
        + 1.5 * min(counts.get(Cue.RESOLVED, 0), 2)
        + 1.0 * bool(counts.get(Cue.PUBLICATION, 0))
        + 1.5 * is_robot(reading.visible.sender.address)
    )


def _is_plausible(reading: Reading, spam: float) -> bool:
    """Whether a real urgent matter would look like this: no lure, no sale, no subscription footer."""
    counts = reading.shown_counts
    credentials = max(counts.get(Cue.CREDENTIALS, 0), reading.counts.get(Cue.CREDENTIALS, 0))
    lures = credentials + max(counts.get(Cue.ADVANCE_FEE, 0), reading.counts.get(Cue.ADVANCE_FEE, 0))
    sells = counts.get(Cue.PROMOTION, 0) + 2 * counts.get(Cue.MARKETING_SPAM, 0) + 2 * counts.get(Cue.UNSUBSCRIBE, 0)
    return lures < 2 and sells < 4 and not (spam > 0.8 and lures + sells > 0)  # noqa: PLR2004 - points, measured
