"""Use cases: keep, show, list and forget meetings, and show the briefing of one.

Connected calendars keep theirs in the same store; one that a user keeps under its id is the user's from then on.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.errors import Conflict, FieldError, InvalidRequest, NotFound, unknown_cursor
from assistant.domain.meetings.basis import LATE
from assistant.domain.meetings.document import PreparedMeeting
from assistant.domain.meetings.keeping import KeptMeeting, MeetingSummary
from assistant.domain.meetings.request import MeetingDetails
from assistant.domain.moments import Moment
from assistant.domain.users import Identity
from assistant.domain.versions import Preconditions
from assistant.ports.meetings import BriefingStore, MeetingStore
from assistant.ports.runtime import AuditTrail, Clock
from assistant.ports.users import PreferenceStore

_ATTEMPTS: Final = 3
_PLACE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d#.")
_LISTED: Final = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class MeetingPorts:
    """The ports kept meetings need."""

    meetings: MeetingStore
    briefings: BriefingStore
    preferences: PreferenceStore
    audit: AuditTrail
    clock: Clock


class MeetingView(MeetingDetails):
    """A kept meeting; ``begins_at`` is its time in UTC."""

    meeting_id: str
    begins_at: AwareDatetime

    @classmethod
    def of(cls, meeting: KeptMeeting) -> Self:
        """Return what is shown of a meeting."""
        return cls(**dict(meeting.details), meeting_id=meeting.meeting_id, begins_at=meeting.begins)


class MeetingQuery(BaseModel):
    """Which meetings are listed: those that begin in a time, and which page of them."""

    model_config = ConfigDict(frozen=True)

    since: Moment | None = Field(default=None, description="Begins then or later; now unless told")
    until: Moment | None = Field(default=None, description="Begins before; 31 days after since unless told")
    limit: int = Field(default=50, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=1000, description="The next_cursor of the page before")


class MeetingList(BaseModel):
    """Meetings, the first first; ``next_cursor`` asks for what follows."""

    meetings: tuple[MeetingSummary, ...]
    next_cursor: str | None = None


class Forgotten(BaseModel):
    """What was forgotten."""

    meeting_id: str


class BriefingOfMeeting(PreparedMeeting):
    """The briefing of a kept meeting; ``current`` tells whether the meeting is still the one that was prepared."""

    meeting_id: str
    prepared_at: AwareDatetime
    current: bool


def keep_meeting(
    caller: Identity, meeting_id: str, details: MeetingDetails, conditions: Preconditions, *, ports: MeetingPorts
) -> KeptMeeting:
    """Keep a meeting, new or changed; the same again changes nothing, so that nothing is prepared twice.

    Raises:
        InvalidRequest: with its documents it is too large to be kept.
        PreconditionFailed: a precondition does not hold.
        Conflict: it kept changing meanwhile.
        Unavailable: the store is down.
    """
    zone = ZoneInfo(details.timezone or ports.preferences.read(caller.user_id).preferences.working_hours.timezone)
    for _ in range(_ATTEMPTS):
        kept = ports.meetings.read(caller.user_id, meeting_id)
        conditions.require(kept.version if kept else 0)
        begins = details.begins(zone)
        if kept and (kept.details, kept.begins, kept.connection_id) == (details, begins, None):
            return kept
        version = kept.version + 1 if kept else 1
        meeting = KeptMeeting(
            user_id=caller.user_id, meeting_id=meeting_id, version=version, begins=begins, details=details
        )
        if not ports.meetings.fits(meeting):
            too_large = FieldError("documents", "are too large to be kept with the meeting; send fewer or shorter ones")
            raise InvalidRequest("The meeting is too large.", errors=(too_large,))
        now = ports.clock.now()
        if ports.meetings.replace(meeting, earlier=kept, is_due=begins > now - LATE):
            ports.audit.record(audit_event(AuditAction.MEETING_KEPT, caller, now, subject_id=meeting_id))
            return meeting
    raise Conflict("The meeting is being changed elsewhere. Please try again.")


def show_meeting(caller: Identity, meeting_id: str, *, ports: MeetingPorts) -> KeptMeeting:
    """Return a kept meeting.

    Raises:
        NotFound: it is unknown or forgotten.
        Unavailable: the store is down.
    """
    kept = ports.meetings.read(caller.user_id, meeting_id)
    if kept is None:
        raise NotFound("No such meeting is known.")
    return kept


def forget_meeting(caller: Identity, meeting_id: str, conditions: Preconditions, *, ports: MeetingPorts) -> Forgotten:
    """Forget a meeting and its briefing.

    Raises:
        NotFound: it is unknown or forgotten already.
        PreconditionFailed: a precondition does not hold.
        Conflict: it kept changing meanwhile.
        Unavailable: the store is down.
    """
    for _ in range(_ATTEMPTS):
        kept = show_meeting(caller, meeting_id, ports=ports)
        conditions.require(kept.version)
        if ports.meetings.delete(kept):
            now = ports.clock.now()
            ports.audit.record(audit_event(AuditAction.MEETING_FORGOTTEN, caller, now, subject_id=meeting_id))
            return Forgotten(meeting_id=meeting_id)
    raise Conflict("The meeting is being changed elsewhere. Please try again.")


def list_meetings(caller: Identity, wanted: MeetingQuery, *, ports: MeetingPorts) -> MeetingList:
    """Return meetings by their time.

    Raises:
        InvalidRequest: the period ends before it begins, or the cursor is none.
        Unavailable: the store is down.
    """
    since = wanted.since or ports.clock.now()
    until = wanted.until or since + _LISTED
    if until <= since:
        raise InvalidRequest("The period is empty.", errors=(FieldError("until", "must be after since"),))
    after = _read_cursor(wanted.cursor)
    page, following = ports.meetings.page(caller.user_id, since=since, until=until, after=after, limit=wanted.limit)
    return MeetingList(meetings=tuple(page), next_cursor=following and _cursor(following))


def show_briefing(caller: Identity, meeting_id: str, *, ports: MeetingPorts) -> BriefingOfMeeting:
    """Return the briefing that was made for a kept meeting.

    Raises:
        NotFound: the meeting is unknown, or not prepared yet.
        Unavailable: the store is down.
    """
    meeting = show_meeting(caller, meeting_id, ports=ports)
    kept = ports.briefings.find(caller.user_id, meeting_id)
    if kept is None:
        raise NotFound(
            "It is prepared in the hour before the meeting begins, and gone when what it cites is forgotten."
        )
    return BriefingOfMeeting(
        **dict(kept.prepared),
        meeting_id=meeting_id,
        prepared_at=kept.prepared_at,
        current=kept.version == meeting.version,
    )


def _cursor(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _read_cursor(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    try:
        place = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        place = ""
    if not _PLACE.match(place):
        raise unknown_cursor("meetings")
    return place
