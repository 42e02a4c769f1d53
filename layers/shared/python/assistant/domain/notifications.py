"""What the assistant tells a user unasked, and where."""

from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from assistant.domain.chat import Button
from assistant.domain.preferences import Channel, NotificationChannels

KEPT_FOR: Final = timedelta(days=90)
_DIGITS: Final = 16


class NotificationKind(StrEnum):
    """What a notification is about."""

    MEETING_BRIEFING = "meeting_briefing"
    APPROVAL_ASKED = "approval_asked"
    APPROVAL_ENDED = "approval_ended"
    EFFECT_FAILED = "effect_failed"
    UNDO_CONFLICT = "undo_conflict"
    STATUS_NOT_WRITTEN = "status_not_written"
    DAILY_BRIEFING = "daily_briefing"
    MAIL = "mail"
    CONNECTION = "connection"


class Urgency(StrEnum):
    """How soon the user should know: each has its channel among the preferences."""

    URGENT = "urgent"
    IMPORTANT = "important"
    ROUTINE = "routine"

    def channel(self, preferred: NotificationChannels) -> Channel:
        """Return the channel the user prefers for it."""
        return Channel(getattr(preferred, self.value))


# Once it is answered by a button, what fails of it is said in the same place.
_ANSWERED_BY_BUTTON: Final = frozenset({NotificationKind.APPROVAL_ASKED, NotificationKind.EFFECT_FAILED})
BY_BUTTON: Final = "Questions go to Slack, where buttons answer them."


class News(BaseModel):
    """Something to tell a user.

    ``about`` names the thing: newer news about the same takes the place of older. ``link`` is an address of this API.
    After ``not_after`` a message of it would come too late. ``timed`` is sent when it is told: the user chose the time.
    ``buttons`` answer it where a chat takes presses. ``quiet`` changes what was told of the thing and a chat message of
    it, as read or unread as it was, and is sent nowhere anew.
    """

    model_config = ConfigDict(frozen=True)

    about: Annotated[str, Field(min_length=1, max_length=1024)]
    kind: NotificationKind
    urgency: Urgency = Urgency.IMPORTANT
    title: str
    text: str
    link: str
    at: AwareDatetime
    not_after: AwareDatetime | None = None
    timed: bool = False
    quiet: bool = False
    buttons: tuple[Button, ...] = ()

    def says_the_same(self, other: Self) -> bool:
        """Whether nothing but the time is different."""
        return self.model_copy(update={"at": other.at}) == other


