"""Sentences of a mail, across hard-wrapped lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_END = re.compile(r"[.!?]+[\"')\]]*(?=\s|$)|[。！？]+|\n\s*\n|\n(?=\s*(?:[-*•>]|\d+[.)]))|\n")
# A line this short ends where its author wanted; a longer one was wrapped.
_WRAP_AT = 48


@dataclass(frozen=True, slots=True)
class Sentence:
    """``text[start:end]`` of the text it came from."""

    text: str
    start: int
    end: int

    @property
    def is_question(self) -> bool:
        """Whether it ends as a question."""
        return self.text.rstrip("\"')] ").endswith(("?", "？"))


def sentences(text: str) -> Iterator[Sentence]:
    """Yield the non-empty sentences of ``text`` in order."""
    start = 0
    line_start = 0
    for mark in _END.finditer(text):
        if mark[0][0] in ".!?" and _goes_on(text, mark.end()):
            continue
        if mark[0] == "\n":
            line, line_start = mark.start() - line_start, mark.end()
            if line > _WRAP_AT:
                continue
        elif mark[0].startswith("\n"):
            line_start = mark.end()
        yield from _sentence(text, start, mark.end())
        start = mark.end()
    yield from _sentence(text, start, len(text))


def _goes_on(text: str, end: int) -> bool:
    """Whether a small letter follows: "at 5 p.m. tomorrow", "(or was it?) and then"."""
    following = text[end : end + 2].lstrip(" ")
    return following[:1].islower()


def _sentence(text: str, start: int, end: int) -> Iterator[Sentence]:
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        left = start + piece.index(stripped[0])
        yield Sentence(stripped, left, left + len(stripped))
