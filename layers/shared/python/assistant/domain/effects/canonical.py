"""One way to write a document, so that its hash names it; and what of a mail or an event is compared by such a hash."""

import json
from collections.abc import Iterable
from datetime import date
from hashlib import sha256

from pydantic import BaseModel


def digest(*parts: object) -> str:
    """Return the SHA-256 of the parts as JSON with sorted keys, in hexadecimal."""
    plain = [part.model_dump(mode="json") if isinstance(part, BaseModel) else part for part in parts]
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return sha256(text.encode()).hexdigest()


def written_as(to: Iterable[str], subject: str, text: str) -> str:
    """Return a digest of a mail's words and recipients, whatever a mailbox makes of case and white space."""
    return digest(sorted(address.casefold() for address in to), " ".join(subject.split()), " ".join(text.split()))


def entered_as(
    title: str, start: date, end: date, *, place: str = "", text: str = "", people: Iterable[str] = ()
) -> str:
    """Return a digest of what can be seen of an event; times in UTC, or days."""
    return digest(" ".join(title.split()), start.isoformat(), end.isoformat(), place, text, sorted(people))
