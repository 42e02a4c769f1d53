"""GET, PUT and PATCH /api/v1/users/{user_id}/preferences: what a user wants, with optimistic locking."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.preferences import Preferences
from assistant.domain.versions import Preconditions
from assistant.runtime.http import Caller, IfMatch, IfNoneMatch, MergePatch, Owner, UserPath, http_resolver, versioned
from assistant.runtime.observability import logger
from assistant.services.edit_preferences import patch_preferences, replace_preferences
from assistant.wiring import deps

app = http_resolver(deps, largest_body=200_000)
deps.prime(lambda: (deps.rate_limiter, deps.sessions, deps.preference_ports))
PATH = "/api/v1/users/<user_id>/preferences"


@app.get(PATH, operation_id="readPreferences", summary="Read preferences", tags=["preferences"])
def read(user_id: UserPath, caller: Caller, if_none_match: IfNoneMatch = None) -> Response[Preferences]:
    """Return the preferences with their entity tag; the defaults where none are stored yet."""
    caller.must_be(user_id)
    stored = deps.preferences.read(user_id)
    return versioned(stored.preferences, stored.version, Preconditions(if_none_match=if_none_match))


@app.put(PATH, operation_id="replacePreferences", summary="Replace preferences", tags=["preferences"])
def replace(
    user_id: UserPath,
    preferences: Preferences,
    caller: Owner,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Response[Preferences]:
    """Store the whole document; what it leaves out returns to its default."""
    caller.must_be(user_id)
    conditions = Preconditions(if_match, if_none_match)
    stored = replace_preferences(caller, preferences, conditions, ports=deps.preference_ports)
    return versioned(stored.preferences, stored.version)


@app.patch(PATH, operation_id="patchPreferences", summary="Change some preferences", tags=["preferences"])
def patch(user_id: UserPath, changes: MergePatch, caller: Owner, if_match: IfMatch = None) -> Response[Preferences]:
    """Apply a JSON merge patch (RFC 7396); null returns a setting to its default."""
    caller.must_be(user_id)
    stored = patch_preferences(caller, changes, Preconditions(if_match), ports=deps.preference_ports)
    return versioned(stored.preferences, stored.version)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
