"""Meetings that are prepared and what users are told, from the schedule to the channel."""

import json
from datetime import timedelta

from tests.contract.recorded import body_of, http, invoke, recorded, run
from tests.fakes.wired import Wired


def test_a_kept_meeting_is_prepared_told_of_and_read() -> None:
    http("manage_meetings")
    tick = "schedule/prepare_upcoming_meetings"
    assert run(tick) == {"prepared": 1, "taken": 0, "failed": 0, "left": 0}
    assert run(tick) == {"prepared": 0, "taken": 0, "failed": 0, "left": 0}
    briefing = body_of("manage_meetings.briefing")
    assert (briefing["decided_by"], briefing["current"]) == ("claude", True)
    (told,) = body_of("manage_notifications")["notifications"]
    assert (told["title"], told["wanted"], told["channel"]) == ("Briefing: Q4 Planning Session", "email", "dashboard")
    event = recorded("http/manage_notifications.unknown")
    event["rawPath"] = event["rawPath"].rpartition("/")[0] + f"/{told['id']}"
    marked = invoke("manage_notifications", event)
    assert json.loads(marked["body"])["read_at"]
    assert body_of("manage_notifications")["notifications"] == []


def test_what_is_told_reaches_its_channel_by_way_of_the_queue(wired: Wired) -> None:
    http("manage_meetings")
    run("schedule/prepare_upcoming_meetings")
    (job,) = wired.due_queue.jobs
    template = recorded("sqs/deliver_notifications")["Records"][0]
    assert job.model_dump(mode="json") == json.loads(template["body"])
    assert run("sqs/deliver_notifications") == {"batchItemFailures": []}
    assert run("sqs/deliver_notifications.effects") == {"batchItemFailures": []}
    (told,) = body_of("manage_notifications")["notifications"]
    assert told["note"] == "You prefer e-mail, which is not connected yet, so it is here."


def test_a_briefing_is_released_at_its_time_and_delivered(wired: Wired) -> None:
    http("manage_meetings")
    run("schedule/prepare_upcoming_meetings")
    wired.clock.advance(timedelta(hours=22).total_seconds())
    wired.due_queue.jobs.clear()
    tick = "schedule/release_notifications"
    assert run(tick) == {"released": 2, "taken": 0, "left": 0}
    assert run(tick) == {"released": 0, "taken": 0, "left": 0}
    for name in ("deliver_notifications.daily_briefing", "deliver_notifications.digest"):
        assert run(f"sqs/{name}") == {"batchItemFailures": []}
    told = body_of("manage_notifications")["notifications"]
    assert [one["kind"] for one in told] == ["daily_briefing", "meeting_briefing"]


def test_a_job_returns_to_the_queue_while_the_store_is_down(wired: Wired) -> None:
    wired.store.down = True
    (failure,) = run("sqs/deliver_notifications")["batchItemFailures"]
    assert failure["itemIdentifier"]
