"""Statements of a briefing and what they rest on."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from pydantic import BaseModel

from assistant.domain.sources import Source

LONGEST_SHOWN: Final = 240
_SPACE: Final = re.compile(r"\s+")
_LINK: Final = re.compile(
    r"\b(?:[a-z][a-z0-9+.-]{1,20}://|www\.|(?:mailto|javascript|data):)\S+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,24}/\S*",
    re.IGNORECASE,
)
_ADDRESS: Final = re.compile(r"[\w.+'-]+@[\w.-]+")


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing said, and the places that say it."""

    text: str
    sources: tuple[Source, ...]


class CitedText(BaseModel):
    """One thing said; ``citations`` are numbers of the citations of the answer."""

    text: str
    citations: tuple[int, ...]


class Citation(BaseModel):
    """A place statements rest on."""

    n: int
    source: Source


@dataclass(slots=True)
class Citations:
    """Numbers sources in the order in which they are first cited."""

    _numbers: dict[Source, int] = field(default_factory=dict)

    def numbers(self, sources: Iterable[Source]) -> tuple[int, ...]:
        """Return the numbers of the sources."""
        return tuple(dict.fromkeys(self._numbers.setdefault(source, len(self._numbers) + 1) for source in sources))

    def cite(self, statement: Statement) -> CitedText:
        """Return the statement with numbers for its sources."""
        return CitedText(text=statement.text, citations=self.numbers(statement.sources))

    @property
    def listed(self) -> tuple[Citation, ...]:
        """Every source that was cited."""
        return tuple(Citation(n=n, source=source) for source, n in self._numbers.items())


def shown(text: str, longest: int = LONGEST_SHOWN) -> str:
    """Return words of a document as they may be shown: one line, cut at a word, no link and no address to follow."""
    line = _SPACE.sub(" ", _ADDRESS.sub("(address)", _LINK.sub("(link)", text))).strip()
    if len(line) <= longest:
        return line
    return f"{line[:longest].rsplit(' ', 1)[0]}…"
