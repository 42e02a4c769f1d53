"""How long a provider wants to be left alone."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"\d+(\.\d+)?")


def retry_after(value: str, now: datetime) -> float | None:
    """Return the seconds of a Retry-After header, which holds them or a date (RFC 9110, 10.2.3), if they are any."""
    try:
        seconds = float(value) if _SECONDS.fullmatch(value) else (_date(value) - now).total_seconds()
    except ValueError:
        return None
    return seconds if seconds > 0 else None


def _date(value: str) -> datetime:
    return parsedate_to_datetime(value).astimezone(UTC)
