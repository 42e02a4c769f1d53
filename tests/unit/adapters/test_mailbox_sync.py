"""Places and receipts on DynamoDB, the queue on SQS: the same suite holds the fakes."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest

from assistant.adapters.dynamo import Table
from assistant.adapters.dynamo_mailboxes import DynamoMailboxPlaces, DynamoReceipts
from assistant.adapters.sqs_audit import sqs_client
from assistant.adapters.sqs_chats import SqsChats
from assistant.adapters.sqs_mailboxes import SqsMailboxes
from assistant.domain.chat_jobs import MessageReceived, read_job
from assistant.domain.errors import Unavailable
from assistant.domain.mailbox_sync import MailboxPlace, MailboxSync, MailOutcome, Receipt, SyncReason
from assistant.ports.mailbox_sync import MailboxPlaces, Receipts
from tests.fakes.connections import google_connection
from tests.fakes.mailbox_sync import MemoryPlaces, MemoryReceipts
from tests.fakes.runtime import ManualClock

CONNECTION = google_connection()
OTHER = google_connection("user456")
NOW = datetime(2025, 1, 15, 10, tzinfo=UTC)


@pytest.fixture(params=["fake", "dynamodb"])
def places(request: pytest.FixtureRequest, clock: ManualClock) -> MailboxPlaces:
    return MemoryPlaces() if request.param == "fake" else DynamoMailboxPlaces(request.getfixturevalue("table"), clock)


@pytest.fixture(params=["fake", "dynamodb"])
def receipts(request: pytest.FixtureRequest, clock: ManualClock) -> Receipts:
    return MemoryReceipts() if request.param == "fake" else DynamoReceipts(request.getfixturevalue("table"), clock)


def receipt(message_id: str, minutes: int = 0) -> Receipt:
    return Receipt(
        user_id=CONNECTION.user_id,
        connection_id=CONNECTION.id,
        message_id=message_id,
        outcome=MailOutcome.GONE,
        noticed_at=NOW + timedelta(minutes=minutes),
        closed_at=NOW + timedelta(minutes=minutes),
    )


class TestPlaces:
    def test_an_unread_mailbox_has_no_cursor(self, places: MailboxPlaces) -> None:
        assert places.read(CONNECTION) == MailboxPlace.of(CONNECTION)

    def test_a_place_is_kept_for_its_connection(self, places: MailboxPlaces) -> None:
        stored = places.replace(MailboxPlace.of(CONNECTION).model_copy(update={"cursor": "7", "synced_at": NOW}))
        assert stored
        assert (stored.version, places.read(CONNECTION)) == (1, stored)
        assert places.read(OTHER).version == 0

    def test_who_comes_late_changes_nothing(self, places: MailboxPlaces) -> None:
        unread = places.read(CONNECTION)
        first = places.replace(unread.model_copy(update={"cursor": "9"}))
        assert places.replace(unread.model_copy(update={"cursor": "7"})) is None
        assert first
        assert places.replace(first.model_copy(update={"cursor": "12"}))
        assert places.replace(first.model_copy(update={"cursor": "11"})) is None
        assert places.read(CONNECTION).cursor == "12"


class TestReceipts:
    def test_what_was_saved_is_known(self, receipts: Receipts) -> None:
        receipts.save([receipt("m1"), receipt("m2")])
        receipts.save([receipt("m1")])
        assert receipts.known(CONNECTION, ["m1", "m2", "m3"]) == {"m1", "m2"}
        assert receipts.known(OTHER, ["m1"]) == frozenset()

    def test_nothing_is_saved_of_nothing(self, receipts: Receipts) -> None:
        receipts.save([])
        assert receipts.known(CONNECTION, []) == frozenset()

    def test_pages_are_the_newest_first(self, receipts: Receipts) -> None:
        receipts.save([receipt(f"m{number}", number) for number in range(5)])
        receipts.save([receipt("m2", 2)])
        user_id = CONNECTION.user_id
        page = receipts.page(user_id, before=None, since=None, limit=2)
        assert [one.message_id for one in page] == ["m4", "m3"]
        rest = receipts.page(user_id, before=page[-1].place, since=None, limit=9)
        assert [one.message_id for one in rest] == ["m2", "m1", "m0"]
        late = receipts.page(user_id, before=None, since=NOW + timedelta(minutes=3), limit=9)
        assert [one.message_id for one in late] == ["m4", "m3"]
        assert receipts.page(OTHER.user_id, before=None, since=None, limit=9) == []


def test_receipts_are_forgotten_in_time(table: Table, clock: ManualClock) -> None:
    receipts = DynamoReceipts(table, clock)
    receipts.save([receipt("m1")])
    assert receipts.page(CONNECTION.user_id, before=None, since=None, limit=9) == [receipt("m1")]
    clock.advance((receipt("m1").expires_at - clock.now()).total_seconds())
    assert receipts.page(CONNECTION.user_id, before=None, since=None, limit=9) == []


def test_a_place_of_another_version_is_read_anew(table: Table, clock: ManualClock) -> None:
    places = DynamoMailboxPlaces(table, clock)
    places.replace(MailboxPlace.of(CONNECTION))
    key = {"pk": {"S": "USER#user123"}, "sk": {"S": f"MAILBOX#{CONNECTION.id}"}}
    changed = {":place": {"S": "{}"}}
    table.client.update_item(
        TableName=table.name,
        Key=key,
        UpdateExpression="SET #place = :place",
        ExpressionAttributeNames={"#place": "place"},
        ExpressionAttributeValues=changed,
    )
    assert places.read(CONNECTION) == MailboxPlace.of(CONNECTION).model_copy(update={"version": 1})


def sync(number: int, connection_id: str = "c1") -> MailboxSync:
    return MailboxSync(
        id=f"n{number}", user_id="user123", connection_id=connection_id, reason=SyncReason.NOTIFIED, noticed_at=NOW
    )


def test_jobs_are_queued_once_and_in_order(aws: None) -> None:  # noqa: ARG001 needs AWS to be there
    url = boto3.client("sqs").create_queue(QueueName="mailboxes.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    queue = SqsMailboxes(url, sqs_client())
    queue.request([sync(number) for number in range(12)])
    queue.request([sync(3)])
    found: list[str] = []
    for _ in range(3):
        messages = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            found.append(MailboxSync.model_validate_json(message["Body"]).id)
            boto3.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert found == [f"n{number}" for number in range(12)]


def test_what_one_person_does_in_a_chat_is_queued_once_and_in_order(aws: None) -> None:  # noqa: ARG001 needs AWS
    url = boto3.client("sqs").create_queue(QueueName="chats.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    queue = SqsChats(url, sqs_client(attempts=1))
    jobs = [
        MessageReceived(id=f"Ev{number}", workspace_id="T1", member=member, at=NOW, text="waiting")
        for number, member in enumerate(("U1", "U2", "U1"))
    ]
    queue.send(*jobs)
    queue.send(jobs[0])
    messages = boto3.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["MessageGroupId"]
    )["Messages"]
    by_group: dict[str, list[str]] = {}
    for message in messages:
        job = read_job(message["Body"])
        by_group.setdefault(message["Attributes"]["MessageGroupId"], []).append(job.id)
    assert sorted(by_group.values()) == [["Ev0", "Ev2"], ["Ev1"]]


def test_a_queue_that_is_gone_is_unavailable(aws: None) -> None:  # noqa: ARG001 needs AWS to be there
    queue = SqsMailboxes("https://sqs.eu-central-1.amazonaws.com/123456789012/gone.fifo", sqs_client())
    with pytest.raises(Unavailable):
        queue.request([sync(1)])
