"""POST /api/v1/webhooks/graph: what happened in Microsoft 365, and to subscriptions there: verify, queue, answer."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.observability import logger
from assistant.runtime.webhook import Delivery, WebhookAnswer, answer_webhook
from assistant.services.receive_graph_notification import receive_graph_notifications
from assistant.wiring import deps


def receive(delivery: Delivery) -> WebhookAnswer:
    """Answer 202; while Graph makes a subscription, whose id nobody knows yet, the token it asks for."""
    if token := delivery.query.get("validationToken"):
        return WebhookAnswer(HTTPStatus.OK, token)
    taken = receive_graph_notifications(delivery.body, ports=deps.graph_notification_ports)
    logger.info("graph notified", extra=asdict(taken))
    return WebhookAnswer(HTTPStatus.ACCEPTED)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 given by Lambda
    """Answer one delivery."""
    return answer_webhook(event, receive, deps)
