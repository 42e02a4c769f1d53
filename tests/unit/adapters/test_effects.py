"""Effects and their ledger are kept alike in memory and on DynamoDB."""

from datetime import timedelta

import boto3
import pytest

from assistant.adapters.dynamo import Table, user_partition
from assistant.adapters.dynamo_due import DynamoDueIndex
from assistant.adapters.dynamo_effects import DynamoEffects
from assistant.adapters.sqs_audit import sqs_client
from assistant.adapters.sqs_effects import SqsEffects
from assistant.domain.effects.effect import KEPT_FOR, Effect, EffectRecord, EffectState, proposed
from assistant.domain.effects.ledger import ENTRY_KEPT_FOR, EffectChange, LedgerEvent, LedgerHead, broken_links
from assistant.domain.effects.settling import to_be_settled
from assistant.domain.effects.undo import EffectJob
from assistant.domain.errors import Unavailable
from assistant.domain.preferences import Permission
from assistant.ports.effects import MOST_CHANGES, EffectStore
from tests.fakes.effects import ARCHIVE, USER, Desk, MemoryEffects, label
from tests.fakes.runtime import ManualClock


@pytest.fixture(params=["fake", "dynamodb"])
def effects(request: pytest.FixtureRequest, clock: ManualClock) -> EffectStore:
    return MemoryEffects(clock) if request.param == "fake" else DynamoEffects(request.getfixturevalue("table"), clock)


@pytest.fixture
def desk(clock: ManualClock) -> Desk:
    return Desk(clock)


def new(effect: Effect) -> EffectRecord:
    return proposed(effect, Permission.ASK, "why")


def change(*records: EffectRecord) -> list[EffectChange]:
    return [EffectChange(record, LedgerEvent.PROPOSED) for record in records]


def ids(records: object) -> list[str]:
    return [record.effect.target.object_id for record in records]  # type: ignore[attr-defined]  # a sequence of them


class TestEffectStore:
    def test_finds_what_was_committed(self, effects: EffectStore, desk: Desk) -> None:
        record = new(desk.effect("m1", label("a")))
        assert effects.commit(USER, change(record))
        assert effects.find(USER, [record.id, "gone"]) == {record.id: record}
        assert effects.find("user2", [record.id]) == {}

    def test_only_the_next_version_is_committed_all_or_nothing(self, effects: EffectStore, desk: Desk) -> None:
        first, second = new(desk.effect("m1", ARCHIVE)), new(desk.effect("m2", ARCHIVE))
        assert effects.commit(USER, change(first))
        assert not effects.commit(USER, change(second, first))
        assert not effects.commit(USER, change(second.changed(desk.clock.now())))
        assert effects.find(USER, [second.id]) == {}
        following = first.changed(desk.clock.now(), state=EffectState.REJECTED)
        assert effects.commit(USER, change(following, second))
        assert not effects.commit(USER, change(following))
        assert effects.find(USER, [first.id])[first.id] == following
        assert effects.head(USER).number == 3

    def test_the_ledger_grows_in_a_chain(self, effects: EffectStore, desk: Desk) -> None:
        assert effects.head(USER) == LedgerHead()
        records = [new(desk.effect(f"m{number}", ARCHIVE)) for number in range(3)]
        effects.commit(USER, change(*records[:2]))
        effects.commit(USER, change(records[2]))
        entries = effects.entries(USER, after=0, limit=10)
        assert [entry.effect_id for entry in entries] == [record.id for record in records]
        end, now = effects.head(USER), desk.clock.now()
        assert broken_links(USER, entries, behind=None, end=end, now=now) == ()
        assert [entry.number for entry in effects.entries(USER, after=1, limit=1)] == [2]
        assert effects.entries("user2", after=0, limit=10) == []
        assert [entry.number for entry in effects.latest_entries(USER)] == [3, 2, 1]
        assert list(effects.latest_entries("user2")) == []

    def test_pages_are_the_newest_first(self, effects: EffectStore, desk: Desk) -> None:
        for number in range(5):
            effects.commit(USER, change(new(desk.effect(f"m{number}", ARCHIVE, run_id=f"run{number % 2}"))))
            desk.clock.advance(60)
        page = effects.page(USER, before=None, since=None, run_id=None, limit=2)
        assert ids(page) == ["m4", "m3"]
        rest = effects.page(USER, before=page[-1].effect.place, since=None, run_id=None, limit=9)
        assert ids(rest) == ["m2", "m1", "m0"]
        assert ids(effects.page(USER, before=None, since=None, run_id="run1", limit=9)) == ["m3", "m1"]
        since = desk.clock.now() - timedelta(seconds=120)
        assert ids(effects.page(USER, before=None, since=since, run_id=None, limit=9)) == ["m4", "m3"]
        assert effects.page("user2", before=None, since=None, run_id=None, limit=9) == []

    def test_forgets_effects_before_their_entries(self, effects: EffectStore, desk: Desk) -> None:
        record = new(desk.effect("m1", ARCHIVE))
        effects.commit(USER, change(record))
        desk.clock.advance(KEPT_FOR.total_seconds())
        assert effects.find(USER, [record.id]) == {}
        assert effects.page(USER, before=None, since=None, run_id=None, limit=9) == []
        again = new(desk.effect("m1", ARCHIVE))
        assert effects.commit(USER, change(again))
        assert effects.find(USER, [record.id])[record.id] == again
        assert len(effects.entries(USER, after=0, limit=9)) == 2
        desk.clock.advance((ENTRY_KEPT_FOR - KEPT_FOR).total_seconds())
        assert [entry.number for entry in effects.entries(USER, after=0, limit=1)] == [2]

    def test_takes_as_many_as_it_promises_and_none(self, effects: EffectStore, desk: Desk) -> None:
        records = [new(desk.effect(f"m{number}", ARCHIVE)) for number in range(MOST_CHANGES + 1)]
        assert effects.commit(USER, change(*records[:MOST_CHANGES]))
        with pytest.raises(ValueError, match="more changes"):
            effects.commit(USER, change(*records))
        assert effects.commit(USER, [])
        assert effects.head(USER).number == MOST_CHANGES


