"""Planning a week as the user wants it: what preferences, constraints and wishes come to, and what Claude is asked."""

from datetime import timedelta

import pytest

from assistant.domain import metric_names
from assistant.domain.calendar.request import Constraints
from assistant.domain.calendar.wishes.interpreting import InterpretedWishes
from assistant.domain.calendar.wishes.reading import WishReader, understood
from assistant.domain.errors import InvalidRequest
from assistant.domain.preferences import Preferences
from assistant.domain.triage.language import Language
from tests.fakes.wishes import ScriptedInterpreter
from tests.unit.services.planned_week import CLASH, World

ODD = "sprinkle some magic"
BREATHE = "let me breathe ten minutes after each call"
RULED = "no meetings on Tuesday afternoon"
BREATHER = understood(BREATHE, Constraints(meeting_buffer_minutes=10), Language.ENGLISH, WishReader.CLAUDE)


@pytest.fixture
def world() -> World:
    return World()


def test_preferences_fill_what_the_request_leaves_out(world: World) -> None:
    wanted = Preferences.model_validate(
        {
            "working_hours": {"start": "10:00", "end": "18:00", "timezone": "Europe/Berlin"},
            "meeting_preferences": {"buffer_minutes": 5, "max_per_day": 3, "no_meetings_days": ["Friday"]},
        }
    )
    world.preferences.replace("user123", wanted, expected_version=0)
    answer = world.optimize(constraints={"max_meetings_per_day": 4, "no_meetings_before": "08:00"})
    assert answer.timezone == "Europe/Berlin"
    assert answer.constraints.model_dump(mode="json") == {
        "focus_time_hours": 0.0,
        "no_meetings_before": "08:00",
        "no_meetings_after": "18:00",
        "meeting_buffer_minutes": 5,
        "max_meetings_per_day": 4,
        "no_meetings_days": ["Friday"],
        "no_meetings_windows": [],
        "working_hours": {"start": "08:00", "end": "18:00"},
        "working_days": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"],
        "min_focus_block_minutes": 120,
    }


@pytest.mark.parametrize("given", [{"no_meetings_before": "17:00"}, {"no_meetings_after": "09:00"}])
def test_hours_that_leave_no_time_are_named(world: World, given: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        world.optimize(constraints=given)
    assert [error.field for error in refused.value.errors] == [f"constraints.{name}" for name in given]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ("no meetings before 17:00", "no_meetings_before"),
        ("no meetings after 9", "no_meetings_after"),
        ("keine Termine vor 18 Uhr", "no_meetings_before"),
    ],
)
def test_a_wish_that_leaves_no_time_is_reported_and_does_not_hold(world: World, wish: str, field: str) -> None:
    answer = world.optimize(events=CLASH, wishes=[wish, "at most 3 meetings a day"])
    assert [(one.wish, one.field) for one in answer.wish_conflicts] == [(wish, field)]
    assert [one.wish for one in answer.understood] == [wish, "at most 3 meetings a day"]
    kept = answer.constraints
    assert (str(kept.no_meetings_before), str(kept.no_meetings_after)) == ("09:00:00", "17:00:00")
    assert kept.max_meetings_per_day == 3


def test_hours_of_the_request_that_leave_no_time_are_an_error_beside_a_wish_too(world: World) -> None:
    with pytest.raises(InvalidRequest) as refused:
        world.optimize(constraints={"no_meetings_before": "17:00"}, wishes=["no meetings after 16"])
    assert [error.field for error in refused.value.errors] == ["constraints.no_meetings_before"]


def test_wishes_that_leave_time_together_hold(world: World) -> None:
    answer = world.optimize(wishes=["no meetings before 18:00", "no meetings after 21:00"])
    assert answer.wish_conflicts == ()
    assert (str(answer.constraints.no_meetings_before), str(answer.constraints.no_meetings_after)) == (
        "18:00:00",
        "21:00:00",
    )


def test_wishes_become_constraints_or_are_named(world: World) -> None:
    answer = world.optimize(wishes=["no meetings on Tuesday afternoon", "sprinkle some magic"])
    assert [wish.wish for wish in answer.understood] == ["no meetings on Tuesday afternoon"]
    assert answer.not_understood == ("sprinkle some magic",)
    assert answer.constraints.no_meetings_days or answer.constraints.no_meetings_windows


class TestClaude:
    def test_is_asked_about_the_wishes_no_rule_understands_and_its_answers_hold(self, world: World) -> None:
        world.interpreter = ScriptedInterpreter((BREATHER,))
        answer = world.optimize(wishes=[ODD, BREATHE, RULED])
        (asked,) = world.interpreter.asked
        assert (asked.user_id, asked.request_id, asked.wishes) == ("user123", "request1", (ODD, BREATHE))
        assert asked.answer_by - world.clock.now() == timedelta(seconds=4)
        assert [(one.wish, one.understood_by.value) for one in answer.understood] == [
            (BREATHE, "claude"),
            (RULED, "rules"),
        ]
        assert (answer.not_understood, answer.degraded) == ((ODD,), ())
        assert answer.constraints.meeting_buffer_minutes == 10

    def test_is_not_asked_where_the_rules_suffice(self, world: World) -> None:
        world.optimize(wishes=[RULED])
        assert world.interpreter.asked == []

    def test_that_is_down_leaves_the_wish_not_understood_and_says_so(self, world: World) -> None:
        world.interpreter.outage.down = True
        answer = world.optimize(wishes=[BREATHE, RULED], events=CLASH)
        assert [one.wish for one in answer.understood] == [RULED]
        assert (answer.not_understood, answer.degraded) == ((BREATHE,), ("claude",))
        assert answer.conflicts_resolved == 1
        assert world.meter.total(metric_names.DEGRADED, missing="claude") == 1

    def test_that_could_not_answer_in_time_or_within_the_caps_is_named(self, world: World) -> None:
        world.interpreter.answer = InterpretedWishes(not_understood=(BREATHE,), degraded=("claude",))
        answer = world.optimize(wishes=[BREATHE])
        assert (answer.not_understood, answer.degraded) == ((BREATHE,), ("claude",))

    def test_without_a_key_is_nothing_that_is_missing(self, world: World) -> None:
        world.interpreter.answer = InterpretedWishes(not_understood=(BREATHE,))
        answer = world.optimize(wishes=[BREATHE])
        assert (answer.not_understood, answer.degraded) == ((BREATHE,), ())

    def test_answers_about_wishes_nobody_sent_do_not_count(self, world: World) -> None:
        world.interpreter.answer = InterpretedWishes(understood=(BREATHER,))
        answer = world.optimize(wishes=[ODD])
        assert (answer.understood, answer.not_understood) == ((), (ODD,))

    @pytest.mark.parametrize(("seconds", "asked"), [(8, 1), (7.9, 0)])
    def test_is_asked_only_where_the_search_keeps_its_time(self, world: World, seconds: float, asked: int) -> None:
        answer = world.optimize(wishes=[BREATHE], seconds=seconds)
        assert len(world.interpreter.asked) == asked
        assert answer.degraded == (() if asked else ("claude",))