class Notification(BaseModel):
    """One message to a user, as the dashboard shows it.

    ``id`` sorts by time and stays while what it tells changes. ``wanted`` is the channel the user prefers, ``channel``
    the one it went to, and ``note`` says why where they differ. Until ``held_until`` it is only here. ``read_at`` is
    None while unread.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    kind: NotificationKind
    urgency: Urgency = Urgency.IMPORTANT
    title: str
    text: str
    link: str
    created_at: AwareDatetime
    updated_at: AwareDatetime
    wanted: Channel
    channel: Channel = Channel.DASHBOARD
    note: str = ""
    held_until: AwareDatetime | None = None
    read_at: AwareDatetime | None = None

    @property
    def expires_at(self) -> datetime:
        """When it is forgotten."""
        return self.updated_at + KEPT_FOR

    @property
    def subject(self) -> str:
        """The digest that stands for the thing it is about."""
        return self.id.rpartition("-")[2]


class KeptNotification(BaseModel):
    """A notification with what its delivery needs to know.

    ``revision`` counts what was told about the thing, ``sent`` is the revision that was sent last, 0 for none.
    ``attempts`` counts failures of this revision. ``version`` goes up with each change.
    """

    model_config = ConfigDict(frozen=True)

    news: News
    shown: Notification
    revision: int = 1
    sent: int = 0
    attempts: int = 0
    version: int = 0

    @property
    def to_be_sent(self) -> bool:
        """Whether the user has not seen it, and it belongs somewhere it was not sent to yet."""
        unseen = self.news.quiet or self.shown.read_at is None
        return self.shown.wanted is not Channel.DASHBOARD and self.sent < self.revision and unseen

    @property
    def is_mail_by_mail(self) -> bool:
        """Whether a mail would tell of a mail; a digest of several may."""
        of_one = self.news.kind is NotificationKind.MAIL and self.news.urgency is not Urgency.ROUTINE
        return of_one and self.shown.wanted is Channel.EMAIL

    @property
    def ways(self) -> tuple[Channel, ...]:
        """Where it is sent, the first that is connected: what a button answers goes to Slack rather than by mail.

        What only changes what was told goes where that is.
        """
        if self.news.quiet:
            return (self.shown.channel,)
        wanted = self.shown.wanted
        by_button = wanted is Channel.EMAIL and self.news.kind in _ANSWERED_BY_BUTTON
        return (Channel.SLACK, wanted) if by_button else (wanted,)

    def wanted_in(self, channel: Channel) -> Self:
        """Return it as it is wanted in a channel; what only changes what was told stays where that is."""
        if self.news.quiet:
            return self
        return self.model_copy(update={"shown": self.shown.model_copy(update={"wanted": channel})})

    def held(self, until: datetime, *, failed: bool = False) -> Self:
        """Return it as it waits until then, after a failure or not."""
        shown = self.shown.model_copy(update={"held_until": until})
        return self.model_copy(update={"shown": shown, "attempts": self.attempts + failed})

    def delivered(self, channel: Channel) -> Self:
        """Return it as it was sent there, where the user wants it or a button answers it."""
        note = "" if channel is self.shown.wanted else BY_BUTTON
        shown = self.shown.model_copy(update={"channel": channel, "held_until": None, "note": note})
        return self.model_copy(update={"shown": shown, "sent": self.revision})

    def left_here(self, note: str) -> Self:
        """Return it as it stays on the dashboard, and why."""
        shown = self.shown.model_copy(update={"channel": Channel.DASHBOARD, "held_until": None, "note": note})
        return self.model_copy(update={"shown": shown, "sent": self.revision})


class DueKind(StrEnum):
    """What is to be done for a user at a time."""

    NOTIFICATION = "notification"
    DIGEST = "digest"
    DAILY_BRIEFING = "daily_briefing"
    EFFECTS = "effects"


class Due(BaseModel):
    """A place in the index of what is due, and the job of the queue ``notifications``.

    ``subject`` is the digest of the thing it is about: a notification's, or the effects of ``effect_ids``. Two that
    agree in everything are one.
    """

    model_config = ConfigDict(frozen=True)

    user_id: str
    kind: DueKind
    at: AwareDatetime
    subject: str = ""
    effect_ids: tuple[str, ...] = ()


def subject_of(about: str) -> str:
    """Return the digest that stands for a thing in keys."""
    return sha256(about.encode()).hexdigest()[:_DIGITS]


def notification_id(created_at: datetime, about: str) -> str:
    """Return the id of what was first told about a thing at this time."""
    return f"{int(created_at.timestamp() * 1000):013d}-{subject_of(about)}"


def told(news: News, wanted: Channel, earlier: KeptNotification | None) -> KeptNotification:
    """Return the notification of news: a new one, or the earlier with what is new, unread again."""
    created_at = earlier.shown.created_at if earlier else news.at
    shown = Notification(
        id=earlier.shown.id if earlier else notification_id(news.at, news.about),
        **news.model_dump(include={"kind", "urgency", "title", "text", "link"}),
        created_at=created_at,
        updated_at=news.at,
        wanted=wanted,
    )
    if earlier is None:
        return KeptNotification(news=news, shown=shown)
    revision, sent = earlier.revision + 1, earlier.sent
    if news.quiet:
        shown = shown.model_copy(update=earlier.shown.model_dump(include={"wanted", "channel", "note", "read_at"}))
        sent = sent if shown.channel is Channel.SLACK else revision
    return KeptNotification(news=news, shown=shown, revision=revision, sent=sent, version=earlier.version)
