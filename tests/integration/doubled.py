"""The real adapter of Claude in this process: the SDK speaks to a double, the table is in memory."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from assistant.adapters.anthropic_llm import AnthropicLlm
from assistant.runtime.settings import Settings
from assistant.wiring import Dependencies
from tests.fakes.aws import memory_aws
from tests.fakes.tables import TABLE, create_table


@contextmanager
def on_memory_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run with the table on an AWS in memory."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with memory_aws():
        create_table()
        yield


def claude_of(url: str, key: str | None) -> AnthropicLlm:
    """Return Claude as the composition root builds it."""
    settings = {"table_name": TABLE, "claude_api_key": key, "claude_base_url": url}
    return Dependencies(Settings.model_validate(settings)).llm
