"""Use case: keep a plan and have its proof go on; with the store or the queue down it is said to be missing."""

from contextlib import suppress
from dataclasses import replace
from typing import Literal

from assistant.domain.calendar.plan_record import PlanRecord, ProofJob, ProofState, proof_state
from assistant.domain.errors import Unavailable
from assistant.domain.users import Identity
from assistant.ports.calendar import PlanStore, ProofQueue

type NotKept = Literal["plan_store", "proof_queue"]


def keep_plan(
    record: PlanRecord, earlier: PlanRecord | None, caller: Identity, *, plans: PlanStore, proofs: ProofQueue
) -> tuple[PlanRecord, tuple[NotKept, ...]]:
    """Keep the plan, then queue the wish for its proof, as a job finds the plan it is about; return it as it is kept.

    ``earlier`` is the one that is kept; where a job may be writing it, only a better one replaces it.
    """
    if record == earlier:
        return record, ()
    unproven = replace(record, proof=proof_state(record.solution, ProofState.NOT_QUEUED))
    job_may_write = earlier is not None and earlier.proof is not ProofState.NOT_QUEUED
    try:
        if not (plans.improve if job_may_write else plans.save)(record):
            return (earlier, ()) if earlier and job_may_write else (unproven, ("plan_store",))
    except Unavailable:
        return unproven, ("plan_store",)
    if job_may_write or record.proof is ProofState.PROVEN:
        return record, ()
    job = ProofJob(
        user_id=record.user_id, plan_id=record.plan_id, request_id=caller.request_id, requested_at=record.created_at
    )
    try:
        proofs.send(job)
    except Unavailable:
        with suppress(Unavailable):
            plans.save(unproven)
        return unproven, ("proof_queue",)
    return record, ()
