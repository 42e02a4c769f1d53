"""The urgent guard: weighs severity, immediacy and plausibility of what was said.

It decides before every other stage, and neither bulk scores nor preferences nor corrections lower it.
Urgent words alone do not fire it, because phishing and advertising use them most.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from assistant.domain.triage.bulk import (
    CONVERSATION,
    SPAM,
    foreign_hosts,
    has_lookalike,
    is_automatic,
    is_discussion_list,
    is_reply,
    is_robot,
)
from assistant.domain.triage.cues import Cue, CueHit
from assistant.domain.triage.deadlines import Deadline
from assistant.domain.triage.lures import count_traps
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
_LIKELY_SPAM: Final = 0.6
# A state as monitoring puts it before what it watches: "[DOWN] shop", "CRITICAL: disk", "Alarm - pump 3".
_STATE: Final = r"(?:^|[\[(【|])\W*(?:{})(?:[:：]\s?\d+)?\s*(?:[\])】|:：*]|[-–—](?=\s))"
_BROKEN: Final = re.compile(
    _STATE.format(
        r"down|critical|firing|alarm|alert|problem|failed|failure|triggered|outage|emergency|sev-?[01]|p[01]|"
        r"caído|caída|crítico|alarma|en panne|panne|critique|alarme|ausfall|kritisch|störung|告警|报警|宕机|严重|故障"
    ),
    re.IGNORECASE,
)
_CLEARED: Final = re.compile(
    _STATE.format(
        r"up|ok|resolved|recover\w*|cleared|closed|restored|normal|resuelto|recuperado|résolu|rétabli|behoben|恢复|已恢复|已解决"
    ),
    re.IGNORECASE,
)
_MONITORS: Final = re.compile(r"alert|alarm|monitor|uptime|pager|incident|status|watch|health|ops", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Urgency:
    """``score`` in points; ``fired`` makes the mail urgent_action, ``hinted`` keeps its priority at 7 or more.

    ``lures`` counts phrases that ask for credentials or promise money, ``traps`` what is asked for on another's
    site; from two phrases or one trap on urgency counts for nothing.
    """

    score: float
    fired: bool
    hinted: bool
    lures: int
    traps: int
    hits: tuple[CueHit, ...]

    @property
    def suspect(self) -> bool:
        """Whether the mail carries enough lures to distrust it."""
        return self.lures >= _LURES or self.traps > 0


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
    cleared = reading.counts.get(Cue.RESOLVED, 0) > 0 or bool(_CLEARED.search(reading.visible.subject))
    if in_subject & set(SEVERE) and is_automatic(reading.visible.headers) and not cleared:
        # Monitoring needs no urgent words.
        score = max(score, _HINT_SCORE)
    alarms = not cleared and _is_alarm(reading, counts, in_subject)
    if alarms:
        score = max(score, _FIRE_SCORE)
    lures = _lures(reading)
    # People share passwords and links too.
    traps = count_traps(reading) if kinds[CONVERSATION] < _PERSONAL and foreign_hosts(reading) else 0
    plausible = lures < _LURES and not traps and (alarms or _is_plausible(reading, kinds, in_subject))
    threshold = _LIST_FIRE_SCORE if is_discussion_list(reading.visible.headers) else _FIRE_SCORE
    fired = plausible and score >= threshold
    hinted = fired or (plausible and score >= _HINT_SCORE and kinds[SPAM] < _LIKELY_SPAM)
    return Urgency(score, fired, hinted, lures, traps, hits)


def _is_alarm(reading: Reading, counts: Counter[Cue], in_subject: set[Cue]) -> bool:
    """Whether monitoring says that something is broken now: an outage and its state, or a monitor's own address."""
    headers, sender, shown = reading.visible.headers, reading.visible.sender, reading.shown_counts
    bulk = shown.get(Cue.PROMOTION, 0) + shown.get(Cue.UNSUBSCRIBE, 0) or "list-unsubscribe" in headers
    if not counts[Cue.OUTAGE] or bulk or reading.counts.get(Cue.CALM, 0):
        return False
    monitors = bool(_MONITORS.search(f"{sender.name} {sender.local_part}"))
    if _BROKEN.search(reading.visible.subject):
        return monitors or is_automatic(headers) or is_robot(sender.address)
    return monitors and Cue.OUTAGE in in_subject


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
