"""Accepted suggestions become questions about events of connected calendars, once, and only where those still stand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from assistant.domain.calendar.kept import CalendarPlace
from assistant.domain.calendar.plan import Merge, Plan
from assistant.domain.calendar.problem import Interval
from assistant.domain.calendar.request import FocusTask
from assistant.domain.calendar.suggestions import AskedChange
from assistant.domain.effects.approval import action_hash
from assistant.domain.effects.effect import EffectState
from assistant.domain.errors import Conflict, Unavailable
from assistant.services.answer_approvals import reject_effect
from assistant.services.undo_effects import UndoRequest, undo_effects
from tests.fakes.calendar_account import OWN_ADDRESS
from tests.fakes.effects import CALLER, USER
from tests.fakes.kept_calendar import MemoryKeptCalendars
from tests.unit.calendar.weeks import problem
from tests.unit.services.accepting import HOUR, MOVED, TEN, ZONE, Accepting


@pytest.fixture
def user() -> Accepting:
    return Accepting()


def start(user: Accepting, event_id: str) -> object:
    return user.desk.calendar.get(event_id).event.start


def test_a_moved_meeting_is_asked_about_and_moves_once_approved(user: Accepting) -> None:
    planned = user.add("Planning")
    user.plan(Plan(moved={planned.event_id: MOVED}), planned)
    (view,) = user.accept().asked
    assert view.rendered == (
        "Move “Planning” in the calendar of user@company.com"
        " from Mon 23 Mar 2026, 10:00–11:00 to Mon 23 Mar 2026, 13:00–14:00 (America/New_York), and"
        " tell its attendees."
    )
    assert (view.state, user.asked()) == (EffectState.WAITING, 1)
    assert start(user, planned.event_id) == TEN
    user.approve(view)
    assert start(user, planned.event_id) == TEN + 3 * HOUR
    user.undo()
    assert start(user, planned.event_id) == TEN


def test_an_invitation_is_declined(user: Accepting) -> None:
    planned = user.add("All hands", organizer="ceo@company.com")
    user.plan(Plan(declined=frozenset({planned.event_id})), planned)
    (view,) = user.accept().asked
    assert view.rendered == (
        "Decline “All hands” in the calendar of user@company.com,"
        " Mon 23 Mar 2026, 10:00–11:00 (America/New_York), and tell its organizer."
    )
    user.approve(view)
    assert user.desk.calendar.get(planned.event_id).event.self_response == "declined"


def test_a_shortened_meeting_ends_sooner(user: Accepting) -> None:
    planned = user.add("Planning").model_copy(update={"min_duration_minutes": 30})
    user.plan(Plan(shortened=frozenset({planned.event_id})), planned)
    (view,) = user.accept().asked
    assert view.rendered == (
        "Shorten “Planning” in the calendar of user@company.com"
        " from Mon 23 Mar 2026, 10:00–11:00 to Mon 23 Mar 2026, 10:00–10:30 (America/New_York), and"
        " tell its attendees."
    )
    user.approve(view)
    assert [(one.event.start, one.event.end) for one in user.day()] == [(TEN, TEN + HOUR / 2)]
    user.undo()
    assert [(one.event.start, one.event.end) for one in user.day()] == [(TEN, TEN + HOUR)]


def test_checked_only_nothing_is_asked(user: Accepting) -> None:
    planned = user.add("Planning")
    user.plan(Plan(moved={planned.event_id: MOVED}), planned)
    checked = user.accept(propose=False)
    assert (checked.safe, checked.asked, user.asked()) == (True, (), 0)


def test_what_breaks_a_rule_by_itself_is_not_asked_about(user: Accepting) -> None:
    first, second = user.add("First"), user.add("Second", TEN + 3 * HOUR)
    later = Interval(MOVED.start + 90, MOVED.end + 90)
    user.plan(Plan(moved={first.event_id: MOVED, second.event_id: later}), first, second)
    answers = [user.accept("1-1"), user.accept("1-2")]
    assert sorted((one.safe, len(one.asked)) for one in answers) == [(False, 0), (True, 1)]


def test_a_meeting_whose_new_time_was_taken_since_stays(user: Accepting) -> None:
    planned = user.add("Planning")
    user.plan(Plan(moved={planned.event_id: MOVED}), planned)
    (view,) = user.accept().asked
    user.desk.calendar.add("Interview", TEN + 3 * HOUR, TEN + 4 * HOUR, attendees=["ann@company.com"])
    user.approve(view)
    record = user.desk.effects.records[USER, view.effect_id]
    assert (record.state, record.problem) == (
        EffectState.FAILED,
        "Something else takes that time, so the event stays where it is.",
    )
    assert start(user, planned.event_id) == TEN


def test_a_meeting_whose_new_time_is_taken_already_is_not_asked_about(user: Accepting) -> None:
    planned = user.add("Planning")
    user.plan(Plan(moved={planned.event_id: MOVED}), planned)
    user.add("Interview", TEN + 3 * HOUR)
    assert user.accept().asked == ()


def test_what_has_begun_is_not_asked_about(user: Accepting) -> None:
    moved, optional = user.add("Planning"), user.add("All hands", organizer="ceo@company.com")
    user.plan(Plan(moved={moved.event_id: MOVED}, declined=frozenset({optional.event_id})), moved, optional)
    user.desk.clock.advance(24 * 3600)
    assert user.accept("1-1", "1-2").asked == ()


def test_meetings_that_change_places_move_whichever_is_first(user: Accepting) -> None:
    first, second = user.add("First"), user.add("Second", TEN + 3 * HOUR)
    back = Interval(MOVED.start - 180, MOVED.end - 180)
    user.plan(Plan(moved={first.event_id: MOVED, second.event_id: back}), first, second)
    for view in user.accept("1-1", "1-2").asked:
        user.approve(view)
    assert (start(user, first.event_id), start(user, second.event_id)) == (TEN + 3 * HOUR, TEN)


@pytest.mark.parametrize("change", ["elsewhere", "gone", "whole day", "of others"])
def test_what_does_not_stand_as_the_plan_saw_it_is_left_alone(user: Accepting, change: str) -> None:
    planned = user.add("Planning", organizer="ceo@company.com" if change == "of others" else OWN_ADDRESS)
    user.plan(Plan(moved={planned.event_id: MOVED}), planned)
    known = user.desk.calendar.get(planned.event_id)
    if change == "elsewhere":
        user.desk.calendar.reschedule(planned.event_id, TEN + HOUR, TEN + 2 * HOUR)
        user.keep(user.desk.calendar.get(planned.event_id))
    if change == "whole day":
        days = {"all_day": True, "start": TEN.date(), "end": TEN.date() + timedelta(days=1)}
        user.keep(replace(known, event=known.event.model_copy(update=days)))
    if change == "gone":
        user.kept.remove(user.desk.connection, [planned.event_id])
    accepted = user.accept()
    assert (accepted.safe, accepted.asked, user.asked()) == (True, (), 0)


def test_what_the_user_organizes_is_not_declined(user: Accepting) -> None:
    planned = user.add("Planning")
    user.plan(Plan(declined=frozenset({planned.event_id})), planned)
    assert user.accept().asked == ()


def test_two_meetings_that_become_one_are_left_to_the_user(user: Accepting) -> None:
    first, second = (user.add(title).model_copy(update={"merge_key": "standup"}) for title in ("First", "Second"))
    merged = Plan(merged=(Merge(first.event_id, second.event_id, Interval(MOVED.start, MOVED.start + 90)),))
    user.plan(merged, first, second)
    accepted = user.accept()
    assert (accepted.safe, accepted.asked) == (True, ())


def test_an_event_of_two_calendars_moves_where_the_user_organizes_it(user: Accepting) -> None:
    planned = user.add("Planning")
    known = user.desk.calendar.get(planned.event_id)
    guest = known.event.model_copy(update={"organizer_is_self": False})
    other = user.desk.connection.model_copy(update={"id": "another"})
    user.kept = MemoryKeptCalendars()
    user.kept.keep(other, [replace(known, event=guest)], generation=1)
    user.keep(known)
    user.plan(Plan(moved={planned.event_id: MOVED}), planned)
    (view,) = user.accept().asked
    effect = user.desk.effects.records[USER, view.effect_id].effect
    assert effect.target.connection_id == user.desk.connection.id


class TestFocusTime:
    FOCUS = Plan(focus=(Interval(MOVED.start, MOVED.end + 60),))

    def test_it_is_asked_about_entered_and_taken_out(self, user: Accepting) -> None:
        user.plan(self.FOCUS, user.add("Planning"))
        (view,) = user.accept().asked
        assert view.rendered == (
            "Enter “Focus time” into the calendar of user@company.com, Mon 23 Mar 2026, 13:00–15:00"
            " (America/New_York): private, and busy."
        )
        assert (view.state, user.asked(), len(user.day())) == (EffectState.WAITING, 1, 1)
        user.approve(view)
        assert [one.event.title for one in user.day()] == ["Planning", "Focus time"]
        user.undo()
        assert [one.event.title for one in user.day()] == ["Planning"]

    @pytest.mark.parametrize("language", ["en", "es", "fr", "de"])
    def test_what_was_entered_is_known_as_focus_time(self, user: Accepting, language: str) -> None:
        user.plan(self.FOCUS)
        user.approve(*user.accept(language=language).asked)
        (found,) = user.day()
        (day, *_) = problem(found.event, zone=ZONE).days
        assert (day.focus_kept, day.focus_wanted) == (120, 0)

    @pytest.mark.parametrize(
        ("language", "title"),
        [("es", "Tiempo de concentración"), ("fr", "Temps de concentration"), ("de", "Fokuszeit")],
    )
    def test_it_has_a_title_in_the_language_of_the_request(self, user: Accepting, language: str, title: str) -> None:
        user.plan(self.FOCUS)
        (view,) = user.accept(language=language).asked
        assert f"“{title}”" in view.rendered

    def test_the_plan_of_a_day_without_events_is_entered(self, user: Accepting) -> None:
        user.plan(self.FOCUS)
        assert len(user.accept().asked) == 1

    def test_accepted_again_it_is_entered_once(self, user: Accepting) -> None:
        user.plan(self.FOCUS)
        (view,) = user.accept().asked
        user.approve(view)
        (again,) = user.accept().asked
        assert (again.effect_id, again.state, user.asked()) == (view.effect_id, EffectState.DONE, 1)

    def test_accepted_in_two_languages_it_is_entered_once(self, user: Accepting) -> None:
        user.plan(self.FOCUS)
        for language in ("en", "de"):
            user.approve(*user.accept(language=language).asked)
        assert [one.event.title for one in user.day()] == ["Focus time"]

    def test_where_no_calendar_is_connected_it_is_left_to_the_user(self, user: Accepting) -> None:
        user.kept = MemoryKeptCalendars()
        user.plan(self.FOCUS)
        assert user.accept().asked == ()

    def test_where_a_calendar_is_not_known_yet_it_is_left_to_the_user(self, user: Accepting) -> None:
        other = user.desk.connection.model_copy(update={"id": "another"})
        assert user.kept.replace(CalendarPlace.of(other))
        user.plan(self.FOCUS)
        assert user.accept().asked == ()

    @pytest.mark.parametrize(("free", "asked"), [(False, 0), (True, 1)])
    def test_what_came_into_its_time_since_counts_where_it_takes_time(
        self, user: Accepting, free: bool, asked: int
    ) -> None:
        user.plan(self.FOCUS)
        event_id = user.desk.calendar.add("Dentist", TEN + 3.5 * HOUR, TEN + 5 * HOUR, free=free)
        user.keep(user.desk.calendar.get(event_id))
        assert len(user.accept().asked) == asked

    def test_a_meeting_that_left_the_place_the_plan_saw_is_in_the_way(self, user: Accepting) -> None:
        planned = user.add("Planning")
        user.plan(self.FOCUS, planned)
        user.desk.calendar.reschedule(planned.event_id, TEN + 3 * HOUR, TEN + 4 * HOUR)
        user.keep(user.desk.calendar.get(planned.event_id))
        assert user.accept().asked == ()

    def test_what_is_over_is_not_asked_about(self, user: Accepting) -> None:
        user.plan(self.FOCUS)
        user.desk.clock.advance((24 + 5) * 3600)
        accepted = user.accept()
        assert (accepted.safe, accepted.asked) == (True, ())

    def test_it_goes_where_most_of_the_plan_stands(self, user: Accepting) -> None:
        planned = user.add("Planning")
        for name in ("another", "yet-another"):
            user.read(user.desk.connection.model_copy(update={"id": name, "account": f"{name}@company.com"}))
        user.plan(self.FOCUS, planned)
        (view,) = user.accept().asked
        assert "user@company.com" in view.rendered


class TestTasks:
    ONE = Interval(MOVED.start, MOVED.start + 60)
    TWO = Interval(MOVED.start + 60, MOVED.start + 120)

    def plan(self, user: Accepting, title: str, *focus: Interval) -> None:
        report = FocusTask(task_id="report", title=title, duration_minutes=120, chunk_minutes=60)
        user.plan(Plan(tasks={"report": (self.ONE, self.TWO)}, focus=focus), tasks=[report])

    def test_each_piece_is_entered_under_the_title_of_its_task_and_taken_out(self, user: Accepting) -> None:
        self.plan(user, "Quarterly  report\u200b")
        for view in user.accept("1-1", "1-2").asked:
            assert view.rendered.startswith("Enter “Quarterly report” into the calendar of user@company.com, Mon 23")
            user.approve(view)
        assert [(one.event.title, one.event.start) for one in user.day()] == [
            ("Quarterly report", TEN + 3 * HOUR),
            ("Quarterly report", TEN + 4 * HOUR),
        ]
        user.undo()
        assert user.day() == []

    def test_one_piece_may_be_taken_out_alone(self, user: Accepting) -> None:
        self.plan(user, "Quarterly report")
        first, second = user.accept("1-1", "1-2").asked
        user.approve(first)
        user.approve(second)
        undo_effects(USER, UndoRequest(effect_id=first.effect_id), CALLER, ports=user.desk.answer_ports)
        user.desk.work()
        assert [one.event.start for one in user.day()] == [TEN + 4 * HOUR]

    @pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (0, 2, 1)])
    def test_pieces_stand_in_focus_time_whichever_comes_first(self, user: Accepting, order: Sequence[int]) -> None:
        self.plan(user, "Quarterly report", Interval(self.ONE.start, self.TWO.end))
        asked = user.accept("1-1", "1-2", "1-3").asked
        for place, index in enumerate(order, start=1):
            user.approve(asked[index])
            for one in user.day():
                user.keep(one)
            again = {view.effect_id for view in user.accept("1-1", "1-2", "1-3").asked}
            assert again >= {asked[later].effect_id for later in order[place:]}
        assert sorted(one.event.title for one in user.day()) == ["Focus time", "Quarterly report", "Quarterly report"]
        user.undo()
        assert user.day() == []

    def test_a_task_without_a_title_is_focus_time(self, user: Accepting) -> None:
        self.plan(user, " \u200b")
        (view, _) = user.accept("1-1", "1-2").asked
        assert "“Focus time”" in view.rendered


class TestAgain:
    @pytest.fixture
    def view(self, user: Accepting) -> AskedChange:
        planned = user.add("Planning")
        user.plan(Plan(moved={planned.event_id: MOVED}), planned)
        (view,) = user.accept().asked
        return view

    def reject(self, user: Accepting, view: AskedChange) -> None:
        reject_effect(USER, view.effect_id, CALLER, ports=user.desk.answer_ports)

    def test_what_waits_is_not_asked_twice(self, user: Accepting, view: AskedChange) -> None:
        assert [one.effect_id for one in user.accept().asked] == [view.effect_id]
        assert user.asked() == 1

    def test_what_is_done_is_not_asked_again(self, user: Accepting, view: AskedChange) -> None:
        user.approve(view)
        (again,) = user.accept().asked
        assert (again.effect_id, again.state, user.asked()) == (view.effect_id, EffectState.DONE, 1)

    def test_what_was_rejected_is_asked_anew(self, user: Accepting, view: AskedChange) -> None:
        self.reject(user, view)
        (again,) = user.accept().asked
        assert (again.state, user.asked()) == (EffectState.WAITING, 2)
        assert again.effect_id != view.effect_id
        assert action_hash(user.desk.effects.records[USER, again.effect_id].effect) == again.action_hash

    def test_what_was_taken_back_is_asked_anew(self, user: Accepting, view: AskedChange) -> None:
        user.approve(view)
        undo_effects(USER, UndoRequest(effect_id=view.effect_id), CALLER, ports=user.desk.answer_ports)
        user.desk.work()
        (again,) = user.accept().asked
        user.approve(again)
        assert start(user, "event-1") == TEN + 3 * HOUR

    def test_nobody_is_asked_for_ever(self, user: Accepting, view: AskedChange) -> None:
        self.reject(user, view)
        for _ in range(9):
            (again,) = user.accept().asked
            self.reject(user, again)
        with pytest.raises(Conflict, match="too often"):
            user.accept()

    def test_a_store_that_is_down_is_said_so(self, user: Accepting, view: AskedChange) -> None:
        user.desk.store.down = True
        with pytest.raises(Unavailable):
            user.accept()
        user.desk.store.down = False
        assert [one.effect_id for one in user.accept().asked] == [view.effect_id]
