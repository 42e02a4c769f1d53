"""What Notion's API answers, as tasks, pages and data sources; https://developers.notion.com/reference."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from assistant.domain.notes.note import NotesTask, PageHead, TaskState
from assistant.domain.notes.source import DataSource, Option, Property, Role, TaskSource
from assistant.domain.notes.status import CHECKBOX, CHECKED, UNCHECKED, status_of
from assistant.domain.triage.cues import fold

type Json = Mapping[str, Any]

_LONGEST_TITLE: Final = 1_000
_UNTITLED: Final = "Untitled"
# The unit of a number is in its property's name: "Estimate (h)".
_UNITS: Final = {
    unit: re.compile(rf"\b(?:{words})\b")
    for unit, words in {
        "h": "h|hrs?|hours?|std|stunden?|heures?|horas?",
        "min": "min|mins|minutes?|minuten?|minutos?",
        "d": "d|days?|tage?|jours?|dias?",
    }.items()
}


def data_source(answer: Json) -> DataSource:
    """Return a data source with its properties."""
    return DataSource(
        id=answer["id"],
        title=_plain(answer["title"]) or _UNTITLED,
        properties=tuple(_property(one) for one in answer["properties"].values()),
    )


def _property(answer: Json) -> Property:
    kind = answer["type"]
    held = answer.get(kind) or {}
    groups = {option: group["name"] for group in held.get("groups", ()) for option in group["option_ids"]}
    options = tuple(Option(one["name"], groups.get(one["id"], "")) for one in held.get("options", ()))
    return Property(answer["id"], answer["name"], kind, options)


def is_whole(answer: Json) -> bool:
    """Whether the page or data source came with what it holds: without the right to read it has an id alone."""
    return "properties" in answer and "last_edited_time" in answer


def head(page: Json) -> PageHead:
    """Return a page without its text."""
    parent = page["parent"]
    titles = (one["title"] for one in page["properties"].values() if one["type"] == "title")
    return PageHead(
        page_id=page["id"],
        title=(_plain(next(titles, ())) or _UNTITLED)[:_LONGEST_TITLE],
        edited_at=_moment(page["last_edited_time"]),
        url=page["url"],
        source_id=parent.get("data_source_id"),
    )


def task(page: Json, source: TaskSource) -> NotesTask:
    """Return a row of a data source as a task."""
    values = {one["id"]: one for one in page["properties"].values()}
    held = {role: values.get(source.roles.of(role) or "") for role in Role}
    status = _text(held[Role.STATUS])
    known = head(page)
    return NotesTask(
        page_id=known.page_id,
        title=known.title,
        status=status_of(status, source.property(Role.STATUS)),
        state=TaskState(status, known.edited_at),
        due=_due(held[Role.DUE]),
        estimate=_estimate(held[Role.ESTIMATE], source.property(Role.ESTIMATE)),
        assignees=frozenset(one["id"] for one in (held[Role.ASSIGNEE] or {}).get("people", ())),
        url=known.url,
    )


def status_value(value: str, found: Property) -> Json:
    """Return the property as Notion takes it, with this value."""
    if found.type == CHECKBOX:
        return {CHECKBOX: value == CHECKED}
    return {found.type: {"name": value} if value else None}


def _text(value: Json | None) -> str:
    """Return what a property says: a choice by its name, a text as it is read."""
    if value is None:
        return ""
    held = value[value["type"]]
    match value["type"]:
        case "checkbox":
            return CHECKED if held else UNCHECKED
        case "status" | "select":
            return str(held["name"]) if held else ""
        case "title" | "rich_text":
            return _plain(held)
        case _:
            return ""


def _plain(text: Sequence[Json]) -> str:
    return "".join(part["plain_text"] for part in text).strip()


def _due(value: Json | None) -> str | None:
    """Return the end of a range, else its only time: ISO 8601, with its offset where it has a time of day."""
    date = (value or {}).get("date")
    if not date:
        return None
    text: str = date["end"] or date["start"]
    if "T" not in text:
        return text
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=_zone(date["time_zone"]))).isoformat()


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _estimate(value: Json | None, found: Property | None) -> str | None:
    if value is None or found is None:
        return None
    if value["type"] != "number":
        return _text(value) or None
    unit = next((unit for unit, said in _UNITS.items() if said.search(fold(found.name))), None)
    return f"{value['number']:g} {unit}" if unit and value["number"] else None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
