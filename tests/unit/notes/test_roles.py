"""Which property of a data source says what of a task."""

import pytest

from assistant.domain.errors import InvalidRequest
from assistant.domain.notes.source import DataSource, Option, Property, Role, chosen_roles, found_roles
from assistant.domain.notes.status import CHECKED, UNCHECKED, status_of, value_for
from assistant.domain.tasks.request import TaskStatus

NAME = Property("title", "Name", "title")


def source(*properties: tuple[str, str]) -> DataSource:
    columns = (Property(f"id-{name}", name, kind) for name, kind in properties)
    return DataSource("source", "Tasks", (NAME, *columns))


@pytest.mark.parametrize(
    ("properties", "found"),
    [
        ([("Due", "date"), ("Created", "date")], {"due": "id-Due"}),
        ([("Created", "date"), ("Fälligkeit", "date")], {"due": "id-Fälligkeit"}),
        ([("When", "date")], {"due": "id-When"}),
        ([("Start", "date"), ("Review", "date")], {}),
        ([("Phase", "status"), ("Urgent", "checkbox")], {"status": "id-Phase"}),
        ([("Done", "checkbox"), ("Archived", "checkbox")], {"status": "id-Done"}),
        ([("Archived", "checkbox")], {}),
        ([("Priority", "select"), ("Task status", "select")], {"status": "id-Task status"}),
        ([("Estimate (h)", "number"), ("Votes", "number")], {"estimate": "id-Estimate (h)"}),
        ([("Votes", "number")], {}),
        ([("Owner", "people"), ("Reviewer", "people")], {"assignee": "id-Owner"}),
        ([("Team", "people")], {"assignee": "id-Team"}),
        ([("Status", "rich_text"), ("Due", "rich_text")], {}),
    ],
)
def test_roles_are_found_by_type_and_name(properties: list[tuple[str, str]], found: dict[str, str]) -> None:
    assert found_roles(source(*properties)).model_dump(exclude_none=True) == {"title": "title"} | found


def test_the_user_chooses_by_name_or_id() -> None:
    both = source(("Start", "date"), ("Review", "date"), ("Phase", "status"))
    chosen = chosen_roles(both, {Role.DUE: "Review", Role.STATUS: None})
    assert chosen.model_dump(exclude_none=True) == {"title": "title", "due": "id-Review"}
    assert chosen_roles(both, {Role.DUE: "id-Start"}).due == "id-Start"


def test_a_choice_that_cannot_be_is_refused_by_name() -> None:
    with pytest.raises(InvalidRequest) as refused:
        chosen_roles(source(("Phase", "status")), {Role.DUE: "Phase", Role.STATUS: "Missing", Role.TITLE: None})
    problems = {error.field: error.detail for error in refused.value.errors}
    assert set(problems) == {"properties.due", "properties.status", "properties.title"}
    assert problems["properties.due"] == "must be a property of type date, not status"


STATUS = Property(
    "s",
    "Status",
    "status",
    (
        Option("Backlog", "To-do"),
        Option("Ready", "To-do"),
        Option("QA", "In progress"),
        Option("Won't do", "Complete"),
        Option("Live", "Complete"),
    ),
)
SELECT = Property("s", "Status", "select", tuple(map(Option, ("Offen", "In Arbeit", "Erledigt"))))
CHECKBOX = Property("s", "Done", "checkbox")


@pytest.mark.parametrize(
    ("column", "name", "status"),
    [
        (None, "", TaskStatus.OPEN),
        (STATUS, "", TaskStatus.OPEN),
        (STATUS, "Ready", TaskStatus.OPEN),
        (STATUS, "QA", TaskStatus.IN_PROGRESS),
        (STATUS, "Live", TaskStatus.DONE),
        (STATUS, "Won't do", TaskStatus.CANCELLED),
        (SELECT, "Offen", TaskStatus.OPEN),
        (SELECT, "In Arbeit", TaskStatus.IN_PROGRESS),
        (SELECT, "Erledigt", TaskStatus.DONE),
        (CHECKBOX, CHECKED, TaskStatus.DONE),
        (CHECKBOX, UNCHECKED, TaskStatus.OPEN),
    ],
)
def test_a_status_is_read(column: Property | None, name: str, status: TaskStatus) -> None:
    assert status_of(name, column) is status


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (STATUS, ["Backlog", "QA", "Live", "Won't do"]),
        (SELECT, ["Offen", "In Arbeit", "Erledigt", None]),
        (CHECKBOX, [UNCHECKED, UNCHECKED, CHECKED, None]),
    ],
)
def test_a_status_is_written_by_the_first_value_that_says_so(column: Property, values: list[str | None]) -> None:
    assert [value_for(status, column) for status in TaskStatus] == values
