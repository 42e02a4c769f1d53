"""A CP-SAT model under construction, written straight into the solver's own protocol buffer.

The bindings (``ortools.sat.python.cp_model_helper``) are what OR-Tools' modelling layer is made of; without that layer
neither numpy nor pandas is imported or shipped.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from math import ceil
from types import ModuleType

from assistant.adapters.cp_sat_combinations import combinations_of
from assistant.domain.calendar.objective import Score
from assistant.domain.errors import Unavailable

type Variable = int
"""The index of a variable; of a binary one also the literal that it is 1."""

FREE = Score(0, 0, 0)

# More ways to make up a tier's optimum than this are rows that the search carries for nothing.
MOST_COMBINATIONS = 400

# The linear relaxation carries the proof: all rows at once. Probing finds nothing in these models, and a second worker
# shares the core of the first. Measured in docs/calendar-solver.md.
_PARAMETERS = (
    "num_workers:1 random_seed:1 linearization_level:2 add_lp_constraints_lazily:false cp_model_probing_level:0"
)


@cache
def bindings() -> ModuleType:
    """Return the bindings of the solver, imported on first use.

    Raises:
        Unavailable: they are not installed or do not load on this machine.

    """
    try:
        return import_module("ortools.sat.python.cp_model_helper")
    except ImportError as error:
        raise Unavailable("the solver is not installed") from error


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search found: a value of every variable, and what no assignment's objective is below."""

    values: Sequence[int] | None
    """None where nothing was found in time."""
    bound: int


class Program:
    """Variables, rows over them, and what they cost in the three tiers of the objective."""

    def __init__(self) -> None:
        self._bindings = bindings()
        self._model = self._bindings.CpModelProto()
        self._most: list[int] = []
        self._costs: tuple[dict[Variable, int], ...] = ({}, {}, {})
        self._fixed = [0, 0, 0]
        self._alternatives: list[Sequence[Variable]] = []

    @property
    def variables(self) -> int:
        """How many there are."""
        return len(self._most)

    @property
    def fixed(self) -> Score:
        """What every assignment costs."""
        return Score(*self._fixed)

    def binary(self, cost: Score = FREE) -> Variable:
        """Add a variable that is 0 or 1 and costs this much at 1."""
        return self.integer(1, cost)

    def integer(self, most: int, cost: Score = FREE) -> Variable:
        """Add a variable between 0 and ``most`` with this cost for each unit."""
        variable = len(self._most)
        self._most.append(most)
        self._model.variables.add().domain.extend((0, most))
        self.charge(variable, cost)
        return variable

    def charge(self, variable: Variable | None, cost: Score) -> None:
        """Add to the cost of a variable, or to what every assignment costs."""
        for tier, amount in enumerate(cost.tiers):
            if variable is None:
                self._fixed[tier] += amount
            elif amount:
                self._costs[tier][variable] = self._costs[tier].get(variable, 0) + amount

    def exactly_one(self, binaries: Sequence[Variable]) -> None:
        """Choose one of them."""
        self._model.constraints.add().exactly_one.literals.extend(binaries)
        self._alternatives.append(binaries)

    def at_most_one(self, binaries: Sequence[Variable]) -> None:
        """Choose none or one of them."""
        if len(binaries) > 1:
            self._model.constraints.add().at_most_one.literals.extend(binaries)

    def at_most(self, most: int, plus: Iterable[Variable], minus: Iterable[tuple[Variable, int]] = ()) -> None:
        """Keep the sum of ``plus`` less the multiples in ``minus`` from exceeding ``most``."""
        negative = [(variable, -factor) for variable, factor in minus]
        least = sum(factor * self._most[variable] for variable, factor in negative)
        self._linear([*((variable, 1) for variable in plus), *negative], least, most)

    def at_least(self, least: int, terms: Iterable[tuple[Variable, int]]) -> None:
        """Keep the sum of the multiples from falling below ``least``."""
        listed = list(terms)
        self._linear(listed, least, sum(factor * self._most[variable] for variable, factor in listed))

    def equals(self, total: int, terms: Iterable[tuple[Variable, int]]) -> None:
        """Make the sum of the multiples ``total``."""
        self._linear(list(terms), total, total)

    def _linear(self, terms: Sequence[tuple[Variable, int]], least: int, most: int) -> None:
        row = self._model.constraints.add().linear
        row.vars.extend([variable for variable, _ in terms])
        row.coeffs.extend([factor for _, factor in terms])
        row.domain.extend((least, most))

    def hint(self, values: Mapping[Variable, int]) -> None:
        """Try these values first."""
        hint = self._model.solution_hint
        hint.vars.extend(list(values))
        hint.values.extend(list(values.values()))

    def ranges(self) -> Score:
        """Return what each tier can cost at most above ``fixed``."""
        return Score(*(self._range(costs) for costs in self._costs))

    def _range(self, costs: Mapping[Variable, int]) -> int:
        alternative = {variable for choice in self._alternatives for variable in choice}
        chosen = sum(max(costs.get(variable, 0) for variable in choice) for choice in self._alternatives)
        return chosen + sum(
            cost * self._most[variable] for variable, cost in costs.items() if variable not in alternative
        )

    def cap(self, tier: int, most: int) -> None:
        """Keep a tier's cost above ``fixed`` from exceeding ``most``."""
        self._linear(list(self._costs[tier].items()), 0, most)

    def hold(self, tier: int, total: int) -> None:
        """Keep a tier's cost above ``fixed`` at its optimum, which is proven: no assignment costs less."""
        costs = self._costs[tier]
        self._linear(list(costs.items()), total, total)
        combinations = combinations_of(total, costs, self._most, at_most=MOST_COMBINATIONS) if total else None
        if combinations is None:
            return
        chosen = [self.binary() for _ in combinations]
        self.exactly_one(chosen)
        for variable in costs:
            taken = [
                (one, -times[variable]) for one, times in zip(chosen, combinations, strict=True) if variable in times
            ]
            self.equals(0, [(variable, 1), *taken])

    def minimize(self, weights: tuple[int, int, int], *, seconds: float) -> Outcome:
        """Search for the least weighted sum of the tiers, what every assignment costs left out.

        Raises:
            Unavailable: the solver failed.

        """
        total: dict[Variable, int] = {}
        for costs, weight in zip(self._costs, weights, strict=True):
            for variable, cost in costs.items():
                total[variable] = total.get(variable, 0) + weight * cost
        self._model.clear_objective()
        self._model.objective.vars.extend(list(total))
        self._model.objective.coeffs.extend(list(total.values()))
        return self._solved(seconds)

    def _solved(self, seconds: float) -> Outcome:
        status = self._bindings.CpSolverStatus
        parameters = self._bindings.SatParameters()
        parameters.parse_text_format(_PARAMETERS)
        parameters.max_time_in_seconds = seconds
        search = self._bindings.SolveWrapper()
        search.set_parameters(parameters)
        response = search.solve(self._model)
        if response.status not in (status.OPTIMAL, status.FEASIBLE, status.UNKNOWN):
            raise Unavailable(f"the solver says {response.status.name}")
        found = response.status != status.UNKNOWN
        return Outcome(
            values=list(response.solution) if found else None,
            # The objective is whole; its bound comes back as a float that may lie a little above a whole number.
            bound=max(0, ceil(response.best_objective_bound - 1e-6)),
        )
