"""One way to write a document, so that its hash names it."""

import json
from hashlib import sha256

from pydantic import BaseModel


def digest(*parts: object) -> str:
    """Return the SHA-256 of the parts as JSON with sorted keys, in hexadecimal."""
    plain = [part.model_dump(mode="json") if isinstance(part, BaseModel) else part for part in parts]
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return sha256(text.encode()).hexdigest()
