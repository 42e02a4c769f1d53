"""AWS in memory, for tests that run the adapters."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from unittest.mock import patch

import boto3
from botocore.awsrequest import AWSPreparedRequest
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from assistant.adapters.aws import session

_answer = BotocoreStubber.process_request
_LOCK = RLock()


@contextmanager
def memory_aws() -> Iterator[None]:
    """Run with moto in place of AWS, nothing in it; needs a region and credentials in the environment.

    All clients of all tests are of one session: a session of its own reads botocore's descriptions again, which takes
    twenty times as long as the client. Requests of several threads are answered one after the other, as moto copies its
    tables without a lock.
    """
    one_by_one = patch.object(BotocoreStubber, "process_request", _answer_alone)
    with mock_aws(), one_by_one, patch.object(boto3, "DEFAULT_SESSION", session()):
        yield


def _answer_alone(stubber: BotocoreStubber, request: AWSPreparedRequest) -> object:
    with _LOCK:
        return _answer(stubber, request)
