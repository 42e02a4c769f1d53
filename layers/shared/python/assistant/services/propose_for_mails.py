"""Use case: propose what follows from decisions about mails of a connected mailbox."""

from collections.abc import Sequence

from assistant.domain.connections import Connection
from assistant.domain.effects.effect import EffectRecord
from assistant.domain.effects.of_triage import effects_of_triage
from assistant.domain.mail import Mail
from assistant.domain.triage.decision import TriagedEmail
from assistant.services.propose_effects import ProposePorts, propose_permitted


def propose_for_mails(
    connection: Connection, triaged: Sequence[tuple[Mail, TriagedEmail]], *, run_id: str, ports: ProposePorts
) -> tuple[EffectRecord, ...]:
    """Propose what triage decided about mails of a connected mailbox; raises Unavailable."""
    preferences = ports.preferences.read(connection.user_id).preferences
    now = ports.clock.now()
    effects = [
        effect
        for mail, decided in triaged
        for effect in effects_of_triage(connection, mail, decided, run_id=run_id, now=now, preferences=preferences)
    ]
    return propose_permitted(connection.user_id, effects, preferences.effects, request_id=run_id, ports=ports)