@pytest.mark.parametrize("permission", [Permission.AUTO, Permission.ASK])
def test_what_is_left_open_is_due_with_the_change(table: Table, desk: Desk, permission: Permission) -> None:
    records = [proposed(desk.effect(f"m{number}", ARCHIVE), permission, "why") for number in range(MOST_CHANGES)]
    changes = change(*records)
    assert DynamoEffects(table, desk.clock).commit(USER, changes)
    (expected,) = to_be_settled(changes)
    index = DynamoDueIndex(table)
    assert index.until(expected.at - timedelta(seconds=1), limit=9) == []
    assert index.until(expected.at, limit=9) == [expected]


class Overtaken(DynamoEffects):
    """Reads the head of the ledger, and then another writer is faster."""

    faster: EffectRecord | None = None

    def head(self, user_id: str) -> LedgerHead:
        read = super().head(user_id)
        if self.faster:
            faster, self.faster = self.faster, None
            assert DynamoEffects(self._table, self._clock).commit(user_id, change(faster))
        return read


def test_a_writer_that_was_overtaken_tries_again_behind_the_other(table: Table, desk: Desk) -> None:
    effects = Overtaken(table, desk.clock)
    first, second = new(desk.effect("m1", ARCHIVE)), new(desk.effect("m2", ARCHIVE))
    effects.faster = first
    assert effects.commit(USER, change(second))
    entries = effects.entries(USER, after=0, limit=99)
    assert [entry.effect_id for entry in entries] == [first.id, second.id]
    assert broken_links(USER, entries, behind=None, end=effects.head(USER), now=desk.clock.now()) == ()


def test_a_writer_that_was_overtaken_with_the_same_effect_is_told(table: Table, desk: Desk) -> None:
    effects = Overtaken(table, desk.clock)
    effects.faster = new(desk.effect("m1", ARCHIVE))
    assert not effects.commit(USER, change(effects.faster))
    assert effects.head(USER).number == 1


def test_a_changed_item_shows(table: Table, desk: Desk) -> None:
    effects = DynamoEffects(table, desk.clock)
    effects.commit(USER, change(*(new(desk.effect(f"m{number}", ARCHIVE)) for number in range(3))))
    item = table.get(user_partition(USER), "LEDGER#000000000002")
    assert item
    table.batch_put([item | {"document": item["document"].replace("proposed", "approved")}])
    entries = effects.entries(USER, after=0, limit=99)
    problems = broken_links(USER, entries, behind=None, end=effects.head(USER), now=desk.clock.now())
    assert problems == ("Entry 2 was changed.",)


def test_a_missing_table_is_unavailable(missing_table: Table, desk: Desk) -> None:
    effects = DynamoEffects(missing_table, desk.clock)
    for call in (
        lambda: effects.find(USER, ["a"]),
        lambda: effects.commit(USER, change(new(desk.effect("m1", ARCHIVE)))),
        lambda: effects.page(USER, before=None, since=None, run_id=None, limit=1),
        lambda: effects.entries(USER, after=0, limit=1),
        lambda: list(effects.latest_entries(USER)),
    ):
        with pytest.raises(Unavailable):
            call()


class TestEffectQueue:
    def job(self, clock: ManualClock) -> EffectJob:
        return EffectJob(user_id=USER, effect_ids=("a", "b"), undo=True, request_id="r", requested_at=clock.now())

    def test_what_is_queued_reads_back(self, aws: None, clock: ManualClock) -> None:  # noqa: ARG002 AWS
        queue = boto3.client("sqs")
        url = queue.create_queue(QueueName="effects")["QueueUrl"]
        SqsEffects(url, sqs_client()).request([self.job(clock)])
        (message,) = queue.receive_message(QueueUrl=url)["Messages"]
        assert EffectJob.model_validate_json(message["Body"]) == self.job(clock)

    def test_a_missing_queue_is_unavailable(self, aws: None, clock: ManualClock) -> None:  # noqa: ARG002 AWS
        gone = "https://sqs.eu-central-1.amazonaws.com/123456789012/gone"
        with pytest.raises(Unavailable):
            SqsEffects(gone, sqs_client(attempts=1)).request([self.job(clock)])
