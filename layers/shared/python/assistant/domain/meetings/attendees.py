"""Who comes: name, role and organisation as far as evidence says them, and how often and when there was contact."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from assistant.domain.mail_addresses import Mailbox
from assistant.domain.meetings.evidence import Evidence
from assistant.domain.meetings.reading import ReadDocument
from assistant.domain.meetings.statements import shown
from assistant.domain.sources import Source, SourceKind
from assistant.domain.triage.bulk import is_free_mail
from assistant.domain.triage.cues import fold

UNKNOWN: Final = "unknown"
_SIGNATURE_LINES: Final = 10
_LINES_AFTER_NAME: Final = 4
_LONGEST_LINE: Final = 90
_LONGEST_ROLE: Final = 60
_LEAST_NAME: Final = 2
_ROLE: Final = re.compile(
    r"\b(?:chief [\w ]{3,30} officer|c[efotpm]o|chair(?:man|woman|person)?|(?:co-?)?founder|owner|president|partner|"
    r"(?:managing |executive |associate |deputy )?director|(?:senior |executive )?vice president|[se]?vp|"
    r"head of|lead|manager|engineer|architect|developer|designer|analyst|accountant|controller|counsel|lawyer|"
    r"attorney|consultant|advis[eo]r|officer|secretary|assistant|coordinator|specialist|professor|scientist|"
    r"researcher|buyer|representative|treasurer|"
    r"gesch[aä]ftsf[uü]hrer(?:in)?|leiter(?:in)?|leitung|vorstand|prokurist(?:in)?|referent(?:in)?|berater(?:in)?|"
    r"directeur|directrice|responsable|chef(?:fe)? de|g[eé]rante?|pr[eé]sidente?|avocate?|conseill[eè]re?|"
    r"directora?|jef[ea] de|gerente|socia|socio|abogad[ao]|responsable de|consejer[ao])\b",
    re.IGNORECASE,
)
_COMPANY: Final = re.compile(
    r"\b(?:gmbh|ag|kg|se|inc|ltd|llc|llp|plc|corp(?:oration)?|company|co|s\.?a\.?s?|s\.?l\.?|s\.?r\.?l|b\.?v|n\.?v|"
    r"university|universit[aä]t|group|holding|partners|bank|institute|foundation)\b\.?",
    re.IGNORECASE,
)
_JOINT: Final = re.compile(r"\s*(?:,|\||·|•|–|—|\bat\b|\bbei\b|\bchez\b|@)\s*", re.IGNORECASE)
# No title of a person: a link, an address, a telephone number, a sentence.
_NO_TITLE: Final = re.compile(
    r"@\w|://|www\.|\d{4}|[.!?]\s+\w|\b(?:i|we|you|please|ich|wir|je|nous|yo)\b", re.IGNORECASE
)
_IN_BRACKETS: Final = re.compile(r"\(([^()\n]{2,60})\)")


class Relation(StrEnum):
    """Whether somebody belongs to the user's company."""

    INTERNAL = "internal"
    EXTERNAL = "external"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of an attendee. ``documents`` counts those that name them, ``last_contact`` the latest before now.

    ``role`` and ``organisation`` are ``unknown`` where nothing says them; ``sources`` say what is not.
    """

    address: str
    name: str | None
    role: str
    organisation: str
    relation: Relation
    documents: int
    last_contact: datetime | None
    sources: tuple[Source, ...]

    @property
    def called(self) -> str:
        """The name, else the address."""
        return self.name or self.address


@dataclass(frozen=True, slots=True)
class _Title:
    role: str
    organisation: str | None
    source: Source


def profiles(evidence: Evidence, *, now: datetime) -> tuple[Profile, ...]:
    """Return a profile of each attendee but the user, in the order of the invitation."""
    return tuple(_profile(box, evidence, now) for box in evidence.meeting.people if box.address not in evidence.own)


def company_domains(evidence: Evidence) -> frozenset[str]:
    """Return the domains of the user's company; an address anybody can get says nothing."""
    own = (address.rpartition("@")[2] for address in evidence.own)
    given = (domain.lower() for domain in evidence.meeting.company_domains)
    return frozenset(given) | frozenset(domain for domain in own if not is_free_mail(domain))


