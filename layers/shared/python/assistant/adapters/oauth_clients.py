"""The assistant's own registrations at the providers: client ids and secrets, one JSON document for all of them.

``{"google": {"client_id": "...", "client_secret": "..."}, "microsoft": {..., "tenant": "..."}}``; a provider that is
left out is not used. Slack's has the ``signing_secret`` of its requests too, and one of which each company has its own
the ``addresses`` of its servers: ``{"imap": {..., "addresses": {"issuer": "https://id.company.com", "imap":
"imaps://mail.company.com", "smtp": "smtps://mail.company.com"}}}``.
"""

import logging
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from assistant.adapters.secrets import ApiKey
from assistant.domain.errors import Conflict, Unavailable
from assistant.domain.providers import Provider

logger = logging.getLogger(__name__)


type _Url = Annotated[str, Field(pattern=r"^[a-z]+://[^\s?#]+$")]


class OAuthClient(BaseModel):
    """One registration; ``tenant`` is Microsoft's: an organisation's id, or ``common`` for all of them.

    ``addresses`` are those of a company's own servers, by name; ``issuer`` is its OpenID provider.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    client_id: str = Field(min_length=1)
    client_secret: str = Field(min_length=1, repr=False)
    tenant: str = Field(default="common", pattern=r"^[\w.-]+$")
    signing_secret: str | None = Field(default=None, min_length=16, repr=False)
    addresses: Mapping[str, _Url] = Field(default_factory=dict)

    def address(self, name: str) -> str:
        """Return where a server of the company is; raises Conflict where the registration does not say."""
        if name not in self.addresses:
            raise Conflict(f'The secret oauth-clients lacks the address "{name}" of a server (docs/connections.md).')
        return self.addresses[name]


_documents = TypeAdapter(dict[Provider, OAuthClient])


class OAuthClients:
    """The registrations, read when they are first needed; implements ``ports.SigningSecrets`` too."""

    def __init__(self, secret: ApiKey) -> None:
        self._secret = secret

    def of(self, provider: Provider, *, fresh: bool = False) -> OAuthClient:
        """Return the registration; raises Conflict where there is none, Unavailable where it cannot be read."""
        known = self._known(fresh=fresh)
        if provider not in known:
            raise Conflict(
                f"{provider.row.label} is not set up here: whoever runs the assistant puts its client_id and "
                f'client_secret as "{provider}" into the secret oauth-clients (docs/connections.md).'
            )
        return known[provider]

    def signing_secret(self, provider: Provider) -> str | None:
        """Return what the provider signs its requests with; raises Unavailable where it cannot be read."""
        client = self._known().get(provider)
        return client.signing_secret if client else None

    def _known(self, *, fresh: bool = False) -> dict[Provider, OAuthClient]:
        text = self._secret.value(fresh=fresh)
        try:
            return _documents.validate_json(text or "{}", strict=False)
        except ValidationError as error:
            wrong = ["/".join(map(str, one["loc"])) for one in error.errors(include_input=False)]
            logger.warning("the secret oauth-clients is not what docs/connections.md says: %s", wrong)
            # Not chained: the error holds what it was given.
            raise Unavailable("The providers are not set up well: the log says which field is wrong.") from None
