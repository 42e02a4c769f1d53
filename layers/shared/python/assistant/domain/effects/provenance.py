"""Values with where they came from: what others can write never chooses alone what an action reaches."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from assistant.domain.sources import Source


class ArgumentRole(StrEnum):
    """What an argument of an action is for."""

    TEXT = "text"
    """Words for people to read."""
    NAME = "name"
    """Where something is filed."""
    RECIPIENT = "recipient"
    """Who gets something."""
    TIME = "time"
    """When something takes place."""

    @property
    def guarded(self) -> bool:
        """Whether it decides what happens: a value from text that others wrote then needs the user's approval."""
        return self is not ArgumentRole.TEXT


class Traced[Value](BaseModel):
    """A value and the places it was taken from; none where the user or a closed list of ours gave it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Value
    sources: tuple[Source, ...] = ()

    @property
    def tainted(self) -> bool:
        """Whether others than the user could have written it."""
        return any(source.kind.untrusted for source in self.sources)
