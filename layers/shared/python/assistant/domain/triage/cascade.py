"""The triage cascade: urgent guard, kind of mail, requests, corrections, preferences; sure or abstaining.

Order of authority: the urgent guard; the user's corrections; the user's preferences; the model. Nothing
lowers what the guard raised. What no stage is sure of becomes important_read with ``needs_review``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from assistant.domain.mail import Mail
from assistant.domain.preferences import EmailRules
from assistant.domain.senders import SenderRecord, attention, learned_category, sender_keys
from assistant.domain.triage.bulk import (
    BULK,
    CONVERSATION,
    SPAM,
    has_machine_marks,
    is_discussion_list,
    is_free_mail,
    is_robot,
    is_subscription,
    kind_features,
    kind_terms,
)
from assistant.domain.triage.cues import Cue
from assistant.domain.triage.deadlines import Deadline, find_deadlines
from assistant.domain.triage.decision import Category, DecidedBy, Evidence, TriagedEmail
from assistant.domain.triage.evidence import bulk_evidence, request_evidence, sender_evidence, urgency_evidence
from assistant.domain.triage.reading import Reading, read
from assistant.domain.triage.requests import Request, find_request
from assistant.domain.triage.urgency import Urgency, weigh_urgency
from assistant.domain.triage.weights import TriageWeights, shipped_weights
from assistant.domain.triage.wording import (
    TASKS,
    Ground,
    action_for_task,
    archive_action,
    delegate_action,
    reading_action,
    reading_minutes,
    reasoning,
    task_minutes,
)

# Calibrated probabilities from which a stage decides: what they cost is measured on unseen senders.
_SURE_MACHINE: Final = 0.7
_SURE_OF_COLLEAGUE: Final = 0.97
_SURE: Final = 0.9
_SPAM_SHARE: Final = 0.3
_ASKS: Final = 0.45
_DELEGABLE: Final = frozenset({Cue.MEETING, Cue.SEND, Cue.PAY})


@dataclass(frozen=True, slots=True)
class Findings:
    """What the stages found in one mail, before anyone decides."""

    reading: Reading
    features: Mapping[str, float]
    kinds: Mapping[str, float]
    deadlines: tuple[Deadline, ...]
    urgency: Urgency
    request: Request


@dataclass(frozen=True, slots=True)
class _Verdict:
    category: Category
    priority: int
    confidence: float
    grounds: tuple[Ground, ...]
    decided_by: DecidedBy = DecidedBy.CORE
    needs_review: bool = False


def triage_mail(
    mail: Mail,
    *,
    rules: EmailRules,
    records: Mapping[str, SenderRecord],
    now: datetime,
    zone: ZoneInfo,
    weights: TriageWeights | None = None,
) -> TriagedEmail:
    """Decide about one mail; never raises, whatever the mail holds.

    ``records`` maps sender keys to what corrections taught; ``now`` is aware. ``weights`` defaults to the
    shipped ones.
    """
    trained = weights or shipped_weights()
    findings = examine(mail, now=now, zone=zone, weights=trained)
    verdict = _core_verdict(findings, trained)
    verdict = _with_preferences(verdict, findings, rules)
    verdict = _with_corrections(verdict, findings, [records[key] for key in sender_keys(mail) if key in records])
    ahead = tuple(deadline for deadline in findings.deadlines if deadline.when > now)
    return _worded(mail, verdict, replace(findings, deadlines=ahead), rules, zone)


def examine(mail: Mail, *, now: datetime, zone: ZoneInfo, weights: TriageWeights) -> Findings:
    """Run every stage on ``mail`` without deciding."""
    reading = read(mail)
    features = kind_features(reading)
    kinds = weights.kind.probabilities(features, kind_terms(reading, weights.kind.buckets))
    deadlines = find_deadlines(reading.said, written_at=mail.received_at or now, zone=zone)
    urgency = weigh_urgency(reading, deadlines=deadlines, now=mail.received_at or now, kinds=kinds)
    request = find_request(reading, weights, deadline=bool(deadlines))
    return Findings(reading, features, kinds, deadlines, urgency, request)


def _core_verdict(findings: Findings, weights: TriageWeights) -> _Verdict:
    calibrate = weights.calibrations
    if findings.urgency.fired:
        confidence = calibrate["urgent"](findings.urgency.score)
        return _Verdict(Category.URGENT_ACTION, 9, confidence, (Ground.URGENT,))
    if impersonal := _impersonal_verdict(findings, weights):
        return impersonal
    if findings.urgency.hinted:
        return _abstention(findings, 7)
    sure = calibrate["request"](findings.request.probability)
    if sure >= _SURE and findings.kinds[CONVERSATION] >= _SURE:
        return _Verdict(Category.IMPORTANT_READ, 7 if findings.deadlines else 6, sure, (Ground.REQUEST,))
    return _abstention(findings, 6 if findings.request.probability >= _ASKS else 5)


def _impersonal_verdict(findings: Findings, weights: TriageWeights) -> _Verdict | None:
    """Return what to do with lures, bulk mail and list discussions; None for mail from person to person."""
    reading, calibrate = findings.reading, weights.calibrations
    spam, machine = findings.kinds[SPAM], findings.kinds[SPAM] + findings.kinds[BULK]
    lure = calibrate["lure"](findings.urgency.lures) if findings.urgency.suspect else 0.0
    if lure >= _SURE and not _is_colleague(reading):
        return _Verdict(Category.ARCHIVE, 1, lure, (Ground.SPAM,))
    sure = calibrate["machine"](machine)
    # Spam forges the reader's own domain, but to put a colleague's mail away takes more.
    needed = _SURE_OF_COLLEAGUE if _is_colleague(reading) else _SURE_MACHINE
    if sure >= needed and has_machine_marks(findings.features):
        # Bulk mail one cannot unsubscribe from is spam at less.
        if spam >= _SPAM_SHARE * machine and not is_subscription(reading):
            return _Verdict(Category.ARCHIVE, 1, sure, (Ground.SPAM,))
        return _Verdict(Category.ROUTINE, 3, sure, (Ground.BULK,))
    honest = 1 - calibrate["spam"](spam)
    if honest >= _SURE_MACHINE and is_discussion_list(reading.visible.headers):
        return _Verdict(Category.ROUTINE, 4, honest, (Ground.DISCUSSION,))
    return None


def _is_colleague(reading: Reading) -> bool:
    """Whether a person of the reader's own organization wrote the mail, by its addresses."""
    sender = reading.visible.sender
    same = bool(sender.domain) and any(box.domain == sender.domain for box in reading.visible.to)
    sent_by_machine = is_robot(sender.address) or reading.shown_counts.get(Cue.UNSUBSCRIBE, 0) > 0
    return same and not sent_by_machine and not is_free_mail(sender.domain)


