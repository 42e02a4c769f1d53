"""How topics move decisions: within bounds, with their reasons, and after everything that is surer."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from assistant.domain.learning import LearnedRecord
from assistant.domain.mail import Mail
from assistant.domain.preferences import EmailRules
from assistant.domain.senders import sender_keys
from assistant.domain.topics import topics_of
from assistant.domain.triage.cascade import triage_mail
from assistant.domain.triage.decision import Category, DecidedBy, TriagedEmail
from assistant.domain.triage.language import Language
from assistant.domain.triage.wording import Ground, reasoning
from tests.unit.triage.mails import BULK, LURES, URGENT, mail

NOW = datetime(2026, 3, 4, 9, 31, tzinfo=UTC)
READ, ROUTINE = Category.IMPORTANT_READ, Category.ROUTINE
NEWSLETTER = BULK["en-sale"]
THOUGHT = mail("Thoughts on the falcon", "I have been thinking about our talk, and I see it as you do.\n\nAna")
REQUEST = mail("Falcon numbers", "Hi,\n\ncould you please send me the sales numbers for March?\n\nThanks, Ana")


def decide(item: Mail, *records: LearnedRecord, **rules: object) -> TriagedEmail:
    known = {record.key: record for record in records}
    return triage_mail(item, rules=EmailRules.model_validate(rules), records=known, now=NOW, zone=ZoneInfo("UTC"))


def taught(item: Mail, category: Category, weight: float, sources: int = 2) -> LearnedRecord:
    """Return what was taught about the first topic of the mail."""
    topic = topics_of(item)[0]
    return LearnedRecord(key=topic.key, weights={category: weight}, word=topic.word, sources=sources)


def of_sender(item: Mail, category: Category, weight: float) -> LearnedRecord:
    return LearnedRecord(key=sender_keys(item)[-1], weights={category: weight})


class TestLearned:
    def test_mail_about_what_the_user_raised_is_raised_and_says_why(self) -> None:
        assert decide(NEWSLETTER).category is ROUTINE
        decision = decide(NEWSLETTER, taught(NEWSLETTER, READ, 1.0))
        assert (decision.category, decision.decided_by, decision.priority_score) == (READ, DecidedBy.CORRECTIONS, 6)
        assert decision.confidence == pytest.approx(2 / 3, abs=1e-3)
        topic = topics_of(NEWSLETTER)[0]
        named = NEWSLETTER.subject[topic.start : topic.end]
        assert (decision.evidence[0].where, decision.evidence[0].quote, decision.evidence[0].reason) == (
            "subject",
            named,
            "topic",
        )
        assert decision.reasoning == f"As you treated this topic before: “{named}”."

    def test_mail_about_what_the_user_put_away_is_routine(self) -> None:
        assert decide(THOUGHT).category is READ
        decision = decide(THOUGHT, taught(THOUGHT, Category.ARCHIVE, 2.0))
        assert (decision.category, decision.decided_by, decision.priority_score) == (ROUTINE, DecidedBy.CORRECTIONS, 3)
        assert not decision.needs_review

    def test_a_mail_the_core_is_not_sure_of_needs_no_second_look(self) -> None:
        assert decide(THOUGHT).needs_review
        decision = decide(THOUGHT, taught(THOUGHT, READ, 1.0))
        assert (decision.category, decision.needs_review, decision.decided_by) == (READ, False, DecidedBy.CORRECTIONS)

    @pytest.mark.parametrize(("category", "weight"), [(READ, 0.99), (Category.ARCHIVE, 1.99)])
    def test_little_weight_changes_nothing(self, category: Category, weight: float) -> None:
        for item in (NEWSLETTER, THOUGHT):
            assert decide(item, taught(item, category, weight)) == decide(item)

    def test_what_one_sender_taught_changes_nothing(self) -> None:
        assert decide(THOUGHT, taught(THOUGHT, Category.ARCHIVE, 9.0, sources=1)) == decide(THOUGHT)

    @pytest.mark.parametrize("name", URGENT)
    def test_no_topic_lowers_what_cannot_wait(self, name: str) -> None:
        item = URGENT[name]
        records = [taught(item, Category.ARCHIVE, 50.0)] if topics_of(item) else []
        assert decide(item, *records) == decide(item)

    def test_no_topic_puts_away_what_a_person_clearly_asks_for(self) -> None:
        assert decide(REQUEST, taught(REQUEST, Category.ARCHIVE, 50.0)) == decide(REQUEST)

    @pytest.mark.parametrize("name", LURES)
    def test_no_topic_raises_a_lure(self, name: str) -> None:
        item = LURES[name]
        records = [taught(item, Category.URGENT_ACTION, 50.0)] if topics_of(item) else []
        assert decide(item, *records).category is decide(item).category

    def test_what_is_known_of_the_sender_rules(self) -> None:
        topic, sender = taught(THOUGHT, Category.ARCHIVE, 9.0), of_sender(THOUGHT, READ, 0.5)
        assert decide(THOUGHT, topic, sender) == decide(THOUGHT, sender)
        faint = of_sender(THOUGHT, READ, 0.4)
        assert decide(THOUGHT, topic, faint).category is ROUTINE

    def test_preferences_rule(self) -> None:
        topic = taught(NEWSLETTER, READ, 9.0)
        assert decide(NEWSLETTER, topic, auto_archive_newsletters=True).category is Category.ARCHIVE
        put_away = taught(THOUGHT, Category.ARCHIVE, 9.0)
        assert decide(THOUGHT, put_away, priority_senders=["ana.brandt@northwind.example"]).category is READ


class TestStated:
    def test_a_priority_topic_is_important(self) -> None:
        word = topics_of(NEWSLETTER)[0].word
        decision = decide(NEWSLETTER, priority_topics=[word], auto_archive_newsletters=True)
        assert (decision.category, decision.decided_by, decision.confidence) == (READ, DecidedBy.PREFERENCES, 1.0)
        assert decision.reasoning.startswith("About one of your priority topics: “")

    def test_a_muted_topic_is_routine(self) -> None:
        decision = decide(THOUGHT, muted_topics=["falcons"])
        assert (decision.category, decision.decided_by, decision.priority_score) == (ROUTINE, DecidedBy.PREFERENCES, 3)
        assert decision.reasoning == "About a topic you muted: “falcon”."

    def test_a_topic_needs_all_its_words(self) -> None:
        assert decide(THOUGHT, muted_topics=["project falcon"]) == decide(THOUGHT)

    def test_what_is_important_outweighs_what_is_muted(self) -> None:
        decision = decide(THOUGHT, muted_topics=["falcon"], priority_topics=["thoughts"])
        assert decision.category is READ

    def test_muting_never_brings_back_what_is_put_away(self) -> None:
        item = LURES["en-gift-cards"]
        word = next(word for word in item.subject.split() if word.isalpha())
        assert decide(item, muted_topics=[word]) == decide(item)
        assert decide(item, priority_topics=[word]) == decide(item)

    @pytest.mark.parametrize("name", URGENT)
    def test_muting_lowers_nothing_that_cannot_wait(self, name: str) -> None:
        item = URGENT[name]
        rules = [topic.word for topic in topics_of(item)]
        assert decide(item, muted_topics=rules) == decide(item)

    def test_muting_puts_no_clear_request_away(self) -> None:
        assert decide(REQUEST, muted_topics=["falcon"]) == decide(REQUEST)

    def test_a_correction_of_the_sender_rules(self) -> None:
        raised = of_sender(THOUGHT, READ, 2.0)
        assert decide(THOUGHT, raised, muted_topics=["falcon"]).category is READ


@pytest.mark.parametrize("ground", [Ground.TOPIC, Ground.PRIORITY_TOPIC, Ground.MUTED_TOPIC])
def test_each_language_says_it_in_its_own_words(ground: Ground) -> None:
    assert len({reasoning((ground,), (), language) for language in Language}) == len(Language)
