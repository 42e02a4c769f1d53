"""POST /api/v1/webhooks/notion: what changed in Notion: verify, queue, answer.

Who may invoke the function directly sets the webhook up: it waits for the secret, and shows it for Notion's form.
"""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.observability import logger
from assistant.runtime.webhook import Delivery, WebhookAnswer, answer_webhook
from assistant.services.receive_notion_event import receive_notion_event, set_up_webhook
from assistant.wiring import deps


def receive(delivery: Delivery) -> WebhookAnswer:
    """Answer 200 whether or not anybody here follows the page."""
    signature = delivery.headers.get("x-notion-signature")
    queued = receive_notion_event(signature, delivery.body, ports=deps.notion_event_ports)
    logger.info("notion notified", extra={"queued": queued})
    return WebhookAnswer(HTTPStatus.OK)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 given by Lambda
    """Answer one delivery, or a direct invocation, which sets the webhook up: only a deployer may."""
    if "requestContext" in event:
        return answer_webhook(event, receive, deps)
    return set_up_webhook(ports=deps.notion_event_ports).model_dump(mode="json")
