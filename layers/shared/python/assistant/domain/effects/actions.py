"""The actions: what each asks of its target, what the target is like afterwards, and what takes it back.

An action is pure: an executor observes the target and applies the action; these classes say the rest. A new kind is a
class here, an executor behind ``ports.effects.EffectExecutor``, and a permission among the preferences.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from assistant.domain.calendar.answers import Answer
from assistant.domain.chat import ChatUser
from assistant.domain.effects.canonical import entered_as, written_as
from assistant.domain.effects.provenance import ArgumentRole, Traced
from assistant.domain.mail_invisible import one_line, strip_invisible
from assistant.domain.mailbox import Folder
from assistant.domain.preferences import EmailAddress, TimeZone

# What of a target an action may change, by name: ``{"folder": "inbox"}``, ``{"label:EA/Routine": False}``.
type TargetState = Mapping[str, str | bool | None]

_LONGEST_LABEL = 225
_MOST_LABELS = 20
_LONGEST_WORD = 200
MOST_RECIPIENTS = 20
LONGEST_SUBJECT = 500
LONGEST_TEXT = 20_000
LONGEST_MESSAGE = 2_000
LONGEST_EVENT_TITLE = 120


class EffectKind(StrEnum):
    """The kinds of actions."""

    LABEL = "label"
    ARCHIVE = "archive"
    DRAFT = "draft"
    SEND = "send"
    MOVE_EVENT = "move_event"
    DECLINE_EVENT = "decline_event"
    CREATE_EVENT = "create_event"
    POST_MESSAGE = "post_message"
    SET_TASK_STATUS = "set_task_status"


class Action(BaseModel):
    """One action. Every argument is ``Traced`` and annotated with its ``ArgumentRole``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    always_asks: ClassVar[bool] = False
    """Whether no preference can let it happen without the user's approval."""
    undoable: ClassVar[bool] = True
    """Whether it can be taken back."""

    @classmethod
    def roles(cls) -> Mapping[str, ArgumentRole]:
        """Return the role of each argument."""
        return {
            name: role
            for name, field in cls.model_fields.items()
            for role in field.metadata
            if isinstance(role, ArgumentRole)
        }

    @property
    def guarded_taint(self) -> tuple[str, ...]:
        """Names of the arguments that decide what happens and that others could have written."""
        roles = self.roles()
        return tuple(name for name in roles if roles[name].guarded and getattr(self, name).tainted)


def _label_name(value: str) -> str:
    name = strip_invisible(value)
    if not name or name.startswith("/") or name.endswith("/"):
        raise ValueError("must be the name of a label")
    return name


def _in_order(value: "Traced[tuple[str, ...]]") -> "Traced[tuple[str, ...]]":
    # The same labels make the same action, in whatever order they come.
    return value.model_copy(update={"value": tuple(sorted(set(value.value)))})


LabelNames = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=_LONGEST_LABEL), AfterValidator(_label_name)], ...],
    Field(max_length=_MOST_LABELS),
]
Labels = Annotated[Traced[LabelNames], AfterValidator(_in_order), ArgumentRole.NAME]
Recipients = Annotated[
    Traced[Annotated[tuple[EmailAddress, ...], Field(min_length=1, max_length=MOST_RECIPIENTS)]],
    ArgumentRole.RECIPIENT,
]
Subject = Annotated[Traced[Annotated[str, Field(max_length=LONGEST_SUBJECT)]], ArgumentRole.TEXT]
MailText = Annotated[Traced[Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]], ArgumentRole.TEXT]
_NONE = Traced[LabelNames](value=())
_NOTHING = Traced[tuple[str, ...]](value=())


class LabelMail(Action):
    """Add labels to a mail and remove others."""

    kind: Literal[EffectKind.LABEL] = EffectKind.LABEL
    add: Labels = _NONE
    remove: Labels = _NONE

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.add.value and not self.remove.value:
            raise ValueError("must add or remove a label")
        if set(self.add.value) & set(self.remove.value):
            raise ValueError("must not add and remove the same label")
        return self

    def after(self, before: TargetState) -> TargetState:
        """Return the target as it is afterwards."""
        return {**before, **dict(self._wanted())}

    def inverse(self, before: TargetState) -> "LabelMail | None":
        """Return what gives the mail back the labels it had; None where nothing changes."""
        changed = [name for name, wanted in self._wanted() if before[name] is not wanted]
        add, remove = ([label_of(name) for name in changed if before[name] is had] for had in (True, False))
        if not changed:
            return None
        return LabelMail(add=Traced(value=tuple(add)), remove=Traced(value=tuple(remove)))

    def _wanted(self) -> Iterator[tuple[str, bool]]:
        yield from ((label_aspect(label), True) for label in self.add.value)
        yield from ((label_aspect(label), False) for label in self.remove.value)


