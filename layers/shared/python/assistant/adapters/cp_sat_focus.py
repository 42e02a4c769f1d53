"""Focus blocks as binaries of the calendar's program."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.adapters.cp_sat_program import Program, Variable
from assistant.domain.calendar.intervals import up
from assistant.domain.calendar.objective import Score, focus_gaps
from assistant.domain.calendar.problem import Day, Interval, Minute, Problem

# Of one day; more take longer to write down than they save in the search.
MOST_BLOCKS = 2_000


@dataclass(frozen=True, slots=True)
class Focus:
    """A time on offer for focus: a block, or a cell of the grid that is part of one."""

    variable: Variable
    at: Interval


def offer_focus(program: Program, problem: Problem, day: Day, fixed: Iterable[Interval]) -> Sequence[Focus]:
    """Offer focus between the fixed events and price what is missing."""
    grid, wanted = problem.grid, day.focus_wanted
    shortest = up(problem.min_focus_block, grid)
    gaps = [gap for gap in focus_gaps(problem, day, sorted(fixed)) if gap.minutes >= shortest]
    if not wanted or not gaps:
        program.charge(None, Score(0, 0, wanted))
        return ()
    blocks = [block for gap in gaps for block in _blocks(gap, shortest, up(wanted, grid), grid)]
    if wanted <= 2 * shortest and len(blocks) <= MOST_BLOCKS:
        return _offer_blocks(program, blocks, shortest, wanted)
    return _offer_cells(program, gaps, shortest, wanted, grid)


def _blocks(gap: Interval, shortest: int, wanted: int, grid: int) -> Iterator[Interval]:
    """Yield the blocks of a gap that are neither too short to count nor longer than wanted."""
    for start in range(gap.start, gap.end - shortest + 1, grid):
        for end in range(start + shortest, min(start + max(wanted, shortest), gap.end) + 1, grid):
            yield Interval(start, end)


def _offer_blocks(program: Program, blocks: Iterable[Interval], shortest: int, wanted: int) -> Sequence[Focus]:
    """Offer one of the blocks, or two of the shortest length, which are all that is wanted."""
    shorts: dict[Minute, Variable] = {}
    offered: list[Focus] = []
    for block in blocks:
        if block.minutes == shortest:
            one = shorts[block.start] = program.binary()
        else:
            one = program.binary(Score(0, 0, max(0, wanted - block.minutes)))
        offered.append(Focus(one, block))
    program.exactly_one([*(focus.variable for focus in offered), program.binary(Score(0, 0, wanted))])
    if wanted <= shortest:
        return offered
    seconds = {start: program.binary() for start in shorts if start >= min(shorts) + shortest}
    alone = program.binary(Score(0, 0, wanted - shortest))
    program.equals(0, [*((one, 1) for one in shorts.values()), *((one, -1) for one in (*seconds.values(), alone))])
    _put_in_order(program, shorts, seconds, shortest)
    return [*offered, *(Focus(one, Interval(start, start + shortest)) for start, one in seconds.items())]


def _put_in_order(
    program: Program, firsts: Mapping[Minute, Variable], seconds: Mapping[Minute, Variable], shortest: int
) -> None:
    """Let a second block start at a time or before it only if a first one has ended by then."""
    for latest in seconds:
        begun = [one for start, one in seconds.items() if start <= latest]
        program.at_most(0, begun, [(one, 1) for start, one in firsts.items() if start + shortest <= latest])


def _offer_cells(program: Program, gaps: Iterable[Interval], shortest: int, wanted: int, grid: int) -> Sequence[Focus]:
    """Offer focus cell by cell; where it begins it lasts for the shortest block."""
    missing = program.integer(wanted, Score(0, 0, 1))
    cells: list[Focus] = []
    begins: list[Variable] = []
    least = shortest // grid
    for gap in gaps:
        own = [Focus(program.binary(), Interval(start, start + grid)) for start in range(*gap, grid)]
        cells += own
        begin = [program.binary() for _ in own[: len(own) - least + 1]]
        begins += begin
        for place, cell in enumerate(own):
            lasting = [*(one.variable for one in own[max(0, place - 1) : place]), *begin[place : place + 1]]
            program.at_most(0, [cell.variable], [(one, 1) for one in lasting])
            program.at_most(0, begin[max(0, place - least + 1) : place + 1], [(cell.variable, 1)])
    program.at_least(wanted, [(missing, 1), *((cell.variable, grid) for cell in cells)])
    program.at_most(-(-wanted // shortest), begins)
    return cells
