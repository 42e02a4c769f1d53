"""What makes up a known total: the few combinations of a tier's choices that cost exactly as much as its optimum.

A sum that may not exceed its optimum lets the linear relaxation take a part of each choice. Seldom can more than a few
dozen combinations make it up, and with one of them to choose the search refutes the others at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

type Combination = Mapping[int, int]
"""How often each variable is taken; those that are not are left out."""


def combinations_of(
    total: int, costs: Mapping[int, int], most: Sequence[int], *, at_most: int
) -> Sequence[Combination] | None:
    """Return all that cost ``total``, or None where there are more than ``at_most``.

    ``costs`` are positive, by variable; ``most`` is how often each may be taken, by index.
    """
    variables = list(costs)
    reachable = [{0}]
    for variable in reversed(variables):
        times = range(most[variable] + 1)
        sums = {left + costs[variable] * taken for left in reachable[-1] for taken in times}
        reachable.append({one for one in sums if one <= total})
    reachable.reverse()

    def made_of(place: int, left: int) -> Iterator[dict[int, int]]:
        if left not in reachable[place]:
            return
        if place == len(variables):
            yield {}
            return
        variable = variables[place]
        for taken in range(min(most[variable], left // costs[variable]) + 1):
            for rest in made_of(place + 1, left - taken * costs[variable]):
                yield {variable: taken, **rest} if taken else rest

    found = list(islice(made_of(0, total), at_most + 1))
    return found if len(found) <= at_most else None
