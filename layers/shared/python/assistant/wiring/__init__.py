"""The composition root: which adapter stands behind which port, a module for each subject.

Each adapter is imported and built on first use, so that no function pays for what it does not touch.
"""

from assistant.runtime.settings import load_settings
from assistant.wiring.calendar import CalendarWiring
from assistant.wiring.chats import ChatWiring


class Dependencies(CalendarWiring, ChatWiring):
    """Everything handlers hand to use cases; clients are kept for the life of the process."""


deps = Dependencies(load_settings())
