"""A mail as the assistant sees it (RFC 5322 terms)."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class Mail(BaseModel):
    """One received mail.

    ``headers`` has lower-case names (RFC 5322 field names). ``received_at`` is aware, UTC; None when
    the sender gave none that can be read. ``body`` is text/plain, ``html`` is text/html.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    id: str
    sender: str = Field(default="", alias="from")
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    subject: str = ""
    body: str = ""
    html: str | None = None
    received_at: datetime | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    thread_id: str | None = None
