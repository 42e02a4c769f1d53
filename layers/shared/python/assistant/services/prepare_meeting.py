"""Use case: prepare a meeting from whatever is at hand about it.

The request alone suffices. Documents sent with it are ranked, the best are read, and everything the briefing says cites
them. With a key Claude says what matters in fewer words, within limits that code holds it to; else the briefing quotes.
What cannot be reached is left out and named in ``degraded``.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from assistant.domain import metric_names
from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.commitments.commitment import Commitment
from assistant.domain.errors import Unavailable
from assistant.domain.meetings.asking import Case, accepted, briefing_prompt
from assistant.domain.meetings.attendees import Profile, profiles
from assistant.domain.meetings.briefing import Briefing, extracted
from assistant.domain.meetings.document import (
    AgendaItem,
    AttendeeResearch,
    BriefingView,
    Degraded,
    OpenCommitment,
    PreparedMeeting,
    markdown,
)
from assistant.domain.meetings.evidence import Evidence, gather, subject
from assistant.domain.meetings.promises import open_commitments
from assistant.domain.meetings.ranking import rank
from assistant.domain.meetings.reading import Candidate, candidate, read_document
from assistant.domain.meetings.request import MeetingDetails, MeetingId
from assistant.domain.meetings.statements import Citations
from assistant.domain.notices import Notice
from assistant.domain.preferences import Preferences
from assistant.domain.sources import SourceKind
from assistant.domain.users import Identity, UserId
from assistant.ports.memory import Embedder
from assistant.ports.runtime import AuditTrail, Clock, Meter
from assistant.ports.users import PreferenceStore
from assistant.services.ask_claude import LONGEST, ClaudePorts, Question, ask_all
from assistant.services.kept_evidence import KeptEvidencePorts, kept_evidence
from assistant.services.read_preferences import preferences_unless_down

# Documents that are read, of those that are ranked.
MOST_READ: Final = 16
_KEPT: Final[tuple[Degraded, ...]] = ("memory", "tasks", "notes", "mail", "meetings")


class PrepareRequest(MeetingDetails):
    """A meeting of a user to prepare."""

    user_id: UserId
    meeting_id: MeetingId


class PrepareResponse(PreparedMeeting):
    """The answer to a request."""

    user_id: str
    meeting_id: str
    processing_time_ms: float


@dataclass(frozen=True, slots=True)
class PreparePorts:
    """The ports preparing needs."""

    preferences: PreferenceStore
    audit: AuditTrail
    meter: Meter
    clock: Clock
    kept: KeptEvidencePorts
    claude: Callable[[], ClaudePorts]


def prepare_meeting(
    request: PrepareRequest, caller: Identity, *, ports: PreparePorts, seconds: float = LONGEST
) -> PrepareResponse:
    """Answer with a briefing; the same meeting may be prepared again at any time, also when it is over.

    ``seconds`` is how long Claude may be waited for, counted from now.

    Raises:
        Forbidden: the meeting is of another user.
    """
    started = ports.clock.monotonic()
    caller.must_be(request.user_id)
    until = started + seconds
    prepared = prepare(request, request.meeting_id, request.user_id, until=until, ports=ports)
    ports.audit.record(
        audit_event(
            AuditAction.MEETING_PREPARED,
            caller,
            ports.clock.now(),
            counts={"citations": len(prepared.citations)},
            subject_id=request.meeting_id,
        )
    )
    elapsed = ports.clock.monotonic() - started
    ports.meter.observe(metric_names.MEETING_PREP, elapsed)
    return PrepareResponse(
        **dict(prepared),
        user_id=request.user_id,
        meeting_id=request.meeting_id,
        processing_time_ms=round(elapsed * 1000, 1),
    )


def prepare(
    meeting: MeetingDetails, meeting_id: str, user_id: str, *, until: float, ports: PreparePorts
) -> PreparedMeeting:
    """Return the briefing; Claude is waited for ``until`` then on the monotonic clock. Never raises Unavailable."""
    now = ports.clock.now()
    preferred = preferences_unless_down(user_id, ports.preferences)
    missing: tuple[Degraded, ...] = () if preferred else ("preferences",)
    preferences = preferred or Preferences()
    zone = ZoneInfo(meeting.timezone or preferences.working_hours.timezone)
    about, people = subject(meeting), {box.address for box in meeting.people} - set(meeting.own_addresses)
    # The same store holds them: asking it for them too would only make the caller wait.
    kept, unread = ((), _KEPT) if missing else kept_evidence(user_id, about, people, now=now, ports=ports.kept)
    # A meeting that has begun is no past one of its own.
    sent = {(SourceKind.EVENT, meeting_id), *((document.kind, document.id) for document in meeting.documents)}
    kept = [one for one in kept if (one.sent.kind, one.sent.id) not in sent]
    candidates = [*map(candidate, meeting.documents), *kept]
    near, unmeant = _nearness(about, candidates, ports.kept.embedder)
    missing += unread + unmeant
    ranked = rank(candidates, subject=about, people=people, meeting_at=meeting.begins(zone), most=MOST_READ, near=near)
    read = [(read_document(one.candidate), one.score) for one in ranked]
    evidence = gather(meeting, meeting_id, zone=zone, own=frozenset(meeting.own_addresses), documents=read)
    profiled = profiles(evidence, now=now)
    commitments = open_commitments(evidence)
    case = Case(evidence, profiled, commitments)
    briefing, unheard = _written(case, user_id, until, ports.claude())
    missing += unheard
    for what in missing:
        ports.meter.count(metric_names.DEGRADED, missing=what)
    view = _view(briefing, evidence, profiled, commitments, now=now)
    return PreparedMeeting(
        **dict(view),
        decided_by=briefing.decided_by,
        warnings=tuple(_warnings(evidence, now)),
        degraded=missing,
    )


def _written(case: Case, user_id: str, until: float, ports: ClaudePorts) -> tuple[Briefing, tuple[Degraded, ...]]:
    """Return Claude's briefing where there is a sound one, else the one that quotes."""
    missed = False
    if ports.llm.configured():
        question = Question(briefing_prompt(case), partial(accepted, case))
        answers = ask_all([question], user_id=user_id, seconds=until - ports.clock.monotonic(), ports=ports)
        (briefing,), missed = answers.results, bool(answers.missed)
        if briefing:
            return briefing, ()
    return extracted(case.evidence, case.people, case.commitments), ("claude",) if missed else ()


