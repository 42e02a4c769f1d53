"""Queue notifications: send a notification, a digest or the daily briefing, once however often it is delivered."""

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.notifications import Due
from assistant.runtime.observability import logger
from assistant.runtime.sqs import work_through
from assistant.services.deliver_notifications import deliver
from assistant.wiring import deps


def send(record: SQSRecord) -> None:
    """Do what is due; a message that fails returns to the queue, and after eight times goes to its dead letters."""
    deliver(Due.model_validate_json(record.body), ports=deps.deliver_ports)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Work on one batch; the answer names the messages that failed."""
    return work_through(event, context, send, failed="notification not sent", again=deps.redelivery)
