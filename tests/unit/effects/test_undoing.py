"""Undoing brings back what was, and leaves alone what the user changed meanwhile."""

from dataclasses import dataclass, replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.effects.effect import LEASE, LONGEST_APPROVAL, Effect, EffectState
from assistant.domain.effects.ledger import LedgerEvent
from assistant.domain.effects.undo import changes
from assistant.domain.errors import Forbidden, NotFound, Unavailable
from assistant.domain.mailbox import Folder, MessageState
from assistant.domain.notifications import NotificationKind
from assistant.domain.users import Identity
from assistant.services.execute_effects import run_job
from assistant.services.propose_effects import propose_effects
from assistant.services.undo_effects import UndoAnswer, UndoRequest, undo_effects
from tests.fakes.effects import ARCHIVE, CALLER, USER, Desk, MemoryEffectQueue, MemoryEffects, label
from tests.fakes.examples import examples
from tests.fakes.stores import StopsAfter
from tests.unit.effects.test_doing import Crash, Crashing

NAMES = ("EA/Routine", "EA/Archive", "Clients")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def do(desk: Desk, *effects: Effect) -> None:
    propose_effects(USER, effects, request_id="request1", ports=desk.propose_ports)
    desk.work()
    desk.clock.advance(1)


def undo(desk: Desk, **wanted: object) -> UndoAnswer:
    return undo_effects(USER, UndoRequest.model_validate(wanted), CALLER, ports=desk.answer_ports)


def both(desk: Desk, mail: str, run_id: str = "run1") -> tuple[Effect, Effect]:
    return desk.effect(mail, label("EA/Archive"), run_id=run_id), desk.effect(mail, ARCHIVE, run_id=run_id)


def conflicts(desk: Desk) -> list[str]:
    return [one.text for one in desk.notifications.told.values() if one.kind is NotificationKind.UNDO_CONFLICT]


