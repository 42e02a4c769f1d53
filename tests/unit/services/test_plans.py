"""Kept plans: shown, drawn, explained, accepted in part, and proven."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from assistant.adapters.cp_sat import CpSatSolver
from assistant.domain.audit import AuditAction
from assistant.domain.calendar.changes import ChangeType
from assistant.domain.calendar.counterfactual import counterfactual
from assistant.domain.calendar.objective import score
from assistant.domain.calendar.plan import Merge, Plan
from assistant.domain.calendar.plan_record import PlanRecord, ProofJob, ProofState, proof_state
from assistant.domain.calendar.rules import Rule
from assistant.domain.calendar.solution import Status, WeekSolution
from assistant.domain.calendar.suggestions import Review, reviewed, suggestions
from assistant.domain.errors import Conflict, InvalidRequest, NotFound, Unavailable
from assistant.domain.users import Identity
from assistant.services.accept_suggestions import AcceptPorts, AcceptRequest, AcceptResponse, accept_suggestions
from assistant.services.explain_suggestion import explain_suggestion
from assistant.services.propose_plan import ProposePlanPorts, propose_plan
from assistant.services.prove_plan import ProofPorts, prove_plan
from assistant.services.show_plan import PlanView, draw_plan, show_plan
from tests.fakes.effects import Desk
from tests.fakes.kept_calendar import MemoryKeptCalendars
from tests.fakes.plans import HastySolver, MissingSolver, greedy_record, greedy_week, unproven
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import MemoryAuditTrail, MemoryPlans
from tests.unit.calendar.weeks import at, event, problem, with_focus

CALLER = Identity("user123", "request1")
PLAN = "plan1"


@pytest.fixture
def plans(clock: ManualClock) -> MemoryPlans:
    return MemoryPlans(clock)


@pytest.fixture(scope="module")
def optimum() -> WeekSolution:
    week, greedy = greedy_week()
    solution = CpSatSolver().solve(week, greedy.plan, seconds=20)
    assert solution.status is Status.OPTIMAL
    return solution


@pytest.fixture
def best(plans: MemoryPlans, clock: ManualClock, optimum: WeekSolution) -> PlanRecord:
    """The busy week's best plan, kept."""
    greedy = greedy_record(PLAN, clock.now())
    record = replace(greedy, solution=optimum, proof=proof_state(optimum, ProofState.QUEUED))
    assert plans.save(record)
    return record


@pytest.fixture
def view(plans: MemoryPlans, best: PlanRecord) -> PlanView:  # noqa: ARG001 kept
    return show_plan(PLAN, CALLER, plans=plans)


@pytest.fixture
def audit() -> MemoryAuditTrail:
    return MemoryAuditTrail()


@pytest.fixture
def accept(plans: MemoryPlans, clock: ManualClock, audit: MemoryAuditTrail) -> Callable[..., AcceptResponse]:
    propose = partial(propose_plan, ports=ProposePlanPorts(MemoryKeptCalendars(), Desk(clock).propose_ports))

    def accepted(*ids: str) -> AcceptResponse:
        request = AcceptRequest(suggestion_ids=ids)
        return accept_suggestions(PLAN, request, CALLER, ports=AcceptPorts(plans, audit, clock, propose))

    return accepted


def test_a_plan_is_shown_with_all_it_changes(view: PlanView, best: PlanRecord) -> None:
    plan = best.solution.plan
    by_type = {kind: [one for one in view.suggestions if one.type is kind] for kind in ChangeType}
    assert {one.event_id for one in by_type[ChangeType.RESCHEDULE]} == plan.moved.keys()
    assert {one.event_id for one in by_type[ChangeType.DECLINE]} == plan.declined
    assert len(by_type[ChangeType.FOCUS_BLOCK]) == len(plan.focus)
    assert len(by_type[ChangeType.TASK_BLOCK]) == sum(map(len, plan.tasks.values()))
    assert view.score.after.model_dump() == dict(
        zip(("conflicts", "unmet", "cost"), best.solution.score.tiers, strict=True)
    )
    assert [one.suggestion_id for one in view.suggestions] == [f"1-{n + 1}" for n in range(len(view.suggestions))]
    assert all(one.reasoning for one in view.suggestions)


def test_the_gravest_comes_first_and_times_are_the_users(view: PlanView) -> None:
    worth = [
        (one.if_left_out.conflicts, one.if_left_out.unmet, one.if_left_out.cost)
        for one in view.suggestions
        if one.type in {ChangeType.RESCHEDULE, ChangeType.DECLINE, ChangeType.SHORTEN, ChangeType.MERGE}
    ]
    assert worth == sorted(worth, reverse=True)
    assert {one.new_start.isoformat()[-6:] for one in view.suggestions if one.new_start} == {"+01:00"}


