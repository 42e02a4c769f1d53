"""Verbatim quotes that decided, and where they stand."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from assistant.domain.triage.cues import Cue, CueHit, find_cues
from assistant.domain.triage.deadlines import Deadline
from assistant.domain.triage.decision import Evidence
from assistant.domain.triage.reading import Reading
from assistant.domain.triage.sentences import Sentence

_QUOTE_LIMIT: Final = 160
_QUOTES: Final = 4
_LIST_HEADERS: Final = ("list-id", "list-unsubscribe", "precedence", "x-beenthere", "mailing-list", "auto-submitted")
_FOOTER: Final = 2_000
_LURE_CUES: Final = frozenset({Cue.MARKETING_SPAM, Cue.ADVANCE_FEE, Cue.CREDENTIALS})
_BULK_CUES: Final = frozenset(
    {Cue.UNSUBSCRIBE, Cue.PROMOTION, Cue.MARKETING_SPAM, Cue.ADVANCE_FEE, Cue.CREDENTIALS, Cue.AUTOMATED, Cue.SOCIAL}
    | {Cue.PUBLICATION}
)


def urgency_evidence(reading: Reading, hits: Iterable[CueHit]) -> Iterator[Evidence]:
    """Yield the first phrase of each urgency cue."""
    first = {hit.cue: hit for hit in reversed(list(hits))}
    for hit in sorted(first.values(), key=lambda hit: hit.start)[:_QUOTES]:
        yield _quote(reading, hit.start, hit.end, hit.cue.value)


def request_evidence(reading: Reading, sentence: Sentence | None, deadlines: Iterable[Deadline]) -> Iterator[Evidence]:
    """Yield the request and the earliest deadline."""
    if sentence:
        yield _quote(reading, sentence.start, sentence.end, "request")
    for deadline in islice(deadlines, 1):
        yield _quote(reading, deadline.start, deadline.end, "deadline")


def bulk_evidence(reading: Reading) -> Iterator[Evidence]:
    """Yield list headers, the footer, and typical phrases of lures or, for want of those, of bulk mail."""
    headers = reading.visible.headers
    found = False
    for name in [name for name in _LIST_HEADERS if headers.get(name)][:2]:
        yield Evidence(where=f"header:{name}", quote=headers[name][:_QUOTE_LIMIT], reason="list_header")
        found = True
    text = reading.visible.text
    offset = max(len(text) - _FOOTER, 0)
    for hit in [hit for hit in find_cues(text[offset:]) if hit.cue is Cue.UNSUBSCRIBE][:1]:
        found = True
        quote = text[offset + hit.start : offset + hit.end].split("\n", 1)[0].rstrip()
        yield Evidence(where="body", quote=quote[:_QUOTE_LIMIT], reason=hit.cue.value)
    # Selling words alone say little; they are named where the sender named nothing better.
    named = _LURE_CUES if found else _BULK_CUES
    for hit in [hit for hit in reading.cues if hit.cue in named][:2]:
        yield _quote(reading, hit.start, hit.end, hit.cue.value)


def sender_evidence(reading: Reading) -> Iterator[Evidence]:
    """Yield the sender, where the sender is what decided or nothing else did."""
    sender = reading.visible.sender
    if sender.address or sender.name:
        yield Evidence(where="from", quote=(sender.address or sender.name)[:_QUOTE_LIMIT], reason="sender")


def topic_evidence(reading: Reading, start: int, end: int) -> Evidence:
    """Return the word of the subject that names the topic."""
    return _quote(reading, start, end, "topic")


def _quote(reading: Reading, start: int, end: int, reason: str) -> Evidence:
    where = "subject" if start < reading.subject_end else "body"
    # One line, so that the quote stands in the mail even where a quoted line was taken out below it.
    quote = reading.said[start : min(end, start + _QUOTE_LIMIT)].split("\n", 1)[0].rstrip()
    return Evidence(where=where, quote=quote, reason=reason)
