"""Use case: prepare the meetings that begin within the hour, each version once, and tell their users.

A run may be started twice, overlap the next, or end at any step. A meeting is taken for six minutes, longer than a run
lives; its briefing is kept before it is told of, and it leaves the index last. Whoever comes after a crash finds what
was done: a briefing of this version is not made again, a notification has the same id, so it is told once. A briefing
of what was forgotten meanwhile is removed, and left to the next run.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from functools import partial
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.errors import Unavailable
from assistant.domain.meetings.basis import LATE
from assistant.domain.meetings.keeping import AHEAD, DueMeeting, KeptBriefing, KeptMeeting
from assistant.domain.notifications import News, NotificationKind
from assistant.domain.preferences import Preferences
from assistant.domain.sources import SourceKind
from assistant.domain.users import Identity
from assistant.ports.meetings import BriefingStore, MeetingStore
from assistant.ports.memory import MemoryStore
from assistant.ports.notifications import Notifier
from assistant.services.ask_claude import LONGEST
from assistant.services.prepare_meeting import PreparePorts, prepare

logger = logging.getLogger(__name__)

TAKEN_FOR: Final = timedelta(minutes=6)
AT_ONCE: Final = 8
# A meeting with less time than this is left to the next run.
_LEAST_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class UpcomingPorts:
    """The ports preparing on schedule needs."""

    meetings: MeetingStore
    briefings: BriefingStore
    notifier: Notifier
    prepare: PreparePorts


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a run did, in meetings: ``taken`` by another run or changed, ``failed`` and ``left`` for the next one."""

    prepared: int = 0
    taken: int = 0
    failed: int = 0
    left: int = 0


class _End(Enum):
    """What became of one meeting; the values are fields of ``Prepared``."""

    PREPARED = "prepared"
    TAKEN = "taken"
    FAILED = "failed"
    LEFT = "left"


def prepare_upcoming(request_id: str, *, seconds: float, ports: UpcomingPorts) -> Prepared:
    """Prepare what is due, the first meeting first, until ``seconds`` are over.

    Raises:
        Unavailable: the index cannot be read.
    """
    clock = ports.prepare.clock
    until = clock.monotonic() + seconds
    now = clock.now()
    due = ports.meetings.due(since=now - LATE, until=now + AHEAD)
    if due:
        # Made once, rather than by each of the threads.
        ports.prepare.claude()
    with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="meeting") as pool:
        ends = list(pool.map(partial(_try, request_id=request_id, until=until, ports=ports), due))
    counts = Counter(end.value for end in ends)
    return Prepared(**counts)


def _try(due: DueMeeting, *, request_id: str, until: float, ports: UpcomingPorts) -> _End:
    """Prepare one meeting; what goes wrong with it is logged by name and left to the next run."""
    if until - ports.prepare.clock.monotonic() < _LEAST_SECONDS:
        return _End.LEFT
    try:
        return _one(due, request_id=request_id, until=until, ports=ports)
    except Unavailable:
        return _End.FAILED
    except Exception as error:  # noqa: BLE001 one meeting must not keep the others from their briefings
        logger.error("a meeting cannot be prepared", extra={"error": type(error).__name__})  # noqa: TRY400 may quote
        return _End.FAILED


def _one(due: DueMeeting, *, request_id: str, until: float, ports: UpcomingPorts) -> _End:
    clock = ports.prepare.clock
    now = clock.now()
    if not ports.meetings.claim(due, now=now, until=now + TAKEN_FOR):
        return _End.TAKEN
    meeting = ports.meetings.read(due.user_id, due.meeting_id)
    if meeting is None or meeting.version != due.version:
        ports.meetings.done(due)
        return _End.TAKEN
    briefing = _briefing(meeting, request_id=request_id, until=until, ports=ports)
    if _has_lost(briefing, ports.prepare.kept.memories):
        ports.briefings.remove(briefing)
        return _End.LEFT
    preferences = ports.prepare.preferences.read(meeting.user_id).preferences
    ports.notifier.notify(meeting.user_id, _news(meeting, briefing, preferences))
    ports.meetings.done(due)
    return _End.PREPARED


def _briefing(meeting: KeptMeeting, *, request_id: str, until: float, ports: UpcomingPorts) -> KeptBriefing:
    """Return the briefing of this version, made now unless it was made before."""
    kept = ports.briefings.find(meeting.user_id, meeting.meeting_id)
    if kept and kept.version >= meeting.version:
        return kept
    clock = ports.prepare.clock
    latest = min(until, clock.monotonic() + LONGEST)
    prepared = prepare(meeting.details, meeting.meeting_id, meeting.user_id, until=latest, ports=ports.prepare)
    now = clock.now()
    caller = Identity(meeting.user_id, request_id)
    counts = {"citations": len(prepared.citations)}
    ports.prepare.audit.record(
        audit_event(AuditAction.MEETING_PREPARED, caller, now, counts=counts, subject_id=meeting.meeting_id)
    )
    return ports.briefings.keep(
        KeptBriefing(
            user_id=meeting.user_id,
            meeting_id=meeting.meeting_id,
            version=meeting.version,
            begins=meeting.begins,
            prepared_at=now,
            prepared=prepared,
        )
    )


def _has_lost(briefing: KeptBriefing, memories: MemoryStore) -> bool:
    """Whether a memory it cites was forgotten meanwhile; who forgot it found no briefing to remove."""
    cited = {one.source.id for one in briefing.prepared.citations if one.source.kind is SourceKind.MEMORY}
    return bool(cited) and not cited <= memories.find(briefing.user_id, cited).keys()


def _news(meeting: KeptMeeting, briefing: KeptBriefing, preferences: Preferences) -> News:
    """Return what the user is told; a newer version of the meeting takes the place of the older."""
    zone = ZoneInfo(meeting.details.timezone or preferences.working_hours.timezone)
    return News(
        about=f"meeting:{meeting.meeting_id}",
        kind=NotificationKind.MEETING_BRIEFING,
        title=f"{'Updated briefing' if briefing.version > 1 else 'Briefing'}: {meeting.details.meeting_title}",
        text=" ".join(_sentences(meeting, briefing, zone)),
        link=f"/api/v1/meetings/{quote(meeting.meeting_id, safe='')}/briefing",
        at=briefing.prepared_at,
        not_after=meeting.begins,
    )


def _sentences(meeting: KeptMeeting, briefing: KeptBriefing, zone: ZoneInfo) -> Sequence[str]:
    begins = meeting.begins.astimezone(zone)
    prepared = briefing.prepared
    said = [f"{begins:%a %-d %b, %H:%M} ({zone.key}), {meeting.details.minutes} minutes."]
    if prepared.open_commitments:
        said.append(f"Open commitments: {len(prepared.open_commitments)}.")
    return said