def _nearness(
    about: str, candidates: Sequence[Candidate], embedder: Embedder
) -> tuple[Sequence[float] | None, tuple[Degraded, ...]]:
    try:
        return embedder.nearness(about, [one.opening for one in candidates]) if candidates else None, ()
    except Unavailable:
        return None, ("semantic_search",)


def _view(
    briefing: Briefing,
    evidence: Evidence,
    people: Sequence[Profile],
    commitments: Sequence[Commitment],
    *,
    now: datetime,
) -> BriefingView:
    """Return the briefing with its sources numbered in the order in which they are cited."""
    cited, zone = Citations(), evidence.zone
    view = BriefingView(
        key_points=tuple(map(cited.cite, briefing.key_points)),
        attendee_research=tuple(_research(one, cited) for one in people),
        suggested_agenda=tuple(
            AgendaItem(
                start=(evidence.begins + timedelta(minutes=one.begins)).astimezone(zone),
                minutes=one.minutes,
                topic=one.statement.text,
                citations=cited.numbers(one.statement.sources),
            )
            for one in briefing.agenda
        ),
        open_commitments=tuple(_commitment(one, cited, zone, now) for one in commitments),
        preparation_checklist=tuple(map(cited.cite, briefing.checklist)),
        questions=tuple(map(cited.cite, briefing.questions)),
        citations=cited.listed,
    )
    return view.model_copy(update={"briefing_document": markdown(view, evidence)})


def _research(person: Profile, cited: Citations) -> AttendeeResearch:
    return AttendeeResearch(
        email=person.address,
        name=person.name,
        role=person.role,
        organisation=person.organisation,
        relation=person.relation,
        documents=person.documents,
        last_contact=person.last_contact,
        citations=cited.numbers(person.sources),
    )


def _commitment(one: Commitment, cited: Citations, zone: ZoneInfo, now: datetime) -> OpenCommitment:
    return OpenCommitment(
        direction=one.direction,
        counterpart=one.counterpart,
        text=one.text,
        due=one.due.astimezone(zone) if one.due else None,
        overdue=one.due is not None and one.due < now,
        made_at=one.made_at.astimezone(zone) if one.made_at else None,
        confidence=one.confidence,
        citations=cited.numbers((one.source,)),
    )


def _warnings(evidence: Evidence, now: datetime) -> Iterator[Notice]:
    ends = evidence.begins + evidence.meeting.length
    if ends <= now:
        yield Notice(field="scheduled_time", detail="is past: read this as a look back")
    elif evidence.begins <= now:
        yield Notice(field="scheduled_time", detail="is now: the meeting has begun")
