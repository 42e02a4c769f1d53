"""GET and DELETE /api/v1/users/{user_id}/learned: what was learned about the user's mail, and why."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.http import Caller, PathId, UserPath, http_resolver
from assistant.runtime.observability import logger
from assistant.services.show_learned import LearnedList, LearnedQuery, Unlearned, show_learned, unlearn
from assistant.wiring import deps

PATH = "/api/v1/users/<user_id>/learned"
Page = Annotated[LearnedQuery, Query()]

app = http_resolver(deps)


@app.get(PATH, operation_id="showLearned", summary="What was learned", tags=["memory"])
def show(user_id: UserPath, page: Page, caller: Caller) -> LearnedList:
    """Return each learned thing with its weight now, what it changes, and why it was learned."""
    return show_learned(user_id, page, caller, ports=deps.learned_ports)


@app.delete(f"{PATH}/<learned_id>", operation_id="unlearn", summary="Forget a learned thing", tags=["memory"])
def forget(user_id: UserPath, learned_id: PathId, caller: Caller) -> Unlearned:
    """Undo one learned thing: the next mails are decided as if it had never been learned."""
    return unlearn(user_id, learned_id, caller, ports=deps.learned_ports)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
