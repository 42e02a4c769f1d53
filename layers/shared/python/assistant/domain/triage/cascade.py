"""The triage cascade: urgent guard, kind of mail, requests, topics, preferences, corrections; sure or abstaining.

Order of authority: the urgent guard; what was learned about the sender; the user's preferences; what was learned
about the topic; the model. Nothing lowers what the guard raised. What no stage is sure of becomes important_read
with ``needs_review``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from assistant.domain.learning import LearnedRecord
from assistant.domain.mail import Mail
from assistant.domain.preferences import EmailRules
from assistant.domain.senders import attention, learned_category, sender_keys
from assistant.domain.topics import Topic, leaning, place_of, topics_of
from assistant.domain.triage.bulk import (
    BULK,
    CONVERSATION,
    KIND_FEATURES,
    MARKS_TO_DECIDE,
    SPAM,
    automation_marks,
    has_machine_marks,
    is_automatic,
    is_discussion_list,
    is_faceless,
    is_free_mail,
    is_robot,
    is_subscription,
    kind_features,
    kind_terms,
)
from assistant.domain.triage.cues import Cue
from assistant.domain.triage.deadlines import Deadline, find_deadlines
from assistant.domain.triage.decision import Category, DecidedBy, Evidence, TriagedEmail
from assistant.domain.triage.evidence import (
    bulk_evidence,
    request_evidence,
    sender_evidence,
    topic_evidence,
    urgency_evidence,
)
from assistant.domain.triage.reading import Reading, read
from assistant.domain.triage.requests import REQUEST_FEATURES, SENTENCE_FEATURES, Request, find_request
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
_SURE_MACHINE: Final = 0.55
_MACHINE_UNDER_A_NAME: Final = 0.6
_SURE_OF_DISCUSSION: Final = 0.7
_SURE_OF_COLLEAGUE: Final = 0.97
_SURE: Final = 0.9
_SPAM_SHARE: Final = 0.12
_SPAM_SHARE_OF_SUBSCRIPTION: Final = 0.8
ASKS: Final = 0.45
CLEAR_REQUEST: Final = 0.8
_PERSONAL: Final = 0.5
# The least priority of what the user taught or said, by category.
_LOWEST: Final[Mapping[Category, int]] = {
    Category.ARCHIVE: 1,
    Category.ROUTINE: 3,
    Category.DELEGATE: 5,
    Category.IMPORTANT_READ: 6,
    Category.URGENT_ACTION: 9,
}
_LURE_CUES: Final = frozenset({Cue.CREDENTIALS, Cue.ADVANCE_FEE, Cue.MARKETING_SPAM})
DELEGABLE: Final = frozenset({Cue.MEETING, Cue.SEND, Cue.PAY})


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
class Reader:
    """The reader at the moment of deciding: rules, what they taught by key, aware time, time zone."""

    rules: EmailRules
    records: Mapping[str, LearnedRecord]
    now: datetime
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class _Verdict:
    category: Category
    priority: int
    confidence: float
    grounds: tuple[Ground, ...]
    decided_by: DecidedBy = DecidedBy.CORE
    needs_review: bool = False
    # Where in the subject its topic stands.
    topic: tuple[int, int] | None = None


def triage_mail(
    mail: Mail,
    *,
    rules: EmailRules,
    records: Mapping[str, LearnedRecord],
    now: datetime,
    zone: ZoneInfo,
    weights: TriageWeights | None = None,
) -> TriagedEmail:
    """Decide about one mail; never raises, whatever the mail holds.

    ``records`` maps sender keys to what corrections taught; ``now`` is aware. ``weights`` defaults to the
    shipped ones.
    """
    trained = weights or checked_weights()
    findings = examine(mail, now=now, zone=zone, weights=trained)
    return decide(mail, findings, Reader(rules, records, now, zone), weights=trained)


def decide(mail: Mail, findings: Findings, reader: Reader, *, weights: TriageWeights) -> TriagedEmail:
    """Decide about a mail that was examined."""
    return _concluded(mail, _core_verdict(findings, weights), findings, reader)


def overruled(
    mail: Mail, findings: Findings, reader: Reader, *, category: Category, priority: int, grounds: tuple[Ground, ...]
) -> TriagedEmail | None:
    """Return what the user's preferences and corrections make of Claude's verdict; None where they let it stand."""
    given = _Verdict(category, priority, 0.0, grounds, DecidedBy.CLAUDE)
    concluded = _concluded(mail, given, findings, reader)
    return None if concluded.decided_by is DecidedBy.CLAUDE else concluded


def _concluded(mail: Mail, verdict: _Verdict, findings: Findings, reader: Reader) -> TriagedEmail:
    records = [reader.records[key] for key in sender_keys(mail) if key in reader.records]
    verdict = _with_preferences(verdict, findings, reader.rules)
    # What was learned about a sender is surer than what was learned about a word.
    if verdict.decided_by is not DecidedBy.PREFERENCES and not any(record.speaks for record in records):
        verdict = _with_topics(verdict, findings, topics_of(mail), reader.records)
    verdict = _with_corrections(verdict, findings, records)
    ahead = tuple(deadline for deadline in findings.deadlines if deadline.when > reader.now)
    return _worded(mail, verdict, replace(findings, deadlines=ahead), reader.rules, reader.zone)


@cache
def checked_weights() -> TriageWeights:
    """Return the shipped weights; raises ValueError when they belong to another version of the engine."""
    weights = shipped_weights()
    require_features(weights)
    return weights


def require_features(weights: TriageWeights) -> None:
    """Raise ValueError when the weights were trained on other features than the engine computes."""
    expected = {"kind": KIND_FEATURES, "sentence": SENTENCE_FEATURES, "request": REQUEST_FEATURES}
    for name, features in expected.items():
        if getattr(weights, name).features != features:
            raise ValueError(f"the {name} model knows other features than the engine: train the weights again")


def examine(mail: Mail, *, now: datetime, zone: ZoneInfo, weights: TriageWeights) -> Findings:
    """Run every stage on ``mail`` without deciding."""
    reading = read(mail)
    features = kind_features(reading)
    kinds = weights.kind.probabilities(features, kind_terms(reading, weights.kind.buckets))
    deadlines = find_deadlines(reading.said, written_at=mail.received_at or now, zone=zone)
    urgency = weigh_urgency(reading, deadlines=deadlines, now=mail.received_at or now, kinds=kinds)
    request = find_request(reading, weights, deadline=bool(deadlines))
    return Findings(reading, features, kinds, deadlines, urgency, request)


def personal_request(kinds: Mapping[str, float], asks: float) -> float:
    """Score from 0 to 1: a request in a mail that a person surely wrote."""
    return asks if kinds[CONVERSATION] >= _SURE else 0.0


def _core_verdict(findings: Findings, weights: TriageWeights) -> _Verdict:
    calibrate = weights.calibrations
    if findings.urgency.fired:
        confidence = calibrate["urgent"](findings.urgency.score)
        return _Verdict(Category.URGENT_ACTION, 9, confidence, (Ground.URGENT,))
    if impersonal := _impersonal_verdict(findings, weights):
        return impersonal
    if findings.urgency.hinted:
        return _abstention(findings, 7)
    asks = personal_request(findings.kinds, findings.request.probability)
    sure = calibrate["person"](asks)
    sells = findings.reading.shown_counts.get(Cue.MARKETING_SPAM, 0)
    if asks >= CLEAR_REQUEST and sure >= _SURE and not findings.urgency.lures and not sells:
        return _Verdict(Category.IMPORTANT_READ, 7 if findings.deadlines else 6, sure, (Ground.REQUEST,))
    return _abstention(findings, 6 if findings.request.probability >= ASKS else 5)


def _impersonal_verdict(findings: Findings, weights: TriageWeights) -> _Verdict | None:
    """Return what to do with lures, bulk mail and list discussions; None for mail from person to person."""
    reading, calibrate = findings.reading, weights.calibrations
    spam, machine = findings.kinds[SPAM], findings.kinds[SPAM] + findings.kinds[BULK]
    lure = calibrate["lure"](findings.urgency.lures) if findings.urgency.suspect else 0.0
    if lure >= _SURE and not is_colleague(findings):
        return _Verdict(Category.ARCHIVE, 1, lure, (Ground.SPAM,))
    sure = calibrate["machine"](machine)
    if (marks := _certain_marks(findings)) and not findings.urgency.suspect:
        return _Verdict(Category.ROUTINE, 3, max(sure, calibrate["marks"](marks)), (Ground.BULK,))
    # Spam forges the reader's own domain, but to put a colleague's mail away takes more.
    needed = _SURE_OF_COLLEAGUE if is_colleague(findings) else _SURE_MACHINE
    marked = has_machine_marks(findings.features, faceless=machine >= _SURE and is_faceless(findings.features))
    # An address that holds its owner's name is likely a person's.
    unnamed = findings.urgency.traps > 0 or not findings.features["named_address"]
    likely = unnamed or machine >= _MACHINE_UNDER_A_NAME
    if sure >= needed and likely and marked and not _may_need_an_answer(findings):
        # Bulk mail one cannot unsubscribe from is spam at less.
        needed_share = _SPAM_SHARE_OF_SUBSCRIPTION if is_subscription(reading) else _SPAM_SHARE
        if spam >= needed_share * machine:
            # The words of a lure are shown as the reason; without any the mail was merely sent to many.
            ground = Ground.SPAM if reading.shown_counts.keys() & _LURE_CUES else Ground.BULK
            return _Verdict(Category.ARCHIVE, 1, sure, (ground,))
        return _Verdict(Category.ROUTINE, 3, sure, (Ground.BULK,))
    honest = 1 - calibrate["spam"](spam)
    if honest >= _SURE_OF_DISCUSSION and is_discussion_list(reading.visible.headers):
        return _Verdict(Category.ROUTINE, 4, honest, (Ground.DISCUSSION,))
    return None


def _certain_marks(findings: Findings) -> int:
    """Return the number of marks of automation where they decide by themselves, else 0.

    A campaign says so in its headers and its footer; a request in it goes to everybody. A notice must ask
    nothing, since a program may well ask its reader to approve something.
    """
    reading = findings.reading
    marks = automation_marks(reading)
    campaign = "list-unsubscribe" in reading.visible.headers and reading.shown_counts.get(Cue.UNSUBSCRIBE, 0) > 0
    sells_spam = findings.kinds[SPAM] >= _PERSONAL or reading.shown_counts.get(Cue.MARKETING_SPAM, 0) > 1
    if is_discussion_list(reading.visible.headers) or sells_spam or not (campaign or marks >= MARKS_TO_DECIDE):
        return 0
    # What surely no person wrote must ask clearly: "you need not do anything" resembles a request.
    least = ASKS if findings.kinds[CONVERSATION] > 1 - _SURE else CLEAR_REQUEST
    asks = findings.request.probability >= least or findings.urgency.hinted
    return marks if campaign or not asks else 0


def _may_need_an_answer(findings: Findings) -> bool:
    """Whether a colleague asks for something, or a program of the reader's own world does or reports a failure."""
    reading = findings.reading
    asks = findings.request.probability >= CLEAR_REQUEST
    if asks and is_colleague(findings) and not reading.shown_counts.keys() & _LURE_CUES:
        return True
    footer = reading.shown_counts.get(Cue.UNSUBSCRIBE, 0) or "list-unsubscribe" in reading.visible.headers
    sells = reading.shown_counts.get(Cue.PROMOTION, 0) or findings.kinds[SPAM] >= _SPAM_SHARE
    if footer or sells or not is_automatic(reading.visible.headers):
        return False
    return asks or findings.urgency.hinted


