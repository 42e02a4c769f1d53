"""The part of a mail a model is shown: its top, and of the rest the sentences that carry most."""

from bisect import bisect_right
from typing import Final

from assistant.domain.llm_tokens import estimated_tokens
from assistant.domain.triage.cues import Cue
from assistant.domain.triage.reading import Reading
from assistant.domain.triage.sentences import Sentence
from assistant.domain.triage.urgency import SEVERE

_TOP: Final = 0.6
_TELLING: Final = frozenset(
    {*SEVERE, Cue.IMMEDIATE, Cue.IMPACT, Cue.CONSEQUENCE, Cue.CALM, Cue.RESOLVED, Cue.ASK, Cue.UNSUBSCRIBE}
    | {Cue.MEETING, Cue.REVIEW, Cue.APPROVE, Cue.PAY, Cue.SEND, Cue.CALL, Cue.ANSWER, Cue.FIX}
)


def excerpt(reading: Reading, *, tokens: int) -> tuple[str, bool]:
    """Return at most ``tokens`` estimated tokens of what the sender wrote, and whether anything was left out."""
    written = reading.visible.own
    if estimated_tokens(written) <= tokens:
        return written, False
    top = _start(written, tokens * _TOP)
    room = tokens - estimated_tokens(top)
    top_end = reading.subject_end + 1 + len(top)
    kept: list[Sentence] = []
    for sentence in sorted(reading.sentences, key=lambda one: -_strength(reading, one)):
        size = estimated_tokens(sentence.text)
        if sentence.start >= top_end and size <= room and _strength(reading, sentence):
            kept.append(sentence)
            room -= size
    rest = (sentence.text for sentence in sorted(kept, key=lambda one: one.start))
    return " … ".join((top, *rest)), True


def _start(text: str, tokens: float) -> str:
    """Return the first words that fit."""
    fits = bisect_right(range(len(text)), tokens, key=lambda length: estimated_tokens(text[:length])) - 1
    words = text[:fits].rsplit(maxsplit=1)
    return words[0] if words else ""


def _strength(reading: Reading, sentence: Sentence) -> int:
    cues, _ = reading.within(sentence)
    return len({hit.cue for hit in cues} & _TELLING)
