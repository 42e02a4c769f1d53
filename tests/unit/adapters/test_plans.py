"""Plans are kept alike in memory and on DynamoDB, and only a lower rank replaces them."""

import json
import os
import zlib
from dataclasses import replace

import boto3
import pytest

from assistant.adapters.dynamo import Table, user_partition
from assistant.adapters.dynamo_plans import DynamoPlans
from assistant.adapters.sqs_audit import sqs_client
from assistant.adapters.sqs_jobs import SqsJobs
from assistant.domain.calendar.objective import Score
from assistant.domain.calendar.plan_record import KEPT_FOR, PlanRecord, ProofJob, ProofState
from assistant.domain.errors import Conflict, Unavailable
from assistant.ports.calendar import PlanStore
from tests.fakes.plans import greedy_record
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import MemoryPlans


@pytest.fixture(params=["fake", "dynamodb"])
def plans(request: pytest.FixtureRequest, clock: ManualClock) -> PlanStore:
    return MemoryPlans(clock) if request.param == "fake" else DynamoPlans(request.getfixturevalue("table"), clock)


@pytest.fixture
def record(clock: ManualClock) -> PlanRecord:
    return greedy_record("plan1", clock.now())


def scored(record: PlanRecord, *tiers: int, proof: ProofState = ProofState.OPEN) -> PlanRecord:
    return replace(record, proof=proof, solution=replace(record.solution, score=Score(*tiers)))


class TestPlanStore:
    def test_finds_what_was_kept(self, plans: PlanStore, record: PlanRecord) -> None:
        assert plans.save(record)
        assert plans.find("user123", "plan1") == record

    def test_adds_where_none_is_kept_or_any_more(
        self, plans: PlanStore, record: PlanRecord, clock: ManualClock
    ) -> None:
        assert plans.add(record)
        with pytest.raises(Conflict):
            plans.add(scored(record, 0, 0, 0))
        assert plans.find("user123", "plan1") == record
        clock.advance(KEPT_FOR.total_seconds())
        again = replace(record, created_at=clock.now())
        assert plans.add(again)
        assert plans.find("user123", "plan1") == again

    def test_users_and_plans_are_apart(self, plans: PlanStore, record: PlanRecord) -> None:
        plans.save(record)
        assert plans.find("user1234", "plan1") is None
        assert plans.find("user123", "plan2") is None

    def test_forgets_after_30_days(self, plans: PlanStore, record: PlanRecord, clock: ManualClock) -> None:
        plans.save(record)
        clock.advance(KEPT_FOR.total_seconds())
        assert plans.find("user123", "plan1") is None

    @pytest.mark.parametrize(
        ("tiers", "proof", "better"),
        [
            ((1, 99, 999), ProofState.OPEN, True),
            ((2, 0, 0), ProofState.OPEN, True),
            ((2, 10, 9), ProofState.QUEUED, True),
            ((2, 10, 100), ProofState.PROVEN, True),
            ((2, 10, 100), ProofState.OPEN, True),
            ((2, 10, 100), ProofState.QUEUED, False),
            ((2, 10, 101), ProofState.PROVEN, False),
            ((2, 11, 0), ProofState.PROVEN, False),
            ((10, 0, 0), ProofState.PROVEN, False),
        ],
    )
    def test_only_a_lower_rank_replaces(
        self, plans: PlanStore, record: PlanRecord, tiers: tuple[int, int, int], proof: ProofState, *, better: bool
    ) -> None:
        kept, new = scored(record, 2, 10, 100, proof=ProofState.QUEUED), scored(record, *tiers, proof=proof)
        plans.save(kept)
        assert plans.improve(new) is better
        assert plans.find("user123", "plan1") == (new if better else kept)
        assert not plans.improve(new)

    @pytest.mark.parametrize(
        ("tiers", "proof", "no_worse"),
        [
            ((2, 10, 100), ProofState.NOT_QUEUED, True),
            ((2, 10, 99), ProofState.QUEUED, True),
            ((2, 10, 101), ProofState.PROVEN, False),
        ],
    )
    def test_what_is_no_worse_renews_it(
        self,
        plans: PlanStore,
        record: PlanRecord,
        clock: ManualClock,
        tiers: tuple[int, int, int],
        proof: ProofState,
        *,
        no_worse: bool,
    ) -> None:
        kept = scored(record, 2, 10, 100, proof=ProofState.QUEUED)
        plans.save(kept)
        clock.advance(KEPT_FOR.total_seconds() - 1)
        new = replace(scored(record, *tiers, proof=proof), renewed_at=clock.now())
        assert plans.renew(new) is no_worse
        assert plans.find("user123", "plan1") == (new if no_worse else kept)
        clock.advance(1)
        assert plans.find("user123", "plan1") == (new if no_worse else None)

    def test_what_was_proven_meanwhile_is_not_renewed(self, plans: PlanStore, record: PlanRecord) -> None:
        plans.save(scored(record, 2, 10, 100, proof=ProofState.PROVEN))
        assert not plans.renew(scored(record, 2, 10, 100, proof=ProofState.QUEUED))

    def test_does_not_bring_back_what_is_gone(self, plans: PlanStore, record: PlanRecord) -> None:
        assert not plans.improve(record)
        assert not plans.renew(record)
        assert plans.find("user123", "plan1") is None


