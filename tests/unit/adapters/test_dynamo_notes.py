"""What is followed and kept of workspaces, in memory and on DynamoDB alike."""

from typing import cast

import pytest

from assistant.adapters.dynamo import Table
from assistant.adapters.dynamo_notes import DynamoFollowed, DynamoNotices, DynamoPages, DynamoWebhookSecrets
from assistant.adapters.sqs_audit import sqs_client
from assistant.adapters.sqs_notes import SqsNotes
from assistant.domain.errors import Unavailable
from assistant.domain.notes.followed import FollowedWorkspace, SyncWorkspace, read_job
from assistant.domain.notes.note import NotesPage, PageHead
from assistant.domain.notes.source import Roles
from assistant.domain.notes.webhook import WebhookSecret
from assistant.ports.notes import FollowedStore, KeptPage, NoticeLog, PageStore
from tests.fakes.notes import MemoryFollowed, MemoryNotices, MemoryPages, MemoryWebhookSecrets, page_number
from tests.fakes.runtime import ManualClock

type Stores = tuple[FollowedStore, PageStore, NoticeLog]

WORKSPACE = FollowedWorkspace(user_id="user123", connection_id="notion-1", source_id="tasks", roles=Roles(due="d"))


@pytest.fixture
def memory_stores(clock: ManualClock) -> Stores:
    return MemoryFollowed(), MemoryPages(clock), MemoryNotices()


@pytest.fixture
def dynamo_stores(table: Table, clock: ManualClock) -> Stores:
    return DynamoFollowed(table), DynamoPages(table, clock), DynamoNotices(table, clock)


@pytest.fixture(params=["memory", "dynamo"])
def stores(request: pytest.FixtureRequest) -> Stores:
    return cast("Stores", request.getfixturevalue(f"{request.param}_stores"))


def page(number: int, clock: ManualClock, text: str = "Ship in März.") -> NotesPage:
    return NotesPage(PageHead(page_number(number), f"Page {number}", clock.now(), "https://notes/1"), text)


def test_a_workspace_is_replaced_by_who_knows_its_version(stores: Stores) -> None:
    followed, _, _ = stores
    assert followed.find("user123", "notion-1") is None
    assert followed.replace(WORKSPACE)
    assert not followed.replace(WORKSPACE)
    kept = followed.find("user123", "notion-1")
    assert kept == WORKSPACE.model_copy(update={"version": 1})
    assert followed.replace(kept)
    assert not followed.replace(kept)
    assert followed.replace(WORKSPACE.model_copy(update={"user_id": "user456"}))
    assert {(one.user_id, one.version) for one in followed.everything()} == {("user123", 2), ("user456", 1)}
    followed.remove(kept)
    followed.remove(kept)
    assert followed.find("user123", "notion-1") is None


def test_pages_are_kept_by_workspace(stores: Stores, clock: ManualClock) -> None:
    _, pages, _ = stores
    one, other = page(1, clock), page(2, clock)
    pages.put("user123", "notion-1", one)
    pages.put("user123", "notion-2", other)
    pages.put("user456", "notion-3", other)
    assert pages.of_user("user123", limit=10) == (one, other)
    assert pages.of_user("user123", limit=1) == (one,)
    clock.advance(60)
    pages.put("user123", "notion-1", page(1, clock, "Ship in April."))
    assert pages.kept("user123", "notion-1") == {page_number(1): KeptPage(clock.now(), clock.now())}
    assert [found.text for found in pages.of_user("user123", limit=10)] == ["Ship in April.", "Ship in März."]
    pages.remove("user123", "notion-1", [page_number(1), page_number(9)])
    pages.remove("user123", "notion-1", [])
    assert pages.of_user("user123", limit=10) == (other,)


def test_a_notification_is_known_once_it_was_worked_on(stores: Stores) -> None:
    _, _, notices = stores
    assert not notices.has("event-1")
    notices.add("event-1")
    notices.add("event-1")
    assert notices.has("event-1")
    assert not notices.has("event-2")


def test_a_notification_is_forgotten_after_two_days(dynamo_stores: Stores, clock: ManualClock) -> None:
    _, _, notices = dynamo_stores
    notices.add("event-1")
    clock.advance(3 * 86_400)
    assert not notices.has("event-1")


def test_a_table_that_is_down_is_unavailable(missing_table: Table, clock: ManualClock) -> None:
    with pytest.raises(Unavailable):
        DynamoFollowed(missing_table).everything()
    with pytest.raises(Unavailable):
        DynamoPages(missing_table, clock).kept("user123", "notion-1")
    with pytest.raises(Unavailable):
        DynamoNotices(missing_table, clock).add("event-1")


@pytest.mark.parametrize("kind", ["memory", "dynamo"])
def test_a_webhook_secret_is_replaced_by_who_knows_its_version(request: pytest.FixtureRequest, kind: str) -> None:
    secrets = MemoryWebhookSecrets() if kind == "memory" else DynamoWebhookSecrets(request.getfixturevalue("table"))
    assert secrets.read() == WebhookSecret()
    assert secrets.replace(WebhookSecret(secret="s" * 20))
    assert not secrets.replace(WebhookSecret())
    assert (secrets.read().secret, secrets.read().version) == ("s" * 20, 1)
    assert secrets.replace(secrets.read())


def test_work_is_queued_ten_at_a_time(aws: None) -> None:  # noqa: ARG001 needs AWS to be there
    client = sqs_client()
    url = client.create_queue(QueueName="notes")["QueueUrl"]
    jobs = [SyncWorkspace(user_id="user123", connection_id=f"notion-{number}") for number in range(11)]
    SqsNotes(url, client).send(*jobs)
    received = [
        read_job(message["Body"])
        for _ in range(2)
        for message in client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    ]
    assert sorted(received, key=repr) == sorted(jobs, key=repr)
    with pytest.raises(Unavailable):
        SqsNotes(url + "-gone", client).send(*jobs)
