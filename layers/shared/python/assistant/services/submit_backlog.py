"""Use case: hand deferred mails to a Message Batch, at half the price of asking now."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched, chain
from typing import Final
from uuid import uuid4

from assistant.domain.backlog import BacklogBatch, DeferredMail
from assistant.domain.errors import Unavailable
from assistant.domain.mail import Mail
from assistant.domain.spending import Reservation
from assistant.domain.topics import lesson_keys
from assistant.domain.triage.decision import TriagedEmail
from assistant.domain.triage.second_opinion import Case, SecondOpinion
from assistant.ports.claude import LlmBatches
from assistant.ports.mail import Backlog, DecisionStore, LearnedHistory
from assistant.ports.runtime import AuditTrail
from assistant.ports.users import PreferenceStore
from assistant.services.ask_claude import ClaudePorts, Question, settle
from assistant.services.second_opinions import examined, reader_with, triage_question

# A transaction takes 100 items: the batch and its mails.
LARGEST_BATCH: Final = 90
_MOST_A_RUN: Final = 3_000
_BATCH_PRICE_DIVISOR: Final = 2


@dataclass(frozen=True, slots=True)
class BacklogPorts:
    """The ports the backlog needs."""

    backlog: Backlog
    batches: LlmBatches
    preferences: PreferenceStore
    history: LearnedHistory
    decisions: DecisionStore
    audit: AuditTrail
    claude: ClaudePorts


@dataclass(frozen=True, slots=True)
class Asked:
    """One deferred mail, examined again, with the question about it."""

    deferred: DeferredMail
    case: Case
    question: Question[SecondOpinion, TriagedEmail]


@dataclass(frozen=True, slots=True)
class Submission:
    """What one run did, in mails; what was ``left`` waits for the next run."""

    submitted: int
    left: int


def submit_backlog(ports: BacklogPorts) -> Submission:
    """Submit what waits and fits under the caps.

    Raises:
        Unavailable: the store or the provider is down; what was claimed and not submitted is back in the queue.

    """
    if not ports.claude.llm.available():
        return Submission(0, 0)
    waiting = ports.backlog.waiting(_MOST_A_RUN)
    capped: set[str] = set()
    affordable = (one for one in waiting if one.user_id not in capped)
    submitted = sum(_submit(some, capped, ports) for some in batched(affordable, LARGEST_BATCH, strict=False))
    return Submission(submitted, len(waiting) - submitted)


def by_user(deferred: Iterable[DeferredMail]) -> Mapping[str, Sequence[DeferredMail]]:
    """Return the mails of each user."""
    grouped: defaultdict[str, list[DeferredMail]] = defaultdict(list)
    for one in deferred:
        grouped[one.user_id].append(one)
    return grouped


def asked(deferred: Sequence[DeferredMail], ports: BacklogPorts) -> Iterator[Asked]:
    """Yield the mails still kept, examined with what each user wants and taught by now; raises Unavailable."""
    kept = ports.backlog.mails(deferred)
    for user_id, some in by_user(one for one in deferred if one.ticket in kept).items():
        yield from _asked_of(user_id, some, kept, ports)


def _asked_of(
    user_id: str, deferred: Sequence[DeferredMail], kept: Mapping[str, Mail], ports: BacklogPorts
) -> Iterator[Asked]:
    preferences = ports.preferences.read(user_id).preferences
    keys = set(chain.from_iterable(lesson_keys(kept[one.ticket]) for one in deferred))
    reader = reader_with(preferences, ports.history.records(user_id, keys), ports.claude.clock.now())
    for one in deferred:
        case = examined(kept[one.ticket], reader)
        yield Asked(one, case, triage_question(case, preferences, reader))


def _submit(waiting: Sequence[DeferredMail], capped: set[str], ports: BacklogPorts) -> int:
    """Submit one batch, add to ``capped`` the users who can afford no more, and return how many mails it has."""
    everything = {one.deferred.ticket: one for one in asked(waiting, ports)}
    reservations: list[Reservation] = []
    granted: list[Asked] = []
    for user_id, some in by_user(one.deferred for one in everything.values()).items():
        questions = [everything[one.ticket] for one in some]
        reservation = _reserve(user_id, questions, ports.claude)
        granted += questions[: reservation.calls]
        reservations += [reservation] if reservation.calls else []
        if reservation.calls < len(questions):
            capped.add(user_id)
    if not granted:
        return 0
    now = ports.claude.clock.now()
    batch = BacklogBatch(uuid4().hex, now, tuple(one.deferred for one in granted), tuple(reservations))
    if not ports.backlog.claim(batch):
        _give_back(batch, ports)
        return 0
    try:
        provider_id = ports.batches.submit({one.deferred.ticket: one.question.prompt for one in granted})
    except Unavailable:
        ports.backlog.release(batch)
        _give_back(batch, ports)
        raise
    ports.backlog.submitted(batch, provider_id)
    return len(granted)


def _reserve(user_id: str, questions: Sequence[Asked], claude: ClaudePorts) -> Reservation:
    worst = max(claude.llm.worst_cost(one.question.prompt) for one in questions)
    each = -(-worst // _BATCH_PRICE_DIVISOR)
    return claude.spending.reserve(user_id, claude.clock.now().date(), calls=len(questions), nanodollars_each=each)


def _give_back(batch: BacklogBatch, ports: BacklogPorts) -> None:
    for reservation in batch.reservations:
        settle(reservation, (), ports.claude.spending)
