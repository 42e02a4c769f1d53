"""Write functions/serve_docs/openapi.json: one OpenAPI document from the handlers of all HTTP functions.

The manifest says which functions there are, and which routes are public; the handlers say the rest.
"""

import importlib
import json
import tomllib
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler.openapi.merge import OpenAPIMerge
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer, Server, Tag

from assistant.runtime.http import JSON, MERGE_PATCH_JSON, ON_BEHALF_OF, HttpResolver
from assistant.runtime.problem import PROBLEM_JSON, Problem
from infra.manifest import FUNCTIONS

FILE = Path(__file__).parent.parent / "functions" / "serve_docs" / "openapi.json"
PROJECT = Path(__file__).parent.parent / "pyproject.toml"

type Json = dict[str, Any]

_TOKEN = "accessToken"  # noqa: S105 the name of a security scheme
_POWERTOOLS_ERRORS = ("HTTPValidationError", "ResponseValidationError", "ValidationError")
_PROBLEMS = {
    "400": "The body is not valid JSON.",
    "401": "The access token is missing, expired or forged.",
    "403": "The token is of another user, who is no delegate; or this is for the user alone.",
    "404": "Not found.",
    "409": "Changed elsewhere at the same moment.",
    "412": "A precondition does not hold for the current version.",
    "413": "The body is too large: more than 6 MB, or 0.2 MB of preferences or one task.",
    "415": "The body has another media type than those listed.",
    "422": "Some fields need another value; they are named.",
    "429": "Too many requests; Retry-After says when to come back.",
    "500": "Something went wrong on our side.",
    "503": "A dependency is down; Retry-After says when to come back.",
}
_FILE = (
    "An iCalendar file. The rest of the request are query parameters: user_id, start_date, end_date, timezone, "
    "granularity_minutes, now, time_limit_seconds, and the fields of constraints; lists with commas."
)
_ENTITY_TAG: Json = {"ETag": {"schema": {"type": "string"}, "description": "The version"}}
_ON_BEHALF_OF: Json = {
    "name": ON_BEHALF_OF,
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The user whom a delegate makes the request for, percent-encoded; without it the user of the token",
}
_OWN_PROBLEMS = {
    "correctTriage": {"404", "409"},
    "showDecision": {"404"},
    "nameDelegate": {"409"},
    "endDelegation": {"404"},
    "replacePreferences": {"409", "412"},
    "patchPreferences": {"409", "412"},
    "showMemory": {"404"},
    "listDataSources": {"404", "409"},
    "showTaskSource": {"404", "409"},
    "chooseTaskSource": {"404", "409"},
    "stopTaskSource": {"404", "409"},
    "addMemory": {"409"},
    "correctMemory": {"404", "409", "412"},
    "approveMemory": {"404", "409", "412"},
    "forgetMemory": {"404", "409"},
    "forgetMemories": {"409"},
    "createTask": {"404"},
    "showTask": {"404"},
    "changeTask": {"404", "409", "412"},
    "deleteTask": {"404", "409", "412"},
    "noteBehaviour": {"404", "409"},
    "unlearn": {"404", "409"},
    "showMeeting": {"404"},
    "keepMeeting": {"409", "412"},
    "forgetMeeting": {"404", "409", "412"},
    "showBriefing": {"404"},
    "markNotification": {"404"},
    "proposeMail": {"409"},
    "connectAccount": {"404", "409"},
    "confirmConnection": {"404", "409"},
    "disconnectAccount": {"404"},
    "undoEffects": {"404"},
    "showEffect": {"404"},
    "approveEffect": {"404", "409"},
    "rejectEffect": {"404", "409"},
    "showPlan": {"404"},
    "summarizePlan": {"404"},
    "explainSuggestion": {"404"},
    "acceptSuggestions": {"404", "409"},
}
_EMPTIED = {
    "deleteTask": "The task is gone.",
    "stopTaskSource": "No data source is followed.",
    "endDelegation": "They act for the user no longer.",
}
_VERSIONED = (
    "readPreferences",
    "replacePreferences",
    "patchPreferences",
    "showMeeting",
    "keepMeeting",
    "showMemory",
    "addMemory",
    "correctMemory",
    "approveMemory",
    "showTask",
    "changeTask",
)