def _abstention(findings: Findings, priority: int) -> _Verdict:
    asks = findings.request.probability >= _ASKS
    confidence = findings.kinds[CONVERSATION] * max(findings.request.probability, 1 - findings.request.probability)
    grounds = (Ground.UNSURE, Ground.REQUEST) if asks else (Ground.UNSURE,)
    return _Verdict(Category.IMPORTANT_READ, priority, min(confidence, _SURE), grounds, needs_review=True)


def _with_preferences(verdict: _Verdict, findings: Findings, rules: EmailRules) -> _Verdict:
    sender = findings.reading.visible.sender.address
    if verdict.category is Category.URGENT_ACTION:
        return verdict
    if sender in rules.priority_senders and not findings.urgency.suspect:
        urgent = findings.urgency.hinted
        category = Category.URGENT_ACTION if urgent else Category.IMPORTANT_READ
        grounds = (Ground.PRIORITY_SENDER, Ground.URGENT) if urgent else (Ground.PRIORITY_SENDER,)
        return _Verdict(category, 9 if urgent else 8, 1.0, grounds, DecidedBy.PREFERENCES)
    if rules.auto_archive_newsletters and verdict.grounds == (Ground.BULK,):
        return replace(verdict, category=Category.ARCHIVE, priority=2, decided_by=DecidedBy.PREFERENCES)
    if rules.delegate_to and _can_be_delegated(verdict, findings):
        return _Verdict(
            Category.DELEGATE,
            6,
            findings.request.probability,
            (Ground.DELEGATED, Ground.REQUEST),
            DecidedBy.PREFERENCES,
        )
    return verdict


def _can_be_delegated(verdict: _Verdict, findings: Findings) -> bool:
    return (
        Ground.REQUEST in verdict.grounds
        and not findings.urgency.hinted
        and not findings.urgency.suspect
        and findings.kinds[CONVERSATION] >= _SURE
        and _task(findings) in _DELEGABLE
    )


