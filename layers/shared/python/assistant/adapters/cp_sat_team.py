"""A team's calendars in one search: each member's week in the same program, shared meetings tied to one time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from assistant.adapters.cp_sat_program import Program, Variable
from assistant.adapters.cp_sat_search import Search, failures_as_unavailable
from assistant.adapters.cp_sat_week import TooLarge, Week
from assistant.domain.calendar.objective import Score, best_focus, move_cost
from assistant.domain.calendar.plan import Plan
from assistant.domain.calendar.problem import Event
from assistant.domain.calendar.rules import violations
from assistant.domain.calendar.solution import TeamSolution
from assistant.domain.calendar.team import Team, team_score, torn
from assistant.domain.errors import Unavailable


class CpSatTeamSolver:
    """Looks for the best plans with one worker and a fixed seed."""

    @failures_as_unavailable()
    def solve(self, team: Team, start: Mapping[str, Plan], *, seconds: float) -> TeamSolution:
        """Return the best allowed plans found within ``seconds``, never ones that score higher than ``start``.

        Raises:
            Unavailable: the solver is not installed, failed, or contradicts the domain's own reckoning.

        """
        search = Search(start, scored=partial(team_score, team), seconds=seconds)
        try:
            program, weeks = _written(team, still_time=search.still_time)
        except TooLarge:
            return search.solution(bounds=None)
        return search.solution(
            search.run(program, read=partial(_checked, team, weeks), hint=partial(_values_of, weeks))
        )


def _written(team: Team, *, still_time: Callable[[], bool]) -> tuple[Program, Mapping[str, Week]]:
    program = Program()
    weeks = {user: Week(problem, still_time=still_time, program=program) for user, problem in team.members.items()}
    for name, users in team.shared.items():
        _tie(team, name, users, weeks)
    return program, weeks


def _tie(team: Team, name: str, users: tuple[str, ...], weeks: Mapping[str, Week]) -> None:
    """Make a meeting move to the same time in all calendars or in none, and its move be paid once."""
    program = weeks[users[0]].program
    offers = {user: weeks[user].moves(name) for user in users}
    everywhere = set.intersection(*(set(moves) for moves in offers.values()))
    first = offers[users[0]]
    for user, moves in offers.items():
        problem = team.members[user]
        event = _event(team, user, name)
        for at, variable in moves.items():
            if at not in everywhere:
                program.at_most(0, [variable])
            elif user != users[0]:
                program.equals(0, [(variable, 1), (first[at], -1)])
                program.charge(variable, Score(0, 0, -move_cost(problem, event, at.start)))


def _checked(team: Team, weeks: Mapping[str, Week], values: Sequence[int]) -> Mapping[str, Plan]:
    """Return the plans with their focus blocks; an allowed plan for everybody, or the solver failed."""
    found = {user: week.plan(values) for user, week in weeks.items()}
    plans = {user: replace(plan, focus=best_focus(team.members[user], plan)) for user, plan in found.items()}
    broken = [one for user, plan in plans.items() for one in violations(team.members[user], plan)]
    if broken or torn(team, plans):
        raise Unavailable(f"the solver's plans break {len(broken)} rules and tear {len(torn(team, plans))} meetings")
    return plans


def _values_of(weeks: Mapping[str, Week], plans: Mapping[str, Plan]) -> Mapping[Variable, int]:
    return {name: value for user, week in weeks.items() for name, value in week.values_of(plans[user]).items()}


def _event(team: Team, user: str, name: str) -> Event:
    return next(event for event in team.members[user].events if event.id == name)
