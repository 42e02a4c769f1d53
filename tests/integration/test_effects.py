"""Effects through the front door, API Gateway, Lambda, DynamoDB and SQS."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from assistant.adapters.dynamo import Table
from assistant.adapters.dynamo_effects import DynamoEffects
from assistant.adapters.gmail import GmailMailBox
from assistant.adapters.google_http import GoogleCalls
from assistant.adapters.sqs_effects import SqsEffects
from assistant.adapters.sqs_mailboxes import SqsMailboxes
from assistant.domain.connections import Connection
from assistant.domain.effects.approval import action_hash
from assistant.domain.effects.effect import Effect
from assistant.domain.mail import Mail
from assistant.domain.mailbox import Folder
from assistant.domain.mailbox_sync import SyncReason
from assistant.domain.triage.decision import Category, DecidedBy, TriagedEmail
from assistant.runtime.clock import SystemClock
from assistant.services.propose_effects import ProposePorts, propose_effects
from assistant.services.propose_for_mails import propose_for_mails
from tests.fakes.access_tokens import NumberedTokens
from tests.fakes.connections import google_connection
from tests.fakes.effects import ARCHIVE, USER, Desk, MemoryEffectQueue
from tests.fakes.gmail_api import GmailApi
from tests.fakes.notifications import MemoryNotifier
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import MemoryPreferences
from tests.integration.accounts import connected, function_environment, to_look_at
from tests.integration.assistant_process import Assistant, eventually

PATH = f"/api/v1/users/{USER}/effects"


@pytest.fixture
def desk(assistant: Assistant) -> Desk:
    """A desk whose effects are those of the running assistant."""
    (table,) = assistant.aws.dynamodb.list_tables()["TableNames"]
    desk = Desk(ManualClock(datetime.now(UTC)))
    effects = DynamoEffects(Table(table, assistant.aws.dynamodb), desk.clock)
    desk.propose_ports = ProposePorts(effects, MemoryEffectQueue(), desk.preferences, desk.notifications, desk.clock)
    return desk


def waiting(desk: Desk, run_id: str) -> Effect:
    effect = desk.effect(uuid4().hex, ARCHIVE, confidence=0.9, run_id=run_id)
    propose_effects(USER, [effect], request_id="request1", ports=desk.propose_ports)
    return effect


def test_an_effect_is_approved_called_off_and_the_ledger_holds(assistant: Assistant, token: str, desk: Desk) -> None:
    run_id = uuid4().hex
    first, second = waiting(desk, run_id), waiting(desk, run_id)

    listed = assistant.request("GET", f"{PATH}?run_id={run_id}&state=waiting", token=token).json()["effects"]
    assert {effect["id"] for effect in listed} == {first.id, second.id}

    other = assistant.request("POST", f"{PATH}/{first.id}/approve", {"action_hash": action_hash(second)}, token=token)
    assert (other.status, other.json()["errors"][0]["field"]) == (422, "action_hash")
    approved = assistant.request("POST", f"{PATH}/{first.id}/approve", {"action_hash": action_hash(first)}, token=token)
    assert (approved.status, approved.json()["state"]) == (200, "queued")
    rejected = assistant.request("POST", f"{PATH}/{second.id}/reject", token=token)
    assert (rejected.status, rejected.json()["state"]) == (200, "rejected")

    verified = assistant.request("GET", f"{PATH}/verify", token=token).json()
    assert (verified["intact"], verified["problems"]) == (True, [])


def test_a_ledger_changed_in_the_table_is_found_out(assistant: Assistant, token: str, desk: Desk) -> None:
    effect = waiting(desk, uuid4().hex)
    (table,) = assistant.aws.dynamodb.list_tables()["TableNames"]
    key = {"pk": {"S": f"USER#{USER}"}, "sk": {"S": f"EFFECT#{effect.id}"}}
    item = assistant.aws.dynamodb.get_item(TableName=table, Key=key)["Item"]
    document = json.loads(item["document"]["S"]) | {"ruling": "The user asked for it."}
    assistant.aws.dynamodb.put_item(TableName=table, Item=item | {"document": {"S": json.dumps(document)}})
    verified = assistant.request("GET", f"{PATH}/verify", token=token).json()
    assert (verified["intact"], verified["problems"]) == (False, [f"Effect {effect.id} was changed."])
    assistant.aws.dynamodb.put_item(TableName=table, Item=item)
    assert assistant.request("GET", f"{PATH}/verify", token=token).json()["intact"]


def test_effects_of_others_are_out_of_reach(assistant: Assistant, token: str) -> None:
    assert assistant.request("GET", "/api/v1/users/user456/effects", token=token).status == 403
    assert assistant.request("POST", "/api/v1/users/user456/effects/undo", {"run_id": "a"}, token=token).status == 403


def archived(email_id: str) -> TriagedEmail:
    return TriagedEmail(
        email_id=email_id,
        category=Category.ARCHIVE,
        priority_score=1,
        suggested_action="Archive it",
        estimated_time_minutes=0,
        reasoning="A newsletter.",
        confidence=0.99,
        decided_by=DecidedBy.CORE,
    )


@pytest.fixture
def mailbox(small_assistant: Assistant, gmail_server: GmailApi) -> Iterator[Connection]:
    """The demo user's mailbox at the fake Gmail, connected as the callback of a consent leaves it."""
    connection = google_connection(USER)
    with connected(small_assistant, connection, next(iter(gmail_server.tokens))):
        yield connection


