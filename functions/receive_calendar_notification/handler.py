"""POST /api/v1/webhooks/google-calendar: notifications of Google Calendar's channels: verify, queue, answer."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.observability import logger
from assistant.runtime.webhook import Delivery, WebhookAnswer, answer_webhook
from assistant.services.receive_calendar_notification import receive_calendar_notification
from assistant.wiring import deps


def receive(delivery: Delivery) -> WebhookAnswer:
    """Answer 204, also to what a channel says when it is opened."""
    queued = receive_calendar_notification(delivery.headers, ports=deps.calendar_notification_ports)
    logger.info("calendar notified", extra={"queued": queued})
    return WebhookAnswer()


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 given by Lambda
    """Answer one delivery."""
    return answer_webhook(event, receive, deps)
