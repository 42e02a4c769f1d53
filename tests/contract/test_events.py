"""Every recorded event runs through its real handler."""

import base64
import gzip
import hashlib
import importlib
import json
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from assistant.domain.access import Access, asked_scopes
from assistant.domain.connections import Provider
from assistant.domain.effects.approval import APPROVE
from assistant.domain.mail import Mail
from assistant.domain.mailbox import Folder
from assistant.domain.memory.change import Line, with_memory
from assistant.domain.notes.merging import kept_id
from assistant.domain.notes.webhook import WebhookSecret
from assistant.domain.notifications import DueKind
from assistant.domain.tasks.kept import KeptTask
from assistant.domain.tokens import Consent, PendingConsent
from assistant.domain.triage.decision import DecidedBy
from assistant.runtime.problem import PROBLEM_JSON, Problem
from assistant.services.propose_effects import propose_effects
from assistant.wiring import deps
from infra.manifest import FUNCTIONS
from tests.fakes.accounts import MICROSOFT, NOTION
from tests.fakes.connections import google_connection
from tests.fakes.effects import ARCHIVE, Desk
from tests.fakes.mailbox import MemoryMailBox
from tests.fakes.memory import known_memory
from tests.fakes.notes import Row
from tests.fakes.plans import greedy_record
from tests.fakes.slack_requests import pressed, signed, slack_connection
from tests.fakes.subscriptions import google_channel, graph_subscription
from tests.fakes.wired import Context, Wired

