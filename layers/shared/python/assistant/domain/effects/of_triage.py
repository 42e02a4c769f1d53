"""What triage does to a mail in a connected mailbox: its category as a label, the archive, or on to the delegate."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from assistant.domain.connections import Connection
from assistant.domain.effects.actions import (
    LONGEST_SUBJECT,
    LONGEST_TEXT,
    AnyAction,
    ArchiveMail,
    EffectKind,
    LabelMail,
    SendMail,
)
from assistant.domain.effects.effect import LONGEST_TITLE, Capability, Effect, Origin, Target
from assistant.domain.effects.policy import least_confidence, permission_of
from assistant.domain.effects.provenance import Traced
from assistant.domain.mail import Mail
from assistant.domain.mail_addresses import header_text
from assistant.domain.mail_text import is_shortened, visible_mail
from assistant.domain.preferences import EffectPermissions, EmailAddress, Permission, Preferences
from assistant.domain.sources import Source, SourceKind
from assistant.domain.triage.cues import Cue, find_cues
from assistant.domain.triage.decision import Category, DecidedBy, TriagedEmail

LABELS: Final[Mapping[Category, str]] = {
    Category.URGENT_ACTION: "EA/Urgent",
    Category.IMPORTANT_READ: "EA/Important",
    Category.ROUTINE: "EA/Routine",
    Category.DELEGATE: "EA/Delegate",
    Category.ARCHIVE: "EA/Archive",
}

_BY_THE_USER: Final = frozenset({DecidedBy.PREFERENCES, DecidedBy.CORRECTIONS})
_FORWARDED: Final = "---------- Forwarded message ----------"
_ONLY_TEXT: Final = "[Forwarded as text. Attachments, where there are any, are left out.]"
_SHORTENED: Final = "[Forwarded as text, shortened: its middle, and attachments where there are any, are left out.]"


def effects_of_triage(
    connection: Connection, mail: Mail, triaged: TriagedEmail, *, run_id: str, now: datetime, preferences: Preferences
) -> tuple[Effect, ...]:
    """Return the effects of one decision; the category is one of five, so no word of the mail names the label."""
    return tuple(
        Effect(
            user_id=connection.user_id,
            target=Target(
                connection_id=connection.id,
                object_id=mail.id,
                title=mail.subject[:LONGEST_TITLE],
                account=connection.account,
            ),
            action=action,
            origin=Origin(capability=Capability.TRIAGE, run_id=run_id, decided_by=triaged.decided_by),
            confidence=triaged.confidence,
            reasoning=triaged.reasoning,
            evidence=(Source.whole(SourceKind.MAIL, mail.id),),
            proposed_at=now,
        )
        for action in _actions(mail, triaged, preferences)
    )


def _actions(mail: Mail, triaged: TriagedEmail, preferences: Preferences) -> Iterator[AnyAction]:
    yield LabelMail(add=Traced(value=(LABELS[triaged.category],)))
    if triaged.needs_review:
        return
    if triaged.category is Category.ARCHIVE and _is_worth_it(mail, triaged, preferences.effects):
        yield ArchiveMail()
    delegate = preferences.email_rules.delegate_to
    if triaged.category is Category.DELEGATE and delegate:
        yield forwarded(mail, delegate)


def _is_worth_it(mail: Mail, triaged: TriagedEmail, permissions: EffectPermissions) -> bool:
    """Who lets archiving happen unasked is not asked about each mail triage is less sure of: it has its label."""
    if permission_of(EffectKind.ARCHIVE, permissions) is Permission.ASK:
        return True
    sure = triaged.confidence >= least_confidence(EffectKind.ARCHIVE, permissions)
    return sure and (triaged.decided_by in _BY_THE_USER or not _wants_money(mail))


def _wants_money(mail: Mail) -> bool:
    """Whether its subject asks to pay: a reminder of an unpaid bill looks like bulk, and its loss is dear."""
    return any(hit.cue is Cue.PAY for hit in find_cues(mail.subject))


def forwarded(mail: Mail, delegate: EmailAddress) -> SendMail:
    """Return the mail as a reader sees it, on its way to whom the user's preferences name; its words choose nobody.

    It says first what of the mail it leaves out.
    """
    seen = visible_mail(mail)
    note = _SHORTENED if is_shortened(mail) else _ONLY_TEXT
    sources = (Source.whole(SourceKind.MAIL, mail.id),)
    head = f"From: {header_text(mail.sender)}\nSubject: {seen.subject}"
    return SendMail(
        to=Traced(value=(delegate,)),
        subject=Traced(value=f"Fwd: {' '.join(seen.subject.split())}"[:LONGEST_SUBJECT], sources=sources),
        text=Traced(value=f"{note}\n\n{_FORWARDED}\n{head}\n\n{seen.text}"[:LONGEST_TEXT], sources=sources),
    )
