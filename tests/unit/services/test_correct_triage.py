from dataclasses import replace

import pytest

from assistant.domain.decisions import KEPT_FOR, Correction, Decision
from assistant.domain.errors import Conflict, NotFound, Unavailable
from assistant.domain.triage.decision import Category
from assistant.domain.users import Identity
from assistant.services.correct_triage import FeedbackPorts, FeedbackRequest, FeedbackResponse, correct_triage
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import MemoryAuditTrail, MemoryDecisions, Outage

KEY = "from:bob@company.com"


class Desk:
    """The use case with fakes behind it, and one decision to correct."""

    def __init__(self, clock: ManualClock, decisions: MemoryDecisions | None = None) -> None:
        self.clock = clock
        self.decisions = decisions or MemoryDecisions(clock)
        self.audit = MemoryAuditTrail()
        self.ports = FeedbackPorts(self.decisions, self.decisions, self.audit, clock)

    def decided(self, email_id: str, category: Category, *keys: str) -> None:
        decision = Decision(email_id=email_id, category=category, sender_keys=keys, decided_at=self.clock.now())
        self.decisions.save("user123", [decision])

    def correct(self, email_id: str, category: Category) -> FeedbackResponse:
        request = FeedbackRequest(category=category)
        return correct_triage(email_id, request, Identity("user123", "request1"), ports=self.ports)

    def counts(self) -> dict[Category, int]:
        return dict(self.decisions.records("user123", [KEY])[KEY].corrections)


@pytest.fixture
def desk(clock: ManualClock) -> Desk:
    desk = Desk(clock)
    desk.decided("email1", Category.ROUTINE, KEY)
    return desk


def test_one_correction_raises(desk: Desk) -> None:
    response = desk.correct("email1", Category.URGENT_ACTION)
    assert response.previous_category is None
    assert response.decided_category is Category.ROUTINE
    assert response.learned.startswith("Noted. The next mail like this from this sender or list will be urgent;")
    assert desk.counts() == {Category.URGENT_ACTION: 1}


def test_two_corrections_lower(desk: Desk) -> None:
    desk.decided("email2", Category.ROUTINE, KEY)
    assert "one more correction" in desk.correct("email1", Category.ARCHIVE).learned
    assert "The next mail" in desk.correct("email2", Category.ARCHIVE).learned


def test_earlier_corrections_the_other_way_need_more(desk: Desk) -> None:
    for number in range(3):
        desk.decided(f"kept{number}", Category.ROUTINE, KEY)
        desk.correct(f"kept{number}", Category.ROUTINE)
    assert "With more corrections like this" in desk.correct("email1", Category.ARCHIVE).learned


def test_the_same_correction_again_changes_nothing(desk: Desk) -> None:
    first = desk.correct("email1", Category.ARCHIVE)
    assert desk.correct("email1", Category.ARCHIVE) == first
    assert desk.counts() == {Category.ARCHIVE: 1}
    assert len(desk.audit.events) == 1


def test_changing_ones_mind_replaces_the_correction(desk: Desk) -> None:
    desk.correct("email1", Category.ARCHIVE)
    assert desk.correct("email1", Category.IMPORTANT_READ).previous_category is Category.ARCHIVE
    assert desk.counts() == {Category.IMPORTANT_READ: 1}
    assert [event.subject_id for event in desk.audit.events] == ["email1", "email1"]


def test_an_unknown_or_forgotten_decision_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.correct("email9", Category.ARCHIVE)
    desk.clock.advance(KEPT_FOR.total_seconds())
    with pytest.raises(NotFound):
        desk.correct("email1", Category.ARCHIVE)


def test_a_mail_without_sender_is_noted_only(desk: Desk) -> None:
    desk.decided("email2", Category.ROUTINE)
    assert "no sender" in desk.correct("email2", Category.ARCHIVE).learned


def test_a_stored_correction_is_confirmed_though_history_is_down(clock: ManualClock) -> None:
    history = Outage()
    history.down = True
    desk = Desk(clock)
    desk.ports = replace(desk.ports, history=MemoryDecisions(clock, reads=history))
    desk.decided("email1", Category.ROUTINE, KEY)
    assert "counts from the next mail" in desk.correct("email1", Category.ARCHIVE).learned


def test_a_store_that_is_down_is_said(clock: ManualClock) -> None:
    writes = Outage()
    desk = Desk(clock, MemoryDecisions(clock, writes=writes))
    desk.decided("email1", Category.ROUTINE, KEY)
    writes.down = True
    with pytest.raises(Unavailable):
        desk.correct("email1", Category.ARCHIVE)
    assert desk.audit.events == []


def test_two_devices_correcting_at_once_end_in_one_correction_or_a_conflict(clock: ManualClock) -> None:
    class Contended(MemoryDecisions):
        """Another device corrects between each read and write, ``times`` times."""

        times = 1

        def correct(
            self, user_id: str, decision: Decision, correction: Correction, *, earlier: Category | None
        ) -> bool:
            if self.times:
                self.times -= 1
                other = Category.ARCHIVE if earlier is Category.DELEGATE else Category.DELEGATE
                theirs = correction.model_copy(update={"category": other})
                super().correct(user_id, decision, theirs, earlier=earlier)
            return super().correct(user_id, decision, correction, earlier=earlier)

    contended = Contended(clock)
    desk = Desk(clock, contended)
    desk.decided("email1", Category.ROUTINE, KEY)
    assert desk.correct("email1", Category.URGENT_ACTION).previous_category is Category.DELEGATE
    assert desk.counts() == {Category.URGENT_ACTION: 1}
    contended.times = 99
    with pytest.raises(Conflict):
        desk.correct("email1", Category.ROUTINE)
