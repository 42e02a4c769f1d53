"""One suite for the fakes and the adapters, so that the fakes stay true."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from assistant.adapters.dynamo import Item, Table, epoch, user_partition
from assistant.adapters.dynamo_audit import DynamoAuditLog
from assistant.adapters.dynamo_decisions import DynamoDecisions, feedback_key
from assistant.adapters.dynamo_preferences import DynamoPreferences
from assistant.domain.audit import AuditAction, AuditEvent
from assistant.domain.decisions import KEPT_FOR, Correction, Decision
from assistant.domain.errors import Unavailable
from assistant.domain.learning import HALF_LIFE, Behaviour, LearnedRecord
from assistant.domain.preferences import EmailRules, Preferences
from assistant.domain.topics import TOPICS_KEPT_FOR
from assistant.domain.triage.decision import Category
from assistant.ports.runtime import AuditLog
from assistant.ports.users import PreferenceStore, VersionedPreferences
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import MemoryAuditLog, MemoryDecisions, MemoryPreferences

WANTED = Preferences(email_rules=EmailRules(priority_senders=("ceo@company.com",)))
FROM, LIST = "from:bob@company.com", "list:news.company.com"

type Decisions = MemoryDecisions | DynamoDecisions


@pytest.fixture(params=["fake", "dynamodb"])
def preferences(request: pytest.FixtureRequest) -> PreferenceStore:
    return MemoryPreferences() if request.param == "fake" else DynamoPreferences(request.getfixturevalue("table"))


@pytest.fixture(params=["fake", "dynamodb"])
def decisions(request: pytest.FixtureRequest, clock: ManualClock) -> Decisions:
    if request.param == "fake":
        return MemoryDecisions(clock)
    return DynamoDecisions(request.getfixturevalue("table"), clock)


@pytest.fixture(params=["fake", "dynamodb"])
def audit_log(request: pytest.FixtureRequest) -> AuditLog:
    return MemoryAuditLog() if request.param == "fake" else DynamoAuditLog(request.getfixturevalue("table"))


class TestPreferenceStore:
    def test_defaults_until_something_is_stored(self, preferences: PreferenceStore) -> None:
        assert preferences.read("user123") == VersionedPreferences(Preferences(), 0)

    def test_stores_under_the_next_version(self, preferences: PreferenceStore) -> None:
        assert preferences.replace("user123", WANTED, expected_version=0)
        assert preferences.replace("user123", Preferences(), expected_version=1)
        assert preferences.replace("user123", WANTED, expected_version=2)
        assert preferences.read("user123") == VersionedPreferences(WANTED, 3)

    @pytest.mark.parametrize("expected", [0, 2])
    def test_refuses_another_version(self, preferences: PreferenceStore, expected: int) -> None:
        preferences.replace("user123", WANTED, expected_version=0)
        assert not preferences.replace("user123", Preferences(), expected_version=expected)
        assert preferences.read("user123") == VersionedPreferences(WANTED, 1)

    def test_refuses_a_version_of_nothing(self, preferences: PreferenceStore) -> None:
        assert not preferences.replace("user123", WANTED, expected_version=1)

    def test_users_are_apart(self, preferences: PreferenceStore) -> None:
        preferences.replace("user123", WANTED, expected_version=0)
        assert preferences.read("user1234").version == 0


class TestDecisionStore:
    @pytest.fixture
    def decision(self, clock: ManualClock) -> Decision:
        return Decision(email_id="email1", category=Category.ROUTINE, sender_keys=(LIST, FROM), decided_at=clock.now())

    def correction(self, decision: Decision, category: Category) -> Correction:
        return Correction(email_id=decision.email_id, category=category, corrected_at=decision.decided_at)

    def counts(self, decisions: Decisions, key: str = FROM) -> dict[Category, int]:
        return dict(decisions.records("user123", [key])[key].corrections)

    def test_finds_what_was_saved(self, decisions: Decisions, decision: Decision) -> None:
        decisions.save("user123", [decision])
        assert decisions.find("user123", "email1") == decision
        assert decisions.find("user123", "email2") is None
        assert decisions.find("user124", "email1") is None

    def test_a_later_decision_replaces_the_earlier(self, decisions: Decisions, decision: Decision) -> None:
        later = decision.model_copy(update={"category": Category.ARCHIVE})
        decisions.save("user123", [decision])
        decisions.save("user123", [later])
        assert decisions.find("user123", "email1") == later

    def test_forgets_though_the_item_is_still_there(
        self, decisions: Decisions, decision: Decision, clock: ManualClock
    ) -> None:
        decisions.save("user123", [decision])
        clock.advance((KEPT_FOR - timedelta(seconds=1)).total_seconds())
        assert decisions.find("user123", "email1") == decision
        clock.advance(1)
        assert decisions.find("user123", "email1") is None

    def test_saves_and_reads_more_than_one_chunk(self, decisions: Decisions, decision: Decision) -> None:
        many = [decision.model_copy(update={"email_id": f"email{number}"}) for number in range(60)]
        decisions.save("user123", many)
        assert all(decisions.find("user123", one.email_id) == one for one in many)
        decisions.correct("user123", decision, self.correction(decision, Category.ARCHIVE), earlier=None)
        keys = [f"from:{number}@company.com" for number in range(250)]
        assert set(decisions.records("user123", [*keys, FROM, LIST, FROM])) == {FROM, LIST}
        assert decisions.records("user123", []) == {}

    def test_a_correction_counts_for_every_key(self, decisions: Decisions, decision: Decision) -> None:
        assert decisions.correction("user123", "email1") is None
        assert decisions.correct("user123", decision, self.correction(decision, Category.ARCHIVE), earlier=None)
        assert decisions.correction("user123", "email1") is Category.ARCHIVE
        assert self.counts(decisions, FROM) == self.counts(decisions, LIST) == {Category.ARCHIVE: 1}

    def test_a_changed_mind_moves_the_count(self, decisions: Decisions, decision: Decision) -> None:
        decisions.correct("user123", decision, self.correction(decision, Category.ARCHIVE), earlier=None)
        changed = self.correction(decision, Category.DELEGATE)
        assert decisions.correct("user123", decision, changed, earlier=Category.ARCHIVE)
        assert self.counts(decisions) == {Category.DELEGATE: 1}

    @pytest.mark.parametrize("earlier", [None, Category.DELEGATE])
    def test_nothing_moves_when_the_correction_is_another(
        self, decisions: Decisions, decision: Decision, earlier: Category | None
    ) -> None:
        decisions.correct("user123", decision, self.correction(decision, Category.ARCHIVE), earlier=None)
        refused = self.correction(decision, Category.URGENT_ACTION)
        assert not decisions.correct("user123", decision, refused, earlier=earlier)
        assert self.counts(decisions) == {Category.ARCHIVE: 1}
        assert decisions.correction("user123", "email1") is Category.ARCHIVE


class TestLearning:
    def decided(self, decisions: Decisions, clock: ManualClock, email_id: str) -> Decision:
        clock.advance(1)
        decision = Decision(email_id=email_id, category=Category.ROUTINE, sender_keys=(FROM,), decided_at=clock.now())
        decisions.save("user123", [decision])
        return decision

    def correct(self, decisions: Decisions, decision: Decision, category: Category, earlier: Category | None) -> bool:
        correction = Correction(email_id=decision.email_id, category=category, corrected_at=decision.decided_at)
        return decisions.correct("user123", decision, correction, earlier=earlier)

    def test_behaviours_count_beside_corrections(self, decisions: Decisions, clock: ManualClock) -> None:
        decision = self.decided(decisions, clock, "email1")
        assert decisions.behaviour("user123", "email1") is None
        assert decisions.behave("user123", decision, Behaviour.ARCHIVED, at=clock.now(), earlier=None)
        assert decisions.behaviour("user123", "email1") is Behaviour.ARCHIVED
        assert not decisions.behave("user123", decision, Behaviour.MOVED, at=clock.now(), earlier=None)
        assert not decisions.behave("user123", decision, Behaviour.MOVED, at=clock.now(), earlier=Behaviour.REPLIED)
        assert decisions.behave("user123", decision, Behaviour.REPLIED, at=clock.now(), earlier=Behaviour.ARCHIVED)
        assert self.correct(decisions, decision, Category.DELEGATE, None)
        (record,) = decisions.every_record("user123")
        assert record == decisions.records("user123", [FROM])[FROM]
        assert (record.corrections, record.behaviours) == ({Category.DELEGATE: 1}, {Behaviour.REPLIED: 1})
        assert (record.replies, record.last_at) == (0.25, clock.now())
        assert {one: weight for one, weight in record.votes.items() if weight} == {Category.DELEGATE: 1.0}

    def test_weights_fade_and_counts_stay(self, decisions: Decisions, clock: ManualClock) -> None:
        self.correct(decisions, self.decided(decisions, clock, "email1"), Category.ARCHIVE, None)
        clock.advance(HALF_LIFE.total_seconds())
        (record,) = decisions.every_record("user123")
        assert record.corrections == {Category.ARCHIVE: 1}
        assert record.votes == {Category.ARCHIVE: 0.5}

    def test_what_is_forgotten_is_not_taken_back_again(self, decisions: Decisions, clock: ManualClock) -> None:
        first = self.decided(decisions, clock, "email1")
        assert self.correct(decisions, first, Category.ARCHIVE, None)
        assert decisions.forget_record("user123", FROM)
        assert not decisions.forget_record("user123", FROM)
        assert decisions.every_record("user123") == []
        assert self.correct(decisions, self.decided(decisions, clock, "email2"), Category.ARCHIVE, None)
        assert self.correct(decisions, first, Category.ROUTINE, Category.ARCHIVE)
        assert decisions.records("user123", [FROM])[FROM].corrections == {Category.ARCHIVE: 1, Category.ROUTINE: 1}


class TestLearningTopics:
    def correct(self, decisions: Decisions, clock: ManualClock, email_id: str, sender: str, *topics: str) -> None:
        clock.advance(1)
        now = clock.now()
        keys = (sender,) if sender else ()
        decision = Decision(
            email_id=email_id, category=Category.ROUTINE, sender_keys=keys, topics=topics, decided_at=now
        )
        decisions.save("user123", [decision])
        assert decisions.find("user123", email_id) == decision
        correction = Correction(email_id=email_id, category=Category.ARCHIVE, corrected_at=now)
        assert decisions.correct("user123", decision, correction, earlier=None)

    def test_a_lesson_counts_for_each_topic_under_its_stem(self, decisions: Decisions, clock: ManualClock) -> None:
        self.correct(decisions, clock, "email1", FROM, "invoice", "预算")
        self.correct(decisions, clock, "email2", FROM, "invoices")
        records = decisions.records("user123", ["topic:invoic", "topic:预算"])
        assert records.keys() == {"topic:invoic", "topic:预算"}
        invoices = records["topic:invoic"]
        assert (invoices.word, invoices.sources, invoices.corrections) == ("invoices", 1, {Category.ARCHIVE: 2})
        assert {record.key for record in decisions.every_record("user123")} == {*records, FROM}

    def test_two_sources_are_enough_to_be_heard(self, decisions: Decisions, clock: ManualClock) -> None:
        for number, sender in enumerate((FROM, LIST, "from:mia@company.com", FROM)):
            self.correct(decisions, clock, f"email{number}", sender, "falcon")
        record = decisions.records("user123", ["topic:falcon"])["topic:falcon"]
        assert (record.sources, record.corrections) == (2, {Category.ARCHIVE: 4})

    def test_mail_of_nobody_teaches_no_topic(self, decisions: Decisions, clock: ManualClock) -> None:
        self.correct(decisions, clock, "email1", "", "falcon")
        assert decisions.every_record("user123") == []

    def test_a_changed_mind_moves_the_topic_too(self, decisions: Decisions, clock: ManualClock) -> None:
        self.correct(decisions, clock, "email1", FROM, "falcon")
        decision = decisions.find("user123", "email1")
        assert decision
        correction = Correction(email_id="email1", category=Category.IMPORTANT_READ, corrected_at=clock.now())
        assert decisions.correct("user123", decision, correction, earlier=Category.ARCHIVE)
        assert decisions.records("user123", ["topic:falcon"])["topic:falcon"].corrections == {
            Category.IMPORTANT_READ: 1
        }

    def test_what_nobody_teaches_again_is_forgotten(self, decisions: Decisions, clock: ManualClock) -> None:
        self.correct(decisions, clock, "email1", FROM, "falcon")
        clock.advance(TOPICS_KEPT_FOR.total_seconds())
        assert decisions.records("user123", ["topic:falcon"]) == {}
        assert [record.key for record in decisions.every_record("user123")] == [FROM]

    def test_a_topic_is_forgotten_on_request(self, decisions: Decisions, clock: ManualClock) -> None:
        self.correct(decisions, clock, "email1", FROM, "falcon")
        assert decisions.forget_record("user123", "topic:falcon")
        assert not decisions.forget_record("user123", "topic:falcon")
        self.correct(decisions, clock, "email2", LIST, "falcon")
        assert decisions.records("user123", ["topic:falcon"])["topic:falcon"].sources == 1


class TestCorrectionsFromBeforeLessons:
    """Items as they were kept before lessons had times and weights."""

    @pytest.fixture
    def decision(self, clock: ManualClock) -> Decision:
        return Decision(email_id="email1", category=Category.ROUTINE, sender_keys=(FROM,), decided_at=clock.now())

    @pytest.fixture
    def decisions(self, table: Table, clock: ManualClock, decision: Decision) -> DynamoDecisions:
        made_at = clock.now().isoformat()
        note = {"category": "archive", "corrected_at": made_at, "expires_at": epoch(decision.expires_at)}
        record: Item = {"count_archive": 2, "count_delegate": 0}
        items: dict[str, Item] = {feedback_key("email1"): note, f"SENDER#{FROM}": record}
        table.batch_put([{"pk": user_partition("user123"), "sk": key} | item for key, item in items.items()])
        clock.advance(60)
        return DynamoDecisions(table, clock)

    def correct(self, decisions: DynamoDecisions, decision: Decision, category: Category, at: datetime) -> bool:
        earlier = decisions.correction("user123", decision.email_id)
        correction = Correction(email_id=decision.email_id, category=category, corrected_at=at)
        return decisions.correct("user123", decision, correction, earlier=earlier)

    def record(self, decisions: DynamoDecisions) -> LearnedRecord:
        (record,) = decisions.every_record("user123")
        assert record == decisions.records("user123", [FROM])[FROM]
        return record

    def test_they_are_shown_and_count_in_full(self, decisions: DynamoDecisions) -> None:
        assert decisions.correction("user123", "email1") is Category.ARCHIVE
        assert self.record(decisions).votes == {Category.ARCHIVE: 2}

    def test_one_is_changed_twice(self, decisions: DynamoDecisions, decision: Decision, clock: ManualClock) -> None:
        for category in (Category.URGENT_ACTION, Category.DELEGATE):
            assert self.correct(decisions, decision, category, clock.now())
            assert decisions.correction("user123", "email1") is category
            record = self.record(decisions)
            assert record.corrections == {Category.ARCHIVE: 1, category: 1}
            assert record.votes[category] == 1
            assert record.votes[Category.ARCHIVE] == pytest.approx(1, abs=1e-5)
            clock.advance(0.001)

    def test_they_count_beside_those_that_come(
        self, decisions: DynamoDecisions, decision: Decision, clock: ManualClock
    ) -> None:
        another = decision.model_copy(update={"email_id": "email2"})
        assert self.correct(decisions, another, Category.ARCHIVE, clock.now())
        assert self.record(decisions).votes == {Category.ARCHIVE: 3.0}
        assert self.correct(decisions, decision, Category.DELEGATE, clock.now())
        assert self.record(decisions).corrections == {Category.ARCHIVE: 2, Category.DELEGATE: 1}
        clock.advance(HALF_LIFE.total_seconds())
        assert self.record(decisions).votes[Category.ARCHIVE] == pytest.approx(1, abs=1e-5)

    def test_what_is_forgotten_is_not_taken_back_again(
        self, decisions: DynamoDecisions, decision: Decision, clock: ManualClock
    ) -> None:
        assert decisions.forget_record("user123", FROM)
        assert self.correct(decisions, decision, Category.ROUTINE, clock.now())
        assert self.record(decisions).corrections == {Category.ROUTINE: 1}


class TestAuditLog:
    def test_keeps_an_event_once(self, audit_log: AuditLog, clock: ManualClock) -> None:
        event = AuditEvent(
            id=UUID(int=1),
            user_id="user123",
            action=AuditAction.EMAILS_TRIAGED,
            occurred_at=clock.now(),
            request_id="request1",
            counts={"routine": 2},
        )
        assert audit_log.append(event)
        assert not audit_log.append(event.model_copy())
        assert audit_log.append(event.model_copy(update={"id": UUID(int=2)}))


def test_every_call_says_when_the_store_is_down(missing_table: Table, clock: ManualClock) -> None:
    decision = Decision(email_id="email1", category=Category.ROUTINE, sender_keys=(FROM,), decided_at=clock.now())
    correction = Correction(email_id="email1", category=Category.ARCHIVE, corrected_at=clock.now())
    decisions, preferences = DynamoDecisions(missing_table, clock), DynamoPreferences(missing_table)
    event = AuditEvent(
        id=UUID(int=1),
        user_id="user123",
        action=AuditAction.EMAIL_CORRECTED,
        occurred_at=clock.now(),
        request_id="request1",
    )
    calls = (
        lambda: preferences.read("user123"),
        lambda: preferences.replace("user123", WANTED, expected_version=0),
        lambda: decisions.save("user123", [decision]),
        lambda: decisions.find("user123", "email1"),
        lambda: decisions.correction("user123", "email1"),
        lambda: decisions.correct("user123", decision, correction, earlier=None),
        lambda: decisions.records("user123", [FROM]),
        lambda: decisions.every_record("user123"),
        lambda: decisions.forget_record("user123", FROM),
        lambda: decisions.behaviour("user123", "email1"),
        lambda: decisions.behave("user123", decision, Behaviour.MOVED, at=clock.now(), earlier=None),
        lambda: DynamoAuditLog(missing_table).append(event),
    )
    for call in calls:
        with pytest.raises(Unavailable):
            call()
