"""Topics are telling words of a subject; what is taught about them moves a decision little, and fades."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.decisions import Correction, Decision
from assistant.domain.learning import Behaviour, LearnedRecord
from assistant.domain.mail import Mail
from assistant.domain.senders import attention
from assistant.domain.topics import SOURCES_NEEDED, TOPICS_KEPT_FOR, Leaning, leaning, place_of, topic_key, topics_of
from assistant.domain.triage.decision import Category
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import MemoryDecisions

NOW = datetime(2025, 6, 1, tzinfo=UTC)
KEY = "topic:falcon"

type Lessons = Sequence[tuple[int, Category | Behaviour, int]]

LESSONS = st.lists(
    st.tuples(st.integers(0, 300), st.sampled_from([*Category, *Behaviour]), st.integers(0, 3)), max_size=12
)
IMPORTANT = (Category.URGENT_ACTION, Category.IMPORTANT_READ, Behaviour.REPLIED)
PUT_AWAY = (Category.ROUTINE, Category.ARCHIVE, Behaviour.ARCHIVED, Behaviour.MOVED)


def words(subject: str) -> list[str]:
    return [topic.word for topic in topics_of(Mail(id="1", subject=subject))]


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Re: Quick question about the Falcon budget", ["falcon", "budget"]),
        ("AW: Erinnerung: Rechnung zum Mietvertrag", ["rechnung", "mietvertrag"]),
        ("Réunion demain : budget de la fusion", ["budget", "fusion"]),
        ("Recordatorio: presupuesto de la oficina nueva", ["presupuesto", "oficina"]),
        ("会议：预算", ["预算"]),
        ("Fwd: meeting tomorrow, 10:00", []),
        ("Your code is 483920, reset K3Y-9x", ["code", "reset"]),
        ("=?utf-8?b?RmFsY29u?= budget", ["falcon", "budget"]),
        ("a" * 41 + " falcon", ["falcon"]),
        ("falcon, Falcons and FALCON", ["falcon"]),
        ("alpha beta gamma delta epsilon", ["alpha", "beta", "gamma", "delta"]),
        ("", []),
    ],
)
def test_topics_are_what_tells_one_subject_from_others(subject: str, expected: list[str]) -> None:
    assert words(subject) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [("invoice", "Invoices"), ("Rechnung", "Rechnungen"), ("factura", "facturas"), ("proyecto", "proyectos")],
)
def test_forms_of_a_word_are_one_topic(one: str, other: str) -> None:
    assert topic_key(one) == topic_key(other)


@given(st.text(max_size=200))
def test_a_topic_stands_in_the_subject(subject: str) -> None:
    found = topics_of(Mail(id="1", subject=subject))
    assert len(found) <= 4
    assert len({topic.key for topic in found}) == len(found)
    assert all(topic.word.isalpha() and topic_key(topic.word) == topic.key for topic in found)


@pytest.mark.parametrize(
    ("phrase", "subject", "expected"),
    [
        ("project falcon", "News of the Falcon projects", "Falcon"),
        ("project falcon", "News of the falcon", None),
        ("meeting", "Meeting tomorrow", "Meeting"),
        ("the", "The end", None),
        ("预算", "关于预算的问题", "预算"),
    ],
)
def test_a_stated_topic_is_found_in_any_form(phrase: str, subject: str, expected: str | None) -> None:
    place = place_of(phrase, subject)
    assert (subject[slice(*place)] if place else None) == expected


def taught(lessons: Lessons, clock: ManualClock) -> MemoryDecisions:
    """Return a store in which mails of up to four senders taught, each lesson on its day."""
    store = MemoryDecisions(clock)
    for number, (day, lesson, sender) in enumerate(lessons):
        at = NOW + timedelta(days=day)
        decision = Decision(
            email_id=f"{number}",
            category=Category.ROUTINE,
            sender_keys=(f"from:{sender}@company.com",),
            topics=("falcon",),
            decided_at=at,
        )
        if isinstance(lesson, Category):
            store.correct(
                "user123", decision, Correction(email_id=f"{number}", category=lesson, corrected_at=at), earlier=None
            )
        else:
            store.behave("user123", decision, lesson, at=at, earlier=None)
    return store


def lean(store: MemoryDecisions) -> Leaning:
    return leaning(store.records("user123", [KEY]).values())


def later(days: int) -> ManualClock:
    return ManualClock(NOW + timedelta(days=days))


@given(LESSONS, st.sampled_from(IMPORTANT), st.integers(0, 3), st.sampled_from(Category))
def test_one_more_sign_of_importance_never_lowers(
    lessons: Lessons, more: Category | Behaviour, sender: int, decided: Category
) -> None:
    """Where the topic is heard already; before, a second sender lets what was taught count at all."""
    before, after = lean(taught(lessons, later(300))), lean(taught([*lessons, (300, more, sender)], later(300)))
    if before.key:
        assert attention(after.of(decided)) >= attention(before.of(decided))


@given(LESSONS, st.sampled_from(PUT_AWAY), st.integers(0, 3), st.sampled_from(Category))
def test_one_more_sign_of_routine_never_raises(
    lessons: Lessons, more: Category | Behaviour, sender: int, decided: Category
) -> None:
    before, after = lean(taught(lessons, later(300))), lean(taught([*lessons, (300, more, sender)], later(300)))
    if before.key:
        assert attention(after.of(decided)) <= attention(before.of(decided))


@given(LESSONS, st.sampled_from(Category), st.integers(0, 400), st.integers(0, 400))
def test_time_alone_only_lets_go(lessons: Lessons, decided: Category, sooner: int, more: int) -> None:
    before = lean(taught(lessons, later(300 + sooner))).of(decided)
    assert lean(taught(lessons, later(300 + sooner + more))).of(decided) in {before, decided}


@given(LESSONS, st.sampled_from(Category))
def test_what_is_forgotten_was_never_learned(lessons: Lessons, decided: Category) -> None:
    store = taught(lessons, later(300))
    assert store.forget_record("user123", KEY) == bool(lessons)
    assert lean(store).of(decided) is decided


@given(LESSONS, st.sampled_from(Category))
def test_topics_reach_neither_urgent_nor_archive(lessons: Lessons, decided: Category) -> None:
    assert lean(taught(lessons, later(300))).of(decided) in {decided, Category.IMPORTANT_READ, Category.ROUTINE}
    assert lean(taught(lessons, later(300))).of(Category.URGENT_ACTION) is Category.URGENT_ACTION


@given(
    st.lists(
        st.builds(
            LearnedRecord,
            key=st.sampled_from(["topic:a", "topic:b"]),
            sources=st.just(SOURCES_NEEDED),
            weights=st.dictionaries(st.sampled_from(Category), st.floats(0, 10)),
            replies=st.floats(0, 10),
        ),
        max_size=4,
    )
)
def test_how_sure_it_is_lies_between_half_and_one(records: list[LearnedRecord]) -> None:
    assert 0.5 <= leaning(records).confidence < 1


@pytest.mark.parametrize(("senders", "expected"), [((1, 1, 1), Category.ROUTINE), ((1, 2), Category.IMPORTANT_READ)])
def test_what_one_sender_teaches_is_the_senders(senders: tuple[int, ...], expected: Category) -> None:
    lessons = [(0, Category.IMPORTANT_READ, sender) for sender in senders]
    assert lean(taught(lessons, later(0))).of(Category.ROUTINE) is expected


def test_a_topic_nobody_teaches_again_is_forgotten() -> None:
    lessons = [(0, Category.IMPORTANT_READ, number % 2) for number in range(8)]
    clock = later(0)
    store = taught(lessons, clock)
    clock.advance(TOPICS_KEPT_FOR.total_seconds() - 1)
    assert lean(store).raises
    clock.advance(1)
    assert {record.key for record in store.every_record("user123")} == {f"from:{one}@company.com" for one in (0, 1)}
    assert not lean(store).key
