"""Adapters against moto's DynamoDB and SQS, and fakeredis."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from assistant.adapters.aws import session
from assistant.adapters.dynamo import Table, dynamo_client

TABLE = "executive-assistant"


@pytest.fixture
def aws() -> Iterator[None]:
    session.cache_clear()
    with mock_aws():
        yield
    session.cache_clear()


@pytest.fixture
def table(aws: None) -> Table:  # noqa: ARG001 needs AWS to be there
    boto3.client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    return Table(TABLE, dynamo_client())


@pytest.fixture
def missing_table(aws: None) -> Table:  # noqa: ARG001 needs AWS to be there
    """A table every call to fails."""
    return Table("gone", dynamo_client())
