"""Triage, corrections and the backlog."""

from functools import cached_property
from typing import TYPE_CHECKING

from assistant.wiring.claude import ClaudeWiring

if TYPE_CHECKING:
    from assistant.adapters.dynamo_decisions import DynamoDecisions
    from assistant.ports.mail import Backlog, BehaviourStore, DecisionStore, LearnedHistory
    from assistant.services.correct_triage import FeedbackPorts
    from assistant.services.note_behaviour import BehaviourPorts
    from assistant.services.show_learned import LearnedPorts
    from assistant.services.submit_backlog import BacklogPorts
    from assistant.services.triage_emails import TriagePorts


class MailWiring(ClaudeWiring):
    """Triage, corrections and the backlog."""

    @cached_property
    def decisions(self) -> "DecisionStore":
        """Decisions and corrections."""
        return self._decisions

    @cached_property
    def history(self) -> "LearnedHistory":
        """Records of senders and lists."""
        return self._decisions

    @cached_property
    def triage_ports(self) -> "TriagePorts":
        """What triage needs."""
        from assistant.services.triage_emails import TriagePorts

        return TriagePorts(
            self.preferences,
            self.history,
            self.decisions,
            self.audit_trail,
            self.meter,
            self.clock,
            self.backlog,
            # Made when the first mail wants them.
            claude=lambda: self.claude_ports,
        )

    @cached_property
    def feedback_ports(self) -> "FeedbackPorts":
        """What corrections need."""
        from assistant.services.correct_triage import FeedbackPorts

        return FeedbackPorts(self.decisions, self.history, self.audit_trail, self.clock)

    @cached_property
    def behaviours(self) -> "BehaviourStore":
        """What users did with mails."""
        return self._decisions

    @cached_property
    def behaviour_ports(self) -> "BehaviourPorts":
        """What behaviour needs."""
        from assistant.services.note_behaviour import BehaviourPorts

        return BehaviourPorts(self.decisions, self.behaviours, self.clock)

    @cached_property
    def learned_ports(self) -> "LearnedPorts":
        """What learned things need."""
        from assistant.services.show_learned import LearnedPorts

        return LearnedPorts(self.history, self.preferences, self.audit_trail, self.clock)

    @cached_property
    def backlog(self) -> "Backlog":
        """Mails that wait for a Message Batch."""
        from assistant.adapters.dynamo_backlog import DynamoBacklog

        return DynamoBacklog(self._table, self.clock)

    @cached_property
    def backlog_ports(self) -> "BacklogPorts":
        """What the backlog needs."""
        from assistant.services.submit_backlog import BacklogPorts

        return BacklogPorts(
            self.backlog,
            self.llm_batches,
            self.preferences,
            self.history,
            self.decisions,
            self.audit_trail,
            self.claude_ports,
        )

    @cached_property
    def _decisions(self) -> "DynamoDecisions":
        from assistant.adapters.dynamo_decisions import DynamoDecisions

        return DynamoDecisions(self._table, self.clock)