def is_colleague(findings: Findings) -> bool:
    """Whether a person of the reader's own organization wrote the mail, by its addresses.

    A forged From shows in answers or bounces that go elsewhere, or in a lure that reads like spam.
    """
    reading, features = findings.reading, findings.features
    forged = features["return_path_differs"] or features["reply_to_differs"]
    if forged or (findings.urgency.suspect and findings.kinds[SPAM] >= _PERSONAL):
        return False
    sender = reading.visible.sender
    same = bool(sender.domain) and any(box.domain == sender.domain for box in reading.visible.to)
    sent_by_machine = is_robot(sender.address) or reading.shown_counts.get(Cue.UNSUBSCRIBE, 0) > 0
    return same and not sent_by_machine and not is_free_mail(sender.domain)


def is_clear_request(findings: Findings) -> bool:
    """Whether a person clearly asks something of the reader."""
    return findings.kinds[CONVERSATION] >= _SURE and findings.request.probability >= CLEAR_REQUEST


def _abstention(findings: Findings, priority: int) -> _Verdict:
    asks = findings.request.probability >= ASKS
    confidence = findings.kinds[CONVERSATION] * max(findings.request.probability, 1 - findings.request.probability)
    unsure = Ground.UNSURE_PERSON if findings.kinds[CONVERSATION] >= _SURE else Ground.UNSURE
    grounds = (unsure, Ground.REQUEST) if asks else (unsure,)
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
    if stated := _with_stated_topics(verdict, findings, rules):
        return stated
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


