"""Finds cue phrases in text: one pass over the words, all languages together, the longest match wins."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from assistant.domain.triage.language import has_chinese
from assistant.domain.triage.lexicon import chinese, english, french, german, listed, spanish


class Cue(StrEnum):
    """What a phrase hints at."""

    IMMEDIATE = "immediate"
    OUTAGE = "outage"
    SECURITY = "security"
    SAFETY = "safety"
    LOSS = "loss"
    LEGAL = "legal"
    ESCALATION = "escalation"
    SUPPLY = "supply"
    IMPACT = "impact"
    CONSEQUENCE = "consequence"
    CALM = "calm"
    RESOLVED = "resolved"
    ASK = "ask"
    MEETING = "meeting"
    REVIEW = "review"
    APPROVE = "approve"
    PAY = "pay"
    SEND = "send"
    CALL = "call"
    ANSWER = "answer"
    FIX = "fix"
    THANKS = "thanks"
    CREDENTIALS = "credentials"
    ADVANCE_FEE = "advance_fee"
    PROMOTION = "promotion"
    UNSUBSCRIBE = "unsubscribe"
    AUTOMATED = "automated"
    SOCIAL = "social"
    PUBLICATION = "publication"
    MARKETING_SPAM = "marketing_spam"
    STEERING = "steering"


@dataclass(frozen=True, slots=True)
class CueHit:
    """A cue at ``text[start:end]``; ``phrase`` is the pattern that matched."""

    cue: Cue
    start: int
    end: int
    phrase: str


class _Pattern(NamedTuple):
    words: tuple[str, ...]
    cue: Cue
    phrase: str


_WORD = re.compile(r"[^\W_]+")
_PREFIX = 4


def fold(word: str) -> str:
    """Return ``word`` in lower case without accents."""
    if word.isascii():
        return word.lower()
    return "".join(char for char in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(char))


def words(text: str) -> list[tuple[str, int, int]]:
    """Return (folded word, start, end) for each word of ``text``."""
    return [(fold(match[0]), match.start(), match.end()) for match in _WORD.finditer(text)]


def find_cues(text: str, tokens: list[tuple[str, int, int]] | None = None) -> tuple[CueHit, ...]:
    """Return the cues in ``text`` in reading order; a hit inside a longer one is dropped."""
    found = _in_words(words(text) if tokens is None else tokens)
    if has_chinese(text):
        found.extend(_in_chinese(text))
    found.sort(key=lambda hit: (hit.start, -hit.end))
    kept: list[CueHit] = []
    for hit in found:
        # One phrase may speak for two cues.
        if not kept or hit.end > kept[-1].end or (hit.start, hit.end) == (kept[-1].start, kept[-1].end):
            kept.append(hit)
    return tuple(kept)


def _in_words(tokens: list[tuple[str, int, int]]) -> list[CueHit]:
    index = _index()
    found: list[CueHit] = []
    folded = [word for word, _, _ in tokens]
    for position, word in enumerate(folded):
        following = folded[position + 1] if position + 1 < len(folded) else ""
        for key in (word, word[:_PREFIX] + "*", "#" if word[0].isdigit() else ""):
            by_second = index.get(key)
            if by_second is None:
                continue
            for pattern in (*by_second.get(following, ()), *by_second.get("", ())):
                if _fits_at(pattern.words, folded, position):
                    end = tokens[position + len(pattern.words) - 1][2]
                    found.append(CueHit(pattern.cue, tokens[position][1], end, pattern.phrase))
    return found


def _fits_at(parts: tuple[str, ...], folded: list[str], position: int) -> bool:
    window = folded[position : position + len(parts)]
    return len(window) == len(parts) and all(map(_fits, parts, window))


def _fits(part: str, word: str) -> bool:
    if part == word:
        return True
    if part[-1] == "*":
        return word.startswith(part[:-1])
    return part == "_" or (part == "#" and word[0].isdigit())


def _in_chinese(text: str) -> Iterable[CueHit]:
    for cue, phrases in chinese.PHRASES.items():
        for phrase in listed(phrases):
            start = text.find(phrase)
            if start >= 0:
                yield CueHit(Cue(cue), start, start + len(phrase), phrase)


@cache
def _index() -> Mapping[str, Mapping[str, tuple[_Pattern, ...]]]:
    """Return the patterns by first word, then by second; "" where the second is open or missing.

    An open-ended first word stands under its first letters and a star.
    """
    index: defaultdict[str, defaultdict[str, list[_Pattern]]] = defaultdict(lambda: defaultdict(list))
    for language in (english.PHRASES, spanish.PHRASES, french.PHRASES, german.PHRASES):
        for cue, phrases in language.items():
            for phrase in listed(phrases):
                parts = tuple(_parts(phrase))
                first = parts[0][:_PREFIX] + "*" if parts[0].endswith("*") else parts[0]
                is_literal = len(parts) > 1 and parts[1].isalnum()
                index[first][parts[1] if is_literal else ""].append(_Pattern(parts, Cue(cue), phrase))
    return {first: {second: tuple(found) for second, found in by.items()} for first, by in index.items()}


def _parts(phrase: str) -> Iterable[str]:
    for piece in phrase.split():
        if piece in ("#", "_"):
            yield piece
        else:
            pieces = [fold(part) for part in _WORD.findall(piece)]
            if pieces and piece.endswith("*"):
                pieces[-1] += "*"
            yield from pieces
