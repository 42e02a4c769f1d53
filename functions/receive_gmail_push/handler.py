"""POST /api/v1/webhooks/gmail: Gmail's notifications of new mail, pushed by Pub/Sub: verify, queue, answer."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.observability import logger
from assistant.runtime.webhook import Delivery, WebhookAnswer, answer_webhook
from assistant.services.receive_gmail_push import receive_gmail_push
from assistant.wiring import deps


def receive(delivery: Delivery) -> WebhookAnswer:
    """Answer 204 whether or not anybody here has the mailbox: Pub/Sub is told nothing, and does not send it again."""
    queued = receive_gmail_push(delivery.headers.get("authorization", ""), delivery.body, ports=deps.gmail_push_ports)
    logger.info("mailbox notified", extra={"connections": queued})
    return WebhookAnswer()


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 given by Lambda
    """Answer one delivery."""
    return answer_webhook(event, receive, deps)
