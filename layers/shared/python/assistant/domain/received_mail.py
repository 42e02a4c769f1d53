"""Mails as callers send them: what can be read is read, what cannot is named and left out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from assistant.domain.bounds import at_most
from assistant.domain.errors import FieldError, field_errors
from assistant.domain.mail import Mail, Text
from assistant.domain.moments import near

_LONGEST_ADDRESS_LINE = 2_000
_MOST_RECIPIENTS = 1_000
_MOST_HEADERS = 500
# It becomes part of a key, and DynamoDB takes 1024 bytes.
_LONGEST_ID_BYTES = 1_000


def utc(value: datetime) -> datetime:
    """Return the moment in UTC, where one without offset is; ValueError where it is not near."""
    return near(value).replace(tzinfo=UTC) if value.tzinfo is None else near(value).astimezone(UTC)


def _storable(value: str) -> str:
    if len(value.encode()) > _LONGEST_ID_BYTES:
        raise ValueError(f"has more than {_LONGEST_ID_BYTES} bytes")
    return value


AddressLine = Annotated[Text, Field(max_length=_LONGEST_ADDRESS_LINE)]
Recipients = Annotated[tuple[AddressLine, ...], BeforeValidator(at_most(_MOST_RECIPIENTS))]


class MailInput(BaseModel):
    """One received mail. Only ``id`` and one of ``from``, ``subject``, ``body`` and ``html`` are needed."""

    model_config = ConfigDict(frozen=True, validate_by_name=True, validate_by_alias=True, use_attribute_docstrings=True)

    id: Annotated[str, AfterValidator(_storable)] = Field(min_length=1, max_length=512, examples=["email1"])
    sender: AddressLine = Field(default="", alias="from", examples=["ceo@company.com"])
    to: Recipients = ()
    cc: Recipients = ()
    subject: Text = Field(default="", max_length=10_000, examples=["Urgent: Q4 Budget Review"])
    body: Text = Field(default="", examples=["We need to discuss the Q4 budget..."])
    """The text/plain part."""
    html: Text | None = None
    """The text/html part."""
    received_at: Annotated[datetime, AfterValidator(utc)] | None = Field(
        default=None, examples=["2025-01-15T10:00:00Z"]
    )
    """ISO 8601; UTC where it names no offset."""
    headers: Annotated[dict[str, Text], BeforeValidator(at_most(_MOST_HEADERS)), Field(default_factory=dict)]
    """RFC 5322 header fields by name, in any case."""
    thread_id: str | None = Field(default=None, max_length=512)


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail read from untrusted input: ``mail`` is None when too little of it could be read.

    ``problems`` names the fields left out, relative to the mail (``received_at``).
    """

    mail: Mail | None
    problems: tuple[FieldError, ...] = ()


def read_mail(raw: object) -> ReceivedMail:
    """Read what can be read of one mail; never raises."""
    if not isinstance(raw, Mapping):
        return ReceivedMail(None, (FieldError("", "must be an object with the fields of one mail"),))
    fields = {name: value for name, value in raw.items() if value is not None}
    try:
        return _received(MailInput.model_validate(fields), ())
    except ValidationError as error:
        problems = field_errors(error.errors())
        locations = [problem["loc"] for problem in error.errors()]
    try:
        return _received(MailInput.model_validate(_without(fields, locations)), problems)
    except ValidationError:
        return ReceivedMail(None, problems)


def _received(given: MailInput, problems: tuple[FieldError, ...]) -> ReceivedMail:
    if not (given.sender or given.subject or given.body or given.html):
        empty = FieldError("", "needs a sender, a subject or a body")
        return ReceivedMail(None, (*problems, empty))
    return ReceivedMail(mail_of(given), problems)


def mail_of(given: MailInput) -> Mail:
    """Return the mail as the assistant sees it."""
    headers = {name.lower(): value for name, value in given.headers.items()}
    return Mail(**dict(given) | {"headers": headers})


def _without(fields: Mapping[str, Any], locations: list[tuple[int | str, ...]]) -> dict[str, Any]:
    """Return the fields without what stands at the locations: the item of a list or object, else the whole field."""
    left = dict(fields)
    for name in {str(location[0]) for location in locations if location}:
        steps = {location[1] for location in locations if location[0] == name and len(location) > 1}
        match left.pop(name, None):
            case list() as items if steps:
                left[name] = [item for index, item in enumerate(items) if index not in steps]
            case dict() as entries if steps:
                left[name] = {key: value for key, value in entries.items() if key not in steps}
            case _:
                continue
    return left
