"""GET and PATCH /api/v1/users/{user_id}/notifications: what a user was told, and whether they read it."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.notifications import Notification
from assistant.runtime.http import Caller, PathId, UserPath, http_resolver
from assistant.runtime.observability import logger
from assistant.services import show_notifications as show
from assistant.wiring import deps

Wanted = Annotated[show.NotificationQuery, Query()]
PATH = "/api/v1/users/<user_id>/notifications"
ONE = f"{PATH}/<notification_id>"

app = http_resolver(deps, largest_body=10_000)


@app.get(PATH, operation_id="listNotifications", summary="List notifications", tags=["notifications"])
def find(user_id: UserPath, wanted: Wanted, caller: Caller) -> show.NotificationList:
    """Return what the user was told on the dashboard, the newest first."""
    return show.list_notifications(user_id, wanted, caller, ports=deps.notification_ports)


@app.patch(ONE, operation_id="markNotification", summary="Mark as read", tags=["notifications"])
def mark(user_id: UserPath, notification_id: PathId, state: show.ReadState, caller: Caller) -> Notification:
    """Note that a notification is read, or unread again."""
    return show.mark_notification(user_id, notification_id, state, caller, ports=deps.notification_ports)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
