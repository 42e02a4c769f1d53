"""What triage decided about a mail of a connected mailbox becomes effects, and no word of the mail decides which."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.effects.actions import ArchiveMail, LabelMail, SendMail
from assistant.domain.effects.approval import action_hash, rendered
from assistant.domain.effects.effect import Effect, EffectState
from assistant.domain.effects.of_triage import LABELS, effects_of_triage
from assistant.domain.mail import Mail
from assistant.domain.mailbox import Folder
from assistant.domain.preferences import EffectPermissions, EmailRules, Permission, Preferences
from assistant.domain.triage.decision import Category, DecidedBy, TriagedEmail
from assistant.services.answer_approvals import ApprovalRequest, approve_effect
from assistant.services.propose_for_mails import propose_for_mails
from assistant.services.undo_effects import UndoRequest, undo_effects
from tests.fakes.effects import CALLER, USER, Desk

DELEGATE = "assistant@company.com"
DELEGATING = Preferences(email_rules=EmailRules(delegate_to=DELEGATE))


def triaged(email_id: str, category: Category, *, confidence: float = 0.97, review: bool = False) -> TriagedEmail:
    return TriagedEmail(
        email_id=email_id,
        category=category,
        priority_score=3,
        suggested_action="Archive it",
        estimated_time_minutes=1,
        reasoning="A newsletter you never open.",
        confidence=confidence,
        decided_by=DecidedBy.CORE,
        needs_review=review,
    )


def of(desk: Desk, decided: TriagedEmail, preferences: Preferences | None = None, **mail: str) -> list[Effect]:
    received = Mail(
        id=decided.email_id, **({"sender": "news@shop.example", "subject": "Offers", "body": "Buy."} | mail)
    )
    wanted = preferences or Preferences()
    return list(
        effects_of_triage(desk.connection, received, decided, run_id="run1", now=desk.clock.now(), preferences=wanted)
    )


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_every_category_has_a_label_of_its_own() -> None:
    assert set(LABELS) == set(Category)
    assert len(set(LABELS.values())) == len(Category)


@pytest.mark.parametrize("category", Category)
def test_every_mail_gets_the_label_of_its_category(desk: Desk, category: Category) -> None:
    effect = of(desk, triaged("m1", category))[0]
    assert isinstance(effect.action, LabelMail)
    assert effect.action.add.value == (LABELS[category],)
    assert effect.action.guarded_taint == ()
    assert (effect.target.title, effect.reasoning) == ("Offers", "A newsletter you never open.")


@pytest.mark.parametrize(
    ("confidence", "review", "permission", "archived"),
    [
        (0.95, False, Permission.AUTO, True),
        (0.94, False, Permission.AUTO, False),
        (0.94, False, Permission.ASK, True),
        (0.99, True, Permission.AUTO, False),
        (0.99, True, Permission.ASK, False),
    ],
)
def test_only_what_is_surely_to_be_archived_is(
    desk: Desk, confidence: float, *, review: bool, permission: Permission, archived: bool
) -> None:
    decided = triaged("m1", Category.ARCHIVE, confidence=confidence, review=review)
    effects = of(desk, decided, Preferences(effects=EffectPermissions(archive=permission)))
    assert any(isinstance(effect.action, ArchiveMail) for effect in effects) is archived


@pytest.mark.parametrize(
    ("subject", "decided_by", "archived"),
    [
        ("2. Mahnung: Rechnung 88123", DecidedBy.CORE, False),
        ("Dernier rappel : facture impayée", DecidedBy.CLAUDE, False),
        ("Final reminder: payment overdue", DecidedBy.CORRECTIONS, True),
        ("Final reminder: payment overdue", DecidedBy.PREFERENCES, True),
        ("Our spring catalogue", DecidedBy.CORE, True),
    ],
)
def test_what_asks_to_pay_stays_unless_the_user_decided(
    desk: Desk, subject: str, decided_by: DecidedBy, *, archived: bool
) -> None:
    decided = triaged("m1", Category.ARCHIVE).model_copy(update={"decided_by": decided_by})
    effects = of(desk, decided, subject=subject)
    assert any(isinstance(effect.action, ArchiveMail) for effect in effects) is archived
    asking = Preferences(effects=EffectPermissions(archive=Permission.ASK))
    assert any(isinstance(effect.action, ArchiveMail) for effect in of(desk, decided, asking, subject=subject))


def test_nothing_else_is_archived(desk: Desk) -> None:
    for category in set(Category) - {Category.ARCHIVE}:
        assert len(of(desk, triaged("m1", category))) == 1


class TestForwarding:
    def test_what_can_be_delegated_goes_to_the_delegate_of_the_preferences(self, desk: Desk) -> None:
        decided = triaged("m1", Category.DELEGATE)
        _, effect = of(desk, decided, DELEGATING, subject="Book\r\n a room", body="Please book a room.")
        action = effect.action
        assert isinstance(action, SendMail)
        assert (action.to.value, action.subject.value) == ((DELEGATE,), "Fwd: Book a room")
        assert action.text.value.endswith("Please book a room.")
        assert action.guarded_taint == ()
        assert action.text.tainted
        assert rendered(effect).startswith(
            f"Send “Fwd: Book a room” to {DELEGATE} from user@company.com in the conversation of an existing mail.\n\n"
            "Fwd: Book a room\n\n[Forwarded as text. Attachments, where there are any, are left out.]\n\n-----"
        )

    def test_nobody_is_written_to_without_a_delegate_or_when_unsure(self, desk: Desk) -> None:
        assert len(of(desk, triaged("m1", Category.DELEGATE))) == 1
        assert len(of(desk, triaged("m1", Category.DELEGATE, review=True), DELEGATING)) == 1

    @given(subject=st.text(max_size=600), body=st.text(max_size=200), sender=st.text(max_size=100))
    def test_whatever_the_mail_says_only_the_delegate_gets_it(self, subject: str, body: str, sender: str) -> None:
        effects = of(Desk(), triaged("m1", Category.DELEGATE), DELEGATING, subject=subject, body=body, sender=sender)
        (sent,) = [effect.action for effect in effects if isinstance(effect.action, SendMail)]
        assert sent.to.value == (DELEGATE,)
        assert not set(sent.subject.value) & {"\r", "\n"}

    def test_a_long_mail_is_cut(self, desk: Desk) -> None:
        _, effect = of(desk, triaged("m1", Category.DELEGATE), DELEGATING, body="word " * 20_000)
        assert isinstance(effect.action, SendMail)
        assert len(effect.action.text.value) < 6_000
        assert effect.action.text.value.startswith("[Forwarded as text, shortened: ")

    def test_it_is_sent_once_after_approval_and_not_taken_back(self, desk: Desk) -> None:
        desk.preferences.replace(USER, DELEGATING, expected_version=0)
        mail = desk.mailbox.get(desk.mail("Book a room")).mail
        decided = [(mail, triaged(mail.id, Category.DELEGATE))]
        _, waiting = propose_for_mails(desk.connection, decided, run_id="run1", ports=desk.propose_ports)
        desk.work()
        assert (waiting.state, desk.mailbox.sent()) == (EffectState.WAITING, [])
        approval = ApprovalRequest(action_hash=action_hash(waiting.effect))
        approve_effect(USER, waiting.id, approval, CALLER, ports=desk.answer_ports)
        job = desk.queue.jobs[0]
        desk.work()
        desk.queue.jobs.append(job)
        desk.work()
        (sent,) = desk.mailbox.sent()
        assert (sent.to, sent.subject) == ((DELEGATE,), "Fwd: Book a room")
        assert sent.headers["message-id"] == f"<{waiting.id}@company.com>"
        answer = undo_effects(USER, UndoRequest(run_id="run1"), CALLER, ports=desk.answer_ports)
        assert [one.detail for one in answer.left_alone] == ["What was sent cannot be taken back."]
        assert desk.record(waiting.effect).state is EffectState.DONE


def test_sending_can_never_be_automatic() -> None:
    with pytest.raises(ValueError, match="not done without a question"):
        EffectPermissions(send=Permission.AUTO)
    assert EffectPermissions(send=Permission.NEVER).send is Permission.NEVER


def test_a_mailbox_is_filed_and_put_back(desk: Desk) -> None:
    mails = [desk.mailbox.get(desk.mail(f"Offers {number}")).mail for number in range(3)]
    decided = [(mail, triaged(mail.id, Category.ARCHIVE)) for mail in mails]
    propose_for_mails(desk.connection, decided, run_id="sync1", ports=desk.propose_ports)
    desk.work()
    states = [desk.mailbox.state(mail.id) for mail in mails]
    assert {(state.folder, *state.labels) for state in states} == {(Folder.ARCHIVE, "EA/Archive")}
    undo_effects(USER, UndoRequest(run_id="sync1"), CALLER, ports=desk.answer_ports)
    desk.work()
    states = [desk.mailbox.state(mail.id) for mail in mails]
    assert {(state.folder, *state.labels) for state in states} == {(Folder.INBOX,)}
