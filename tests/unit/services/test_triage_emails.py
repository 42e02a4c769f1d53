from dataclasses import replace
from typing import Any

import pytest

from assistant.domain import metric_names
from assistant.domain.audit import AuditAction
from assistant.domain.decisions import Correction, DecisionState
from assistant.domain.errors import Forbidden, InvalidRequest, NotFound, Unavailable
from assistant.domain.preferences import EmailRules, Preferences
from assistant.domain.triage.decision import Category, DecidedBy
from assistant.domain.users import Identity
from assistant.services.ask_claude import ClaudePorts
from assistant.services.show_decision import show_decision
from assistant.services.triage_emails import TriagePorts, TriageRequest, TriageResponse, triage_emails
from tests.fakes.llm import MemorySpending, ScriptedLlm, sensible
from tests.fakes.runtime import ManualClock, MemoryMeter
from tests.fakes.stores import MemoryAuditTrail, MemoryBacklog, MemoryDecisions, MemoryPreferences, Outage

URGENT: dict[str, Any] = {
    "id": "email1",
    "from": "ceo@company.com",
    "subject": "Urgent: Q4 Budget Review",
    "body": "We need to discuss the Q4 budget...",
    "received_at": "2025-01-15T10:00:00Z",
}
NOTE: dict[str, Any] = {"id": "email2", "from": "bob@company.com", "subject": "Lunch", "body": "The menu is attached."}


THOUGHT: dict[str, Any] = {
    "id": "email3",
    "from": "Mia Lindt <mia@partner.example>",
    "subject": "Thursday",
    "body": "I was thinking about what you said on Thursday. It makes sense to me.",
}


CALLER = Identity("user123", "request1")


class Assistant:
    """The use case with fakes behind it; the stores can be switched off."""

    def __init__(self, clock: ManualClock, meter: MemoryMeter) -> None:
        self.store, self.reads, self.writes = Outage(), Outage(), Outage()
        self.decisions = MemoryDecisions(clock, reads=self.reads, writes=self.writes)
        self.preferences = MemoryPreferences(self.store)
        self.audit = MemoryAuditTrail()
        self.meter = meter
        self.llm = ScriptedLlm(sensible, has_key=False)
        self.spending = MemorySpending()
        self.backlog = MemoryBacklog(self.decisions, clock, self.writes)
        claude = ClaudePorts(self.llm, self.spending, meter, clock)
        self.ports = TriagePorts(
            self.preferences, self.decisions, self.decisions, self.audit, meter, clock, self.backlog, lambda: claude
        )

    def triage(self, *emails: object, largest_batch: int = 100, deferred: bool = False) -> TriageResponse:
        request = TriageRequest.model_validate({"user_id": "user123", "emails": emails, "deferred": deferred})
        return triage_emails(request, CALLER, largest_batch=largest_batch, ports=self.ports)

    def broken(self, *emails: object, largest_batch: int = 100) -> list[str]:
        with pytest.raises(InvalidRequest) as caught:
            self.triage(*emails, largest_batch=largest_batch)
        return [error.field for error in caught.value.errors]


@pytest.fixture
def assistant(clock: ManualClock, meter: MemoryMeter) -> Assistant:
    return Assistant(clock, meter)


def test_the_documented_example(assistant: Assistant) -> None:
    response = assistant.triage(URGENT)
    (decision,) = response.triaged_emails
    assert (decision.email_id, decision.category, decision.priority_score) == ("email1", Category.URGENT_ACTION, 9)
    assert decision.estimated_time_minutes == 30
    assert response.summary == "Triaged 1 emails: 1 urgent actions, 0 important reads"
    assert response.processing_time_ms >= 0
    assert (response.warnings, response.rejected, response.degraded) == ((), (), ())


