"""The minutes of an agenda sum to the meeting, whatever it is about."""

from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.meetings.agenda import LEAST_MINUTES, MOST_POINTS, Point, timed
from assistant.domain.meetings.statements import Statement

POINTS = st.lists(st.integers(1, 10), min_size=1, max_size=20).map(
    lambda weights: [Point(Statement(str(place), ()), weight) for place, weight in enumerate(weights)]
)


@given(POINTS, st.integers(5, 1440))
def test_the_minutes_sum_to_the_meeting(points: list[Point], minutes: int) -> None:
    agenda = timed(points, minutes)
    assert sum(one.minutes for one in agenda) == minutes
    assert all(one.minutes >= LEAST_MINUTES for one in agenda)
    assert [one.begins for one in agenda] == [sum(o.minutes for o in agenda[:n]) for n in range(len(agenda))]
    assert agenda[-1].statement == points[-1].statement
    assert len(agenda) == min(len(points), max(1, min(MOST_POINTS, minutes // LEAST_MINUTES)))
    if minutes % 5 == 0:
        assert all(one.minutes % 5 == 0 for one in agenda)


@given(POINTS, st.integers(5, 1440))
def test_what_weighs_more_gets_no_less(points: list[Point], minutes: int) -> None:
    agenda = timed(points, minutes)
    weights = {point.statement: point.weight for point in points}
    for one in agenda:
        for other in agenda:
            if weights[one.statement] > weights[other.statement]:
                assert one.minutes >= other.minutes - (5 if minutes % 5 == 0 else 1)


def test_an_hour_is_shared_by_weight() -> None:
    points = [Point(Statement(name, ()), weight) for name, weight in (("welcome", 1), ("topic", 3), ("end", 2))]
    assert [one.minutes for one in timed(points, 60)] == [15, 25, 20]
    assert [one.minutes for one in timed(points, 7)] == [7]
    assert [one.minutes for one in timed(points, 11)] == [5, 6]
