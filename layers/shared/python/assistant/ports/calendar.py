"""Calendar plans: keeping, searching, proving and summarizing them, and understanding what is wished of them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # Only the functions of the calendar pay for its models.
    from assistant.domain.calendar.changes import Change
    from assistant.domain.calendar.plan import Plan
    from assistant.domain.calendar.plan_record import PlanRecord, ProofJob
    from assistant.domain.calendar.problem import Problem
    from assistant.domain.calendar.prose.summary import Summary
    from assistant.domain.calendar.solution import TeamSolution, WeekSolution
    from assistant.domain.calendar.suggestions import AskedChange
    from assistant.domain.calendar.team import Team
    from assistant.domain.calendar.wishes.interpreting import InterpretedWishes, WishesToInterpret
    from assistant.domain.languages import WrittenLanguage


class PlanStore(Protocol):
    """Calendar plans, each forgotten 30 days after it was made or renewed."""

    def add(self, record: "PlanRecord") -> bool:
        """Keep a new plan; False when it is too large to be kept. Raises Conflict where one of its id is kept."""
        ...

    def save(self, record: "PlanRecord") -> bool:
        """Keep a plan in place of any of its id; False when it is too large to be kept."""
        ...

    def find(self, user_id: str, plan_id: str) -> "PlanRecord | None":
        """Return the plan unless it is unknown or forgotten."""
        ...

    def improve(self, record: "PlanRecord") -> bool:
        """Replace the kept plan by one of a lower rank; False when it is forgotten or there is none lower."""
        ...

    def renew(self, record: "PlanRecord") -> bool:
        """Replace the kept plan by one of the same rank or a lower; False when it is forgotten or better."""
        ...


class SummaryStore(Protocol):
    """Summaries of plans, each forgotten with its plan."""

    def find(self, user_id: str, plan_id: str, revision: int, language: "WrittenLanguage") -> "Summary | None":
        """Return the summary of a revision in a language unless there is none, or it is forgotten."""
        ...

    def keep(self, summary: "Summary") -> "Summary":
        """Keep the first summary of a revision in a language; return the one that is kept."""
        ...


class ProofQueue(Protocol):
    """Takes the wish that a kept plan be proven best, or bettered."""

    def send(self, job: "ProofJob") -> None:
        """Hand the job over."""
        ...


class PlanProposer(Protocol):
    """Asks the user to approve what accepted suggestions do to their connected calendars."""

    def __call__(
        self, record: "PlanRecord", chosen: "Sequence[Change]", *, language: "WrittenLanguage", request_id: str
    ) -> "Sequence[AskedChange]":
        """Return the changes that were put to the user; the same again changes nothing.

        What is entered has a title in ``language``.

        Raises:
            Conflict: the same was asked and refused too often.
            Unavailable: asking is not possible right now; propose them again.
        """
        ...


class WishInterpreter(Protocol):
    """Understands wishes that no rule does."""

    def interpret(self, asked: "WishesToInterpret") -> "InterpretedWishes":
        """Return what was understood of the wishes by the time they name."""
        ...


class PlanSolver(Protocol):
    """Looks for the best plan of a calendar and proves that there is none better."""

    def solve(self, problem: "Problem", start: "Plan", *, seconds: float) -> "WeekSolution":
        """Return the best allowed plan found within ``seconds``, never one that scores higher than ``start``.

        ``start`` has to be allowed.

        Raises:
            Unavailable: the solver is not installed or failed.
        """
        ...


class TeamSolver(Protocol):
    """Looks for the best plans of several calendars that share meetings."""

    def solve(self, team: "Team", start: Mapping[str, "Plan"], *, seconds: float) -> "TeamSolution":
        """Return the best allowed plans found within ``seconds``, never ones that score higher than ``start``.

        Raises:
            Unavailable: the solver is not installed or failed.
        """
        ...
