"""Meetings and briefings in memory."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from assistant.domain.meetings.basis import BriefingBasis
from assistant.domain.meetings.keeping import DueMeeting, KeptBriefing, KeptMeeting, MeetingSummary, due, summary
from assistant.domain.meetings.past_mail import KEPT_FOR, PastMail
from assistant.ports.runtime import Clock
from tests.fakes.stores import Outage


class MemoryMeetings:
    """Implements ``ports.MeetingStore``; ``largest`` is how many documents of a meeting it takes."""

    def __init__(self, clock: Clock, outage: Outage | None = None, *, largest: int = 100) -> None:
        self._clock = clock
        self._outage = outage or Outage()
        self._largest = largest
        self._kept: dict[tuple[str, str], KeptMeeting] = {}
        self._due: dict[tuple[str, str], tuple[DueMeeting, datetime | None]] = {}

    def read(self, user_id: str, meeting_id: str) -> KeptMeeting | None:
        self._outage.check()
        kept = self._kept.get((user_id, meeting_id))
        return kept if kept and kept.expires_at > self._clock.now() else None

    def fits(self, meeting: KeptMeeting) -> bool:
        return len(meeting.details.documents) <= self._largest

    def replace(self, meeting: KeptMeeting, *, earlier: KeptMeeting | None, is_due: bool) -> bool:
        if self.read(meeting.user_id, meeting.meeting_id) != earlier:
            return False
        place = (meeting.user_id, meeting.meeting_id)
        self._kept[place] = meeting
        self._due.pop(place, None)
        if is_due:
            self._due[place] = (due(meeting), None)
        return True

    def delete(self, meeting: KeptMeeting) -> bool:
        if self.read(meeting.user_id, meeting.meeting_id) != meeting:
            return False
        self._due.pop((meeting.user_id, meeting.meeting_id), None)
        del self._kept[meeting.user_id, meeting.meeting_id]
        return True

    def page(
        self, user_id: str, *, since: datetime, until: datetime, after: str | None, limit: int
    ) -> tuple[Sequence[MeetingSummary], str | None]:
        self._outage.check()
        mine = [summary(one) for (owner, _), one in self._kept.items() if owner == user_id]
        keyed = sorted((f"{one.begins_at:%Y-%m-%dT%H:%M:%S}#{one.meeting_id}", one) for one in mine)
        found = [(key, one) for key, one in keyed if since <= one.begins_at < until and key > (after or "")]
        more = len(found) > limit
        return [one for _, one in found[:limit]], found[limit - 1][0] if more else None

    def due(self, *, since: datetime, until: datetime) -> Sequence[DueMeeting]:
        self._outage.check()
        found = (one for one, _ in self._due.values() if since <= one.begins <= until)
        return sorted(found, key=lambda one: one.begins)

    def claim(self, due: DueMeeting, *, now: datetime, until: datetime) -> bool:
        self._outage.check()
        place = (due.user_id, due.meeting_id)
        one, taken_until = self._due.get(place, (None, None))
        if one != due or (taken_until and taken_until > now):
            return False
        self._due[place] = (due, until)
        return True

    def done(self, due: DueMeeting) -> None:
        self._outage.check()
        place = (due.user_id, due.meeting_id)
        if place in self._due and self._due[place][0] == due:
            del self._due[place]


class MemoryBriefings:
    """Implements ``ports.BriefingStore`` and ``ports.DerivedBriefings``; ``again`` are meetings to prepare again."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self._kept: dict[tuple[str, str], KeptBriefing] = {}
        self.again: list[str] = []

    def find(self, user_id: str, meeting_id: str) -> KeptBriefing | None:
        self._outage.check()
        return self._kept.get((user_id, meeting_id))

    def keep(self, briefing: KeptBriefing) -> KeptBriefing:
        kept = self.find(briefing.user_id, briefing.meeting_id)
        if kept and kept.version >= briefing.version:
            return kept
        self._kept[briefing.user_id, briefing.meeting_id] = briefing
        return briefing

    def remove(self, briefing: KeptBriefing) -> None:
        kept = self.find(briefing.user_id, briefing.meeting_id)
        if kept and kept.version == briefing.version:
            del self._kept[briefing.user_id, briefing.meeting_id]

    def forget(
        self, user_id: str, concerns: Callable[[BriefingBasis], bool], *, again: Callable[[BriefingBasis], bool]
    ) -> int:
        self._outage.check()
        mine = [one for (owner, _), one in self._kept.items() if owner == user_id]
        gone = [one for one in mine if concerns(BriefingBasis.model_validate(one.model_dump()))]
        for briefing in gone:
            self.remove(briefing)
            if again(BriefingBasis.model_validate(briefing.model_dump())):
                self.again.append(briefing.meeting_id)
        return len(gone)


class MemoryPastMails:
    """Implements ``ports.PastMails``."""

    def __init__(self, clock: Clock, outage: Outage | None = None) -> None:
        self._clock = clock
        self._outage = outage or Outage()
        self._mails: dict[str, dict[str, PastMail]] = {}

    def keep(self, user_id: str, mails: Sequence[PastMail]) -> None:
        self._outage.check()
        self._mails.setdefault(user_id, {}).update({mail.message_id: mail for mail in mails})

    def with_people(self, user_id: str, people: Collection[str], *, limit: int) -> Sequence[PastMail]:
        self._outage.check()
        kept = [mail for mail in self._mails.get(user_id, {}).values() if mail.at + KEPT_FOR > self._clock.now()]
        theirs = [mail for mail in kept if not set(people).isdisjoint(mail.people)]
        return sorted(theirs, key=lambda mail: mail.at, reverse=True)[:limit]

    def forget(self, user_id: str, concerns: Callable[[PastMail], bool]) -> frozenset[str]:
        self._outage.check()
        mine = self._mails.get(user_id, {})
        gone = frozenset(message_id for message_id, mail in mine.items() if concerns(mail))
        self._mails[user_id] = {message_id: mail for message_id, mail in mine.items() if message_id not in gone}
        return gone
