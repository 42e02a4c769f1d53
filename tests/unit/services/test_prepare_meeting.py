"""The use case of preparing a meeting: the answer, and what is missing of it while a store is down."""

from typing import Any

import pytest

from assistant.domain import metric_names
from assistant.domain.audit import AuditAction
from assistant.domain.errors import Forbidden
from assistant.domain.meetings.briefing import Writer
from assistant.domain.meetings.document import AgendaItem, AttendeeResearch, OpenCommitment
from assistant.domain.meetings.statements import CitedText
from assistant.domain.preferences import Preferences, WorkingHours
from assistant.domain.users import Identity
from assistant.services.prepare_meeting import PreparePorts, PrepareRequest, PrepareResponse, prepare_meeting
from tests.fakes.runtime import ManualClock, MemoryMeter
from tests.fakes.stores import MemoryAuditTrail, MemoryPreferences, Outage
from tests.unit.meetings.meetings import EXAMPLE, KIM, mail, page

CALLER = Identity("user123", "request1")


class Assistant:
    """The use case with fakes behind it."""

    def __init__(self, clock: ManualClock, meter: MemoryMeter) -> None:
        self.store = Outage()
        self.preferences = MemoryPreferences(self.store)
        self.audit = MemoryAuditTrail()
        self.clock, self.meter = clock, meter
        self.ports = PreparePorts(self.preferences, self.audit, meter, clock)

    def prepare(self, caller: Identity = CALLER, **fields: Any) -> PrepareResponse:
        return prepare_meeting(PrepareRequest.model_validate(EXAMPLE | fields), caller, ports=self.ports)


@pytest.fixture
def assistant(clock: ManualClock, meter: MemoryMeter) -> Assistant:
    return Assistant(clock, meter)


def test_the_documented_example(assistant: Assistant) -> None:
    answer = assistant.prepare()
    assert (answer.user_id, answer.meeting_id, answer.decided_by) == ("user123", "meet123", Writer.CORE)
    assert [(one.email, one.role) for one in answer.attendee_research] == [
        ("alice@company.com", "unknown"),
        ("bob@company.com", "unknown"),
    ]
    assert sum(item.minutes for item in answer.suggested_agenda) == 60
    assert (answer.warnings, answer.degraded, answer.open_commitments) == ((), (), ())


def test_every_number_names_a_citation_and_every_citation_is_used(assistant: Assistant) -> None:
    documents = [mail(1, "Could you confirm the planning budget of EUR 40,000?"), page(2, "Objective 1: renew 92%.")]
    answer = assistant.prepare(attendees=[KIM, "bob@company.com"], documents=documents)
    said: list[CitedText | AttendeeResearch | AgendaItem | OpenCommitment]
    said = [*answer.key_points, *answer.attendee_research, *answer.suggested_agenda]
    said += [*answer.preparation_checklist, *answer.questions, *answer.open_commitments]
    used = [one.citations for one in said]
    assert all(used)
    assert {n for some in used for n in some} == {one.n for one in answer.citations}
    assert [one.n for one in answer.citations] == list(range(1, len(answer.citations) + 1))
    for one in answer.citations:
        assert f"\n{one.n}. {one.source.kind}" in answer.briefing_document


def test_another_users_meeting_is_not_prepared(assistant: Assistant) -> None:
    with pytest.raises(Forbidden):
        assistant.prepare(Identity("user456", "request1"))
    assert assistant.audit.events == []


def test_times_are_those_of_the_preferences_or_the_request(assistant: Assistant) -> None:
    hours = WorkingHours(timezone="America/New_York")
    assistant.preferences.replace("user123", Preferences(working_hours=hours), expected_version=0)
    assert "Sat 25 Jan 2025, 09:00–10:00 (America/New_York)" in assistant.prepare().briefing_document
    answer = assistant.prepare(timezone="Asia/Tokyo", duration_minutes=90)
    assert "Sat 25 Jan 2025, 23:00–Sun 26 Jan, 00:30 (Asia/Tokyo)" in answer.briefing_document
    assert answer.suggested_agenda[0].start.isoformat() == "2025-01-25T23:00:00+09:00"


def test_minutes_go_on_when_the_clocks_change(assistant: Assistant) -> None:
    answer = assistant.prepare(scheduled_time="2025-03-30T01:30", timezone="Europe/Berlin", duration_minutes=60)
    starts = [item.start.isoformat() for item in answer.suggested_agenda]
    assert starts[0] == "2025-03-30T01:30:00+01:00"
    assert starts[-1] == "2025-03-30T03:10:00+02:00"
    assert "01:30–03:30 (Europe/Berlin), 60 minutes" in answer.briefing_document


def test_a_past_meeting_is_prepared_all_the_same_and_said_to_be_past(assistant: Assistant) -> None:
    (notice,) = assistant.prepare(scheduled_time="2025-01-14T10:00:00Z").warnings
    assert (notice.field, notice.detail) == ("scheduled_time", "is past: read this as a look back")
    (notice,) = assistant.prepare(scheduled_time="2025-01-15T09:30:00Z").warnings
    assert notice.detail == "is now: the meeting has begun"


def test_without_the_store_the_default_preferences_serve(assistant: Assistant) -> None:
    assistant.store.down = True
    answer = assistant.prepare()
    assert answer.degraded == ("preferences",)
    assert "(UTC)" in answer.briefing_document
    assert assistant.meter.total(metric_names.DEGRADED, missing="preferences") == 1


def test_a_preparation_is_measured_and_audited_without_content(assistant: Assistant) -> None:
    answer = assistant.prepare()
    (event,) = assistant.audit.events
    assert (event.action, event.subject_id) == (AuditAction.MEETING_PREPARED, "meet123")
    assert event.counts == {"citations": len(answer.citations)}
    assert [name for name, _, _ in assistant.meter.observations] == [metric_names.MEETING_PREP]
