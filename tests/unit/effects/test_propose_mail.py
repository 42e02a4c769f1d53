"""Users have mails drafted and sent through the API, each once for its key."""

from typing import Any

import pytest
from pydantic import ValidationError

from assistant.domain.access import asked_scopes
from assistant.domain.connections import ConnectionStatus
from assistant.domain.effects.actions import SendMail
from assistant.domain.effects.approval import action_hash
from assistant.domain.effects.effect import Capability, EffectRecord, EffectState
from assistant.domain.errors import ConnectionBroken, Forbidden, InvalidRequest
from assistant.domain.notifications import NotificationKind
from assistant.domain.preferences import EffectPermissions, Permission, Preferences
from assistant.domain.providers import Access, Provider
from assistant.domain.sources import SourceKind
from assistant.domain.triage.decision import DecidedBy
from assistant.domain.users import Identity
from assistant.services.answer_approvals import ApprovalRequest, approve_effect
from assistant.services.execute_effects import NOT_AS_APPROVED
from assistant.services.propose_mail import MailProposal, MailProposalPorts, propose_mail
from assistant.services.show_effects import EffectView
from assistant.services.verify_ledger import VerifyQuery, verify_ledger
from tests.fakes.connections import google_connection
from tests.fakes.effects import CALLER, USER, Desk

ANN = "ann@company.com"


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    connect(desk, scopes=asked_scopes(Provider.GOOGLE, {Access.MAIL}))
    return desk


def connect(desk: Desk, **change: Any) -> None:
    known = desk.connections.find(USER, desk.connection.id)
    assert known is not None
    changed = known.model_copy(update={"version": known.version + 1, **change})
    assert desk.connections.replace(changed, expected_version=known.version)


def wanted(desk: Desk, kind: str = "draft", **fields: Any) -> MailProposal:
    given = {"kind": kind, "connection_id": desk.connection.id, "to": [ANN], "subject": "Offer", "text": "Yes."}
    return MailProposal.model_validate(given | fields)


def propose(
    desk: Desk,
    mail: MailProposal,
    *,
    key: str | None = None,
    request_id: str = "request1",
    delegate_id: str | None = None,
) -> EffectView:
    ports = MailProposalPorts(desk.propose_ports, desk.connections, desk.audit)
    return propose_mail(USER, mail, Identity(USER, request_id, delegate_id), key=key, ports=ports)


def test_a_draft_is_kept_at_once_with_where_it_comes_from(desk: Desk) -> None:
    answered = desk.mail()
    view = propose(desk, wanted(desk, mail_id=answered))
    assert view.state is EffectState.QUEUED
    assert (view.origin.capability, view.origin.decided_by) == (Capability.REQUEST, DecidedBy.USER)
    assert [(one.kind, one.id) for one in view.evidence] == [
        (SourceKind.REQUEST, "request1"),
        (SourceKind.MAIL, answered),
    ]
    desk.work()
    (mail,) = desk.mailbox.drafts()
    assert (mail.to, mail.subject, mail.body) == ((ANN,), "Offer", "Yes.")
    assert mail.thread_id == desk.mailbox.get(answered).mail.thread_id


def test_a_mail_is_sent_after_its_approval_only(desk: Desk) -> None:
    view = propose(desk, wanted(desk, "send"))
    desk.work()
    assert (view.state, list(desk.mailbox.sent())) == (EffectState.WAITING, [])
    (asked,) = desk.notifications.told.values()
    assert asked.text.startswith("Send “Offer” to ann@company.com from user@company.com.")
    approval = ApprovalRequest(action_hash=action_hash(desk.effects.records[USER, view.id].effect))
    approve_effect(USER, view.id, approval, CALLER, ports=desk.answer_ports)
    desk.work()
    assert [mail.subject for mail in desk.mailbox.sent()] == ["Offer"]


def approved_mail(desk: Desk) -> EffectRecord:
    """A mail to Ann waits for the worker."""
    view = propose(desk, wanted(desk, "send"))
    approval = ApprovalRequest(action_hash=view.action_hash)
    approve_effect(USER, view.id, approval, CALLER, ports=desk.answer_ports)
    return desk.effects.records[USER, view.id]


def replace(desk: Desk, record: EffectRecord, **update: Any) -> None:
    """Somebody writes to the table."""
    desk.effects.records[USER, record.id] = record.model_copy(update=update)


@pytest.mark.parametrize("state", [EffectState.QUEUED, EffectState.RUNNING])
def test_what_is_no_longer_what_was_approved_is_not_done(desk: Desk, state: EffectState) -> None:
    record = approved_mail(desk)
    sent = record.effect.action.model_dump() | {"to": {"value": ["mallory@evil.example"]}}
    action = SendMail.model_validate(sent)
    replace(desk, record, effect=record.effect.model_copy(update={"action": action}), state=state)
    desk.work()
    assert list(desk.mailbox.sent()) == []
    failed = desk.effects.records[USER, record.id]
    assert (failed.state, failed.problem) == (EffectState.FAILED, NOT_AS_APPROVED)
    (told,) = (news for news in desk.notifications.told.values() if news.kind is NotificationKind.EFFECT_FAILED)
    assert told.text.endswith(NOT_AS_APPROVED)


def test_what_is_said_in_other_words_by_now_is_done(desk: Desk) -> None:
    record = approved_mail(desk)
    assert record.approval
    replace(desk, record, approval=record.approval.model_copy(update={"action_hash": "0" * 64}))
    desk.work()
    assert [mail.subject for mail in desk.mailbox.sent()] == ["Offer"]


