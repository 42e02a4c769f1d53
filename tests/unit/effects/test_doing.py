"""Effects are done once in effect, however often they are proposed, approved and delivered."""

from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from assistant.domain.effects.actions import AnyAction, EffectKind, Inverse, LabelMail
from assistant.domain.effects.approval import action_hash, approval_buttons, pressed, rendered
from assistant.domain.effects.effect import LEASE, LONGEST_APPROVAL, Effect, EffectState
from assistant.domain.effects.provenance import Traced
from assistant.domain.effects.undo import MOST_IN_JOB, EffectJob, jobs
from assistant.domain.errors import AssistantError, Conflict, Forbidden, InvalidRequest, NotFound, Unavailable
from assistant.domain.mailbox import Folder
from assistant.domain.notifications import NotificationKind
from assistant.domain.preferences import EffectPermissions, Permission, Preferences
from assistant.domain.sources import Source, SourceKind
from assistant.domain.users import Identity
from assistant.ports.effects import EffectExecutor
from assistant.services.answer_approvals import ApprovalRequest, approve_effect, reject_effect
from assistant.services.execute_effects import NOT_AS_APPROVED, run_job
from assistant.services.propose_effects import propose_effects
from assistant.services.show_effects import EffectQuery, EffectView, list_effects, show_effect
from tests.fakes.effects import ARCHIVE, CALLER, USER, Desk, label
from tests.fakes.notifications import MemoryNotifier
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import Outage

OTHER = Identity("user2", "request2")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def propose(desk: Desk, *effects: Effect) -> list[EffectState]:
    return [record.state for record in propose_effects(USER, effects, request_id="request1", ports=desk.propose_ports)]


def approve(desk: Desk, effect: Effect, *, sent: str | None = None) -> EffectView:
    approval = ApprovalRequest(action_hash=sent or action_hash(effect))
    return approve_effect(USER, effect.id, approval, CALLER, ports=desk.answer_ports)


def prefer(desk: Desk, permissions: EffectPermissions) -> None:
    version = desk.preferences.read(USER).version
    desk.preferences.replace(USER, Preferences(effects=permissions), expected_version=version)


def asked(desk: Desk) -> list[str]:
    return [one.text for one in desk.notifications.told.values() if one.kind is NotificationKind.APPROVAL_ASKED]


class TestProposing:
    def test_what_needs_no_question_is_done(self, desk: Desk) -> None:
        mail = desk.mail()
        effects = desk.effect(mail, label("EA/Archive")), desk.effect(mail, ARCHIVE)
        assert propose(desk, *effects) == [EffectState.QUEUED, EffectState.QUEUED]
        assert [job.effect_ids for job in desk.queue.jobs] == [tuple(sorted(one.id for one in effects))]
        desk.work()
        state = desk.mailbox.state(mail)
        assert (state.folder, *state.labels) == (Folder.ARCHIVE, "EA/Archive")
        assert asked(desk) == []
        assert desk.meter.total("exec_assistant_effects_total", kind="archive", outcome="done") == 1

    def test_again_nothing_more_happens(self, desk: Desk) -> None:
        mail = desk.mail()
        effect = desk.effect(mail, ARCHIVE)
        propose(desk, effect, effect)
        desk.work()
        desk.mailbox.move(mail, Folder.INBOX)
        desk.clock.advance(3600)
        assert propose(desk, desk.effect(mail, ARCHIVE, run_id="run2")) == [EffectState.DONE]
        desk.work()
        assert desk.mailbox.state(mail).folder is Folder.INBOX

    def test_what_the_queue_did_not_take_is_handed_over_by_the_next_proposal(self, desk: Desk) -> None:
        effect = desk.effect(desk.mail(), ARCHIVE)
        desk.sqs.down = True
        with pytest.raises(Unavailable):
            propose(desk, effect)
        desk.sqs.down = False
        assert propose(desk, effect) == [EffectState.QUEUED]
        desk.work()
        assert desk.record(effect).state is EffectState.DONE

    def test_what_is_never_allowed_is_refused_and_said_why(self, desk: Desk) -> None:
        prefer(desk, EffectPermissions(label=Permission.NEVER))
        effect = desk.effect(desk.mail(), label("EA/Routine"))
        assert propose(desk, effect) == [EffectState.REFUSED]
        assert desk.record(effect).ruling == "Your preferences never allow this."
        assert desk.queue.jobs == []

    def test_the_user_is_asked_once_with_the_action_and_the_reason(self, desk: Desk) -> None:
        effect = desk.effect(desk.mail(), ARCHIVE, confidence=0.9)
        assert propose(desk, effect) == [EffectState.WAITING]
        propose(desk, effect)
        assert asked(desk) == [
            "Archive “Weekly offers”: move it out of the inbox.\n\nSure to 90%; done without asking from 95% on."
        ]
        assert desk.queue.jobs == []

    def test_many_at_once(self, desk: Desk) -> None:
        effects = [desk.effect(desk.mail(), label("EA/Routine")) for _ in range(65)]
        propose(desk, *effects)
        assert len(desk.queue.jobs) == 4
        desk.work()
        assert {desk.record(effect).state for effect in effects} == {EffectState.DONE}

    def test_others_words_in_a_label_wait_for_the_user(self, desk: Desk) -> None:
        named = Traced[tuple[str, ...]](value=("Pay now",), sources=(Source.whole(SourceKind.MAIL, "m1"),))
        effect = desk.effect(desk.mail(), LabelMail(add=named))
        assert propose(desk, effect) == [EffectState.WAITING]
        approve(desk, effect)
        desk.work()
        assert desk.record(effect).state is EffectState.DONE


