"""What users were told and what is due, in memory and on DynamoDB."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from assistant.adapters.dynamo import Table
from assistant.adapters.dynamo_due import LATE, DynamoDueIndex
from assistant.adapters.dynamo_notifications import DynamoNotifications
from assistant.adapters.sqs_audit import sqs_client
from assistant.adapters.sqs_jobs import SqsJobs
from assistant.domain.errors import Unavailable
from assistant.domain.notifications import Due, DueKind, KeptNotification, News, NotificationKind, subject_of, told
from assistant.domain.preferences import Channel
from assistant.ports.notifications import DueIndex, NotificationStore
from tests.fakes.notifications import MemoryDueIndex, MemoryNotifications
from tests.fakes.runtime import ManualClock

AT = datetime(2025, 1, 15, 10, 30, tzinfo=UTC)
LEASE = timedelta(minutes=10)


def news(minute: int = 0, about: str | None = None, title: str = "Briefing: Q4 Planning Session") -> News:
    return News(
        about=about or f"meeting:{minute}",
        kind=NotificationKind.MEETING_BRIEFING,
        title=title,
        text="Wed 15 Jan, 10:30 (UTC), 60 minutes.",
        link="/api/v1/meetings/meet123/briefing",
        at=AT + timedelta(minutes=minute),
    )


def first(minute: int = 0) -> KeptNotification:
    return told(news(minute), Channel.EMAIL, None)


def kept(minute: int) -> KeptNotification:
    return first(minute).model_copy(update={"version": 1})


def due(minutes: int = 0, kind: DueKind = DueKind.NOTIFICATION, user_id: str = "user123") -> Due:
    return Due(user_id=user_id, kind=kind, at=AT + timedelta(minutes=minutes), subject="a1")


@pytest.fixture(params=["fake", "dynamodb"])
def store(request: pytest.FixtureRequest, clock: ManualClock) -> NotificationStore:
    if request.param == "fake":
        return MemoryNotifications(clock)
    return DynamoNotifications(request.getfixturevalue("table"), clock)


@pytest.fixture(params=["fake", "dynamodb"])
def index(request: pytest.FixtureRequest) -> DueIndex:
    return MemoryDueIndex() if request.param == "fake" else DynamoDueIndex(request.getfixturevalue("table"))


class TestNotifications:
    def test_what_was_told_of_a_thing_is_found(self, store: NotificationStore) -> None:
        assert store.replace("user123", first())
        assert store.find("user123", subject_of("meeting:0")) == first().model_copy(update={"version": 1})
        assert store.find("user123", subject_of("meeting:1")) is None
        assert store.find("user456", subject_of("meeting:0")) is None

    def test_one_of_two_changes_holds(self, store: NotificationStore) -> None:
        store.replace("user123", first())
        assert not store.replace("user123", first())
        earlier = store.find("user123", first().shown.subject)
        assert earlier
        newer = told(news(5, "meeting:0", "Updated"), Channel.SLACK, earlier)
        assert store.replace("user123", newer)
        assert not store.replace("user123", newer)
        (found,) = store.page("user123", before=None, limit=10)
        shown = found.shown
        assert (shown.id, shown.title, shown.created_at) == (first().shown.id, "Updated", AT)
        assert shown.updated_at == AT + timedelta(minutes=5)

    def test_the_newest_come_first(self, store: NotificationStore) -> None:
        for minute in (3, 1, 2):
            store.replace("user123", first(minute))
        page = store.page("user123", before=None, limit=2)
        assert list(page) == [kept(3), kept(2)]
        assert list(store.page("user123", before=page[-1].shown.id, limit=2)) == [kept(1)]

    def test_it_is_read_and_unread_and_neither_is_lost(self, store: NotificationStore, clock: ManualClock) -> None:
        shown = first().shown
        store.replace("user123", first())
        stale = store.find("user123", shown.subject)
        assert stale
        for read_at in (clock.now(), None):
            expected = shown.model_copy(update={"read_at": read_at})
            assert store.mark("user123", shown.id, read_at=read_at) == expected
            assert [one.shown for one in store.page("user123", before=None, limit=1)] == [expected]
        assert not store.replace("user123", stale.delivered(Channel.EMAIL))
        assert store.mark("user456", shown.id, read_at=None) is None

    def test_it_is_forgotten_after_90_days_and_told_anew(self, store: NotificationStore, clock: ManualClock) -> None:
        store.replace("user123", first())
        clock.advance(timedelta(days=91).total_seconds())
        assert store.mark("user123", first().shown.id, read_at=None) is None
        assert store.find("user123", first().shown.subject) is None
        assert store.replace("user123", first())


class TestDue:
    def test_what_is_due_comes_the_first_first(self, index: DueIndex) -> None:
        for minutes in (1, -5, 0, -60 * 24, 60):
            index.plan(due(minutes))
        assert [one.at for one in index.until(AT, limit=10)] == [due(m).at for m in (-60 * 24, -5, 0)]
        assert len(index.until(AT, limit=2)) == 2

    def test_the_same_is_planned_once_and_others_beside_it(self, index: DueIndex) -> None:
        for one in (due(), due(), due(kind=DueKind.DIGEST), due(user_id="user456")):
            index.plan(one)
        assert len(index.until(AT, limit=10)) == 3

    def test_one_takes_a_place_until_the_time_is_over(self, index: DueIndex) -> None:
        index.plan(due())
        assert index.claim(due(), now=AT, until=AT + LEASE)
        assert not index.claim(due(), now=AT + LEASE / 2, until=AT + LEASE)
        assert index.until(AT + LEASE / 2, limit=10) == []
        assert list(index.until(AT + LEASE, limit=10)) == [due()]
        assert index.claim(due(), now=AT + LEASE, until=AT + 2 * LEASE)

    def test_who_plans_may_take_it_at_once(self, index: DueIndex) -> None:
        index.plan(due(), taken_until=AT + LEASE)
        assert index.until(AT, limit=10) == []
        assert list(index.until(AT + LEASE, limit=10)) == [due()]

    def test_what_is_done_is_gone(self, index: DueIndex) -> None:
        index.plan(due())
        for _ in range(2):
            index.done(due())
        assert index.until(AT, limit=10) == []
        assert not index.claim(due(), now=AT, until=AT + LEASE)


def test_what_nobody_did_for_two_days_is_left(table: Table) -> None:
    index = DynamoDueIndex(table)
    index.plan(due())
    assert list(index.until(AT + LATE, limit=10)) == [due()]
    assert index.until(AT + LATE + timedelta(days=1), limit=10) == []


def test_jobs_read_back(aws: None) -> None:  # noqa: ARG001 AWS
    queue = boto3.client("sqs")
    url = queue.create_queue(QueueName="notifications")["QueueUrl"]
    SqsJobs[Due](url, sqs_client(attempts=1)).send(due())
    (message,) = queue.receive_message(QueueUrl=url)["Messages"]
    assert Due.model_validate_json(message["Body"]) == due()


def test_a_missing_table_is_unavailable(missing_table: Table, clock: ManualClock) -> None:
    store, index = DynamoNotifications(missing_table, clock), DynamoDueIndex(missing_table)
    calls: list[Callable[[], object]] = [
        lambda: store.page("user123", before=None, limit=1),
        lambda: store.mark("user123", "1", read_at=None),
        lambda: store.find("user123", "1"),
        lambda: store.replace("user123", first()),
        lambda: index.plan(due()),
        lambda: index.until(AT, limit=1),
        lambda: index.claim(due(), now=AT, until=AT),
        lambda: index.done(due()),
    ]
    for call in calls:
        with pytest.raises(Unavailable):
            call()
