"""What the user does with mail is learned, shown with its reasons, and undone on request."""

from typing import Any
from urllib.parse import unquote

import pytest

from assistant.domain.audit import AuditAction
from assistant.domain.decisions import KEPT_FOR, Decision
from assistant.domain.errors import Conflict, Forbidden, InvalidRequest, NotFound, Unavailable
from assistant.domain.learning import HALF_LIFE, Behaviour
from assistant.domain.preferences import EmailRules, Preferences
from assistant.domain.triage.decision import Category
from assistant.domain.users import Identity
from assistant.services.correct_triage import FeedbackPorts, FeedbackRequest, correct_triage
from assistant.services.note_behaviour import BehaviourPorts, BehaviourRequest, note_behaviour
from assistant.services.show_learned import Learned, LearnedPorts, LearnedQuery, show_learned, unlearn
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import MemoryAuditTrail, MemoryDecisions, MemoryPreferences, Outage

USER = "user123"
CALLER = Identity(USER, "request1")
BOB, LIST = "from:bob@company.com", "list:news.company.com"


class Desk:
    def __init__(self, clock: ManualClock, outage: Outage) -> None:
        self.clock = clock
        self.decisions = MemoryDecisions(clock, reads=outage, writes=outage)
        self.preferences = MemoryPreferences(outage)
        self.audit = MemoryAuditTrail()
        self.ports = LearnedPorts(self.decisions, self.preferences, self.audit, clock)

    def decided(self, email_id: str, *keys: str, topics: tuple[str, ...] = ()) -> None:
        decision = Decision(
            email_id=email_id,
            category=Category.ROUTINE,
            sender_keys=keys or (BOB,),
            topics=topics,
            decided_at=self.clock.now(),
        )
        self.decisions.save(USER, [decision])

    def correct(self, email_id: str, category: Category, *keys: str, topics: tuple[str, ...] = ()) -> None:
        self.decided(email_id, *keys, topics=topics)
        ports = FeedbackPorts(self.decisions, self.decisions, self.audit, self.clock)
        correct_triage(email_id, FeedbackRequest(category=category), CALLER, ports=ports)

    def behave(self, email_id: str, behaviour: Behaviour) -> Behaviour:
        ports = BehaviourPorts(self.decisions, self.decisions, self.clock)
        return note_behaviour(email_id, BehaviourRequest(behaviour=behaviour), CALLER, ports=ports).behaviour

    def learned(self, **page: Any) -> list[Learned]:
        query = LearnedQuery.model_validate(page)
        return list(show_learned(USER, query, CALLER, ports=self.ports).learned)


@pytest.fixture
def outage() -> Outage:
    return Outage()


@pytest.fixture
def desk(clock: ManualClock, outage: Outage) -> Desk:
    return Desk(clock, outage)


