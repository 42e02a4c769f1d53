"""Adapters against moto's DynamoDB and SQS, and fakeredis."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from assistant.adapters.aws import session
from assistant.adapters.dynamo import Table, dynamo_client
from tests.fakes.tables import TABLE, create_table


@pytest.fixture
def aws() -> Iterator[None]:
    session.cache_clear()
    with mock_aws():
        yield
    session.cache_clear()


@pytest.fixture
def table(aws: None) -> Table:  # noqa: ARG001 needs AWS to be there
    create_table()
    return Table(TABLE, dynamo_client())


@pytest.fixture
def missing_table(aws: None) -> Table:  # noqa: ARG001 needs AWS to be there
    """A table every call to fails."""
    return Table("gone", dynamo_client())
