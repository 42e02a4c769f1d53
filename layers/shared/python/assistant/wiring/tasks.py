"""Tasks: ranking and planning them."""

from functools import cached_property
from typing import TYPE_CHECKING

from assistant.wiring.claude import ClaudeWiring

if TYPE_CHECKING:
    from assistant.services.prioritize_tasks import PrioritizePorts


class TaskWiring(ClaudeWiring):
    """Tasks: ranking and planning them."""

    @cached_property
    def prioritize_ports(self) -> "PrioritizePorts":
        """What prioritizing needs."""
        from assistant.services.prioritize_tasks import PrioritizePorts

        return PrioritizePorts(self.preferences, self.audit_trail, self.meter, self.clock)
