"""What the double answers about calendars, as an honest model would, far more simply."""

import re
from collections.abc import Mapping

_MINUTES = {"five": 5, "ten": 10, "fifteen": 15, "twenty": 20, "thirty": 30}
_NAMED_MINUTES = re.compile(rf"\b(\d+|{'|'.join(_MINUTES)}) minutes\b")


def wish(said: str) -> Mapping[str, object]:
    """Return minutes that a wish names as those between two meetings; every other wish is beyond the double."""
    named = _NAMED_MINUTES.search(said.lower())
    if named is None:
        return {"understood": False, "language": "en"}
    minutes = _MINUTES.get(named[1]) or int(named[1])
    return {"understood": True, "language": "en", "meeting_buffer_minutes": minutes}
