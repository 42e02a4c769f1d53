"""What a kept briefing rests on and whom it is about: enough to tell whether it has to go.

It is a part of ``KeptBriefing``, for those who should not pay for everything that makes a briefing.
"""

import re
from datetime import datetime, timedelta
from typing import Final

from pydantic import AwareDatetime, BaseModel

from assistant.domain.meetings.statements import Citation
from assistant.domain.sources import SourceKind

# A meeting that began longer ago is not prepared any more.
LATE: Final = timedelta(minutes=15)


class _Attendee(BaseModel):
    email: str
    name: str | None


class _Prepared(BaseModel):
    citations: tuple[Citation, ...]
    attendee_research: tuple[_Attendee, ...]


class BriefingBasis(BaseModel):
    """The sources and the people of a kept briefing, and of which version of which meeting it is."""

    user_id: str
    meeting_id: str
    version: int
    begins: AwareDatetime
    prepared: _Prepared

    def is_wanted(self, now: datetime) -> bool:
        """Whether the meeting is still prepared at this aware time."""
        return now <= self.begins + LATE

    @property
    def cited(self) -> frozenset[tuple[SourceKind, str]]:
        """Kind and id of everything it cites."""
        return frozenset((one.source.kind, one.source.id) for one in self.prepared.citations)

    def names(self, person: re.Pattern[str]) -> bool:
        """Whether the meeting is with somebody of this address or name, or a source it cites names them."""
        people = self.prepared.attendee_research
        said = (*(one.name or "" for one in people), *(one.source.quote for one in self.prepared.citations))
        return any(person.fullmatch(one.email) for one in people) or any(map(person.search, said))
