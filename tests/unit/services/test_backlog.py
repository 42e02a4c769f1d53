"""Deferred triage from submission to decision: each mail once, whatever runs twice, crashes or expires."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from assistant.domain import metric_names
from assistant.domain.backlog import LOST_AFTER, OVERDUE_AFTER, BacklogBatch
from assistant.domain.decisions import DEFERRED_FOR, Correction, Decision, DecisionState
from assistant.domain.errors import Unavailable
from assistant.domain.llm import Fault, Prompt, TokenUsage, Unanswered
from assistant.domain.preferences import EmailRules, Preferences
from assistant.domain.spending import Reservation
from assistant.domain.triage.decision import Category, DecidedBy
from assistant.domain.users import Identity
from assistant.services.ask_claude import ClaudePorts
from assistant.services.collect_backlog import Collection, collect_backlog
from assistant.services.show_decision import show_decision
from assistant.services.submit_backlog import BacklogPorts, Submission, submit_backlog
from assistant.services.triage_emails import TriagePorts, TriageRequest, triage_emails
from tests.fakes.llm import COST, MODEL, WORST, MemoryBatches, MemorySpending, ScriptedLlm, sensible
from tests.fakes.runtime import ManualClock, MemoryMeter
from tests.fakes.stores import MemoryAuditTrail, MemoryBacklog, MemoryDecisions, MemoryPreferences


def thought(number: int) -> dict[str, Any]:
    return {
        "id": f"email{number}",
        "from": "Mia Lindt <mia@partner.example>",
        "subject": "Thursday",
        "body": "I was thinking about what you said on Thursday. It makes sense to me.",
    }


class Night:
    """A user's deferred mails and the two scheduled functions."""

    def __init__(self, clock: ManualClock, meter: MemoryMeter) -> None:
        self.clock, self.meter = clock, meter
        self.decisions = MemoryDecisions(clock)
        self.preferences = MemoryPreferences()
        self.backlog = MemoryBacklog(self.decisions, clock)
        self.audit = MemoryAuditTrail()
        self.llm = ScriptedLlm(sensible)
        self.spending = MemorySpending()
        self.answers: dict[str, Mapping[str, object] | Exception] = {}
        self.batches = MemoryBatches(self._answer)
        claude = ClaudePorts(self.llm, self.spending, meter, clock)
        self.triage_ports = TriagePorts(
            self.preferences, self.decisions, self.decisions, self.audit, meter, clock, self.backlog, lambda: claude
        )
        self.ports = BacklogPorts(
            self.backlog, self.batches, self.preferences, self.decisions, self.decisions, self.audit, claude
        )

    def _answer(self, prompt: Prompt[BaseModel]) -> Mapping[str, object] | Exception:
        return self.answers.get("any", sensible(prompt))

    def defer(self, *numbers: int, user_id: str = "user123") -> None:
        emails = [thought(number) for number in numbers]
        request = TriageRequest.model_validate({"user_id": user_id, "emails": emails, "deferred": True})
        caller = Identity(user_id, "request1")
        response = triage_emails(request, caller, largest_batch=1000, ports=self.triage_ports)
        assert len(response.deferred) == len(numbers)

    def end_batches(self) -> None:
        self.batches.finished |= set(self.batches.submitted)

    def decision(self, number: int = 1, user_id: str = "user123") -> Decision:
        found = self.decisions.find(user_id, f"email{number}")
        assert found
        return found

    def state(self, number: int = 1) -> tuple[DecisionState, DecidedBy | None]:
        decision = self.decision(number)
        return decision.state(self.clock.now()), decision.decided_by


@pytest.fixture
def night(clock: ManualClock, meter: MemoryMeter) -> Night:
    return Night(clock, meter)


def failed(fault: Fault) -> Unanswered:
    return Unanswered(fault, model=MODEL, usage=TokenUsage())


FINAL_BY_CLAUDE = (DecisionState.FINAL, DecidedBy.CLAUDE)
FINAL_BY_CORE = (DecisionState.FINAL, DecidedBy.CORE)
DEFERRED = (DecisionState.DEFERRED, DecidedBy.CORE)


