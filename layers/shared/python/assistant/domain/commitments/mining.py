"""Finds what people promise and ask for in what they write: "I'll send you the deck by Friday", "could you ...?".

Precision comes before recall: a promise nobody made costs the user's trust, one not found costs what it costs today.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from assistant.domain.commitments.commitment import Commitment, Direction
from assistant.domain.commitments.promising import COURTESY, NO_PROMISE, PROMISE
from assistant.domain.mail import Mail
from assistant.domain.sources import LONGEST_QUOTE, Document
from assistant.domain.triage.cues import Cue, CueHit, fold
from assistant.domain.triage.deadlines import find_days, find_deadlines
from assistant.domain.triage.reading import Reading, read
from assistant.domain.triage.requests import scored_sentences, sentence_features
from assistant.domain.triage.sentences import Sentence
from assistant.domain.triage.weights import shipped_weights

# Chosen on labelled sentences: nineteen of twenty of those above it are requests.
_SURE: Final = 0.8
_SURE_WITH_DAY: Final = 0.65
_PROMISED: Final = 0.8
_DATED: Final = 0.1
_SHARED: Final = 0.8
_MOST: Final = 0.95
_SELLS: Final = frozenset(
    {Cue.PROMOTION, Cue.UNSUBSCRIBE, Cue.MARKETING_SPAM, Cue.CREDENTIALS, Cue.ADVANCE_FEE, Cue.AUTOMATED}
)
_LURES: Final = (Cue.CREDENTIALS, Cue.ADVANCE_FEE, Cue.MARKETING_SPAM, Cue.PROMOTION)
_MOST_LURES: Final = 2
_DUTIES: Final = frozenset({Cue.MEETING, Cue.REVIEW, Cue.APPROVE, Cue.PAY, Cue.SEND, Cue.CALL, Cue.ANSWER, Cue.FIX})
_VOCATIVE = re.compile(r"^(?:@|hi |hello |dear )?([^\W\d_]{2,}),", re.IGNORECASE)
_LOCAL_WORDS = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence in which its author promises (else asks for) something, and how sure that is."""

    sentence: Sentence
    due: datetime | None
    promise: bool
    confidence: float


def find_commitments(document: Document, *, own: Collection[str], zone: ZoneInfo) -> Sequence[Commitment]:
    """Return what the author of ``document`` promises or asks for, in reading order; never raises.

    ``document.people`` has the author first; without an author nothing is found. ``own`` are the user's addresses,
    lower case. Days like "tomorrow" count from ``document.at`` in ``zone``; without it nothing has a due time. Bulk
    mail and lures commit nobody. Each source is the sentence as it stands in ``document.text``.
    """
    if not document.people or not document.text.strip():
        return ()
    reading = read(Mail(id=document.id, sender=document.people[0], subject=document.title, body=document.text))
    if _is_bulk(reading):
        return ()
    found: list[Commitment] = []
    place = 0
    for said in _said(reading, document, zone):
        span = _span(document.text, said.sentence.text, place)
        if span is None:
            continue
        place = span[1]
        commitment = _commitment(document, said, span, own=own)
        if commitment is not None:
            found.append(commitment)
    return tuple(found)


def _is_bulk(reading: Reading) -> bool:
    counts = reading.shown_counts
    return counts.get(Cue.UNSUBSCRIBE, 0) > 0 or sum(counts.get(cue, 0) for cue in _LURES) >= _MOST_LURES


def _said(reading: Reading, document: Document, zone: ZoneInfo) -> Iterator[_Said]:
    for probability, sentence in scored_sentences(reading, shipped_weights().sentence):
        text = " ".join(fold(word) for word in sentence.text.replace("’", "'").split())
        cues, folded = reading.within(sentence)
        if COURTESY.search(text) or any(hit.cue in _SELLS for hit in cues):
            continue
        due = _due(sentence.text, document.at, zone)
        if is_promise(text):
            yield _Said(sentence, due, promise=True, confidence=_PROMISED)
        elif probability >= (_SURE_WITH_DAY if due else _SURE) and _asks(sentence, cues, folded, dated=due is not None):
            yield _Said(sentence, due, promise=False, confidence=min(probability, _MOST))


def is_promise(folded: str) -> bool:
    """Whether a sentence, in lower case without accents, promises a deed of its author."""
    return bool(PROMISE.search(folded)) and not NO_PROMISE.search(folded)


def _asks(sentence: Sentence, cues: list[CueHit], folded: list[str], *, dated: bool) -> bool:
    """Whether its form asks for a deed: a command, or a question or wish that names one, a day or the reader."""
    features = sentence_features(sentence.text, cues, folded, sentence.start)
    deed = any(hit.cue in _DUTIES for hit in cues)
    return bool(features["imperative"]) or (bool(features["ask"]) and (deed or dated or bool(features["you"])))


def _span(text: str, sentence: str, place: int) -> tuple[int, int] | None:
    """Return where ``sentence`` stands in ``text`` from ``place`` on, however its white space is set."""
    start = text.find(sentence, place)
    if start >= 0:
        return start, start + len(sentence)
    spaced = re.compile(r"\s+".join(re.escape(word) for word in sentence.split()))
    match = spaced.search(text, place)
    return match.span() if match else None


def _commitment(document: Document, said: _Said, span: tuple[int, int], *, own: Collection[str]) -> Commitment | None:
    author, *readers = document.people
    others = tuple(person for person in readers if person not in own and person != author)
    named = _addressee(said.sentence.text, document.people)
    mine = author in own
    # What is asked of somebody else by name is not the user's.
    if not (mine or said.promise or named is None or named in own):
        return None
    counterpart = author if not mine else named if named in others else next(iter(others), None)
    if counterpart is None:
        return None
    shared = bool(others) if not mine else len(others) > 1
    alone = named is not None or not shared
    return Commitment(
        direction=Direction.MINE if mine is said.promise else Direction.THEIRS,
        counterpart=counterpart,
        text=" ".join(said.sentence.text.split())[:LONGEST_QUOTE],
        due=said.due,
        made_at=document.at,
        source=document.source(*span),
        confidence=round(min(said.confidence + _DATED * (said.due is not None), _MOST) * (1 if alone else _SHARED), 2),
    )


def _addressee(sentence: str, people: Sequence[str]) -> str | None:
    """Return who is called by name at its start: "Anna, could you ..." means the anna.smith among the people."""
    called = _VOCATIVE.search(sentence)
    if called is None:
        return None
    name = fold(called[1])
    return next((person for person in people if name in _LOCAL_WORDS.findall(fold(person.partition("@")[0]))), None)


def _due(sentence: str, written_at: datetime | None, zone: ZoneInfo) -> datetime | None:
    if written_at is None:
        return None
    by = find_deadlines(sentence, written_at=written_at, zone=zone)
    on = by or find_days(sentence, written_at=written_at, zone=zone)
    return on[0].when if on else None
