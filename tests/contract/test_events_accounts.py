"""Accounts through their handlers: connected, followed by notifications and on schedule, disconnected."""

import json
from datetime import timedelta
from http import HTTPStatus

import pytest

from assistant.domain import metric_names
from assistant.domain.access import asked_scopes
from assistant.domain.errors import ConnectionBroken
from assistant.domain.mail import Mail
from assistant.domain.providers import Access, Provider
from assistant.wiring import deps
from infra.local.sandbox.consent import shown_code
from tests.contract.recorded import ask_for_a_consent, body_of, deliver, http, invoke, recorded, run
from tests.fakes.accounts import MICROSOFT
from tests.fakes.connections import expired, google_connection
from tests.fakes.mailbox import WATCHED_FOR
from tests.fakes.subscriptions import google_channel, graph_subscription
from tests.fakes.wired import Wired


def test_an_account_is_connected_listed_and_disconnected(wired: Wired) -> None:
    asked = body_of("manage_connections")
    assert asked["authorization_url"].startswith("https://google.example/authorize?state=")
    ask_for_a_consent(wired)
    page = http("complete_connection")["body"]
    assert "The user user123 asked to connect &lt;b&gt;Ann&lt;/b&gt; at Google to their assistant." in page
    assert "Not granted: calendar" in page
    assert body_of("manage_connections.list")["connections"] == []
    event = recorded("http/manage_connections.confirm")
    event["body"] = json.dumps({"code": shown_code(page)})
    assert json.loads(invoke("manage_connections", event)["body"])["account"] == "ann@example.com"
    assert [job.reason.value for job in wired.mailbox_queue.requested] == ["connected"]
    assert invoke("manage_connections", event)["statusCode"] == HTTPStatus.NOT_FOUND
    (listed,) = body_of("manage_connections.list")["connections"]
    assert (listed["account"], listed["status"]) == ("ann@example.com", "active")
    assert http("complete_connection")["statusCode"] == HTTPStatus.UNPROCESSABLE_CONTENT
    event = recorded("http/manage_connections.delete_unknown")
    event["rawPath"] = event["rawPath"].rpartition("/")[0] + f"/{listed['connection_id']}"
    answer = invoke("manage_connections", event)
    assert json.loads(answer["body"])["revoked"]
    assert wired.vault.kept == {}
    assert body_of("manage_connections.list")["connections"] == []


def test_a_mail_in_a_connected_mailbox_is_decided_once(wired: Wired) -> None:
    connection = google_connection()
    wired.connections.replace(connection, expected_version=0)
    tick = "schedule/reconcile_accounts"
    assert run("schedule/renew_watches")["watched"] == 1
    assert run("sqs/sync_mailbox") == {"batchItemFailures": []}
    mail = Mail(id="", sender="ceo@company.com", subject="Urgent: Q4 Budget Review", body="We need to discuss it.")
    message_id = wired.mailboxes.open(connection).receive(mail)
    assert run(tick)["mailboxes"]["behind"] == 1
    for _ in range(2):
        assert http("receive_gmail_push")["statusCode"] == HTTPStatus.NO_CONTENT
    assert [sent.reason.value for sent in wired.mailbox_queue.requested] == ["reconciled", "notified"]
    deliver("sync_mailbox", wired.mailbox_queue.requested)
    assert wired.receipts.saved == [message_id]
    decision = wired.decisions.find("user123", message_id)
    assert decision is not None
    assert decision.category.value == "urgent_action"
    (receipt,) = body_of("manage_effects.receipts")["receipts"]
    assert (receipt["message_id"], receipt["category"]) == (message_id, "urgent_action")
    assert receipt["decision"] == f"/api/v1/email/{message_id}/decision"
    assert run(tick)["mailboxes"] == {
        "up_to_now": 1,
        "behind": 0,
        "broken": 0,
        "failed": 0,
        "left": 0,
        "oldest_seconds": 0.0,
        "watch_left_seconds": WATCHED_FOR.total_seconds(),
    }
    assert wired.meter.gauges[metric_names.MAILBOX_WATCH_LEFT] == WATCHED_FOR.total_seconds()