def test_a_deferred_mail_is_decided(night: Night) -> None:
    night.defer(1, 2)
    assert submit_backlog(night.ports) == Submission(submitted=2, left=0)
    assert collect_backlog(night.ports) == Collection()
    assert night.state() == DEFERRED
    night.end_batches()
    assert collect_backlog(night.ports) == Collection(closed=1, decided=2)
    assert night.state(1) == night.state(2) == FINAL_BY_CLAUDE
    assert night.spending.committed == 2 * (COST // 2)
    assert night.meter.total(metric_names.CLAUDE_CALLS, task="triage", outcome="answered") == 2
    assert night.audit.events[-1].counts == {"answered": 2}


def test_users_are_apart(night: Night) -> None:
    night.defer(1)
    night.defer(1, user_id="user124")
    submit_backlog(night.ports)
    night.end_batches()
    assert collect_backlog(night.ports).decided == 2
    assert night.decision(1, "user124").decided_by is DecidedBy.CLAUDE
    assert {one[0].user_id for one in night.spending.settled} == {"user123", "user124"}


def test_more_than_one_batch(night: Night) -> None:
    night.defer(*range(100))
    assert submit_backlog(night.ports).submitted == 100
    assert [len(prompts) for prompts in night.batches.submitted.values()] == [90, 10]
    night.end_batches()
    assert collect_backlog(night.ports) == Collection(closed=2, decided=100)


def test_a_second_collector_changes_nothing(night: Night) -> None:
    night.defer(1)
    submit_backlog(night.ports)
    night.end_batches()
    (seen_by_both,) = night.backlog.batches()
    collect_backlog(night.ports)
    before = night.decision()
    night.clock.advance(60)
    night.backlog._batches[seen_by_both.id] = seen_by_both
    assert collect_backlog(night.ports).decided == 0
    assert night.decision() == before
    assert len(night.batches.submitted) == 1


def test_a_crash_between_deciding_and_closing_repeats_nothing(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    night.defer(1, 2)
    submit_backlog(night.ports)
    night.end_batches()
    applied: list[str] = []
    apply = night.backlog.apply

    def crash_after_one(deferred: Any, decision: Decision) -> bool:
        if applied:
            raise Unavailable("crash")
        applied.append(deferred.email_id)
        return apply(deferred, decision)

    monkeypatch.setattr(night.backlog, "apply", crash_after_one)
    assert collect_backlog(night.ports) == Collection(failed=1)
    assert night.spending.settled == []
    first = night.decision(int(applied[0].removeprefix("email")))
    monkeypatch.undo()
    night.clock.advance(300)
    assert collect_backlog(night.ports).decided == 1
    assert night.decision(int(applied[0].removeprefix("email"))) == first
    assert night.state(1) == night.state(2) == FINAL_BY_CLAUDE
    assert len(night.spending.settled) == 1
    assert collect_backlog(night.ports) == Collection()


@pytest.mark.parametrize("fault", [Fault.EXPIRED, Fault.FAILED, Fault.TRUNCATED, Fault.MALFORMED])
def test_what_expired_or_failed_is_submitted_once_more(night: Night, fault: Fault) -> None:
    night.defer(1)
    night.answers["any"] = failed(fault)
    for put_back, kept in ((1, 0), (0, 1)):
        assert submit_backlog(night.ports).submitted == 1
        night.end_batches()
        assert collect_backlog(night.ports) == Collection(closed=1, kept=kept, put_back=put_back)
    assert night.state() == FINAL_BY_CORE
    assert submit_backlog(night.ports) == Submission(0, 0)


def test_a_refusal_and_an_answer_that_is_no_use_leave_the_core_s_decision(night: Night) -> None:
    night.defer(1)
    night.answers["any"] = failed(Fault.REFUSAL)
    submit_backlog(night.ports)
    night.end_batches()
    assert collect_backlog(night.ports) == Collection(closed=1, kept=1)
    night.defer(2)
    night.answers["any"] = {**_answer(), "quote": "words the mail does not say"}
    submit_backlog(night.ports)
    night.end_batches()
    assert collect_backlog(night.ports) == Collection(closed=1, kept=1)
    assert night.state(1) == night.state(2) == FINAL_BY_CORE


def _answer() -> dict[str, object]:
    return {"category": "routine", "priority": 3, "task": "none", "reasons": ["information"], "minutes": 1}


def test_a_crash_between_creating_and_noting_the_batch_is_made_good(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.defer(1)

    def crash(_batch: BacklogBatch, _provider_id: str) -> None:
        raise Unavailable("crash")

    monkeypatch.setattr(night.backlog, "submitted", crash)
    with pytest.raises(Unavailable):
        submit_backlog(night.ports)
    monkeypatch.undo()
    assert submit_backlog(night.ports) == Submission(0, 0)
    assert collect_backlog(night.ports) == Collection()
    night.clock.advance(LOST_AFTER.total_seconds() + 1)
    assert collect_backlog(night.ports) == Collection(closed=1, put_back=1)
    # What may have been spent stays put aside.
    assert night.spending.committed == WORST // 2
    assert submit_backlog(night.ports).submitted == 1
    night.end_batches()
    assert collect_backlog(night.ports) == Collection(closed=1, decided=1)
    assert night.state() == FINAL_BY_CLAUDE


def test_a_batch_the_provider_never_ends_is_given_up(night: Night) -> None:
    night.defer(1)
    submit_backlog(night.ports)
    night.clock.advance(OVERDUE_AFTER.total_seconds() + 1)
    assert collect_backlog(night.ports) == Collection(closed=1, put_back=1)


def test_a_batch_that_cannot_be_read_holds_up_no_other(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    night.defer(1)
    submit_backlog(night.ports)
    night.defer(2)
    submit_backlog(night.ports)
    night.end_batches()
    ended = night.batches.ended

    def first_is_gone(batch_id: str) -> bool:
        if batch_id == "msgbatch_0":
            raise Unavailable("gone")
        return ended(batch_id)

    monkeypatch.setattr(night.batches, "ended", first_is_gone)
    assert collect_backlog(night.ports) == Collection(closed=1, decided=1, failed=1)
    assert night.state(2) == FINAL_BY_CLAUDE
    night.clock.advance(OVERDUE_AFTER.total_seconds() + 1)
    assert collect_backlog(night.ports) == Collection(closed=1, put_back=1)


def test_a_capped_user_holds_up_no_other(night: Night) -> None:
    night.defer(*range(100))
    night.defer(1, user_id="user124")
    reserve = night.spending.reserve

    def one_user_is_capped(user_id: str, day: date, *, calls: int, nanodollars_each: int) -> Reservation:
        allowed = 0 if user_id == "user123" else calls
        return reserve(user_id, day, calls=allowed, nanodollars_each=nanodollars_each)

    night.spending.reserve = one_user_is_capped  # type: ignore[method-assign]  # the fake knows one cap
    assert submit_backlog(night.ports) == Submission(submitted=1, left=100)


def test_a_provider_that_is_down_costs_no_try(night: Night) -> None:
    night.defer(1)
    night.batches.down = True
    for _ in range(3):
        with pytest.raises(Unavailable):
            submit_backlog(night.ports)
    assert night.spending.committed == 0
    night.batches.down = False
    assert submit_backlog(night.ports).submitted == 1


def test_two_submitters_hand_a_mail_over_once(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    night.defer(1)
    seen = night.backlog.waiting(10)
    assert submit_backlog(night.ports).submitted == 1
    monkeypatch.setattr(night.backlog, "waiting", lambda _limit: seen)
    assert submit_backlog(night.ports) == Submission(submitted=0, left=1)
    assert len(night.batches.submitted) == 1
    assert night.spending.committed == WORST // 2


def test_over_the_cap_a_mail_waits_for_another_day(night: Night) -> None:
    night.defer(1, 2)
    night.spending.cap = WORST // 2
    assert submit_backlog(night.ports) == Submission(submitted=1, left=1)
    assert submit_backlog(night.ports) == Submission(submitted=0, left=1)
    night.llm.open_for_calls = False
    assert submit_backlog(night.ports) == Submission(0, 0)


def test_a_correction_stands(night: Night) -> None:
    night.defer(1)
    submit_backlog(night.ports)
    correction = Correction(email_id="email1", category=Category.ARCHIVE, corrected_at=night.clock.now())
    night.decisions.correct("user123", night.decision(), correction, earlier=None)
    shown = show_decision("email1", Identity("user123", "r"), decisions=night.decisions, clock=night.clock)
    assert (shown.state, shown.corrected_to) == (DecisionState.FINAL, Category.ARCHIVE)
    night.end_batches()
    assert collect_backlog(night.ports) == Collection(closed=1, kept=1)
    assert night.state() == FINAL_BY_CORE


def test_preferences_set_meanwhile_decide(night: Night) -> None:
    night.defer(1)
    submit_backlog(night.ports)
    wanted = Preferences(email_rules=EmailRules(priority_senders=("mia@partner.example",)))
    night.preferences.replace("user123", wanted, expected_version=0)
    night.end_batches()
    assert collect_backlog(night.ports).decided == 1
    assert night.state() == (DecisionState.FINAL, DecidedBy.PREFERENCES)


def test_a_mail_triaged_again_keeps_the_newer_decision(night: Night) -> None:
    night.defer(1)
    submit_backlog(night.ports)
    request = TriageRequest.model_validate({"user_id": "user123", "emails": [thought(1)]})
    night.llm.has_key = False
    triage_emails(request, Identity("user123", "request2"), largest_batch=1, ports=night.triage_ports)
    night.llm.has_key = True
    newer = night.decision()
    night.end_batches()
    assert collect_backlog(night.ports) == Collection(closed=1)
    assert night.decision() == newer


def test_a_forgotten_mail_is_not_decided(night: Night) -> None:
    night.defer(1)
    submit_backlog(night.ports)
    night.clock.advance(DEFERRED_FOR.total_seconds())
    night.end_batches()
    assert collect_backlog(night.ports) == Collection(closed=1, kept=1)
    assert night.state() == FINAL_BY_CORE
    assert submit_backlog(night.ports) == Submission(0, 0)


def test_a_result_nobody_asked_for_is_ignored_and_one_left_out_comes_again(night: Night) -> None:
    night.defer(1)
    submit_backlog(night.ports)
    (prompts,) = night.batches.submitted.values()
    prompts["0" * 32] = prompts.pop(next(iter(prompts)))
    night.end_batches()
    assert collect_backlog(night.ports) == Collection(closed=1, put_back=1)


def test_a_batch_is_lost_only_after_its_time(night: Night) -> None:
    now = night.clock.now()
    batch = BacklogBatch("b", now, (), ())
    assert not batch.is_lost(now + LOST_AFTER)
    assert batch.is_lost(now + LOST_AFTER + timedelta(seconds=1))
    assert not replace(batch, provider_id="p").is_lost(now + OVERDUE_AFTER)
