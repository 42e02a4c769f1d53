"""Calendars of Microsoft 365 over Microsoft Graph: the user's default calendar, times in UTC."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import batched
from typing import Any

from assistant.adapters.graph_api import MOST_IN_BATCH, GraphAccount, GraphApi, Json, SyncStateLost, literal, segment
from assistant.adapters.graph_message import address_line
from assistant.adapters.graph_subscriptions import GraphSubscriptions
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
from assistant.domain.calendar.out_of_office import OUT_OF_OFFICE
from assistant.domain.connections import Connection
from assistant.domain.errors import NotFound
from assistant.domain.mailbox import CursorExpired
from assistant.domain.subscriptions import Watched
from assistant.ports.runtime import Clock

_FIELDS = (
    "id,subject,start,end,isAllDay,isCancelled,isOrganizer,showAs,responseStatus,attendees,organizer,iCalUId,location,"
    "bodyPreview,type,seriesMasterId"
)
_EVENTS = "me/events"
_VIEW = "me/calendarView"
# Names the property that holds the key of an event we made: a transactionId is answered, but not looked for.
_KEY = "String {6e0cd66f-6c4d-4f7a-9a55-3b1f0f0e8a27} Name AssistantKey"
_UTC = 'outlook.timezone="UTC"'
_PAGE = f"{_UTC}, odata.maxpagesize=200"
_MOST_SCHEDULES = 20
_AWAY = "oof"
_FREE = frozenset({"free", "workingElsewhere"})
_ANSWERS = {"declined": "declined", "tentativelyAccepted": "tentative", "notResponded": "needs_action"}
_ACTIONS = {Answer.ACCEPTED: "accept", Answer.TENTATIVE: "tentativelyAccept", Answer.DECLINED: "decline"}


class GraphCalendar:
    """Implements ``ports.CalendarAccount``."""

    def __init__(
        self, account: GraphAccount, subscriptions: Callable[[], GraphSubscriptions | None], clock: Clock
    ) -> None:
        self._account = account
        self._subscriptions = subscriptions
        self._clock = clock

    def events(self, start: datetime, end: datetime) -> Sequence[ConnectedEvent]:
        """Return the events that touch this time."""
        items = self._account.pages(_VIEW, {**_span(start, end), "$select": _FIELDS}, prefer=_PAGE)
        found = [event for item in items if (event := self._read(item))]
        return sorted(found, key=lambda one: (str(one.event.start), one.event.event_id))

    def get(self, event_id: str) -> ConnectedEvent:
        """Return an event or an occurrence."""
        item = self._account.get(_event(event_id), {"$select": _FIELDS}, prefer=_UTC)
        return self._there(item)

    def busy(self, addresses: Collection[str], start: datetime, end: datetime) -> Mapping[str, Sequence[BusyPeriod]]:
        """Return when people are not free."""
        known: dict[str, Sequence[BusyPeriod]] = {}
        for some in batched(sorted(addresses), _MOST_SCHEDULES, strict=False):
            asked = {"schedules": list(some), "startTime": _time(start), "endTime": _time(end)}
            answered = self._account.post("me/calendar/getSchedule", asked, repeatable=True, prefer=_UTC)["value"]
            known |= {
                one["scheduleId"].lower(): _periods(one["scheduleItems"]) for one in answered if not one.get("error")
            }
        return known

    def create(self, event: NewEvent) -> ConnectedEvent:
        """Put an event into the calendar; Graph answers a known ``transactionId`` with the event that is there."""
        body = {
            "subject": event.title,
            "start": _time(event.start),
            "end": _time(event.end),
            "body": {"contentType": "text", "content": event.description},
            "attendees": [{"emailAddress": {"address": one}, "type": "required"} for one in event.attendees],
            "showAs": "busy",
            "sensitivity": "private" if event.private else "normal",
            "transactionId": event.key,
            "singleValueExtendedProperties": [{"id": _KEY, "value": event.key}],
        }
        return self._there(self._account.post(_EVENTS, body, repeatable=True, prefer=_UTC))

    def find(self, key: str) -> ConnectedEvent | None:
        """Return the event that holds the key."""
        holds = f"ep/id eq {literal(_KEY)} and ep/value eq {literal(key)}"
        asked = {"$filter": f"singleValueExtendedProperties/Any(ep: {holds})", "$select": _FIELDS}
        found = self._account.get(_EVENTS, asked, prefer=_UTC)["value"]
        return self._read(found[0]) if found else None

    def delete(self, event_id: str, *, version: str) -> None:
        """Delete an event of this version."""
        self._account.delete(_event(event_id), if_match=version)

    def move(self, event_id: str, start: datetime, end: datetime, *, version: str) -> ConnectedEvent:
        """Move an event of this version."""
        times = {"start": _time(start), "end": _time(end)}
        return self._there(self._account.patch(_event(event_id), times, if_match=version, prefer=_UTC))

    def answer(self, event_id: str, answer: Answer) -> None:
        """Answer an invitation."""
        if self.get(event_id).event.self_response != answer.value:
            # Made twice, the organizer would be told twice.
            self._account.post(f"{_event(event_id)}/{_ACTIONS[answer]}", {"sendResponse": True})

    def changes(self, cursor: str | None, start: datetime, end: datetime) -> CalendarChanges:
        """Return a page of the view's delta, whose links hold the time they are of."""
        try:
            page = self._account.get(cursor or f"{_VIEW}/delta", None if cursor else _span(start, end), prefer=_PAGE)
        except SyncStateLost:
            raise CursorExpired from None
        # The series itself is no event at a time.
        items = {item["id"]: item for item in page["value"] if item.get("type") != "seriesMaster"}
        items |= self._whole(key for key, item in items.items() if "@removed" not in item and "subject" not in item)
        seen = {key: self._read(item) if "subject" in item else None for key, item in items.items()}
        following = page.get("@odata.nextLink")
        return calendar_changes(
            seen, start, end, cursor=following or page["@odata.deltaLink"], complete=following is None
        )

    def watch(self) -> datetime | None:
        """Ask for notifications, or for more time."""
        subscriptions = self._subscriptions()
        now = self._clock.now()
        return subscriptions.watch(self._account, Watched.CALENDAR, _EVENTS, now) if subscriptions else None

    def unwatch(self) -> None:
        """Ask for no more notifications."""
        if subscriptions := self._subscriptions():
            subscriptions.unwatch(self._account, Watched.CALENDAR)

    def _whole(self, event_ids: Iterable[str]) -> Mapping[str, Json]:
        """Return occurrences with all they have: a delta tells their times only."""
        whole: dict[str, Json] = {}
        for some in batched(event_ids, MOST_IN_BATCH, strict=False):
            whole |= self._account.batch({key: f"{_event(key)}?$select={_FIELDS}" for key in some}, prefer=_UTC)
        return whole

    def _there(self, item: Json) -> ConnectedEvent:
        event = self._read(item)
        if event is None or event.event.status == "cancelled":
            raise NotFound("The event is not there any more.")
        return event

    def _read(self, item: Json) -> ConnectedEvent | None:
        """Return the event, where it has times that can be used."""
        return where_readable(self._told, item)

    def _told(self, item: Json) -> ConnectedEvent | None:
        own = self._account.connection.account
        invited = [person for person in item.get("attendees") or () if person["emailAddress"].get("address")]
        organizer = ((item.get("organizer") or {}).get("emailAddress") or {}).get("address")
        others = [
            {"email": person["emailAddress"]["address"], "optional": person.get("type") == "optional"}
            for person in invited
            if not _is(person, own) and person.get("type") != "resource"
        ]
        return connected_event(
            _facts(item),
            own=own,
            others=others,
            organizes=bool(item.get("isOrganizer")),
            optional=any(_is(person, own) and person.get("type") == "optional" for person in invited),
            answer=_ANSWERS.get((item.get("responseStatus") or {}).get("response", ""), "accepted"),
            version=item["@odata.etag"],
            organizer=organizer.lower() if organizer else None,
            people=[address_line(person) for person in invited],
        )


