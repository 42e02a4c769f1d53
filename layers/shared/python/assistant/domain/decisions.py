"""Decisions kept so that a later correction finds what it corrects, and the corrections themselves."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from assistant.domain.mail import Mail
from assistant.domain.senders import sender_keys
from assistant.domain.topics import topics_of
from assistant.domain.triage.decision import Category, DecidedBy, TriagedEmail

KEPT_FOR = timedelta(days=90)
# A deferred decision that nobody changed by then stays what it is.
DEFERRED_FOR = timedelta(hours=48)


class DecisionState(StrEnum):
    """Whether Claude will still look at the mail."""

    FINAL = "final"
    DEFERRED = "deferred"


class Decision(BaseModel):
    """What was decided about one mail; of its text the telling words of the subject alone.

    ``sender_keys`` and ``topics`` name the records a correction updates.
    ``ticket`` is set while the mail waits for Claude; only who holds it may replace the decision.
    """

    model_config = ConfigDict(frozen=True)

    email_id: str
    category: Category
    sender_keys: tuple[str, ...]
    topics: tuple[str, ...] = ()
    decided_at: AwareDatetime
    priority_score: int | None = None
    suggested_action: str | None = None
    estimated_time_minutes: int | None = None
    confidence: float | None = None
    decided_by: DecidedBy | None = None
    needs_review: bool = False
    ticket: str | None = None

    @classmethod
    def of(cls, triaged: TriagedEmail, mail: Mail, *, decided_at: datetime, ticket: str | None = None) -> Self:
        """Return what is kept of a decision about a mail."""
        return cls(
            email_id=triaged.email_id,
            category=triaged.category,
            sender_keys=sender_keys(mail),
            topics=tuple(topic.word for topic in topics_of(mail)),
            decided_at=decided_at,
            priority_score=triaged.priority_score,
            suggested_action=triaged.suggested_action,
            estimated_time_minutes=triaged.estimated_time_minutes,
            confidence=triaged.confidence,
            decided_by=triaged.decided_by,
            needs_review=triaged.needs_review,
            ticket=ticket,
        )

    def state(self, now: datetime) -> DecisionState:
        """Return whether the decision may still change."""
        waits = self.ticket is not None and now < self.decided_at + DEFERRED_FOR
        return DecisionState.DEFERRED if waits else DecisionState.FINAL

    @property
    def expires_at(self) -> datetime:
        """When the decision is forgotten."""
        return self.decided_at + KEPT_FOR


class Correction(BaseModel):
    """The category the user chose for one mail."""

    model_config = ConfigDict(frozen=True)

    email_id: str
    category: Category
    corrected_at: AwareDatetime
