"""Events go to times that are free still, after what they need, and back before it."""

import pytest

from assistant.domain.effects.approval import action_hash
from assistant.domain.effects.effect import LEASE, Effect, EffectState, Needed
from assistant.domain.errors import Unavailable
from assistant.domain.notifications import NotificationKind
from assistant.services.answer_approvals import ApprovalRequest, approve_effect
from assistant.services.execute_effects import run_job
from assistant.services.propose_effects import propose_effects
from assistant.services.undo_effects import UndoRequest, undo_effects
from tests.fakes.effects import CALLER, USER, Desk
from tests.unit.effects.test_events import FOCUS, HOUR, LATER, TEN, approve, do, everything, planned, start, undo


@pytest.fixture
def desk() -> Desk:
    return Desk()


class TestTimes:
    def test_what_is_over_by_then_is_not_moved_to(self, desk: Desk) -> None:
        effect = desk.effect(planned(desk), LATER)
        approve(desk, effect)
        desk.clock.advance((TEN + 6 * HOUR - desk.clock.now()).total_seconds())
        desk.work()
        assert desk.record(effect).problem == "That time is over, so the event stays where it is."

    @pytest.mark.parametrize(
        ("meanwhile", "problem"), [("taken", "Something else takes"), ("over", "That time is over")]
    )
    def test_it_returns_to_a_time_that_is_free_still(self, desk: Desk, meanwhile: str, problem: str) -> None:
        event_id = planned(desk)
        done = do(desk, event_id, LATER)
        if meanwhile == "taken":
            desk.calendar.add("Interview", TEN, TEN + HOUR)
        else:
            desk.clock.advance((TEN + 2 * HOUR - desk.clock.now()).total_seconds())
        left = undo(desk, done)
        assert (left.state, start(desk, event_id)) == (EffectState.DONE, TEN + 4 * HOUR)
        assert (left.problem or "").startswith(problem)
        assert [one.kind for one in desk.notifications.told.values()][-1] is NotificationKind.UNDO_CONFLICT


class TestNeeding:
    """Focus time where a meeting stands, which is moved first."""

    def both(self, desk: Desk) -> tuple[Effect, Effect]:
        move_ = desk.effect(planned(desk), LATER)
        needed = Needed(effect_id=move_.id, object_id=move_.target.object_id, summary="Move it.")
        enter = desk.effect("plan/1", FOCUS).model_copy(update={"needs": (needed,)})
        propose_effects(USER, [enter, move_], request_id="request1", ports=desk.propose_ports)
        approve_effect(USER, enter.id, ApprovalRequest(action_hash=action_hash(enter)), CALLER, ports=desk.answer_ports)
        return move_, enter

    def test_it_is_entered_after_the_move_and_gone_before_it_is_taken_back(self, desk: Desk) -> None:
        effects = self.both(desk)
        before = everything(desk)
        desk.work()
        assert {desk.record(one).state for one in effects} == {EffectState.DONE}
        undo_effects(USER, UndoRequest(run_id="run1"), CALLER, ports=desk.answer_ports)
        desk.work()
        assert {desk.record(one).state for one in effects} == {EffectState.UNDONE}
        assert [one.event for one in everything(desk)] == [one.event for one in before]

    def test_where_the_move_did_not_happen_it_is_left(self, desk: Desk) -> None:
        move_, enter = self.both(desk)
        desk.calendar.reschedule(move_.target.object_id, TEN + HOUR / 2, TEN + 3 * HOUR / 2)
        desk.work()
        assert [desk.record(one).state for one in (move_, enter)] == [EffectState.FAILED, EffectState.FAILED]
        assert desk.record(enter).problem == "What it needs did not happen, so it was left."

    def test_the_move_is_taken_back_when_what_was_entered_is_gone(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        move_, enter = self.both(desk)
        desk.work()
        deleted, down = desk.calendar.delete, [True]

        def delete(event_id: str, *, version: str) -> None:
            if down:
                down.pop()
                raise Unavailable("Google does not answer right now.")
            deleted(event_id, version=version)

        monkeypatch.setattr(desk.calendar, "delete", delete)
        undo_effects(USER, UndoRequest(run_id="run1"), CALLER, ports=desk.answer_ports)
        (job,) = desk.queue.jobs
        with pytest.raises(Unavailable):
            run_job(job, seconds=60, ports=desk.execute_ports)
        assert desk.record(move_).state is EffectState.UNDOING
        desk.clock.advance(LEASE.total_seconds())
        desk.work()
        assert [desk.record(one).state for one in (move_, enter)] == [EffectState.UNDONE, EffectState.UNDONE]