def test_a_plan_larger_than_an_item_is_not_kept(table: Table, clock: ManualClock, record: PlanRecord) -> None:
    events = record.problem.events
    # What does not compress: random titles.
    large = tuple(replace(events[0], title=os.urandom(300).hex()) for _ in range(1500))
    plans = DynamoPlans(table, clock)
    assert not plans.save(replace(record, problem=replace(record.problem, events=large)))
    assert plans.find("user123", "plan1") is None


def test_a_plan_kept_before_plans_were_renewed_reads_back(table: Table, clock: ManualClock, record: PlanRecord) -> None:
    plans = DynamoPlans(table, clock)
    plans.save(record)
    item = table.get(user_partition("user123"), "PLAN#plan1")
    assert item
    document = json.loads(zlib.decompress(bytes(item["plan"])))
    del document["renewed_at"]
    table.batch_put([item | {"plan": zlib.compress(json.dumps(document).encode())}])
    assert plans.find("user123", "plan1") == record


def test_a_plan_this_version_cannot_read_is_unknown(table: Table, clock: ManualClock, record: PlanRecord) -> None:
    plans = DynamoPlans(table, clock)
    plans.save(record)
    item = table.get(user_partition("user123"), "PLAN#plan1")
    assert item
    table.batch_put([item | {"plan": zlib.compress(b'{"shape": "of another year"}')}])
    assert plans.find("user123", "plan1") is None


def test_a_missing_table_is_unavailable(missing_table: Table, clock: ManualClock, record: PlanRecord) -> None:
    plans = DynamoPlans(missing_table, clock)
    for call in (lambda: plans.save(record), lambda: plans.find("user123", "plan1"), lambda: plans.improve(record)):
        with pytest.raises(Unavailable):
            call()


def test_the_item_has_no_readable_words(table: Table, clock: ManualClock, record: PlanRecord) -> None:
    DynamoPlans(table, clock).save(record)
    item = table.get(user_partition("user123"), "PLAN#plan1")
    assert item
    assert {name for name, value in item.items() if isinstance(value, str)} == {"pk", "sk", "rank"}


class TestProofQueue:
    def job(self, clock: ManualClock) -> ProofJob:
        return ProofJob(user_id="user123", plan_id="plan1", request_id="request1", requested_at=clock.now())

    def test_what_is_queued_reads_back(self, aws: None, clock: ManualClock) -> None:  # noqa: ARG002 AWS
        queue = boto3.client("sqs")
        url = queue.create_queue(QueueName="proofs")["QueueUrl"]
        SqsJobs[ProofJob](url, sqs_client(attempts=1)).send(self.job(clock))
        (message,) = queue.receive_message(QueueUrl=url)["Messages"]
        assert ProofJob.model_validate_json(message["Body"]) == self.job(clock)

    def test_a_missing_queue_is_unavailable(self, aws: None, clock: ManualClock) -> None:  # noqa: ARG002 AWS
        gone = "https://sqs.eu-central-1.amazonaws.com/123456789012/gone"
        with pytest.raises(Unavailable):
            SqsJobs[ProofJob](gone, sqs_client(attempts=1)).send(self.job(clock))
