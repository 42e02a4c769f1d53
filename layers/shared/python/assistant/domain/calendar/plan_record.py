"""Plans as they are kept: the calendar as it was read, what was found for it, and whether a proof is under way."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from hashlib import sha256

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter

from assistant.domain.calendar.problem import Problem
from assistant.domain.calendar.request import Constraints
from assistant.domain.calendar.solution import Status, WeekSolution
from assistant.domain.users import UserId

KEPT_FOR = timedelta(days=30)
# A job that has not come to an end by then has failed too often: it lies among the dead letters.
QUEUED_FOR = timedelta(hours=1)


class ProofState(StrEnum):
    """What becomes of the proof that no plan is better."""

    PROVEN = "proven"
    QUEUED = "queued"
    """A job will go on; its result is at the address of the plan."""
    NOT_QUEUED = "not_queued"
    """The queue was down, or the plan could not be kept."""
    OPEN = "open"
    """The job ran out of time; what it found is here."""


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """One plan of one user. ``revision`` counts from 1; a better plan is the next one, a mere proof is not."""

    user_id: str
    plan_id: str
    created_at: datetime
    revision: int
    constraints: Constraints
    problem: Problem
    solution: WeekSolution
    proof: ProofState
    renewed_at: datetime | None = None
    """When it was last asked about with too little of its time left, or with no proof under way."""

    @property
    def kept_since(self) -> datetime:
        """When its time began, and that of its proof in the queue."""
        return self.renewed_at or self.created_at

    @property
    def expires_at(self) -> datetime:
        """When the plan is forgotten."""
        return self.kept_since + KEPT_FOR

    @property
    def rank(self) -> tuple[int, int, int, int]:
        """Lower is better: the score, then how far the proof has come."""
        proven = {ProofState.PROVEN: 0, ProofState.OPEN: 1}.get(self.proof, 2)
        return (*self.solution.score.tiers, proven)


class ProofJob(BaseModel):
    """The wish that a kept plan be proven best, or bettered; also the message body of the queue ``proofs``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user_id: UserId
    plan_id: str
    request_id: str
    requested_at: AwareDatetime


def proof_state(solution: WeekSolution, otherwise: ProofState) -> ProofState:
    """Return PROVEN for an optimal solution."""
    return ProofState.PROVEN if solution.status is Status.OPTIMAL else otherwise


def plan_id_of(problem: Problem, constraints: Constraints) -> str:
    """Return the id of the plan of a calendar, 32 hex digits: the same calendar asked about again has the same plan."""
    return sha256(_asked().dump_json((problem, constraints))).hexdigest()[:32]


def searched_on(kept: PlanRecord, found: WeekSolution, otherwise: ProofState) -> PlanRecord:
    """Return the record after another search; a plan of the same score is not exchanged, for the user has seen it."""
    better = found.score < kept.solution.score
    solution = found if better else replace(found, plan=kept.solution.plan)
    return replace(kept, revision=kept.revision + better, solution=solution, proof=proof_state(solution, otherwise))


def asked_again(kept: PlanRecord, now: datetime) -> PlanRecord:
    """Return the record as a request goes on with it: a proof that was given up is not queued any more.

    It is renewed where its proof has to be queued, or where half of its time is over.
    """
    age = now - kept.kept_since
    if kept.proof is ProofState.NOT_QUEUED or (kept.proof is ProofState.QUEUED and age > QUEUED_FOR):
        return replace(kept, proof=ProofState.NOT_QUEUED, renewed_at=now)
    return replace(kept, renewed_at=now) if age > KEPT_FOR / 2 else kept


@cache
def _asked() -> TypeAdapter[tuple[Problem, Constraints]]:
    return TypeAdapter(tuple[Problem, Constraints])
