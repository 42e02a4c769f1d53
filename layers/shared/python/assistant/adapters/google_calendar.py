"""Google Calendar: the user's primary calendar, each occurrence of a series as an event, times in UTC.

Costs one unit a call, of 600 a minute and user.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import batched
from typing import Any, Final

from assistant.adapters.google_channels import GoogleChannels
from assistant.adapters.google_http import GoogleCalls, Json, Request, google_service
from assistant.domain.calendar.answers import Answer
from assistant.domain.calendar.connected import (
    BusyPeriod,
    CalendarChanges,
    ConnectedEvent,
    NewEvent,
    calendar_changes,
    connected_event,
    lasting,
    utc_text,
    where_readable,
)
from assistant.domain.calendar.focus_time import GOOGLE_FOCUS_TIME
from assistant.domain.calendar.out_of_office import OUT_OF_OFFICE
from assistant.domain.connections import Connection
from assistant.domain.errors import Conflict, Forbidden, NotFound
from assistant.domain.mail_addresses import named_address
from assistant.domain.mailbox import CursorExpired
from assistant.ports.connections import AccessTokens
from assistant.ports.runtime import Clock

_PRIMARY: Final = "primary"
_MOST_CALENDARS: Final = 50
# What has to be the same in every call that goes on from another.
_LISTED: Final[Json] = {"calendarId": _PRIMARY, "singleEvents": True, "maxResults": 250}
_CANCELLED: Final = "cancelled"
_NEEDS_ACTION: Final = "needsAction"
# Where the user says they work: no event.
_PLACE: Final = "workingLocation"
_TYPES: Final = frozenset({GOOGLE_FOCUS_TIME, OUT_OF_OFFICE})


class GoogleCalendar:
    """Implements ``ports.CalendarAccount``; for one thread at a time."""

    def __init__(
        self,
        base_url: str | None,
        call: GoogleCalls,
        connection: Connection,
        channels: Callable[[], GoogleChannels | None],
        clock: Clock,
    ) -> None:
        self._calendar = google_service("calendar", "v3", base_url)
        self._call = call
        self._connection = connection
        self._channels = channels
        self._clock = clock

    def events(self, start: datetime, end: datetime) -> Sequence[ConnectedEvent]:
        """Return the events that touch this time."""
        items = self._items({**_LISTED, **_span(start, end), "orderBy": "startTime"})
        found = [event for item in items if (event := self._read(item))]
        return sorted(found, key=lambda one: (str(one.event.start), one.event.event_id))

    def get(self, event_id: str) -> ConnectedEvent:
        """Return an event or an occurrence."""
        return self._there(self._get(event_id))

    def busy(self, addresses: Collection[str], start: datetime, end: datetime) -> Mapping[str, Sequence[BusyPeriod]]:
        """Return when people are not free."""
        known: dict[str, Sequence[BusyPeriod]] = {}
        for some in batched(sorted(addresses), _MOST_CALENDARS, strict=False):
            asked = {**_span(start, end), "items": [{"id": address} for address in some]}
            calendars = self._call(self._calendar.freebusy().query(body=asked))["calendars"]
            known |= {
                address.lower(): [BusyPeriod(_moment(one["start"]), _moment(one["end"])) for one in found["busy"]]
                for address, found in calendars.items()
                if not found.get("errors")
            }
        return known

    def create(self, event: NewEvent) -> ConnectedEvent:
        """Put an event into the calendar; its id is made of its key, and can be there only once."""
        body = {
            "id": _id(event.key),
            "summary": event.title,
            "description": event.description,
            "start": {"dateTime": utc_text(event.start)},
            "end": {"dateTime": utc_text(event.end)},
            "attendees": [{"email": one} for one in event.attendees],
            "visibility": "private" if event.private else "default",
        }
        wanted = self._calendar.events().insert(calendarId=_PRIMARY, body=body, sendUpdates="all")
        try:
            return self._there(self._call(wanted))
        except Conflict:
            return self.get(str(body["id"]))

    def find(self, key: str) -> ConnectedEvent | None:
        """Return the event with the id that is made of the key."""
        try:
            return self.get(_id(key))
        except NotFound:
            return None

    def delete(self, event_id: str, *, version: str) -> None:
        """Delete an event of this version."""
        wanted = self._calendar.events().delete(calendarId=_PRIMARY, eventId=event_id, sendUpdates="all")
        wanted.headers["if-match"] = version
        with suppress(NotFound):
            self._call(wanted)

    def move(self, event_id: str, start: datetime, end: datetime, *, version: str) -> ConnectedEvent:
        """Move an event of this version; its time zone stays."""
        times = {"start": {"dateTime": utc_text(start)}, "end": {"dateTime": utc_text(end)}}
        wanted = self._patch(event_id, times)
        wanted.headers["if-match"] = version
        return self._there(self._call(wanted))

    def answer(self, event_id: str, answer: Answer) -> None:
        """Answer an invitation, and leave what the others answered alone."""
        item = self._get(event_id)
        self._there(item)
        own = _own(item)
        if own is None:
            raise Forbidden("The user is not invited to this event.")
        if own.get("responseStatus") != answer.value:
            answered = {"email": own["email"], "responseStatus": answer.value}
            # Made twice, the organizer would be told twice.
            self._call(self._patch(event_id, {"attendeesOmitted": True, "attendees": [answered]}), repeatable=False)

    def changes(self, cursor: str | None, start: datetime, end: datetime) -> CalendarChanges:
        """Return a page of the list; the cursor holds the sync token, and the page where there are more."""
        going_on = json.loads(cursor) if cursor else {}
        span = {} if "syncToken" in going_on else _span(start, end)
        try:
            page = self._call(self._calendar.events().list(**_LISTED, **span, **going_on))
        except NotFound:
            raise CursorExpired from None
        seen = {item["id"]: self._read(item) for item in page.get("items", ())}
        following = page.get("nextPageToken")
        token = {"pageToken": following} if following else {"syncToken": page["nextSyncToken"]}
        return calendar_changes(seen, start, end, cursor=json.dumps({**going_on, **token}), complete=following is None)

    def watch(self) -> datetime | None:
        """Open a channel in the place of the one before."""
        channels, now = self._channels(), self._clock.now()
        return channels.watch(self._call, self._calendar, self._connection, now) if channels else None

    def unwatch(self) -> None:
        """Close the channel."""
        if channels := self._channels():
            channels.unwatch(self._call, self._calendar, self._connection)

    def _items(self, wanted: Json) -> Iterator[Json]:
        page = self._call(self._calendar.events().list(**wanted))
        yield from page.get("items", ())
        while token := page.get("nextPageToken"):
            page = self._call(self._calendar.events().list(**wanted, pageToken=token))
            yield from page.get("items", ())

    def _get(self, event_id: str) -> Json:
        return self._call(self._calendar.events().get(calendarId=_PRIMARY, eventId=event_id))

    def _patch(self, event_id: str, body: Json) -> Request:
        return self._calendar.events().patch(calendarId=_PRIMARY, eventId=event_id, body=body, sendUpdates="all")

    def _there(self, item: Json) -> ConnectedEvent:
        event = self._read(item)
        if event is None:
            raise NotFound("The event is not there any more.")
        return event

    def _read(self, item: Json) -> ConnectedEvent | None:
        """Return the event, where it is one that takes place and has times that can be used."""
        return where_readable(self._told, item)

    def _told(self, item: Json) -> ConnectedEvent | None:
        if item.get("status") == _CANCELLED or item.get("eventType") == _PLACE:
            return None
        own = _own(item)
        organizer = item.get("organizer") or {}
        invited = [one for one in item.get("attendees") or () if one.get("email")]
        others = [
            {"email": one["email"], "optional": bool(one.get("optional"))}
            for one in invited
            if not one.get("self") and not one.get("resource")
        ]
        return connected_event(
            _facts(item),
            own=self._connection.account,
            others=others,
            organizes=bool(organizer.get("self")),
            optional=bool(own and own.get("optional")),
            answer=_answer(own),
            version=item["etag"],
            organizer=organizer["email"].lower() if organizer.get("email") else None,
            people=[named_address(one.get("displayName", ""), one["email"]) for one in invited],
        )


class GoogleCalendars:
    """Implements ``ports.CalendarAccounts`` for connections to Google."""

    def __init__(
        self, base_url: str | None, tokens: AccessTokens, channels: Callable[[], GoogleChannels | None], clock: Clock
    ) -> None:
        self._base_url = base_url
        self._tokens = tokens
        self._channels = channels
        self._clock = clock

    def open(self, connection: Connection) -> GoogleCalendar:
        """Return the calendar of a connection, without a call."""
        calls = GoogleCalls(connection, self._tokens, self._clock)
        return GoogleCalendar(self._base_url, calls, connection, self._channels, self._clock)


def _id(key: str) -> str:
    """Return an id of an event in the digits Google takes, a to v and 0 to 9."""
    return sha256(key.encode()).hexdigest()


def _span(start: datetime, end: datetime) -> Mapping[str, str]:
    return {"timeMin": utc_text(start), "timeMax": utc_text(end)}


def _own(item: Json) -> Json | None:
    return next((one for one in item.get("attendees") or () if one.get("self")), None)


def _answer(own: Json | None) -> str:
    """Return what the user answered; who was not asked comes."""
    given = (own or {}).get("responseStatus", "accepted")
    return "needs_action" if given == _NEEDS_ACTION else str(given)


def _facts(item: Json) -> dict[str, Any]:
    start, end = item["start"], item["end"]
    whole = "date" in start
    begins = date.fromisoformat(start["date"]) if whole else _moment(start["dateTime"])
    ends = date.fromisoformat(end["date"]) if whole else lasting(_moment(start["dateTime"]), _moment(end["dateTime"]))
    return {
        "event_id": item["id"],
        "title": item.get("summary"),
        "all_day": whole,
        "start": begins,
        "end": ends,
        "event_type": item["eventType"] if item.get("eventType") in _TYPES else None,
        "status": item.get("status", "confirmed"),
        # Google names only what differs from taking time.
        "transparency": item.get("transparency", "opaque"),
        "ical_uid": item.get("iCalUID"),
        "location": item.get("location"),
        "description": item.get("description"),
    }


def _moment(given: str) -> datetime:
    return datetime.fromisoformat(given).astimezone(UTC)
