"""Statuses of tasks set here are written where the tasks are kept, as effects that can be undone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.effects.actions import EffectKind, SetTaskStatus
from assistant.domain.effects.approval import action_hash, rendered
from assistant.domain.effects.effect import LONGEST_APPROVAL, EffectState
from assistant.domain.effects.provenance import Traced
from assistant.domain.errors import PreconditionFailed, Unavailable
from assistant.domain.notes.source import TaskSource, found_roles
from assistant.domain.notes.status import word_for
from assistant.domain.preferences import Permission
from assistant.domain.tasks.request import TaskStatus
from assistant.services.answer_approvals import ApprovalRequest, approve_effect, reject_effect
from assistant.services.change_task_status import ANOTHER_STATUS
from tests.fakes.accounts import NOTION
from tests.fakes.effects import Desk
from tests.fakes.examples import examples
from tests.fakes.notes import (
    TASKS,
)
from tests.fakes.runtime import ManualClock
from tests.unit.notes.followed_workspace import CALLER, REPORT, USER, World, world

__all__ = ["world"]


def test_a_task_done_here_is_done_there(world: World) -> None:
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.set(page_id, status="done")
    assert world.kept(page_id).origin.unwritten is TaskStatus.DONE  # type: ignore[union-attr]
    world.write()
    kept = world.kept(page_id)
    assert world.notes.row(page_id) == replace(REPORT, status="Done")
    assert (kept.status, kept.origin and kept.origin.unwritten) == (TaskStatus.DONE, None)
    world.set(page_id, status="open")
    world.write()
    assert world.notes.row(page_id) == REPORT
    assert world.messages() == []


def test_an_edit_of_something_else_does_not_keep_a_status_from_being_written(world: World) -> None:
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.set(page_id, status="done")
    world.notes.edit_task(page_id, replace(REPORT, title="Monthly report"))
    world.write()
    assert world.notes.row(page_id) == replace(REPORT, title="Monthly report", status="Done")
    assert world.kept(page_id).title == "Monthly report"


def test_a_status_set_there_meanwhile_is_kept_and_told_of(world: World) -> None:
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.set(page_id, status="done")
    world.notes.edit_task(page_id, replace(REPORT, status="In progress"))
    world.write()
    assert world.notes.row(page_id).status == "In progress"
    assert world.kept(page_id).status is TaskStatus.IN_PROGRESS
    assert world.messages() == ["Not changed in Notion: Weekly report"]
    world.sync()
    assert len(world.messages()) == 1


def test_a_status_there_is_no_word_for_stays_here_and_is_told_of(world: World) -> None:
    roles = found_roles(TASKS).model_copy(update={"status": None})
    followed = world.followed.find(USER, NOTION.id)
    assert followed
    world.followed.replace(followed.model_copy(update={"roles": roles}))
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.set(page_id, status="done")
    for _ in range(2):
        world.sync()
    assert world.kept(page_id).status is TaskStatus.DONE
    assert world.notes.row(page_id) == REPORT
    assert world.messages() == ["Not changed in Notion: Weekly report"]


def test_a_status_waits_while_notion_is_down(world: World) -> None:
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.set(page_id, status="done")
    world.notes.outage.down = True
    with pytest.raises(Unavailable):
        world.sync()
    world.notes.outage.down = False
    world.write()
    assert world.notes.row(page_id).status == "Done"


def test_a_status_is_written_once_however_often_it_is_found_unwritten(world: World) -> None:
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.set(page_id, status="done")
    world.sync()
    world.sync()
    world.work()
    world.sync()
    assert world.states() == [EffectState.DONE]
    assert world.notes.row(page_id).status == "Done"


def test_undone_it_is_as_it_was_here_and_there(world: World) -> None:
    page_id = world.notes.add_task(replace(REPORT, status="In progress"))
    world.sync()
    world.set(page_id, status="done")
    world.write()
    (record,) = world.effects.records.values()
    assert rendered(record.effect) == "Set “Weekly report” to “Done” where it is kept."
    world.undo()
    assert world.states() == [EffectState.UNDONE]
    assert world.notes.row(page_id).status == "In progress"
    world.sync()
    assert world.kept(page_id).status is TaskStatus.IN_PROGRESS


def test_undoing_leaves_a_status_set_there_meanwhile(world: World) -> None:
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.set(page_id, status="done")
    world.write()
    world.notes.edit_task(page_id, replace(REPORT, status="Cancelled"))
    world.undo()
    (record,) = world.effects.records.values()
    assert (record.state, record.problem) == (EffectState.DONE, ANOTHER_STATUS)
    assert world.notes.row(page_id).status == "Cancelled"


def test_a_user_who_wants_to_be_asked_is_asked(world: World) -> None:
    world.prefer(Permission.ASK)
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.set(page_id, status="done")
    world.write()
    assert (world.states(), world.messages()) == ([EffectState.WAITING], ["May I?"])
    assert world.notes.row(page_id).status == "Not started"
    (record,) = world.effects.records.values()
    approval = ApprovalRequest(action_hash=action_hash(record.effect))
    approve_effect(USER, record.id, approval, CALLER, ports=world.answer_ports)
    world.work()
    world.sync()
    assert world.notes.row(page_id).status == "Done"
    assert world.kept(page_id).origin.unwritten is None  # type: ignore[union-attr]


@pytest.mark.parametrize("end", ["never", "rejected", "expired"])
def test_a_status_that_may_not_be_written_stays_here_and_is_told_of(world: World, end: str) -> None:
    world.prefer(Permission.NEVER if end == "never" else Permission.ASK)
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.set(page_id, status="done")
    world.sync()
    (record,) = world.effects.records.values()
    if end == "rejected":
        reject_effect(USER, record.id, CALLER, ports=world.answer_ports)
    if end == "expired":
        world.clock.advance(LONGEST_APPROVAL.total_seconds())
    world.sync()
    assert world.messages()[-1] == "Not changed in Notion: Weekly report"
    assert world.kept(page_id).origin.unwritten is None  # type: ignore[union-attr]
    assert world.notes.row(page_id).status == "Not started"


def test_a_task_whose_data_source_is_no_longer_followed_is_left(world: World) -> None:
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.set(page_id, status="done")
    world.sync()
    followed = world.followed.find(USER, NOTION.id)
    assert followed
    world.followed.remove(followed)
    world.work()
    (record,) = world.effects.records.values()
    assert (record.state, world.notes.row(page_id)) == (EffectState.FAILED, REPORT)


WORDS = st.sampled_from(["Not started", "In progress", "Done", "Cancelled"])


@examples(50)
@given(before=WORDS, wanted=st.sampled_from(TaskStatus), theirs=st.none() | WORDS)
def test_done_and_undone_a_status_is_as_it_was_unless_somebody_set_another(
    before: str, wanted: TaskStatus, theirs: str | None
) -> None:
    world = World(ManualClock())
    page_id = world.notes.add_task(replace(REPORT, status=before))
    executor = world.execute_ports.executors[EffectKind.SET_TASK_STATUS]
    source = TaskSource(TASKS, found_roles(TASKS))
    word = word_for(wanted, source)
    assert word is not None
    action = SetTaskStatus(was=Traced(value=before), status=Traced(value=word))
    effect = Desk(world.clock).effect(page_id, action)
    effect = effect.model_copy(update={"target": effect.target.model_copy(update={"connection_id": NOTION.id})})
    seen = executor.observe(effect)
    inverse = action.inverse(seen)
    executor.apply(effect, action)
    assert world.notes.row(page_id).status == word
    if theirs is not None:
        world.notes.edit_task(page_id, replace(REPORT, status=theirs))
    if inverse is None:
        assert word == before
        return
    try:
        executor.apply(effect, inverse)
    except PreconditionFailed:
        assert theirs not in (None, before, word)
        assert world.notes.row(page_id).status == theirs
    else:
        assert world.notes.row(page_id).status == before
