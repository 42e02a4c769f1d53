"""Use case: show what is decided about a mail, and whether Claude will still look at it."""

from pydantic import AwareDatetime, BaseModel

from assistant.domain.decisions import Decision, DecisionState
from assistant.domain.errors import NotFound
from assistant.domain.triage.decision import Category, DecidedBy
from assistant.domain.users import Identity
from assistant.ports.mail import DecisionStore
from assistant.ports.runtime import Clock


class DecisionView(BaseModel):
    """The decision as it stands; ``corrected_to`` is what the user made of it since, which is final.

    What needs the mail's own words is not kept. Decisions older than these fields have none of them.
    """

    email_id: str
    state: DecisionState
    category: Category
    corrected_to: Category | None
    priority_score: int | None
    suggested_action: str | None
    estimated_time_minutes: int | None
    confidence: float | None
    decided_by: DecidedBy | None
    needs_review: bool
    decided_at: AwareDatetime


def show_decision(email_id: str, caller: Identity, *, decisions: DecisionStore, clock: Clock) -> DecisionView:
    """Return the caller's decision about the mail.

    Raises:
        NotFound: no decision about this mail is known, or it is forgotten.
        Unavailable: the store is down.

    """
    decision = known_decision(email_id, caller, decisions=decisions)
    corrected_to = decisions.correction(caller.user_id, email_id)
    return DecisionView(
        **decision.model_dump(exclude={"sender_keys", "topics", "ticket"}),
        state=DecisionState.FINAL if corrected_to else decision.state(clock.now()),
        corrected_to=corrected_to,
    )


def known_decision(email_id: str, caller: Identity, *, decisions: DecisionStore) -> Decision:
    """Return the caller's decision about the mail as it is kept.

    Raises:
        NotFound: no decision about this mail is known, or it is forgotten.
        Unavailable: the store is down.

    """
    decision = decisions.find(caller.user_id, email_id)
    if decision is None:
        raise NotFound("No decision about this mail is known. Decisions are kept for 90 days.")
    return decision
