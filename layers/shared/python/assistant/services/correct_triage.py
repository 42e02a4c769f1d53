"""Use case: the user says what a mail really was, and the next mails of that sender or list follow."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.decisions import Correction, Decision
from assistant.domain.errors import Conflict, Unavailable
from assistant.domain.senders import learned_category
from assistant.domain.triage.decision import Category
from assistant.domain.users import Identity
from assistant.ports.mail import DecisionStore, LearnedHistory
from assistant.ports.runtime import AuditTrail, Clock
from assistant.services.show_decision import known_decision

_ATTEMPTS = 3
_WORDS = {
    Category.URGENT_ACTION: "urgent",
    Category.IMPORTANT_READ: "important",
    Category.ROUTINE: "routine",
    Category.DELEGATE: "delegated",
    Category.ARCHIVE: "archived",
}


class FeedbackRequest(BaseModel):
    """The category the mail should have had."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    category: Category


class FeedbackResponse(BaseModel):
    """What was stored and what it changes; ``previous_category`` is an earlier correction this one replaces."""

    email_id: str
    category: Category
    decided_category: Category
    previous_category: Category | None
    learned: str


@dataclass(frozen=True, slots=True)
class FeedbackPorts:
    """The ports feedback needs."""

    decisions: DecisionStore
    history: LearnedHistory
    audit: AuditTrail
    clock: Clock


def correct_triage(
    email_id: str, request: FeedbackRequest, caller: Identity, *, ports: FeedbackPorts
) -> FeedbackResponse:
    """Store the correction; the same one again changes nothing, another one replaces it.

    Raises:
        NotFound: no decision about this mail is known, or it is forgotten.
        Conflict: the correction kept changing while this one was being stored.
        Unavailable: the store is down.
    """
    decision = known_decision(email_id, caller, decisions=ports.decisions)
    now = ports.clock.now()
    correction = Correction(email_id=email_id, category=request.category, corrected_at=now)
    earlier = _store(caller.user_id, decision, correction, ports.decisions)
    if earlier != request.category:
        ports.audit.record(audit_event(AuditAction.EMAIL_CORRECTED, caller, now, subject_id=email_id))
    return FeedbackResponse(
        email_id=email_id,
        category=request.category,
        decided_category=decision.category,
        previous_category=earlier if earlier != request.category else None,
        learned=_learned(caller.user_id, decision, request.category, ports.history),
    )


def _store(user_id: str, decision: Decision, correction: Correction, store: DecisionStore) -> Category | None:
    """Store the correction and return the one it replaces; optimistic, since two devices may correct at once."""
    for _ in range(_ATTEMPTS):
        earlier = store.correction(user_id, decision.email_id)
        if earlier == correction.category or store.correct(user_id, decision, correction, earlier=earlier):
            return earlier
    raise Conflict("This mail is being corrected elsewhere. Please try again.")


def _learned(user_id: str, decision: Decision, chosen: Category, history: LearnedHistory) -> str:
    if not decision.sender_keys:
        return "Noted for this mail. It names no sender or list to learn about."
    try:
        records = history.records(user_id, decision.sender_keys).values()
    except Unavailable:
        return "Noted. It counts from the next mail of this sender or list."
    word = _WORDS[chosen]
    if learned_category(decision.category, records) == chosen:
        return f"Noted. The next mail like this from this sender or list will be {word}; urgent mail still stands out."
    once_more = learned_category(decision.category, [record.corrected(chosen) for record in records]) == chosen
    corrections = "one more correction" if once_more else "more corrections"
    return f"Noted. With {corrections} like this, mail from this sender or list will be {word}."