def test_decisions_are_kept_without_text(assistant: Assistant, clock: ManualClock) -> None:
    assistant.triage(URGENT)
    kept = assistant.decisions.find("user123", "email1")
    assert kept is not None
    assert kept.category is Category.URGENT_ACTION
    assert kept.sender_keys == ("from:ceo@company.com",)
    assert kept.decided_at == clock.now()
    kept_values = kept.model_dump_json()
    assert "Budget" not in kept_values
    assert "discuss" not in kept_values


def test_what_can_be_read_of_a_mail_is_triaged(assistant: Assistant) -> None:
    response = assistant.triage(URGENT, NOTE | {"received_at": "soon"}, "no mail")
    assert [one.email_id for one in response.triaged_emails] == ["email1", "email2"]
    assert [one.field for one in response.warnings] == ["emails[1].received_at"]
    assert [one.field for one in response.rejected] == ["emails[2]"]


def test_a_batch_without_one_sound_mail_is_refused(assistant: Assistant) -> None:
    assert assistant.broken(URGENT | {"received_at": "soon"}) == ["emails[0].received_at"]
    assert assistant.broken({"id": "x"}, {}) == ["emails[0]", "emails[1].id"]


def test_a_batch_has_a_size_and_its_mails_have_their_own_ids(assistant: Assistant) -> None:
    assert assistant.broken(URGENT, NOTE, largest_batch=1) == ["emails"]
    assert assistant.broken(NOTE, URGENT, URGENT, URGENT) == ["emails[2].id", "emails[3].id"]


def test_preferences_are_obeyed(assistant: Assistant) -> None:
    without = assistant.triage(NOTE).triaged_emails[0]
    wanted = Preferences(email_rules=EmailRules(priority_senders=("bob@company.com",)))
    assistant.preferences.replace("user123", wanted, expected_version=0)
    assert assistant.triage(NOTE).triaged_emails[0].priority_score > without.priority_score


def test_corrections_change_the_next_decision(assistant: Assistant, clock: ManualClock) -> None:
    assistant.triage(NOTE)
    decision = assistant.decisions.find("user123", "email2")
    assert decision is not None
    assert decision.category is not Category.URGENT_ACTION
    correction = Correction(email_id="email2", category=Category.URGENT_ACTION, corrected_at=clock.now())
    assistant.decisions.correct("user123", decision, correction, earlier=None)
    (after,) = assistant.triage(NOTE | {"id": "email3"}).triaged_emails
    assert after.category is Category.URGENT_ACTION


@pytest.mark.parametrize(
    ("down", "missing"),
    [
        ("store", ("preferences", "history", "feedback")),
        ("reads", ("history", "feedback")),
        ("writes", ("feedback",)),
    ],
)
def test_an_outage_costs_only_what_it_must(assistant: Assistant, down: str, missing: tuple[str, ...]) -> None:
    getattr(assistant, down).down = True
    response = assistant.triage(URGENT)
    assert response.triaged_emails[0].category is Category.URGENT_ACTION
    assert response.degraded == missing
    assert all(assistant.meter.total(metric_names.DEGRADED, missing=one) == 1 for one in missing)


def test_the_audit_event_counts_and_quotes_nothing(assistant: Assistant) -> None:
    assistant.triage(URGENT)
    (event,) = assistant.audit.events
    assert event.action is AuditAction.EMAILS_TRIAGED
    assert event.counts == {"urgent_action": 1}
    assert "Budget" not in event.model_dump_json()
    assert "ceo" not in event.model_dump_json()


def test_time_and_categories_are_measured(assistant: Assistant) -> None:
    assistant.triage(URGENT, NOTE)
    ((name, seconds, dimensions),) = assistant.meter.observations
    assert (name, dimensions) == (metric_names.EMAIL_TRIAGE, {})
    assert seconds >= 0
    triaged = [
        (value, given) for counted, value, given in assistant.meter.counts if counted == metric_names.EMAILS_TRIAGED
    ]
    assert sum(value for value, _ in triaged) == 2
    assert all(set(given) == {"category", "decided_by"} for _, given in triaged)


