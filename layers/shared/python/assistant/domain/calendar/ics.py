"""Reads iCalendar files (RFC 5545): events with their series, and free/busy times as events that stay.

What a file cannot say is assumed with care: an event is fixed unless the user's own address is known and organizes it
among colleagues, then it may move within its week; an all-day event leaves the user free unless the file says busy or
out of office, whatever the default of RFC 5545, for most are birthdays and reminders.
"""

import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo, available_timezones

from pydantic import ValidationError

from assistant.domain.calendar.invitation import invitation
from assistant.domain.calendar.out_of_office import OUT_OF_OFFICE
from assistant.domain.calendar.request import MOST_EVENTS, CalendarEvent, DateRange
from assistant.domain.errors import FieldError, InvalidRequest, field_errors

if TYPE_CHECKING:
    from icalendar import Component, Event, vCalAddress, vDDDTypes

_MOST_ZONES = 100
_DEEPEST = 10
_LONGEST_TITLE = 10_000
_LONGEST_TEXT = 100_000
_LONGEST_DETAIL = 300
_LONGEST_UID = 100
# What some programs begin a file of UTF-8 with.
_BYTE_ORDER_MARK = "\ufeff"
_PROPERTIES = {
    "title": "SUMMARY",
    "start": "DTSTART",
    "end": "DTEND",
    "timezone": "TZID",
    "attendees": "ATTENDEE",
    "recurrence": "RRULE",
    "exdates": "EXDATE",
    "original_start": "RECURRENCE-ID",
    "ical_uid": "UID",
    "event_id": "UID",
}
_AROUND = timedelta(days=2)
# A zone's own rules are walked by icalendar with dateutil, which does not end with every rule.
_ZONE_RULE = re.compile(
    r"FREQ=YEARLY(;(INTERVAL=1|BYMONTH=\d{1,2}|BYDAY=[+-]?[1-5]?[A-Z]{2}|BYMONTHDAY=[12]?\d(,[12]?\d)*|UNTIL=\w+|WKST=[A-Z]{2}))*",
    re.ASCII | re.IGNORECASE,
)
_PRIORITIES = {**dict.fromkeys(range(1, 5), "P1"), **dict.fromkeys(range(6, 10), "P4")}
_RESPONSES = {"DECLINED": "declined", "TENTATIVE": "tentative", "NEEDS-ACTION": "needs_action"}
_CANCELLED = "CANCELLED"
_STATUSES = {_CANCELLED: "cancelled", "TENTATIVE": "tentative"}
_ONCE = ("UID", "DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "SEQUENCE", "PRIORITY", "ORGANIZER")
_AWAY = "OOF"
_BUSY = frozenset({"BUSY", _AWAY})


def read_ics(
    text: str, date_range: DateRange, zone: ZoneInfo, *, address: str | None = None
) -> tuple[CalendarEvent, ...]:
    """Return the events that matter in the range; ``address`` is the user's own, if known.

    Times without zone are the user's. Of two versions of an event the one with the higher SEQUENCE counts.

    Raises:
        InvalidRequest: the file, one of its components or a zone cannot be read; names the line or the component.

    """
    text = text.removeprefix(_BYTE_ORDER_MARK)
    unfolded = re.sub(r"\r?\n[ \t]", "", text)
    _require_bounded(unfolded)
    reader = _Reader(date_range, zone, address.strip().lower() if address else None)
    newest: dict[str, tuple[int, CalendarEvent]] = {}
    for number, component in enumerate(_components(text, unfolded), start=1):
        name = f"{component.name} {number}{_of_uid(component.get('UID'))}"
        try:
            for event in reader.events(component, number):
                version = int(component.get("SEQUENCE", 0))
                if event.event_id not in newest or newest[event.event_id][0] <= version:
                    newest[event.event_id] = (version, event)
                if len(newest) > MOST_EVENTS:
                    raise _refused(f"has more than {MOST_EVENTS} events and busy times")
        except ValidationError as error:
            broken = field_errors(error.errors(include_url=False, include_input=False))[0]
            raise _refused(f"{name}: {_property(broken.field)} {broken.detail}") from None
        except (ValueError, TypeError, OverflowError) as error:
            raise _refused(f"{name}: {error}") from None
    return tuple(event for _, event in newest.values())


def unusable_in_file(event: CalendarEvent, field: str, detail: str) -> InvalidRequest:
    """Return the error of an event that was read from a file and cannot be used, named as the file names it."""
    return _refused(f"VEVENT{_of_uid(event.ical_uid)}: {_property(field)} {detail}")


def _of_uid(uid: object) -> str:
    return f" (UID {str(uid)[:_LONGEST_UID]})" if uid else ""


def _property(field: str) -> str:
    return _PROPERTIES.get(field.partition("[")[0], field)


def _refused(detail: str) -> InvalidRequest:
    return InvalidRequest("The calendar file cannot be read.", errors=(FieldError("ics", detail[:_LONGEST_DETAIL]),))


def _require_bounded(unfolded: str) -> None:
    """Refuse before parsing what parsing could choke on."""
    begun: Counter[str] = Counter()
    depth = 0
    for mark, name in re.findall(r"^(BEGIN|END):[ \t]*(\S*)", unfolded, re.MULTILINE | re.IGNORECASE):
        begins = mark.upper() == "BEGIN"
        begun[name.upper()] += begins
        depth += 1 if begins else -1
        if depth > _DEEPEST:
            raise _refused("has components too deep in one another")
    if begun["VEVENT"] > MOST_EVENTS:
        raise _refused(f"has more than {MOST_EVENTS} events")
    if begun["VTIMEZONE"] > _MOST_ZONES:
        raise _refused(f"has more than {_MOST_ZONES} time zones")
    zones = re.findall(r"BEGIN:[ \t]*VTIMEZONE.*?END:[ \t]*VTIMEZONE", unfolded, re.DOTALL | re.IGNORECASE)
    for zone in zones:
        for rule in re.findall(r"^RRULE[^:\r\n]*:([^\r\n]*)", zone, re.MULTILINE | re.IGNORECASE):
            if not _ZONE_RULE.fullmatch(rule.strip()):
                raise _refused(f"has a time zone with a rule that is not supported: {rule}")


def _components(text: str, unfolded: str) -> "Iterator[Component]":
    """Yield the events and free/busy components of every calendar in the text."""
    from icalendar import Calendar, GloballyUniqueTZIDGuessed  # noqa: PLC0415 - only who sends a file waits for it

    with warnings.catch_warnings():
        # A vendor's prefix before an IANA name: the guess is what the name says.
        warnings.simplefilter("ignore", GloballyUniqueTZIDGuessed)
        try:
            calendars = Calendar.from_ical(text, multiple=True)
        except (ValueError, IndexError) as error:
            raise _refused(_broken_line(unfolded) or f"is not an iCalendar file: {error}") from None
    if not calendars or len(calendars) < len(re.findall(r"^BEGIN:VCALENDAR", unfolded, re.MULTILINE | re.IGNORECASE)):
        raise _refused("has no calendar from BEGIN:VCALENDAR to END:VCALENDAR, or one without end")
    for calendar in calendars:
        cancels = str(calendar.get("METHOD", "")).upper() == "CANCEL"
        for component in calendar.walk():
            if component.name in {"VEVENT", "VFREEBUSY"}:
                if cancels:
                    component["STATUS"] = _CANCELLED
                yield component


def _broken_line(unfolded: str) -> str | None:
    """Return which line, continuation lines not counted, is no property of iCalendar; None where all are."""
    from icalendar.parser import Contentline  # noqa: PLC0415 - as above

    for number, line in enumerate(unfolded.splitlines(), start=1):
        try:
            Contentline(line).parts()  # type: ignore[no-untyped-call]  # icalendar does not annotate it
        except ValueError:
            if line.strip():
                return f"line {number} is not a property like SUMMARY:Review"
    return None


@dataclass(frozen=True, slots=True)
class _Reader:
    range: DateRange
    zone: ZoneInfo
    address: str | None

    def events(self, component: "Component", number: int) -> Iterator[CalendarEvent]:
        """Yield what the component adds to the calendar; ``number`` names it where it has no UID.

        Raises ValueError, a ValidationError among them, where it cannot be read.
        """
        if component.errors:
            name, problem = component.errors[0]
            raise ValueError(f"{name or 'a line'} cannot be read: {problem}")
        if twice := next((name for name in _ONCE if isinstance(component.get(name), list)), None):
            raise ValueError(f"{twice} must not stand twice")
        uid = str(component.get("UID") or f"{component.name}-{number}")
        if component.name == "VFREEBUSY":
            yield from self._busy_times(component, uid)
        elif (event := self._event(cast("Event", component), uid)) is not None:
            yield event

    def _busy_times(self, component: "Component", uid: str) -> Iterator[CalendarEvent]:
        for listed in _all(component, "FREEBUSY"):
            start, end = listed.dt
            start = start if start.tzinfo else start.replace(tzinfo=self.zone)
            end = start.astimezone(UTC) + end if isinstance(end, timedelta) else end
            if listed.params.get("FBTYPE", "BUSY").upper() != "FREE" and self._matters(start, end):
                name = f"{uid}_{start.astimezone(UTC):%Y%m%dT%H%M%SZ}"
                yield CalendarEvent(event_id=name, title="Busy", start=start, end=end)

    def _event(self, component: "Event", uid: str) -> CalendarEvent | None:
        """Return the event; None where it takes no time or is far from the range."""
        start, end = self._times(component)
        original = component.get("RECURRENCE-ID")
        if original and "RANGE" in original.params:
            raise ValueError("RECURRENCE-ID with RANGE is not supported")
        recurrence = _recurrence(component)
        if start == end or not (recurrence or original or self._matters(start, end)):
            return None
        return CalendarEvent.model_validate(
            {
                "event_id": f"{uid}_{_stamp(original.dt)}" if original else uid,
                "title": str(component.get("SUMMARY", ""))[:_LONGEST_TITLE],
                "all_day": not isinstance(start, datetime),
                "start": start,
                "end": end,
                "timezone": getattr(getattr(start, "tzinfo", None), "key", None),
                "status": _STATUSES.get(str(component.get("STATUS", "")).upper(), "confirmed"),
                "transparency": _transparency(component, all_day=not isinstance(start, datetime)),
                "event_type": OUT_OF_OFFICE if _shown(component) == _AWAY else None,
                "recurrence": recurrence,
                "exdates": tuple(component.exdates),
                "recurring_event_id": uid if original else None,
                "original_start": original.dt if original else None,
                "ical_uid": uid,
                "priority": _PRIORITIES.get(int(component.get("PRIORITY", 0)), "P3"),
                "description": str(component.get("DESCRIPTION", ""))[:_LONGEST_TEXT],
                "location": str(component.get("LOCATION", ""))[:_LONGEST_TITLE],
                **self._people(component),
            }
        )

    def _times(self, component: "Event") -> tuple[date, date]:
        start = self._known("DTSTART", component.start, component.get("DTSTART"))
        if isinstance(start, datetime) and start.tzinfo and component.DURATION is not None:
            # Added to a time with a zone it would move the wall clock, an hour off where the clocks change.
            return start, start.astimezone(UTC) + component.DURATION
        return start, self._known("DTEND", component.end, component.get("DTEND"))

    def _known(self, name: str, value: date, written: "vDDDTypes | None") -> date:
        """Return the value in an IANA zone, as wall-clock time where it names no zone, or as the day it is."""
        if not isinstance(value, datetime) or hasattr(value.tzinfo, "key"):
            return value
        named = written.params.get("TZID") if written is not None else None
        if value.tzinfo is None:
            if named:
                raise ValueError(f"{name} is in a time zone the file does not define")
            return value
        like = _zone_like(value.tzinfo, value.year, self.zone)
        if like is None:
            raise ValueError(f"{name} is in a time zone like no other")
        return value.replace(tzinfo=like)

    def _matters(self, start: date, end: date) -> bool:
        return _day(start) <= self.range.end_date + _AROUND and _day(end) >= self.range.start_date - _AROUND

    def _people(self, component: "Event") -> Mapping[str, object]:
        """Return who takes part beside the user, and what that lets the user do."""
        organizer = _mail(component.get("ORGANIZER", ""))
        invited = {_mail(person): person for person in _all(component, "ATTENDEE")}
        own = invited.pop(self.address, None) if self.address else None
        others = [
            {"email": mail, "optional": person.params.get("ROLE", "").upper() == "OPT-PARTICIPANT"}
            for mail, person in invited.items()
            if mail and _takes_part(person)
        ]
        if organizer and organizer != self.address and organizer not in invited:
            others.append({"email": organizer})
        answer = _RESPONSES.get(own.params.get("PARTSTAT", "").upper(), "accepted") if own else "accepted"
        organizes = bool(self.address) and organizer == self.address
        return invitation(self.address, others, organizes=organizes, response=answer)


def _all(component: "Component", name: str) -> Sequence[Any]:
    """Return the values of a property that may stand more than once."""
    found = component.get(name, [])
    return found if isinstance(found, list) else [found]


def _mail(address: object) -> str:
    return re.sub(r"^mailto:", "", str(address).strip(), flags=re.IGNORECASE).strip().lower()


def _takes_part(person: "vCalAddress") -> bool:
    """Whether this is a person, and one who comes."""
    given = {name: str(person.params.get(name, "")).upper() for name in ("CUTYPE", "ROLE", "PARTSTAT")}
    return not (
        given["CUTYPE"] in {"ROOM", "RESOURCE"} or given["ROLE"] == "NON-PARTICIPANT" or given["PARTSTAT"] == "DECLINED"
    )


def _recurrence(component: "Event") -> tuple[str, ...]:
    if "EXRULE" in component:
        raise ValueError("EXRULE is not supported")
    rules = [f"RRULE:{rule.to_ical().decode()}" for rule in component.rrules]
    if any(end is not None for _, end in component.rdates):
        raise ValueError("RDATE with periods is not supported")
    return (*rules, *(f"RDATE:{_stamp(start)}" for start, _ in component.rdates))


def _stamp(value: date) -> str:
    if not isinstance(value, datetime):
        return f"{value:%Y%m%d}"
    return f"{value.astimezone(UTC):%Y%m%dT%H%M%SZ}" if value.tzinfo else f"{value:%Y%m%dT%H%M%S}"


def _shown(component: "Event") -> str:
    return str(component.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper()


def _transparency(component: "Event", *, all_day: bool) -> str | None:
    shown = _shown(component)
    if shown == "FREE" or str(component.get("TRANSP", "")).upper() == "TRANSPARENT":
        return "transparent"
    stated = shown in _BUSY if shown else str(component.get("TRANSP", "")).upper() == "OPAQUE"
    return "opaque" if stated or not all_day else None


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


@lru_cache(maxsize=_MOST_ZONES)
def _zone_like(rules: tzinfo, year: int, first: ZoneInfo) -> ZoneInfo | None:
    """Return an IANA zone with the same offsets this year and the next, ``first`` if it can be; or None."""
    days = [datetime(year, 1, 1, 12, tzinfo=UTC) + timedelta(days=number) for number in range(0, 2 * 365, 5)]
    offsets = [day.astimezone(rules).utcoffset() for day in days]

    def same(zone: ZoneInfo) -> bool:
        return all(day.astimezone(zone).utcoffset() == offset for day, offset in zip(days, offsets, strict=True))

    others = (ZoneInfo(name) for name in sorted(available_timezones()))
    return next((zone for zone in chain([first], others) if same(zone)), None)