def _with_stated_topics(verdict: _Verdict, findings: Findings, rules: EmailRules) -> _Verdict | None:
    """Return what the user's priority and muted topics make of the verdict; None where they say nothing about it."""
    subject = findings.reading.visible.subject
    for topics, category, ground in (
        (rules.priority_topics, Category.IMPORTANT_READ, Ground.PRIORITY_TOPIC),
        (rules.muted_topics, Category.ROUTINE, Ground.MUTED_TOPIC),
    ):
        places = (place_of(topic, subject) for topic in topics)
        place = next((place for place in places if place), None)
        raises = attention(category) >= attention(verdict.category)
        if place and raises is (category is Category.IMPORTANT_READ) and _may_move(verdict, findings, category):
            priority = _corrected_priority(category, verdict, findings)
            return _Verdict(category, priority, 1.0, (ground,), DecidedBy.PREFERENCES, topic=place)
    return None


def _may_move(verdict: _Verdict, findings: Findings, to: Category) -> bool:
    """Whether the words of a subject, which anybody may write, are enough to give the mail this category.

    Nothing that may be urgent is moved, no lure raised, and nothing put away that a person clearly asks for.
    """
    if findings.urgency.hinted or verdict.category is Category.URGENT_ACTION:
        return False
    if attention(to) < attention(verdict.category):
        return not is_clear_request(findings)
    return not findings.urgency.suspect and Ground.SPAM not in verdict.grounds


