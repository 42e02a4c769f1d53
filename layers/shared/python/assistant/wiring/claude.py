"""Claude, its batches and its budget."""

from functools import cached_property
from typing import TYPE_CHECKING

from assistant.domain import metric_names
from assistant.domain.llm_models import MODELS
from assistant.ports.claude import LlmBatches, Spending
from assistant.wiring.foundation import Foundation

if TYPE_CHECKING:
    from assistant.adapters.anthropic_client import MessagesClient
    from assistant.adapters.anthropic_llm import AnthropicLlm, ModelsInUse
    from assistant.services.ask_claude import ClaudePorts


class ClaudeWiring(Foundation):
    """Claude, its batches and its budget."""

    @cached_property
    def llm(self) -> "AnthropicLlm":
        """Claude; its SDK is imported by the first call."""
        from assistant.adapters.anthropic_calls import ServiceDown
        from assistant.adapters.anthropic_llm import AnthropicLlm
        from assistant.adapters.dynamo_circuit import SharedCircuit

        circuit = SharedCircuit(
            "claude",
            self._impatient_table,
            self.clock,
            failure=ServiceDown,
            opened=lambda: self.meter.count(metric_names.CLAUDE_CIRCUIT_OPENED),
        )
        return AnthropicLlm(lambda: self._messages_client, self._claude_key, self._claude_models, circuit, self.clock)

    @cached_property
    def llm_batches(self) -> LlmBatches:
        """Message Batches of Claude."""
        from assistant.adapters.anthropic_batches import AnthropicBatches

        return AnthropicBatches(lambda: self._messages_client, self._claude_key, self._claude_models)

    @cached_property
    def spending(self) -> Spending:
        """What Claude costs, held under the daily caps."""
        from assistant.adapters.dynamo_spending import DynamoSpending

        return DynamoSpending(self._table, self.settings.claude_daily_caps)

    @cached_property
    def claude_ports(self) -> "ClaudePorts":
        """What asking Claude needs."""
        from assistant.services.ask_claude import ClaudePorts

        return ClaudePorts(self.llm, self.spending, self.meter, self.clock)

    def primed_claude(self) -> "ClaudePorts":
        """Return what asking Claude needs, with the SDK imported."""
        self.llm.prime()
        return self.claude_ports

    @property
    def _claude_models(self) -> "ModelsInUse":
        from assistant.adapters.anthropic_llm import ModelsInUse

        chosen = self.settings.claude_models
        return ModelsInUse(chosen, {**MODELS, **{model.id: model for model in chosen.values()}})

    @cached_property
    def _messages_client(self) -> "MessagesClient":
        from assistant.adapters.anthropic_client import MessagesClient

        return MessagesClient(self.settings.claude_base_url)
