"""Versions of stored documents as entity tags, and the preconditions callers put on them (RFC 9110, 8.8.3 and 13.1)."""

import re
from dataclasses import dataclass

from assistant.domain.errors import PreconditionFailed

_ENTITY_TAG = re.compile(r'(?:W/)?"[^"]*"')


@dataclass(frozen=True, slots=True)
class Preconditions:
    """The fields If-Match and If-None-Match as received (RFC 9110, 13.1); version 0 counts as not existing."""

    if_match: str | None = None
    if_none_match: str | None = None

    def require(self, version: int) -> None:
        """Raise PreconditionFailed unless they hold for this version; If-Match compares strongly."""
        if self.if_match is not None and not _names(self.if_match, version, weak=False):
            raise PreconditionFailed("This changed meanwhile. Read it again, then repeat the change.")
        if self.if_none_match is not None and _names(self.if_none_match, version, weak=True):
            raise PreconditionFailed("This exists already in this version.")

    def not_modified(self, version: int) -> bool:
        """Tell whether a read can be answered with 304."""
        return self.if_none_match is not None and _names(self.if_none_match, version, weak=True)


def entity_tag(version: int) -> str:
    """Return the strong entity tag of a version."""
    return f'"{version}"'


def _names(field: str, version: int, *, weak: bool) -> bool:
    if field.strip() == "*":
        return version > 0
    tags = [tag.removeprefix("W/") if weak else tag for tag in _ENTITY_TAG.findall(field)]
    return entity_tag(version) in tags