def test_what_was_approved_before_that_was_kept_is_done_and_written_as_before(desk: Desk) -> None:
    record = approved_mail(desk)
    assert record.approval
    replace(desk, record, approval=record.approval.model_copy(update={"what": None}))
    assert '"what"' not in desk.effects.records[USER, record.id].model_dump_json()
    desk.work()
    assert [mail.subject for mail in desk.mailbox.sent()] == ["Offer"]


def test_the_ledger_says_which_delegate_asked_and_approved(desk: Desk) -> None:
    view = propose(desk, wanted(desk, "send"), delegate_id="bob")
    assert (view.origin.delegate_id, view.reasoning) == ("bob", "bob asked for it for you.")
    approval = ApprovalRequest(action_hash=view.action_hash)
    carl = Identity(USER, "request2", "carl")
    approved = approve_effect(USER, view.id, approval, carl, ports=desk.answer_ports)
    assert approved.approved_by == "carl"
    assert [event.delegate_id for event in desk.audit.events] == ["bob", "carl"]
    assert verify_ledger(USER, VerifyQuery(), CALLER, effects=desk.effects, clock=desk.clock).intact


def test_what_the_user_does_is_written_as_before_there_were_delegates(desk: Desk) -> None:
    view = propose(desk, wanted(desk, "send"))
    approval = ApprovalRequest(action_hash=view.action_hash)
    assert approve_effect(USER, view.id, approval, CALLER, ports=desk.answer_ports).approved_by == USER
    assert "delegate_id" not in desk.effects.records[USER, view.id].model_dump_json()


def test_with_the_same_key_it_is_one(desk: Desk) -> None:
    first = propose(desk, wanted(desk), key="k1")
    assert propose(desk, wanted(desk), key="k1", request_id="request2").id == first.id
    assert propose(desk, wanted(desk), key="k2", request_id="request3").id != first.id
    desk.work()
    assert len(desk.mailbox.drafts()) == 2
    assert [event.action for event in desk.audit.events] == ["effect.proposed"] * 2


@pytest.mark.parametrize(
    "other", [{"text": "No."}, {"to": ["bob@company.com"]}, {"kind": "send"}, {"mail_id": "m9"}, {"subject": ""}]
)
def test_a_key_used_with_another_mail_is_refused_and_nothing_comes_of_it(desk: Desk, other: dict[str, Any]) -> None:
    first = propose(desk, wanted(desk), key="k1")
    with pytest.raises(InvalidRequest) as refused:
        propose(desk, wanted(desk, **other), key="k1", request_id="request2")
    assert [error.field for error in refused.value.errors] == ["Idempotency-Key"]
    desk.work()
    assert [mail.body for mail in desk.mailbox.drafts()] == ["Yes."]
    assert [effect_id for _, effect_id in desk.effects.records] == [first.id]
    assert [event.action for event in desk.audit.events] == ["effect.proposed"]


def test_a_key_used_with_another_account_is_refused(desk: Desk) -> None:
    propose(desk, wanted(desk), key="k1")
    other = google_connection(USER, "other@example.com")
    desk.connections.replace(
        other.model_copy(update={"scopes": asked_scopes(Provider.GOOGLE, {Access.MAIL})}), expected_version=0
    )
    with pytest.raises(InvalidRequest):
        propose(desk, wanted(desk, connection_id=other.id), key="k1", request_id="request2")


def test_without_a_key_each_request_is_one(desk: Desk) -> None:
    ids = {propose(desk, wanted(desk), request_id=f"request{number}").id for number in (1, 2)}
    assert len(ids) == 2


@pytest.mark.parametrize(("permission", "state"), [("ask", "waiting"), ("never", "refused")])
def test_the_preferences_say_what_happens(desk: Desk, permission: str, state: str) -> None:
    preferences = Preferences(effects=EffectPermissions(draft=Permission(permission)))
    desk.preferences.replace(USER, preferences, expected_version=desk.preferences.read(USER).version)
    assert propose(desk, wanted(desk)).state == state


@pytest.mark.parametrize("scopes", [frozenset(), asked_scopes(Provider.GOOGLE, {Access.CALENDAR})])
def test_an_account_without_mail_is_refused_by_name(desk: Desk, scopes: frozenset[str]) -> None:
    connect(desk, scopes=scopes)
    for mail in (wanted(desk), wanted(desk, connection_id="gone")):
        with pytest.raises(InvalidRequest) as refused:
            propose(desk, mail)
        assert [error.field for error in refused.value.errors] == ["connection_id"]
    assert not desk.effects.records


def test_an_account_whose_consent_is_gone_is_said_so(desk: Desk) -> None:
    connect(desk, status=ConnectionStatus.BROKEN)
    with pytest.raises(ConnectionBroken):
        propose(desk, wanted(desk))


def test_only_for_oneself(desk: Desk) -> None:
    ports = MailProposalPorts(desk.propose_ports, desk.connections, desk.audit)
    with pytest.raises(Forbidden):
        propose_mail(USER, wanted(desk), Identity("user2", "r"), key=None, ports=ports)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "label"},
        {"to": []},
        {"to": ["nobody"]},
        {"text": ""},
        {"subject": "a" * 501},
        {"mail_id": ""},
        {"bcc": []},
    ],
)
def test_what_is_no_mail_is_refused(desk: Desk, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        wanted(desk, **fields)
