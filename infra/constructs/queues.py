"""SQS queues of the manifest, each with its dead-letter queue, and that of the schedules."""

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.manifest import Queue


class DeadLetters(sqs.Queue):
    """What could not be delivered or processed, for 14 days; TLS only."""

    def __init__(self, scope: Construct, construct_id: str, *, name: str, key: kms.IKey, fifo: bool = False) -> None:
        super().__init__(
            scope,
            construct_id,
            queue_name=_queue_name(f"{name}-dead-letters", fifo=fifo),
            fifo=fifo or None,
            retention_period=Duration.days(14),
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            data_key_reuse=Duration.hours(1),
            enforce_ssl=True,
        )


class QueueWithDeadLetters(Construct):
    """A queue whose messages move to ``dead_letters`` after ``max_receive_count`` failed deliveries; TLS only."""

    def __init__(self, scope: Construct, construct_id: str, *, queue: Queue, name: str, key: kms.IKey) -> None:
        super().__init__(scope, construct_id)
        self.spec = queue
        self.dead_letters = DeadLetters(self, "DeadLetters", name=f"{name}-{queue.name}", key=key, fifo=queue.fifo)
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=_queue_name(f"{name}-{queue.name}", fifo=queue.fifo),
            fifo=queue.fifo or None,
            visibility_timeout=Duration.seconds(queue.visibility_timeout),
            retention_period=Duration.days(4),
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            data_key_reuse=Duration.hours(1),
            enforce_ssl=True,
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=queue.max_receive_count),
        )


def _queue_name(name: str, *, fifo: bool) -> str:
    return f"{name}.fifo" if fifo else name
