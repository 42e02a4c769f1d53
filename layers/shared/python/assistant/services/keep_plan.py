"""Use case: keep a plan and have its proof go on; with the store or the queue down it is said to be missing."""

from contextlib import suppress
from dataclasses import replace
from typing import Literal
from uuid import uuid4

from assistant.domain.calendar.plan_record import PlanRecord, ProofJob, ProofState, proof_state
from assistant.domain.errors import Conflict, Unavailable
from assistant.domain.users import Identity
from assistant.ports.calendar import PlanStore, ProofQueue

type NotKept = Literal["plan_store", "proof_queue"]


def keep_plan(
    record: PlanRecord,
    earlier: PlanRecord | None,
    caller: Identity,
    *,
    outdated: bool = False,
    plans: PlanStore,
    proofs: ProofQueue,
) -> tuple[PlanRecord, tuple[NotKept, ...]]:
    """Keep the plan, then queue the wish for its proof, as a job finds the plan it is about; return it as it is kept.

    ``earlier`` is the one that is kept; where a job may be writing it, only a better one replaces it. One that is kept
    and ``outdated`` is replaced. Where another request made one meanwhile, this one is kept under an id of its own.
    """
    if record == earlier:
        return record, ()
    job_may_write = earlier is not None and earlier.proof is not ProofState.NOT_QUEUED
    try:
        if job_may_write:
            kept = plans.improve(record)
        elif earlier or outdated:
            kept = plans.save(record)
        else:
            record, kept = _added(record, plans)
        if not kept:
            return (earlier, ()) if earlier and job_may_write else (_unproven(record), ("plan_store",))
    except Unavailable:
        return _unproven(record), ("plan_store",)
    if job_may_write or record.proof is ProofState.PROVEN:
        return record, ()
    job = ProofJob(
        user_id=record.user_id, plan_id=record.plan_id, request_id=caller.request_id, requested_at=record.created_at
    )
    try:
        proofs.send(job)
    except Unavailable:
        unproven = _unproven(record)
        with suppress(Unavailable):
            plans.save(unproven)
        return unproven, ("proof_queue",)
    return record, ()


def _unproven(record: PlanRecord) -> PlanRecord:
    return replace(record, proof=proof_state(record.solution, ProofState.NOT_QUEUED))


def _added(record: PlanRecord, plans: PlanStore) -> tuple[PlanRecord, bool]:
    try:
        return record, plans.add(record)
    except Conflict:
        own = replace(record, plan_id=uuid4().hex)
        return own, plans.save(own)
