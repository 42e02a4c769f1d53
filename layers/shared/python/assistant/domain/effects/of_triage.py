"""What triage does to a mail in a connected mailbox: a label with its category, and the archive where it is sure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from assistant.domain.connections import Connection
from assistant.domain.effects.actions import AnyAction, ArchiveMail, EffectKind, LabelMail
from assistant.domain.effects.effect import LONGEST_TITLE, Capability, Effect, Origin, Target
from assistant.domain.effects.policy import least_confidence, permission_of
from assistant.domain.effects.provenance import Traced
from assistant.domain.mail import Mail
from assistant.domain.preferences import EffectPermissions, Permission
from assistant.domain.sources import Source, SourceKind
from assistant.domain.triage.decision import Category, TriagedEmail

LABELS: Final[Mapping[Category, str]] = {
    Category.URGENT_ACTION: "EA/Urgent",
    Category.IMPORTANT_READ: "EA/Important",
    Category.ROUTINE: "EA/Routine",
    Category.DELEGATE: "EA/Delegate",
    Category.ARCHIVE: "EA/Archive",
}


def effects_of_triage(
    connection: Connection,
    mail: Mail,
    triaged: TriagedEmail,
    *,
    run_id: str,
    now: datetime,
    permissions: EffectPermissions,
) -> tuple[Effect, ...]:
    """Return the effects of one decision; the category is one of five, so no word of the mail names the label."""
    return tuple(
        Effect(
            user_id=connection.user_id,
            target=Target(connection_id=connection.id, object_id=mail.id, title=mail.subject[:LONGEST_TITLE]),
            action=action,
            origin=Origin(capability=Capability.TRIAGE, run_id=run_id, decided_by=triaged.decided_by),
            confidence=triaged.confidence,
            reasoning=triaged.reasoning,
            evidence=(Source.whole(SourceKind.MAIL, mail.id),),
            proposed_at=now,
        )
        for action in _actions(triaged, permissions)
    )


def _actions(triaged: TriagedEmail, permissions: EffectPermissions) -> Iterator[AnyAction]:
    yield LabelMail(add=Traced(value=(LABELS[triaged.category],)))
    if triaged.category is Category.ARCHIVE and not triaged.needs_review and _is_worth_it(triaged, permissions):
        yield ArchiveMail()


def _is_worth_it(triaged: TriagedEmail, permissions: EffectPermissions) -> bool:
    """Who lets archiving happen unasked is not asked about each mail triage is less sure of: it has its label."""
    asks = permission_of(EffectKind.ARCHIVE, permissions) is Permission.ASK
    return asks or triaged.confidence >= least_confidence(EffectKind.ARCHIVE, permissions)
