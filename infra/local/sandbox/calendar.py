"""Ada's calendar, served by the double of the tests, which is held to Google's description of the API call by call.

The emulator of Google cannot tell what changed in a calendar, nor move an event.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import Thread

from assistant.runtime.clock import SystemClock
from infra.local.console import LocalFailure
from infra.local.sandbox.asking import ask
from infra.local.sandbox.seeds import ZONE, Json, events
from tests.fakes.google_api import serve
from tests.fakes.google_calendar_api import GoogleCalendarApi


class _EveryToken(set[str]):
    """The emulator issues the tokens, and only it knows them."""

    def __contains__(self, _: object) -> bool:
        return True


class AdasCalendar(GoogleCalendarApi):
    """A calendar that begins with events of this week and the next, and tells its channels what changes."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.tokens: set[str] = _EveryToken()
        for event_id, event in events(datetime.now(UTC).astimezone(ZONE).date()):
            self._add(event_id, event)

    def _events_watch(self, body: Json) -> Json:
        """Google calls back by https alone; on this machine there is none."""
        answer = super()._events_watch({**body, "address": body["address"].replace("http://", "https://", 1)})
        self.channels[body["id"]] = body
        return answer

    def _set(self, event_id: str, **values: object) -> None:
        super()._set(event_id, **values)
        for number, channel in enumerate(self.channels.values()):
            headers = {
                "X-Goog-Channel-ID": channel["id"],
                "X-Goog-Channel-Token": channel["token"],
                "X-Goog-Message-Number": str(len(self._log) + number),
                "X-Goog-Resource-ID": self.resource,
                "X-Goog-Resource-State": "exists",
            }
            Thread(target=_call_back, args=(channel["address"], headers), daemon=True).start()


@contextmanager
def serving_calendar(port: int) -> Iterator[None]:
    """Serve the calendar on the loopback ``port`` until the block ends; OSError when it is taken."""
    with serve(AdasCalendar(SystemClock()), port):
        yield


def _call_back(address: str, headers: dict[str, str]) -> None:
    # A notification is a hint: what is lost of them reconciliation finds.
    with suppress(LocalFailure):
        ask("POST", address, headers=headers)
