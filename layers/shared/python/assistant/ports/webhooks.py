"""Who sends notifications."""

from typing import Protocol

from assistant.domain.providers import Provider


class PushTokens(Protocol):
    """Tokens that Pub/Sub signs its deliveries with."""

    def verify(self, authorization: str) -> None:
        """Return where the Authorization header proves the configured sender.

        Raises:
            NotAuthentic: it does not.
            Unavailable: Google's keys cannot be had right now.
        """
        ...


class SigningSecrets(Protocol):
    """What providers sign their requests with."""

    def signing_secret(self, provider: Provider) -> str | None:
        """Return the secret, None where the provider is not set up for requests; raises Unavailable."""
        ...
