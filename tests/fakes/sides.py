"""A provider's account from both sides in one object: as the assistant reaches it, and as its user does."""

from typing import Any


class BothSides:
    """What an adapter can do, and what the user of its fake provider can."""

    def __init__(self, adapter: object, user: object) -> None:
        self.adapter = adapter
        self.user = user

    def __getattr__(self, name: str) -> Any:
        return getattr(self.adapter if hasattr(self.adapter, name) else self.user, name)
