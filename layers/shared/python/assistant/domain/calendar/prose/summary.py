"""The summary of a plan as it is kept: one text for each revision and language."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from assistant.domain.languages import WrittenLanguage


class Author(StrEnum):
    """Who wrote a summary."""

    CORE = "core"
    CLAUDE = "claude"


@dataclass(frozen=True, slots=True)
class Summary:
    """A text about one revision of a plan; forgotten with it."""

    user_id: str
    plan_id: str
    revision: int
    language: WrittenLanguage
    text: str
    author: Author
    expires_at: datetime
