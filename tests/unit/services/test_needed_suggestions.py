"""What a suggestion needs is asked about with it and approved with it; without that it is not asked about."""

from datetime import timedelta

import pytest

from assistant.domain.calendar.plan import Merge, Plan
from assistant.domain.calendar.problem import Interval
from assistant.domain.calendar.request import CalendarEvent
from assistant.domain.calendar.suggestions import AskedChange
from assistant.domain.effects.effect import EffectState
from assistant.domain.errors import Conflict, Unavailable
from assistant.domain.preferences import Preferences
from assistant.services.answer_approvals import ApprovalRequest, approve_effect, reject_effect
from assistant.services.undo_effects import UndoAnswer, UndoRequest, undo_effects
from tests.fakes.effects import CALLER, USER
from tests.unit.services.accepting import HOUR, MOVED, TEN, Accepting

MOVE = (
    "Move “Planning” in the calendar of user@company.com"
    " from Mon 23 Mar 2026, 10:00–11:00 to Mon 23 Mar 2026, 13:00–14:00 (America/New_York), and"
    " tell its attendees."
)
FREED = Interval(MOVED.start - 180, MOVED.end - 120)


@pytest.fixture
def user() -> Accepting:
    return Accepting()


@pytest.fixture
def planned(user: Accepting) -> CalendarEvent:
    """A meeting that moves, so that focus time is where it was."""
    planned = user.add("Planning")
    user.plan(Plan(moved={planned.event_id: MOVED}, focus=(FREED,)), planned)
    return planned


def both(user: Accepting) -> tuple[AskedChange, AskedChange]:
    first, second = user.accept("1-1", "1-2").asked
    return first, second


def undo(user: Accepting, view: AskedChange) -> UndoAnswer:
    answer = undo_effects(USER, UndoRequest(effect_id=view.effect_id), CALLER, ports=user.desk.answer_ports)
    user.desk.work()
    return answer


def titles(user: Accepting) -> list[str]:
    return [one.event.title for one in user.day()]


