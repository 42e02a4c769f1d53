"""What every function that works on a queue shares: one message at a time, failures named, the others done."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.errors import AssistantError
from assistant.runtime.observability import logger


def work_through(
    event: dict[str, Any], context: LambdaContext, work: Callable[..., None], *, failed: str
) -> PartialItemFailureResponse:
    """Call ``work`` with each message, and with the context where it takes ``lambda_context``; name those that fail.

    A message that fails returns to the queue; the log says ``failed`` of it, by which error, and in our words why.
    """
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    answer = process_partial_response(event, work, processor, context)
    for failure, (kind, error, _) in zip(answer["batchItemFailures"], processor.exceptions, strict=False):
        # Others' errors may quote what they were about.
        detail = {"detail": error.detail} if isinstance(error, AssistantError) else {}
        name = kind.__name__ if kind else "unknown"
        logger.error(failed, extra={"message_id": failure["itemIdentifier"], "error": name, **detail})
    return answer