def test_only_time_in_meetings_is_saved(view: PlanView) -> None:
    saved = {one.type: one.time_saved_minutes for one in view.suggestions if one.time_saved_minutes}
    assert saved == {ChangeType.DECLINE: 30}
    assert view.time_saved_minutes == 30


def test_a_plan_is_its_owners_and_forgotten_after_a_while(
    plans: MemoryPlans, clock: ManualClock, best: PlanRecord
) -> None:
    with pytest.raises(NotFound):
        show_plan(best.plan_id, Identity("user1234", "request1"), plans=plans)
    clock.advance(30 * 24 * 3600)
    with pytest.raises(NotFound):
        show_plan(best.plan_id, CALLER, plans=plans)


def test_a_plan_is_drawn(plans: MemoryPlans, best: PlanRecord) -> None:
    picture = ET.fromstring(draw_plan(best.plan_id, CALLER, plans=plans))
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"


def test_a_plan_too_large_for_a_picture_has_none(
    plans: MemoryPlans, best: PlanRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.services.show_plan.LARGEST_PICTURE", 10_000)
    with pytest.raises(NotFound, match="too many events"):
        draw_plan(best.plan_id, CALLER, plans=plans)


def test_every_suggestion_is_explained_by_what_is_worse_without_it(plans: MemoryPlans, view: PlanView) -> None:
    for number, suggestion in enumerate(view.suggestions, start=1):
        why = explain_suggestion(PLAN, number, CALLER, plans=plans)
        assert why.suggestion == suggestion
        assert why.with_it == view.score.after
        rise = {tier: value - getattr(why.with_it, tier) for tier, value in why.without.model_dump().items()}
        assert rise == suggestion.if_left_out.model_dump()
        if suggestion.if_left_out.conflicts:
            assert "overlap" in {one.kind.value for one in why.unmet_without}
        if why.alternative:
            # The plan is optimal: whatever else is done is no better.
            assert tuple(why.alternative.score.model_dump().values()) >= tuple(view.score.after.model_dump().values())


def test_the_alternative_is_another_thing_to_do(plans: MemoryPlans, view: PlanView) -> None:
    found = [explain_suggestion(PLAN, number + 1, CALLER, plans=plans) for number in range(len(view.suggestions))]
    others = [(why.suggestion, why.alternative) for why in found if why.alternative]
    assert {one.type for one, _ in others} >= {ChangeType.RESCHEDULE, ChangeType.TASK_BLOCK, ChangeType.FOCUS_BLOCK}
    for suggestion, other in others:
        assert (suggestion.type, suggestion.new_start) != (other.type, other.new_start)


def test_a_suggestion_that_is_not_there_has_no_reason(plans: MemoryPlans, view: PlanView) -> None:
    with pytest.raises(NotFound):
        explain_suggestion(PLAN, len(view.suggestions) + 1, CALLER, plans=plans)


def test_the_whole_plan_is_safe_and_so_is_none_of_it(view: PlanView, accept: Callable[..., AcceptResponse]) -> None:
    whole = accept(*(one.suggestion_id for one in view.suggestions))
    assert (whole.safe, whole.missing, whole.breaks, whole.applied) == (True, (), (), False)
    assert whole.outcome
    assert whole.outcome.score.after == view.score.after
    none = accept()
    assert none.safe
    assert none.outcome
    assert none.outcome.score.after == none.outcome.score.before == view.score.before


def test_a_suggestion_alone_says_what_it_breaks_and_what_would_help(
    view: PlanView, accept: Callable[..., AcceptResponse], audit: MemoryAuditTrail
) -> None:
    needing = next(one for one in view.suggestions if one.depends_on and one.type is ChangeType.RESCHEDULE)
    alone = accept(needing.suggestion_id)
    assert (alone.safe, alone.outcome) == (False, None)
    assert alone.missing[0].needs == needing.depends_on
    assert {one.rule for one in alone.breaks} <= {Rule.CONFLICT, Rule.BUFFER}
    assert all(needing.event_id in one.ids for one in alone.breaks)
    assert {name for one in alone.breaks for name in one.suggestion_ids} == {needing.suggestion_id}
    helped = accept(needing.suggestion_id, *alone.safe_together_with)
    assert (helped.safe, helped.missing) == (True, ())
    assert [event.action for event in audit.events] == [AuditAction.CALENDAR_SUGGESTIONS_CHECKED] * 2


def test_a_buffer_is_not_safe_without_what_makes_it(
    plans: MemoryPlans, clock: ManualClock, accept: Callable[..., AcceptResponse]
) -> None:
    week = problem(
        event("a", "2026-03-23T10:00"),
        event("b", "2026-03-23T11:00", flexibility="same_week"),
        meeting_buffer_minutes=15,
    )
    plan = Plan(moved={"b": at(week, "2026-03-23T11:15")})
    plans.save(replace(greedy_record(PLAN, clock.now()), problem=week, solution=unproven(week, plan)))
    alone = accept("1-2")
    assert (alone.safe, alone.safe_together_with, alone.outcome) == (False, ("1-1",), None)
    (broken,) = alone.breaks
    assert (broken.rule, broken.ids, broken.suggestion_ids) == (Rule.BUFFER, ("a", "b"), ("1-2",))
    assert accept("1-1", "1-2").safe
    assert accept("1-1").safe


def test_suggestions_of_another_revision_or_of_none_are_refused(
    view: PlanView, accept: Callable[..., AcceptResponse]
) -> None:
    with pytest.raises(Conflict):
        accept("2-1")
    with pytest.raises(InvalidRequest) as malformed:
        accept("", "2")
    assert [error.field for error in malformed.value.errors] == ["suggestion_ids[0]", "suggestion_ids[1]"]
    with pytest.raises(InvalidRequest) as refused:
        accept("1-1", f"1-{len(view.suggestions) + 1}", "1-x")
    assert [error.field for error in refused.value.errors] == ["suggestion_ids[1]", "suggestion_ids[2]"]


class TestProof:
    @pytest.fixture
    def queued(self, plans: MemoryPlans, clock: ManualClock) -> PlanRecord:
        record = greedy_record(PLAN, clock.now())
        plans.save(record)
        return record

    @pytest.fixture
    def job(self, queued: PlanRecord) -> ProofJob:
        return ProofJob(user_id="user123", plan_id=PLAN, request_id="request1", requested_at=queued.created_at)

    def ports(self, plans: MemoryPlans, audit: MemoryAuditTrail, clock: ManualClock) -> ProofPorts:
        return ProofPorts(CpSatSolver(), plans, audit, clock)

    def test_a_job_betters_and_proves_the_plan_once(
        self, plans: MemoryPlans, audit: MemoryAuditTrail, clock: ManualClock, queued: PlanRecord, job: ProofJob
    ) -> None:
        ports = self.ports(plans, audit, clock)
        assert prove_plan(job, seconds=30, ports=ports)
        proven = plans.find("user123", PLAN)
        assert proven
        assert proven.solution.score < queued.solution.score
        assert (proven.proof, proven.solution.status, proven.revision) == (ProofState.PROVEN, Status.OPTIMAL, 2)
        assert not prove_plan(job, seconds=30, ports=ports)
        assert plans.find("user123", PLAN) == proven
        (event,) = audit.events
        assert (event.action, event.counts) == (AuditAction.CALENDAR_PLAN_PROVEN, {"proven": 1, "bettered": 1})

    def test_a_plan_that_was_best_already_keeps_its_suggestions(
        self, plans: MemoryPlans, audit: MemoryAuditTrail, clock: ManualClock, best: PlanRecord, job: ProofJob
    ) -> None:
        plans.save(replace(best, proof=ProofState.QUEUED, solution=replace(best.solution, status=Status.FEASIBLE)))
        assert prove_plan(job, seconds=30, ports=self.ports(plans, audit, clock))
        proven = plans.find("user123", PLAN)
        assert proven
        assert (proven.revision, proven.solution.plan, proven.proof) == (1, best.solution.plan, ProofState.PROVEN)

    def test_without_time_the_proof_stays_open(
        self, plans: MemoryPlans, audit: MemoryAuditTrail, clock: ManualClock, job: ProofJob
    ) -> None:
        ports = ProofPorts(HastySolver(), plans, audit, clock)
        assert prove_plan(job, seconds=30, ports=ports)
        kept = plans.find("user123", PLAN)
        assert kept
        assert (kept.proof, kept.revision) == (ProofState.OPEN, 1)

    def test_a_late_job_does_not_bring_a_forgotten_plan_back(
        self, plans: MemoryPlans, audit: MemoryAuditTrail, clock: ManualClock, job: ProofJob
    ) -> None:
        clock.advance(30 * 24 * 3600)
        assert not prove_plan(job, seconds=30, ports=self.ports(plans, audit, clock))
        assert audit.events == []

    def test_a_job_without_solver_returns_to_the_queue(
        self, plans: MemoryPlans, audit: MemoryAuditTrail, clock: ManualClock, job: ProofJob
    ) -> None:
        with pytest.raises(Unavailable):
            prove_plan(job, seconds=30, ports=ProofPorts(MissingSolver(), plans, audit, clock))

    def test_the_score_is_that_of_the_plan(self, queued: PlanRecord) -> None:
        assert queued.solution.score == score(queued.problem, queued.solution.plan)


def test_why_the_others_are_suggested() -> None:
    """A merge, a cut and a declined meeting, with the words that say what they bring."""
    moves: Mapping[str, Any] = {"flexibility": "same_week"}
    week = problem(
        event("first", "2026-03-23T10:00", 30, merge_key="k", **moves),
        event("second", "2026-03-23T14:00", 30, merge_key="k", **moves),
        event("cut", "2026-03-24T10:00", 60, min_duration_minutes=30),
        event("beside", "2026-03-24T10:30", 60),
        event("status", "2026-03-25T10:00", 60, declinable=True),
        event("above", "2026-03-25T10:00", 60),
        meeting_buffer_minutes=0,
    )
    merged = Merge("first", "second", at(week, "2026-03-23T09:00", 45))
    changed = Plan(merged=(merged,), shortened=frozenset({"cut"}), declined=frozenset({"status"}))
    review = reviewed(week, with_focus(week, changed))
    found = {one.type: one for one in suggestions(review, revision=1)}
    assert found[ChangeType.MERGE].suggestion.startswith(
        "Make one meeting of “first” and “second”: Mon 23 Mar, 09:00–09:45"
    )
    assert "saves 15 min" in found[ChangeType.MERGE].reasoning
    assert found[ChangeType.SHORTEN].reasoning == (
        "Resolves 1 overlap with “beside” (Tue 24 Mar, 10:30–11:30); ends 30 min earlier, 1 other person affected."
    )
    assert found[ChangeType.DECLINE].reasoning.startswith("Resolves 1 overlap with “above”")
    assert [found[kind].time_saved_minutes for kind in (ChangeType.MERGE, ChangeType.SHORTEN, ChangeType.DECLINE)] == [
        15,
        30,
        60,
    ]
    for index, change in enumerate(review.changes):
        other = counterfactual(review, index).alternative
        if change.type is ChangeType.MERGE:
            assert other
            assert other.change.type is ChangeType.MERGE
            assert other.change.at != change.at
        elif change.type in {ChangeType.SHORTEN, ChangeType.DECLINE}:
            assert other is None


def crossed() -> Review:
    """Three meetings in a row overlap, and the plan moves the first two out of it."""
    week = problem(
        event("x1", "2026-03-23T10:00", flexibility="same_day"),
        event("x2", "2026-03-23T09:30", flexibility="same_week", attendees=[{"email": "eve@company.com"}]),
        event("x3", "2026-03-23T10:45"),
        days=1,
        focus_time_hours=0,
        meeting_buffer_minutes=0,
    )
    moved = {"x1": at(week, "2026-03-23T09:45"), "x2": at(week, "2026-03-23T12:00")}
    return reviewed(week, Plan(moved=moved))


def test_overlaps_are_counted_where_they_are() -> None:
    found = {one.event_id: one.reasoning for one in suggestions(crossed(), revision=1)}
    assert found["x2"].startswith(
        "Resolves 1 overlap with “x1” (Mon 23 Mar, 10:00–11:00), lets 1 more be resolved; moves it"
    )
    assert found["x1"].startswith("Resolves 1 overlap with “x3” (Mon 23 Mar, 10:45–11:45); moves it")


def test_the_alternative_keeps_what_depends_on_the_suggestion_where_it_can() -> None:
    review = crossed()
    place = next(place for place, change in enumerate(review.changes) if change.events == ("x2",))
    why = counterfactual(review, place)
    assert why.without.conflicts == 2
    assert why.alternative
    assert why.alternative.score.conflicts == 0


def test_people_of_two_meetings_that_become_one_are_counted_once() -> None:
    week = problem(
        event("first", "2026-03-23T10:00", 30, merge_key="sync", attendees=[{"email": "ann@x.com"}]),
        event("second", "2026-03-23T14:00", 30, merge_key="sync", attendees=[{"email": "bob@x.com"}]),
        event("third", "2026-03-23T16:00", 30, merge_key="sync", attendees=[{"email": "bob@x.com"}]),
        days=1,
    )
    for pair, said in ((("first", "second"), "2 other people"), (("second", "third"), "1 other person")):
        merged = Plan(merged=(Merge(*pair, at(week, "2026-03-23T10:00", 45)),))
        (one,) = (one for one in suggestions(reviewed(week, merged), revision=1) if one.type is ChangeType.MERGE)
        assert one.attendees_affected == int(said[0])
        assert f"{said} affected" in one.reasoning
