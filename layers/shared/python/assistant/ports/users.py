"""What users prefer."""

from dataclasses import dataclass
from typing import Protocol

from assistant.domain.preferences import Preferences


@dataclass(frozen=True, slots=True)
class VersionedPreferences:
    """Preferences as stored; version 0 means the user has not stored any yet."""

    preferences: Preferences
    version: int


class PreferenceStore(Protocol):
    """Preferences of users."""

    def read(self, user_id: str) -> VersionedPreferences:
        """Return the stored preferences, or the defaults with version 0."""
        ...

    def replace(self, user_id: str, preferences: Preferences, *, expected_version: int) -> bool:
        """Store as version ``expected_version + 1``; False when the stored version is another one."""
        ...
