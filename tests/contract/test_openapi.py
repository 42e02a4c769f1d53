"""The committed OpenAPI document is fresh, valid and complete."""

import json
from typing import Any

from openapi_spec_validator import validate

from infra.manifest import FUNCTIONS
from infra.openapi import FILE, text

DOCUMENT: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
OPERATIONS = {
    (method.upper(), path): operation
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}
WEBHOOKS = {route.path for function in FUNCTIONS if function.is_webhook for route in function.routes}
UNDESCRIBED = {"/docs", "/openapi.json", "/api/v1/connections/{provider}/callback", "$default", *WEBHOOKS}


def test_the_committed_document_is_fresh() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "run: make openapi"


def test_it_is_valid() -> None:
    validate(DOCUMENT)


def test_it_describes_the_routes_of_the_manifest() -> None:
    routes = {
        (route.method, route.path)
        for function in FUNCTIONS
        for route in function.routes
        if route.path not in UNDESCRIBED
    }
    assert set(OPERATIONS) == routes


def test_every_route_that_is_not_public_needs_a_token() -> None:
    for function in FUNCTIONS:
        for route in function.routes:
            if route.path not in UNDESCRIBED:
                operation = OPERATIONS[route.method, route.path]
                assert ("security" in operation) != route.public
                assert ("401" in operation["responses"]) != route.public


def test_every_request_about_a_user_can_name_them() -> None:
    for (_, path), operation in OPERATIONS.items():
        if path.startswith("/api/") and "security" in operation:
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            body = DOCUMENT["components"]["schemas"].get(
                content.get("schema", {}).get("$ref", "").rpartition("/")[2], {}
            )
            named = {parameter["name"] for parameter in operation.get("parameters", [])} | set(
                body.get("properties", {})
            )
            assert len(named & {"user_id", "On-Behalf-Of"}) == 1, path


def test_every_error_is_a_problem_document() -> None:
    for operation in OPERATIONS.values():
        errors = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
        assert errors
        for answer in errors.values():
            (content,) = answer["content"]
            assert content in {"application/problem+json", "application/json"}


def test_a_mail_is_described_as_callers_send_it() -> None:
    mail = DOCUMENT["components"]["schemas"]["MailInput"]
    assert {"id", "from", "to", "cc", "subject", "body", "html", "received_at", "headers", "thread_id"} == set(
        mail["properties"]
    )
    assert mail["required"] == ["id"]


def test_a_patch_takes_both_media_types() -> None:
    body = OPERATIONS["PATCH", "/api/v1/users/{user_id}/preferences"]["requestBody"]
    assert set(body["content"]) == {"application/json", "application/merge-patch+json"}
