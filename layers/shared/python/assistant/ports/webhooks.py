"""Who sends notifications."""

from typing import Protocol


class PushTokens(Protocol):
    """Tokens that Pub/Sub signs its deliveries with."""

    def verify(self, authorization: str) -> None:
        """Return where the Authorization header proves the configured sender.

        Raises:
            NotAuthentic: it does not.
            Unavailable: Google's keys cannot be had right now.
        """
        ...
