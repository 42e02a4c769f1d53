"""Values of Notion's properties as a task takes them."""

from typing import Any

import pytest

from assistant.adapters.notion_values import status_value, task
from assistant.domain.notes.source import DataSource, Option, Property, TaskSource, found_roles
from assistant.domain.notes.status import CHECKED, UNCHECKED, has_word


def read(name: str, kind: str, held: object) -> Any:
    properties = (Property("title", "Name", "title"), Property("p", name, kind))
    source = DataSource("source", "Tasks", properties)
    page = {
        "id": "page",
        "url": "https://www.notion.so/page",
        "last_edited_time": "2025-01-15T10:00:00.000Z",
        "parent": {"type": "data_source_id", "data_source_id": "source"},
        "properties": {
            "Name": {"id": "title", "type": "title", "title": []},
            name: {"id": "p", "type": kind, kind: held},
        },
    }
    return task(page, TaskSource(source, found_roles(source)))


@pytest.mark.parametrize(
    ("date", "due"),
    [
        (None, None),
        ({"start": "2025-01-20", "end": None, "time_zone": None}, "2025-01-20"),
        ({"start": "2025-01-20", "end": "2025-01-24", "time_zone": None}, "2025-01-24"),
        ({"start": "2025-01-20T09:00:00.000+01:00", "end": None, "time_zone": None}, "2025-01-20T09:00:00+01:00"),
        ({"start": "2025-07-20T09:00:00.000", "end": None, "time_zone": "Europe/Berlin"}, "2025-07-20T09:00:00+02:00"),
        ({"start": "2025-07-20T09:00:00.000", "end": None, "time_zone": "Mars/Base"}, "2025-07-20T09:00:00+00:00"),
    ],
)
def test_a_date_is_when_it_is_due(date: dict[str, str] | None, due: str | None) -> None:
    assert read("Due", "date", date).due == due


@pytest.mark.parametrize(
    ("name", "kind", "held", "estimate"),
    [
        ("Estimate (h)", "number", 1.5, "1.5 h"),
        ("Effort in minutes", "number", 45, "45 min"),
        ("Aufwand (Tage)", "number", 2, "2 d"),
        ("Estimate", "number", 3, None),
        ("Estimate (h)", "number", None, None),
        ("Estimate", "rich_text", [{"plain_text": "half "}, {"plain_text": "a day"}], "half a day"),
        ("Estimate", "rich_text", [], None),
        ("Estimate", "select", {"name": "2 hours"}, "2 hours"),
        ("Estimate", "select", None, None),
    ],
)
def test_an_estimate_has_its_unit_from_its_name(name: str, kind: str, held: object, estimate: str | None) -> None:
    assert read(name, kind, held).estimate == estimate


def test_a_task_without_a_title_has_one() -> None:
    assert read("Done", "checkbox", held=True).title == "Untitled"


@pytest.mark.parametrize(
    ("column", "word", "known", "written"),
    [
        (Property("s", "Stage", "select", (Option("Done"),)), "Done", True, {"select": {"name": "Done"}}),
        (Property("s", "Stage", "select", (Option("Done"),)), "", True, {"select": None}),
        (Property("s", "Stage", "select", (Option("Done"),)), "Gone", False, {"select": {"name": "Gone"}}),
        (Property("s", "Done", "checkbox"), CHECKED, True, {"checkbox": True}),
        (Property("s", "Done", "checkbox"), UNCHECKED, True, {"checkbox": False}),
    ],
)
def test_a_status_is_written_in_a_word_the_data_source_has_or_taken_away(
    column: Property, word: str, known: bool, written: dict[str, Any]
) -> None:
    assert (has_word(word, column), status_value(word, column)) == (known, written)
