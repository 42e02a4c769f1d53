"""The HTTP API: routes as the manifest lists them, tokens checked, throttled, logged without personal data."""

import json

from assistant.runtime.settings import Settings
from infra.manifest import FUNCTIONS, Route
from tests.infra.templates import Deployment, flattened

PUBLIC = {
    "GET /health",
    "GET /docs",
    "GET /openapi.json",
    "POST /api/v1/webhooks/notion",
    "GET /api/v1/connections/{provider}/callback",
    "POST /api/v1/webhooks/gmail",
    "POST /api/v1/webhooks/slack/events",
    "POST /api/v1/webhooks/slack/interactions",
    "POST /api/v1/webhooks/google-calendar",
    "POST /api/v1/webhooks/graph",
    "$default",
}


def key(route: Route) -> str:
    return route.path if route.path == "$default" else f"{route.method} {route.path}"


def test_the_routes_are_those_of_the_manifest(deployment: Deployment) -> None:
    found = {route.properties["RouteKey"] for route in deployment.all("ApiGatewayV2::Route")}
    assert found == {key(route) for function in FUNCTIONS for route in function.routes}


def test_every_route_but_the_listed_public_ones_checks_the_token(deployment: Deployment) -> None:
    authorizer = deployment.one("ApiGatewayV2::Authorizer")
    for route in deployment.all("ApiGatewayV2::Route"):
        if route.properties["RouteKey"] in PUBLIC:
            assert route.properties["AuthorizationType"] == "NONE"
        else:
            assert route.properties["AuthorizationType"] == "JWT"
            assert route.properties["AuthorizerId"] == {"Ref": authorizer.logical_id}


def test_tokens_are_those_of_the_user_pools_client(deployment: Deployment) -> None:
    authorizer = deployment.one("ApiGatewayV2::Authorizer").properties
    assert authorizer["AuthorizerType"] == "JWT"
    assert authorizer["IdentitySource"] == ["$request.header.Authorization"]
    (audience,) = authorizer["JwtConfiguration"]["Audience"]
    assert deployment.target(audience) == deployment.one("Cognito::UserPoolClient")
    issuer = authorizer["JwtConfiguration"]["Issuer"]
    assert flattened(issuer).startswith("https://cognito-idp.{AWS::Region}.amazonaws.com/")
    assert deployment.target(issuer["Fn::Join"][1][-1]) == deployment.one("Cognito::UserPool")


def test_functions_answer_before_the_gateway_gives_up(deployment: Deployment) -> None:
    for function in FUNCTIONS:
        if function.routes:
            assert deployment.function(function.name).properties["Timeout"] < 30


def test_the_stage_throttles_where_the_functions_own_limit_does(deployment: Deployment) -> None:
    stage = deployment.one("ApiGatewayV2::Stage").properties
    assert stage["StageName"] == "$default"
    assert stage["DefaultRouteSettings"] == {
        "ThrottlingRateLimit": Settings.model_fields["rate_limit_global_per_second"].default,
        "ThrottlingBurstLimit": Settings.model_fields["max_concurrent_requests"].default,
    }


def test_the_access_log_names_the_route_but_neither_path_nor_caller(deployment: Deployment) -> None:
    settings = deployment.one("ApiGatewayV2::Stage").properties["AccessLogSettings"]
    logged = set(json.loads(settings["Format"]).values())
    assert {"$context.requestId", "$context.routeKey", "$context.status"} <= logged
    for personal in ("path", "identity", "claims", "domainName", "protocol"):
        assert not any(personal in variable for variable in logged)
    assert (
        deployment.named(settings["DestinationArn"]) == f"log:/aws/apigateway/executive-assistant-{deployment.profile}"
    )


def test_no_other_origin_may_call(deployment: Deployment) -> None:
    assert "CorsConfiguration" not in deployment.one("ApiGatewayV2::Api").properties
