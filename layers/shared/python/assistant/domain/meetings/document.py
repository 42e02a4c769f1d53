"""A briefing as people read it: Markdown in which no word of a source becomes a link, an image or markup."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from assistant.domain.commitments.commitment import Direction
from assistant.domain.meetings.attendees import UNKNOWN, Relation
from assistant.domain.meetings.briefing import Writer
from assistant.domain.meetings.evidence import Evidence
from assistant.domain.meetings.statements import Citation, CitedText, shown
from assistant.domain.notices import Notice
from assistant.domain.sources import Document, SourceKind

# What begins a heading, a list or a quote counts at the start of a line only.
_MARKUP: Final = re.compile(r"[\\`*_\[\]<>#|~&]|^[-+=]|^\d+[.)](?=\s)")
_LONGEST_QUOTE: Final = 300


class AttendeeResearch(BaseModel):
    """What is known of an attendee; ``unknown`` where no evidence says it.

    ``documents`` counts those that name them, ``last_contact`` is when the latest of them was.
    """

    email: str
    name: str | None
    role: str
    organisation: str
    relation: Relation
    documents: int
    last_contact: datetime | None
    citations: tuple[int, ...]


class AgendaItem(BaseModel):
    """A point of the agenda; ``start`` in the user's zone. The minutes of all points sum to the meeting."""

    start: datetime
    minutes: int
    topic: str
    citations: tuple[int, ...]


class OpenCommitment(BaseModel):
    """Something promised between the user and an attendee that is not known to be done; times in the user's zone."""

    direction: Direction
    counterpart: str
    text: str
    due: datetime | None
    overdue: bool
    made_at: datetime | None
    confidence: float
    citations: tuple[int, ...]


class BriefingView(BaseModel):
    """A briefing as it is answered and kept; ``citations`` are numbers of ``citations``."""

    briefing_document: str = ""
    """Markdown."""
    key_points: tuple[CitedText, ...]
    attendee_research: tuple[AttendeeResearch, ...]
    suggested_agenda: tuple[AgendaItem, ...]
    preparation_checklist: tuple[CitedText, ...]
    open_commitments: tuple[OpenCommitment, ...]
    questions: tuple[CitedText, ...]
    citations: tuple[Citation, ...]


Degraded = Literal["preferences", "memory", "tasks", "notes", "mail", "meetings", "semantic_search", "claude"]


class PreparedMeeting(BriefingView):
    """A briefing with how it came about.

    ``degraded`` is what was missing because a dependency was down, ``warnings`` what to know about the request.
    """

    decided_by: Writer
    warnings: tuple[Notice, ...] = ()
    degraded: tuple[Degraded, ...] = ()


def markdown(view: BriefingView, evidence: Evidence) -> str:
    """Return the briefing as a Markdown document; times are those of the user's zone."""
    return "\n".join(_lines(view, evidence)) + "\n"


def plain(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return _MARKUP.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", text)


def _lines(view: BriefingView, evidence: Evidence) -> Iterator[str]:
    meeting, local = evidence.meeting, evidence.begins.astimezone(evidence.zone)
    ends = (evidence.begins + timedelta(minutes=meeting.minutes)).astimezone(evidence.zone)
    until = f"{ends:%H:%M}" if ends.date() == local.date() else f"{ends:%a %-d %b, %H:%M}"
    yield f"# {plain(shown(meeting.meeting_title))}"
    yield ""
    yield f"{local:%a %-d %b %Y, %H:%M}–{until} ({evidence.zone.key}), {meeting.minutes} minutes"
    yield from _section("Key points", [_cited(one) for one in view.key_points])
    yield from _section("People", [_person(one, evidence.zone) for one in view.attendee_research])
    agenda = [
        f"{one.start:%H:%M} ({one.minutes} min) {plain(one.topic)} {_numbers(one.citations)}"
        for one in view.suggested_agenda
    ]
    yield from _section("Agenda", agenda)
    yield from _section("Open commitments", [_commitment(one) for one in view.open_commitments])
    yield from _section("Before the meeting", [_cited(one) for one in view.preparation_checklist], mark="- [ ]")
    yield from _section("Questions", [_cited(one) for one in view.questions])
    yield from _sources(view.citations, evidence)


def _section(title: str, entries: Sequence[str], mark: str = "-") -> Iterator[str]:
    if entries:
        yield from ("", f"## {title}", "", *(f"{mark} {entry}" for entry in entries))


def _cited(one: CitedText) -> str:
    return f"{plain(one.text)} {_numbers(one.citations)}"


def _numbers(citations: Sequence[int]) -> str:
    return "".join(f"[{n}]" for n in citations)


def _person(one: AttendeeResearch, zone: ZoneInfo) -> str:
    name = f"{plain(one.name)}, {plain(one.email)}" if one.name else plain(one.email)
    role = plain(one.role) if one.role != UNKNOWN else "role unknown"
    organisation = plain(one.organisation) if one.organisation != UNKNOWN else "organisation unknown"
    relation = f", {one.relation}" if one.relation is not Relation.UNKNOWN else ""
    contact = f"; last contact {one.last_contact.astimezone(zone):%-d %b %Y}" if one.last_contact else ""
    return f"**{name}**: {role}, {organisation}{relation}{contact} {_numbers(one.citations)}"


def _commitment(one: OpenCommitment) -> str:
    who = "You owe" if one.direction is Direction.MINE else "You are owed by"
    due = f", due {one.due:%a %-d %b %Y, %H:%M}" if one.due else ""
    late = ", overdue" if one.overdue else ""
    return f"{who} {plain(one.counterpart)}: “{plain(one.text)}”{due}{late} {_numbers(one.citations)}"


def _sources(citations: Sequence[Citation], evidence: Evidence) -> Iterator[str]:
    documents = {(one.document.kind, one.document.id): one.document for one in evidence.documents}
    invited = {box.address for box in evidence.meeting.people}
    yield from ("", "## Sources", "")
    for citation in citations:
        source = citation.source
        quote = source.quote if source.quote.lower() in invited else shown(source.quote, _LONGEST_QUOTE)
        said = f": “{plain(quote)}”" if quote else ""
        yield f"{citation.n}. {_origin(source.kind, documents.get((source.kind, source.id)), evidence.zone)}{said}"


def _origin(kind: SourceKind, document: Document | None, zone: ZoneInfo) -> str:
    if document is None:
        return kind.value
    title = f" “{plain(shown(document.title))}”" if document.title else ""
    date = f", {document.at.astimezone(zone):%-d %b %Y}" if document.at else ""
    return f"{kind.value}{title}{date}"