@dataclass(frozen=True)
class Refusing:
    """An executor whose target is seen and never changed, of one effect or all."""

    executor: EffectExecutor
    error: Exception
    only: str | None = None

    def observe(self, effect: Effect) -> Any:
        return self.executor.observe(effect)

    def apply(self, effect: Effect, action: Any) -> None:
        if self.only in (None, effect.id):
            raise self.error
        self.executor.apply(effect, action)


class TestAnswering:
    def waiting(self, desk: Desk) -> Effect:
        effect = desk.effect(desk.mail(), ARCHIVE, confidence=0.9)
        propose(desk, effect)
        return effect

    def test_approved_it_is_done(self, desk: Desk) -> None:
        effect = self.waiting(desk)
        assert approve(desk, effect).state is EffectState.QUEUED
        desk.work()
        view = show_effect(USER, effect.id, CALLER, effects=desk.effects, clock=desk.clock)
        assert (view.state, view.after) == (EffectState.DONE, {"folder": "archive"})
        assert view.approved_at == desk.clock.now()

    def test_pressed_twice_it_is_done_once(self, desk: Desk) -> None:
        effect = self.waiting(desk)
        approve(desk, effect)
        approve(desk, effect)
        desk.work()
        desk.mailbox.move(effect.target.object_id, Folder.INBOX)
        assert approve(desk, effect).state is EffectState.DONE
        desk.work()
        assert desk.mailbox.state(effect.target.object_id).folder is Folder.INBOX
        assert [event.action for event in desk.audit.events] == ["effect.approved"]

    def test_another_action_under_its_id_is_not_done(self, desk: Desk) -> None:
        effect = desk.effect(desk.mail(), ARCHIVE, confidence=0.5)
        propose(desk, effect)
        approve(desk, effect)
        record = desk.record(effect)
        other = effect.model_copy(update={"action": label("Clients")})
        desk.effects.records[USER, effect.id] = record.model_copy(update={"effect": other})
        with pytest.raises(Unavailable):
            desk.work()
        assert desk.mailbox.state(effect.target.object_id).folder is Folder.INBOX
        assert not desk.mailbox.state(effect.target.object_id).labels
        assert desk.notifications.told[USER, f"effect:{other.id}"].text.endswith(NOT_AS_APPROVED)

    def test_the_approval_of_another_action_is_refused(self, desk: Desk) -> None:
        effect = self.waiting(desk)
        others = [
            desk.effect(effect.target.object_id, label("a")),
            effect.model_copy(update={"target": effect.target.model_copy(update={"title": "Other words"})}),
            effect.model_copy(update={"target": effect.target.model_copy(update={"object_id": "m99"})}),
        ]
        for other in others:
            with pytest.raises(InvalidRequest) as refused:
                approve(desk, effect, sent=action_hash(other))
            assert [error.field for error in refused.value.errors] == ["action_hash"]
        assert desk.record(effect).state is EffectState.WAITING

    def test_an_old_question_is_void(self, desk: Desk) -> None:
        effect = self.waiting(desk)
        desk.clock.advance(LONGEST_APPROVAL.total_seconds())
        with pytest.raises(Conflict, match="until 20 Jan 2025, 10:00 UTC"):
            approve(desk, effect)
        with pytest.raises(Conflict):
            reject_effect(USER, effect.id, CALLER, ports=desk.answer_ports)
        view = show_effect(USER, effect.id, CALLER, effects=desk.effects, clock=desk.clock)
        assert (view.state, view.asked_until) == (EffectState.EXPIRED, None)

    def test_rejected_it_is_never_done(self, desk: Desk) -> None:
        effect = self.waiting(desk)
        for _ in range(2):
            assert reject_effect(USER, effect.id, CALLER, ports=desk.answer_ports).state is EffectState.REJECTED
        with pytest.raises(Conflict, match="rejected"):
            approve(desk, effect)
        assert propose(desk, effect) == [EffectState.REJECTED]
        assert desk.queue.jobs == []

    def test_what_needs_no_approval_takes_none(self, desk: Desk) -> None:
        effect = desk.effect(desk.mail(), ARCHIVE)
        propose(desk, effect)
        with pytest.raises(Conflict, match="queued"):
            approve(desk, effect)

    def test_the_queue_is_told_again_when_it_was_down(self, desk: Desk) -> None:
        effect = self.waiting(desk)
        desk.sqs.down = True
        with pytest.raises(Unavailable):
            approve(desk, effect)
        desk.sqs.down = False
        approve(desk, effect)
        desk.work()
        assert desk.record(effect).state is EffectState.DONE

    def test_only_the_user_answers(self, desk: Desk) -> None:
        effect = self.waiting(desk)
        with pytest.raises(Forbidden):
            reject_effect(USER, effect.id, OTHER, ports=desk.answer_ports)
        with pytest.raises(NotFound):
            reject_effect("user2", effect.id, OTHER, ports=desk.answer_ports)

    def test_buttons_carry_what_a_press_needs(self, desk: Desk) -> None:
        effect = self.waiting(desk)
        yes, no = approval_buttons(effect)
        assert yes.value == no.value
        assert pressed(yes.value) == (effect.id, action_hash(effect))
        assert pressed("effect1") is None

    def test_the_action_is_rendered_whole(self, desk: Desk) -> None:
        effect = desk.effect("m1", label("a", "b", remove=("c",)))
        assert rendered(effect) == "Label “Weekly offers”: put a on it, put b on it, take c off it."
        untitled = effect.model_copy(update={"target": effect.target.model_copy(update={"title": ""})})
        assert rendered(untitled).startswith("Label a mail without a subject")


