from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.calendar.intervals import during, free, minus, on_grid, shared, union, up
from assistant.domain.calendar.problem import Interval

intervals = st.builds(lambda start, length: Interval(start, start + length), st.integers(0, 60), st.integers(0, 20))


def minutes(*of: Interval) -> set[int]:
    return {minute for one in of for minute in range(one.start, one.end)}


@given(st.lists(intervals))
def test_union_holds_the_same_minutes_in_pieces_apart(given_: list[Interval]) -> None:
    joined = union(given_)

    assert minutes(*joined) == minutes(*given_)
    assert all(one.end < following.start for one, following in pairwise(joined))


@given(intervals, st.lists(intervals))
def test_free_is_what_is_left(within: Interval, taken: list[Interval]) -> None:
    gaps = list(free(within, sorted(taken)))

    assert minutes(*gaps) == minutes(within) - minutes(*taken)
    assert all(gap.minutes > 0 for gap in gaps)


@given(st.lists(intervals), st.lists(intervals))
def test_minus_takes_minutes_away(given_: list[Interval], taken: list[Interval]) -> None:
    assert minutes(*minus(given_, sorted(taken))) == minutes(*given_) - minutes(*taken)


@given(intervals, intervals)
def test_shared_counts_common_minutes(one: Interval, other: Interval) -> None:
    assert shared(one, other) == len(minutes(one) & minutes(other))


@given(intervals, st.sampled_from([5, 15, 30]))
def test_on_grid_is_the_largest_part_that_fits(within: Interval, grid: int) -> None:
    part = on_grid(within, grid)

    assert part.start == up(within.start, grid)
    assert part.start % grid == part.end % grid == 0
    assert within.start <= part.start < within.start + grid
    assert within.end - grid < part.end <= within.end


@given(st.lists(intervals), intervals.filter(lambda one: one.minutes > 0))
def test_during_finds_what_overlaps(given_: list[Interval], within: Interval) -> None:
    taken = union(given_)

    assert tuple(during(taken, within)) == tuple(one for one in taken if one.overlaps(within))
