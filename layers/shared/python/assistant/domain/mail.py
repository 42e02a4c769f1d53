"""A mail as the assistant sees it (RFC 5322 terms)."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _whole_characters(value: object) -> object:
    # JSON can carry half of a surrogate pair, which no text can hold: it becomes U+FFFD like any broken byte.
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value


Text = Annotated[str, BeforeValidator(_whole_characters)]


class Mail(BaseModel):
    """One received mail.

    ``headers`` has lower-case names (RFC 5322 field names). ``received_at`` is aware, UTC; None when
    the sender gave none that can be read. ``body`` is text/plain, ``html`` is text/html.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    id: str
    sender: Text = Field(default="", alias="from")
    to: tuple[Text, ...] = ()
    cc: tuple[Text, ...] = ()
    subject: Text = ""
    body: Text = ""
    html: Text | None = None
    received_at: datetime | None = None
    headers: dict[str, Text] = Field(default_factory=dict)
    thread_id: str | None = None