def test_whoever_finds_a_consent_gone_its_user_is_told_once(wired: Wired) -> None:
    connection = google_connection()
    wired.connections.replace(connection, expected_version=0)
    wired.vault.put(connection, expired(wired.provider.issue("first"), wired.clock.now()))
    wired.provider.live.clear()
    with pytest.raises(ConnectionBroken):
        deps.access_tokens.token(connection)
    assert [run("schedule/reconcile_accounts")["told"] for _ in range(2)] == [1, 0]
    (told,) = body_of("manage_notifications")["notifications"]
    assert told["title"] == "Please connect user123@example.com again"
    assert [job.user_id for job in wired.due_queue.jobs] == ["user123"]


def test_a_connected_calendar_is_followed_planned_and_prepared(wired: Wired) -> None:
    scopes = asked_scopes(Provider.GOOGLE, [Access.CALENDAR])
    connection = google_connection().model_copy(update={"scopes": scopes})
    wired.connections.replace(connection, expected_version=0)
    wired.subscriptions.put(google_channel())
    tick = "schedule/reconcile_accounts"
    found = {"up_to_now": 0, "queued": 1, "failed": 0, "left": 0, "watch_left_seconds": None}
    assert run(tick)["calendars"] == found
    begins = wired.clock.now() + timedelta(minutes=30)
    calendar = wired.calendars.open(connection)
    for title in ("Planning", "Budget"):
        calendar.add(title, begins, begins + timedelta(hours=1), attendees=["Ann <ann@company.com>"])
    for _ in range(2):
        assert http("receive_calendar_notification")["statusCode"] == HTTPStatus.NO_CONTENT
    assert [job.reason.value for job in wired.calendar_queue.requested] == ["unwatched", "notified"]
    deliver("sync_calendar", wired.calendar_queue.requested)
    day = {"start_date": begins.date().isoformat(), "end_date": begins.date().isoformat()}
    asked = recorded("http/optimize_calendar")
    asked["body"] = json.dumps({"user_id": "user123", "date_range": day})
    planned = json.loads(invoke("optimize_calendar", asked)["body"])
    (read,) = planned["calendars"]
    assert (read["events"], read["complete"]) == (2, True)
    assert planned["metrics"]["before"]["conflicts"] == 1
    assert run("schedule/prepare_upcoming_meetings")["prepared"] == 2
    assert run(tick)["calendars"]["up_to_now"] == 1


def test_a_calendar_returns_to_the_queue_while_its_provider_is_down(wired: Wired) -> None:
    wired.connections.replace(google_connection(), expected_version=0)
    wired.mailbox_outage.down = True
    (failure,) = run("sqs/sync_calendar")["batchItemFailures"]
    assert failure["itemIdentifier"]


def test_a_mailbox_of_microsoft_is_read_and_its_subscription_renewed(wired: Wired) -> None:
    wired.connections.replace(MICROSOFT, expected_version=0)
    wired.subscriptions.put(graph_subscription())
    box = wired.mailboxes.open(MICROSOFT)
    message_id = box.receive(Mail(id="", sender="ceo@company.com", subject="Urgent: Q4 Budget Review", body="Now."))
    for _ in range(2):
        assert http("receive_graph_notification")["statusCode"] == HTTPStatus.ACCEPTED
    assert http("receive_graph_notification.lifecycle")["statusCode"] == HTTPStatus.ACCEPTED
    assert [job.reason.value for job in wired.mailbox_queue.requested] == ["notified", "unwatched"]
    deliver("sync_mailbox", wired.mailbox_queue.requested)
    assert wired.receipts.saved == [message_id]
    assert box.watched_until is not None


def test_graph_gets_back_the_token_it_asks_for(wired: Wired) -> None:
    wired.store.down = True
    answer = http("receive_graph_notification.validation")
    asked = recorded("http/receive_graph_notification.validation")
    assert answer["body"] == asked["queryStringParameters"]["validationToken"]
    assert answer["headers"]["Content-Type"] == "text/plain; charset=utf-8"


def test_a_mailbox_returns_to_the_queue_while_the_store_is_down(wired: Wired) -> None:
    wired.store.down = True
    (failure,) = run("sqs/sync_mailbox")["batchItemFailures"]
    assert failure["itemIdentifier"]
    wired.store.down = False
    assert run("sqs/sync_mailbox") == {"batchItemFailures": []}
