"""Meetings that are kept until they are over, when each is due to be prepared, and the briefings made for them."""

from datetime import datetime, timedelta
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict

from assistant.domain.meetings.document import PreparedMeeting
from assistant.domain.meetings.request import MeetingDetails, MeetingId
from assistant.domain.users import UserId

KEPT_FOR: Final = timedelta(days=90)
# A briefing comes this long before its meeting, or later where the meeting was kept later.
AHEAD: Final = timedelta(hours=1)


class KeptMeeting(BaseModel):
    """A meeting as a user or a calendar keeps it; ``version`` counts from 1, ``begins`` is aware, UTC.

    ``connection_id`` is the connected calendar it comes from; None for one a user keeps.
    """

    model_config = ConfigDict(frozen=True)

    user_id: UserId
    meeting_id: MeetingId
    version: int
    begins: AwareDatetime
    details: MeetingDetails
    connection_id: str | None = None

    @property
    def expires_at(self) -> datetime:
        """When it is forgotten."""
        return self.begins + KEPT_FOR


class DueMeeting(BaseModel):
    """A place in the index of meetings to prepare: which version of which meeting, and when it begins."""

    model_config = ConfigDict(frozen=True)

    user_id: UserId
    meeting_id: MeetingId
    version: int
    begins: AwareDatetime


class MeetingSummary(BaseModel):
    """A kept meeting in a list; ``people`` are the addresses of everybody invited."""

    model_config = ConfigDict(frozen=True)

    meeting_id: str
    meeting_title: str
    begins_at: AwareDatetime
    duration_minutes: int
    version: int
    people: tuple[str, ...] = ()


class KeptBriefing(BaseModel):
    """The briefing of one version of a meeting."""

    model_config = ConfigDict(frozen=True)

    user_id: str
    meeting_id: str
    version: int
    begins: AwareDatetime
    prepared_at: AwareDatetime
    prepared: PreparedMeeting


def due(meeting: KeptMeeting) -> DueMeeting:
    """Return the place of a meeting in the index."""
    return DueMeeting(
        user_id=meeting.user_id, meeting_id=meeting.meeting_id, version=meeting.version, begins=meeting.begins
    )


def summary(meeting: KeptMeeting) -> MeetingSummary:
    """Return what a list shows of a meeting."""
    return MeetingSummary(
        meeting_id=meeting.meeting_id,
        meeting_title=meeting.details.meeting_title,
        begins_at=meeting.begins,
        duration_minutes=meeting.details.minutes,
        version=meeting.version,
        people=tuple(person.address for person in meeting.details.people),
    )
