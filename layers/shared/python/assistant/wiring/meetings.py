"""Preparing meetings."""

from functools import cached_property
from typing import TYPE_CHECKING

from assistant.wiring.claude import ClaudeWiring

if TYPE_CHECKING:
    from assistant.services.prepare_meeting import PreparePorts


class MeetingWiring(ClaudeWiring):
    """Preparing meetings."""

    @cached_property
    def prepare_ports(self) -> "PreparePorts":
        """What preparing a meeting needs."""
        from assistant.services.prepare_meeting import PreparePorts

        return PreparePorts(
            self.preferences,
            self.audit_trail,
            self.meter,
            self.clock,
            claude=lambda: self.claude_ports,
        )
