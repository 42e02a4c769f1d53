"""Use case: list what became of the mails of connected mailboxes."""

import re
from typing import Final, Self
from urllib.parse import quote

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from assistant.domain.errors import unknown_cursor
from assistant.domain.mailbox_sync import MailOutcome, Receipt
from assistant.domain.moments import Moment
from assistant.domain.triage.decision import Category, DecidedBy
from assistant.domain.users import Identity
from assistant.ports.mailbox_sync import Receipts
from assistant.services.matching_page import CHUNK, chunked, matching_page

_PLACE: Final = re.compile(r"\d{13}-[!-~]{1,900}")


class ReceiptQuery(BaseModel):
    """Which receipts are listed, and which page of them."""

    model_config = ConfigDict(frozen=True)

    connection_id: str | None = Field(default=None, max_length=64, description="Those of one connected account")
    outcome: MailOutcome | None = None
    since: Moment | None = Field(default=None, description="Those of mails noticed since then")
    limit: int = Field(default=50, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=920, description="The next_cursor of the page before")


class ReceiptView(BaseModel):
    """What became of one mail.

    ``received_at`` is None where the mail was gone before it was read. ``seconds`` is how long it waited for its
    decision since it arrived; ``decision`` is the address that says why. ``problem`` says why one failed.
    """

    connection_id: str
    message_id: str
    outcome: MailOutcome
    received_at: AwareDatetime | None
    noticed_at: AwareDatetime
    closed_at: AwareDatetime
    seconds: float | None
    category: Category | None
    decided_by: DecidedBy | None
    confidence: float | None
    decision: str | None
    problem: str | None

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """Return the view of a receipt."""
        decided = receipt.outcome is MailOutcome.DECIDED
        return cls(
            **receipt.model_dump(exclude={"user_id"}),
            seconds=receipt.seconds,
            decision=f"/api/v1/email/{quote(receipt.message_id, safe='')}/decision" if decided else None,
        )


class ReceiptList(BaseModel):
    """Receipts, those of the mails noticed last first; ``next_cursor`` asks for what follows."""

    user_id: str
    receipts: tuple[ReceiptView, ...]
    next_cursor: str | None = None


def list_receipts(user_id: str, wanted: ReceiptQuery, caller: Identity, *, receipts: Receipts) -> ReceiptList:
    """Return a page of receipts.

    Raises:
        Forbidden: they are of another user.
        InvalidRequest: the cursor is none of this list.
        Unavailable: the store is down.
    """
    caller.must_be(user_id)
    if wanted.cursor and not _PLACE.fullmatch(wanted.cursor):
        raise unknown_cursor("receipts")
    newest = chunked(
        lambda place: receipts.page(user_id, before=place, since=wanted.since, limit=CHUNK),
        lambda receipt: receipt.place,
        before=wanted.cursor,
    )
    page, last = matching_page(newest, lambda receipt: _matches(receipt, wanted), limit=wanted.limit)
    return ReceiptList(
        user_id=user_id,
        receipts=tuple(ReceiptView.of(receipt) for receipt in page),
        next_cursor=last.place if last else None,
    )


def _matches(receipt: Receipt, wanted: ReceiptQuery) -> bool:
    same_account = wanted.connection_id in (None, receipt.connection_id)
    return same_account and wanted.outcome in (None, receipt.outcome)