EVENTS = Path(__file__).parents[2] / "events"
# Of the recorded events that ask about a plan, and about a memory.
PLAN_ID = "5b0d3f6c1e2a4c7b9d8e7f6a5b4c3d2e"
MEMORY_ID = "0194697d3c005b0d3f6c1e2a4c7b9d8e"
# That the recorded notifications of Notion are signed with.
NOTION_SECRET = "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"
# Of the recorded events that ask about a kept task.
TASK = KeptTask(
    task_id="20250115T090000000Z-0a1b2c3d4e5f",
    title="Weekly report",
    due_date="2025-01-17",
    recurrence="RRULE:FREQ=WEEKLY;BYDAY=FR",
    series_start=date(2025, 1, 17),
    created_at=datetime(2025, 1, 15, 9, tzinfo=UTC),
)
FUNCTIONS_FOLDER = Path(__file__).parents[2] / "functions"
EXPECTED: dict[str, HTTPStatus] = {
    "triage_email": HTTPStatus.OK,
    "triage_email.one_malformed": HTTPStatus.OK,
    "triage_email.all_malformed": HTTPStatus.UNPROCESSABLE_CONTENT,
    "triage_email.empty_batch": HTTPStatus.UNPROCESSABLE_CONTENT,
    "triage_email.duplicate_ids": HTTPStatus.UNPROCESSABLE_CONTENT,
    "triage_email.foreign_user": HTTPStatus.FORBIDDEN,
    "triage_email.invalid_json": HTTPStatus.BAD_REQUEST,
    "triage_email.not_an_object": HTTPStatus.UNPROCESSABLE_CONTENT,
    "triage_email.wrong_content_type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "triage_email.unsure": HTTPStatus.OK,
    "triage_email.deferred": HTTPStatus.OK,
    "triage_email.decision": HTTPStatus.OK,
    "triage_email.decision_unknown_mail": HTTPStatus.NOT_FOUND,
    "triage_email.feedback": HTTPStatus.OK,
    "triage_email.feedback_unknown_mail": HTTPStatus.NOT_FOUND,
    "triage_email.feedback_unknown_category": HTTPStatus.UNPROCESSABLE_CONTENT,
    "optimize_team": HTTPStatus.OK,
    "optimize_team.not_a_member": HTTPStatus.UNPROCESSABLE_CONTENT,
    "optimize_team.foreign_user": HTTPStatus.FORBIDDEN,
    "find_availability": HTTPStatus.OK,
    "find_availability.nothing_free": HTTPStatus.OK,
    "find_availability.short_window": HTTPStatus.UNPROCESSABLE_CONTENT,
    "find_availability.unknown_zone": HTTPStatus.UNPROCESSABLE_CONTENT,
    "find_availability.foreign_user": HTTPStatus.FORBIDDEN,
    "optimize_calendar": HTTPStatus.OK,
    "optimize_calendar.busy_week": HTTPStatus.OK,
    "optimize_calendar.odd_wish": HTTPStatus.OK,
    "optimize_calendar.file": HTTPStatus.OK,
    "optimize_calendar.broken_file": HTTPStatus.UNPROCESSABLE_CONTENT,
    "optimize_calendar.broken_events": HTTPStatus.UNPROCESSABLE_CONTENT,
    "optimize_calendar.two_years": HTTPStatus.UNPROCESSABLE_CONTENT,
    "optimize_calendar.foreign_user": HTTPStatus.FORBIDDEN,
    "optimize_calendar.plan": HTTPStatus.OK,
    "optimize_calendar.plan_picture": HTTPStatus.OK,
    "optimize_calendar.plan_unknown": HTTPStatus.NOT_FOUND,
    "optimize_calendar.plan_of_another": HTTPStatus.NOT_FOUND,
    "optimize_calendar.plan_why": HTTPStatus.OK,
    "optimize_calendar.plan_why_not": HTTPStatus.NOT_FOUND,
    "optimize_calendar.plan_why_zero": HTTPStatus.UNPROCESSABLE_CONTENT,
    "optimize_calendar.plan_accept": HTTPStatus.OK,
    "optimize_calendar.plan_accept_unknown": HTTPStatus.UNPROCESSABLE_CONTENT,
    "optimize_calendar.plan_accept_stale": HTTPStatus.CONFLICT,
    "understand_wishes": HTTPStatus.OK,
    "understand_wishes.foreign_user": HTTPStatus.FORBIDDEN,
    "understand_wishes.too_many": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_tasks": HTTPStatus.OK,
    "manage_tasks.bad_cursor": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_tasks.bad_limit": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_tasks.create": HTTPStatus.CREATED,
    "manage_tasks.create_unreadable": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_tasks.recurrence_without_due": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_tasks.show": HTTPStatus.OK,
    "manage_tasks.unknown": HTTPStatus.NOT_FOUND,
    "manage_tasks.complete": HTTPStatus.OK,
    "manage_tasks.stale_version": HTTPStatus.PRECONDITION_FAILED,
    "manage_tasks.unknown_key": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_tasks.delete": HTTPStatus.NO_CONTENT,
    "prioritize_tasks": HTTPStatus.OK,
    "prioritize_tasks.kept": HTTPStatus.OK,
    "prioritize_tasks.busy_week": HTTPStatus.OK,
    "prioritize_tasks.foreign_user": HTTPStatus.FORBIDDEN,
    "prioritize_tasks.unreadable_fields": HTTPStatus.UNPROCESSABLE_CONTENT,
    "prioritize_tasks.cycle": HTTPStatus.UNPROCESSABLE_CONTENT,
    "prioritize_tasks.no_tasks": HTTPStatus.UNPROCESSABLE_CONTENT,
    "prioritize_tasks.unknown_zone": HTTPStatus.UNPROCESSABLE_CONTENT,
    "prepare_meeting": HTTPStatus.OK,
    "prepare_meeting.documents": HTTPStatus.OK,
    "prepare_meeting.foreign_user": HTTPStatus.FORBIDDEN,
    "prepare_meeting.impossible_date": HTTPStatus.UNPROCESSABLE_CONTENT,
    "prepare_meeting.unknown_zone": HTTPStatus.UNPROCESSABLE_CONTENT,
    "prepare_meeting.no_attendees": HTTPStatus.UNPROCESSABLE_CONTENT,
    "prepare_meeting.many_attendees": HTTPStatus.UNPROCESSABLE_CONTENT,
    "prepare_meeting.broken_documents": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_meetings": HTTPStatus.OK,
    "manage_meetings.show": HTTPStatus.OK,
    "manage_meetings.list": HTTPStatus.OK,
    "manage_meetings.empty_period": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_meetings.delete": HTTPStatus.OK,
    "manage_meetings.unknown": HTTPStatus.NOT_FOUND,
    "manage_meetings.stale_version": HTTPStatus.PRECONDITION_FAILED,
    "manage_meetings.broken": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_meetings.briefing": HTTPStatus.OK,
    "manage_meetings.not_prepared": HTTPStatus.NOT_FOUND,
    "manage_notifications": HTTPStatus.OK,
    "manage_notifications.foreign_user": HTTPStatus.FORBIDDEN,
    "manage_notifications.wrong_cursor": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_notifications.unknown": HTTPStatus.NOT_FOUND,
    "receive_notion_event": HTTPStatus.OK,
    "receive_notion_event.forged": HTTPStatus.UNAUTHORIZED,
    "receive_notion_event.unasked_secret": HTTPStatus.UNAUTHORIZED,
    "receive_notion_event.garbage": HTTPStatus.BAD_REQUEST,
    "manage_task_sources": HTTPStatus.OK,
    "manage_task_sources.choose": HTTPStatus.OK,
    "manage_task_sources.wrong_property": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_task_sources.none_chosen": HTTPStatus.NOT_FOUND,
    "manage_task_sources.stop": HTTPStatus.NO_CONTENT,
    "manage_task_sources.foreign_user": HTTPStatus.FORBIDDEN,
    "manage_effects": HTTPStatus.OK,
    "manage_effects.foreign_user": HTTPStatus.FORBIDDEN,
    "manage_effects.wrong_cursor": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_effects.unknown_state": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_effects.verify": HTTPStatus.OK,
    "manage_effects.show": HTTPStatus.OK,
    "manage_effects.unknown": HTTPStatus.NOT_FOUND,
    "manage_effects.approve": HTTPStatus.OK,
    "manage_effects.approve_other_action": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_effects.reject": HTTPStatus.OK,
    "manage_effects.undo": HTTPStatus.ACCEPTED,
    "manage_effects.undo_nothing_named": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_effects.propose": HTTPStatus.ACCEPTED,
    "manage_effects.propose_unknown_account": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_effects.propose_no_recipient": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_effects.propose_used_key": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_effects.receipts": HTTPStatus.OK,
    "manage_effects.receipts_wrong_cursor": HTTPStatus.UNPROCESSABLE_CONTENT,
    "summarize_plan": HTTPStatus.OK,
    "summarize_plan.german": HTTPStatus.OK,
    "summarize_plan.unknown": HTTPStatus.NOT_FOUND,
    "summarize_plan.of_another": HTTPStatus.NOT_FOUND,
    "summarize_plan.unknown_language": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_connections": HTTPStatus.OK,
    "manage_connections.list": HTTPStatus.OK,
    "manage_connections.foreign_user": HTTPStatus.FORBIDDEN,
    "manage_connections.unknown_provider": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_connections.unknown_part": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_connections.unknown_connection": HTTPStatus.NOT_FOUND,
    "manage_connections.delete_unknown": HTTPStatus.NOT_FOUND,
    "complete_connection": HTTPStatus.OK,
    "complete_connection.denied": HTTPStatus.FORBIDDEN,
    "complete_connection.no_state": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_preferences": HTTPStatus.OK,
    "manage_preferences.replace": HTTPStatus.OK,
    "manage_preferences.patch": HTTPStatus.OK,
    "manage_preferences.unknown_key": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_preferences.contradicting_topics": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_preferences.stale_version": HTTPStatus.PRECONDITION_FAILED,
    "manage_preferences.foreign_user": HTTPStatus.FORBIDDEN,
    "manage_memory": HTTPStatus.OK,
    "manage_memory.list": HTTPStatus.OK,
    "manage_memory.reversed_period": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_memory.unknown_cursor": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_memory.unknown_kind": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_memory.foreign_user": HTTPStatus.FORBIDDEN,
    "manage_memory.add": HTTPStatus.OK,
    "manage_memory.add_broken": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_memory.show": HTTPStatus.OK,
    "manage_memory.show_unknown": HTTPStatus.NOT_FOUND,
    "manage_memory.correct": HTTPStatus.OK,
    "manage_memory.correct_stale": HTTPStatus.PRECONDITION_FAILED,
    "manage_memory.correct_nothing": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_memory.approve": HTTPStatus.OK,
    "forget_memory": HTTPStatus.OK,
    "forget_memory.unknown": HTTPStatus.NOT_FOUND,
    "forget_memory.source": HTTPStatus.OK,
    "forget_memory.person": HTTPStatus.OK,
    "forget_memory.everything": HTTPStatus.UNPROCESSABLE_CONTENT,
    "forget_memory.foreign_user": HTTPStatus.FORBIDDEN,
    "triage_email.behaviour": HTTPStatus.OK,
    "triage_email.behaviour_unknown": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_learned": HTTPStatus.OK,
    "manage_learned.unknown_cursor": HTTPStatus.UNPROCESSABLE_CONTENT,
    "manage_learned.foreign_user": HTTPStatus.FORBIDDEN,
    "manage_learned.forget": HTTPStatus.OK,
    "manage_learned.forget_unknown": HTTPStatus.NOT_FOUND,
    "report_usage": HTTPStatus.OK,
    "report_usage.period": HTTPStatus.OK,
    "report_usage.too_long": HTTPStatus.UNPROCESSABLE_CONTENT,
    "report_usage.no_date": HTTPStatus.UNPROCESSABLE_CONTENT,
    "report_usage.foreign_user": HTTPStatus.FORBIDDEN,
    "receive_slack_event": HTTPStatus.OK,
    "receive_slack_event.url_verification": HTTPStatus.OK,
    "receive_slack_event.forged": HTTPStatus.UNAUTHORIZED,
    "receive_slack_event.replayed_late": HTTPStatus.UNAUTHORIZED,
    "receive_slack_event.garbage": HTTPStatus.BAD_REQUEST,
    "receive_slack_event.press": HTTPStatus.OK,
    "receive_slack_event.press_garbage": HTTPStatus.BAD_REQUEST,
    "receive_gmail_push": HTTPStatus.NO_CONTENT,
    "receive_gmail_push.unknown_mailbox": HTTPStatus.NO_CONTENT,
    "receive_gmail_push.forged": HTTPStatus.UNAUTHORIZED,
    "receive_gmail_push.garbage": HTTPStatus.BAD_REQUEST,
    "receive_calendar_notification": HTTPStatus.NO_CONTENT,
    "receive_calendar_notification.sync": HTTPStatus.NO_CONTENT,
    "receive_calendar_notification.forged": HTTPStatus.UNAUTHORIZED,
    "receive_calendar_notification.other_calendar": HTTPStatus.UNAUTHORIZED,
    "receive_calendar_notification.garbage": HTTPStatus.BAD_REQUEST,
    "receive_graph_notification": HTTPStatus.ACCEPTED,
    "receive_graph_notification.one_forged": HTTPStatus.ACCEPTED,
    "receive_graph_notification.lifecycle": HTTPStatus.ACCEPTED,
    "receive_graph_notification.validation": HTTPStatus.OK,
    "receive_graph_notification.forged": HTTPStatus.UNAUTHORIZED,
    "receive_graph_notification.garbage": HTTPStatus.BAD_REQUEST,
    "check_health": HTTPStatus.OK,
    "export_metrics": HTTPStatus.OK,
    "serve_docs": HTTPStatus.OK,
    "serve_docs.openapi": HTTPStatus.OK,
    "serve_docs.unknown_address": HTTPStatus.NOT_FOUND,
    "serve_docs.wrong_method": HTTPStatus.METHOD_NOT_ALLOWED,
}
FIELDS = {
    "triage_email.all_malformed": ["emails[0].received_at"],
    "triage_email.empty_batch": ["emails"],
    "triage_email.duplicate_ids": ["emails[1].id"],
    "triage_email.not_an_object": ["body"],
    "triage_email.feedback_unknown_category": ["category"],
    "optimize_team.not_a_member": ["members"],
    "find_availability.short_window": ["window.end"],
    "find_availability.unknown_zone": ["timezone"],
    "optimize_calendar.broken_file": ["ics"],
    "optimize_calendar.broken_events": ["events[0].end", "events[1].timezone"],
    "optimize_calendar.two_years": ["date_range.end_date"],
    "optimize_calendar.plan_why_zero": ["number"],
    "optimize_calendar.plan_accept_unknown": ["suggestion_ids[1]"],
    "understand_wishes.too_many": ["wishes"],
    "manage_meetings.empty_period": ["until"],
    "manage_meetings.broken": ["attendees[0]", "timezone"],
    "manage_notifications.wrong_cursor": ["cursor"],
    "manage_task_sources.wrong_property": ["properties.due"],
    "manage_connections.unknown_provider": ["provider"],
    "manage_connections.unknown_part": ["access[1]"],
    "manage_effects.wrong_cursor": ["cursor"],
    "manage_effects.receipts_wrong_cursor": ["cursor"],
    "manage_effects.propose_unknown_account": ["connection_id"],
    "manage_effects.propose_no_recipient": ["to"],
    "manage_effects.propose_used_key": ["Idempotency-Key"],
    "manage_effects.unknown_state": ["state"],
    "manage_effects.approve_other_action": ["action_hash"],
    "manage_effects.undo_nothing_named": ["body"],
    "prepare_meeting.impossible_date": ["scheduled_time"],
    "prepare_meeting.unknown_zone": ["timezone"],
    "prepare_meeting.no_attendees": ["attendees"],
    "prepare_meeting.many_attendees": ["attendees"],
    "prepare_meeting.broken_documents": ["documents[0].received_at", "documents[1]"],
    "manage_tasks.bad_cursor": ["cursor"],
    "manage_tasks.bad_limit": ["limit"],
    "manage_tasks.create_unreadable": ["due_date", "estimated_time"],
    "manage_tasks.recurrence_without_due": ["recurrence"],
    "manage_tasks.unknown_key": ["colour"],
    "prioritize_tasks.unreadable_fields": ["tasks[0].due_date", "tasks[1].estimated_time", "tasks[2].goals[0]"],
    "prioritize_tasks.cycle": ["tasks[0].depends_on"],
    "prioritize_tasks.no_tasks": ["tasks"],
    "prioritize_tasks.unknown_zone": ["timezone"],
    "summarize_plan.unknown_language": ["language"],
    "manage_preferences.unknown_key": ["favourite_colour"],
    "manage_preferences.contradicting_topics": ["email_rules"],
    "manage_memory.reversed_period": ["until"],
    "manage_memory.unknown_cursor": ["cursor"],
    "manage_memory.unknown_kind": ["kind"],
    "manage_memory.add_broken": ["kind", "subject", "people[0]", "confidence"],
    "manage_memory.correct_nothing": ["body"],
    "forget_memory.everything": ["query"],
    "triage_email.behaviour_unknown": ["behaviour"],
    "manage_learned.unknown_cursor": ["cursor"],
    "report_usage.too_long": ["since"],
    "report_usage.no_date": ["since"],
}


