"""When a memory holds, on whose word, and how its id sorts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assistant.domain.memory.memory import Fact, Memory, MemoryKind, Standing, moment_prefix, time_ordered_id
from assistant.domain.memory.words import share_of_words
from assistant.domain.sources import Source, SourceKind

START = datetime(2025, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def memory(source: SourceKind = SourceKind.REQUEST, **changes: Any) -> Memory:
    fields = {"kind": MemoryKind.FACT, "subject": "Alice", "text": "Alice works in Bern.", "valid_from": START}
    return Memory.of(Fact.model_validate(fields | changes), Source.whole(source, "source1"), now=START)


@pytest.mark.parametrize("source", SourceKind)
def test_what_others_can_write_is_an_observation(source: SourceKind) -> None:
    expected = Standing.OBSERVED if source.untrusted else Standing.APPROVED
    assert memory(source, kind=MemoryKind.PREFERENCE).standing is expected


def test_it_ends_by_its_own_word_or_by_a_newer_one() -> None:
    stated = memory(valid_to=START + 3 * DAY)
    closed = stated.model_copy(update={"superseded_by": "other", "superseded_at": START + DAY})
    assert (stated.ends_at, closed.ends_at) == (START + 3 * DAY, START + DAY)
    assert [stated.holds_at(START + day * DAY) for day in (-1, 0, 2, 3)] == [False, True, True, False]
    assert [closed.holds_at(START + day * DAY) for day in (0, 1)] == [True, False]
    assert closed.holds_within(START, None)
    assert not closed.holds_within(START + DAY, None)
    assert not closed.holds_within(None, START)
    assert memory().holds_within(START + 400 * DAY, None)


def test_what_was_closed_at_its_beginning_never_held() -> None:
    closed = memory().model_copy(update={"superseded_by": "other", "superseded_at": START})
    assert not closed.holds_at(START)
    assert not closed.holds_within(None, None)


def test_words_are_kept_as_a_reader_sees_them() -> None:
    hidden = memory(text="Alice\u200b works \U000e0041in Bern.", people=("Alice@Company.com", "alice@company.com"))
    assert hidden.text == "Alice works in Bern."
    assert hidden.people == ("alice@company.com",)


@pytest.mark.parametrize(
    "broken",
    [{"text": "\u200b"}, {"subject": ""}, {"people": ("alice",)}, {"valid_to": START}, {"confidence": 1.1}],
)
def test_what_makes_no_sense_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        memory(**broken)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1)), st.integers(1, 10**9))  # noqa: DTZ001
def test_ids_sort_by_time(moment: datetime, later: int) -> None:
    first = moment.replace(tzinfo=UTC)
    second = first + timedelta(milliseconds=later)
    assert time_ordered_id(first) < time_ordered_id(second)
    assert len(time_ordered_id(first)) == 32
    assert time_ordered_id(first).startswith(moment_prefix(first))


def test_shared_words_are_counted_whatever_their_case() -> None:
    assert share_of_words("bern alice", memory()) == 1
    assert share_of_words("Alice in Zurich?", memory()) == pytest.approx(2 / 3, abs=1e-4)
    assert share_of_words("?!", memory()) == 0
