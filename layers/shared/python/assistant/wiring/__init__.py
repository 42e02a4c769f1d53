"""The composition root: which adapter stands behind which port, a module for each subject.

Each adapter is imported and built on first use, so that no function pays for what it does not touch.
"""

from assistant.runtime.settings import load_settings
from assistant.wiring.calendar import CalendarWiring
from assistant.wiring.connections import ConnectionWiring
from assistant.wiring.effects import EffectWiring
from assistant.wiring.mail import MailWiring
from assistant.wiring.meetings import MeetingWiring
from assistant.wiring.memory import MemoryWiring
from assistant.wiring.tasks import TaskWiring


class Dependencies(MailWiring, CalendarWiring, ConnectionWiring, EffectWiring, MeetingWiring, MemoryWiring, TaskWiring):
    """Everything handlers hand to use cases; clients are kept for the life of the process."""


deps = Dependencies(load_settings())
