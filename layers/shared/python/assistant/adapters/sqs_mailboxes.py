"""Mailboxes to be looked at on their way to the function that does it, through the FIFO queue ``mailboxes``."""

import hashlib
from collections.abc import Sequence
from itertools import batched
from typing import TYPE_CHECKING, Final

from assistant.adapters.aws import unavailable
from assistant.domain.errors import Unavailable
from assistant.domain.mailbox_sync import MailboxSync

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

_LARGEST_BATCH: Final = 10


class SqsMailboxes:
    """Implements ``ports.MailboxQueue``; a connection is a message group, whose jobs run one after the other."""

    def __init__(self, queue_url: str, client: "SQSClient") -> None:
        self._queue_url = queue_url
        self._client = client

    def request(self, syncs: Sequence[MailboxSync]) -> None:
        """Send them, ten at a time."""
        for some in batched(syncs, _LARGEST_BATCH, strict=False):
            with unavailable("sqs"):
                answer = self._client.send_message_batch(
                    QueueUrl=self._queue_url,
                    Entries=[
                        {
                            "Id": str(number),
                            "MessageBody": sync.model_dump_json(),
                            "MessageGroupId": _token(sync.user_id, sync.connection_id),
                            "MessageDeduplicationId": _token(sync.user_id, sync.connection_id, sync.id),
                        }
                        for number, sync in enumerate(some)
                    ],
                )
            if answer.get("Failed"):
                raise Unavailable("A part of the assistant does not answer right now. Please try again shortly.")


def _token(*parts: str) -> str:
    """Return what SQS takes as an id of a group or of a message: 128 characters, of few kinds."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
