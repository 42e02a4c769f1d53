"""Focus time that stands in a calendar: what it is called, and how it is told from other events."""

from collections.abc import Mapping
from typing import Final

from assistant.domain.calendar.request import CalendarEvent

# Its title, by language (ISO 639-1); Outlook's own has the English one.
FOCUS_TIME: Final[Mapping[str, str]] = {
    "en": "Focus time",
    "es": "Tiempo de concentración",
    "fr": "Temps de concentration",
    "de": "Fokuszeit",
}
_TITLES: Final = frozenset(title.casefold() for title in FOCUS_TIME.values())
# https://developers.google.com/workspace/calendar/api/guides/calendar-status
GOOGLE_FOCUS_TIME: Final = "focusTime"


def is_focus_time(event: CalendarEvent) -> bool:
    """Whether an event keeps time free for the user's own work: it is called so, and nobody else attends."""
    called = event.event_type == GOOGLE_FOCUS_TIME or " ".join(event.title.split()).casefold() in _TITLES
    return called and not event.attendees and not event.all_day


def open_to_tasks(event: CalendarEvent) -> CalendarEvent:
    """Return the event as one that takes no time where it is focus time: tasks are done in it."""
    return event.model_copy(update={"transparency": "transparent"}) if is_focus_time(event) else event