def connected(wired: Wired) -> MemoryMailBox:
    """Connect the mailbox that the recorded effects are about."""
    connection = Desk(wired.clock).connection
    wired.connections.replace(connection, expected_version=0)
    return wired.mailboxes.open(connection)


def propose(wired: Wired) -> str:
    """Propose an archiving triage is not sure of, as the recorded events know it; return its id."""
    effect = Desk(wired.clock).effect("m1", ARCHIVE, confidence=0.9)
    propose_effects("user123", [effect], request_id="request1", ports=deps.propose_ports)
    return effect.id


def execute_everything(wired: Wired) -> None:
    """The worker takes the effects that wait."""
    execute = importlib.import_module("functions.execute_effects.handler").lambda_handler
    template = json.loads((EVENTS / "sqs" / "execute_effects.json").read_text(encoding="utf-8"))
    while wired.effect_queue.jobs:
        template["Records"][0]["body"] = wired.effect_queue.jobs.pop(0).model_dump_json()
        assert execute(template, Context(timeout=220)) == {"batchItemFailures": []}


def run(event: Path) -> dict[str, Any]:
    name = event.name.split(".")[0]
    handler = importlib.import_module(f"functions.{name}.handler").lambda_handler
    (timeout,) = (function.timeout for function in FUNCTIONS if function.name == name)
    answer: dict[str, Any] = handler(json.loads(event.read_text(encoding="utf-8")), Context(timeout=timeout))
    return answer


