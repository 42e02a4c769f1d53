"""What people do in a chat with the assistant: the jobs of the queue ``chats``."""

from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter


class _Job(BaseModel):
    """``id`` is the same however often the provider tells it; ``member`` is who did it, in the workspace."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    workspace_id: str
    member: str
    at: AwareDatetime


class MessageReceived(_Job):
    """Somebody wrote to the assistant."""

    kind: Literal["message"] = "message"
    text: str


class ButtonPressed(_Job):
    """Somebody pressed a button of a message of ours, which stands as ``message_id`` in ``channel``."""

    kind: Literal["press"] = "press"
    channel: str
    message_id: str
    action: str
    value: str


type ChatJob = MessageReceived | ButtonPressed
_JOBS: Final[TypeAdapter[ChatJob]] = TypeAdapter(Annotated[ChatJob, Field(discriminator="kind")])


def read_job(text: str) -> ChatJob:
    """Return a message of the queue ``chats``; raises ValidationError."""
    return _JOBS.validate_json(text)
