"""Plans of a calendar, and who searches and proves them."""

from functools import cached_property, partial
from typing import TYPE_CHECKING

from assistant.ports.calendar import PlanSolver, PlanStore, ProofQueue, SummaryStore, WishInterpreter
from assistant.runtime.settings import needed
from assistant.wiring.effects import EffectWiring
from assistant.wiring.kept_calendars import KeptCalendarWiring

if TYPE_CHECKING:
    from assistant.adapters.cp_sat import CpSatSolver
    from assistant.services.accept_suggestions import AcceptPorts
    from assistant.services.find_availability import AvailabilityPorts
    from assistant.services.optimize_calendar import OptimizePorts
    from assistant.services.optimize_team import TeamPorts
    from assistant.services.prove_plan import ProofPorts
    from assistant.services.summarize_plan import SummaryPorts


class CalendarWiring(EffectWiring, KeptCalendarWiring):
    """Plans of a calendar, and who searches and proves them."""

    @cached_property
    def plans(self) -> PlanStore:
        """Calendar plans."""
        from assistant.adapters.dynamo_plans import DynamoPlans

        return DynamoPlans(self._table, self.clock)

    @cached_property
    def summaries(self) -> SummaryStore:
        """Summaries of calendar plans."""
        from assistant.adapters.dynamo_summaries import DynamoSummaries

        # One attempt: a summary can be written again.
        return DynamoSummaries(self._impatient_table, self.clock)

    @cached_property
    def proofs(self) -> ProofQueue:
        """Where wishes for proofs go."""
        from assistant.adapters.sqs_audit import sqs_client
        from assistant.adapters.sqs_jobs import SqsJobs

        # One attempt: a plan is answered without its proof too.
        return SqsJobs(needed("PROOFS_QUEUE_URL", self.settings.proofs_queue_url), sqs_client(attempts=1))

    @cached_property
    def wish_interpreter(self) -> WishInterpreter:
        """The function that asks Claude about wishes."""
        from assistant.adapters.lambda_wishes import LambdaWishes, lambda_client

        function = needed("UNDERSTAND_WISHES_FUNCTION", self.settings.understand_wishes_function)
        return LambdaWishes(function, lambda_client())

    @cached_property
    def plan_solver(self) -> "CpSatSolver":
        """The solver of calendars; its libraries are loaded when it is primed or first used."""
        from assistant.adapters.cp_sat import CpSatSolver

        return CpSatSolver()

    def primed_plan_solver(self) -> PlanSolver:
        """Return the solver with its libraries loaded."""
        self.plan_solver.prime()
        return self.plan_solver

    @cached_property
    def optimize_ports(self) -> "OptimizePorts":
        """What optimizing a calendar needs."""
        from assistant.services.optimize_calendar import OptimizePorts

        return OptimizePorts(
            self.preferences,
            self.kept_events,
            lambda: self.wish_interpreter,
            self.plan_solver,
            self.plans,
            self.proofs,
            self.audit_trail,
            self.meter,
            self.clock,
        )

    def primed_optimize_ports(self) -> "OptimizePorts":
        """Return what optimizing a calendar needs, with the solver loaded and the client for wishes made."""
        self.primed_plan_solver()
        self.optimize_ports.interpreter()
        return self.optimize_ports

    @cached_property
    def accept_ports(self) -> "AcceptPorts":
        """What accepting suggestions needs."""
        from assistant.services.accept_suggestions import AcceptPorts
        from assistant.services.propose_plan import ProposePlanPorts, propose_plan

        propose = partial(propose_plan, ports=ProposePlanPorts(self.kept_events, self.propose_ports))
        return AcceptPorts(self.plans, self.audit_trail, self.clock, propose)

    @cached_property
    def proof_ports(self) -> "ProofPorts":
        """What proving a plan needs."""
        from assistant.services.prove_plan import ProofPorts

        return ProofPorts(self.plan_solver, self.plans, self.audit_trail, self.clock)

    @cached_property
    def summary_ports(self) -> "SummaryPorts":
        """What summarizing a plan needs."""
        from assistant.services.summarize_plan import SummaryPorts

        return SummaryPorts(self.plans, self.summaries, self.meter, self.clock, claude=lambda: self.claude_ports)

    @cached_property
    def availability_ports(self) -> "AvailabilityPorts":
        """What finding time needs."""
        from assistant.services.find_availability import AvailabilityPorts

        return AvailabilityPorts(self.preferences, self.kept_events, self.clock)

    @cached_property
    def team_ports(self) -> "TeamPorts":
        """What planning a team needs."""
        from assistant.adapters.cp_sat_team import CpSatTeamSolver
        from assistant.services.optimize_team import TeamPorts

        return TeamPorts(CpSatTeamSolver(), self.meter, self.clock)
