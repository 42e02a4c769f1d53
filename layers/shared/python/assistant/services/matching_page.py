"""A page of what matches in a long list, the newest first, without looking through all of it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

# Of a long list in which few match no more is looked through at once.
_MOST_READ: Final = 2_000
CHUNK: Final = 100


def matching_page[One](
    newest: Iterable[One], matches: Callable[[One], bool], *, limit: int
) -> tuple[Sequence[One], One | None]:
    """Return what matches, and the one behind which the next page begins; None at the end."""
    page: list[One] = []
    for number, one in enumerate(newest, start=1):
        if matches(one):
            if len(page) == limit:
                return page, page[-1]
            page.append(one)
        if number == _MOST_READ:
            return page, one
    return page, None


def chunked[One](
    read: Callable[[str | None], Sequence[One]], place: Callable[[One], str], *, before: str | None
) -> Iterator[One]:
    """Yield what ``read`` returns before a place, ``CHUNK`` at a time, until it returns fewer."""
    while True:
        some = read(before)
        yield from some
        if len(some) < CHUNK:
            return
        before = place(some[-1])