class ArchiveMail(Action):
    """Take a mail out of the inbox."""

    kind: Literal[EffectKind.ARCHIVE] = EffectKind.ARCHIVE

    def after(self, before: TargetState) -> TargetState:
        """Return the target as it is afterwards; what does not lie in the inbox stays where it is."""
        return {"folder": Folder.ARCHIVE.value} if before["folder"] == Folder.INBOX else before

    def inverse(self, before: TargetState) -> "MoveMail | None":
        """Return what moves the mail back; None where nothing changes."""
        return MoveMail(folder=Folder.INBOX) if before["folder"] == Folder.INBOX else None


class DraftMail(Action):
    """Keep a draft in the user's mailbox: an answer to the target, or a mail of its own."""

    kind: Literal[EffectKind.DRAFT] = EffectKind.DRAFT
    to: Recipients
    subject: Subject
    text: MailText

    def after(self, before: TargetState) -> TargetState:
        """Return the target as it is afterwards; a draft that is there stays as it is."""
        words = written_as(self.to.value, one_line(self.subject.value), self.text.value)
        return {name: words if seen is None else seen for name, seen in before.items()}

    def inverse(self, before: TargetState) -> "DiscardDraft | None":
        """Return what takes the draft away; None where it was there."""
        return DiscardDraft() if None in before.values() else None


class SendMail(Action):
    """Send a mail from the user's mailbox. Once it has left nothing takes it back."""

    always_asks: ClassVar[bool] = True
    undoable: ClassVar[bool] = False

    kind: Literal[EffectKind.SEND] = EffectKind.SEND
    to: Recipients
    subject: Subject
    text: MailText

    def after(self, before: TargetState) -> TargetState:
        """Return the target as it is afterwards."""
        return {**before, "sent": True}

    def inverse(self, before: TargetState) -> None:
        """There is none."""
        del before


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


class EventTime(BaseModel):
    """When an event takes place, in UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: Annotated[AwareDatetime, AfterValidator(_in_utc)]
    end: Annotated[AwareDatetime, AfterValidator(_in_utc)]

    @model_validator(mode="after")
    def _has_a_length(self) -> Self:
        if self.end <= self.start:
            raise ValueError("end must be after start")
        return self

    @property
    def state(self) -> TargetState:
        """What an event at this time is like."""
        return {"start": self.start.isoformat(), "end": self.end.isoformat()}


TracedTime = Annotated[Traced[EventTime], ArgumentRole.TIME]
_UNTIMED = Traced[EventTime | None](value=None)
_UTC = Traced[TimeZone](value="UTC")


class MoveEvent(Action):
    """Move an event and tell its attendees; it stays where it is at another time, or its new one is taken, by then."""

    always_asks: ClassVar[bool] = True

    kind: Literal[EffectKind.MOVE_EVENT] = EffectKind.MOVE_EVENT
    was: TracedTime
    to: TracedTime
    timezone: Annotated[Traced[TimeZone], ArgumentRole.TEXT]
    """Where the user reads the times."""
    beside: Annotated[Traced[tuple[str, ...]], ArgumentRole.TEXT, Field(exclude_if=_NOTHING.__eq__)] = _NOTHING
    """Ids of the events known to stand at its old or new time; left out where there are none, as in older hashes."""

    @property
    def shortens(self) -> bool:
        """Whether it takes no other time than it has."""
        return self.was.value.start <= self.to.value.start and self.to.value.end <= self.was.value.end

    def after(self, before: TargetState) -> TargetState:
        """Return the target as it is afterwards."""
        return {**before, **self.to.value.state}

    def inverse(self, before: TargetState) -> "MoveEvent | None":
        """Return what moves it back; None where nothing changes."""
        changes = before != self.after(before)
        return self.model_copy(update={"was": self.to, "to": self.was}) if changes else None


class DeclineEvent(Action):
    """Decline an invitation and tell its organizer; one that takes place at another time by then is not declined."""

    always_asks: ClassVar[bool] = True

    kind: Literal[EffectKind.DECLINE_EVENT] = EffectKind.DECLINE_EVENT
    was: Annotated[Traced[EventTime | None], ArgumentRole.TIME, Field(exclude_if=_UNTIMED.__eq__)] = _UNTIMED
    """When it takes place; not known of those proposed earlier, whose hashes hold."""
    timezone: Annotated[Traced[TimeZone], ArgumentRole.TEXT, Field(exclude_if=_UTC.__eq__)] = _UTC
    """Where the user reads the time."""

    def after(self, before: TargetState) -> TargetState:
        """Return the target as it is afterwards."""
        return {**before, "answer": Answer.DECLINED.value}

    def inverse(self, before: TargetState) -> "AnswerEvent | None":
        """Return what answers as before; None where nothing changes."""
        answered = Answer(str(before["answer"]))
        return AnswerEvent(answer=answered) if answered is not Answer.DECLINED else None


class CreateEvent(Action):
    """Enter an event of the user alone, private and busy; where its time is taken by then, it is not entered."""

    always_asks: ClassVar[bool] = True

    kind: Literal[EffectKind.CREATE_EVENT] = EffectKind.CREATE_EVENT
    title: Annotated[Traced[Annotated[str, Field(min_length=1, max_length=LONGEST_EVENT_TITLE)]], ArgumentRole.TEXT]
    at: TracedTime
    timezone: Annotated[Traced[TimeZone], ArgumentRole.TEXT]
    """Where the user reads the times."""
    account: Annotated[Traced[str], ArgumentRole.TEXT]
    """The address the user knows the calendar by."""
    beside: Annotated[Traced[tuple[str, ...]], ArgumentRole.TEXT]
    """Titles of what may stand at its time, where nobody else attends: a task is done in focus time."""

    @property
    def entered(self) -> str:
        """What the event is like as long as nobody changes it."""
        return entered_as(self.title.value, self.at.value.start, self.at.value.end)

    def after(self, before: TargetState) -> TargetState:
        """Return the target as it is afterwards; an event that is there stays as it is."""
        return {"event": before["event"] or self.entered}

    def inverse(self, before: TargetState) -> "DeleteEvent | None":
        """Return what takes the event out again; None where it was there."""
        return None if before["event"] else DeleteEvent()


class DeleteEvent(BaseModel):
    """Delete the event of the effect; takes entering it back, and nobody proposes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["delete_event"] = "delete_event"


