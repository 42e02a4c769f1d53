"""What a briefing may rest on: the request and the best documents, cut into spans that can be cited.

A span is a sentence. Sentences that try to steer an assistant are no evidence, nor are greetings and scraps.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from assistant.domain.mail_addresses import Mailbox
from assistant.domain.meetings.reading import ReadDocument
from assistant.domain.meetings.request import MeetingDetails
from assistant.domain.sources import LONGEST_QUOTE, Document, Source, SourceKind
from assistant.domain.triage.cues import Cue, CueHit, find_cues, fold
from assistant.domain.triage.sentences import Sentence, sentences
from assistant.domain.words import terms

MOST_SPANS: Final = 40
_MOST_OF_ONE: Final = 8
_LONGEST_SPAN: Final = 300
_LEAST_TERMS: Final = 3
_TELLING: Final = frozenset(
    {Cue.ASK, Cue.MEETING, Cue.REVIEW, Cue.APPROVE, Cue.PAY, Cue.SEND, Cue.CALL, Cue.ANSWER, Cue.FIX}
)
_CUE_WEIGHT: Final = 0.15
_FIGURE_WEIGHT: Final = 0.2
_FIGURE: Final = re.compile(r"\d")
_PLACES_WEIGHED: Final = 12
_SIGNATURE_LINES: Final = 10
_LONGEST_SIGNED: Final = 90
# More than any span of a document can weigh.
_INVITED: Final = 10.0


@dataclass(frozen=True, slots=True)
class Span:
    """A sentence of a document; ``weight`` is how much it bears on the meeting, ``author`` whose words it is.

    ``asks``: it wants something done or answered.
    """

    document: Document
    start: int
    end: int
    weight: float
    author: Mailbox | None = None
    asks: bool = False

    @property
    def text(self) -> str:
        """The sentence."""
        return self.document.text[self.start : self.end]

    @property
    def source(self) -> Source:
        """What is cited."""
        return self.document.source(self.start, self.end)


@dataclass(frozen=True)
class Evidence:
    """The meeting as it was sent, documents best first, and the spans of both, heaviest first."""

    meeting: MeetingDetails
    meeting_id: str
    begins: datetime
    zone: ZoneInfo
    own: frozenset[str]
    request: Document
    documents: tuple[ReadDocument, ...]
    spans: tuple[Span, ...]

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Names of people by address, as the request writes them and else themselves: nobody else names anybody."""
        authors = [read.author for read in reversed(self.documents) if read.author]
        return {box.address: box.name for box in (*authors, *self.meeting.people) if box.name}

    def is_invited(self, span: Span) -> bool:
        """Whether the words are of somebody who may give the user something to do: who comes, or the user."""
        if span.author is None:
            return span.document.kind is SourceKind.REQUEST
        return span.author.address in self.own or span.author.address in self.request.people

    def line(self, words: str) -> Source:
        """Return the place in the request that says these words; the request as a whole where none does."""
        at = self.request.text.casefold().find(words.casefold())
        return (
            self.request.source(at, at + len(words)) if at >= 0 else Source.whole(SourceKind.REQUEST, self.meeting_id)
        )


def request_document(meeting: MeetingDetails, meeting_id: str, begins: datetime) -> Document:
    """Return the request as a text that can be cited: title, time, people, then what it is about."""
    lines = (
        meeting.meeting_title,
        f"Time: {begins:%Y-%m-%dT%H:%M}Z, {meeting.minutes} minutes",
        f"Attendees: {', '.join(meeting.attendees)}",
        *((f"Organizer: {meeting.organizer}",) if meeting.organizer else ()),
        meeting.context,
        meeting.description,
    )
    return Document(
        kind=SourceKind.REQUEST,
        id=meeting_id,
        text="\n".join(line for line in lines if line),
        title=meeting.meeting_title,
        at=begins,
        people=tuple(box.address for box in meeting.people),
    )


