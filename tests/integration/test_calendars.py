"""A connected calendar through the running assistant: read, planned, changed after a question, and changed back."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from typing import Any

import pytest

from assistant.adapters.dynamo_kept_events import DynamoKeptEvents
from assistant.adapters.sqs_mailboxes import SqsMailboxes
from assistant.domain.connections import Connection
from assistant.domain.mailbox_sync import SyncReason
from tests.fakes.calendar_account import OWN_ADDRESS
from tests.fakes.connections import google_connection
from tests.fakes.effects import USER
from tests.fakes.google_calendar_api import GoogleCalendarApi
from tests.integration.accounts import connected, function_environment, to_look_at
from tests.integration.assistant_process import Assistant, eventually

type Json = dict[str, Any]

SCOPES = {"https://www.googleapis.com/auth/calendar.events", "https://www.googleapis.com/auth/calendar.freebusy"}
HOUR = timedelta(hours=1)
EFFECTS = f"/api/v1/users/{USER}/effects"


@pytest.fixture
def account(small_assistant: Assistant, google_calendar_server: GoogleCalendarApi) -> Iterator[Connection]:
    """The demo user's calendar at the fake Google, connected as the callback of a consent leaves it."""
    known = google_connection(USER, OWN_ADDRESS)
    connection = known.model_copy(update={"scopes": known.scopes | SCOPES})
    with connected(small_assistant, connection, next(iter(google_calendar_server.tokens))) as table:
        yield connection
        DynamoKeptEvents(table).forget(USER, connection.id)


@pytest.fixture
def ten() -> datetime:
    """Ten o'clock on the Monday of next week."""
    today = datetime.now(UTC).date()
    return datetime.combine(today + timedelta(days=7 - today.weekday()), time(10), UTC)


def noticed(assistant: Assistant, account: Connection) -> None:
    """Something changed in the calendar."""
    job = to_look_at(account, SyncReason.NOTIFIED)
    queue = function_environment(assistant, "reconcile_accounts")["CALENDARS_QUEUE_URL"]
    SqsMailboxes(queue, assistant.aws.sqs).request([job])


def test_a_conflict_is_planned_away_in_the_calendar_itself_and_back(
    small_assistant: Assistant, google_calendar_server: GoogleCalendarApi, account: Connection, ten: datetime
) -> None:
    token = small_assistant.token()
    people = ["ann@company.com"]
    ids = [google_calendar_server.add(title, ten, ten + HOUR, attendees=people) for title in ("Planning", "Review")]
    noticed(small_assistant, account)
    wanted = {"user_id": USER, "date_range": week(ten.date()), "timezone": "Europe/Berlin"}

    def plan() -> Json:
        """The plan, once the calendar was read."""
        answer = small_assistant.request("POST", "/api/v1/calendar/optimize", wanted, token=token)
        found: Json = answer.json()
        return found if answer.status == HTTPStatus.OK and any(one["events"] == 2 for one in found["calendars"]) else {}

    planned = eventually(plan)
    (moved,) = (one for one in planned["suggestions"] if one["type"] == "reschedule")
    assert moved["event_id"] in ids

    def start() -> datetime:
        return datetime.fromisoformat(google_calendar_server.shown(moved["event_id"])["start"]["dateTime"])

    path = f"/api/v1/calendar/plans/{planned['plan_id']}/accept"
    accepted = small_assistant.request("POST", path, {"suggestion_ids": [moved["suggestion_id"]]}, token=token).json()
    (asked,) = accepted["asked"]
    assert (asked["state"], start()) == ("waiting", ten)
    assert "Europe/Berlin" in asked["rendered"]

    approval = {"action_hash": asked["action_hash"]}
    assert (
        small_assistant.request("POST", f"{EFFECTS}/{asked['effect_id']}/approve", approval, token=token).status == 200
    )
    assert eventually(lambda: start() == datetime.fromisoformat(moved["new_start"]))

    undone = small_assistant.request("POST", f"{EFFECTS}/undo", {"run_id": planned["plan_id"]}, token=token)
    assert undone.status == HTTPStatus.ACCEPTED
    assert undone.json()["undoing"] == [asked["effect_id"]]
    assert eventually(lambda: start() == ten)


def test_focus_time_is_entered_counted_and_taken_out(
    small_assistant: Assistant, google_calendar_server: GoogleCalendarApi, account: Connection, ten: datetime
) -> None:
    token = small_assistant.token()
    # Monday is the other test's.
    tuesday = ten + timedelta(days=1)
    wanted = {
        "user_id": USER,
        "date_range": dict.fromkeys(("start_date", "end_date"), str(tuesday.date())),
        "timezone": "Europe/Berlin",
        "constraints": {"focus_time_hours": 2},
    }

    def plan(events: int) -> Json:
        """The plan of the day, once so many events of the calendar are known."""
        answer = small_assistant.request("POST", "/api/v1/calendar/optimize", wanted, token=token)
        found: Json = answer.json()
        read = answer.status == HTTPStatus.OK and any(
            one["events"] == events and one["complete"] for one in found["calendars"]
        )
        return found if read else {}

    google_calendar_server.add("Sales", tuesday, tuesday + HOUR, attendees=["ann@company.com"])
    noticed(small_assistant, account)
    planned = eventually(lambda: plan(1))
    (block,) = (one for one in planned["suggestions"] if one["type"] == "focus_block")
    path = f"/api/v1/calendar/plans/{planned['plan_id']}/accept"
    wish = {"suggestion_ids": [block["suggestion_id"]], "language": "de"}
    (asked,) = small_assistant.request("POST", path, wish, token=token).json()["asked"]
    approval = {"action_hash": asked["action_hash"]}
    small_assistant.request("POST", f"{EFFECTS}/{asked['effect_id']}/approve", approval, token=token)
    assert eventually(lambda: "Fokuszeit" in google_calendar_server.titles())

    noticed(small_assistant, account)
    again = eventually(lambda: plan(2))
    assert again["metrics"]["before"]["protected_focus_minutes"] == 120
    assert "focus_block" not in {one["type"] for one in again["suggestions"]}

    small_assistant.request("POST", f"{EFFECTS}/undo", {"effect_id": asked["effect_id"]}, token=token)
    assert eventually(lambda: "Fokuszeit" not in google_calendar_server.titles())


def week(monday: date) -> dict[str, str]:
    return {"start_date": str(monday), "end_date": str(monday + timedelta(days=4))}
