"""The use case of preparing a meeting: the answer, and what is missing of it while a store is down."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from assistant.domain import metric_names
from assistant.domain.audit import AuditAction
from assistant.domain.errors import Forbidden
from assistant.domain.llm import LlmTask
from assistant.domain.llm_tokens import estimated_tokens
from assistant.domain.meetings.asking import BriefingAnswer
from assistant.domain.meetings.briefing import Writer
from assistant.domain.meetings.document import AgendaItem, AttendeeResearch, OpenCommitment
from assistant.domain.meetings.keeping import KeptMeeting
from assistant.domain.meetings.past_mail import PastMail
from assistant.domain.meetings.request import MeetingDetails
from assistant.domain.meetings.statements import CitedText
from assistant.domain.memory.change import KeptMemory
from assistant.domain.memory.memory import Fact, Memory, MemoryKind
from assistant.domain.notes.note import NotesPage, PageHead
from assistant.domain.preferences import Preferences, WorkingHours
from assistant.domain.sources import Source, SourceKind
from assistant.domain.tasks.kept import KeptTask
from assistant.domain.tasks.request import TaskStatus
from assistant.domain.users import Identity
from assistant.services.ask_claude import ClaudePorts
from assistant.services.prepare_meeting import PreparePorts, PrepareRequest, PrepareResponse, prepare_meeting
from tests.fakes.llm import MemorySpending, ScriptedLlm, sensible
from tests.fakes.meetings import MemoryMeetings, MemoryPastMails
from tests.fakes.memory import LetterEmbedder, MemoryMemories, MemoryVectors, kept_evidence_ports, memory_ports
from tests.fakes.notes import MemoryPages
from tests.fakes.runtime import ManualClock, MemoryMeter
from tests.fakes.stores import MemoryAuditTrail, MemoryPreferences, MemoryTasks, Outage
from tests.unit.meetings.meetings import EXAMPLE, KIM, mail, page

CALLER = Identity("user123", "request1")


class Assistant:
    """The use case with fakes behind it."""

    def __init__(self, clock: ManualClock, meter: MemoryMeter) -> None:
        self.store, self.memory_store = Outage(), Outage()
        self.preferences = MemoryPreferences(self.store)
        self.audit = MemoryAuditTrail()
        self.clock, self.meter = clock, meter
        self.llm = ScriptedLlm(sensible, has_key=False)
        claude = ClaudePorts(self.llm, MemorySpending(), meter, clock)
        self.memories = MemoryMemories(clock, self.memory_store)
        self.index, self.model = Outage(), Outage()
        self.vectors = MemoryVectors(self.index)
        self.memory = replace(memory_ports(clock, self.memories, self.vectors), embedder=LetterEmbedder(self.model))
        self.task_store = Outage()
        self.tasks = MemoryTasks(clock, self.task_store)
        self.page_store = Outage()
        self.pages = MemoryPages(clock, self.page_store)
        self.mail_store = Outage()
        self.mails = MemoryPastMails(clock, self.mail_store)
        self.meeting_store = Outage()
        self.meetings = MemoryMeetings(clock, self.meeting_store)
        kept = kept_evidence_ports(self.memory, self.tasks, self.pages, self.mails, self.meetings)
        self.ports = PreparePorts(self.preferences, self.audit, meter, clock, kept, lambda: claude)

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
    assert answer.degraded == ("preferences", "memory", "tasks", "notes", "mail", "meetings")
    assert "(UTC)" in answer.briefing_document
    assert assistant.meter.total(metric_names.DEGRADED, missing="preferences") == 1


def test_without_memory_the_rest_serves(assistant: Assistant) -> None:
    assistant.memory_store.down = True
    assert assistant.prepare().degraded == ("memory",)
    assistant.task_store.down = True
    assert assistant.prepare().degraded == ("memory", "tasks")
    assistant.page_store.down = True
    assert assistant.prepare().degraded == ("memory", "tasks", "notes")


def test_what_is_remembered_and_holds_now_is_evidence(assistant: Assistant) -> None:
    now = assistant.clock.now()
    for text, since in (("Alice leads the Q4 planning objectives.", -1), ("Bob will lead the Q4 planning.", 1)):
        fact = Fact(
            kind=MemoryKind.PERSON,
            subject="Planning",
            text=text,
            people=("alice@company.com",),
            valid_from=now + timedelta(days=since),
        )
        kept = KeptMemory(Memory.of(fact, Source(kind=SourceKind.REQUEST, id="r"), now=now), 1)
        assistant.memories.kept["user123", kept.memory.id] = kept
    answer = assistant.prepare()
    assert "Alice leads the Q4 planning objectives." in [one.text for one in answer.key_points]
    assert "Bob will lead" not in answer.briefing_document
    assert SourceKind.MEMORY in {one.source.kind for one in answer.citations}


def test_an_old_memory_is_recalled_by_its_meaning(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.services.kept_evidence.MOST", 2)
    now = assistant.clock.now()
    for number, text in enumerate(("The Q4 planning objectives are met.", "Bob likes tea.", "Chloe likes milk.")):
        fact = Fact(kind=MemoryKind.FACT, subject="notes", text=text, valid_from=now)
        memory = Memory.of(fact, Source(kind=SourceKind.REQUEST, id="r"), now=now)
        kept = KeptMemory(memory.model_copy(update={"id": f"{number}"}), 1)
        assistant.memories.kept["user123", f"{number}"] = kept
        assistant.memories.waiting["user123", f"{number}"] = None
    assert "The Q4 planning objectives are met." in [one.text for one in assistant.prepare().key_points]
    assert len(assistant.vectors.kept) == 3
    # With the index down words decide among all of them.
    assistant.index.down = True
    answer = assistant.prepare()
    assert "The Q4 planning objectives are met." in [one.text for one in answer.key_points]
    assert answer.degraded == ()


def test_without_the_model_words_decide(assistant: Assistant) -> None:
    assistant.model.down = True
    answer = assistant.prepare(documents=[mail(1, "The objectives for planning Q4 are ready.")])
    assert answer.degraded == ("semantic_search",)
    assert "mail1" in {one.source.id for one in answer.citations}


def test_what_nobody_approved_is_said_to_be_observed(assistant: Assistant) -> None:
    now = assistant.clock.now()
    fact = Fact(kind=MemoryKind.FACT, subject="Planning", text="The Q4 planning is to be cut short.", valid_from=now)
    kept = KeptMemory(Memory.of(fact, Source(kind=SourceKind.MAIL, id="m"), now=now), 1)
    assistant.memories.kept["user123", kept.memory.id] = kept
    said = [one.text for one in assistant.prepare().key_points]
    assert "Observed: “The Q4 planning is to be cut short.”" in said


def test_open_tasks_about_it_are_on_the_list(assistant: Assistant) -> None:
    now = assistant.clock.now()
    for number, (title, status) in enumerate(
        (("Draft the Q4 planning objectives", "open"), ("Send the Q4 planning notes", "done"), ("Buy milk", "open"))
    ):
        task = KeptTask(task_id=f"task{number}", title=title, created_at=now, status=TaskStatus(status))
        assistant.tasks.create("user123", task, None)
    texts = [one.text for one in assistant.prepare().preparation_checklist]
    assert "Be ready to speak of your task “Draft the Q4 planning objectives”" in texts
    assert sum("your task" in text for text in texts) == 1


def test_a_preparation_is_measured_and_audited_without_content(assistant: Assistant) -> None:
    answer = assistant.prepare()
    (event,) = assistant.audit.events
    assert (event.action, event.subject_id) == (AuditAction.MEETING_PREPARED, "meet123")
    assert event.counts == {"citations": len(answer.citations)}
    assert [name for name, _, _ in assistant.meter.observations] == [metric_names.MEETING_PREP]


class TestClaude:
    """What becomes of an answer, and of none."""

    @pytest.fixture
    def asked(self, assistant: Assistant) -> Assistant:
        assistant.llm.has_key = True
        return assistant

    def answering(self, asked: Assistant, **fields: Any) -> None:
        empty: dict[str, Any] = {"key_points": [], "topics": [], "checklist": [], "questions": []}
        asked.llm.answers = lambda _: empty | fields

    def test_a_sound_answer_is_the_briefing(self, asked: Assistant) -> None:
        answer = asked.prepare(
            documents=[mail(1, "We expect the planning pilot to start on 3 February with 25 users.")]
        )
        assert (answer.decided_by, answer.degraded) == (Writer.CLAUDE, ())
        expected = "Alice Lee: We expect the planning pilot to start on 3 February with 25 users."
        assert expected in [one.text for one in answer.key_points]
        (prompt,) = asked.llm.asked
        assert (prompt.task, prompt.answer) == (LlmTask.BRIEFING, BriefingAnswer)
        assert "@" not in str(prompt.data)

    def test_what_the_spans_do_not_say_becomes_a_question_in_our_words(self, asked: Assistant) -> None:
        self.answering(
            asked,
            key_points=[
                {"text": "Alice expects the pilot to start on 3 February", "spans": [2, 1]},
                {"text": "Alice expects the pilot to start on 4 February", "spans": [2]},
                {"text": "Carol leads the pilot", "spans": [2]},
                {"text": "The budget is EUR 9 million", "spans": [99]},
            ],
            topics=[{"text": "Pilot to start on 3 February", "spans": [2], "weight": 5}],
            questions=[{"text": "When is the pilot to start?", "spans": [2]}],
        )
        answer = asked.prepare(documents=[mail(1, "I expect the pilot to start on 3 February with 25 planning users.")])
        assert [one.text for one in answer.key_points] == ["Alice expects the pilot to start on 3 February"]
        assert [item.topic for item in answer.suggested_agenda] == [
            "Welcome and goal",
            "Pilot to start on 3 February",
            "Decisions, owners and dates",
        ]
        quote = "“I expect the pilot to start on 3 February with 25 planning users.”"
        questions = [one.text for one in answer.questions]
        assert questions[0] == "When is the pilot to start?"
        assert f"Which figure or date is right? The source says: {quote}" in questions
        whole = answer.model_dump_json()
        assert "4 February" not in whole
        assert "Carol" not in whole
        assert "9 million" not in whole

    def test_without_a_sound_point_it_is_asked_again_and_then_quoted(self, asked: Assistant) -> None:
        self.answering(asked, key_points=[{"text": "The budget is EUR 9 million", "spans": [1]}])
        answer = asked.prepare()
        assert len(asked.llm.asked) == 2
        assert (answer.decided_by, answer.degraded) == (Writer.CORE, ("claude",))

    def test_while_claude_is_down_the_briefing_quotes(self, asked: Assistant) -> None:
        asked.llm.open_for_calls = False
        answer = asked.prepare()
        assert (answer.decided_by, answer.degraded) == (Writer.CORE, ("claude",))

    def test_without_a_key_nothing_is_missing(self, assistant: Assistant) -> None:
        assert assistant.prepare().degraded == ()
        assert assistant.llm.asked == []

    def test_the_prompt_is_bounded(self, asked: Assistant) -> None:
        many = [mail(n, f"Planning objective {n} of the session: " + "renewals and hiring " * 10) for n in range(500)]
        asked.prepare(attendees=[f"guest{n}@company.com" for n in range(100)], documents=many)
        (prompt,) = asked.llm.asked
        assert estimated_tokens(json.dumps(prompt.data)) < 6_000


def test_pages_of_a_connected_workspace_are_evidence(assistant: Assistant) -> None:
    head = PageHead("page-1", "Q4 planning: goals", assistant.clock.now())
    text = "Q4 planning session: the importer ships on 14 March."
    assistant.pages.put("user123", "notion-1", NotesPage(head, text))
    answer = assistant.prepare()
    (cited,) = [one.source for one in answer.citations if one.source.kind is SourceKind.PAGE]
    assert (cited.id, cited.quote in text) == ("page-1", True)
    assert "14 March" in answer.briefing_document


class TestPastMails:
    """Mails of connected mailboxes."""

    @pytest.fixture
    def assistant(self, assistant: Assistant) -> Assistant:
        text = "Could you confirm the planning budget of EUR 40,000 by Friday?"
        people = ("kim@client.example", "user@company.com")
        past = {"title": "Q4 objectives", "text": text, "people": people, "author": "Kim Park"}
        one = PastMail(connection_id="google-1", message_id="mail7", at=assistant.clock.now(), **past)
        assistant.mails.keep("user123", [one])
        return assistant

    def cited(self, answer: PrepareResponse) -> list[str]:
        return [one.source.id for one in answer.citations if one.source.kind is SourceKind.MAIL]

    def test_with_who_comes_are_evidence(self, assistant: Assistant) -> None:
        answer = assistant.prepare(attendees=["kim@client.example"])
        assert set(self.cited(answer)) == {"mail7"}
        (kim,) = answer.attendee_research
        assert (kim.name, kim.documents, kim.last_contact) == ("Kim Park", 1, assistant.clock.now())

    def test_with_others_are_not(self, assistant: Assistant) -> None:
        assert self.cited(assistant.prepare()) == []

    def test_that_are_sent_with_the_meeting_count_once(self, assistant: Assistant) -> None:
        sent = mail(7, "Could you confirm the planning budget of EUR 40,000 by Friday?", by=KIM)
        (kim,) = assistant.prepare(attendees=[KIM], documents=[sent]).attendee_research
        assert kim.documents == 1

    def test_that_cannot_be_read_are_named(self, assistant: Assistant) -> None:
        assistant.mail_store.down = True
        answer = assistant.prepare(attendees=["kim@client.example"])
        assert (answer.degraded, self.cited(answer)) == (("mail",), [])


class TestPastMeetings:
    """Meetings that users and connected calendars keep."""

    def meet(self, assistant: Assistant, meeting_id: str, days_ago: float, *people: str) -> datetime:
        at = assistant.clock.now() - timedelta(days=days_ago)
        details = MeetingDetails(meeting_title="Renewal", attendees=people or (KIM,), scheduled_time=at)
        kept = KeptMeeting(user_id="user123", meeting_id=meeting_id, version=1, begins=at, details=details)
        assert assistant.meetings.replace(kept, earlier=None, is_due=False)
        return at

    def cited(self, answer: PrepareResponse) -> list[str]:
        return [one.source.id for one in answer.citations if one.source.kind is SourceKind.EVENT]

    def test_the_last_one_tells_when_somebody_was_met(self, assistant: Assistant) -> None:
        self.meet(assistant, "earlier", 20)
        last = self.meet(assistant, "last", 3, KIM, "bob@company.com")
        self.meet(assistant, "with others", 1, "eve@company.com")
        self.meet(assistant, "to come", -1)
        answer = assistant.prepare(attendees=[KIM])
        (kim,) = answer.attendee_research
        assert (kim.last_contact, kim.documents) == (last, 1)
        assert self.cited(answer) == ["last"]
        # Only that they met is known: nothing of it is to be read.
        assert not any("Renewal" in one.text for one in (*answer.key_points, *answer.preparation_checklist))

    def test_the_meeting_itself_is_none(self, assistant: Assistant) -> None:
        self.meet(assistant, "meet123", 0.001)
        assert self.cited(assistant.prepare(attendees=[KIM])) == []

    def test_however_many_there_were(self, assistant: Assistant) -> None:
        for number in range(600):
            self.meet(assistant, f"daily{number}", 80 - number / 10, "eve@company.com")
        last = self.meet(assistant, "last", 1)
        (kim,) = assistant.prepare(attendees=[KIM]).attendee_research
        assert kim.last_contact == last

    def test_that_cannot_be_read_are_named(self, assistant: Assistant) -> None:
        assistant.meeting_store.down = True
        assert assistant.prepare(attendees=[KIM]).degraded == ("meetings",)
