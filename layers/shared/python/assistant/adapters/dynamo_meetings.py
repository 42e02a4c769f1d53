"""Meetings, the index of those to prepare, and briefings on DynamoDB.

A meeting is three items that change in one transaction: itself (compressed, as it may hold documents), its line in the
user's schedule, and its place in the index. The index has a partition for each hour in UTC, so that a run reads two or
three of them however many meetings there are, and no partition grows for ever. A run takes a meeting by writing until
when it holds it; what is done is removed, but only at the version that was done.
"""

import logging
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from assistant.adapters.dynamo import EXPIRES_AT, Item, Table, attributes, epoch, plain, user_partition, write_if
from assistant.adapters.dynamo_derived_briefings import BRIEFING, PLACE, hour_partition, place_item, place_key
from assistant.domain.meetings.keeping import KEPT_FOR, DueMeeting, KeptBriefing, KeptMeeting, MeetingSummary, summary
from assistant.domain.meetings.keeping import due as place_of
from assistant.ports.runtime import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

logger = logging.getLogger(__name__)

# DynamoDB takes 400 KB an item, with its keys and numbers.
_LARGEST: Final = 380_000
_SCHEDULE: Final = "SCHEDULE#"
_AN_HOUR: Final = timedelta(hours=1)
_SAME: Final = "version = :version"
_NEW: Final = "attribute_not_exists(pk)"


