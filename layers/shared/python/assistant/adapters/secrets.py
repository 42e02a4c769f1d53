"""API keys: from the environment, else from Secrets Manager, cached for five minutes; their absence for one."""

import time
from functools import cache
from typing import TYPE_CHECKING

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import ClientError
from pydantic import SecretStr

from assistant.adapters.aws import client_config, error_code, session
from assistant.domain.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

_CACHE_SECONDS = 300
_ABSENT_SECONDS = 60


class ApiKey:
    """A key that may not be set: ``given`` by the environment, or the value of the secret ``arn``."""

    def __init__(self, given: SecretStr | None, arn: str | None) -> None:
        self._given = given
        self._arn = arn
        self._absent_until = float("-inf")

    def value(self, *, fresh: bool = False) -> str | None:
        """Return the key, or None when none is set; ``fresh`` reads it again now, for a key that was just refused.

        Raises:
            Unavailable: the secret cannot be read, or holds what no HTTP header can.
        """
        if self._given or not self._arn:
            return _sound(self._given.get_secret_value()) if self._given else None
        if time.monotonic() < self._absent_until:
            return None
        try:
            stored = _provider().get(self._arn, max_age=_CACHE_SECONDS, force_fetch=fresh)
        except GetParameterError as error:
            # A secret nobody has put a value into has no version to read.
            refused = error.__context__
            if isinstance(refused, ClientError) and error_code(refused) == "ResourceNotFoundException":
                self._absent_until = time.monotonic() + _ABSENT_SECONDS
                return None
            raise Unavailable("The key cannot be read right now.") from error
        return _sound(str(stored))


def secrets_client() -> "SecretsManagerClient":
    """Return a client that gives up in about four seconds."""
    return session().client("secretsmanager", config=client_config(read_timeout=1.0, attempts=2))


@cache
def _provider() -> SecretsProvider:
    return SecretsProvider(boto3_client=secrets_client())


def _sound(stored: str) -> str | None:
    key = stored.strip()
    if not (key.isascii() and key.isprintable()):
        raise Unavailable("The key has characters that no key has.")
    return key or None
