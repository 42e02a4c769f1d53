"""Keeping meetings, the index of those to prepare, and their briefings."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # Only the functions of meetings pay for its models.
    from assistant.domain.meetings.basis import BriefingBasis
    from assistant.domain.meetings.keeping import DueMeeting, KeptBriefing, KeptMeeting, MeetingSummary
    from assistant.domain.meetings.past_mail import PastMail


class MeetingStore(Protocol):
    """Meetings of users and the index of those to prepare. Every method raises Unavailable while it is down."""

    def read(self, user_id: str, meeting_id: str) -> "KeptMeeting | None":
        """Return the meeting unless it is unknown or forgotten."""
        ...

    def replace(self, meeting: "KeptMeeting", *, earlier: "KeptMeeting | None", is_due: bool) -> bool:
        """Keep the meeting in place of ``earlier``, with its place in the index if it is due, all or nothing.

        False when the kept meeting is no longer ``earlier``.
        """
        ...

    def fits(self, meeting: "KeptMeeting") -> bool:
        """Whether the meeting is small enough to be kept."""
        ...

    def delete(self, meeting: "KeptMeeting") -> bool:
        """Forget the meeting, its place in the index and its briefing; False when it changed meanwhile."""
        ...

    def page(
        self, user_id: str, *, since: datetime, until: datetime, after: str | None, limit: int
    ) -> "tuple[Sequence[MeetingSummary], str | None]":
        """Return meetings that begin from ``since`` up to but not at ``until``, the first first.

        With them the ``after`` of the page that follows, None at the end.
        """
        ...

    def due(self, *, since: datetime, until: datetime) -> "Sequence[DueMeeting]":
        """Return the meetings of all users that begin in this time and are still to be prepared, the first first."""
        ...

    def claim(self, due: "DueMeeting", *, now: datetime, until: datetime) -> bool:
        """Take a meeting for oneself ``until`` then; False when another has it or it is changed or done."""
        ...

    def done(self, due: "DueMeeting") -> None:
        """Take a version of a meeting out of the index; another version stays."""
        ...


class BriefingStore(Protocol):
    """The newest briefing of each meeting."""

    def find(self, user_id: str, meeting_id: str) -> "KeptBriefing | None":
        """Return the briefing unless there is none."""
        ...

    def keep(self, briefing: "KeptBriefing") -> "KeptBriefing":
        """Keep it unless one of this version or a newer is kept; return the one that is."""
        ...

    def remove(self, briefing: "KeptBriefing") -> None:
        """Remove it; one of another version stays."""
        ...


class PastMails(Protocol):
    """Mails of connected mailboxes, kept 180 days for meetings. Every method raises Unavailable while it is down."""

    def keep(self, user_id: str, mails: "Sequence[PastMail]") -> None:
        """Keep mails; the same ones again change nothing."""
        ...

    def with_people(self, user_id: str, people: Collection[str], *, limit: int) -> "Sequence[PastMail]":
        """Return mails that these addresses wrote or got, the newest first; the newest of each are among them."""
        ...

    def forget(self, user_id: str, concerns: "Callable[[PastMail], bool]") -> frozenset[str]:
        """Forget the mails it concerns; return their message ids."""
        ...


class DerivedBriefings(Protocol):
    """Kept briefings, by what they were made of."""

    def forget(
        self, user_id: str, concerns: "Callable[[BriefingBasis], bool]", *, again: "Callable[[BriefingBasis], bool]"
    ) -> int:
        """Remove the user's briefings that it concerns, and those nobody can read; return how many. May be Unavailable.

        Another that takes the place of one meanwhile stays. Meetings to be prepared ``again`` go back into the index of
        those to prepare, unless it is too late.
        """
        ...
