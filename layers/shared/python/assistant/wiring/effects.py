"""Effects: keeping, proposing and answering them."""

from functools import cached_property
from typing import TYPE_CHECKING

from assistant.runtime.settings import needed
from assistant.wiring.meetings import MeetingWiring

if TYPE_CHECKING:
    from assistant.ports.effects import EffectQueue, EffectStore
    from assistant.services.answer_approvals import AnswerPorts
    from assistant.services.propose_effects import ProposePorts


class EffectWiring(MeetingWiring):
    """Effects: keeping, proposing and answering them."""

    @cached_property
    def effects(self) -> "EffectStore":
        """Effects and their ledger."""
        from assistant.adapters.dynamo_effects import DynamoEffects

        return DynamoEffects(self._table, self.clock)

    @cached_property
    def effect_queue(self) -> "EffectQueue":
        """Where effects go to be done or undone."""
        from assistant.adapters.sqs_audit import sqs_client
        from assistant.adapters.sqs_effects import SqsEffects

        return SqsEffects(needed("EFFECTS_QUEUE_URL", self.settings.effects_queue_url), sqs_client())

    @cached_property
    def propose_ports(self) -> "ProposePorts":
        """What proposals need."""
        from assistant.services.propose_effects import ProposePorts

        return ProposePorts(self.effects, self.effect_queue, self.preferences, self.notifier, self.clock)

    @cached_property
    def answer_ports(self) -> "AnswerPorts":
        """What approvals, rejections and undoing need."""
        from assistant.services.answer_approvals import AnswerPorts

        return AnswerPorts(self.effects, self.effect_queue, self.due_queue, self.audit_trail, self.clock)