def gather(
    meeting: MeetingDetails,
    meeting_id: str,
    *,
    zone: ZoneInfo,
    own: frozenset[str],
    documents: Sequence[tuple[ReadDocument, float]],
) -> Evidence:
    """Return the evidence; ``documents`` come with what they weigh."""
    begins = meeting.begins(zone)
    request = request_document(meeting, meeting_id, begins)
    wanted = frozenset(terms(subject(meeting)))
    spans = list(_request_spans(request, meeting))
    for document, score in documents:
        spans += _best_spans(document, score, wanted)
    spans.sort(key=lambda span: -span.weight)
    read = tuple(document for document, _ in documents)
    return Evidence(meeting, meeting_id, begins, zone, own, request, read, tuple(_distinct(spans))[:MOST_SPANS])


def subject(meeting: MeetingDetails) -> str:
    """Return what the meeting is about, in the words of its invitation."""
    return f"{meeting.meeting_title}\n{meeting.context}\n{meeting.description}"


def _request_spans(request: Document, meeting: MeetingDetails) -> Iterator[Span]:
    about = len(request.text) - len("\n".join(filter(None, (meeting.context, meeting.description))))
    said = [] if about == len(request.text) else list(_plain_sentences(request, about))
    for sentence in said[:_MOST_OF_ONE]:
        # What the invitation says leads, in its own order.
        yield Span(request, sentence.start, sentence.end, _INVITED - sentence.start / 1e6)
    if not said:
        yield Span(request, 0, len(meeting.meeting_title), _INVITED)


def _best_spans(read: ReadDocument, score: float, wanted: frozenset[str]) -> list[Span]:
    document = read.document
    cues = find_cues(document.text)
    found = []
    signature = _signature_start(document.text, read.author)
    for place, one in enumerate(_plain_sentences(document, 0, cues)):
        if one.start >= signature:
            break
        telling = {hit.cue for hit in cues if one.start <= hit.start < one.end} & _TELLING
        weight = score * _strength(place, one, telling, wanted)
        asks = Cue.ASK in telling or one.is_question
        found.append(Span(document, one.start, one.end, weight, read.author, asks))
    return sorted(found, key=lambda span: -span.weight)[:_MOST_OF_ONE]


def _signature_start(text: str, author: Mailbox | None) -> int:
    """Return where the author signs: a line of dashes, or one that begins with their name; the end where none does."""
    last_lines = re.finditer(r"^.*$", text, re.MULTILINE)
    name = fold(author.name) if author and author.name else None
    for line in list(last_lines)[-_SIGNATURE_LINES:]:
        said = fold(line[0].strip())
        if line.start() and (said in {"--", "—"} or (name and said.startswith(name) and len(said) < _LONGEST_SIGNED)):
            return line.start()
    return len(text)


def _strength(place: int, sentence: Sentence, telling: Collection[Cue], wanted: frozenset[str]) -> float:
    said = set(terms(sentence.text))
    shared = len(said & wanted) / max(_LEAST_TERMS, len(wanted))
    figure = _FIGURE_WEIGHT * bool(_FIGURE.search(sentence.text))
    early = max(0.0, 1 - place / _PLACES_WEIGHED) / 10
    return 0.1 + shared + _CUE_WEIGHT * len(telling) + figure + early


def _plain_sentences(document: Document, start: int, cues: Sequence[CueHit] | None = None) -> Iterator[Sentence]:
    """Yield sentences from ``start`` on that say something and steer nobody."""
    hits = find_cues(document.text) if cues is None else cues
    steering = [hit.start for hit in hits if hit.cue is Cue.STEERING]
    for one in sentences(document.text[start:]):
        sentence = Sentence(one.text, one.start + start, one.end + start)
        if any(sentence.start <= at < sentence.end for at in steering):
            continue
        if sum(1 for _ in terms(sentence.text)) >= _LEAST_TERMS and len(sentence.text) <= _LONGEST_SPAN:
            yield sentence


def _distinct(spans: Sequence[Span]) -> Iterator[Span]:
    """Yield each sentence once, however many documents repeat it."""
    seen: set[tuple[str, ...]] = set()
    for span in spans:
        said = tuple(terms(span.text))
        if said not in seen:
            seen.add(said)
            yield span


assert _LONGEST_SPAN <= LONGEST_QUOTE  # noqa: S101 a span is cited whole
