"""Use case: go on where an answer stopped, until a kept plan is proven best, or bettered, or time is up."""

from dataclasses import dataclass

from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.calendar.plan_record import ProofJob, ProofState, searched_on
from assistant.domain.users import Identity
from assistant.ports.calendar import PlanSolver, PlanStore
from assistant.ports.runtime import AuditTrail, Clock


@dataclass(frozen=True, slots=True)
class ProofPorts:
    """The ports a proof needs."""

    solver: PlanSolver
    plans: PlanStore
    audit: AuditTrail
    clock: Clock


def prove_plan(job: ProofJob, *, seconds: float, ports: ProofPorts) -> bool:
    """Search within ``seconds`` and keep what is better; False when there is nothing to do or nothing better.

    Run again it changes nothing: only a lower rank replaces what is kept.

    Raises:
        Unavailable: the store is down, or the solver is missing or failed.
    """
    kept = ports.plans.find(job.user_id, job.plan_id)
    if kept is None or kept.proof in {ProofState.PROVEN, ProofState.OPEN}:
        return False
    found = ports.solver.solve(kept.problem, kept.solution.plan, seconds=seconds)
    record = searched_on(kept, found, ProofState.OPEN)
    if not ports.plans.improve(record):
        return False
    caller = Identity(job.user_id, job.request_id)
    counts = {"proven": int(record.proof is ProofState.PROVEN), "bettered": record.revision - kept.revision}
    ports.audit.record(
        audit_event(
            AuditAction.CALENDAR_PLAN_PROVEN, caller, ports.clock.now(), counts=counts, subject_id=record.plan_id
        )
    )
    return True
