"""Lessons fade without ever turning into their opposite, and what is forgotten was never learned."""

from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, Inexact, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.decisions import Correction, Decision
from assistant.domain.learning import (
    HALF_LIFE,
    Behaviour,
    LearnedRecord,
    faded,
    grown,
    lesson_of_behaviour,
    lesson_of_correction,
)
from assistant.domain.senders import attention, learned_category
from assistant.domain.triage.decision import Category
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import MemoryDecisions

NOW = datetime(2025, 6, 1, tzinfo=UTC)
KEY = "from:bob@company.com"
DAYS = st.integers(0, 900)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, Category | Behaviour]]:
    """What the user taught about a sender: on which day which correction or behaviour."""
    taught = st.one_of(st.sampled_from(list(Category)), st.sampled_from(list(Behaviour)))
    return sorted(draw(st.lists(st.tuples(DAYS, taught), max_size=12)), key=lambda one: one[0])


def taught(history: list[tuple[int, Category | Behaviour]], clock: ManualClock) -> MemoryDecisions:
    store = MemoryDecisions(clock)
    for number, (day, lesson) in enumerate(history):
        at = NOW + timedelta(days=day)
        decision = Decision(email_id=f"{number}", category=Category.ROUTINE, sender_keys=(KEY,), decided_at=at)
        if isinstance(lesson, Category):
            correction = Correction(email_id=decision.email_id, category=lesson, corrected_at=at)
            store.correct("user123", decision, correction, earlier=None)
        else:
            store.behave("user123", decision, lesson, at=at, earlier=None)
    return store


def record_at(store: MemoryDecisions, clock: ManualClock, day: float) -> LearnedRecord:
    clock.advance((NOW + timedelta(days=day) - clock.now()).total_seconds())
    return store.records("user123", [KEY]).get(KEY, LearnedRecord(key=KEY))


@given(histories(), st.sampled_from(list(Category)), st.integers(0, 2000), st.integers(0, 2000))
def test_time_alone_never_turns_a_lesson_into_another(
    history: list[tuple[int, Category | Behaviour]], decided: Category, sooner: int, more: int
) -> None:
    """Learned things either still hold or are too weak: the decision falls back to the core's, to nothing else."""
    clock = ManualClock(NOW)
    store = taught(history, clock)
    before = learned_category(decided, [record_at(store, clock, 900 + sooner)])
    after = learned_category(decided, [record_at(store, clock, 900 + sooner + more)])
    assert after in {before, decided}


@given(histories(), st.sampled_from(list(Category)))
def test_what_is_forgotten_was_never_learned(
    history: list[tuple[int, Category | Behaviour]], decided: Category
) -> None:
    clock = ManualClock(NOW)
    store = taught(history, clock)
    assert store.forget_record("user123", KEY) == bool(history)
    assert learned_category(decided, store.records("user123", [KEY]).values()) is decided


@given(st.sampled_from(list(Category)), st.sampled_from(list(Category)), st.integers(0, 20))
def test_replies_never_lower_and_reach_no_further_than_important(
    decided: Category, corrected: Category, replies: int
) -> None:
    record = LearnedRecord(key=KEY, weights={}, replies=replies / 4)
    result = learned_category(decided, [record])
    assert attention(result) >= attention(decided)
    assert attention(result) <= max(attention(decided), attention(Category.IMPORTANT_READ))
    both = record.model_copy(update={"weights": {corrected: 1.0}})
    assert learned_category(decided, [both]) in {decided, corrected, Category.IMPORTANT_READ}


@pytest.mark.parametrize(
    ("days", "raises", "lowers"), [(0, True, True), (120, True, True), (130, True, False), (179, True, False)]
)
def test_how_long_corrections_hold(days: int, raises: bool, lowers: bool) -> None:
    clock = ManualClock(NOW)
    once = taught([(0, Category.IMPORTANT_READ)], clock)
    raised = learned_category(Category.ROUTINE, [record_at(once, clock, days)])
    assert (raised is Category.IMPORTANT_READ) == raises
    twice = taught([(0, Category.ARCHIVE)] * 2, ManualClock(NOW + timedelta(days=days)))
    lowered = learned_category(Category.ROUTINE, twice.records("user123", [KEY]).values())
    assert (lowered is Category.ARCHIVE) == lowers


def test_a_correction_fades_to_half_in_its_half_life() -> None:
    lesson = lesson_of_correction(Category.ARCHIVE, NOW)
    assert faded(grown(lesson), NOW) == 1.0
    assert faded(grown(lesson), NOW + HALF_LIFE) == 0.5
    assert faded(Decimal(0), NOW) == 0


@pytest.mark.parametrize("behaviour", Behaviour)
def test_behaviour_weighs_less_than_a_word(behaviour: Behaviour) -> None:
    lesson = lesson_of_behaviour(behaviour, NOW)
    assert 0 < lesson.weight < lesson_of_correction(Category.ARCHIVE, NOW).weight


@given(st.lists(st.datetimes(datetime(2024, 1, 1), datetime(2060, 1, 1)), max_size=20))  # noqa: DTZ001
def test_taking_lessons_back_leaves_nothing(moments: list[datetime]) -> None:
    lessons = [lesson_of_correction(Category.ARCHIVE, moment.replace(tzinfo=UTC)) for moment in moments]
    with localcontext(Context(prec=38, traps=[Inexact])):
        total = sum((grown(lesson) for lesson in lessons), Decimal(0))
        for lesson in lessons:
            total -= grown(lesson)
    assert total == 0
