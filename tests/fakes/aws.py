"""AWS in memory, for tests that run the adapters."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import boto3
from moto import mock_aws

from assistant.adapters.aws import session


@contextmanager
def memory_aws() -> Iterator[None]:
    """Run with moto in place of AWS, nothing in it; needs a region and credentials in the environment.

    All clients of all tests are of one session: a session of its own reads botocore's descriptions again, which takes
    twenty times as long as the client.
    """
    with mock_aws(), patch.object(boto3, "DEFAULT_SESSION", session()):
        yield
