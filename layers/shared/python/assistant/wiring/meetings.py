"""Keeping and preparing meetings, and telling users of it."""

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from assistant.wiring.claude import ClaudeWiring
from assistant.wiring.memory import MemoryWiring
from assistant.wiring.notifications import NotificationWiring

if TYPE_CHECKING:
    from assistant.ports.meetings import BriefingStore
    from assistant.services.keep_meetings import MeetingPorts
    from assistant.services.kept_evidence import KeptEvidencePorts
    from assistant.services.prepare_meeting import PreparePorts
    from assistant.services.prepare_upcoming import UpcomingPorts


class MeetingWiring(MemoryWiring, ClaudeWiring, NotificationWiring):
    """Keeping and preparing meetings, and telling users of it."""

    @cached_property
    def briefings(self) -> "BriefingStore":
        """Briefings of kept meetings."""
        from assistant.adapters.dynamo_meetings import DynamoBriefings

        return DynamoBriefings(self._table, self.clock)

    @cached_property
    def kept_evidence_ports(self) -> "KeptEvidencePorts":
        """What reading memories and tasks needs: one attempt, as a briefing is rather made without them than late."""
        from assistant.adapters.dynamo_meetings import DynamoMeetings
        from assistant.adapters.dynamo_memories import DynamoMemories
        from assistant.adapters.dynamo_notes import DynamoPages
        from assistant.adapters.dynamo_past_mails import DynamoPastMails
        from assistant.adapters.dynamo_tasks import DynamoTasks
        from assistant.services.kept_evidence import KeptEvidencePorts

        memories = DynamoMemories(self._impatient_table, self.clock)
        return KeptEvidencePorts(
            memories,
            DynamoTasks(self._impatient_table, self.clock),
            DynamoPages(self._impatient_table, self.clock),
            DynamoPastMails(self._impatient_table, self.clock),
            DynamoMeetings(self._impatient_table, self.clock),
            self.embedder,
            memory=lambda: replace(self.memory_ports, store=memories),
        )

    @cached_property
    def prepare_ports(self) -> "PreparePorts":
        """What preparing a meeting needs."""
        from assistant.services.prepare_meeting import PreparePorts

        return PreparePorts(
            self.preferences,
            self.audit_trail,
            self.meter,
            self.clock,
            self.kept_evidence_ports,
            claude=lambda: self.claude_ports,
        )

    @cached_property
    def meeting_ports(self) -> "MeetingPorts":
        """What kept meetings need."""
        from assistant.services.keep_meetings import MeetingPorts

        return MeetingPorts(self.meetings, self.briefings, self.preferences, self.audit_trail, self.clock)

    @cached_property
    def upcoming_ports(self) -> "UpcomingPorts":
        """What preparing on schedule needs."""
        from assistant.services.prepare_upcoming import UpcomingPorts

        return UpcomingPorts(self.meetings, self.briefings, self.notifier, self.prepare_ports)
