"""Memories, their vectors and what makes them."""

from functools import cached_property
from typing import TYPE_CHECKING

from assistant.domain import metric_names
from assistant.wiring.foundation import Foundation

if TYPE_CHECKING:
    from assistant.ports.meetings import DerivedBriefings, PastMails
    from assistant.ports.memory import Embedder, MemoryStore, VectorIndex
    from assistant.services.forget_memories import ForgetPorts
    from assistant.services.index_memories import MemoryPorts


class MemoryWiring(Foundation):
    """Memories, their vectors and what makes them."""

    @cached_property
    def memories(self) -> "MemoryStore":
        """Memories."""
        from assistant.adapters.dynamo_memories import DynamoMemories

        return DynamoMemories(self._table, self.clock)

    @cached_property
    def vectors(self) -> "VectorIndex":
        """Vectors of memories: in Pinecone where it has a key and an index, else in the table."""
        if (host := self.settings.pinecone_index_host) and self._pinecone_key.value():
            from assistant.adapters.dynamo_circuit import SharedCircuit
            from assistant.adapters.pinecone_vectors import PineconeDown, PineconeVectors

            circuit = SharedCircuit(
                "pinecone",
                self._impatient_table,
                self.clock,
                failure=PineconeDown,
                opened=lambda: self.meter.count(metric_names.DEGRADED, missing="pinecone"),
            )
            return PineconeVectors(host, self._pinecone_key, circuit)
        from assistant.adapters.dynamo_vectors import DynamoVectors

        return DynamoVectors(self._table, self.clock)

    @cached_property
    def embedder(self) -> "Embedder":
        """What turns words into vectors."""
        from assistant.adapters.potion import PotionEmbedder

        return PotionEmbedder(self.settings.embedding_model_path)

    @cached_property
    def memory_ports(self) -> "MemoryPorts":
        """What memory needs."""
        from assistant.services.index_memories import MemoryPorts

        return MemoryPorts(self.memories, self.vectors, self.embedder, self.audit_trail, self.meter, self.clock)

    @cached_property
    def derived_briefings(self) -> "DerivedBriefings":
        """Kept briefings by what they were made of."""
        from assistant.adapters.dynamo_derived_briefings import DynamoDerivedBriefings

        return DynamoDerivedBriefings(self._table, self.clock)

    @cached_property
    def past_mails(self) -> "PastMails":
        """Mails of connected mailboxes, kept for meetings."""
        from assistant.adapters.dynamo_past_mails import DynamoPastMails

        return DynamoPastMails(self._table, self.clock)

    @cached_property
    def forget_ports(self) -> "ForgetPorts":
        """What forgetting needs."""
        from assistant.services.forget_memories import ForgetPorts

        memory = self.memory_ports
        given = (memory.store, memory.index, memory.embedder, memory.audit, memory.meter, memory.clock)
        return ForgetPorts(*given, self.derived_briefings, self.past_mails)
