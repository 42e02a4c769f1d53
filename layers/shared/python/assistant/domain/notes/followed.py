"""What is followed of a connected workspace, and the work that keeps it true."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from assistant.domain.notes.source import Roles

# Pages of each workspace that are kept as evidence: those edited last.
MOST_PAGES: Final = 100
_FULL_EVERY: Final = timedelta(days=1)


class FollowedWorkspace(BaseModel):
    """A workspace as far as it was read; ``source_id`` is the data source with the user's tasks, None without one.

    ``edited_since`` is the latest edit of a task that was read, ``listed_at`` when all of them were.
    """

    model_config = ConfigDict(frozen=True)

    user_id: str
    connection_id: str
    source_id: str | None = None
    source_title: str = ""
    roles: Roles = Roles()
    edited_since: AwareDatetime | None = None
    listed_at: AwareDatetime | None = None
    version: int = 0

    def is_to_be_listed(self, now: datetime) -> bool:
        """Whether all tasks are to be read, which alone shows what is gone."""
        return self.listed_at is None or now - self.listed_at >= _FULL_EVERY


class _Job(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PageChanged(_Job):
    """A page changed, says the provider; ``event_id`` is the same however often it says so."""

    kind: Literal["page_changed"] = "page_changed"
    event_id: str
    workspace_id: str
    page_id: str


class SyncWorkspace(_Job):
    """A workspace is to be read for what nobody told of."""

    kind: Literal["sync_workspace"] = "sync_workspace"
    user_id: str
    connection_id: str


type NotesJob = PageChanged | SyncWorkspace
_JOBS: Final[TypeAdapter[NotesJob]] = TypeAdapter(Annotated[NotesJob, Field(discriminator="kind")])


def read_job(text: str) -> NotesJob:
    """Return a message of the queue ``notes``; raises ValidationError."""
    return _JOBS.validate_json(text)
