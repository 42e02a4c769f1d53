"""Ada's calendar, served by the double of the tests, which is held to Google's description of the API call by call.

The emulator of Google cannot tell what changed in a calendar, nor move an event.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from assistant.runtime.clock import SystemClock
from infra.local.sandbox.seeds import ZONE, events
from tests.fakes.google_api import serve
from tests.fakes.google_calendar_api import GoogleCalendarApi


class _EveryToken(set[str]):
    """The emulator issues the tokens, and only it knows them."""

    def __contains__(self, _: object) -> bool:
        return True


class AdasCalendar(GoogleCalendarApi):
    """A calendar that begins with events of this week and the next."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.tokens: set[str] = _EveryToken()
        for event_id, event in events(datetime.now(UTC).astimezone(ZONE).date()):
            self._add(event_id, event)


@contextmanager
def serving_calendar(port: int) -> Iterator[None]:
    """Serve the calendar on the loopback ``port`` until the block ends; OSError when it is taken."""
    with serve(AdasCalendar(SystemClock()), port):
        yield
