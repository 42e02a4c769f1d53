"""One calendar in the loopback Graph: its view, events by version, answers to invitations, and who is busy."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus

from tests.fakes.calendar_account import OWN_ADDRESS
from tests.fakes.graph_api import GraphServer, Json, Refusal, Request, selected, validated

_EVENT = r"me/events/(?P<id>[^/]+)"
_ANSWERS = {"accept": "accepted", "tentativelyAccept": "tentativelyAccepted", "decline": "declined"}
_UTC = 'outlook.timezone="UTC"'

type Reply = tuple[HTTPStatus, Json | None]


class GraphCalendarSide:
    """Implements ``CalendarSide`` over the server's events."""

    def __init__(self, server: GraphServer) -> None:
        self._server = server
        self._events: dict[str, Json] = {}
        self._busy: dict[str, list[Json]] = {}
        self._count = 0
        self.told: list[str] = []
        for method, path, route in (
            ("GET", r"me/calendarView", self._view),
            ("GET", _EVENT, self._get),
            ("PATCH", _EVENT, self._patch),
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
    ) -> str:
        return self._add(
            {
                "subject": title,
                "start": _time(start),
                "end": _time(end),
                "isAllDay": all_day,
                "showAs": "free" if free else "busy",
                "isOrganizer": organizer == OWN_ADDRESS,
                "organizer": {"emailAddress": {"name": organizer, "address": organizer}},
                "attendees": [_attendee(one) for one in attendees],
                "responseStatus": {"response": "organizer" if organizer == OWN_ADDRESS else "notResponded"},
                "location": {"displayName": ""},
                "bodyPreview": "",
            }
        )

    def change(self, event_id: str, title: str) -> None:
        self._set(event_id, {"subject": title})

    def cancel(self, event_id: str) -> None:
        del self._events[event_id]

    def block(self, address: str, start: datetime, end: datetime) -> None:
        busy = {"status": "busy", "start": _time(start), "end": _time(end)}
        self._busy.setdefault(address, []).append(busy)

    def _view(self, request: Request, _: Mapping[str, str]) -> Reply:
        assert _UTC in request.headers["prefer"]
        since, until = (request.parameters[name].replace("Z", ".0000000") for name in ("startDateTime", "endDateTime"))
        found = [
            selected(event, request)
            for event in self._events.values()
            if event["start"]["dateTime"] < until and event["end"]["dateTime"] > since
        ]
        return HTTPStatus.OK, self._server.page("event", found, request)

    def _get(self, request: Request, given: Mapping[str, str]) -> Reply:
        assert _UTC in request.headers["prefer"]
        return HTTPStatus.OK, validated("event", selected(self._known(given["id"]), request))

    def _patch(self, request: Request, given: Mapping[str, str]) -> Reply:
        event = self._known(given["id"])
        if request.headers["if-match"] != event["@odata.etag"]:
            raise Refusal(HTTPStatus.PRECONDITION_FAILED, "ErrorIrresolvableConflict")
        self._set(given["id"], request.json)
        return HTTPStatus.OK, validated("event", self._events[given["id"]])

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
        return event_id

    def _set(self, event_id: str, values: Json) -> None:
        event = self._events[event_id]
        count, _, version = event["@odata.etag"].removeprefix('W/"').removesuffix('"').partition("-")
        event.update(values | {"@odata.etag": f'W/"{count}-{int(version) + 1}"'})


def _attendee(address: str) -> Json:
    return {"emailAddress": {"name": address, "address": address}}


def _time(moment: datetime) -> Json:
    return {"dateTime": f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}