class TestAsking:
    def test_one_effect(self, desk: Desk) -> None:
        mail = desk.mail()
        labelled, archived = both(desk, mail)
        do(desk, labelled, archived)
        assert undo(desk, effect_id=archived.id).undoing == (archived.id,)
        assert desk.record(archived).state is EffectState.UNDOING
        desk.work()
        assert desk.mailbox.state(mail) == MessageState(Folder.INBOX, frozenset({"EA/Archive"}))
        assert desk.record(archived).state is EffectState.UNDONE
        assert desk.record(labelled).state is EffectState.DONE

    def test_a_run(self, desk: Desk) -> None:
        first, second = desk.mail(), desk.mail()
        do(desk, *both(desk, first, "run1"))
        do(desk, *both(desk, second, "run2"))
        assert len(undo(desk, run_id="run1").undoing) == 2
        desk.work()
        assert desk.mailbox.state(first) == MessageState(Folder.INBOX)
        assert desk.mailbox.state(second).folder is Folder.ARCHIVE

    def test_since_a_time(self, desk: Desk) -> None:
        first, second = desk.mail(), desk.mail()
        do(desk, *both(desk, first))
        since = desk.clock.now()
        do(desk, *both(desk, second))
        assert len(undo(desk, since=since).undoing) == 2
        desk.work()
        assert desk.mailbox.state(second) == MessageState(Folder.INBOX)
        assert desk.mailbox.state(first).folder is Folder.ARCHIVE

    def test_since_a_time_covers_what_was_proposed_before_and_done_after(self, desk: Desk) -> None:
        effect = desk.effect(desk.mail(), ARCHIVE)
        propose_effects(USER, [effect], request_id="request1", ports=desk.propose_ports)
        desk.clock.advance(LONGEST_APPROVAL.total_seconds() - 60)
        since = desk.clock.now()
        desk.work()
        assert undo(desk, since=since).undoing == (effect.id,)

    def test_what_has_not_begun_is_called_off(self, desk: Desk) -> None:
        mail = desk.mail()
        queued = desk.effect(mail, ARCHIVE)
        waiting = desk.effect(desk.mail(), ARCHIVE, confidence=0.9)
        propose_effects(USER, [queued, waiting], request_id="request1", ports=desk.propose_ports)
        answer = undo(desk, run_id="run1")
        assert (set(answer.called_off), answer.undoing) == ({queued.id, waiting.id}, ())
        desk.work()
        assert desk.mailbox.state(mail).folder is Folder.INBOX
        assert desk.record(queued).state is EffectState.REJECTED

    def test_again_nothing_more_happens(self, desk: Desk) -> None:
        effect = desk.effect(desk.mail(), ARCHIVE)
        do(desk, effect)
        undo(desk, effect_id=effect.id)
        assert undo(desk, effect_id=effect.id).undoing == (effect.id,)
        desk.work()
        answer = undo(desk, effect_id=effect.id)
        assert [one.detail for one in answer.left_alone] == ["There is nothing to undo: it is undone."]
        assert undo(desk, run_id="run1") == UndoAnswer(user_id=USER, undoing=(), called_off=(), left_alone=())

    def test_an_undone_action_is_not_done_again_for_the_same_occasion(self, desk: Desk) -> None:
        mail = desk.mail()
        do(desk, desk.effect(mail, ARCHIVE))
        undo(desk, run_id="run1")
        desk.work()
        do(desk, desk.effect(mail, ARCHIVE, run_id="run2"))
        assert desk.mailbox.state(mail).folder is Folder.INBOX
        do(desk, desk.effect(mail, ARCHIVE, run_id="run3", occasion="asked for"))
        assert desk.mailbox.state(mail).folder is Folder.ARCHIVE

    def test_what_is_being_done_is_left_alone(self, desk: Desk) -> None:
        effect = desk.effect(desk.mail(), ARCHIVE)
        propose_effects(USER, [effect], request_id="request1", ports=desk.propose_ports)
        dying = replace(desk.execute_ports, executors={ARCHIVE.kind: Crashing(desk, applied=True)})
        with pytest.raises(Crash):
            run_job(desk.queue.jobs[0], seconds=60, ports=dying)
        (left,) = undo(desk, run_id="run1").left_alone
        assert left.detail == "It is being done right now. Please ask again shortly."

    def test_many_are_undone_a_part_at_a_time(self, desk: Desk) -> None:
        do(desk, *(desk.effect(desk.mail(), label("EA/Routine")) for _ in range(301)))
        cursor = undo(desk, run_id="run1").next_cursor
        assert cursor
        desk.work()
        assert undo(desk, run_id="run1", cursor=cursor).next_cursor is None
        desk.work()
        assert {record.state for record in desk.effects.records.values()} == {EffectState.UNDONE}

    def test_what_cannot_be_undone_holds_up_nothing(self, desk: Desk) -> None:
        since = desk.clock.now()
        older = [desk.effect(desk.mail(), label("EA/Routine")) for _ in range(40)]
        do(desk, *older)
        gone = [desk.mail() for _ in range(300)]
        do(desk, *(desk.effect(mail, label("EA/Routine")) for mail in gone))
        for mail in gone:
            desk.mailbox.erase(mail)
        cursor: str | None = None
        parts: list[int] = []
        while cursor or not parts:
            answer = undo(desk, since=since, cursor=cursor)
            desk.work()
            parts.append(len(answer.undoing))
            cursor = answer.next_cursor
        assert parts == [300, 40]
        assert {desk.record(effect).state for effect in older} == {EffectState.UNDONE}

    def test_wherever_it_stops_asking_again_undoes_all_and_nothing_twice(self) -> None:
        many = 100
        whole = StopsAfter(many)
        undo(self.stopping(whole), run_id="run1")
        for calls in range(many - int(whole.left)):
            stop = StopsAfter(calls)
            desk = self.stopping(stop)
            with pytest.raises(Unavailable):
                undo(desk, run_id="run1")
            stop.left = inf
            assert len(undo(desk, run_id="run1").undoing) == 31
            desk.work()
            mails = [record.effect.target.object_id for record in desk.effects.records.values()]
            assert not any(desk.mailbox.state(mail).labels for mail in mails)
            undone = [entry.effect_id for entry in desk.effects.ledgers[USER] if entry.event is LedgerEvent.UNDONE]
            assert len(undone) == len(set(undone)) == 31

    def stopping(self, stop: StopsAfter) -> Desk:
        """A user with 31 labels, more than a transaction holds, whose store and queue stop together."""
        desk = Desk()
        do(desk, *(desk.effect(desk.mail(), label("EA/Routine")) for _ in range(31)))
        done = desk.effects
        desk.effects, desk.queue = MemoryEffects(desk.clock, stop), MemoryEffectQueue(stop)
        desk.effects.records, desk.effects.ledgers, desk.effects.heads = done.records, done.ledgers, done.heads
        desk.answer_ports = replace(desk.answer_ports, effects=desk.effects, queue=desk.queue)
        return desk

    def test_only_the_users_own(self, desk: Desk) -> None:
        with pytest.raises(Forbidden):
            undo_effects(USER, UndoRequest(run_id="run1"), Identity("user2", "r"), ports=desk.answer_ports)
        with pytest.raises(NotFound):
            undo(desk, effect_id="gone")

    @pytest.mark.parametrize("wanted", [{}, {"effect_id": "a", "run_id": "b"}])
    def test_one_of_three_is_named(self, wanted: dict[str, str]) -> None:
        with pytest.raises(ValueError, match="exactly one"):
            UndoRequest.model_validate(wanted)

    @pytest.mark.parametrize(
        "wanted", [{"run_id": "a", "cursor": "b"}, {"effect_id": "a", "cursor": f"{1:013}-{1:032}"}]
    )
    def test_a_cursor_is_one_of_an_answer_about_many(self, wanted: dict[str, str]) -> None:
        with pytest.raises(ValueError, match="cursor"):
            UndoRequest.model_validate(wanted)


