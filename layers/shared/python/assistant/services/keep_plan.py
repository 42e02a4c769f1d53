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

    ``earlier`` is the one that is kept: only a better one replaces it, or one that is renewed and no worse. One that
    is kept and ``outdated`` is replaced. Where another request made one meanwhile, this is kept under an id of its own.
    """
    if record == earlier:
        return record, ()
    renewed = earlier is not None and record.renewed_at != earlier.renewed_at
    try:
        if earlier:
            kept = plans.renew(record) if renewed else plans.improve(record)
        elif outdated:
            kept = plans.save(record)
        else:
            record, kept = _added(record, plans)
        if not kept:
            return (earlier, ()) if earlier else (_unproven(record), ("plan_store",))
    except Unavailable:
        return _unproven(record), ("plan_store",)
    if record.proof is not ProofState.QUEUED or (earlier and not renewed):
        return record, ()
    job = ProofJob(
        user_id=record.user_id, plan_id=record.plan_id, request_id=caller.request_id, requested_at=record.kept_since
    )
    try:
        proofs.send(job)
    except Unavailable:
        unproven = _unproven(record)
        with suppress(Unavailable):
            plans.renew(unproven)
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