def test_another_users_batch_is_refused_and_leaves_no_trace(assistant: Assistant) -> None:
    request = TriageRequest.model_validate({"user_id": "user124", "emails": [URGENT]})
    with pytest.raises(Forbidden):
        triage_emails(request, CALLER, largest_batch=100, ports=assistant.ports)
    assert assistant.audit.events == []
    assert assistant.decisions.find("user124", "email1") is None


class TestClaude:
    """What changes when there is a key."""

    @pytest.fixture(autouse=True)
    def _key(self, assistant: Assistant) -> None:
        assistant.llm.has_key = True

    def test_decides_what_the_core_abstains_on(self, assistant: Assistant) -> None:
        response = assistant.triage(URGENT, THOUGHT)
        sure, unsure = response.triaged_emails
        assert (sure.decided_by, unsure.decided_by) == (DecidedBy.CORE, DecidedBy.CLAUDE)
        assert not unsure.needs_review
        assert len(assistant.llm.asked) == 1
        assert response.degraded == ()
        kept = assistant.decisions.find("user123", "email3")
        assert kept is not None
        assert kept.decided_by is DecidedBy.CLAUDE

    def test_only_a_mail_that_wants_it_builds_the_ports_of_claude(self, assistant: Assistant) -> None:
        def unneeded() -> ClaudePorts:
            raise AssertionError

        assistant.ports = replace(assistant.ports, claude=unneeded)
        assert not assistant.triage(URGENT).triaged_emails[0].needs_review

    @pytest.mark.parametrize("what", ["down", "circuit", "budget", "money_store", "no_time"])
    def test_the_core_answers_when_claude_cannot(self, assistant: Assistant, what: str) -> None:
        match what:
            case "down":
                assistant.llm.answers = lambda _: Unavailable("down")
            case "circuit":
                assistant.llm.open_for_calls = False
            case "budget":
                assistant.spending.cap = 0
            case "money_store":
                assistant.spending.outage.down = True
            case "no_time":
                request = TriageRequest.model_validate({"user_id": "user123", "emails": [THOUGHT]})
                response = triage_emails(request, CALLER, largest_batch=1, seconds=0.1, ports=assistant.ports)
        if what != "no_time":
            response = assistant.triage(THOUGHT)
        (decision,) = response.triaged_emails
        assert (decision.decided_by, decision.needs_review) == (DecidedBy.CORE, True)
        assert response.degraded == ("claude",)

    def test_without_a_key_nothing_is_missing(self, assistant: Assistant) -> None:
        assistant.llm.has_key = False
        assert assistant.triage(THOUGHT).degraded == ()
        assert assistant.triage(THOUGHT, deferred=True).deferred == ()

    def test_a_deferred_mail_has_a_first_decision_now(self, assistant: Assistant, clock: ManualClock) -> None:
        response = assistant.triage(URGENT, THOUGHT, deferred=True)
        assert response.deferred == ("email3",)
        assert response.triaged_emails[1].needs_review
        assert assistant.llm.asked == []
        shown = show_decision("email3", CALLER, decisions=assistant.decisions, clock=clock)
        assert (shown.state, shown.decided_by) == (DecisionState.DEFERRED, DecidedBy.CORE)
        assert show_decision("email1", CALLER, decisions=assistant.decisions, clock=clock).state is DecisionState.FINAL
        assert [one.email_id for one in assistant.backlog.waiting(10)] == ["email3"]

    def test_a_mail_that_cannot_be_kept_is_not_promised(self, assistant: Assistant) -> None:
        assistant.writes.down = True
        response = assistant.triage(THOUGHT, deferred=True)
        assert response.deferred == ()
        assert response.degraded == ("feedback", "claude")

    def test_an_unknown_decision_is_not_found(self, assistant: Assistant, clock: ManualClock) -> None:
        with pytest.raises(NotFound):
            show_decision("email9", CALLER, decisions=assistant.decisions, clock=clock)
