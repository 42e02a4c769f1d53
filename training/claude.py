"""Claude through the real adapters, without an AWS: what they keep in DynamoDB lives in memory."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from moto import mock_aws
from pydantic import SecretStr

from assistant.adapters.aws import session
from assistant.runtime.settings import load_settings
from assistant.wiring import Dependencies
from tests.fakes.tables import TABLE, create_table


@contextmanager
def claude_without_aws(*, key: str | None = None, address: str | None = None) -> Iterator[Dependencies]:
    """Yield the composition root; ``key`` and ``address`` replace those of the environment."""
    given = {
        "table_name": TABLE,
        **({"claude_api_key": SecretStr(key)} if key else {}),
        **({"claude_base_url": address} if address else {}),
    }
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    session.cache_clear()
    with mock_aws():
        create_table()
        yield Dependencies(load_settings().model_copy(update=given))
    session.cache_clear()
