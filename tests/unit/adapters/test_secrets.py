import time

import boto3
import pytest
from pydantic import SecretStr

from assistant.adapters import secrets
from assistant.adapters.secrets import ApiKey
from assistant.domain.errors import Unavailable

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture(autouse=True)
def _fresh_provider() -> None:
    secrets._provider.cache_clear()


def test_the_environment_goes_first() -> None:
    assert ApiKey(SecretStr("given"), "arn:aws:secretsmanager:eu-central-1:123456789012:secret:gone").value() == "given"


def test_no_key_is_no_key() -> None:
    assert ApiKey(None, None).value() is None


def test_the_secret_is_read_and_kept() -> None:
    client = boto3.client("secretsmanager")
    arn = client.create_secret(Name="claude-api-key", SecretString=" stored\n")["ARN"]
    assert ApiKey(None, arn).value() == "stored"
    client.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    assert ApiKey(None, arn).value() == "stored"


def test_a_secret_without_a_value_is_no_key() -> None:
    arn = boto3.client("secretsmanager").create_secret(Name="claude-api-key")["ARN"]
    assert ApiKey(None, arn).value() is None


def test_a_refused_key_is_read_again_at_once() -> None:
    client = boto3.client("secretsmanager")
    arn = client.create_secret(Name="claude-api-key", SecretString="stored")["ARN"]
    key = ApiKey(None, arn)
    assert key.value() == "stored"
    client.put_secret_value(SecretId=arn, SecretString="rotated")
    assert [key.value(), key.value(fresh=True), key.value()] == ["stored", "rotated", "rotated"]


def test_that_there_is_no_key_is_asked_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic()
    monkeypatch.setattr("time.monotonic", lambda: now)
    client = boto3.client("secretsmanager")
    arn = client.create_secret(Name="claude-api-key")["ARN"]
    key = ApiKey(None, arn)
    assert key.value() is None
    client.put_secret_value(SecretId=arn, SecretString="stored")
    assert key.value() is None
    now += 60
    assert key.value() == "stored"


def test_a_secret_that_cannot_be_read_is_unavailable() -> None:
    client = boto3.client("secretsmanager")
    arn = client.create_secret(Name="claude-api-key", SecretString="stored")["ARN"]
    client.delete_secret(SecretId=arn)
    with pytest.raises(Unavailable):
        ApiKey(None, arn).value()


@pytest.mark.parametrize("text", ["k\u00e9y", "two\nlines", "sk-ant\u2026"])
def test_a_key_that_fits_no_header_is_unavailable(text: str) -> None:
    with pytest.raises(Unavailable):
        ApiKey(SecretStr(text), None).value()
    arn = boto3.client("secretsmanager").create_secret(Name="claude-api-key", SecretString=text)["ARN"]
    with pytest.raises(Unavailable):
        ApiKey(None, arn).value()


def test_the_key_is_in_no_text() -> None:
    assert "hush" not in repr(ApiKey(SecretStr("hush"), None).__dict__)