class Crash(Exception):
    """The process dies."""


class Crashing:
    """An executor that dies before or after it applies."""

    def __init__(self, desk: Desk, kind: EffectKind = EffectKind.ARCHIVE, *, applied: bool) -> None:
        self._executor = desk.execute_ports.executors[kind]
        self._applied = applied
        self.observe = self._executor.observe

    def apply(self, effect: Effect, action: AnyAction | Inverse) -> None:
        if self._applied:
            self._executor.apply(effect, action)
        raise Crash


class Passing:
    """A clock on which a second passes with every look at it."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.now = clock.now

    def monotonic(self) -> float:
        self._clock.advance(1)
        return self._clock.monotonic()


class TestWorking:
    def crashed(self, desk: Desk, *, applied: bool) -> tuple[Effect, EffectJob]:
        effect = desk.effect(desk.mail(), ARCHIVE)
        propose(desk, effect)
        (job,) = desk.queue.jobs
        dying = replace(desk.execute_ports, executors={ARCHIVE.kind: Crashing(desk, applied=applied)})
        with pytest.raises(Crash):
            run_job(job, seconds=60, ports=dying)
        assert desk.record(effect).state is EffectState.RUNNING
        return effect, job

    @pytest.mark.parametrize("applied", [False, True])
    def test_after_a_crash_it_is_done_once(self, desk: Desk, *, applied: bool) -> None:
        effect, job = self.crashed(desk, applied=applied)
        with pytest.raises(Unavailable, match="elsewhere"):
            run_job(job, seconds=60, ports=desk.execute_ports)
        desk.clock.advance(LEASE.total_seconds())
        changes = len(desk.mailbox._log)
        run_job(job, seconds=60, ports=desk.execute_ports)
        record = desk.record(effect)
        assert (record.state, record.before, record.after) == (
            EffectState.DONE,
            {"folder": "inbox"},
            {"folder": "archive"},
        )
        assert len(desk.mailbox._log) - changes == (0 if applied else 1)

    def test_after_a_crash_what_the_user_changed_meanwhile_stays(self, desk: Desk) -> None:
        effect, job = self.crashed(desk, applied=True)
        desk.clock.advance(LEASE.total_seconds())
        desk.mailbox.move(effect.target.object_id, Folder.TRASH)
        run_job(job, seconds=60, ports=desk.execute_ports)
        record = desk.record(effect)
        assert (record.state, record.problem) == (
            EffectState.FAILED,
            "It was changed meanwhile, so it stays as it is now.",
        )
        assert desk.mailbox.state(effect.target.object_id).folder is Folder.TRASH

    def test_delivered_again_nothing_more_happens(self, desk: Desk) -> None:
        effect = desk.effect(desk.mail(), ARCHIVE)
        propose(desk, effect)
        (job,) = desk.queue.jobs
        for _ in range(3):
            run_job(job, seconds=60, ports=desk.execute_ports)
        assert len(desk.effects.ledgers[USER]) == 3

    def test_a_provider_that_is_down_is_tried_again(self, desk: Desk) -> None:
        effect = desk.effect(desk.mail(), ARCHIVE)
        propose(desk, effect)
        (job,) = desk.queue.jobs
        desk.provider.down = True
        with pytest.raises(Unavailable):
            run_job(job, seconds=60, ports=desk.execute_ports)
        desk.provider.down = False
        run_job(job, seconds=60, ports=desk.execute_ports)
        assert desk.record(effect).state is EffectState.DONE

    def test_one_target_that_waits_does_not_hold_up_the_others(self, desk: Desk) -> None:
        first, second = desk.effect(desk.mail(), ARCHIVE), desk.effect(desk.mail(), ARCHIVE)
        propose(desk, first, second)
        (job,) = desk.queue.jobs
        stuck = desk.record(first if job.effect_ids[0] == first.id else second)
        started = stuck.changed(
            desk.clock.now(), state=EffectState.RUNNING, leased_until=desk.clock.now() + timedelta(1)
        )
        desk.effects.records[USER, stuck.id] = started
        with pytest.raises(Unavailable):
            run_job(job, seconds=60, ports=desk.execute_ports)
        assert {desk.record(one).state for one in (first, second)} == {EffectState.RUNNING, EffectState.DONE}

    def test_what_there_is_no_time_for_is_left_to_the_next_delivery(self, desk: Desk) -> None:
        effects = [desk.effect(desk.mail(), ARCHIVE) for _ in range(3)]
        propose(desk, *effects)
        (job,) = desk.queue.jobs
        slow = replace(desk.execute_ports, clock=Passing(desk.clock))
        with pytest.raises(Unavailable, match="no time left"):
            run_job(job, seconds=2, ports=slow)
        assert [desk.effects.records[USER, name].state for name in job.effect_ids] == [
            EffectState.DONE,
            EffectState.QUEUED,
            EffectState.QUEUED,
        ]
        run_job(job, seconds=60, ports=desk.execute_ports)
        assert {desk.record(effect).state for effect in effects} == {EffectState.DONE}

    def test_a_mail_that_is_gone_fails_for_good(self, desk: Desk) -> None:
        effect = desk.effect(desk.mail(), ARCHIVE)
        propose(desk, effect)
        desk.mailbox.erase(effect.target.object_id)
        desk.work()
        assert (desk.record(effect).state, desk.record(effect).problem) == (
            EffectState.FAILED,
            "The message is gone.",
        )

    @pytest.mark.parametrize(
        "error",
        [
            Conflict("Nobody knows whether it left."),
            InvalidRequest("An address is refused."),
            AssistantError("Google refuses the request."),
        ],
    )
    def test_what_no_later_try_can_mend_fails_at_once(self, desk: Desk, error: AssistantError) -> None:
        effect = desk.effect(desk.mail(), ARCHIVE)
        propose(desk, effect)
        (job,) = desk.queue.jobs
        executors = {kind: Refusing(one, error) for kind, one in desk.execute_ports.executors.items()}
        run_job(job, seconds=60, ports=replace(desk.execute_ports, executors=executors))
        assert (desk.record(effect).state, desk.record(effect).problem) == (EffectState.FAILED, error.detail)

    @pytest.mark.parametrize("error", [AssistantError("Google refuses the request."), KeyError("id")])
    @pytest.mark.parametrize("place", [0, 1, 2])
    def test_one_that_is_refused_or_breaks_holds_up_no_other(self, desk: Desk, error: Exception, place: int) -> None:
        effects = [desk.effect(desk.mail(), ARCHIVE) for _ in range(3)]
        propose(desk, *effects)
        (job,) = desk.queue.jobs
        broken = job.effect_ids[place]
        executors = {kind: Refusing(one, error, broken) for kind, one in desk.execute_ports.executors.items()}
        refused = isinstance(error, AssistantError)
        with nullcontext() if refused else pytest.raises(KeyError):
            run_job(job, seconds=60, ports=replace(desk.execute_ports, executors=executors))
        states = {one.id: desk.record(one).state for one in effects}
        assert states.pop(broken) is (EffectState.FAILED if refused else EffectState.RUNNING)
        assert {*states.values()} == {EffectState.DONE}
        desk.clock.advance(LEASE.total_seconds())
        desk.work()
        assert desk.effects.find(USER, [broken])[broken].state is (EffectState.FAILED if refused else EffectState.DONE)

    @pytest.mark.parametrize("approved", [True, False])
    def test_who_approved_what_fails_is_told_in_the_place_of_the_question(self, desk: Desk, *, approved: bool) -> None:
        effect = desk.effect(desk.mail(), ARCHIVE, confidence=0.9 if approved else 0.99)
        propose(desk, effect)
        if approved:
            approve(desk, effect)
        desk.mailbox.erase(effect.target.object_id)
        (job,) = desk.queue.jobs
        desk.clock.advance(60)
        for _ in range(2):
            run_job(job, seconds=60, ports=desk.execute_ports)
        assert desk.record(effect).state is EffectState.FAILED
        assert [(one.kind, one.text, one.buttons) for one in desk.notifications.told.values()] == (
            [
                (
                    NotificationKind.EFFECT_FAILED,
                    "Archive “Weekly offers”: move it out of the inbox. The message is gone.",
                    (),
                )
            ]
            if approved
            else []
        )

    def test_a_failure_nobody_could_be_told_of_is_told_by_the_next_try(self, desk: Desk) -> None:
        effect = desk.effect(desk.mail(), ARCHIVE, confidence=0.9)
        propose(desk, effect)
        approve(desk, effect)
        desk.mailbox.erase(effect.target.object_id)
        (job,) = desk.queue.jobs
        outage = Outage()
        outage.down = True
        broken = replace(desk.execute_ports, notifier=MemoryNotifier(outage))
        desk.clock.advance(60)
        with pytest.raises(Unavailable):
            run_job(job, seconds=60, ports=broken)
        desk.clock.advance(LEASE.total_seconds())
        run_job(job, seconds=60, ports=desk.execute_ports)
        (told_last,) = desk.notifications.told.values()
        assert told_last.kind is NotificationKind.EFFECT_FAILED

    def test_an_account_that_was_disconnected_fails_for_good(self, desk: Desk) -> None:
        effect = desk.effect(desk.mail(), ARCHIVE)
        propose(desk, effect)
        desk.connections.delete(desk.connection)
        desk.work()
        assert desk.record(effect).problem == "This account is no longer connected."

    def test_what_is_so_already_needs_no_change(self, desk: Desk) -> None:
        mail = desk.mail()
        desk.mailbox.move(mail, Folder.JUNK)
        effect = desk.effect(mail, ARCHIVE)
        propose(desk, effect)
        desk.work()
        record = desk.record(effect)
        assert (record.state, record.inverse, record.before) == (EffectState.DONE, None, record.after)
        assert desk.mailbox.state(mail).folder is Folder.JUNK

    def test_an_unknown_effect_is_passed_over(self, desk: Desk) -> None:
        job = EffectJob(user_id=USER, effect_ids=("gone",), request_id="r", requested_at=desk.clock.now())
        run_job(job, seconds=60, ports=desk.execute_ports)
        assert desk.effects.ledgers == {}


def test_jobs_keep_the_effects_of_a_target_together(desk: Desk) -> None:
    mails = [desk.mail() for _ in range(MOST_IN_JOB)]
    effects = [desk.effect(mail, action) for mail in mails for action in (label("a"), ARCHIVE)]
    propose(desk, *effects)
    records = [desk.record(effect) for effect in effects]
    targets = [
        {desk.effects.records[USER, name].effect.target.object_id for name in job.effect_ids}
        for job in jobs(records, undo=False, request_id="r", at=desk.clock.now())
    ]
    assert [len(one) for one in targets] == [MOST_IN_JOB // 2, MOST_IN_JOB // 2]
    assert not targets[0] & targets[1]


class TestListing:
    def listed(self, desk: Desk, **wanted: object) -> tuple[list[str], str | None]:
        answer = list_effects(USER, EffectQuery.model_validate(wanted), CALLER, effects=desk.effects, clock=desk.clock)
        return [view.target.object_id for view in answer.effects], answer.next_cursor

    def test_pages_are_the_newest_first_and_complete(self, desk: Desk) -> None:
        mails = []
        for _ in range(5):
            mails.append(desk.mail())
            propose(desk, desk.effect(mails[-1], ARCHIVE))
            desk.clock.advance(1)
        seen, cursor = self.listed(desk, limit=2)
        while cursor:
            page, cursor = self.listed(desk, limit=2, cursor=cursor)
            seen += page
        assert seen == mails[::-1]

    def test_filters(self, desk: Desk) -> None:
        first, second, third = desk.mail(), desk.mail(), desk.mail()
        propose(desk, desk.effect(first, ARCHIVE))
        desk.work()
        desk.clock.advance(60)
        later = desk.clock.now()
        propose(desk, desk.effect(second, ARCHIVE, run_id="run2"), desk.effect(third, ARCHIVE, confidence=0.8))
        assert self.listed(desk, state="done")[0] == [first]
        assert self.listed(desk, state="waiting")[0] == [third]
        assert self.listed(desk, run_id="run2")[0] == [second]
        assert sorted(self.listed(desk, since=later)[0]) == [second, third]
        assert self.listed(desk, state="undone") == ([], None)

    def test_a_foreign_cursor_is_refused(self, desk: Desk) -> None:
        with pytest.raises(InvalidRequest):
            self.listed(desk, cursor="yesterday")

    def test_only_the_users_own(self, desk: Desk) -> None:
        with pytest.raises(Forbidden):
            list_effects(USER, EffectQuery(), OTHER, effects=desk.effects, clock=desk.clock)
        with pytest.raises(NotFound):
            show_effect("user2", "x", OTHER, effects=desk.effects, clock=desk.clock)
