"""The recorded events, run through their real handlers, and what they are about."""

import importlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from assistant.domain.access import asked_scopes
from assistant.domain.delegations import Delegation
from assistant.domain.memory.change import Line, with_memory
from assistant.domain.notes.webhook import WebhookSecret
from assistant.domain.providers import Access, Provider
from assistant.domain.tasks.kept import KeptTask
from assistant.domain.tokens import Consent, GivenConsent, PendingConsent, out_of_groups
from assistant.services.propose_effects import propose_effects
from assistant.wiring import deps
from infra.manifest import FUNCTIONS
from tests.contract.expected_answers import EXPECTED
from tests.fakes.accounts import NOTION
from tests.fakes.connections import google_connection
from tests.fakes.effects import ARCHIVE, Desk
from tests.fakes.mailbox import MemoryMailBox
from tests.fakes.memory import known_memory
from tests.fakes.plans import greedy_record
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


def recorded(name: str) -> dict[str, Any]:
    """Return an event by its folder and name: ``sqs/sync_mailbox``."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return event


def invoke(function: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the real handler of a function answers within the function's time."""
    handler = importlib.import_module(f"functions.{function}.handler").lambda_handler
    (timeout,) = (known.timeout for known in FUNCTIONS if known.name == function)
    answer: dict[str, Any] = handler(event, Context(timeout=timeout))
    return answer


def run(name: str) -> dict[str, Any]:
    """Return what the function a recorded event is for answers it."""
    return invoke(name.partition("/")[2].partition(".")[0], recorded(name))


def http(name: str) -> dict[str, Any]:
    """Return the answer to a recorded HTTP event."""
    return run(f"http/{name}")


def body_of(name: str) -> dict[str, Any]:
    """Return the document that a recorded HTTP event is answered with."""
    document: dict[str, Any] = json.loads(http(name)["body"])
    return document


def deliver(worker: str, jobs: Iterable[BaseModel]) -> None:
    """Hand a worker its jobs, each in a message of its own; all are taken."""
    template = recorded(f"sqs/{worker}")["Records"][0]
    for number, job in enumerate(jobs):
        record = template | {"messageId": str(number), "body": job.model_dump_json()}
        assert invoke(worker, {"Records": [record]}) == {"batchItemFailures": []}


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
    while wired.effect_queue.jobs:
        deliver("execute_effects", [wired.effect_queue.jobs.pop(0)])


def ask_for_a_consent(wired: Wired) -> None:
    """As the recorded events of complete_connection know it."""
    event = recorded("http/complete_connection")
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


def give_a_consent(wired: Wired) -> None:
    """As the recorded events that confirm know it."""
    code = out_of_groups(json.loads(recorded("http/manage_connections.confirm")["body"])["code"])
    expires_at = wired.clock.now() + timedelta(minutes=10)
    wired.given.keep(code, GivenConsent(google_connection(), wired.provider.issue("given"), expires_at))


def arrange(wired: Wired, name: str) -> None:
    """Make the world what a recorded HTTP event finds."""
    _keep_what_it_is_about(wired, name)
    _answer_what_goes_before(name)


def _keep_what_it_is_about(wired: Wired, name: str) -> None:
    """Keep what the recorded events are about, and the accounts this one names."""
    wired.plans.save(greedy_record(PLAN_ID, wired.clock.now()))
    wired.memories.write("user123", with_memory(Line("line"), known_memory(MEMORY_ID, wired.clock.now())))
    wired.tasks.create("user123", TASK, None)
    wired.delegations.put(Delegation(user_id="user123", delegate_id="user789", given_at=wired.clock.now()))
    propose(wired)
    ask_for_a_consent(wired)
    give_a_consent(wired)
    if name.startswith("receive_notion_event"):
        wired.webhook_secrets.replace(WebhookSecret(secret=NOTION_SECRET))
    if name.startswith(("receive_calendar_notification", "receive_graph_notification")):
        wired.subscriptions.put(google_channel())
        wired.subscriptions.put(graph_subscription())
    if name.startswith("manage_task_sources"):
        wired.connections.replace(NOTION, expected_version=0)
    if name.startswith("manage_effects.propose"):
        wired.connections.replace(google_connection(), expected_version=0)


def _answer_what_goes_before(name: str) -> None:
    """Answer the requests that a recorded event follows."""
    if name.endswith(("feedback", "decision", "behaviour", "learned", "learned.forget")):
        http("triage_email")
    if "learned" in name:
        http("triage_email.feedback")
    if name == "manage_effects.propose_used_key":
        http("manage_effects.propose")
    if name.startswith("manage_meetings.") and EXPECTED[name] is HTTPStatus.OK:
        http("manage_meetings")
        run("schedule/prepare_upcoming_meetings")