def _profile(box: Mailbox, evidence: Evidence, now: datetime) -> Profile:
    naming = [read for read in evidence.documents if box.address in read.document.people]
    name = evidence.names.get(box.address)
    title = next((found for read in naming for found in _titles(read, box.address, name)), None)
    dates = [read.document.at for read in naming if read.document.at and read.document.at <= now]
    last = max(dates, default=None)
    latest = [
        Source.whole(read.document.kind, read.document.id) for read in naming if last and read.document.at == last
    ]
    return Profile(
        address=box.address,
        name=name,
        role=title.role if title else UNKNOWN,
        organisation=(title.organisation if title else None) or _organisation(box.domain),
        relation=_relation(box.domain, company_domains(evidence)),
        documents=len(naming),
        last_contact=last,
        sources=(evidence.line(box.address), *((title.source,) if title else ()), *latest[:1]),
    )


def _organisation(domain: str) -> str:
    return UNKNOWN if is_free_mail(domain) else domain


def _relation(domain: str, own: frozenset[str]) -> Relation:
    if not own:
        return Relation.UNKNOWN
    internal = any(domain == one or domain.endswith(f".{one}") for one in own)
    return Relation.INTERNAL if internal else Relation.EXTERNAL


def _titles(read: ReadDocument, address: str, name: str | None) -> Iterator[_Title]:
    """Yield what a document says somebody is: their own signature, or brackets behind their name in an event."""
    if not name:
        return
    if read.document.kind is SourceKind.MAIL and read.author and read.author.address == address:
        yield from _signature(read, name)
    if read.document.kind is SourceKind.EVENT:
        yield from _bracketed(read, name)


def _signature(read: ReadDocument, name: str) -> Iterator[_Title]:
    """Yield the lines after the author's name at the end of a mail that read like a title."""
    text = read.document.text
    lines = _lines(text)[-_SIGNATURE_LINES:]
    named = next((place for place, (_, line) in enumerate(lines) if _is_name(line, name)), None)
    if named is None:
        return
    block = lines[named : named + 1 + _LINES_AFTER_NAME]
    for place, (start, line) in enumerate(block):
        if shown(line, len(line)) != line:
            continue
        parts = [part for part in _JOINT.split(line) if part]
        titled = parts[1:] if place == 0 else parts
        role = next((part for part in titled if _is_role(part)), None)
        if role:
            beside = [part for part in titled if part != role]
            below = [part for _, other in block[place + 1 :] for part in (other,) if _COMPANY.search(part)]
            organisation = next((part for part in (*beside, *below) if _is_short(part)), None)
            yield _Title(role, organisation, read.document.source(start, start + len(line)))


def _bracketed(read: ReadDocument, name: str) -> Iterator[_Title]:
    text = read.document.text
    at = text.find(name)
    brackets = _IN_BRACKETS.match(text[at + len(name) :].lstrip()) if at >= 0 else None
    if brackets and _is_role(brackets[1]):
        end = text.index(brackets[0], at) + len(brackets[0])
        role, *rest = [part for part in _JOINT.split(brackets[1]) if part]
        yield _Title(role, rest[0] if rest else None, read.document.source(at, end))


def _lines(text: str) -> Sequence[tuple[int, str]]:
    found, start = [], 0
    for raw in text.split("\n"):
        line = raw.strip()
        if line and line != "--":
            found.append((start + raw.index(line), line))
        start += len(raw) + 1
    return found


def _is_name(line: str, name: str) -> bool:
    """Whether the line is the author's name, perhaps with a title behind it."""
    first = fold(_JOINT.split(line)[0])
    return len(name) >= _LEAST_NAME and first == fold(name)


def _is_role(part: str) -> bool:
    return len(part) <= _LONGEST_ROLE and bool(_ROLE.search(part)) and not _NO_TITLE.search(part)


def _is_short(part: str) -> bool:
    return len(part) <= _LONGEST_LINE and not _NO_TITLE.search(part)
