"""POST /api/v1/webhooks/slack/events and .../interactions: messages and presses of buttons: verify, queue, answer."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.observability import logger
from assistant.runtime.webhook import Delivery, WebhookAnswer, answer_webhook
from assistant.services.receive_slack_event import SignedRequest, receive_slack_event, receive_slack_interaction
from assistant.wiring import deps


def receive_event(delivery: Delivery) -> WebhookAnswer:
    """Answer 200 whether or not anybody here is meant; Slack's question after the address gets its challenge."""
    return WebhookAnswer(HTTPStatus.OK, receive_slack_event(_signed(delivery), ports=deps.slack_event_ports))


def receive_interaction(delivery: Delivery) -> WebhookAnswer:
    """Answer 200 with nothing: the message of the button changes a moment later."""
    presses = receive_slack_interaction(_signed(delivery), ports=deps.slack_event_ports)
    logger.info("buttons pressed", extra={"queued": presses})
    return WebhookAnswer(HTTPStatus.OK)


def _signed(delivery: Delivery) -> SignedRequest:
    headers = delivery.headers
    return SignedRequest(
        timestamp=headers.get("x-slack-request-timestamp", ""),
        signature=headers.get("x-slack-signature", ""),
        body=delivery.body,
    )


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 given by Lambda
    """Answer one request."""
    receive = receive_interaction if event["routeKey"].endswith("/interactions") else receive_event
    return answer_webhook(event, receive, deps)
