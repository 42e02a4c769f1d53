"""Contract tests run the real handlers with fakes behind them and no network."""

from collections.abc import Iterator

import pytest
from pytest_socket import disable_socket, enable_socket

from tests.fakes.wired import Wired


@pytest.fixture(autouse=True)
def wired(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wired]:
    disable_socket(allow_unix_socket=True)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    fakes = Wired()
    fakes.install(monkeypatch)
    yield fakes
    enable_socket()