def _can_be_delegated(verdict: _Verdict, findings: Findings) -> bool:
    return (
        Ground.REQUEST in verdict.grounds
        and not findings.urgency.hinted
        and not findings.urgency.suspect
        and findings.kinds[CONVERSATION] >= _SURE
        and requested_task(findings) in DELEGABLE
    )


def _with_topics(
    verdict: _Verdict, findings: Findings, topics: Sequence[Topic], records: Mapping[str, LearnedRecord]
) -> _Verdict:
    lean = leaning(records[topic.key] for topic in topics if topic.key in records)
    category = lean.of(verdict.category)
    confirmed = lean.raises and verdict.needs_review
    if not (category is not verdict.category or confirmed) or not _may_move(verdict, findings, category):
        return verdict
    priority = _corrected_priority(category, verdict, findings)
    place = next((topic.start, topic.end) for topic in topics if topic.key == lean.key)
    return _Verdict(category, priority, lean.confidence, (Ground.TOPIC,), DecidedBy.CORRECTIONS, topic=place)


def _with_corrections(verdict: _Verdict, findings: Findings, records: list[LearnedRecord]) -> _Verdict:
    if findings.urgency.fired:
        return verdict
    category = learned_category(verdict.category, records)
    confirmed = any(record.confirms(category) for record in records)
    if category is verdict.category and not (verdict.needs_review and confirmed):
        return verdict
    if attention(category) > attention(Category.IMPORTANT_READ) and findings.urgency.suspect:
        # The From address is easily forged: a lure gains nothing from the trust in its supposed sender.
        return _Verdict(Category.IMPORTANT_READ, 5, ASKS, (Ground.CORRECTED, Ground.SPAM), needs_review=True)
    priority = _corrected_priority(category, verdict, findings)
    return _Verdict(category, priority, 1.0, (Ground.CORRECTED,), DecidedBy.CORRECTIONS)


def _corrected_priority(category: Category, verdict: _Verdict, findings: Findings) -> int:
    hinted = 7 if findings.urgency.hinted else 0
    same = verdict.priority if category is verdict.category else 0
    return max(_LOWEST[category], hinted, same)


def requested_task(findings: Findings) -> Cue | None:
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
    asks = urgent or verdict.category is Category.DELEGATE or findings.request.probability >= ASKS
    if not asks or findings.urgency.suspect:
        return reading_action(language, later=False), minutes
    task = requested_task(findings) or Cue.ANSWER
    due = findings.deadlines[0].when if findings.deadlines else None
    action = action_for_task(task, language, urgent=urgent, due=due, zone=zone)
    if verdict.category is Category.DELEGATE:
        return delegate_action(language, rules.delegate_to, action), 2
    return action, max(task_minutes(task), minutes)


def _evidence(verdict: _Verdict, findings: Findings) -> tuple[Evidence, ...]:
    reading = findings.reading
    found: list[Evidence] = []
    if verdict.topic:
        found.append(topic_evidence(reading, *verdict.topic))
    if Ground.URGENT in verdict.grounds or findings.urgency.hinted:
        found.extend(urgency_evidence(reading, findings.urgency.hits))
    if Ground.REQUEST in verdict.grounds:
        found.extend(request_evidence(reading, findings.request.sentence, findings.deadlines))
    if {Ground.BULK, Ground.SPAM, Ground.DISCUSSION} & set(verdict.grounds):
        found.extend(bulk_evidence(reading))
    if not found or {Ground.PRIORITY_SENDER, Ground.CORRECTED} & set(verdict.grounds):
        found.extend(sender_evidence(reading))
    return tuple(dict.fromkeys(found))
