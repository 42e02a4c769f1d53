"""Google Calendar on loopback, held to its description: one calendar, its sync tokens, channels, and who is busy.

What the description does not say is as the guides say: what goes with a sync token, that an id is taken once, that a
cancelled event is still told of.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from assistant.ports.runtime import Clock
from tests.fakes.calendar_account import OWN_ADDRESS
from tests.fakes.google_api import GoogleApi, Json, Refused, serve

# Where this calendar's times are written; what it means by a whole day, too.
ZONE = ZoneInfo("Europe/Berlin")
MOST_CALENDARS = 50
LONGEST_CHANNEL = timedelta(days=7)
_ID = re.compile(r"[a-v0-9]{5,1024}")
_NOT_WITH_A_TOKEN = ("timeMin", "timeMax", "orderBy", "updatedMin", "q", "iCalUID")


class GoogleCalendarApi(GoogleApi):
    """One calendar. Implements ``CalendarSide``."""

    api = "calendar.v3"
    resource = "o3hgv1538sdjfh"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._events: dict[str, Json] = {}
        self._busy: dict[str, list[Json]] = {}
        self._log: list[str] = []
        self._forgotten = 0
        self._tokens: dict[str, tuple[int, Json]] = {}
        self.channels: dict[str, Json] = {}
        self.told: list[str] = []

    # The calendar as its user and their colleagues see it.

    def add(
        self,
        title: str,
        start: datetime,
        end: datetime,
        *,
        organizer: str = OWN_ADDRESS,
        attendees: Sequence[str] = (),
        all_day: bool = False,
        free: bool = False,
        optional: Sequence[str] = (),
        event_type: str = "default",
    ) -> str:
        event: Json = {
            "eventType": event_type,
            "summary": title,
            "start": _day(start) if all_day else _time(start),
            "end": _day(end) if all_day else _time(end),
            "organizer": _person(organizer),
            "attendees": [
                {**_person(one), "responseStatus": "needsAction", **({"optional": True} if one in optional else {})}
                for one in (*attendees, *optional)
            ],
            **({"transparency": "transparent"} if free else {}),
        }
        return self._add(f"event{len(self._events) + 1:05d}", event)

    def add_series(self, title: str, starts: Sequence[datetime]) -> Sequence[str]:
        """The user makes a series of hours; return the ids of its occurrences."""
        return [
            self._add(
                f"series_{start.astimezone(UTC):%Y%m%dT%H%M%SZ}",
                {
                    "summary": title,
                    "start": _time(start),
                    "end": _time(start + timedelta(hours=1)),
                    "organizer": _person(OWN_ADDRESS),
                    "recurringEventId": "series",
                    "originalStartTime": _time(start),
                },
            )
            for start in starts
        ]

    def invite(self, event_id: str, **person: object) -> None:
        """Somebody is invited, with these fields of an attendee."""
        self._set(event_id, attendees=[*self._events[event_id]["attendees"], person])

    def shown(self, event_id: str) -> Json:
        """Return an event as the provider keeps it."""
        return self._events[event_id]

    def titles(self) -> Sequence[str]:
        """Return the titles of the events that stand, in the order they were made."""
        return [one["summary"] for one in self._events.values() if one["status"] != "cancelled"]

    def change(self, event_id: str, title: str) -> None:
        self._set(event_id, summary=title)

    def reschedule(self, event_id: str, start: datetime, end: datetime) -> None:
        self._set(event_id, start=_time(start), end=_time(end))

    def cancel(self, event_id: str) -> None:
        self._set(event_id, status="cancelled")

    def block(self, address: str, start: datetime, end: datetime) -> None:
        self._busy.setdefault(address, []).append({"start": _utc(start), "end": _utc(end)})

    def forget_changes(self) -> None:
        self._log.append("")
        self._forgotten = len(self._log)

    # HTTP.

    def carry_out(self, called: str, arguments: Json, headers: Mapping[str, str]) -> Json:
        assert arguments.pop("calendarId", "primary") == "primary"
        if called in ("events.patch", "events.delete"):
            arguments["if_match"] = headers.get("if-match")
        served: Callable[..., Json] = getattr(self, "_" + called.replace(".", "_"))
        return served(**arguments)

    def _events_list(self, **asked: Any) -> Json:
        assert asked["singleEvents"]
        page = int(asked.pop("pageToken", "0"))
        found, position = self._since(asked) if "syncToken" in asked else (self._within(asked), len(self._log))
        shown = found[page : page + asked["maxResults"]]
        if page + len(shown) < len(found):
            more = {"nextPageToken": str(page + len(shown))}
        else:
            more = {} if "orderBy" in asked else {"nextSyncToken": self._token(position, asked)}
        return {"kind": "calendar#events", "timeZone": str(ZONE), "items": shown, **more}

    def _within(self, asked: Json) -> Sequence[Json]:
        since, until = (datetime.fromisoformat(asked[name]) for name in ("timeMin", "timeMax"))
        found = [
            one
            for one in self._events.values()
            if one["status"] != "cancelled" and _moment(one["start"]) < until and _moment(one["end"]) > since
        ]
        return sorted(found, key=lambda one: _moment(one["start"])) if asked.get("orderBy") == "startTime" else found

    def _since(self, asked: Json) -> tuple[Sequence[Json], int]:
        if any(name in asked for name in _NOT_WITH_A_TOKEN):
            raise Refused(HTTPStatus.BAD_REQUEST, "invalid")
        position, same = self._tokens[asked["syncToken"]]
        if position < self._forgotten:
            raise Refused(HTTPStatus.GONE, "fullSyncRequired")
        assert {name: asked.get(name) for name in same} == same
        return [_told(self._events[one]) for one in dict.fromkeys(filter(None, self._log[position:]))], len(self._log)

    def _token(self, position: int, asked: Json) -> str:
        token = f"CPDAlvWDx70CEPDAlvWDx{len(self._tokens)}="
        self._tokens[token] = (position, {name: asked[name] for name in ("singleEvents", "maxResults")})
        return token

    def _events_get(self, eventId: str) -> Json:  # noqa: N803 named by the API
        return self._known(eventId)

    def _events_insert(self, body: Json, sendUpdates: str) -> Json:  # noqa: N803
        assert sendUpdates == "all"
        if body["id"] in self._events:
            raise Refused(HTTPStatus.CONFLICT, "duplicate")
        if not _ID.fullmatch(body["id"]):
            raise Refused(HTTPStatus.BAD_REQUEST, "invalid")
        invited = [{"responseStatus": "needsAction", **one} for one in body.pop("attendees", ())]
        self._add(body["id"], {**body, "organizer": _person(OWN_ADDRESS), "attendees": invited})
        return self._events[body["id"]]

    def _events_patch(self, eventId: str, body: Json, sendUpdates: str, if_match: str | None) -> Json:  # noqa: N803
        assert sendUpdates == "all"
        event = self._known(eventId)
        if if_match not in (None, event["etag"]):
            raise Refused(HTTPStatus.PRECONDITION_FAILED, "conditionNotMet")
        if body.pop("attendeesOmitted", False):
            (own,) = body.pop("attendees")
            self.told.append(own["responseStatus"])
            answered = [one | own if one["email"] == own["email"] else one for one in event["attendees"]]
            self._set(eventId, attendees=answered)
        else:
            # A patch leaves what it does not name, here the time zone.
            self._set(eventId, **{name: {**event[name], **value} for name, value in body.items()})
        return self._events[eventId]

    def _events_delete(self, eventId: str, sendUpdates: str, if_match: str | None) -> Json:  # noqa: N803
        assert sendUpdates == "all"
        event = self._known(eventId)
        if event["status"] == "cancelled":
            raise Refused(HTTPStatus.GONE, "deleted")
        if if_match not in (None, event["etag"]):
            raise Refused(HTTPStatus.PRECONDITION_FAILED, "conditionNotMet")
        self.cancel(eventId)
        return {}

    def _events_watch(self, body: Json) -> Json:
        if body["id"] in self.channels:
            raise Refused(HTTPStatus.BAD_REQUEST, "channelIdNotUnique")
        assert body["type"] == "web_hook"
        assert body["address"].startswith("https://")
        longest = int((self.clock.now() + LONGEST_CHANNEL).timestamp() * 1000)
        expiration = str(min(int(body["expiration"]), longest))
        self.channels[body["id"]] = body
        uri = "https://www.googleapis.com/calendar/v3/calendars/primary/events"
        made = {"id": body["id"], "token": body["token"], "resourceId": self.resource, "resourceUri": uri}
        return {"kind": "api#channel", **made, "expiration": expiration}

    def _channels_stop(self, body: Json) -> Json:
        if body["id"] not in self.channels or body["resourceId"] != self.resource:
            raise Refused(HTTPStatus.NOT_FOUND, "notFound")
        del self.channels[body["id"]]
        return {}

    def _freebusy_query(self, body: Json) -> Json:
        assert len(body["items"]) <= MOST_CALENDARS
        asked = [one["id"] for one in body["items"]]
        return {
            "kind": "calendar#freeBusy",
            "calendars": {
                address: {"busy": [one for one in self._busy[address] if _overlaps(one, body)]}
                if address in self._busy
                else {"busy": [], "errors": [{"domain": "global", "reason": "notFound"}]}
                for address in asked
            },
        }

    # State.

    def _known(self, event_id: str) -> Json:
        if event_id not in self._events:
            raise Refused(HTTPStatus.NOT_FOUND, "notFound")
        return self._events[event_id]

    def _add(self, event_id: str, event: Json) -> str:
        shown = {
            "kind": "calendar#event",
            "status": "confirmed",
            "eventType": "default",
            "iCalUID": f"{event_id}@google.com",
        }
        self._events[event_id] = {**shown, **event, "id": event_id, "etag": '"1"'}
        self._log.append(event_id)
        return event_id

    def _set(self, event_id: str, **values: object) -> None:
        event = self._events[event_id]
        version = int(event["etag"].strip('"'))
        self._events[event_id] = {**event, **values, "etag": f'"{version + 1}"'}
        self._log.append(event_id)


@contextmanager
def serve_calendar(clock: Clock, port: int = 0) -> Iterator[GoogleCalendarApi]:
    """Serve a calendar until the block ends."""
    with serve(GoogleCalendarApi(clock), port) as api:
        yield api


def _person(address: str) -> Json:
    return {"email": address, **({"self": True} if address == OWN_ADDRESS else {})}


def _time(moment: datetime) -> Json:
    return {"dateTime": moment.astimezone(ZONE).isoformat(), "timeZone": str(ZONE)}


def _day(moment: datetime) -> Json:
    return {"date": str(moment.date())}


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _moment(given: Json) -> datetime:
    if "date" in given:
        return datetime.fromisoformat(given["date"]).replace(tzinfo=ZONE)
    return datetime.fromisoformat(given["dateTime"])


def _overlaps(busy: Json, asked: Json) -> bool:
    begins, ends = (datetime.fromisoformat(busy[name]) for name in ("start", "end"))
    return begins < datetime.fromisoformat(asked["timeMax"]) and ends > datetime.fromisoformat(asked["timeMin"])


def _told(event: Json) -> Json:
    """Return what is told of a changed event: of a cancelled one little more than that it is."""
    names = {"id", "status", "kind", "etag"}
    return event if event["status"] != "cancelled" else {name: event[name] for name in names}
