"""Where a statement comes from: a document, and the span of it that says so."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

LONGEST_QUOTE = 500


class SourceKind(StrEnum):
    """What a document is."""

    MAIL = "mail"
    EVENT = "event"
    MESSAGE = "message"
    PAGE = "page"
    TASK = "task"
    MEMORY = "memory"
    REQUEST = "request"

    @property
    def untrusted(self) -> bool:
        """Whether others than the user can write it: what it says is an observation until the user approves it."""
        return self in _WRITTEN_BY_OTHERS


_WRITTEN_BY_OTHERS = frozenset({SourceKind.MAIL, SourceKind.EVENT, SourceKind.MESSAGE, SourceKind.PAGE})

SourceId = Annotated[str, Field(min_length=1, max_length=1024)]


class Document(BaseModel):
    """Text that statements may rest on; ``at`` is when it was written or happens, aware."""

    model_config = ConfigDict(frozen=True)

    kind: SourceKind
    id: SourceId
    text: str
    title: str = ""
    at: datetime | None = None
    people: tuple[str, ...] = ()
    """Addresses of who wrote, got or attends it, lower case, the author first."""

    def source(self, start: int, end: int) -> "Source":
        """Return the span ``text[start:end]``, cut to the longest quote."""
        end = min(end, start + LONGEST_QUOTE)
        return Source(kind=self.kind, id=self.id, start=start, end=end, quote=self.text[start:end])


class Source(BaseModel):
    """A span of a document: ``quote`` is its text from ``start`` to ``end`` (characters)."""

    model_config = ConfigDict(frozen=True)

    kind: SourceKind
    id: SourceId
    start: int = Field(default=0, ge=0)
    end: int = Field(default=0, ge=0)
    quote: Annotated[str, Field(max_length=LONGEST_QUOTE)] = ""

    def stands_in(self, document: Document) -> bool:
        """Whether the document says this, at this place."""
        same = (self.kind, self.id) == (document.kind, document.id)
        return same and bool(self.quote) and document.text[self.start : self.end] == self.quote

    @classmethod
    def whole(cls, kind: SourceKind, source_id: str) -> Self:
        """Return a source that names a document without quoting it."""
        return cls(kind=kind, id=source_id)
