"""What every function that works on a queue shares: one message at a time, failures named, the others done."""

from collections.abc import Callable, Collection
from typing import Any, Final

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.errors import AssistantError, Unavailable
from assistant.ports.runtime import Redelivery
from assistant.runtime.observability import logger

# Seconds until a message that failed comes again, by how often it did: what is down for a moment holds up nobody, nor
# a mailbox's later mail, for the visibility timeout of the queue, which is for workers that die. Those further on wait
# that long. An effect that was begun is free again after four minutes.
AGAIN_AFTER: Final = (15, 60, 300)


def work_through(
    event: dict[str, Any], context: LambdaContext, work: Callable[..., None], *, failed: str, again: Redelivery
) -> PartialItemFailureResponse:
    """Call ``work`` with each message, and with the context where it takes ``lambda_context``; name those that fail.

    A message that fails returns to the queue, soon at first; the log says ``failed`` of it, by which error, and in our
    words why.
    """
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    answer = process_partial_response(event, work, processor, context)
    for failure, (kind, error, _) in zip(answer["batchItemFailures"], processor.exceptions, strict=False):
        # Others' errors may quote what they were about.
        detail = {"detail": error.detail} if isinstance(error, AssistantError) else {}
        name = kind.__name__ if kind else "unknown"
        logger.error(failed, extra={"message_id": failure["itemIdentifier"], "error": name, **detail})
    _come_again(event, {str(one["itemIdentifier"]) for one in answer["batchItemFailures"]}, again)
    return answer


def _come_again(event: dict[str, Any], failed: Collection[str], again: Redelivery) -> None:
    waits: dict[str, int] = {}
    for message in event["Records"]:
        deliveries = int(message["attributes"]["ApproximateReceiveCount"])
        if message["messageId"] in failed and deliveries <= len(AGAIN_AFTER):
            waits[message["receiptHandle"]] = AGAIN_AFTER[deliveries - 1]
    if not waits:
        return
    try:
        again.after(event["Records"][0]["eventSourceARN"], waits)
    except Unavailable:
        logger.warning("messages come again late", extra={"messages": len(waits)})
