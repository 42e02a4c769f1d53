"""What a briefing says, and the briefing written from evidence alone, in the words of its sources."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from assistant.domain.commitments.commitment import Commitment, Direction
from assistant.domain.meetings.agenda import Point, TimedPoint, timed
from assistant.domain.meetings.attendees import UNKNOWN, Profile, Relation
from assistant.domain.meetings.evidence import Evidence, Span
from assistant.domain.meetings.statements import Statement, shown
from assistant.domain.sources import Source, SourceKind

MOST_POINTS: Final = 7
MOST_TASKS: Final = 8
MOST_QUESTIONS: Final = 6
_MOST_TOPICS: Final = 5
_MOST_ROLES_ASKED: Final = 2
_MOST_READ: Final = 3
_TO_READ: Final = frozenset({SourceKind.PAGE, SourceKind.EVENT})
_REPLY: Final = re.compile(r"^(?:(?:re|aw|fwd?|wg|tr|rv|sv)\s*:\s*)+", re.IGNORECASE)
_WELCOME_WEIGHT, _TOPIC_WEIGHT, _CLOSING_WEIGHT = 1, 3, 2


class Writer(StrEnum):
    """Who wrote a briefing."""

    CORE = "core"
    CLAUDE = "claude"


@dataclass(frozen=True, slots=True)
class Briefing:
    """What a briefing says; each statement rests on its sources."""

    key_points: tuple[Statement, ...]
    agenda: tuple[TimedPoint, ...]
    checklist: tuple[Statement, ...]
    questions: tuple[Statement, ...]
    decided_by: Writer


def extracted(evidence: Evidence, people: Sequence[Profile], commitments: Sequence[Commitment]) -> Briefing:
    """Return the briefing that quotes what matters most and adds nothing of its own."""
    return Briefing(
        key_points=tuple(quoted(span, evidence) for span in evidence.spans[:MOST_POINTS]),
        agenda=timed(tuple(agenda_points(evidence, commitments)), evidence.meeting.minutes),
        checklist=tuple(_checklist(evidence, commitments))[:MOST_TASKS],
        questions=tuple(_questions(evidence, people))[:MOST_QUESTIONS],
        decided_by=Writer.CORE,
    )


def quoted(span: Span, evidence: Evidence) -> Statement:
    """Return a span in its own words, with who wrote it."""
    said = shown(span.text)
    author = called(span, evidence)
    return Statement(f"{author}: “{said}”" if author else said, (span.source,))


def called(span: Span, evidence: Evidence) -> str | None:
    """Return who wrote a span, as ``speaker`` does; of a stranger, who may bear anybody's name, it says so."""
    name = speaker(span, evidence)
    stranger = span.author is not None and bool(span.author.address) and not evidence.is_invited(span)
    return f"{name} (not invited)" if stranger else name


def speaker(span: Span, evidence: Evidence) -> str | None:
    """Return "You", a name, else what stands before the @; None where nobody is known to have written it."""
    if span.author is None:
        return None
    if span.author.address in evidence.own:
        return "You"
    return shown(evidence.names.get(span.author.address) or span.author.name) or span.author.local_part


def agenda_points(evidence: Evidence, commitments: Sequence[Commitment]) -> Iterator[Point]:
    """Yield a welcome, what the invitation and the best documents are about, open commitments, and the decisions."""
    yield welcome(evidence)
    for statement in _topics(evidence):
        yield Point(statement, _TOPIC_WEIGHT)
    yield from closing(evidence, commitments)


def welcome(evidence: Evidence) -> Point:
    """Return the point every agenda begins with."""
    return Point(Statement("Welcome and goal", (_title(evidence),)), _WELCOME_WEIGHT)


def closing(evidence: Evidence, commitments: Sequence[Commitment]) -> Iterator[Point]:
    """Yield the points every agenda ends with."""
    if commitments:
        sources = tuple(commitment.source for commitment in commitments)
        yield Point(Statement("Open commitments", sources), _CLOSING_WEIGHT)
    yield Point(Statement("Decisions, owners and dates", (_title(evidence),)), _CLOSING_WEIGHT)


def _title(evidence: Evidence) -> Source:
    return evidence.line(evidence.meeting.meeting_title)


def _topics(evidence: Evidence) -> Iterator[Statement]:
    invited = [span for span in evidence.spans if span.document.kind is SourceKind.REQUEST]
    seen: set[str] = set()
    topics = 0
    for span in invited[:2]:
        topics += 1
        seen.add(shown(span.text).casefold())
        yield Statement(shown(span.text, 120), (span.source,))
    for read in evidence.documents:
        topic = shown(_REPLY.sub("", read.document.title), 120)
        best = next((one for one in evidence.spans if one.document == read.document), None)
        if best and topic and topic.casefold() not in seen and topics < _MOST_TOPICS:
            topics += 1
            seen.add(topic.casefold())
            yield Statement(f"“{topic}”", (best.source,))


def _checklist(evidence: Evidence, commitments: Sequence[Commitment]) -> Iterator[Statement]:
    goal = evidence.spans[0]
    yield Statement(f"Be clear about the goal: “{shown(goal.text)}”", (goal.source,))
    for commitment in commitments:
        said = shown(commitment.text)
        name = evidence.names.get(commitment.counterpart) or commitment.counterpart
        mine = commitment.direction is Direction.MINE
        text = f"Have ready for {name}: “{said}”" if mine else f"Ask {name} whether it is done: “{said}”"
        yield Statement(text, (commitment.source,))
    known = {commitment.source for commitment in commitments}
    for span in evidence.spans:
        author = called(span, evidence) if evidence.is_invited(span) else None
        if span.asks and author and author != "You" and span.source not in known:
            yield Statement(f"Have an answer for {author}: “{shown(span.text)}”", (span.source,))
    for span in evidence.spans:
        if span.document.kind is SourceKind.TASK and span.document.title:
            yield Statement(f"Be ready to speak of your task “{shown(span.document.title, 120)}”", (span.source,))
    to_read = [span for span in evidence.spans if span.document.kind in _TO_READ and span.document.title]
    for title, span in list({span.document.title: span for span in reversed(to_read)}.items())[:_MOST_READ]:
        yield Statement(f"Read “{shown(title, 120)}”", (span.source,))


def _questions(evidence: Evidence, people: Sequence[Profile]) -> Iterator[Statement]:
    title = _title(evidence)
    if not any(span.document.kind is SourceKind.REQUEST and span.start for span in evidence.spans):
        yield Statement("What is to be decided? The invitation does not say.", (title,))
    if evidence.meeting.duration_minutes is None:
        yield Statement(f"How long will it take? {evidence.meeting.minutes} minutes are assumed.", (title,))
    unknown = [one for one in people if one.role == UNKNOWN and one.relation is not Relation.INTERNAL]
    for person in unknown[:_MOST_ROLES_ASKED]:
        yield Statement(f"What is the role of {person.called}?", person.sources[:1])
