"""Webhooks that providers were asked for: one suite for the fake and DynamoDB."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from assistant.adapters.dynamo import Table, epoch
from assistant.adapters.dynamo_subscriptions import KEPT_FOR, DynamoSubscriptions
from assistant.domain.errors import Unavailable
from assistant.domain.subscriptions import Watched
from assistant.ports.subscriptions import SubscriptionStore
from tests.fakes.accounts import MICROSOFT
from tests.fakes.subscriptions import MemorySubscriptions, graph_subscription

OTHER = MICROSOFT.model_copy(update={"user_id": "user456"})
FIRST = graph_subscription()
SECOND = replace(FIRST, id="8a0f3f0a-0c7e-4d2f-9f5e-1d2c3b4a5968")


@pytest.fixture(params=["fake", "dynamodb"])
def store(request: pytest.FixtureRequest) -> SubscriptionStore:
    return MemorySubscriptions() if request.param == "fake" else DynamoSubscriptions(request.getfixturevalue("table"))


def test_it_is_found_by_its_id_and_by_its_connection(store: SubscriptionStore) -> None:
    assert store.find(FIRST.id) is None
    assert store.of_connection(MICROSOFT, Watched.MAIL) is None
    store.put(FIRST)
    assert store.find(FIRST.id) == store.of_connection(MICROSOFT, Watched.MAIL) == FIRST
    assert store.of_connection(MICROSOFT, Watched.CALENDAR) is None
    assert store.of_connection(OTHER, Watched.MAIL) is None


def test_many_are_found_by_their_ids_at_once(store: SubscriptionStore) -> None:
    calendar = replace(SECOND, watched=Watched.CALENDAR)
    for one in (FIRST, calendar):
        store.put(one)
    unknown = [f"guessed-{number}" for number in range(97)]
    assert set(store.find_all([FIRST.id, *unknown, SECOND.id])) == {FIRST, calendar}
    assert store.find_all(unknown) == []


def test_a_renewal_changes_what_is_kept(store: SubscriptionStore) -> None:
    store.put(FIRST)
    renewed = replace(FIRST, expires_at=FIRST.expires_at + timedelta(days=1))
    store.put(renewed)
    assert store.find(FIRST.id) == store.of_connection(MICROSOFT, Watched.MAIL) == renewed


def test_another_takes_its_place(store: SubscriptionStore) -> None:
    store.put(FIRST)
    store.put(SECOND)
    assert store.find(FIRST.id) is None
    assert store.find(SECOND.id) == store.of_connection(MICROSOFT, Watched.MAIL) == SECOND


def test_what_is_watched_is_kept_apart(store: SubscriptionStore) -> None:
    calendar = replace(SECOND, watched=Watched.CALENDAR, resource="primary")
    store.put(FIRST)
    store.put(calendar)
    store.remove(FIRST)
    assert store.find(FIRST.id) is None
    assert store.find(SECOND.id) == store.of_connection(MICROSOFT, Watched.CALENDAR) == calendar


def test_who_comes_late_removes_no_other(store: SubscriptionStore) -> None:
    store.put(FIRST)
    store.put(SECOND)
    store.remove(FIRST)
    assert store.find(SECOND.id) == store.of_connection(MICROSOFT, Watched.MAIL) == SECOND
    store.remove(SECOND)
    store.remove(SECOND)
    assert store.find(SECOND.id) is store.of_connection(MICROSOFT, Watched.MAIL) is None


def test_that_of_an_account_that_is_gone_is_forgotten(store: SubscriptionStore) -> None:
    calendar = replace(SECOND, watched=Watched.CALENDAR)
    store.put(FIRST)
    store.put(calendar)
    for _ in range(2):
        store.forget(FIRST.user_id, FIRST.connection_id, Watched.MAIL)
    assert store.find(FIRST.id) is store.of_connection(MICROSOFT, Watched.MAIL) is None
    assert store.find(calendar.id) == calendar


def test_it_is_forgotten_a_day_after_it_ends(table: Table) -> None:
    DynamoSubscriptions(table).put(FIRST)
    items = table.client.scan(TableName=table.name)["Items"]
    assert len(items) == 2
    assert {int(item["expires_at"]["N"]) for item in items} == {epoch(FIRST.expires_at + KEPT_FOR)}


def test_two_at_once_leave_one_of_them(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DynamoSubscriptions(table)
    transact = Table.transact

    def overtaken(self: Table, writes: object) -> bool:
        monkeypatch.setattr(Table, "transact", transact)
        store.put(SECOND)
        return transact(self, writes)  # type: ignore[arg-type]  # as it was given

    monkeypatch.setattr(Table, "transact", overtaken)
    store.put(FIRST)
    assert store.find(FIRST.id) == store.of_connection(MICROSOFT, Watched.MAIL) == FIRST
    assert store.find(SECOND.id) is None


def test_a_store_that_is_down_is_unavailable(missing_table: Table) -> None:
    down = DynamoSubscriptions(missing_table)
    calls: tuple[Callable[[], object], ...] = (
        lambda: down.find(FIRST.id),
        lambda: down.of_connection(MICROSOFT, Watched.MAIL),
        lambda: down.put(FIRST),
        lambda: down.remove(FIRST),
    )
    for call in calls:
        with pytest.raises(Unavailable):
            call()
