"""Preferences for answers that are given without them, too."""

from assistant.domain.errors import Unavailable
from assistant.domain.preferences import Preferences
from assistant.ports.users import PreferenceStore


def preferences_unless_down(user_id: str, store: PreferenceStore) -> Preferences | None:
    """Return the user's preferences; None while the store is down."""
    try:
        return store.read(user_id).preferences
    except Unavailable:
        return None
