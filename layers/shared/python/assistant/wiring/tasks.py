"""Tasks: keeping, ranking and planning them."""

from functools import cached_property
from typing import TYPE_CHECKING

from assistant.wiring.claude import ClaudeWiring
from assistant.wiring.kept_calendars import KeptCalendarWiring

if TYPE_CHECKING:
    from assistant.ports.tasks import TaskStore
    from assistant.services.keep_tasks import TaskPorts
    from assistant.services.prioritize_tasks import PrioritizePorts


class TaskWiring(ClaudeWiring, KeptCalendarWiring):
    """Tasks: keeping, ranking and planning them."""

    @cached_property
    def tasks(self) -> "TaskStore":
        """Kept tasks."""
        from assistant.adapters.dynamo_tasks import DynamoTasks

        return DynamoTasks(self._table, self.clock)

    @cached_property
    def task_ports(self) -> "TaskPorts":
        """What keeping tasks needs."""
        from assistant.services.keep_tasks import TaskPorts

        return TaskPorts(self.tasks, self.preferences, self.audit_trail, self.clock)

    @cached_property
    def prioritize_ports(self) -> "PrioritizePorts":
        """What prioritizing needs."""
        from assistant.services.prioritize_tasks import PrioritizePorts

        return PrioritizePorts(
            self.preferences,
            self.tasks,
            self.kept_events,
            self.audit_trail,
            self.meter,
            self.clock,
            # Made when the first tasks want them.
            claude=lambda: self.claude_ports,
        )
