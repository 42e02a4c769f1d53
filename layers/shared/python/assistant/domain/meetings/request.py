"""What a caller may send about a meeting; every bound is checked here and an error names its field."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from assistant.domain.bounds import at_most
from assistant.domain.mail import Text
from assistant.domain.mail_addresses import Mailbox, mailboxes
from assistant.domain.moments import near
from assistant.domain.preferences import EmailAddress, TimeZone, email_address
from assistant.domain.received_mail import AddressLine, MailInput, utc
from assistant.domain.sources import SourceKind

MOST_ATTENDEES = 100
MOST_DOCUMENTS = 500
LONGEST_TEXT = 20_000
LONGEST_TITLE = 300
LONGEST_MEETING = 24 * 60
_DATE_LENGTH = len("2025-01-25")

type DocumentKind = Literal[SourceKind.MAIL, SourceKind.EVENT, SourceKind.MESSAGE, SourceKind.PAGE]


def mailbox(line: str) -> Mailbox:
    """Return the one mailbox of ``ann@company.com`` or ``Ann Lee <ann@company.com>``; ValueError otherwise."""
    found = mailboxes(line)
    if len(found) != 1:
        raise ValueError("must be one e-mail address like name@company.com, with or without a name before it")
    return Mailbox(found[0].name, email_address(found[0].address))


def _person(line: str) -> str:
    mailbox(line)
    return line


def _timed(value: object) -> object:
    if isinstance(value, str) and len(value.strip()) == _DATE_LENGTH:
        raise ValueError("needs a time of day; a meeting that takes days gives the hour it begins")
    return value


Person = Annotated[AddressLine, AfterValidator(_person), Field(examples=["alice@company.com"])]
MeetingTime = Annotated[datetime, BeforeValidator(_timed), AfterValidator(near)]
MeetingId = Annotated[str, Field(min_length=1, max_length=512, examples=["meet123"])]
Domain = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,252}\.[A-Za-z]{2,63}$", examples=["company.com"])]


class SentDocument(MailInput):
    """Something to draw on: a mail as triage takes it, or the text of an event, a message or a page.

    Of a mail the first 4,000 and the last 1,000 visible characters are read, of another document the first 5,000.
    """

    model_config = ConfigDict(extra="forbid")

    kind: DocumentKind
    title: Text = Field(default="", max_length=LONGEST_TITLE)
    """Of an event or a page."""
    text: Text = Field(default="", max_length=LONGEST_TEXT)
    """Of an event, a message or a page."""
    at: datetime | None = None
    """When an event begins, when a message or a page was written: ISO 8601; UTC where it names no offset."""
    people: Annotated[tuple[AddressLine, ...], BeforeValidator(at_most(MOST_ATTENDEES))] = ()
    """Who attends the event or wrote the message or page, the author first."""

    def __repr_args__(self) -> Iterator[tuple[str, object]]:
        """Yield what names the document: its words belong in no log."""
        yield from (("kind", self.kind.value), ("id", self.id))

    @field_validator("at")
    @classmethod
    def _in_utc(cls, value: datetime | None) -> datetime | None:
        return value and utc(value)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.kind is SourceKind.MAIL:
            if not (self.sender or self.subject or self.body or self.html):
                raise ValueError("a mail needs a sender, a subject or a body")
            if self.title or self.text or self.people:
                raise ValueError("a mail has subject, body, from, to and cc, no title, text or people")
        elif not (self.title or self.text):
            raise ValueError(f"{self.kind.value} needs a title or a text")
        elif self.sender or self.subject or self.body or self.html or self.to or self.cc:
            raise ValueError(f"{self.kind.value} has title, text and people, no fields of a mail")
        return self


class MeetingDetails(BaseModel):
    """A meeting and what is at hand about it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    meeting_title: Text = Field(min_length=1, max_length=LONGEST_TITLE, examples=["Q4 Planning Session"])
    attendees: Annotated[tuple[Person, ...], BeforeValidator(at_most(MOST_ATTENDEES)), Field(min_length=1)]
    """Everybody who is invited, the user included or not."""
    scheduled_time: MeetingTime = Field(examples=["2025-01-25T14:00:00Z"])
    """ISO 8601; without offset it is wall-clock time in ``timezone``."""
    duration_minutes: int | None = Field(default=None, ge=5, le=LONGEST_MEETING)
    """60 unless told."""
    timezone: TimeZone | None = None
    """Where times are shown; that of the preferences unless told."""
    context: Text = Field(default="", max_length=LONGEST_TEXT)
    description: Text = Field(default="", max_length=LONGEST_TEXT)
    """What the invitation says."""
    organizer: Person | None = None
    own_addresses: Annotated[tuple[EmailAddress, ...], BeforeValidator(at_most(20))] = ()
    """The user's own, to tell what they owe from what is owed to them."""
    company_domains: Annotated[tuple[Domain, ...], BeforeValidator(at_most(50))] = ()
    """Whose people are internal; the domains of ``own_addresses`` are without being named."""
    documents: Annotated[tuple[SentDocument, ...], BeforeValidator(at_most(MOST_DOCUMENTS))] = ()

    @field_validator("documents")
    @classmethod
    def _each_once(cls, documents: tuple[SentDocument, ...]) -> tuple[SentDocument, ...]:
        first: dict[tuple[SourceKind, str], int] = {}
        for index, one in enumerate(documents):
            earlier = first.setdefault((one.kind, one.id), index)
            if earlier != index:
                raise ValueError(f"has two of kind {one.kind.value} with one id, at {earlier} and {index}")
        return documents

    def begins(self, zone: ZoneInfo) -> datetime:
        """Return when it begins, in UTC; a wall-clock time is one of ``zone`` (of two the first)."""
        time = self.scheduled_time
        return utc(time.replace(tzinfo=zone) if time.tzinfo is None else time)

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return self.duration_minutes or 60

    @property
    def length(self) -> timedelta:
        """How long it takes."""
        return timedelta(minutes=self.minutes)

    @property
    def people(self) -> tuple[Mailbox, ...]:
        """The attendees and the organizer, each once, by address."""
        lines = (*self.attendees, *((self.organizer,) if self.organizer else ()))
        by_address: dict[str, Mailbox] = {}
        for box in map(mailbox, lines):
            known = by_address.get(box.address)
            by_address[box.address] = known if known and known.name else box
        return tuple(by_address.values())