class TestConflicts:
    def test_what_the_user_moved_on_stays_there_and_they_are_told(self, desk: Desk) -> None:
        mail = desk.mail()
        labelled, archived = both(desk, mail)
        do(desk, labelled, archived)
        desk.mailbox.move(mail, Folder.TRASH)
        undo(desk, run_id="run1")
        desk.work()
        assert desk.mailbox.state(mail) == MessageState(Folder.TRASH)
        assert desk.record(labelled).state is EffectState.UNDONE
        record = desk.record(archived)
        assert (record.state, record.problem) == (
            EffectState.DONE,
            "It was changed meanwhile, so it stays as it is now.",
        )
        (said,) = conflicts(desk)
        assert said.startswith("Archive “Weekly offers”: move it out of the inbox. It was changed meanwhile")

    def test_asked_again_after_the_user_put_it_back_it_is_undone(self, desk: Desk) -> None:
        mail = desk.mail()
        effect = desk.effect(mail, ARCHIVE)
        do(desk, effect)
        desk.mailbox.move(mail, Folder.JUNK)
        undo(desk, effect_id=effect.id)
        desk.work()
        desk.mailbox.move(mail, Folder.ARCHIVE)
        undo(desk, effect_id=effect.id)
        desk.work()
        record = desk.record(effect)
        assert (record.state, record.problem) == (EffectState.UNDONE, None)
        assert desk.mailbox.state(mail).folder is Folder.INBOX

    def test_a_mail_that_is_gone_is_reported(self, desk: Desk) -> None:
        effect = desk.effect(desk.mail(), ARCHIVE)
        do(desk, effect)
        desk.mailbox.erase(effect.target.object_id)
        undo(desk, effect_id=effect.id)
        desk.work()
        assert (desk.record(effect).state, desk.record(effect).problem) == (EffectState.DONE, "The message is gone.")

    def test_a_label_the_user_put_back_stays_although_it_looks_as_we_left_it(self, desk: Desk) -> None:
        mail = desk.mail()
        added, removed = desk.effect(mail, label("Clients")), desk.effect(mail, label(remove=("Clients",)))
        do(desk, added)
        do(desk, removed)
        desk.mailbox.label(mail, add={"Clients"})
        undo(desk, run_id="run1")
        desk.work()
        assert desk.mailbox.state(mail).labels == {"Clients"}
        assert [desk.record(one).state for one in (removed, added)] == [EffectState.UNDONE, EffectState.DONE]
        assert len(conflicts(desk)) == 1

    @pytest.mark.parametrize("applied", [False, True])
    def test_after_a_crash_it_is_undone_once(self, desk: Desk, *, applied: bool) -> None:
        mail = desk.mail()
        effect = desk.effect(mail, ARCHIVE)
        do(desk, effect)
        undo(desk, effect_id=effect.id)
        (job,) = desk.queue.jobs
        dying = replace(desk.execute_ports, executors={ARCHIVE.kind: Crashing(desk, applied=applied)})
        with pytest.raises(Crash):
            run_job(job, seconds=60, ports=dying)
        with pytest.raises(Unavailable):
            run_job(job, seconds=60, ports=desk.execute_ports)
        desk.clock.advance(LEASE.total_seconds())
        run_job(job, seconds=60, ports=desk.execute_ports)
        assert desk.record(effect).state is EffectState.UNDONE
        assert desk.mailbox.state(mail).folder is Folder.INBOX
        assert conflicts(desk) == []

    def test_a_crash_of_ours_is_no_change_of_the_users(self, desk: Desk) -> None:
        mail = desk.mail()
        effects = desk.effect(mail, label("Clients")), desk.effect(mail, label(remove=("Clients",)))
        for effect in effects:
            do(desk, effect)
        undo(desk, run_id="run1")
        (job,) = desk.queue.jobs
        dying = replace(desk.execute_ports, executors={effects[0].action.kind: Crashing(desk, applied=True)})
        with pytest.raises(Crash):
            run_job(job, seconds=60, ports=dying)
        desk.clock.advance(LEASE.total_seconds())
        run_job(job, seconds=60, ports=desk.execute_ports)
        assert {desk.record(effect).state for effect in effects} == {EffectState.UNDONE}
        assert desk.mailbox.state(mail).labels == frozenset()