class GraphCalendars:
    """Implements ``ports.CalendarAccounts`` for connections to Microsoft."""

    def __init__(self, api: GraphApi, subscriptions: Callable[[], GraphSubscriptions | None], clock: Clock) -> None:
        self._api = api
        self._subscriptions = subscriptions
        self._clock = clock

    def open(self, connection: Connection) -> GraphCalendar:
        """Return the calendar of a connection, without a call."""
        return GraphCalendar(self._api.account(connection), self._subscriptions, self._clock)


def _event(event_id: str) -> str:
    return f"{_EVENTS}/{segment(event_id)}"


def _span(start: datetime, end: datetime) -> Mapping[str, str]:
    return {"startDateTime": utc_text(start), "endDateTime": utc_text(end)}


def _is(person: Json, address: str) -> bool:
    return bool(person["emailAddress"]["address"].lower() == address)


def _facts(item: Json) -> dict[str, Any]:
    start, end = _moment(item["start"]), _moment(item["end"])
    whole = bool(item.get("isAllDay"))
    return {
        "event_id": item["id"],
        "title": item.get("subject"),
        "all_day": whole,
        # A whole day is the same date in every zone.
        "start": start.date() if whole else start,
        "end": end.date() if whole else lasting(start, end),
        "status": "cancelled" if item.get("isCancelled") else "confirmed",
        "transparency": "transparent" if item.get("showAs") in _FREE else "opaque",
        "event_type": OUT_OF_OFFICE if item.get("showAs") == _AWAY else None,
        "ical_uid": item.get("iCalUId"),
        "location": (item.get("location") or {}).get("displayName"),
        "description": item.get("bodyPreview"),
    }


def _periods(items: Sequence[Json]) -> Sequence[BusyPeriod]:
    return [
        BusyPeriod(_moment(item["start"]), _moment(item["end"])) for item in items if item.get("status") not in _FREE
    ]


def _time(moment: datetime) -> Json:
    return {"dateTime": f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"}


def _moment(given: Json) -> datetime:
    """Return a dateTimeTimeZone, in UTC as it was asked for; Graph writes seven digits of a second."""
    return datetime.fromisoformat(given["dateTime"][:19]).replace(tzinfo=UTC)
