"""Which words of a question a memory holds: what is left of search where meanings cannot be compared."""

import re

from assistant.domain.memory.memory import Memory

_WORD = re.compile(r"\w+")


def share_of_words(query: str, memory: Memory) -> float:
    """Return how many of the query's words the memory has, from 0 to 1."""
    asked = _words(query)
    if not asked:
        return 0.0
    held = _words(" ".join((memory.subject, memory.attribute, memory.text, *memory.people)))
    return round(len(asked & held) / len(asked), 4)


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))
