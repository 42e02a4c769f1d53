"""Focus blocks as binaries of the calendar's program."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from assistant.adapters.cp_sat_program import Program, Variable
from assistant.domain.calendar.intervals import up
from assistant.domain.calendar.objective import Score, focus_gaps
from assistant.domain.calendar.problem import Day, Interval, Problem

type Covered = Mapping[int, Sequence[Variable]]
"""The focus variables of a cell of the grid, by its start."""


def offer_focus(program: Program, problem: Problem, day: Day, fixed: Iterable[Interval]) -> Covered:
    """Offer focus blocks between the fixed events and price what is missing; return the cells they would cover."""
    grid, wanted = problem.grid, day.focus_wanted
    shortest = up(problem.min_focus_block, grid) // grid
    gaps = [range(*gap, grid) for gap in focus_gaps(problem, day, sorted(fixed))]
    gaps = [gap for gap in gaps if len(gap) >= shortest]
    if not wanted or not gaps:
        program.charge(None, Score(0, 0, wanted))
        return {}
    if wanted <= shortest * grid:
        return _offer_one_block(program, gaps, shortest, wanted)
    return _offer_blocks(program, gaps, shortest, wanted, grid)


def _offer_one_block(program: Program, gaps: Iterable[range], length: int, wanted: int) -> Covered:
    """Offer blocks of the shortest length, of which one is all that is wanted."""
    covered: defaultdict[int, list[Variable]] = defaultdict(list)
    blocks = [gap[first : first + length] for gap in gaps for first in range(len(gap) - length + 1)]
    choices = []
    for block in blocks:
        choices.append(program.binary())
        for cell in block:
            covered[cell].append(choices[-1])
    missing = program.binary(Score(0, 0, wanted))
    program.exactly_one([*choices, missing])
    return covered


def _offer_blocks(program: Program, gaps: Iterable[range], shortest: int, wanted: int, grid: int) -> Covered:
    """Offer focus cell by cell; where it begins it lasts for the shortest block."""
    missing = program.integer(wanted, Score(0, 0, 1))
    cells: dict[int, Variable] = {}
    begins: list[Variable] = []
    for gap in gaps:
        own = [program.binary() for _ in gap]
        cells.update(zip(gap, own, strict=True))
        begin = [program.binary() for _ in gap[: len(gap) - shortest + 1]]
        begins += begin
        for place, cell in enumerate(own):
            lasting = [*own[max(0, place - 1) : place], *begin[place : place + 1]]
            program.at_most(0, [cell], [(one, 1) for one in lasting])
            program.at_most(0, begin[max(0, place - shortest + 1) : place + 1], [(cell, 1)])
    program.at_least(wanted, [(missing, 1), *((cell, grid) for cell in cells.values())])
    program.at_most(-(-wanted // (shortest * grid)), begins)
    return {start: [cell] for start, cell in cells.items()}