def _with_corrections(verdict: _Verdict, findings: Findings, records: list[SenderRecord]) -> _Verdict:
    if findings.urgency.fired:
        return verdict
    category = learned_category(verdict.category, records)
    if category is verdict.category and not (verdict.needs_review and _confirmed(category, records)):
        return verdict
    if attention(category) > attention(Category.IMPORTANT_READ) and findings.urgency.suspect:
        # The From address is easily forged: a lure gains nothing from the trust in its supposed sender.
        return _Verdict(Category.IMPORTANT_READ, 5, _ASKS, (Ground.CORRECTED, Ground.SPAM), needs_review=True)
    priority = _corrected_priority(category, verdict, findings)
    return _Verdict(category, priority, 1.0, (Ground.CORRECTED,), DecidedBy.CORRECTIONS)


def _confirmed(category: Category, records: list[SenderRecord]) -> bool:
    return any(record.corrections.get(category, 0) > 0 for record in records)


def _corrected_priority(category: Category, verdict: _Verdict, findings: Findings) -> int:
    lowest = {
        Category.ARCHIVE: 1,
        Category.ROUTINE: 3,
        Category.DELEGATE: 5,
        Category.IMPORTANT_READ: 6,
        Category.URGENT_ACTION: 9,
    }
    hinted = 7 if findings.urgency.hinted else 0
    same = verdict.priority if category is verdict.category else 0
    return max(lowest[category], hinted, same)


def _task(findings: Findings) -> Cue | None:
    """Return what the mail asks for: the task in the strongest request, else in the whole mail."""
    sentence = findings.request.sentence
    hits = findings.reading.hits(*TASKS)
    if sentence:
        inside = [hit.cue for hit in hits if sentence.start <= hit.start < sentence.end]
        if inside:
            return min(inside, key=TASKS.index)
    return min((hit.cue for hit in hits), key=TASKS.index, default=None)


def _worded(mail: Mail, verdict: _Verdict, findings: Findings, rules: EmailRules, zone: ZoneInfo) -> TriagedEmail:
    evidence = _evidence(verdict, findings)
    language = findings.reading.language
    action, minutes = _action(verdict, findings, rules, zone)
    return TriagedEmail(
        email_id=mail.id,
        category=verdict.category,
        priority_score=verdict.priority,
        suggested_action=action,
        estimated_time_minutes=minutes,
        reasoning=reasoning(verdict.grounds, evidence, language),
        confidence=round(min(max(verdict.confidence, 0.0), 1.0), 3),
        decided_by=verdict.decided_by,
        evidence=evidence,
        needs_review=verdict.needs_review,
    )


def _action(verdict: _Verdict, findings: Findings, rules: EmailRules, zone: ZoneInfo) -> tuple[str, int]:
    language = findings.reading.language
    if verdict.category is Category.ARCHIVE:
        return archive_action(language, suspect=findings.urgency.suspect), 0
    minutes = reading_minutes(len(findings.reading.tokens))
    if verdict.category is Category.ROUTINE:
        return reading_action(language, later=True), minutes
    urgent = verdict.category is Category.URGENT_ACTION
    asks = urgent or verdict.category is Category.DELEGATE or findings.request.probability >= _ASKS
    if not asks or findings.urgency.suspect:
        return reading_action(language, later=False), minutes
    task = _task(findings) or Cue.ANSWER
    due = findings.deadlines[0].when if findings.deadlines else None
    action = action_for_task(task, language, urgent=urgent, due=due, zone=zone)
    if verdict.category is Category.DELEGATE:
        return delegate_action(language, rules.delegate_to, action), 2
    return action, max(task_minutes(task), minutes)


def _evidence(verdict: _Verdict, findings: Findings) -> tuple[Evidence, ...]:
    reading = findings.reading
    found: list[Evidence] = []
    if Ground.URGENT in verdict.grounds or findings.urgency.hinted:
        found.extend(urgency_evidence(reading, findings.urgency.hits))
    if Ground.REQUEST in verdict.grounds:
        found.extend(request_evidence(reading, findings.request.sentence, findings.deadlines))
    if {Ground.BULK, Ground.SPAM, Ground.DISCUSSION} & set(verdict.grounds):
        found.extend(bulk_evidence(reading))
    if not found or {Ground.PRIORITY_SENDER, Ground.CORRECTED} & set(verdict.grounds):
        found.extend(sender_evidence(reading))
    return tuple(dict.fromkeys(found))
