"""Mails that wait for a Message Batch: half the price, within a day."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from assistant.domain.spending import Reservation

# A mail is handed to at most so many batches; after the last one the core's decision stays.
MOST_TRIES = 2
# A batch whose id was never noted is taken for lost, and one the provider should have ended by now.
LOST_AFTER = timedelta(hours=1)
OVERDUE_AFTER = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class DeferredMail:
    """One mail that waits, without its text; ``tries`` counts the batches it was in before."""

    ticket: str
    user_id: str
    email_id: str
    deferred_at: datetime
    tries: int = 0


@dataclass(frozen=True, slots=True)
class BacklogBatch:
    """Mails handed over together and the money put aside for them; ``provider_id`` is None until that id is noted."""

    id: str
    created_at: datetime
    mails: tuple[DeferredMail, ...]
    reservations: tuple[Reservation, ...]
    provider_id: str | None = None

    def is_lost(self, now: datetime) -> bool:
        """Whether no result can come any more."""
        patience = OVERDUE_AFTER if self.provider_id else LOST_AFTER
        return now - self.created_at > patience
