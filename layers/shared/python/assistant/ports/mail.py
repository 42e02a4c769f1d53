"""Decisions about mail, what corrections taught, and the backlog of Claude."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from assistant.domain.backlog import BacklogBatch, DeferredMail
from assistant.domain.decisions import Correction, Decision
from assistant.domain.learning import Behaviour, LearnedRecord
from assistant.domain.mail import Mail
from assistant.domain.triage.decision import Category


class LearnedHistory(Protocol):
    """What the user's corrections and behaviour taught about senders, lists and topics, faded to the present."""

    def records(self, user_id: str, keys: Iterable[str]) -> Mapping[str, LearnedRecord]:
        """Return the records that exist among ``keys``."""
        ...

    def every_record(self, user_id: str) -> Sequence[LearnedRecord]:
        """Return all records of the user, in any order."""
        ...

    def forget_record(self, user_id: str, key: str) -> bool:
        """Forget all that was learned for this key; False when nothing was."""
        ...


class DecisionStore(Protocol):
    """Decisions and their corrections."""

    def save(self, user_id: str, decisions: Sequence[Decision]) -> None:
        """Store decisions; a later one about the same mail replaces the earlier."""
        ...

    def find(self, user_id: str, email_id: str) -> Decision | None:
        """Return the decision unless it is unknown or forgotten."""
        ...

    def correction(self, user_id: str, email_id: str) -> Category | None:
        """Return the category the user last chose for this mail, if any."""
        ...

    def correct(self, user_id: str, decision: Decision, correction: Correction, *, earlier: Category | None) -> bool:
        """Store the correction and let it count for sender, list and topics in place of ``earlier``, all or nothing.

        False when the stored correction is no longer ``earlier``.
        """
        ...


class BehaviourStore(Protocol):
    """What the user did with mails, once a mail, kept as long as its decision."""

    def behaviour(self, user_id: str, email_id: str) -> Behaviour | None:
        """Return the behaviour that counts for this mail, if any."""
        ...

    def behave(
        self, user_id: str, decision: Decision, behaviour: Behaviour, *, at: datetime, earlier: Behaviour | None
    ) -> bool:
        """Store the behaviour and let it count for sender, list and topics in place of ``earlier``, all or nothing.

        False when the stored behaviour is no longer ``earlier``.
        """
        ...


class Backlog(Protocol):
    """Mails that wait for a Message Batch, each decided at most once; a mail is forgotten after 48 hours."""

    def defer(self, user_id: str, mails: Mapping[str, Mail], *, now: datetime) -> frozenset[str]:
        """Keep mails by ticket, encrypted at rest; return the tickets taken (a mail too large for an item is not)."""
        ...

    def waiting(self, limit: int) -> Sequence[DeferredMail]:
        """Return the mails no batch has taken, oldest first."""
        ...

    def mails(self, deferred: Sequence[DeferredMail]) -> Mapping[str, Mail]:
        """Return by ticket the mails that are still kept."""
        ...

    def claim(self, batch: BacklogBatch) -> bool:
        """Take the batch's mails out of the queue and store the batch, all or nothing; False: another took one."""
        ...

    def submitted(self, batch: BacklogBatch, provider_id: str) -> None:
        """Note under which id the provider works on the batch."""
        ...

    def release(self, batch: BacklogBatch) -> None:
        """Undo a claim whose batch was never submitted."""
        ...

    def batches(self) -> Sequence[BacklogBatch]:
        """Return the batches that are not closed."""
        ...

    def apply(self, deferred: DeferredMail, decision: Decision) -> bool:
        """Replace the decision the ticket stands for and forget the mail, all or nothing.

        False when that was done before, the mail was triaged again, or the user corrected it.
        """
        ...

    def keep(self, deferred: DeferredMail) -> None:
        """Make the stored decision final and forget the mail."""
        ...

    def again(self, deferred: DeferredMail) -> None:
        """Put the mail back into the queue, once for each try."""
        ...

    def close(self, batch: BacklogBatch) -> bool:
        """Forget the batch; True for the one caller that did."""
        ...
