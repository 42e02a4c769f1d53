"""Use case: the user has a draft kept in their mailbox, or a mail sent after they approve it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.domain.access import is_open_for
from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.effects.actions import (
    LONGEST_SUBJECT,
    LONGEST_TEXT,
    MOST_RECIPIENTS,
    DraftMail,
    EffectKind,
    SendMail,
)
from assistant.domain.effects.effect import LONGEST_TITLE, Capability, Effect, Origin, Target
from assistant.domain.effects.provenance import Traced
from assistant.domain.errors import ConnectionBroken, FieldError, InvalidRequest, used_key
from assistant.domain.preferences import EmailAddress
from assistant.domain.providers import Access
from assistant.domain.sources import Source, SourceKind
from assistant.domain.triage.decision import DecidedBy
from assistant.domain.users import Identity
from assistant.ports.connections import ConnectionStore
from assistant.ports.runtime import AuditTrail
from assistant.services.propose_effects import ProposePorts, propose_effects
from assistant.services.show_effects import EffectView

_ACTIONS = {EffectKind.DRAFT: DraftMail, EffectKind.SEND: SendMail}


class MailProposal(BaseModel):
    """A mail to be drafted or sent; ``mail_id`` is the mail of the mailbox it answers, if it answers one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal[EffectKind.DRAFT, EffectKind.SEND]
    connection_id: Annotated[str, Field(min_length=1, max_length=64, description="The mailbox, a connected account")]
    mail_id: Annotated[str, Field(min_length=1, max_length=1024)] | None = None
    to: Annotated[tuple[EmailAddress, ...], Field(min_length=1, max_length=MOST_RECIPIENTS)]
    subject: Annotated[str, Field(max_length=LONGEST_SUBJECT)] = ""
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT, description="Plain text")]


@dataclass(frozen=True, slots=True)
class MailProposalPorts:
    """The ports proposals of users need."""

    propose: ProposePorts
    connections: ConnectionStore
    audit: AuditTrail


def propose_mail(
    user_id: str, wanted: MailProposal, caller: Identity, *, key: str | None, ports: MailProposalPorts
) -> EffectView:
    """Keep the draft or ask whether to send, as the preferences say; the same with the same key is one effect.

    Raises:
        Forbidden: it is for another user.
        InvalidRequest: the connection is no mailbox of the user's that the assistant may write in, or the key was used
            with another mail.
        ConnectionBroken: the account has to be connected again.
        Unavailable: the store, the queue or the notifier is down; propose it again with the same key.
    """
    caller.must_be(user_id)
    connection = _mailbox(user_id, wanted.connection_id, ports.connections)
    now = ports.propose.clock.now()
    effect = _effect(connection, wanted, caller, key or caller.request_id, now)
    (record,) = propose_effects(user_id, [effect], request_id=caller.request_id, ports=ports.propose)
    if (record.effect.target.key, record.effect.action) != (effect.target.key, effect.action):
        raise used_key("mail")
    if record.effect.origin.run_id == caller.request_id:
        ports.audit.record(audit_event(AuditAction.EFFECT_PROPOSED, caller, now, subject_id=record.id))
    return EffectView.of(record, now)


def _mailbox(user_id: str, connection_id: str, connections: ConnectionStore) -> Connection:
    found = connections.find(user_id, connection_id)
    if found is None or not is_open_for(found, Access.MAIL):
        problem = FieldError("connection_id", "is no connected account whose mail is open to the assistant")
        raise InvalidRequest("There is no such mailbox.", errors=(problem,))
    if found.status is not ConnectionStatus.ACTIVE:
        raise ConnectionBroken("The account has to be connected again.")
    return found


def _effect(connection: Connection, wanted: MailProposal, caller: Identity, occasion: str, now: datetime) -> Effect:
    answered = (Source.whole(SourceKind.MAIL, wanted.mail_id),) if wanted.mail_id else ()
    return Effect(
        user_id=connection.user_id,
        target=Target(
            connection_id=connection.id,
            object_id=wanted.mail_id or "",
            title=wanted.subject[:LONGEST_TITLE],
            account=connection.account,
        ),
        # The user wrote every word of it.
        action=_ACTIONS[wanted.kind](
            to=Traced(value=wanted.to), subject=Traced(value=wanted.subject), text=Traced(value=wanted.text)
        ),
        origin=Origin(
            capability=Capability.REQUEST,
            run_id=caller.request_id,
            decided_by=DecidedBy.USER,
            occasion=occasion,
            once=True,
            delegate_id=caller.delegate_id,
        ),
        confidence=1.0,
        reasoning=f"{caller.delegate_id} asked for it for you." if caller.delegate_id else "You asked for it.",
        evidence=(Source.whole(SourceKind.REQUEST, caller.request_id), *answered),
        proposed_at=now,
    )
