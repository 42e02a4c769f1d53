"""The part of a mail a model is shown: its top, and of the rest the sentences that carry most."""

from typing import Final

from assistant.domain.triage.cues import Cue
from assistant.domain.triage.reading import Reading
from assistant.domain.triage.sentences import Sentence
from assistant.domain.triage.urgency import SEVERE

_TOP: Final = 0.6
_ASCII_TOKENS: Final = 0.27
_OTHER_TOKENS: Final = 0.8
_TELLING: Final = frozenset(
    {*SEVERE, Cue.IMMEDIATE, Cue.IMPACT, Cue.CONSEQUENCE, Cue.CALM, Cue.RESOLVED, Cue.ASK, Cue.UNSUBSCRIBE}
    | {Cue.MEETING, Cue.REVIEW, Cue.APPROVE, Cue.PAY, Cue.SEND, Cue.CALL, Cue.ANSWER, Cue.FIX}
)


def excerpt(reading: Reading, *, tokens: int) -> tuple[str, bool]:
    """Return at most about ``tokens`` tokens of what the sender wrote, and whether anything was left out."""
    written = reading.visible.own
    if _tokens(written) <= tokens:
        return written, False
    top = _start(written, tokens * _TOP)
    room = tokens - _tokens(top)
    top_end = reading.subject_end + 1 + len(top)
    kept: list[Sentence] = []
    for sentence in sorted(reading.sentences, key=lambda one: -_strength(reading, one)):
        size = _tokens(sentence.text)
        if sentence.start >= top_end and size <= room and _strength(reading, sentence):
            kept.append(sentence)
            room -= size
    rest = (sentence.text for sentence in sorted(kept, key=lambda one: one.start))
    return " … ".join((top, *rest)), True


def _start(text: str, tokens: float) -> str:
    """Return the first words that fit."""
    used = 0.0
    for index, char in enumerate(text):
        used += _ASCII_TOKENS if char.isascii() else _OTHER_TOKENS
        if used > tokens:
            return text[:index].rsplit(maxsplit=1)[0] if text[:index].strip() else ""
    return text


def _strength(reading: Reading, sentence: Sentence) -> int:
    cues, _ = reading.within(sentence)
    return len({hit.cue for hit in cues} & _TELLING)


def _tokens(text: str) -> float:
    ascii_count = sum(map(str.isascii, text))
    return ascii_count * _ASCII_TOKENS + (len(text) - ascii_count) * _OTHER_TOKENS
