"""Use case: bring the answers of ended Message Batches into the decisions, each exactly once.

An answer replaces the decision its ticket stands for in one transaction, so a second collector, or one that starts
over after a crash, finds nothing left to do. Money and metrics are booked by the one run that closes the batch.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.backlog import MOST_TRIES, BacklogBatch, DeferredMail
from assistant.domain.decisions import Decision
from assistant.domain.errors import Unavailable
from assistant.domain.llm import Fault, LlmTask, Rejected, Reply, Unanswered
from assistant.domain.triage.decision import TriagedEmail
from assistant.domain.triage.second_opinion import SecondOpinion, wants_second_opinion
from assistant.domain.users import Identity
from assistant.services.ask_claude import ANSWERED, Call, measure, settle, used
from assistant.services.submit_backlog import Asked, BacklogPorts, asked

# What a second batch may answer; a refusal stays one.
_WORTH_ANOTHER_BATCH: Final = frozenset({Fault.EXPIRED, Fault.FAILED, Fault.TRUNCATED, Fault.MALFORMED})


@dataclass(frozen=True, slots=True)
class Collection:
    """What one run did: batches closed or failed, and mails Claude decided, kept as the core left them, or put back."""

    closed: int = 0
    decided: int = 0
    kept: int = 0
    put_back: int = 0
    failed: int = 0

    def __add__(self, other: "Collection") -> "Collection":
        return Collection(
            self.closed + other.closed,
            self.decided + other.decided,
            self.kept + other.kept,
            self.put_back + other.put_back,
            self.failed + other.failed,
        )


def collect_backlog(ports: BacklogPorts) -> Collection:
    """Collect every batch that has ended, and give up on those that never will.

    A batch whose collection breaks off does not hold up the others; the next run goes on with it.

    Raises:
        Unavailable: the store is down.

    """
    done = Collection()
    for batch in ports.backlog.batches():
        try:
            done += _advance(batch, ports)
        except Unavailable:
            done += Collection(failed=1)
    return done


def _advance(batch: BacklogBatch, ports: BacklogPorts) -> Collection:
    lost = batch.is_lost(ports.claude.clock.now())
    try:
        if batch.provider_id and ports.batches.ended(batch.provider_id):
            return _collect(batch, batch.provider_id, ports)
    except Unavailable:
        # The provider keeps results for a while only: a batch this old is not waited for.
        if not lost:
            raise
    return _give_up(batch, ports) if lost else Collection()


def _collect(batch: BacklogBatch, provider_id: str, ports: BacklogPorts) -> Collection:
    known = {one.deferred.ticket: one for one in asked(batch.mails, ports)}
    mails = {one.ticket: one for one in batch.mails}
    calls: defaultdict[str, list[Call]] = defaultdict(list)
    done = Collection()
    for result in ports.batches.results(provider_id, SecondOpinion):
        deferred = mails.pop(result.id, None)
        if deferred is None:
            continue
        call, outcome = _outcome(result.outcome, deferred, known.get(deferred.ticket), ports)
        calls[deferred.user_id].append(call)
        done += outcome
    for left_out in mails.values():
        done += _again_or_keep(left_out, ports)
    return done + _close(batch, calls, ports)


def _outcome(
    outcome: Reply[SecondOpinion] | Unanswered, deferred: DeferredMail, one: Asked | None, ports: BacklogPorts
) -> tuple[Call, Collection]:
    """Return what is booked for one answer, and what became of its mail."""
    usage = used(outcome, LlmTask.TRIAGE, ports.claude.llm, batch=True)
    if isinstance(outcome, Unanswered):
        call = Call(outcome.fault.value, usage)
        again = outcome.fault in _WORTH_ANOTHER_BATCH
        return call, _again_or_keep(deferred, ports) if again else _keep(deferred, ports)
    if one is None:
        return Call("late", usage), _keep(deferred, ports)
    if not wants_second_opinion(one.case.core, one.case.findings):
        # Since then the user corrected the sender or changed the preferences: that is answer enough.
        return Call("overruled", usage), _apply(one, one.case.core, ports)
    try:
        triaged = one.question.accept(outcome.answer)
    except Rejected as rejected:
        return Call(rejected.reason, usage), _keep(deferred, ports)
    return Call(ANSWERED, usage), _apply(one, triaged, ports)


def _apply(one: Asked, triaged: TriagedEmail, ports: BacklogPorts) -> Collection:
    deferred = one.deferred
    if ports.decisions.correction(deferred.user_id, deferred.email_id):
        return _keep(deferred, ports)
    decision = Decision.of(triaged, one.case.mail, decided_at=ports.claude.clock.now())
    return Collection(decided=int(ports.backlog.apply(deferred, decision)))


def _again_or_keep(deferred: DeferredMail, ports: BacklogPorts) -> Collection:
    if deferred.tries + 1 >= MOST_TRIES:
        return _keep(deferred, ports)
    ports.backlog.again(deferred)
    return Collection(put_back=1)


def _keep(deferred: DeferredMail, ports: BacklogPorts) -> Collection:
    ports.backlog.keep(deferred)
    return Collection(kept=1)


def _give_up(batch: BacklogBatch, ports: BacklogPorts) -> Collection:
    """Put back the mails of a batch nobody will answer; its money stays put aside, since it may have been spent."""
    done = Collection()
    for deferred in batch.mails:
        done += _again_or_keep(deferred, ports)
    return replace(done, closed=int(ports.backlog.close(batch)))


def _close(batch: BacklogBatch, calls: dict[str, list[Call]], ports: BacklogPorts) -> Collection:
    if not ports.backlog.close(batch):
        return Collection()
    for reservation in batch.reservations:
        settle(reservation, calls.get(reservation.user_id, ()), ports.claude.spending)
    every: Sequence[Call] = [call for some in calls.values() for call in some]
    measure(LlmTask.TRIAGE, every, ports.claude.meter)
    now = ports.claude.clock.now()
    for user_id, some in calls.items():
        decided = sum(call.outcome == ANSWERED for call in some)
        caller = Identity(user_id, batch.id)
        ports.audit.record(audit_event(AuditAction.BACKLOG_DECIDED, caller, now, counts={"answered": decided}))
    return Collection(closed=1)
