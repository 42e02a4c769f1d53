"""Every kept meeting of a time, page by page."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from assistant.domain.meetings.keeping import MeetingSummary
from assistant.ports.meetings import MeetingStore

_AT_ONCE: Final = 500


def listed_meetings(
    user_id: str, meetings: MeetingStore, *, since: datetime, until: datetime
) -> Iterator[MeetingSummary]:
    """Yield the meetings that begin in this time, the first first. Raises Unavailable while the store is down."""
    after, more = None, True
    while more:
        page, after = meetings.page(user_id, since=since, until=until, after=after, limit=_AT_ONCE)
        yield from page
        more = after is not None