def document() -> Json:
    """Return the merged document; raises OpenAPIMergeError when two functions have the same route."""
    merge = OpenAPIMerge(
        title="Executive Assistant",
        version=tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["version"],
        description=(
            "Mail triage, calendar planning, meeting preparation, preferences, memory and usage. Errors are RFC 9457 "
            "problem documents that name the field."
        ),
        servers=[Server(url="/")],
        tags=[
            Tag(name="email"),
            Tag(name="calendar"),
            Tag(name="meetings"),
            Tag(name="tasks"),
            Tag(name="notes"),
            Tag(name="notifications"),
            Tag(name="effects"),
            Tag(name="preferences"),
            Tag(name="delegates"),
            Tag(name="memory"),
            Tag(name="usage"),
            Tag(name="operations"),
        ],
        security_schemes={_TOKEN: HTTPBearer(bearerFormat="JWT")},
        on_conflict="error",
    )
    for function in FUNCTIONS:
        if function.routes and not function.is_webhook:
            merge.add_schema(json.loads(resolver(function.name).get_openapi_json_schema()))
    merged: Json = json.loads(merge.get_openapi_json_schema())
    schemas = merged["components"]["schemas"]
    public = {(route.path, route.method) for function in FUNCTIONS for route in function.routes if route.public}
    for path, operations in merged["paths"].items():
        for method, operation in operations.items():
            if _leaves_the_user_open(path, operation, schemas):
                operation.setdefault("parameters", []).append(_ON_BEHALF_OF)
            _complete(operation, public=(path, method.upper()) in public)
    for name in _POWERTOOLS_ERRORS:
        schemas.pop(name, None)
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= schema.pop("$defs") | {"Problem": schema}
    return merged


def _leaves_the_user_open(path: str, operation: Json, schemas: Json) -> bool:
    """Whether a request is about a user whom neither its path nor its body names."""
    schema = operation.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema", {})
    sent = schemas.get(schema.get("$ref", "").rpartition("/")[2], {}).get("properties", {})
    return path.startswith("/api/") and "{user_id}" not in path and "user_id" not in sent


def resolver(function: str) -> HttpResolver:
    """Return the resolver of a function's handler."""
    app = importlib.import_module(f"functions.{function}.handler").app
    if not isinstance(app, HttpResolver):
        raise TypeError(f"functions/{function}/handler.py has no resolver named app")
    return app


def text() -> str:
    """Return the document as the committed file has it."""
    return json.dumps(document(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _complete(operation: Json, *, public: bool) -> None:
    """Add to one operation what its resolver cannot know: security, problems, media types, other successes."""
    body = operation.get("requestBody", {}).get("content", {})
    if operation["operationId"] in ("patchPreferences", "correctMemory", "changeTask"):
        body[MERGE_PATCH_JSON] = body[JSON]
    if operation["operationId"] == "optimizeCalendar":
        body["text/calendar"] = {"schema": {"type": "string", "description": _FILE}}
    statuses = {"500"} | _OWN_PROBLEMS.get(operation["operationId"], set())
    if not public:
        operation["security"] = [{_TOKEN: []}]
        statuses |= {"401", "403", "429", "503"}
    if body:
        statuses |= {"400", "413", "415"}
    if body or operation.get("parameters"):
        statuses |= {"422"}
    content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    problems = {status: {"description": _PROBLEMS[status], "content": content} for status in statuses}
    operation["responses"] = {"200": operation["responses"]["200"]} | problems
    _describe_successes(operation)


def _answered(description: str, *, made: str) -> Json:
    location = {"schema": {"type": "string"}, "description": f"The path of the {made}"}
    return {"description": description, "headers": {"Location": location}}


def _describe_successes(operation: Json) -> None:
    responses = operation["responses"]
    match operation["operationId"]:
        case "checkHealth":
            responses["503"] = responses["200"] | {"description": "Unhealthy: a required dependency is down."}
        case "showPlan":
            plan, _ = responses["200"]["content"][JSON]["schema"].pop("anyOf")
            responses["200"]["content"] = {JSON: {"schema": plan}, "image/svg+xml": {"schema": {"type": "string"}}}
        case "exportMetrics":
            responses["200"]["content"] = {"text/plain": {"schema": {"type": "string"}}}
        case "createTask":
            made = _answered("The task as it is kept.", made="task")
            responses["201"] = responses.pop("200") | made | {"headers": _ENTITY_TAG | made["headers"]}
        case "proposeMail":
            responses["202"] = responses.pop("200") | _answered("What is done, or waits for approval.", made="effect")
        case "undoEffects":
            responses["202"] = responses.pop("200") | {"description": "What is being undone, and what is not."}
        case name if name in _EMPTIED:
            del responses["200"]
            responses["204"] = {"description": _EMPTIED[name]}
        case name if name in _VERSIONED:
            responses["200"]["headers"] = _ENTITY_TAG
            if name in ("readPreferences", "showMeeting", "showMemory", "showTask"):
                responses["304"] = {"description": "If-None-Match names the current version."}


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
