"""What an invitation says of an event: who else comes, what the user answered, how far it may be moved.

An event may move within its week where the user organizes it among colleagues; with people from outside it stays.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from assistant.domain.calendar.request import MOST_ATTENDEES, Flexibility


def invitation(
    own: str | None, others: Sequence[Mapping[str, Any]], *, organizes: bool, response: str
) -> Mapping[str, Any]:
    """Return fields of a ``CalendarEvent``: ``others`` as its attendees, ``own`` the user's address."""
    domain = (own or "").rpartition("@")[2]
    return {
        "attendees": tuple(others[:MOST_ATTENDEES]),
        "organizer_is_self": organizes,
        "is_external": organizes and any(other["email"].rpartition("@")[2] != domain for other in others),
        "flexibility": Flexibility.SAME_WEEK if organizes else Flexibility.FIXED,
        "self_response": response,
    }
