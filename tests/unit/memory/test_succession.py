"""Of a line one memory holds at a time, whatever the order in which they were learned or forgotten."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.memory.change import KeptMemory, Line, LineChange, with_changed, with_memory, without
from assistant.domain.memory.memory import Fact, Memory, MemoryKind, Standing, line_of
from assistant.domain.memory.succession import succeeded
from assistant.domain.sources import Source, SourceKind

START = datetime(2025, 1, 1, tzinfo=UTC)


def memory(number: int, *, since: int, source: SourceKind = SourceKind.REQUEST, learned: int | None = None) -> Memory:
    """Return a memory of one line that holds since a day, learned on a day."""
    fact = Fact(
        kind=MemoryKind.FACT,
        subject="Northwind",
        attribute="office",
        text=f"Office {number}",
        valid_from=START + timedelta(days=since),
    )
    learned_at = START + timedelta(days=number if learned is None else learned, seconds=number)
    made = Memory.of(fact, Source.whole(source, f"source{number}"), now=learned_at)
    return made.model_copy(update={"id": f"{number:032x}"})


@st.composite
def lines(draw: st.DrawFn) -> list[Memory]:
    days = draw(st.lists(st.tuples(st.integers(0, 6), st.booleans(), st.integers(0, 6)), min_size=1, max_size=8))
    return [
        memory(number, since=since, source=SourceKind.MAIL if read else SourceKind.REQUEST, learned=learned)
        for number, (since, read, learned) in enumerate(days)
    ]


def applied(line: Line, change: LineChange) -> Line:
    """Return the line as the store has it after the change."""
    before = {kept.memory.id: kept for kept in line.members}
    gone = {kept.memory.id for kept in change.removed}
    after = {one: kept for one, kept in before.items() if one not in gone}
    after |= {kept.memory.id: kept for kept in change.written}
    assert set(after) == {kept.memory.id for kept in change.members}
    return Line(line.name, line.version + 1, tuple(after.values()))


def learned(memories: list[Memory]) -> Line:
    line = Line("line")
    for one in memories:
        line = applied(line, with_memory(line, one))
    return line


def outcome(line: Line) -> set[Memory]:
    return {kept.memory for kept in line.members}


@given(lines(), st.randoms(use_true_random=False))
def test_the_order_of_learning_does_not_matter(memories: list[Memory], random: Random) -> None:
    shuffled = sorted(memories, key=lambda _: random.random())
    assert outcome(learned(shuffled)) == set(succeeded(memories))


@given(lines(), st.integers(0, 7))
def test_what_is_forgotten_leaves_no_trace(memories: list[Memory], place: int) -> None:
    gone = memories[place % len(memories)]
    line = learned(memories)
    rest = applied(line, without(line, [gone.id]))
    assert outcome(rest) == set(succeeded(one for one in memories if one != gone))


@given(lines(), st.integers(0, 10))
def test_of_the_same_standing_at_most_one_holds_at_a_time(memories: list[Memory], day: int) -> None:
    moment = START + timedelta(days=day, hours=12)
    holding = [one for one in succeeded(memories) if one.holds_at(moment)]
    assert len({one.standing for one in holding}) == len(holding)


@given(lines())
def test_nothing_is_lost_and_an_observation_closes_no_word_of_the_user(memories: list[Memory]) -> None:
    settled = {one.id: one for one in succeeded(memories)}
    assert {one.id: one.text for one in memories} == {one.id: one.text for one in settled.values()}
    for one in settled.values():
        if one.standing is Standing.APPROVED and one.superseded_by:
            assert settled[one.superseded_by].standing is Standing.APPROVED


@given(lines())
def test_approved_memories_follow_each_other_without_a_gap(memories: list[Memory]) -> None:
    approved = [one for one in succeeded(memories) if one.standing is Standing.APPROVED]
    for older, newer in pairwise(approved):
        assert (older.superseded_by, older.superseded_at) == (newer.id, newer.valid_from)
    if approved:
        assert approved[-1].superseded_by is None


def test_an_observation_closes_older_ones_once_it_is_approved() -> None:
    said, read = memory(0, since=0), memory(1, since=3, source=SourceKind.MAIL)
    line = learned([said, read])
    assert {kept.memory.superseded_by for kept in line.members} == {None}
    change = with_changed(line, read.model_copy(update={"standing": Standing.APPROVED}))
    versions = {kept.memory.text: kept.version for kept in applied(line, change).members}
    assert versions == {"Office 0": 2, "Office 1": 2}
    first = next(kept.memory for kept in change.members if kept.memory.id == said.id)
    assert (first.superseded_by, first.ends_at) == (read.id, read.valid_from)


def test_only_what_changes_is_written() -> None:
    line = learned([memory(0, since=0), memory(1, since=2)])
    change = with_memory(line, memory(2, since=4))
    assert {kept.memory.text for kept in change.written} == {"Office 1", "Office 2"}
    assert [kept.version for kept in change.members] == [2, 2, 1]
    assert without(line, ["unknown"]).written == ()


def test_a_line_is_one_attribute_of_one_subject_in_one_kind() -> None:
    fact = memory(0, since=0)
    same = fact.model_copy(update={"subject": " NORTHWIND ", "attribute": "Office"})
    assert line_of(fact) == line_of(same) == fact.line
    others = ({"subject": "Southwind"}, {"attribute": "phone"}, {"kind": MemoryKind.PERSON})
    assert len({line_of(fact.model_copy(update=update)) for update in others} | {fact.line}) == 4
    assert line_of(fact.model_copy(update={"attribute": ""})) is None


def test_a_memory_without_attribute_is_a_line_of_its_own() -> None:
    fact = Fact(kind=MemoryKind.FACT, subject="Northwind", text="Is growing.", valid_from=START)
    one = Memory.of(fact, Source.whole(SourceKind.REQUEST, "request1"), now=START)
    assert one.line == one.id
    assert KeptMemory(one).version == 1