class DynamoMeetings:
    """Implements ``ports.MeetingStore``."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def read(self, user_id: str, meeting_id: str) -> KeptMeeting | None:
        """Return the meeting, read consistently, unless it is unknown, expired or of a version that cannot be read."""
        item = self._table.get(user_partition(user_id), _meeting_key(meeting_id), consistent=True)
        if item is None or item[EXPIRES_AT] <= epoch(self._clock.now()):
            return None
        try:
            return KeptMeeting.model_validate_json(zlib.decompress(bytes(item["meeting"])))
        except ValidationError:
            logger.warning("meeting of another version of the product")
            return None

    def fits(self, meeting: KeptMeeting) -> bool:
        """Whether the meeting is small enough for an item."""
        return len(_packed(meeting)) <= _LARGEST

    def replace(self, meeting: KeptMeeting, *, earlier: KeptMeeting | None, is_due: bool) -> bool:
        """Keep the meeting, its line in the schedule and its place in the index, in one transaction."""
        return self._table.transact(list(self._writes(meeting, earlier, is_due=is_due)))

    def delete(self, meeting: KeptMeeting) -> bool:
        """Forget the meeting with everything that was made of it."""
        partition = user_partition(meeting.user_id)
        same = {":version": meeting.version}
        return self._table.transact(
            [
                self._table.delete({"pk": partition, "sk": _meeting_key(meeting.meeting_id)}, _SAME, same),
                self._table.delete(_schedule_key(meeting)),
                self._table.delete(_place_key(place_of(meeting))),
                self._table.delete({"pk": partition, "sk": _briefing_key(meeting.meeting_id)}),
            ]
        )

    def page(
        self, user_id: str, *, since: datetime, until: datetime, after: str | None, limit: int
    ) -> tuple[Sequence[MeetingSummary], str | None]:
        """Return lines of the schedule, the first first."""
        start = _SCHEDULE + (after or _stamp(since))
        items = self._table.query(user_partition(user_id), _SCHEDULE, limit=limit + 1, after=start)
        lines = [MeetingSummary.model_validate_json(plain(item)["summary"]) for item in items]
        wanted = [line for line in lines if line.begins_at < until]
        page = wanted[:limit]
        return page, _line(page[-1].begins_at, page[-1].meeting_id) if len(wanted) > limit else None

    def due(self, *, since: datetime, until: datetime) -> Sequence[DueMeeting]:
        """Return the places in the index, a partition for each hour."""
        found = [
            DueMeeting.model_validate(plain(item))
            for hour in _hours(since, until)
            for item in self._table.query(hour_partition(hour), PLACE, consistent=True)
        ]
        return sorted((one for one in found if since <= one.begins <= until), key=lambda one: one.begins)

    def claim(self, due: DueMeeting, *, now: datetime, until: datetime) -> bool:
        """Write until when the meeting is taken, if nobody has it and it is the same version."""
        same = {":version": due.version}
        return self._table.take(_place_key(due), now=now, until=until, condition=_SAME, values=same)

    def done(self, due: DueMeeting) -> None:
        """Remove the place of this version."""
        write_if(
            lambda: self._table.client.delete_item(
                TableName=self._table.name,
                Key=attributes(_place_key(due)),
                ConditionExpression=_SAME,
                ExpressionAttributeValues=attributes({":version": due.version}),
            )
        )

    def _writes(
        self, meeting: KeptMeeting, earlier: KeptMeeting | None, *, is_due: bool
    ) -> "Iterator[TransactWriteItemTypeDef]":
        expires = {EXPIRES_AT: epoch(meeting.expires_at)}
        key = {"pk": user_partition(meeting.user_id), "sk": _meeting_key(meeting.meeting_id)}
        item = key | expires | {"version": meeting.version, "meeting": _packed(meeting)}
        yield self._table.put(
            item,
            _SAME if earlier else f"{_NEW} OR {EXPIRES_AT} <= :now",
            {":version": earlier.version} if earlier else {":now": epoch(self._clock.now())},
        )
        yield self._table.put(_schedule_key(meeting) | expires | {"summary": summary(meeting).model_dump_json()})
        place = _place_key(place_of(meeting))
        if is_due:
            yield self._table.put(_place(place_of(meeting)))
        if earlier and _schedule_key(earlier) != _schedule_key(meeting):
            yield self._table.delete(_schedule_key(earlier))
        old_place = _place_key(place_of(earlier)) if earlier else None
        if old_place and (old_place != place or not is_due):
            yield self._table.delete(old_place)


class DynamoBriefings:
    """Implements ``ports.BriefingStore``: one item a meeting, compressed."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def find(self, user_id: str, meeting_id: str) -> KeptBriefing | None:
        """Return the briefing, read consistently, unless there is none or this version cannot read it."""
        item = self._table.get(user_partition(user_id), _briefing_key(meeting_id), consistent=True)
        if item is None or item[EXPIRES_AT] <= epoch(self._clock.now()):
            return None
        try:
            return KeptBriefing.model_validate_json(zlib.decompress(bytes(item["briefing"])))
        except ValidationError:
            logger.warning("briefing of another version of the product")
            return None

    def keep(self, briefing: KeptBriefing) -> KeptBriefing:
        """Keep the briefing if its version is the newest; return the one that is kept."""
        item = {
            "pk": user_partition(briefing.user_id),
            "sk": _briefing_key(briefing.meeting_id),
            "version": briefing.version,
            "briefing": _packed(briefing),
            EXPIRES_AT: epoch(briefing.begins + KEPT_FOR),
        }
        kept = self._table.transact(
            [self._table.put(item, f"{_NEW} OR version < :version", {":version": briefing.version})]
        )
        return briefing if kept else (self.find(briefing.user_id, briefing.meeting_id) or briefing)

    def remove(self, briefing: KeptBriefing) -> None:
        """Remove this version of the briefing."""
        key = {"pk": user_partition(briefing.user_id), "sk": _briefing_key(briefing.meeting_id)}
        self._table.transact([self._table.delete(key, _SAME, {":version": briefing.version})])


def _hours(since: datetime, until: datetime) -> Iterator[datetime]:
    hour = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while hour <= until:
        yield hour
        hour += _AN_HOUR


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


def _meeting_key(meeting_id: str) -> str:
    return f"MEETING#{meeting_id}"


def _briefing_key(meeting_id: str) -> str:
    return BRIEFING + meeting_id


def _schedule_key(meeting: KeptMeeting) -> Item:
    return {"pk": user_partition(meeting.user_id), "sk": _SCHEDULE + _line(meeting.begins, meeting.meeting_id)}


def _line(begins: datetime, meeting_id: str) -> str:
    return f"{_stamp(begins)}#{meeting_id}"


def _place_key(due: DueMeeting) -> Item:
    return place_key(due.user_id, due.meeting_id, due.begins)


def _place(due: DueMeeting) -> Item:
    return place_item(due.user_id, due.meeting_id, due.version, due.begins)


def _packed(kept: KeptMeeting | KeptBriefing) -> bytes:
    return zlib.compress(kept.model_dump_json(by_alias=True).encode("utf-8", "replace"))