StatusWord = Annotated[Traced[Annotated[str, Field(max_length=_LONGEST_WORD)]], ArgumentRole.NAME]


class SetTaskStatus(Action):
    """Set the status of a task where it is kept, in the words used there; one that has another by then stays."""

    kind: Literal[EffectKind.SET_TASK_STATUS] = EffectKind.SET_TASK_STATUS
    was: StatusWord
    status: StatusWord

    def after(self, before: TargetState) -> TargetState:
        """Return the target as it is afterwards."""
        return {**before, "status": self.status.value}

    def inverse(self, before: TargetState) -> "SetTaskStatus | None":
        """Return what sets it back; None where nothing changes."""
        return SetTaskStatus(was=self.status, status=self.was) if before != self.after(before) else None


class AnswerEvent(BaseModel):
    """Answer an invitation as before; takes a declining back, and nobody proposes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["answer"] = "answer"
    answer: Answer


class DiscardDraft(BaseModel):
    """Delete the draft of the effect; takes drafting back, and nobody proposes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["discard_draft"] = "discard_draft"


class PostMessage(Action):
    """Write to somebody in a chat, in the user's name."""

    always_asks: ClassVar[bool] = True

    kind: Literal[EffectKind.POST_MESSAGE] = EffectKind.POST_MESSAGE
    to: Annotated[Traced[ChatUser], ArgumentRole.RECIPIENT]
    text: Annotated[Traced[Annotated[str, Field(min_length=1, max_length=LONGEST_MESSAGE)]], ArgumentRole.TEXT]
    sender: Annotated[Traced[str], ArgumentRole.TEXT]
    """What the user is called there."""

    def after(self, before: TargetState) -> TargetState:
        """Return the target as it is afterwards."""
        return {**before, "posted": True}

    def inverse(self, before: TargetState) -> "DeleteMessage | None":
        """Return what deletes the message; None where it stood there before."""
        return None if before["posted"] else DeleteMessage()


class DeleteMessage(BaseModel):
    """Delete a message of ours; takes a writing back, and nobody proposes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["delete_message"] = "delete_message"


class MoveMail(BaseModel):
    """Put a mail back into a folder; takes an archiving back, and nobody proposes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["move"] = "move"
    folder: Folder


AnyAction = Annotated[
    LabelMail
    | ArchiveMail
    | DraftMail
    | SendMail
    | MoveEvent
    | DeclineEvent
    | CreateEvent
    | PostMessage
    | SetTaskStatus,
    Field(discriminator="kind"),
]
Inverse = Annotated[
    LabelMail | MoveMail | DiscardDraft | MoveEvent | AnswerEvent | DeleteEvent | DeleteMessage | SetTaskStatus,
    Field(discriminator="kind"),
]

_LABEL = "label:"


def label_aspect(label: str) -> str:
    """Return the name under which the state of a target says whether it has the label."""
    return _LABEL + label


def label_of(aspect: str) -> str:
    """Return the label whose aspect this is."""
    return aspect.removeprefix(_LABEL)
