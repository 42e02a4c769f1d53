"""Envelope encryption: AES-256-GCM under a data key of KMS, which hands it out again only for the same context.

Each text has a data key and a nonce of its own. KMS logs the context, so it holds ids only.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from assistant.adapters.aws import client_config, session, unavailable
from assistant.domain.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_kms.client import KMSClient

# NIST SP 800-38D, 8.2.1.
_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class Sealed:
    """A text encrypted with ``key``, which is itself encrypted by KMS; the nonce leads the text."""

    text: bytes
    key: bytes


def kms_client() -> "KMSClient":
    """Return a client with one attempt of two seconds: who waits for tokens comes again."""
    return session().client("kms", config=client_config(read_timeout=1.0, attempts=1))


class KmsEnvelope:
    """Seals and opens texts with the KMS key ``key_id``."""

    def __init__(self, key_id: str, client: "KMSClient") -> None:
        self._key_id = key_id
        self._client = client

    def seal(self, text: bytes, context: Mapping[str, str], *, belongs_to: str) -> Sealed:
        """Encrypt; only the same context and the same ``belongs_to`` open it again. Raises Unavailable."""
        with unavailable("kms"):
            key = self._client.generate_data_key(KeyId=self._key_id, KeySpec="AES_256", EncryptionContext=context)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        encrypted = AESGCM(key["Plaintext"]).encrypt(nonce, text, belongs_to.encode())
        return Sealed(nonce + encrypted, key["CiphertextBlob"])

    def open(self, sealed: Sealed, context: Mapping[str, str], *, belongs_to: str) -> bytes:
        """Decrypt; raises Unavailable, also when it was sealed for something else or changed."""
        with unavailable("kms"):
            key = self._client.decrypt(KeyId=self._key_id, CiphertextBlob=sealed.key, EncryptionContext=context)
        nonce, encrypted = sealed.text[:_NONCE_BYTES], sealed.text[_NONCE_BYTES:]
        try:
            return AESGCM(key["Plaintext"]).decrypt(nonce, encrypted, belongs_to.encode())
        except InvalidTag as error:
            raise Unavailable("The account cannot be opened. Please connect it again.") from error
