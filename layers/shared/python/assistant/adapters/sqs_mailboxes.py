"""Mailboxes to be looked at on their way to the function that does it, through the FIFO queue ``mailboxes``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.adapters.sqs_jobs import in_order, send_in_batches
from assistant.domain.mailbox_sync import MailboxSync

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient


class SqsMailboxes:
    """Implements ``ports.MailboxQueue``; a connection is a message group, whose jobs run one after the other."""

    def __init__(self, queue_url: str, client: "SQSClient") -> None:
        self._queue_url = queue_url
        self._client = client

    def request(self, syncs: Sequence[MailboxSync]) -> None:
        """Send them, ten at a time."""
        messages = (in_order(sync, group=(sync.user_id, sync.connection_id), key=(sync.id,)) for sync in syncs)
        send_in_batches(self._client, self._queue_url, messages)
