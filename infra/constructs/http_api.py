"""The HTTP API: the manifest's routes behind a JWT authorizer, throttled and logged without personal data."""

import json
from collections.abc import Sequence

from aws_cdk import Tags
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.function import ManifestFunction
from infra.constructs.identity import TokenIssuer
from infra.constructs.log_group import EncryptedLogGroup
from infra.constructs.suppressions import suppress
from infra.manifest import Route

# The route, never the path: a path holds user and mail ids.
ACCESS_LOG_FIELDS = (
    "requestId",
    "requestTime",
    "routeKey",
    "status",
    "responseLatency",
    "integrationLatency",
    "integrationErrorMessage",
    "authorizer.error",
    "error.message",
)


class JwtHttpApi(Construct):
    """An HTTP API whose ``$default`` stage serves the functions' routes.

    Args:
        throttle: requests a second and burst of the whole stage.
        api_id: the id the embedded AWS gives the API; AWS chooses its own.

    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        functions: Sequence[ManifestFunction],
        issuer: TokenIssuer,
        key: kms.IKey,
        log_retention: logs.RetentionDays,
        throttle: apigateway.CfnStage.RouteSettingsProperty,
        api_id: str | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.api = apigateway.HttpApi(self, "Api", api_name=name, create_default_stage=False)
        if api_id and (api := self.api.node.default_child):
            Tags.of(api).add("ms-custom-id", api_id)
        authorizer = authorizers.HttpJwtAuthorizer("Jwt", issuer.issuer, jwt_audience=[*issuer.audience])
        for function in functions:
            integration = integrations.HttpLambdaIntegration(
                f"{function.spec.name}-integration", function.invoked, scope_permission_to_route=False
            )
            for route in function.spec.routes:
                self._add_route(route, integration, authorizer)
        self._add_stage(name, key, log_retention, throttle)

    def _add_route(
        self,
        route: Route,
        integration: integrations.HttpLambdaIntegration,
        authorizer: authorizers.HttpJwtAuthorizer,
    ) -> None:
        method = apigateway.HttpMethod(route.method)
        default = route.path == "$default"
        added = apigateway.HttpRoute(
            self,
            f"{route.method} {route.path}",
            http_api=self.api,
            route_key=apigateway.HttpRouteKey.DEFAULT if default else apigateway.HttpRouteKey.with_(route.path, method),
            integration=integration,
            authorizer=None if route.public else authorizer,
        )
        if route.public:
            suppress(
                added,
                {"AwsSolutions-APIG4": "The manifest lists it as public: health, documents, consents, unknown paths."},
            )

    def _add_stage(
        self,
        name: str,
        key: kms.IKey,
        log_retention: logs.RetentionDays,
        throttle: apigateway.CfnStage.RouteSettingsProperty,
    ) -> None:
        log_group = EncryptedLogGroup(
            self, "AccessLogs", name=f"/aws/apigateway/{name}", key=key, retention=log_retention
        )
        apigateway.CfnStage(
            self,
            "Stage",
            api_id=self.api.api_id,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=throttle,
            access_log_settings=apigateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=log_group.log_group_arn,
                format=json.dumps({field: f"$context.{field}" for field in ACCESS_LOG_FIELDS}),
            ),
        )
