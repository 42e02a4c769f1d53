"""Adapters against moto's DynamoDB and SQS, and fakeredis."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.adapters.dynamo import Table, dynamo_client
from infra.build import model as build_model
from tests.fakes.aws import memory_aws
from tests.fakes.tables import TABLE, create_table


@pytest.fixture
def aws() -> Iterator[None]:
    with memory_aws():
        yield


@pytest.fixture
def table(aws: None) -> Table:  # noqa: ARG001 needs AWS to be there
    create_table()
    return Table(TABLE, dynamo_client())


@pytest.fixture
def missing_table(aws: None) -> Table:  # noqa: ARG001 needs AWS to be there
    """A table every call to fails."""
    return Table("gone", dynamo_client())


@pytest.fixture(scope="session")
def model() -> Path:
    """The embedding model as the functions get it."""
    return build_model().path
