"""A memory: one fact about a person, a wish, a promise or an event, with its source and the time it holds."""

from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Self
from uuid import uuid4

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from assistant.domain.mail_invisible import strip_invisible
from assistant.domain.preferences import EmailAddress
from assistant.domain.sources import Source

_RANDOM_DIGITS = 20


class MemoryKind(StrEnum):
    """What a memory is about."""

    PERSON = "person"
    PREFERENCE = "preference"
    COMMITMENT = "commitment"
    FACT = "fact"
    EVENT = "event"


class Standing(StrEnum):
    """On whose word a memory stands: merely read somewhere, or the user's own or approved by them."""

    OBSERVED = "observed"
    APPROVED = "approved"


def _visible(value: str) -> str:
    text = strip_invisible(value)
    if not text:
        raise ValueError("must have text a reader can see")
    return text


def _unique(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


Subject = Annotated[str, Field(min_length=1, max_length=200, examples=["Alice Kowalski"]), AfterValidator(_visible)]
MemoryText = Annotated[
    str,
    Field(min_length=1, max_length=1000, examples=["Alice leads procurement."]),
    AfterValidator(_visible),
]
Attribute = Annotated[
    str,
    Field(
        max_length=100,
        examples=["role"],
        description="What has one value at a time, such as a role: a newer memory of it closes the older",
    ),
    AfterValidator(strip_invisible),
]
People = Annotated[tuple[EmailAddress, ...], Field(max_length=20), AfterValidator(_unique)]
Confidence = Annotated[float, Field(ge=0, le=1)]


class Statement(BaseModel):
    """What is said of whom or what, in which words; ``valid_to`` is when it ends by its own word, aware."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: MemoryKind
    subject: Subject
    text: MemoryText
    attribute: Attribute = ""
    people: People = ()
    valid_to: AwareDatetime | None = None
    confidence: Confidence = 1.0


class Fact(Statement):
    """A statement with the time since which it holds, aware."""

    valid_from: AwareDatetime

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.valid_to and self.valid_to <= self.valid_from:
            raise ValueError("valid_to must be after valid_from")
        return self


class Memory(Fact):
    """A fact as it is kept.

    ``line`` names the memories of which one holds at a time; ``superseded_by`` is the one that closed this one, at
    ``superseded_at``.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    line: str
    source: Source
    standing: Standing
    created_at: AwareDatetime
    superseded_by: str | None = None
    superseded_at: AwareDatetime | None = None

    @property
    def ends_at(self) -> datetime | None:
        """When it stopped or stops holding, by its own word or by a newer memory; None while nobody knows."""
        ends = [end for end in (self.valid_to, self.superseded_at) if end]
        return min(ends, default=None)

    def holds_at(self, moment: datetime) -> bool:
        """Whether it is true at this aware time."""
        end = self.ends_at
        return self.valid_from <= moment and (end is None or moment < end)

    def holds_within(self, since: datetime | None, until: datetime | None) -> bool:
        """Whether it is true at some time from ``since`` up to but not including ``until``; None is unbounded."""
        end = self.ends_at
        starts_in_time = until is None or self.valid_from < until
        # What was closed at its own beginning never held.
        return starts_in_time and (end is None or (end > self.valid_from and (since is None or since < end)))

    @classmethod
    def of(cls, fact: Fact, source: Source, *, now: datetime, line: str | None = None) -> Self:
        """Return a new memory; one from a source others can write is an observation."""
        memory_id = time_ordered_id(now)
        return cls(
            **dict(fact),
            id=memory_id,
            line=line or line_of(fact) or memory_id,
            source=source,
            standing=Standing.OBSERVED if source.kind.untrusted else Standing.APPROVED,
            created_at=now,
        )


def line_of(fact: Fact) -> str | None:
    """Return the name of the line a fact belongs to; None for one without attribute, which contradicts no other."""
    if not fact.attribute:
        return None
    parts = (fact.kind.value, *(" ".join(part.casefold().split()) for part in (fact.subject, fact.attribute)))
    return sha256("\n".join(parts).encode()).hexdigest()[:32]


def time_ordered_id(now: datetime) -> str:
    """Return 32 hexadecimal digits that sort by time: twelve of milliseconds since 1970, the rest random."""
    return moment_prefix(now) + uuid4().hex[:_RANDOM_DIGITS]


def moment_prefix(moment: datetime) -> str:
    """Return how ids made at this time begin."""
    return f"{int(moment.timestamp() * 1000):012x}"