def http(name: str) -> dict[str, Any]:
    return run(EVENTS / "http" / f"{name}.json")


def test_every_function_has_an_event_and_every_event_an_expectation() -> None:
    recorded = {path.name.split(".")[0] for path in EVENTS.glob("*/*.json")}
    assert recorded == {function.name for function in FUNCTIONS}
    assert {path.stem for path in (EVENTS / "http").glob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_an_http_event_is_answered_as_expected(wired: Wired, name: str) -> None:
    wired.plans.save(greedy_record(PLAN_ID, wired.clock.now()))
    wired.memories.write("user123", with_memory(Line("line"), known_memory(MEMORY_ID, wired.clock.now())))
    wired.tasks.create("user123", TASK, None)
    propose(wired)
    if name.startswith("receive_notion_event"):
        wired.webhook_secrets.replace(WebhookSecret(secret=NOTION_SECRET))
    if name.startswith(("receive_calendar_notification", "receive_graph_notification")):
        wired.subscriptions.put(google_channel())
        wired.subscriptions.put(graph_subscription())
    if name.startswith("manage_task_sources"):
        wired.connections.replace(NOTION, expected_version=0)
    if name.startswith("manage_effects.propose"):
        wired.connections.replace(google_connection(), expected_version=0)
    if name == "manage_effects.propose_used_key":
        http("manage_effects.propose")
    ask_for_a_consent(wired)
    if name.endswith(("feedback", "decision", "behaviour", "learned", "learned.forget")):
        http("triage_email")
    if "learned" in name:
        http("triage_email.feedback")
    if name.startswith("manage_meetings.") and EXPECTED[name] is HTTPStatus.OK:
        http("manage_meetings")
        run(EVENTS / "schedule" / "prepare_upcoming_meetings.json")
    answer = http(name)
    assert answer["statusCode"] == EXPECTED[name]
    assert answer["headers"]["X-Request-Id"] == "JKJaXmPLvHcESHA="
    assert answer["headers"]["X-Content-Type-Options"] == "nosniff"
    if name.startswith("complete_connection"):
        assert_a_guarded_page(answer)
    elif EXPECTED[name].is_client_error:
        problem = Problem.model_validate_json(answer["body"])
        assert answer["headers"]["Content-Type"] == PROBLEM_JSON
        assert (problem.status, problem.instance) == (EXPECTED[name], "JKJaXmPLvHcESHA=")
        assert [error.field for error in problem.errors] == FIELDS.get(name, [])


def ask_for_a_consent(wired: Wired) -> None:
    """As the recorded events of complete_connection know it."""
    event = json.loads((EVENTS / "http" / "complete_connection.json").read_text(encoding="utf-8"))
    query = event["queryStringParameters"]
    pending = PendingConsent(
        user_id="user123",
        provider=Provider.GOOGLE,
        redirect_uri="https://assistant.example/api/v1/connections/google/callback",
        scopes=frozenset({"openid"}),
        expires_at=wired.clock.now() + timedelta(minutes=10),
    )
    wired.consents.keep(query["state"], pending)
    tokens = wired.provider.issue("first")
    consent = Consent("ann@example.com", "<b>Ann</b>", asked_scopes(Provider.GOOGLE, [Access.MAIL]), tokens)
    wired.provider.consents[query["code"]] = consent


def assert_a_guarded_page(answer: dict[str, Any]) -> None:
    headers, body = answer["headers"], answer["body"]
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    style = hashlib.sha256(body.partition("<style>")[2].partition("</style>")[0].encode()).digest()
    assert f"'sha256-{base64.b64encode(style).decode()}'" in headers["Content-Security-Policy"]
    assert not [part for part in ("<script", "<b>", "RW5hYmxl") if part in body]


def test_an_account_is_connected_listed_and_disconnected(wired: Wired) -> None:
    asked = json.loads(http("manage_connections")["body"])
    assert asked["authorization_url"].startswith("https://google.example/authorize?state=")
    ask_for_a_consent(wired)
    page = http("complete_connection")["body"]
    assert "&lt;b&gt;Ann&lt;/b&gt; at Google is now connected to the assistant of the user user123." in page
    assert "Not granted: calendar" in page
    (listed,) = json.loads(http("manage_connections.list")["body"])["connections"]
    assert (listed["account"], listed["status"]) == ("ann@example.com", "active")
    assert http("complete_connection")["statusCode"] == HTTPStatus.UNPROCESSABLE_CONTENT
    event = json.loads((EVENTS / "http" / "manage_connections.delete_unknown.json").read_text(encoding="utf-8"))
    event["rawPath"] = event["rawPath"].rpartition("/")[0] + f"/{listed['connection_id']}"
    answer = importlib.import_module("functions.manage_connections.handler").lambda_handler(event, Context())
    assert json.loads(answer["body"])["revoked"]
    assert wired.vault.kept == {}
    assert json.loads(http("manage_connections.list")["body"])["connections"] == []


def test_every_answer_is_one_the_document_promises() -> None:
    paths = json.loads((FUNCTIONS_FOLDER / "serve_docs" / "openapi.json").read_text(encoding="utf-8"))["paths"]
    for name, status in EXPECTED.items():
        event = json.loads((EVENTS / "http" / f"{name}.json").read_text(encoding="utf-8"))
        method, _, path = event["routeKey"].rpartition(" ")
        if path in paths:
            assert str(int(status)) in paths[path][method.lower()]["responses"], name


def test_the_documented_triage() -> None:
    answer = json.loads(http("triage_email")["body"])
    (decision,) = answer["triaged_emails"]
    assert decision["category"] == "urgent_action"
    assert decision["priority_score"] == 9
    assert decision["estimated_time_minutes"] == 30
    assert answer["summary"] == "Triaged 1 emails: 1 urgent actions, 0 important reads"


def test_the_documented_preparation() -> None:
    answer = json.loads(http("prepare_meeting")["body"])
    assert (answer["user_id"], answer["meeting_id"]) == ("user123", "meet123")
    assert answer["briefing_document"].startswith("# Q4 Planning Session\n")
    assert [one["email"] for one in answer["attendee_research"]] == ["alice@company.com", "bob@company.com"]
    assert sum(one["minutes"] for one in answer["suggested_agenda"]) == 60
    assert answer["processing_time_ms"] >= 0


def test_the_documented_preferences() -> None:
    stored = http("manage_preferences.replace")
    sent = json.loads((EVENTS / "http" / "manage_preferences.replace.json").read_text(encoding="utf-8"))["body"]
    assert json.loads(stored["body"]).items() >= json.loads(sent).items()
    assert stored["headers"]["ETag"] == '"1"'
    patched = json.loads(http("manage_preferences.patch")["body"])
    assert patched["email_rules"]["delegate_to"] is None
    assert patched["working_hours"] == {"start": "09:00", "end": "17:00", "timezone": "Europe/Berlin"}


def test_the_documented_prioritization() -> None:
    answer = json.loads(http("prioritize_tasks")["body"])
    assert [task["task_id"] for task in answer["prioritized_tasks"]] == ["task1", "task2"]
    assert [task["estimated_minutes"] for task in answer["prioritized_tasks"]] == [120, 180]
    assert answer["eisenhower_matrix"] == {"Q1": [], "Q2": ["task1", "task2"], "Q3": [], "Q4": []}
    assert sum(len(day["blocks"]) for day in answer["daily_plan"]["days"]) == 3


def test_a_deleted_task_leaves_an_empty_body(wired: Wired) -> None:
    wired.tasks.create("user123", TASK, None)
    assert http("manage_tasks.delete")["body"] == ""
    assert wired.tasks.find("user123", TASK.task_id) is None


def test_the_page_is_compressed_and_guarded() -> None:
    answer = http("serve_docs")
    assert answer["headers"]["Content-Encoding"] == "gzip"
    assert "script-src 'sha256-" in answer["headers"]["Content-Security-Policy"]
    page = gzip.decompress(base64.b64decode(answer["body"])).decode()
    assert "/api/v1/email/triage" in page


def test_the_document_is_served_as_committed() -> None:
    file = FUNCTIONS_FOLDER / "serve_docs" / "openapi.json"
    assert http("serve_docs.openapi")["body"] == file.read_text(encoding="utf-8")


def test_a_wrong_method_is_told_the_right_ones() -> None:
    assert http("serve_docs.wrong_method")["headers"]["Allow"] == "POST"


def test_a_deferred_mail_is_decided_by_a_batch(wired: Wired) -> None:
    answer = json.loads(http("triage_email.deferred")["body"])
    assert answer["deferred"] == ["email2"]
    assert run(EVENTS / "schedule" / "submit_claude_batches.json") == {"submitted": 1, "left": 0}
    wired.batches.finished |= set(wired.batches.submitted)
    collected = run(EVENTS / "schedule" / "collect_claude_batches.json")
    assert collected == {"closed": 1, "decided": 1, "kept": 0, "put_back": 0, "failed": 0}
    decision = wired.decisions.find("user123", "email2")
    assert decision is not None
    assert decision.decided_by is DecidedBy.CLAUDE


def test_a_kept_meeting_is_prepared_told_of_and_read() -> None:
    http("manage_meetings")
    tick = EVENTS / "schedule" / "prepare_upcoming_meetings.json"
    assert run(tick) == {"prepared": 1, "taken": 0, "failed": 0, "left": 0}
    assert run(tick) == {"prepared": 0, "taken": 0, "failed": 0, "left": 0}
    briefing = json.loads(http("manage_meetings.briefing")["body"])
    assert (briefing["decided_by"], briefing["current"]) == ("claude", True)
    (told,) = json.loads(http("manage_notifications")["body"])["notifications"]
    assert (told["title"], told["wanted"], told["channel"]) == ("Briefing: Q4 Planning Session", "email", "dashboard")
    event = json.loads((EVENTS / "http" / "manage_notifications.unknown.json").read_text(encoding="utf-8"))
    event["rawPath"] = event["rawPath"].rpartition("/")[0] + f"/{told['id']}"
    marked = importlib.import_module("functions.manage_notifications.handler").lambda_handler(event, Context())
    assert json.loads(marked["body"])["read_at"]
    assert json.loads(http("manage_notifications")["body"])["notifications"] == []


def test_what_is_told_reaches_its_channel_by_way_of_the_queue(wired: Wired) -> None:
    http("manage_meetings")
    run(EVENTS / "schedule" / "prepare_upcoming_meetings.json")
    (job,) = wired.due_queue.jobs
    template = json.loads((EVENTS / "sqs" / "deliver_notifications.json").read_text(encoding="utf-8"))["Records"][0]
    assert job.model_dump(mode="json") == json.loads(template["body"])
    assert run(EVENTS / "sqs" / "deliver_notifications.json") == {"batchItemFailures": []}
    assert run(EVENTS / "sqs" / "deliver_notifications.effects.json") == {"batchItemFailures": []}
    (told,) = json.loads(http("manage_notifications")["body"])["notifications"]
    assert told["note"] == "You prefer e-mail, which is not connected yet, so it is here."


def test_a_briefing_is_released_at_its_time_and_delivered(wired: Wired) -> None:
    http("manage_meetings")
    run(EVENTS / "schedule" / "prepare_upcoming_meetings.json")
    wired.clock.advance(timedelta(hours=22).total_seconds())
    wired.due_queue.jobs.clear()
    tick = EVENTS / "schedule" / "release_notifications.json"
    assert run(tick) == {"released": 2, "taken": 0, "left": 0}
    assert run(tick) == {"released": 0, "taken": 0, "left": 0}
    for name in ("deliver_notifications.daily_briefing", "deliver_notifications.digest"):
        assert run(EVENTS / "sqs" / f"{name}.json") == {"batchItemFailures": []}
    told = json.loads(http("manage_notifications")["body"])["notifications"]
    assert [one["kind"] for one in told] == ["daily_briefing", "meeting_briefing"]


def test_a_job_returns_to_the_queue_while_the_store_is_down(wired: Wired) -> None:
    wired.store.down = True
    (failure,) = run(EVENTS / "sqs" / "deliver_notifications.json")["batchItemFailures"]
    assert failure["itemIdentifier"]


def test_an_effect_is_asked_about_approved_and_called_off(wired: Wired) -> None:
    effect_id = propose(wired)
    (listed,) = json.loads(http("manage_effects")["body"])["effects"]
    assert (listed["id"], listed["state"], listed["ruling"]) == (
        effect_id,
        "waiting",
        "Sure to 90%; done without asking from 95% on.",
    )
    (told,) = json.loads(http("manage_notifications")["body"])["notifications"]
    assert (told["kind"], told["link"]) == ("approval_asked", f"/api/v1/users/user123/effects/{effect_id}")
    assert json.loads(http("manage_effects.approve")["body"])["state"] == "queued"
    assert [job.effect_ids for job in wired.effect_queue.jobs] == [(effect_id,)]
    undone = json.loads(http("manage_effects.undo")["body"])
    assert (undone["called_off"], undone["undoing"], undone["more"]) == ([effect_id], [], False)
    assert json.loads(http("manage_effects.show")["body"])["state"] == "rejected"
    verified = json.loads(http("manage_effects.verify")["body"])
    assert (verified["intact"], verified["last"]) == (True, 3)


def test_a_draft_that_was_asked_for_is_kept_once(wired: Wired) -> None:
    connection = google_connection()
    wired.connections.replace(connection, expected_version=0)
    answers = [http("manage_effects.propose") for _ in range(2)]
    made = json.loads(answers[0]["body"])
    assert {answer["headers"]["Location"] for answer in answers} == {f"/api/v1/users/user123/effects/{made['id']}"}
    execute_everything(wired)
    (draft,) = wired.mailboxes.open(connection).drafts()
    assert (draft.subject, draft.to) == ("Offer", ("ann@company.com",))


def test_an_effect_that_never_reached_its_worker_is_handed_over_again(wired: Wired) -> None:
    propose(wired)
    http("manage_effects.approve")
    wired.effect_queue.jobs.clear()
    wired.clock.advance(600)
    run(EVENTS / "schedule" / "release_notifications.json")
    (due,) = (one for one in wired.due_queue.jobs if one.kind is DueKind.EFFECTS)
    template = json.loads((EVENTS / "sqs" / "deliver_notifications.effects.json").read_text(encoding="utf-8"))
    template["Records"][0]["body"] = due.model_dump_json()
    deliver = importlib.import_module("functions.deliver_notifications.handler").lambda_handler
    assert deliver(template, Context(timeout=220)) == {"batchItemFailures": []}
    assert [job.effect_ids for job in wired.effect_queue.jobs] == [due.effect_ids]


def test_a_task_in_notion_is_kept_ranked_and_done_there(wired: Wired) -> None:
    wired.connections.replace(NOTION, expected_version=0)
    page_id = wired.notes.add_task(Row("Send the report", due="2025-01-17"))
    assert http("manage_task_sources.choose")["statusCode"] == HTTPStatus.OK
    assert run(EVENTS / "schedule" / "reconcile_notion.json") == {"queued": 1}
    work = importlib.import_module("functions.sync_notion.handler").lambda_handler
    template = json.loads((EVENTS / "sqs" / "sync_notion.json").read_text(encoding="utf-8"))["Records"][0]
    records = [template | {"messageId": str(n), "body": job.model_dump_json()} for n, job in enumerate(wired.work.jobs)]
    assert len(records) == 2
    assert work({"Records": records}, Context(timeout=300)) == {"batchItemFailures": []}
    assert run(EVENTS / "sqs" / "sync_notion.json") == {"batchItemFailures": []}
    ranked = json.loads(http("prioritize_tasks.kept")["body"])["prioritized_tasks"]
    assert kept_id(page_id) in [task["task_id"] for task in ranked]
    event = json.loads((EVENTS / "http" / "manage_tasks.complete.json").read_text(encoding="utf-8"))
    event["rawPath"] = f"/api/v1/tasks/{kept_id(page_id)}"
    event["headers"].pop("if-match", None)
    changed = importlib.import_module("functions.manage_tasks.handler").lambda_handler(event, Context())
    assert json.loads(changed["body"])["status"] == "done"
    assert work({"Records": records[:1]}, Context(timeout=300)) == {"batchItemFailures": []}
    execute_everything(wired)
    assert wired.notes.row(page_id).status == "Done"


def test_a_webhook_of_notion_is_set_up_and_its_notifications_are_worked_on(wired: Wired) -> None:
    wired.connections.replace(NOTION, expected_version=0)
    wired.notes.add_page("Q4 plan", "Ship in March.")
    receive = importlib.import_module("functions.receive_notion_event.handler").lambda_handler
    assert receive({}, Context())["pending_until"]
    event = json.loads((EVENTS / "http" / "receive_notion_event.unasked_secret.json").read_text(encoding="utf-8"))
    asked = event | {"body": json.dumps({"verification_token": NOTION_SECRET})}
    assert receive(asked, Context())["statusCode"] == HTTPStatus.OK
    assert receive({}, Context())["verification_token"] == NOTION_SECRET
    assert http("receive_notion_event")["statusCode"] == HTTPStatus.OK
    (job,) = wired.work.jobs
    template = json.loads((EVENTS / "sqs" / "sync_notion.json").read_text(encoding="utf-8"))["Records"][0]
    work = importlib.import_module("functions.sync_notion.handler").lambda_handler
    assert work({"Records": [template | {"body": job.model_dump_json()}]}, Context(timeout=300)) == {
        "batchItemFailures": []
    }
    assert [page.text for page in wired.pages.of_user("user123", limit=10)] == ["Ship in March."]


def test_work_on_notion_returns_to_the_queue_while_it_is_down(wired: Wired) -> None:
    wired.connections.replace(NOTION, expected_version=0)
    wired.notes.outage.down = True
    (failure,) = run(EVENTS / "sqs" / "sync_notion.json")["batchItemFailures"]
    assert failure["itemIdentifier"]


def test_a_mail_in_a_connected_mailbox_is_decided_once(wired: Wired) -> None:
    connection = google_connection()
    wired.connections.replace(connection, expected_version=0)
    job = EVENTS / "sqs" / "sync_mailbox.json"
    tick = EVENTS / "schedule" / "reconcile_accounts.json"
    assert run(EVENTS / "schedule" / "renew_watches.json")["watched"] == 1
    assert run(job) == {"batchItemFailures": []}
    mail = Mail(id="", sender="ceo@company.com", subject="Urgent: Q4 Budget Review", body="We need to discuss it.")
    message_id = wired.mailboxes.open(connection).receive(mail)
    assert run(tick)["mailboxes"]["behind"] == 1
    for _ in range(2):
        assert http("receive_gmail_push")["statusCode"] == HTTPStatus.NO_CONTENT
    template = json.loads(job.read_text(encoding="utf-8"))["Records"][0]
    sync = importlib.import_module("functions.sync_mailbox.handler").lambda_handler
    assert [sent.reason.value for sent in wired.mailbox_queue.requested] == ["reconciled", "notified"]
    for number, sent in enumerate(wired.mailbox_queue.requested):
        record = template | {"messageId": str(number), "body": sent.model_dump_json()}
        assert sync({"Records": [record]}, Context(timeout=120)) == {"batchItemFailures": []}
    assert wired.receipts.saved == [message_id]
    decision = wired.decisions.find("user123", message_id)
    assert decision is not None
    assert decision.category.value == "urgent_action"
    (receipt,) = json.loads(http("manage_effects.receipts")["body"])["receipts"]
    assert (receipt["message_id"], receipt["category"]) == (message_id, "urgent_action")
    assert receipt["decision"] == f"/api/v1/email/{message_id}/decision"
    assert run(tick)["mailboxes"] == {
        "up_to_now": 1,
        "behind": 0,
        "broken": 0,
        "failed": 0,
        "left": 0,
        "oldest_seconds": 0.0,
    }


def test_a_connected_calendar_is_followed_planned_and_prepared(wired: Wired) -> None:
    scopes = asked_scopes(Provider.GOOGLE, [Access.CALENDAR])
    connection = google_connection().model_copy(update={"scopes": scopes})
    wired.connections.replace(connection, expected_version=0)
    wired.subscriptions.put(google_channel())
    tick = EVENTS / "schedule" / "reconcile_accounts.json"
    assert run(tick)["calendars"] == {"up_to_now": 0, "queued": 1, "failed": 0, "left": 0}
    begins = wired.clock.now() + timedelta(minutes=30)
    calendar = wired.calendars.open(connection)
    for title in ("Planning", "Budget"):
        calendar.add(title, begins, begins + timedelta(hours=1), attendees=["Ann <ann@company.com>"])
    for _ in range(2):
        assert http("receive_calendar_notification")["statusCode"] == HTTPStatus.NO_CONTENT
    assert [job.reason.value for job in wired.calendar_queue.requested] == ["unwatched", "notified"]
    template = json.loads((EVENTS / "sqs" / "sync_calendar.json").read_text(encoding="utf-8"))["Records"][0]
    sync = importlib.import_module("functions.sync_calendar.handler").lambda_handler
    for number, job in enumerate(wired.calendar_queue.requested):
        record = template | {"messageId": str(number), "body": job.model_dump_json()}
        assert sync({"Records": [record]}, Context(timeout=120)) == {"batchItemFailures": []}
    day = {"start_date": begins.date().isoformat(), "end_date": begins.date().isoformat()}
    asked = json.loads((EVENTS / "http" / "optimize_calendar.json").read_text(encoding="utf-8"))
    asked["body"] = json.dumps({"user_id": "user123", "date_range": day})
    plan = importlib.import_module("functions.optimize_calendar.handler").lambda_handler
    planned = json.loads(plan(asked, Context())["body"])
    (read,) = planned["calendars"]
    assert (read["events"], read["complete"]) == (2, True)
    assert planned["metrics"]["before"]["conflicts"] == 1
    assert run(EVENTS / "schedule" / "prepare_upcoming_meetings.json")["prepared"] == 2
    assert run(tick)["calendars"]["up_to_now"] == 1


def test_a_calendar_returns_to_the_queue_while_its_provider_is_down(wired: Wired) -> None:
    wired.connections.replace(google_connection(), expected_version=0)
    wired.mailbox_outage.down = True
    (failure,) = run(EVENTS / "sqs" / "sync_calendar.json")["batchItemFailures"]
    assert failure["itemIdentifier"]


def test_a_mailbox_of_microsoft_is_read_and_its_subscription_renewed(wired: Wired) -> None:
    wired.connections.replace(MICROSOFT, expected_version=0)
    wired.subscriptions.put(graph_subscription())
    template = json.loads((EVENTS / "sqs" / "sync_mailbox.json").read_text(encoding="utf-8"))["Records"][0]
    sync = importlib.import_module("functions.sync_mailbox.handler").lambda_handler
    box = wired.mailboxes.open(MICROSOFT)
    message_id = box.receive(Mail(id="", sender="ceo@company.com", subject="Urgent: Q4 Budget Review", body="Now."))
    for _ in range(2):
        assert http("receive_graph_notification")["statusCode"] == HTTPStatus.ACCEPTED
    assert http("receive_graph_notification.lifecycle")["statusCode"] == HTTPStatus.ACCEPTED
    assert [job.reason.value for job in wired.mailbox_queue.requested] == ["notified", "unwatched"]
    for number, job in enumerate(wired.mailbox_queue.requested):
        record = template | {"messageId": str(number), "body": job.model_dump_json()}
        assert sync({"Records": [record]}, Context(timeout=120)) == {"batchItemFailures": []}
    assert wired.receipts.saved == [message_id]
    assert box.watched_until is not None


def test_graph_gets_back_the_token_it_asks_for(wired: Wired) -> None:
    wired.store.down = True
    answer = http("receive_graph_notification.validation")
    asked = json.loads((EVENTS / "http" / "receive_graph_notification.validation.json").read_text(encoding="utf-8"))
    assert answer["body"] == asked["queryStringParameters"]["validationToken"]
    assert answer["headers"]["Content-Type"] == "text/plain; charset=utf-8"


def test_a_mailbox_returns_to_the_queue_while_the_store_is_down(wired: Wired) -> None:
    wired.store.down = True
    (failure,) = run(EVENTS / "sqs" / "sync_mailbox.json")["batchItemFailures"]
    assert failure["itemIdentifier"]
    wired.store.down = False
    assert run(EVENTS / "sqs" / "sync_mailbox.json") == {"batchItemFailures": []}


def test_slack_is_shown_that_the_address_is_ours() -> None:
    answer = http("receive_slack_event.url_verification")
    assert answer["body"] == "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
    assert answer["headers"]["Content-Type"].startswith("text/plain")


def test_what_waits_is_asked_for_and_approved_in_slack(wired: Wired) -> None:
    box = connected(wired)
    box.receive(Mail(id="", sender="news@shop.example", subject="Weekly offers"))
    wired.connections.replace(slack_connection(), expected_version=0)
    effect_id = propose(wired)
    receive = importlib.import_module("functions.receive_slack_event.handler").lambda_handler
    for _ in range(2):
        assert http("receive_slack_event")["statusCode"] == HTTPStatus.OK
        answer_chats(wired)
    ((posted, question),) = wired.chats.chat.messages.items()
    container = {"channel_id": posted.channel, "message_ts": posted.id}
    request = signed(pressed(APPROVE, question.buttons[0].value, container=container), wired.clock.now())
    event = json.loads((EVENTS / "http" / "receive_slack_event.press.json").read_text(encoding="utf-8"))
    sent = {"x-slack-request-timestamp": request.timestamp, "x-slack-signature": request.signature}
    event |= {
        "headers": event["headers"] | sent,
        "isBase64Encoded": True,
        "body": base64.b64encode(request.body).decode(),
    }
    for _ in range(2):
        assert receive(event, Context())["statusCode"] == HTTPStatus.OK
        answer_chats(wired)
    assert wired.chats.chat.messages[posted].context == "You said yes: it is done in a moment."
    assert [job.effect_ids for job in wired.effect_queue.jobs] == [(effect_id,)]


def answer_chats(wired: Wired) -> None:
    """Deliver every job of the queue twice."""
    answer = importlib.import_module("functions.answer_chat.handler").lambda_handler
    template = json.loads((EVENTS / "sqs" / "answer_chat.json").read_text(encoding="utf-8"))["Records"][0]
    for number, job in enumerate(wired.chat_queue.jobs * 2):
        record = template | {"messageId": str(number), "body": job.model_dump_json()}
        assert answer({"Records": [record]}, Context(timeout=150)) == {"batchItemFailures": []}


def test_a_chat_returns_to_the_queue_while_the_store_is_down_and_what_is_no_job_too(wired: Wired) -> None:
    wired.store.down = True
    (failure,) = run(EVENTS / "sqs" / "answer_chat.json")["batchItemFailures"]
    assert failure["itemIdentifier"]
    wired.store.down = False
    assert run(EVENTS / "sqs" / "answer_chat.json") == {"batchItemFailures": []}
    record = json.loads((EVENTS / "sqs" / "answer_chat.json").read_text(encoding="utf-8"))["Records"][0]
    answer = importlib.import_module("functions.answer_chat.handler").lambda_handler
    broken = {"Records": [record | {"body": '{"kind": "message"}'}]}
    assert answer(broken, Context())["batchItemFailures"] == [{"itemIdentifier": record["messageId"]}]


def test_an_approved_effect_is_done_once_and_undone(wired: Wired) -> None:
    box = connected(wired)
    message = box.receive(Mail(id="", sender="news@shop.example", subject="Weekly offers"))
    effect_id = propose(wired)
    assert message == "m1"
    http("manage_effects.approve")
    for _ in range(2):
        assert run(EVENTS / "sqs" / "execute_effects.json") == {"batchItemFailures": []}
    assert box.state(message).folder is Folder.ARCHIVE
    undone = json.loads(http("manage_effects.undo")["body"])
    assert undone["undoing"] == [effect_id]
    assert run(EVENTS / "sqs" / "execute_effects.undo.json") == {"batchItemFailures": []}
    assert box.state(message).folder is Folder.INBOX
    assert json.loads(http("manage_effects.show")["body"])["state"] == "undone"
    assert json.loads(http("manage_effects.verify")["body"])["intact"]


def test_an_effect_returns_to_the_queue_while_its_provider_is_down(wired: Wired) -> None:
    connected(wired).receive(Mail(id="", sender="news@shop.example"))
    propose(wired)
    http("manage_effects.approve")
    wired.mailbox_outage.down = True
    batch = EVENTS / "sqs" / "execute_effects.one_malformed.json"
    ids = [record["messageId"] for record in json.loads(batch.read_text(encoding="utf-8"))["Records"]]
    assert run(batch) == {"batchItemFailures": [{"itemIdentifier": name} for name in ids]}
    wired.mailbox_outage.down = False
    assert run(batch) == {"batchItemFailures": [{"itemIdentifier": ids[1]}]}
    assert json.loads(http("manage_effects.show")["body"])["state"] == "done"


def test_every_job_sent_is_one_the_worker_takes(wired: Wired) -> None:
    connected(wired).receive(Mail(id="", sender="news@shop.example"))
    propose(wired)
    http("manage_effects.approve")
    template = json.loads((EVENTS / "sqs" / "execute_effects.json").read_text(encoding="utf-8"))["Records"][0]
    records = [template | {"body": job.model_dump_json()} for job in wired.effect_queue.jobs]
    worker = importlib.import_module("functions.execute_effects.handler").lambda_handler
    assert worker({"Records": records}, Context(timeout=220)) == {"batchItemFailures": []}
    assert json.loads(http("manage_effects.show")["body"])["state"] == "done"


def test_an_audit_batch_is_recorded_once_and_names_its_failures(wired: Wired) -> None:
    batch = EVENTS / "sqs" / "record_audit.one_malformed.json"
    malformed = json.loads(batch.read_text(encoding="utf-8"))["Records"][1]["messageId"]
    for _ in range(2):
        assert run(batch) == {"batchItemFailures": [{"itemIdentifier": malformed}]}
    assert len(wired.audit_log.events) == 1
    assert run(EVENTS / "sqs" / "record_audit.json") == {"batchItemFailures": []}


def test_an_audit_message_returns_to_the_queue_while_the_store_is_down(wired: Wired) -> None:
    wired.store.down = True
    (failure,) = run(EVENTS / "sqs" / "record_audit.json")["batchItemFailures"]
    wired.store.down = False
    assert failure["itemIdentifier"]
    assert run(EVENTS / "sqs" / "record_audit.json") == {"batchItemFailures": []}


def test_every_audit_event_sent_is_one_its_consumer_takes(wired: Wired) -> None:
    for name in ("triage_email", "triage_email.feedback", "manage_preferences.replace", "manage_preferences.patch"):
        http(name)
    sent = wired.audit_trail.events
    template = json.loads((EVENTS / "sqs" / "record_audit.json").read_text(encoding="utf-8"))["Records"][0]
    records = [template | {"messageId": str(event.id), "body": event.model_dump_json()} for event in sent]
    consumer = importlib.import_module("functions.record_audit.handler").lambda_handler
    assert len(records) == 4
    assert consumer({"Records": records}, Context()) == {"batchItemFailures": []}
    assert list(wired.audit_log.events.values()) == sent


BREATHE = {"understood": True, "language": "en", "meeting_buffer_minutes": 10}


def test_a_wish_no_rule_understands_reaches_claude_through_the_function_that_has_it(wired: Wired) -> None:
    wired.llm.answers = lambda _: BREATHE
    answer = json.loads(http("optimize_calendar.odd_wish")["body"])
    assert [(one["said_back"], one["understood_by"]) for one in answer["understood"]] == [
        ("No meetings on Fridays in the afternoon.", "rules"),
        ("10 minutes between meetings.", "claude"),
    ]
    assert (answer["constraints"]["meeting_buffer_minutes"], answer["degraded"]) == (10, [])
    ((reservation, _),) = wired.spending.settled
    assert reservation.user_id == "user123"
    # The plan waits four seconds, of which the booking takes a half and the hearing a quarter.
    assert wired.llm.seconds == [3.25]


def test_the_function_that_understands_wishes_answers_a_direct_invocation(wired: Wired) -> None:
    wired.llm.answers = lambda _: BREATHE
    found = run(EVENTS / "direct" / "understand_wishes.json")
    assert [wish["understood_by"] for wish in found["understood"]] == ["claude"]


def test_nothing_is_paid_that_nobody_waits_for(wired: Wired) -> None:
    wired.clock.advance(timedelta(days=100 * 366).total_seconds())
    found = run(EVENTS / "direct" / "understand_wishes.json")
    assert (found["degraded"], len(found["not_understood"]), wired.llm.asked) == (["claude"], 1, [])


def test_a_summary_is_claudes_and_paid_once(wired: Wired) -> None:
    wired.plans.save(greedy_record(PLAN_ID, wired.clock.now()))
    first, again = http("summarize_plan.german"), http("summarize_plan.german")
    assert first["body"] == again["body"]
    answer = json.loads(first["body"])
    assert (answer["language"], answer["decided_by"], answer["degraded"]) == ("de", "claude", [])
    assert len(wired.llm.asked) == 1


def test_a_summary_is_the_cores_without_a_key(wired: Wired) -> None:
    wired.llm.has_key = False
    wired.plans.save(greedy_record(PLAN_ID, wired.clock.now()))
    answer = json.loads(http("summarize_plan")["body"])
    assert (answer["language"], answer["decided_by"]) == ("en", "core")
    assert answer["text"].startswith("The plan for Monday 20 January to Friday 24 January changes 6 events.")


def test_a_colleagues_private_title_stays_private() -> None:
    body = http("optimize_team")["body"]
    assert "Roadmap" in body
    assert "Job interview" not in body
