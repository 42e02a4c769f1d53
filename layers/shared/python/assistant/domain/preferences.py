"""What a user wants: working hours, meetings, mail rules, notification channels, what happens without a question."""

import re
from datetime import time
from email.errors import HeaderParseError
from email.headerregistry import Address
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from assistant.domain.bounds import at_most
from assistant.domain.days import DayPart

_LONGEST_ADDRESS = 254
_NO_PLACES = frozenset({"Factory", "localtime", "posixrules"})
_MOST_WORDS = 4
_LONGEST_TOPIC = 60
# Letters and digits, two or more.
_TOPIC_WORD = re.compile(r"[^\W_]{2,}")
_CLOCK_TIME = r"^([01]\d|2[0-3]):[0-5]\d$"


def clock_time(value: object) -> object:
    """Return the time of day ``09:00`` stands for; ValueError otherwise."""
    if isinstance(value, time):
        return value
    if not isinstance(value, str) or not re.fullmatch(_CLOCK_TIME, value, re.ASCII):
        raise ValueError("must be a time of day like 09:00")
    return time.fromisoformat(value)


def iana_zone(value: str) -> str:
    """Return the name if it is one of an IANA time zone; ValueError otherwise."""
    if not _names_zone(value):
        raise ValueError("must be an IANA time zone like America/New_York")
    return value


def _names_zone(value: str) -> bool:
    # A machine may have other files beside the zones: its own zone, and every zone with leap seconds.
    if value in _NO_PLACES or value.startswith(("posix/", "right/")):
        return False
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def email_address(value: str) -> str:
    """Return the addr-spec (RFC 5322) in lower case; ValueError otherwise."""
    text = value.strip()
    try:
        address = Address(addr_spec=text)
    except (HeaderParseError, ValueError, IndexError, AttributeError):
        # The last two are the parser's own mistakes: "0@[" among others.
        raise ValueError("must be an e-mail address like name@company.com") from None
    if not (address.username and address.domain) or len(text) > _LONGEST_ADDRESS or not text.isprintable():
        raise ValueError("must be an e-mail address like name@company.com")
    return text.lower()


def mail_topic(value: str) -> str:
    """Return the topic in lower case, its words apart by one space; ValueError unless it is one to four words."""
    words = value.lower().split()
    if not (1 <= len(words) <= _MOST_WORDS and all(map(_TOPIC_WORD.fullmatch, words)) and len(value) <= _LONGEST_TOPIC):
        raise ValueError("must be one to four words of a subject, like budget or project falcon")
    return " ".join(words)


def _is_empty(values: tuple[str, ...]) -> bool:
    return not values


def _unique[T](values: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))


ClockTime = Annotated[
    time,
    BeforeValidator(clock_time),
    PlainSerializer(lambda value: value.strftime("%H:%M"), return_type=str),
    WithJsonSchema({"type": "string", "pattern": _CLOCK_TIME, "examples": ["09:00"]}),
]
TimeZone = Annotated[str, AfterValidator(iana_zone), Field(examples=["America/New_York"])]
EmailAddress = Annotated[str, AfterValidator(email_address), Field(examples=["ceo@company.com"])]
MailTopic = Annotated[str, AfterValidator(mail_topic), Field(examples=["project falcon"])]
Topics = Annotated[tuple[MailTopic, ...], BeforeValidator(at_most(50)), AfterValidator(_unique)]
NoMeetingsDay = Annotated[
    DayPart,
    PlainValidator(DayPart.parse),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["Friday", "Friday afternoon"]}),
]


class Channel(StrEnum):
    """Where a notification goes."""

    SLACK = "slack"
    EMAIL = "email"
    DASHBOARD = "dashboard"


class Permission(StrEnum):
    """Whether an action in a connected account happens at once, after a question, or never."""

    AUTO = "auto"
    ASK = "ask"
    NEVER = "never"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class _Hours(_Section):
    """A part of the day."""

    start: ClockTime
    end: ClockTime

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.end <= self.start:
            raise ValueError("end must be after start")
        return self


class WorkingHours(_Hours):
    """The working day in the user's own time zone."""

    # The generated schema writes a default as Python would, unless told.
    start: ClockTime = Field(default=time(9), json_schema_extra={"default": "09:00"})
    end: ClockTime = Field(default=time(17), json_schema_extra={"default": "17:00"})
    timezone: TimeZone = "UTC"


class PeakHours(_Hours):
    """When the user works best, on every working day, in the zone of the working hours."""


class MeetingPreferences(_Section):
    """Minutes between meetings, meetings a day, and parts of the week without any."""

    buffer_minutes: int = Field(default=15, ge=0, le=120)
    max_per_day: int = Field(default=6, ge=0, le=24)
    no_meetings_days: Annotated[tuple[NoMeetingsDay, ...], BeforeValidator(at_most(28)), AfterValidator(_unique)] = ()


