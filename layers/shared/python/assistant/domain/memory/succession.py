"""Which memory of a line holds when: a newer one closes the older it contradicts, and both stay.

A line holds the memories that give the same attribute of the same subject (letter case and spacing aside) in the same
kind, and the corrections of a memory: two of them contradict each other wherever both would hold. Of two, the one that
holds since later closes the other at that moment, the one learned later at a tie. An observation never closes what the
user said or approved; it closes observations, and once approved, everything older.

The outcome depends on the memories alone, not on the order in which they were learned or forgotten.
"""

from collections.abc import Iterable, Sequence

from assistant.domain.memory.memory import Memory, Standing


def succeeded(line: Iterable[Memory]) -> tuple[Memory, ...]:
    """Return the memories of one line, each with what closed it, if anything, in the order in which they began."""
    ordered = sorted(line, key=lambda memory: (memory.valid_from, memory.created_at, memory.id))
    return tuple(_closed(memory, ordered[place + 1 :]) for place, memory in enumerate(ordered))


def _closed(memory: Memory, later: Sequence[Memory]) -> Memory:
    closer = next((other for other in later if _may_close(other, memory)), None)
    end = (closer.id, closer.valid_from) if closer else (None, None)
    if end == (memory.superseded_by, memory.superseded_at):
        return memory
    return memory.model_copy(update={"superseded_by": end[0], "superseded_at": end[1]})


def _may_close(newer: Memory, older: Memory) -> bool:
    return newer.standing is Standing.APPROVED or older.standing is Standing.OBSERVED