@dataclass(frozen=True)
class Step:
    """At one time somebody does something to a mail."""

    mail: int
    add: frozenset[str]
    remove: frozenset[str]
    archive: bool


LABELS = st.frozensets(st.sampled_from(NAMES))
STEPS = st.builds(Step, mail=st.integers(0, 1), add=LABELS, remove=LABELS, archive=st.booleans())
FOLDERS = st.sampled_from([Folder.INBOX, Folder.ARCHIVE, Folder.JUNK, Folder.TRASH])
STATES = st.builds(MessageState, folder=FOLDERS, labels=LABELS)


def begun(states: list[MessageState]) -> tuple[Desk, list[str]]:
    desk = Desk()
    mails = [desk.mail() for _ in states]
    for mail, state in zip(mails, states, strict=True):
        desk.mailbox.change(mail, state)
    return desk, mails


def assistant_does(desk: Desk, mail: str, step: Step, occasion: str) -> None:
    remove = step.remove - step.add
    if step.add | remove:
        do(desk, desk.effect(mail, label(*step.add, remove=tuple(remove)), occasion=occasion))
    if step.archive:
        do(desk, desk.effect(mail, ARCHIVE, occasion=occasion))


@examples(200)
@given(states=st.lists(STATES, min_size=2, max_size=2), steps=st.lists(STEPS, max_size=6))
def test_done_and_undone_everything_is_as_it_was(states: list[MessageState], steps: list[Step]) -> None:
    desk, mails = begun(states)
    for number, step in enumerate(steps):
        assistant_does(desk, mails[step.mail], step, str(number))
    undo(desk, run_id="run1")
    desk.work()
    assert [desk.mailbox.state(mail) for mail in mails] == states
    assert all(record.state is EffectState.UNDONE for record in desk.effects.records.values())
    assert conflicts(desk) == []


@examples(300)
@given(
    states=st.lists(STATES, min_size=2, max_size=2),
    steps=st.lists(st.tuples(STEPS, st.none() | STATES), max_size=5),
)
def test_what_the_user_changed_is_never_overwritten(
    states: list[MessageState], steps: list[tuple[Step, MessageState | None]]
) -> None:
    desk, mails = begun(states)
    histories = {(mail, name): [("user", value)] for mail in mails for name, value in seen(desk, mail).items()}
    for number, (step, user) in enumerate(steps):
        mail = mails[step.mail]
        assistant_does(desk, mail, step, str(number))
        note("assistant", desk, mail, histories)
        desk.mailbox.change(mail, user or desk.mailbox.state(mail))
        note("user", desk, mail, histories)
    undo(desk, run_id="run1")
    desk.work()
    for (mail, name), history in histories.items():
        now = seen(desk, mail)[name]
        users = next(value for who, value in reversed(history) if who == "user")
        # Who puts back what the assistant had made of it cannot be told from who did nothing.
        kept = now == users or ("assistant", users) in history
        assert kept or (history[-1][0] == "assistant" and name in reported(desk, mail))


def seen(desk: Desk, mail: str) -> dict[str, object]:
    state = desk.mailbox.state(mail)
    return {"folder": state.folder, **{f"label:{name}": name in state.labels for name in NAMES}}


def note(who: str, desk: Desk, mail: str, histories: dict[tuple[str, str], list[tuple[str, object]]]) -> None:
    for name, value in seen(desk, mail).items():
        if histories[mail, name][-1][1] != value:
            histories[mail, name].append((who, value))


def reported(desk: Desk, mail: str) -> set[str]:
    """Return what of the mail the user is told was not undone."""
    told = [one for one in desk.effects.records.values() if one.problem and one.effect.target.object_id == mail]
    return {name for record in told for name in changes(record)}
