"""One calendar in the loopback Graph: its view, events by version, answers to invitations, and who is busy."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus

from tests.fakes.calendar_account import OWN_ADDRESS
from tests.fakes.graph_api import GraphServer, Json, Refusal, Request, selected, validated

_EVENT = r"me/events/(?P<id>[^/]+)"
_ANSWERS = {"accept": "accepted", "tentativelyAccept": "tentativelyAccepted", "decline": "declined"}
_HOLDS = re.compile(
    r"singleValueExtendedProperties/Any\(ep: ep/id eq '(?P<id>String {[-0-9a-f]{36}} Name \w+)'"
    r" and ep/value eq '(?P<value>[^']+)'\)"
)
_UTC = 'outlook.timezone="UTC"'

type Reply = tuple[HTTPStatus, Json | None]


class GraphCalendarSide:
    """Implements ``CalendarSide`` over the server's events."""

    def __init__(self, server: GraphServer) -> None:
        self._server = server
        self._events: dict[str, Json] = {}
        self._busy: dict[str, list[Json]] = {}
        self._count = 0
        self._log: list[str] = []
        self._oldest = 0
        self.told: list[str] = []
        for method, path, route in (
            ("GET", r"me/calendarView", self._view),
            ("GET", r"me/calendarView/delta", self._delta),
            ("GET", _EVENT, self._get),
            ("PATCH", _EVENT, self._patch),
            ("DELETE", _EVENT, self._delete),
            ("GET", r"me/events", self._holding),
            ("POST", r"me/events", self._create),
            ("POST", rf"{_EVENT}/(?P<action>accept|tentativelyAccept|decline)", self._answer),
            ("POST", r"me/calendar/getSchedule", self._schedule),
        ):
            server.route(method, path, route)

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
        away: bool = False,
        optional: Sequence[str] = (),
    ) -> str:
        return self._add(
            {
                "subject": title,
                "start": _time(start),
                "end": _time(end),
                "isAllDay": all_day,
                "showAs": "oof" if away else "free" if free else "busy",
                "isOrganizer": organizer == OWN_ADDRESS,
                "organizer": {"emailAddress": {"name": organizer, "address": organizer}},
                "attendees": [
                    *(_attendee(one) | {"type": "required"} for one in attendees),
                    *(_attendee(one) | {"type": "optional"} for one in optional),
                ],
                "responseStatus": {"response": "organizer" if organizer == OWN_ADDRESS else "notResponded"},
                "location": {"displayName": ""},
                "bodyPreview": "",
            }
        )

    def shown(self, event_id: str) -> Json:
        """Return an event as the provider keeps it."""
        return self._events[event_id]

    def change(self, event_id: str, title: str) -> None:
        self._set(event_id, {"subject": title})

    def add_series(self, title: str, starts: Sequence[datetime]) -> Sequence[str]:
        """The user makes a series of hours; return the ids of its occurrences."""
        hour = timedelta(hours=1)
        master = self.add(title, starts[0], starts[0] + hour)
        self._events[master]["type"] = "seriesMaster"
        occurrences = [self.add(title, start, start + hour) for start in starts]
        for occurrence in occurrences:
            self._events[occurrence] |= {"type": "occurrence", "seriesMasterId": master}
        return occurrences

    def reschedule(self, event_id: str, start: datetime, end: datetime) -> None:
        self._set(event_id, {"start": _time(start), "end": _time(end)})

    def cancel(self, event_id: str) -> None:
        del self._events[event_id]
        self._log.append(event_id)

    def mark_cancelled(self, event_id: str) -> None:
        """The organizer cancels an invitation, which Outlook leaves in the calendar until the user removes it."""
        self._set(event_id, {"isCancelled": True})

    def forget_changes(self) -> None:
        self._log.append("")
        self._oldest = len(self._log)

    def block(self, address: str, start: datetime, end: datetime) -> None:
        busy = {"status": "busy", "start": _time(start), "end": _time(end)}
        self._busy.setdefault(address, []).append(busy)

    def _view(self, request: Request, _: Mapping[str, str]) -> Reply:
        assert _UTC in request.headers["prefer"]
        found = [
            selected(event, request)
            for event in self._events.values()
            if _in_view(event, request) and event["type"] != "seriesMaster"
        ]
        return HTTPStatus.OK, self._server.page("event", found, request)

    def _delta(self, request: Request, _: Mapping[str, str]) -> Reply:
        assert _UTC in request.headers["prefer"]
        assert "$select" not in request.parameters, "a delta of a view takes none"
        items = [_told(event) for event in self._events.values() if _in_view(event, request)]
        return HTTPStatus.OK, self._delta_page(request, items)

    def _delta_page(self, request: Request, items: Sequence[Json]) -> Json:
        link = self._server.link("deltatoken", partial(self._since, request, len(self._log)))
        return self._server.page("event", items, request, {"@odata.deltaLink": link})

    def _since(self, request: Request, position: int) -> Json:
        if position < self._oldest:
            raise Refusal(HTTPStatus.GONE, "SyncStateNotFound")
        items = []
        for event_id in dict.fromkeys(filter(None, self._log[position:])):
            event = self._events.get(event_id)
            there = event and _in_view(event, request)
            items.append(_told(event) if event and there else {"id": event_id, "@removed": {"reason": "deleted"}})
        return self._delta_page(request, items)

    def _get(self, request: Request, given: Mapping[str, str]) -> Reply:
        assert _UTC in request.headers["prefer"]
        return HTTPStatus.OK, validated("event", selected(self._known(given["id"]), request))

    def _patch(self, request: Request, given: Mapping[str, str]) -> Reply:
        event = self._known(given["id"])
        if request.headers["if-match"] != event["@odata.etag"]:
            raise Refusal(HTTPStatus.PRECONDITION_FAILED, "ErrorIrresolvableConflict")
        self._set(given["id"], request.json)
        return HTTPStatus.OK, validated("event", self._events[given["id"]])

    def _delete(self, request: Request, given: Mapping[str, str]) -> Reply:
        event = self._known(given["id"])
        if request.headers["if-match"] != event["@odata.etag"]:
            raise Refusal(HTTPStatus.PRECONDITION_FAILED, "ErrorIrresolvableConflict")
        self.cancel(given["id"])
        return HTTPStatus.NO_CONTENT, None

    def _holding(self, request: Request, _: Mapping[str, str]) -> Reply:
        """https://learn.microsoft.com/graph/api/singlevaluelegacyextendedproperty-get."""
        assert _UTC in request.headers["prefer"]
        asked = _HOLDS.fullmatch(request.parameters["$filter"])
        assert asked
        found = [
            selected(event, request)
            for event in self._events.values()
            if asked.groupdict() in event.get("singleValueExtendedProperties", ())
        ]
        return HTTPStatus.OK, self._server.page("event", found, request)

    def _create(self, request: Request, _: Mapping[str, str]) -> Reply:
        asked = request.json
        for event in self._events.values():
            if event.get("transactionId") == asked["transactionId"]:
                return HTTPStatus.CREATED, validated("event", event)
        made = {"isOrganizer": True, "isAllDay": False, "showAs": "busy", "organizer": _attendee(OWN_ADDRESS)}
        event_id = self._add(made | asked)
        return HTTPStatus.CREATED, validated("event", self._events[event_id])

    def _answer(self, request: Request, given: Mapping[str, str]) -> Reply:
        if self._known(given["id"])["isOrganizer"]:
            raise Refusal(HTTPStatus.BAD_REQUEST, "ErrorInvalidRequest")
        assert request.json["sendResponse"]
        self.told.append(given["action"])
        self._set(given["id"], {"responseStatus": {"response": _ANSWERS[given["action"]]}})
        return HTTPStatus.ACCEPTED, None

    def _schedule(self, request: Request, _: Mapping[str, str]) -> Reply:
        asked = request.json
        assert len(asked["schedules"]) <= 20
        since, until = (f"{asked[name]['dateTime']}.0000000" for name in ("startTime", "endTime"))
        answers = []
        for address in asked["schedules"]:
            if address not in self._busy:
                unknown = {"responseCode": "ErrorMailRecipientNotFound", "message": "Unable to resolve."}
                answers.append(validated("scheduleInformation", {"scheduleId": address, "error": unknown}))
                continue
            items = [
                item
                for item in self._busy[address]
                if item["start"]["dateTime"] < until and item["end"]["dateTime"] > since
            ]
            answers.append(validated("scheduleInformation", {"scheduleId": address, "scheduleItems": items}))
        return HTTPStatus.OK, {"value": answers}

    def _known(self, event_id: str) -> Json:
        if event_id not in self._events:
            raise Refusal(HTTPStatus.NOT_FOUND, "ErrorItemNotFound")
        return self._events[event_id]

    def _add(self, event: Json) -> str:
        self._count += 1
        event_id = f"AAkALg/EVENT+{self._count}="
        placed = {"id": event_id, "type": "singleInstance", "isCancelled": False, **event}
        self._events[event_id] = validated("event", placed | {"@odata.etag": f'W/"{self._count}-0"'})
        self._log.append(event_id)
        return event_id

    def _set(self, event_id: str, values: Json) -> None:
        event = self._events[event_id]
        count, _, version = event["@odata.etag"].removeprefix('W/"').removesuffix('"').partition("-")
        event.update(values | {"@odata.etag": f'W/"{count}-{int(version) + 1}"'})
        self._log.append(event_id)


def _in_view(event: Json, request: Request) -> bool:
    since, until = (request.parameters[name].replace("Z", ".0000000") for name in ("startDateTime", "endDateTime"))
    return bool(event["start"]["dateTime"] < until and event["end"]["dateTime"] > since)


def _told(event: Json) -> Json:
    """Return what a delta tells of an event: of an occurrence no more than its times."""
    names = {"id", "type", "seriesMasterId", "start", "end", "@odata.etag"}
    return {name: value for name, value in event.items() if event["type"] != "occurrence" or name in names}


def _attendee(address: str) -> Json:
    return {"emailAddress": {"name": address, "address": address}}


def _time(moment: datetime) -> Json:
    return {"dateTime": f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}