@pytest.fixture
def box(gmail_server: GmailApi, mailbox: Connection) -> Iterator[GmailMailBox]:
    """The same mailbox, as the test looks into it."""
    calls = GoogleCalls(mailbox, NumberedTokens(), SystemClock())
    yield GmailMailBox(gmail_server.url, calls, None)
    calls.close()


def test_a_decision_about_a_mail_is_carried_out_and_undone(
    small_assistant: Assistant, gmail_server: GmailApi, mailbox: Connection, box: GmailMailBox
) -> None:
    token, environment = small_assistant.token(), function_environment(small_assistant, "manage_effects")
    mail = gmail_server.receive(Mail(id="", sender="news@shop.example", subject="Weekly offers", body="Buy."))
    clock = SystemClock()
    effects = DynamoEffects(Table(environment["TABLE_NAME"], small_assistant.aws.dynamodb), clock)
    queue = SqsEffects(environment["EFFECTS_QUEUE_URL"], small_assistant.aws.sqs)
    ports = ProposePorts(effects, queue, MemoryPreferences(), MemoryNotifier(), clock)
    decided = [(Mail(id=mail, sender="news@shop.example", subject="Weekly offers"), archived(mail))]
    run_id = uuid4().hex
    records = propose_for_mails(mailbox, decided, run_id=run_id, ports=ports)
    path = f"/api/v1/users/{USER}/effects"

    def states() -> set[str]:
        listed = small_assistant.request("GET", f"{path}?run_id={run_id}", token=token).json()["effects"]
        return {effect["state"] for effect in listed}

    assert len(records) == 2
    eventually(lambda: states() == {"done"})
    state = box.state(mail)
    assert (state.folder, *state.labels) == (Folder.ARCHIVE, "EA/Archive")

    undone = small_assistant.request("POST", f"{path}/undo", {"run_id": run_id}, token=token)
    assert (undone.status, len(undone.json()["undoing"])) == (202, 2)
    eventually(lambda: states() == {"undone"})
    state = box.state(mail)
    assert (state.folder, *state.labels) == (Folder.INBOX,)
    assert small_assistant.request("GET", f"{path}/verify", token=token).json()["intact"]


def test_a_mail_that_arrives_ends_as_a_label(
    small_assistant: Assistant, gmail_server: GmailApi, mailbox: Connection, box: GmailMailBox
) -> None:
    environment = function_environment(small_assistant, "sync_mailbox")
    mail = gmail_server.receive(
        Mail(id="", sender="ceo@company.com", subject="Urgent: Q4 Budget Review", body="We need to discuss it today.")
    )
    job = to_look_at(mailbox, SyncReason.NOTIFIED)
    SqsMailboxes(environment["MAILBOXES_QUEUE_URL"], small_assistant.aws.sqs).request([job])
    assert eventually(lambda: box.state(mail).labels) == {"EA/Urgent"}
    assert box.state(mail).folder is Folder.INBOX
    path = f"/api/v1/users/{USER}/effects?state=done"
    listed = small_assistant.request("GET", path, token=small_assistant.token()).json()["effects"]
    (effect,) = (one for one in listed if one["target"]["object_id"] == mail)
    assert (effect["target"]["title"], effect["action"]["add"]["value"]) == ("Urgent: Q4 Budget Review", ["EA/Urgent"])


def test_a_draft_a_user_asks_for_is_kept_once_and_taken_away(
    small_assistant: Assistant, gmail_server: GmailApi, mailbox: Connection
) -> None:
    token = small_assistant.token()
    answered = gmail_server.receive(Mail(id="", sender="ann@company.com", subject="Offer", body="Yes or no?"))
    subject = f"Re: Offer {uuid4().hex}"
    wanted = {
        "kind": "draft",
        "connection_id": mailbox.id,
        "mail_id": answered,
        "to": ["ann@company.com"],
        "subject": subject,
        "text": "Gladly.",
    }
    key = {"Idempotency-Key": uuid4().hex}
    made = [small_assistant.request("POST", PATH, wanted, token=token, headers=key) for _ in range(2)]
    assert [answer.status for answer in made] == [202, 202]
    assert len({answer.json()["id"] for answer in made}) == 1

    def drafts() -> int:
        return [draft.subject for draft in gmail_server.drafts()].count(subject)

    eventually(lambda: drafts() == 1)
    effect_id = made[0].json()["id"]
    eventually(lambda: small_assistant.request("GET", f"{PATH}/{effect_id}", token=token).json()["state"] == "done")
    undone = small_assistant.request("POST", f"{PATH}/undo", {"effect_id": effect_id}, token=token)
    assert undone.json()["undoing"] == [effect_id]
    eventually(lambda: drafts() == 0)