class EmailRules(_Section):
    """Mail rules every triage obeys; addresses are RFC 5322 addr-specs in lower case."""

    auto_archive_newsletters: bool = False
    priority_senders: Annotated[tuple[EmailAddress, ...], BeforeValidator(at_most(500)), AfterValidator(_unique)] = ()
    delegate_to: EmailAddress | None = None
    priority_topics: Topics = Field(default=(), exclude_if=_is_empty)
    """Mail whose subject has all words of one is important_read, unless it lures."""
    muted_topics: Topics = Field(default=(), exclude_if=_is_empty)
    """Mail whose subject has all words of one is routine, unless it may be urgent or clearly asks something."""

    @model_validator(mode="after")
    def _says_one_thing_of_a_topic(self) -> Self:
        if both := sorted(set(self.priority_topics) & set(self.muted_topics)):
            raise ValueError(f"priority_topics and muted_topics both have {both[0]}")
        return self


class NotificationChannels(_Section):
    """The channel of each kind of notification."""

    urgent: Channel = Channel.SLACK
    important: Channel = Channel.EMAIL
    routine: Channel = Channel.DASHBOARD


def _always_asked(permission: Permission) -> Permission:
    if permission is Permission.AUTO:
        raise ValueError("must be ask or never: this is not done without a question")
    return permission


class EffectPermissions(_Section):
    """What the assistant may do in connected accounts, by the kind of action."""

    label: Permission = Permission.AUTO
    """Label mails with their category."""
    archive: Permission = Permission.AUTO
    """Take mails that are only to be archived out of the inbox."""
    archive_confidence: float = Field(default=0.95, ge=0.5, le=1)
    """How sure triage has to be of that for archiving without a question."""
    draft: Permission = Permission.AUTO
    """Keep drafts of mails, which nobody gets until the user sends them."""
    send: Annotated[Permission, AfterValidator(_always_asked)] = Permission.ASK
    """Send mails, each after a question: forward to ``delegate_to`` what triage would delegate."""
    move_event: Annotated[Permission, AfterValidator(_always_asked)] = Permission.ASK
    """Move events of connected calendars as an accepted plan suggests, each after a question."""
    decline_event: Annotated[Permission, AfterValidator(_always_asked)] = Permission.ASK
    """Decline invitations in connected calendars as an accepted plan suggests, each after a question."""
    create_event: Annotated[Permission, AfterValidator(_always_asked)] = Permission.ASK
    """Enter focus time and tasks of an accepted plan into connected calendars, each after a question."""
    post_message: Annotated[Permission, AfterValidator(_always_asked)] = Permission.ASK
    """Write to colleagues in a connected chat what the user asks to be passed on, each after a question."""
    set_task_status: Permission = Permission.AUTO
    """Set statuses of tasks where they are kept, as the user sets them here."""


class QuietHours(_Section):
    """When nothing is sent to the user; past midnight where the end is before the start."""

    enabled: bool = True
    start: ClockTime = Field(default=time(20), json_schema_extra={"default": "20:00"})
    end: ClockTime = Field(default=time(7), json_schema_extra={"default": "07:00"})
    timezone: TimeZone | None = Field(default=None, exclude_if=lambda zone: zone is None)
    """That of the working hours unless told."""
    urgent_interrupts: bool = False
    """Whether urgent messages come in quiet hours and during meetings too."""

    @model_validator(mode="after")
    def _has_an_end(self) -> Self:
        if self.end == self.start:
            raise ValueError("end must be another time than start; enabled: false turns quiet hours off")
        return self


class DailyBriefing(_Section):
    """The message that opens a working day, in the zone of the working hours."""

    enabled: bool = True
    time: ClockTime = Field(default=time(7, 30), json_schema_extra={"default": "07:30"})


class Digest(_Section):
    """Routine messages of a working day in one, in the zone of the working hours."""

    time: ClockTime = Field(default=time(16, 30), json_schema_extra={"default": "16:30"})


class Preferences(_Section):
    """Everything a user can set; every part has a default, so a new user needs to set none."""

    working_hours: WorkingHours = WorkingHours()
    meeting_preferences: MeetingPreferences = MeetingPreferences()
    email_rules: EmailRules = EmailRules()
    notification_channels: NotificationChannels = NotificationChannels()
    effects: EffectPermissions = EffectPermissions()
    quiet_hours: QuietHours = QuietHours()
    daily_briefing: DailyBriefing = DailyBriefing()
    digest: Digest = Digest()
    peak_hours: PeakHours | None = Field(default=None, exclude_if=lambda hours: hours is None)
    """Important tasks are planned then, where they can be."""