class TestBehaviour:
    def test_signs_add_up_to_a_lesson(self, desk: Desk) -> None:
        for number in range(5):
            desk.decided(f"email{number}")
            desk.behave(f"email{number}", Behaviour.ARCHIVED)
            (learned,) = desk.learned()
            assert (Category.ROUTINE in learned.changes) == (number == 4)
        assert learned.changes[Category.ROUTINE] is Category.ARCHIVE
        assert learned.why.behaviours == {Behaviour.ARCHIVED: 5}

    def test_the_most_telling_counts_once_a_mail(self, desk: Desk) -> None:
        desk.decided("email1")
        assert desk.behave("email1", Behaviour.MOVED) is Behaviour.MOVED
        assert desk.behave("email1", Behaviour.ARCHIVED) is Behaviour.MOVED
        assert desk.behave("email1", Behaviour.REPLIED) is Behaviour.REPLIED
        assert desk.behave("email1", Behaviour.REPLIED) is Behaviour.REPLIED
        (learned,) = desk.learned()
        assert (learned.why.behaviours, learned.weights) == ({Behaviour.REPLIED: 1}, {"replies": 0.25})

    def test_a_mail_nobody_decided_about_teaches_nothing(self, desk: Desk, clock: ManualClock) -> None:
        with pytest.raises(NotFound):
            desk.behave("email1", Behaviour.REPLIED)
        desk.decided("email1")
        clock.advance(KEPT_FOR.total_seconds())
        with pytest.raises(NotFound):
            desk.behave("email1", Behaviour.REPLIED)

    def test_a_behaviour_that_keeps_changing_is_a_conflict(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        desk.decided("email1")
        monkeypatch.setattr(desk.decisions, "behave", lambda *_, **__: False)
        with pytest.raises(Conflict):
            desk.behave("email1", Behaviour.REPLIED)


class TestShowing:
    def test_each_thing_says_what_it_changes_and_why(self, desk: Desk, clock: ManualClock) -> None:
        desk.correct("email1", Category.IMPORTANT_READ)
        clock.advance(HALF_LIFE.total_seconds() / 2)
        desk.correct("email2", Category.ARCHIVE, LIST)
        news, bob = desk.learned()
        assert (bob.id, bob.kind, bob.about, bob.half_life_days) == (BOB, "sender", "bob@company.com", 180)
        assert bob.weights == {"important_read": pytest.approx(0.7071, abs=1e-4)}
        assert bob.changes[Category.ROUTINE] is Category.IMPORTANT_READ
        assert bob.why.corrections == {Category.IMPORTANT_READ: 1}
        assert bob.text == "Mail from bob@company.com becomes important_read; urgent mail still stands out."
        assert (news.kind, news.text) == (
            "list",
            "Mail from list news.company.com: noted, not yet enough to change a decision.",
        )
        assert news.why.last_at == clock.now()

    def test_a_topic_waits_for_a_second_sender(self, desk: Desk) -> None:
        desk.correct("email1", Category.IMPORTANT_READ, BOB, topics=("invoices",))
        alone = next(one for one in desk.learned() if one.kind == "topic")
        assert (alone.id, alone.about, alone.changes) == ("topic:invoic", "invoices", {})
        assert alone.text == "Mail about “invoices”: noted, a second sender has to teach it to change a decision."
        desk.correct("email2", Category.ROUTINE, LIST, topics=("invoice",))
        desk.correct("email3", Category.IMPORTANT_READ, LIST, topics=("invoice",))
        heard = next(one for one in desk.learned() if one.kind == "topic")
        changed = dict.fromkeys([Category.ROUTINE, Category.DELEGATE, Category.ARCHIVE], Category.IMPORTANT_READ)
        assert (heard.about, heard.changes) == ("invoice", changed)
        assert heard.text == "Mail about “invoice” becomes important_read; urgent mail still stands out."
        assert heard.why.corrections == {Category.IMPORTANT_READ: 2, Category.ROUTINE: 1}
        assert unlearn(USER, "topic:invoic", CALLER, ports=desk.ports).id == "topic:invoic"
        assert not [one for one in desk.learned() if one.kind == "topic"]

    def test_preferences_come_first(self, desk: Desk) -> None:
        rules = EmailRules(
            priority_senders=("ceo@company.com",),
            delegate_to="pa@company.com",
            auto_archive_newsletters=True,
            priority_topics=("falcon",),
            muted_topics=("project owl",),
        )
        desk.preferences.replace(USER, Preferences(email_rules=rules), expected_version=0)
        desk.correct("email1", Category.ARCHIVE)
        assert [one.id for one in desk.learned()] == [
            "rule:priority_sender:ceo@company.com",
            "rule:priority_topic:falcon",
            "rule:muted_topic:project owl",
            "rule:delegate_to:pa@company.com",
            "rule:auto_archive_newsletters:newsletters",
            BOB,
        ]

    def test_pages_follow_each_other(self, desk: Desk) -> None:
        for number in range(5):
            desk.correct(f"email{number}", Category.ARCHIVE, f"from:{number}@company.com")
        seen, cursor = [], None
        for _ in range(3):
            page = show_learned(USER, LearnedQuery(limit=2, cursor=cursor), CALLER, ports=desk.ports)
            seen += [one.about for one in page.learned]
            cursor = page.next_cursor
        assert (seen, cursor) == ([f"{number}@company.com" for number in range(5)], None)
        with pytest.raises(InvalidRequest):
            desk.learned(cursor="next")

    def test_only_the_user_sees_it(self, desk: Desk, outage: Outage) -> None:
        with pytest.raises(Forbidden):
            show_learned("user124", LearnedQuery(), CALLER, ports=desk.ports)
        outage.down = True
        with pytest.raises(Unavailable):
            desk.learned()


class TestForgetting:
    def test_what_was_learned_is_undone_and_stays_undone(self, desk: Desk) -> None:
        desk.correct("email1", Category.ARCHIVE)
        desk.correct("email2", Category.ARCHIVE)
        assert unlearn(USER, BOB, CALLER, ports=desk.ports).id == BOB
        assert desk.learned() == []
        # Changing a correction that was forgotten does not count against the category it had.
        desk.correct("email1", Category.ROUTINE)
        desk.correct("email3", Category.ARCHIVE)
        (learned,) = desk.learned()
        assert learned.why.corrections == {Category.ROUTINE: 1, Category.ARCHIVE: 1}
        with pytest.raises(NotFound):
            unlearn(USER, "from:nobody@company.com", CALLER, ports=desk.ports)

    @pytest.mark.parametrize("learned_id", ["topic:预算", "topic:%E9%A2%84%E7%AE%97", "rule:muted_topic:project%20owl"])
    def test_an_id_may_be_percent_encoded(self, desk: Desk, learned_id: str) -> None:
        rules = EmailRules(muted_topics=("project owl",))
        desk.preferences.replace(USER, Preferences(email_rules=rules), expected_version=0)
        desk.correct("email1", Category.ARCHIVE, topics=("预算",))
        assert unlearn(USER, learned_id, CALLER, ports=desk.ports).id == unquote(learned_id)
        with pytest.raises(NotFound):
            unlearn(USER, learned_id, CALLER, ports=desk.ports)

    def test_an_address_may_have_a_percent_sign(self, desk: Desk) -> None:
        desk.correct("email1", Category.ARCHIVE, "from:a%40b@company.com")
        assert unlearn(USER, "from:a%40b@company.com", CALLER, ports=desk.ports).id == "from:a%40b@company.com"

    def test_the_audit_names_no_sender(self, desk: Desk) -> None:
        desk.correct("email1", Category.ARCHIVE)
        unlearn(USER, BOB, CALLER, ports=desk.ports)
        event = desk.audit.events[-1]
        assert (event.action, event.subject_id) == (AuditAction.LEARNED_FORGOTTEN, None)
        assert "bob" not in event.model_dump_json()

    def test_a_rule_leaves_the_preferences(self, desk: Desk) -> None:
        rules = EmailRules(
            priority_senders=("ceo@company.com", "cfo@company.com"),
            delegate_to="pa@company.com",
            auto_archive_newsletters=True,
            priority_topics=("falcon",),
            muted_topics=("project owl",),
        )
        desk.preferences.replace(USER, Preferences(email_rules=rules), expected_version=0)
        for learned in desk.learned():
            if learned.about != "cfo@company.com":
                unlearn(USER, learned.id, CALLER, ports=desk.ports)
        assert desk.preferences.read(USER).preferences.email_rules == EmailRules(priority_senders=("cfo@company.com",))
        with pytest.raises(NotFound):
            unlearn(USER, "rule:delegate_to:pa@company.com", CALLER, ports=desk.ports)

    def test_preferences_that_keep_changing_are_a_conflict(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        rules = EmailRules(delegate_to="pa@company.com")
        desk.preferences.replace(USER, Preferences(email_rules=rules), expected_version=0)
        monkeypatch.setattr(desk.preferences, "replace", lambda *_, **__: False)
        with pytest.raises(Conflict):
            unlearn(USER, "rule:delegate_to:pa@company.com", CALLER, ports=desk.ports)
        with pytest.raises(Forbidden):
            unlearn("user124", BOB, CALLER, ports=desk.ports)