@pytest.mark.usefixtures("planned")
class TestFocusTimeWhereAMeetingWas:
    def test_the_question_says_what_else_it_approves(self, user: Accepting) -> None:
        moved, focus = both(user)
        assert moved.rendered == MOVE
        assert focus.rendered.splitlines()[1:] == [f"With it: {MOVE}"]

    def test_approved_alone_both_are_done(self, user: Accepting) -> None:
        moved, focus = both(user)
        user.approve(focus)
        assert (user.state(moved), user.state(focus)) == (EffectState.DONE, EffectState.DONE)
        assert titles(user) == ["Focus time", "Planning"]
        user.undo()
        assert [(one.event.title, one.event.start) for one in user.day()] == [("Planning", TEN)]

    def test_what_it_needs_may_be_approved_before(self, user: Accepting) -> None:
        moved, focus = both(user)
        user.approve(moved)
        assert user.state(focus) is EffectState.WAITING
        user.approve(focus)
        assert titles(user) == ["Focus time", "Planning"]

    def test_once_that_has_moved_it_needs_nothing(self, user: Accepting, planned: CalendarEvent) -> None:
        user.desk.calendar.reschedule(planned.event_id, TEN + 5 * HOUR, TEN + 6 * HOUR)
        user.keep(user.desk.calendar.get(planned.event_id))
        (focus,) = user.accept("1-1", "1-2").asked
        assert "With it" not in focus.rendered
        user.approve(focus)
        assert titles(user) == ["Focus time", "Planning"]

    def test_without_it_nothing_is_done(self, user: Accepting) -> None:
        moved, focus = both(user)
        reject_effect(USER, moved.effect_id, CALLER, ports=user.desk.answer_ports)
        with pytest.raises(Conflict, match="This needs what is rejected: Move “Planning”"):
            user.approve(focus)
        assert titles(user) == ["Planning"]

    def test_after_it_was_refused_both_are_asked_about_anew(self, user: Accepting) -> None:
        asked = both(user)
        reject_effect(USER, asked[0].effect_id, CALLER, ports=user.desk.answer_ports)
        again = both(user)
        assert {one.effect_id for one in again}.isdisjoint(one.effect_id for one in asked)
        user.approve(again[1])
        assert titles(user) == ["Focus time", "Planning"]

    @pytest.mark.parametrize("done", [True, False])
    def test_taken_back_it_takes_with_it_what_needs_it(self, user: Accepting, done: bool) -> None:
        moved, focus = both(user)
        user.approve(focus if done else moved)
        undone = undo(user, moved)
        assert (set(undone.undoing), set(undone.called_off)) == (
            ({moved.effect_id, focus.effect_id}, set()) if done else ({moved.effect_id}, {focus.effect_id})
        )
        assert [(one.event.title, one.event.start) for one in user.day()] == [("Planning", TEN)]

    def test_what_needs_it_may_be_taken_back_alone(self, user: Accepting) -> None:
        moved, focus = both(user)
        user.approve(focus)
        assert undo(user, focus).undoing == (focus.effect_id,)
        assert (titles(user), user.state(moved)) == (["Planning"], EffectState.DONE)

    def test_what_may_never_happen_takes_with_it_what_needs_it(self, user: Accepting) -> None:
        never = Preferences.model_validate({"effects": {"move_event": "never"}})
        user.desk.preferences.replace(USER, never, expected_version=0)
        (moved,) = user.accept("1-1", "1-2").asked
        assert (moved.rendered, moved.state) == (MOVE, EffectState.REFUSED)

    def test_a_lost_hand_over_is_made_again_for_both(self, user: Accepting) -> None:
        moved, focus = both(user)
        user.desk.sqs.down = True
        for _ in range(2):
            with pytest.raises(Unavailable):
                user.approve(focus)
        user.desk.sqs.down = False
        user.approve(focus)
        assert (user.state(moved), user.state(focus)) == (EffectState.DONE, EffectState.DONE)

    def test_two_that_approve_at_once_approve_each_once(self, user: Accepting) -> None:
        for view in both(user):
            approval = ApprovalRequest(action_hash=view.action_hash)
            approve_effect(USER, view.effect_id, approval, CALLER, ports=user.desk.answer_ports)
        user.desk.work()
        assert titles(user) == ["Focus time", "Planning"]


def test_meetings_that_change_places_do_so_together(user: Accepting) -> None:
    first, second = user.add("First"), user.add("Second")
    later = TEN + 3 * HOUR
    user.desk.calendar.reschedule(second.event_id, later, later + HOUR)
    user.keep(user.desk.calendar.get(second.event_id))
    second = second.model_copy(update={"start": later, "end": later + HOUR})
    ten = Interval(MOVED.start - 180, MOVED.end - 180)
    user.plan(Plan(moved={first.event_id: MOVED, second.event_id: ten}), first, second)
    asked = both(user)
    assert all("With it: Move “" in one.rendered for one in asked)
    user.approve(asked[0])
    assert [(one.event.title, one.event.start) for one in user.day()] == [("Second", TEN), ("First", later)]
    user.undo()
    assert [(one.event.title, one.event.start) for one in user.day()] == [("First", TEN), ("Second", later)]


@pytest.mark.parametrize("gone", [False, True])
def test_what_needs_what_is_not_written_waits_until_that_has_happened(user: Accepting, gone: bool) -> None:
    events = [user.add(title).model_copy(update={"merge_key": "standup"}) for title in ("First", "Second")]
    merged = Merge(events[0].event_id, events[1].event_id, Interval(MOVED.start, MOVED.start + 90))
    user.plan(Plan(merged=(merged,), focus=(FREED,)), *events)
    if gone:
        for one in events:
            user.desk.calendar.reschedule(one.event_id, TEN + timedelta(days=1), TEN + timedelta(days=1, hours=1))
            user.keep(user.desk.calendar.get(one.event_id))
    accepted = user.accept("1-1", "1-2")
    assert (accepted.safe, len(accepted.asked)) == (True, int(gone))
