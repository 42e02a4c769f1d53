"""Events of connected calendars are moved and declined after a question, and taken back unless others changed them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assistant.domain.calendar.connected import ConnectedEvent
from assistant.domain.effects.actions import AnyAction, CreateEvent, DeclineEvent, EventTime, MoveEvent
from assistant.domain.effects.approval import action_hash, rendered
from assistant.domain.effects.effect import LEASE, Effect, EffectRecord, EffectState
from assistant.domain.effects.provenance import Traced
from assistant.domain.errors import PreconditionFailed, Unavailable
from assistant.domain.notifications import NotificationKind
from assistant.domain.preferences import EffectPermissions, Permission
from assistant.services.answer_approvals import ApprovalRequest, approve_effect
from assistant.services.execute_effects import run_job
from assistant.services.propose_effects import propose_effects
from assistant.services.undo_effects import UndoRequest, undo_effects
from tests.fakes.calendar_account import OWN_ADDRESS
from tests.fakes.effects import CALLER, USER, Desk
from tests.unit.effects.test_doing import Crash, Crashing

TEN = datetime(2025, 1, 20, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
OTHERS = "ceo@company.com"
BERLIN = "Europe/Berlin"
DECLINE = DeclineEvent(was=Traced(value=EventTime(start=TEN, end=TEN + HOUR)), timezone=Traced(value=BERLIN))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def move(start: datetime, to: datetime, zone: str = BERLIN) -> MoveEvent:
    return MoveEvent(
        was=Traced(value=EventTime(start=start, end=start + HOUR)),
        to=Traced(value=EventTime(start=to, end=to + HOUR)),
        timezone=Traced(value=zone),
    )


def focus(start: datetime, end: datetime, *beside: str) -> CreateEvent:
    return CreateEvent(
        title=Traced(value="Focus time"),
        at=Traced(value=EventTime(start=start, end=end)),
        timezone=Traced(value=BERLIN),
        account=Traced(value=OWN_ADDRESS),
        beside=Traced(value=beside),
    )


LATER = move(TEN, TEN + 4 * HOUR)
FOCUS = focus(TEN, TEN + 2 * HOUR)


def invited(desk: Desk) -> str:
    return desk.calendar.add("All hands", TEN, TEN + HOUR, organizer=OTHERS, attendees=[OWN_ADDRESS])


def planned(desk: Desk) -> str:
    return desk.calendar.add("Planning", TEN, TEN + HOUR, attendees=["ann@company.com"])


def do(desk: Desk, event_id: str, action: AnyAction, *, occasion: str = "") -> EffectRecord:
    """Propose the action, approve it and let the worker do it."""
    effect = desk.effect(event_id, action, occasion=occasion)
    approve(desk, effect)
    desk.work()
    desk.clock.advance(1)
    return desk.record(effect)


def approve(desk: Desk, effect: Effect) -> None:
    propose_effects(USER, [effect], request_id="request1", ports=desk.propose_ports)
    assert desk.record(effect).state is EffectState.WAITING
    desk.work()
    approval = ApprovalRequest(action_hash=action_hash(effect))
    approve_effect(USER, effect.id, approval, CALLER, ports=desk.answer_ports)


def done_by_another(desk: Desk, target: str, action: AnyAction, *, applied: bool) -> EffectRecord:
    """Let a worker die before or after it applied the action, and another one go on."""
    effect = desk.effect(target, action)
    approve(desk, effect)
    (job,) = desk.queue.jobs
    dying = replace(desk.execute_ports, executors={action.kind: Crashing(desk, action.kind, applied=applied)})
    with pytest.raises(Crash):
        run_job(job, seconds=60, ports=dying)
    desk.clock.advance(LEASE.total_seconds())
    desk.work()
    return desk.record(effect)


def undo(desk: Desk, record: EffectRecord) -> EffectRecord:
    undo_effects(USER, UndoRequest(effect_id=record.id), CALLER, ports=desk.answer_ports)
    desk.work()
    return desk.record(record.effect)


def start(desk: Desk, event_id: str) -> object:
    return desk.calendar.get(event_id).event.start


def answer(desk: Desk, event_id: str) -> str:
    return desk.calendar.get(event_id).event.self_response


class TestAsking:
    @pytest.mark.parametrize("action", [LATER, DECLINE, FOCUS])
    def test_it_always_asks(self, desk: Desk, action: AnyAction) -> None:
        event_id = planned(desk)
        propose_effects(USER, [desk.effect(event_id, action, confidence=1)], request_id="r", ports=desk.propose_ports)
        desk.work()
        assert [one.event.start for one in entered(desk)] == [TEN]
        assert [one.kind for one in desk.notifications.told.values()] == [NotificationKind.APPROVAL_ASKED]

    @pytest.mark.parametrize("kind", ["move_event", "decline_event", "create_event"])
    def test_no_preference_lets_it_happen_unasked(self, kind: str) -> None:
        with pytest.raises(ValidationError, match="without a question"):
            EffectPermissions.model_validate({kind: Permission.AUTO})

    def test_the_question_names_the_times_where_the_user_is(self, desk: Desk) -> None:
        target = desk.effect(planned(desk), LATER).target.model_copy(update={"title": "Planning"})
        effect = desk.effect(target.object_id, LATER).model_copy(update={"target": target})
        assert rendered(effect) == (
            "Move “Planning” from Mon 20 Jan 2025, 11:00–12:00 to Mon 20 Jan 2025, 15:00–16:00 (Europe/Berlin), and"
            " tell its attendees."
        )

    def test_what_is_entered_is_said_whole(self, desk: Desk) -> None:
        effect = desk.effect("plan/1", FOCUS)
        named = effect.model_copy(update={"target": effect.target.model_copy(update={"title": "Focus time"})})
        assert rendered(named) == (
            "Enter “Focus time” into the calendar of user@company.com, Mon 20 Jan 2025, 11:00–13:00 (Europe/Berlin):"
            " private, and busy."
        )

    def test_each_day_is_named_where_there_are_two(self, desk: Desk) -> None:
        late = move(TEN, TEN + 12.5 * HOUR)
        assert "to Mon 20 Jan 2025, 23:30–Tue 21 Jan 2025, 00:30 (" in rendered(desk.effect("event-1", late))

    def test_what_has_no_title_is_said_so(self, desk: Desk) -> None:
        effect = desk.effect("event-1", DeclineEvent())
        nameless = effect.model_copy(update={"target": effect.target.model_copy(update={"title": ""})})
        assert rendered(nameless) == "Decline an event without a title, and tell its organizer."

    def test_a_time_has_a_length(self) -> None:
        with pytest.raises(ValidationError):
            EventTime(start=TEN, end=TEN)


class TestMoving:
    def test_it_moves_and_moves_back(self, desk: Desk) -> None:
        event_id = planned(desk)
        before = desk.calendar.get(event_id).event
        done = do(desk, event_id, LATER)
        assert (done.state, start(desk, event_id)) == (EffectState.DONE, TEN + 4 * HOUR)
        assert undo(desk, done).state is EffectState.UNDONE
        assert desk.calendar.get(event_id).event == before

    def test_one_that_went_elsewhere_meanwhile_stays(self, desk: Desk) -> None:
        event_id = planned(desk)
        desk.calendar.reschedule(event_id, TEN + HOUR, TEN + 2 * HOUR)
        failed = do(desk, event_id, LATER)
        assert (failed.state, start(desk, event_id)) == (EffectState.FAILED, TEN + HOUR)
        assert failed.problem == "The event is no longer where it was, so it stays where it is now."

    def test_one_that_became_a_whole_day_stays(self, desk: Desk) -> None:
        event_id = desk.calendar.add("Planning", TEN, TEN + 24 * HOUR, all_day=True)
        assert do(desk, event_id, LATER).state is EffectState.FAILED

    def test_one_that_is_there_already_is_done_and_not_moved_back(self, desk: Desk) -> None:
        event_id = planned(desk)
        desk.calendar.reschedule(event_id, TEN + 4 * HOUR, TEN + 5 * HOUR)
        done = do(desk, event_id, LATER)
        assert (done.state, done.inverse) == (EffectState.DONE, None)

    def test_one_that_is_gone_fails(self, desk: Desk) -> None:
        event_id = planned(desk)
        desk.calendar.cancel(event_id)
        assert do(desk, event_id, LATER).state is EffectState.FAILED

    def test_another_change_does_not_stand_in_the_way(self, desk: Desk) -> None:
        event_id = planned(desk)
        effect = desk.effect(event_id, LATER)
        approve(desk, effect)
        desk.calendar.change(event_id, "Planning, part 2")
        desk.work()
        assert start(desk, event_id) == TEN + 4 * HOUR

    def test_one_that_changes_while_it_is_moved_is_moved_later(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event_id = planned(desk)
        meddle(desk, monkeypatch, lambda: desk.calendar.change(event_id, "Planning, part 2"))
        effect = desk.effect(event_id, LATER)
        approve(desk, effect)
        (job,) = desk.queue.jobs
        with pytest.raises(Unavailable):
            desk.work()
        desk.clock.advance(LEASE.total_seconds())
        run_job(job, seconds=60, ports=desk.execute_ports)
        assert (desk.record(effect).state, start(desk, event_id)) == (EffectState.DONE, TEN + 4 * HOUR)

    def test_one_that_moved_unheard_is_done(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        event_id = planned(desk)
        # The adapter moved it, heard nothing, tried again, and was told of another version.
        meddle(desk, monkeypatch, lambda: desk.calendar.reschedule(event_id, TEN + 4 * HOUR, TEN + 5 * HOUR))
        assert do(desk, event_id, LATER).state is EffectState.DONE
        assert desk.calendar.get(event_id).version == "2"

    def test_one_moved_by_the_user_while_it_is_moved_stays(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        event_id = planned(desk)
        meddle(desk, monkeypatch, lambda: desk.calendar.reschedule(event_id, TEN + HOUR, TEN + 2 * HOUR))
        assert do(desk, event_id, LATER).state is EffectState.FAILED
        assert start(desk, event_id) == TEN + HOUR

    @pytest.mark.parametrize("applied", [True, False])
    def test_a_worker_that_dies_leaves_it_to_the_next(self, desk: Desk, applied: bool) -> None:
        event_id = planned(desk)
        assert done_by_another(desk, event_id, LATER, applied=applied).state is EffectState.DONE
        assert start(desk, event_id) == TEN + 4 * HOUR
        assert desk.calendar.get(event_id).version == "2"


class TestDeclining:
    @pytest.mark.parametrize("before", ["accepted", "tentative"])
    def test_it_is_declined_and_answered_as_before(self, desk: Desk, before: str) -> None:
        event_id = invited(desk)
        desk.calendar.respond(event_id, before)
        done = do(desk, event_id, DECLINE)
        assert (done.state, answer(desk, event_id)) == (EffectState.DONE, "declined")
        assert undo(desk, done).state is EffectState.UNDONE
        assert answer(desk, event_id) == before

    def test_what_nobody_answered_is_tentative_afterwards(self, desk: Desk) -> None:
        event_id = invited(desk)
        undo(desk, do(desk, event_id, DECLINE))
        assert answer(desk, event_id) == "tentative"

    def test_what_the_user_declined_themselves_stays_declined(self, desk: Desk) -> None:
        event_id = invited(desk)
        desk.calendar.respond(event_id, "declined")
        done = do(desk, event_id, DECLINE)
        assert (done.state, done.inverse) == (EffectState.DONE, None)

    def test_what_is_gone_takes_no_time_any_more(self, desk: Desk) -> None:
        event_id = invited(desk)
        done = do(desk, event_id, DECLINE)
        desk.calendar.cancel(event_id)
        assert undo(desk, done).state is EffectState.DONE
        assert desk.record(done.effect).problem == "The event is gone."
        assert [one.kind for one in desk.notifications.told.values()][-1] is NotificationKind.UNDO_CONFLICT

    def test_what_is_gone_needs_no_answer(self, desk: Desk) -> None:
        event_id = invited(desk)
        desk.calendar.cancel(event_id)
        done = do(desk, event_id, DECLINE)
        assert (done.state, done.inverse) == (EffectState.DONE, None)

    def test_what_the_user_organizes_is_not_declined(self, desk: Desk) -> None:
        failed = do(desk, planned(desk), DECLINE)
        assert (failed.state, failed.problem) == (
            EffectState.FAILED,
            "You organize this event. Cancel it in your calendar instead.",
        )

    @pytest.mark.parametrize("to", [TEN + timedelta(days=1), TEN + HOUR / 2])
    def test_what_its_organizer_moved_since_is_not_declined(self, desk: Desk, to: datetime) -> None:
        event_id = invited(desk)
        effect = desk.effect(event_id, DECLINE)
        approve(desk, effect)
        desk.calendar.reschedule(event_id, to, to + HOUR)
        desk.work()
        failed = desk.record(effect)
        assert (failed.state, failed.problem) == (
            EffectState.FAILED,
            "The event takes place at another time by now, so your answer to it stays as it is.",
        )
        assert answer(desk, event_id) == "needs_action"

    def test_what_is_moved_right_before_it_is_declined_is_not(self, desk: Desk) -> None:
        event_id = invited(desk)
        effect = desk.effect(event_id, DECLINE)
        executor = desk.execute_ports.executors[DECLINE.kind]
        executor.observe(effect)
        desk.calendar.reschedule(event_id, TEN + HOUR, TEN + 2 * HOUR)
        with pytest.raises(PreconditionFailed):
            executor.apply(effect, DECLINE)
        assert answer(desk, event_id) == "needs_action"

    def test_what_its_organizer_moved_after_it_was_declined_stays_declined(self, desk: Desk) -> None:
        event_id = invited(desk)
        done = do(desk, event_id, DECLINE)
        desk.calendar.reschedule(event_id, TEN + HOUR, TEN + 2 * HOUR)
        left = undo(desk, done)
        assert (left.state, answer(desk, event_id)) == (EffectState.DONE, "declined")
        assert left.problem

    def test_one_proposed_before_times_were_named_is_declined_whenever_it_is(self, desk: Desk) -> None:
        event_id = invited(desk)
        assert DeclineEvent().model_dump(mode="json") == {"kind": "decline_event"}
        assert do(desk, event_id, DeclineEvent()).state is EffectState.DONE
        assert rendered(desk.effect(event_id, DeclineEvent())).startswith("Decline “")

    def test_what_was_accepted_since_is_left_alone(self, desk: Desk) -> None:
        event_id = invited(desk)
        done = do(desk, event_id, DECLINE)
        desk.calendar.respond(event_id, "accepted")
        left = undo(desk, done)
        assert (left.state, answer(desk, event_id)) == (EffectState.DONE, "accepted")
        assert left.problem


class TestEntering:
    def test_it_is_entered_and_taken_out(self, desk: Desk) -> None:
        done = do(desk, "plan/1", FOCUS)
        (found,) = entered(desk)
        assert (done.state, found.event.title) == (EffectState.DONE, "Focus time")
        assert (found.event.start, found.event.end, found.people) == (TEN, TEN + 2 * HOUR, ())
        assert undo(desk, done).state is EffectState.UNDONE
        assert entered(desk) == []

    @pytest.mark.parametrize("length", [HOUR / 4, 3 * HOUR])
    def test_what_takes_its_time_by_then_keeps_it_out(self, desk: Desk, length: timedelta) -> None:
        desk.calendar.add("Planning", TEN + HOUR, TEN + HOUR + length)
        failed = do(desk, "plan/1", FOCUS)
        assert (failed.state, [one.event.title for one in entered(desk)]) == (EffectState.FAILED, ["Planning"])
        assert failed.problem == (
            "Something else takes that time, so nothing was entered. Once it is free, accept the suggestion again."
        )
        assert [one.kind for one in desk.notifications.told.values()][-1] is NotificationKind.EFFECT_FAILED

    def test_what_takes_no_time_does_not(self, desk: Desk) -> None:
        desk.calendar.add("Birthday", TEN, TEN + 2 * HOUR, free=True)
        desk.calendar.respond(invited(desk), "declined")
        desk.calendar.add("Before", TEN - HOUR, TEN)
        desk.calendar.add("After", TEN + 2 * HOUR, TEN + 3 * HOUR)
        assert do(desk, "plan/1", FOCUS).state is EffectState.DONE

    @pytest.mark.parametrize(
        ("title", "people", "entered"), [("Report", [], True), ("Report", ["ann@company.com"], False)]
    )
    def test_a_task_may_stand_in_it_and_a_meeting_of_its_name_may_not(
        self, desk: Desk, title: str, people: Sequence[str], entered: bool
    ) -> None:
        desk.calendar.add(title, TEN, TEN + HOUR, attendees=people)
        done = do(desk, "plan/1", focus(TEN, TEN + 2 * HOUR, "Report"))
        assert done.state is (EffectState.DONE if entered else EffectState.FAILED)

    def test_a_day_off_does_where_the_user_is(self, desk: Desk) -> None:
        # 23:30 in London is the day after in Berlin.
        late = TEN + 13.5 * HOUR
        desk.calendar.add("Day off", TEN + 24 * HOUR, TEN + 48 * HOUR, all_day=True)
        assert do(desk, "plan/1", focus(late, late + HOUR)).state is EffectState.FAILED
        assert do(desk, "plan/2", focus(late - 2 * HOUR, late - HOUR)).state is EffectState.DONE

    def test_what_is_over_is_not_entered(self, desk: Desk) -> None:
        effect = desk.effect("plan/1", FOCUS)
        approve(desk, effect)
        desk.clock.advance((FOCUS.at.value.end - desk.clock.now()).total_seconds())
        desk.work()
        record = desk.record(effect)
        assert (record.state, record.problem) == (EffectState.FAILED, "That time is over, so nothing was entered.")
        assert entered(desk) == []

    @pytest.mark.parametrize("applied", [True, False])
    def test_a_worker_that_dies_leaves_one_event(self, desk: Desk, applied: bool) -> None:
        assert done_by_another(desk, "plan/1", FOCUS, applied=applied).state is EffectState.DONE
        assert len(entered(desk)) == 1

    def test_the_same_of_another_plan_is_not_entered_beside_it(self, desk: Desk) -> None:
        do(desk, "plan/1", FOCUS)
        assert do(desk, "plan/2", FOCUS).state is EffectState.FAILED
        assert len(entered(desk)) == 1

    @pytest.mark.parametrize("change", ["title", "time", "whole day", "place", "people"])
    def test_what_the_user_changed_since_stays(self, desk: Desk, change: str) -> None:
        done = do(desk, "plan/1", FOCUS)
        (found,) = entered(desk)
        event_id = found.event.event_id
        if change == "title":
            desk.calendar.change(event_id, "Dentist")
        if change == "time":
            desk.calendar.reschedule(event_id, TEN + HOUR, TEN + 3 * HOUR)
        if change == "whole day":
            desk.calendar.edit(event_id, all_day=True, start=TEN.date(), end=TEN.date() + timedelta(days=1))
        if change == "place":
            desk.calendar.edit(event_id, location="Library")
        if change == "people":
            desk.calendar.invite(event_id, "ann@company.com")
        left = undo(desk, done)
        assert (left.state, bool(left.problem), len(entered(desk))) == (EffectState.DONE, True, 1)
        assert [one.kind for one in desk.notifications.told.values()][-1] is NotificationKind.UNDO_CONFLICT

    def test_what_the_user_deleted_is_taken_out_already(self, desk: Desk) -> None:
        done = do(desk, "plan/1", FOCUS)
        desk.calendar.cancel(entered(desk)[0].event.event_id)
        assert undo(desk, done).state is EffectState.UNDONE

    @pytest.mark.parametrize("change", [True, False])
    def test_what_changes_while_it_is_taken_out_stays(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch, change: bool
    ) -> None:
        done = do(desk, "plan/1", FOCUS)
        event_id = entered(desk)[0].event.event_id
        deleted = desk.calendar.delete

        def delete(event_id: str, *, version: str) -> None:
            if change:
                desk.calendar.change(event_id, "Dentist")
            else:
                # The adapter deleted it, heard nothing, tried again, and was told of another version.
                desk.calendar.cancel(event_id)
                raise PreconditionFailed("It changed meanwhile.")
            deleted(event_id, version=version)

        monkeypatch.setattr(desk.calendar, "delete", delete)
        left = undo(desk, done)
        assert left.state is (EffectState.DONE if change else EffectState.UNDONE)
        assert [one.event.event_id for one in entered(desk)] == ([event_id] if change else [])


class TestUndoing:
    def test_what_was_moved_again_is_left_there(self, desk: Desk) -> None:
        event_id = planned(desk)
        done = do(desk, event_id, LATER)
        desk.calendar.reschedule(event_id, TEN + HOUR, TEN + 2 * HOUR)
        left = undo(desk, done)
        assert (left.state, start(desk, event_id)) == (EffectState.DONE, TEN + HOUR)
        assert [one.kind for one in desk.notifications.told.values()][-1] is NotificationKind.UNDO_CONFLICT

    @given(
        times=st.lists(st.tuples(st.integers(-48, 48), st.integers(1, 8)), min_size=1, max_size=4),
        blocks=st.lists(st.tuples(st.integers(-48, 48), st.integers(1, 8)), max_size=4),
        answered=st.sampled_from(["accepted", "tentative", "declined"]),
    )
    def test_doing_and_undoing_all_restores_the_calendar(
        self, times: list[tuple[int, int]], blocks: list[tuple[int, int]], answered: str
    ) -> None:
        desk = Desk()
        planning, hands = planned(desk), invited(desk)
        desk.calendar.respond(hands, answered)
        before = [one.event for one in everything(desk)]
        at = EventTime(start=TEN, end=TEN + HOUR)
        for number, (hour, quarters) in enumerate(times):
            start = TEN + hour * HOUR
            to = EventTime(start=start, end=start + quarters * HOUR / 4)
            moved = MoveEvent(
                was=Traced(value=at), to=Traced(value=to), timezone=Traced(value=BERLIN), beside=Traced(value=(hands,))
            )
            if do(desk, planning, moved, occasion=str(number)).state is EffectState.DONE:
                at = to
        do(desk, hands, DECLINE)
        made = [
            do(desk, f"plan/{number}", focus(TEN + hour * HOUR, TEN + hour * HOUR + quarters * HOUR / 4))
            for number, (hour, quarters) in enumerate(blocks)
        ]
        done = sum(one.state is EffectState.DONE and one.inverse is not None for one in made)
        assert len(everything(desk)) == 2 + done
        undo_effects(USER, UndoRequest(run_id="run1"), CALLER, ports=desk.answer_ports)
        desk.work()
        assert [one.event for one in everything(desk)] == before


def everything(desk: Desk) -> Sequence[ConnectedEvent]:
    return desk.calendar.events(TEN - timedelta(days=9), TEN + timedelta(days=9))


def entered(desk: Desk) -> Sequence[ConnectedEvent]:
    """Return what stands on the day."""
    return desk.calendar.events(TEN, TEN + 12 * HOUR)


def meddle(desk: Desk, monkeypatch: pytest.MonkeyPatch, change: Callable[[], None]) -> None:
    """Let somebody change the event once, right before it is moved."""
    moved, left = desk.calendar.move, [change]

    def move_after(event_id: str, start: datetime, end: datetime, *, version: str) -> object:
        if left:
            left.pop()()
        return moved(event_id, start, end, version=version)

    monkeypatch.setattr(desk.calendar, "move", move_after)
