"""The stacks of a deployment: DataStack outlives everything, AppStack can be replaced at any time."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import App, Aws, CfnOutput, CfnParameter, CfnRule, CfnRuleAssertion, Fn, Stack, Validations
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from cdk_nag import AwsSolutionsChecks
from constructs import Construct

from infra.build import BUILD, MODEL, ROOT, Build, build
from infra.constructs.alarms import Alarms
from infra.constructs.dashboard import Dashboard
from infra.constructs.encryption import EncryptionKey
from infra.constructs.function import ManifestFunction, Placement, Resources
from infra.constructs.http_api import JwtHttpApi
from infra.constructs.identity import TokenIssuer, UserPool
from infra.constructs.layers import Layers
from infra.constructs.network import Network, ValkeyCache
from infra.constructs.provider_secrets import ProviderSecret
from infra.constructs.queues import DeadLetters, QueueWithDeadLetters
from infra.constructs.schedule import FunctionSchedule
from infra.constructs.suppressions import suppress
from infra.constructs.table import StateTable
from infra.deployment import Deployment, Profile, deployments
from infra.manifest import FUNCTIONS, QUEUES, SECRETS, TOKENS_KEY, Function

METRICS_NAMESPACE = "ExecutiveAssistant"
EMBEDDED_AWS_ACCOUNT = "000000000000"

# API ids in the embedded AWS, fixed so that the local front door knows the address before the deployment.
LOCAL_API_IDS: Mapping[Profile, str] = {"small": "ea000001", "standard": "ea000002"}


class DataStack(Stack):
    """What must survive: the key, the table, the users and the providers' secrets."""

    def __init__(self, scope: Construct, deployment: Deployment) -> None:
        super().__init__(
            scope,
            f"{deployment.name}-data",
            description="Executive Assistant: state, users, secrets",
            termination_protection=True,
            analytics_reporting=False,
        )
        if deployment.local:
            _refuse_real_accounts(self)
        self.key = EncryptionKey(self, "Key", name=deployment.name)
        self.table = StateTable(self, "Table", key=self.key)
        self.secrets = {name: ProviderSecret(self, name, name=name, key=self.key) for name in SECRETS}
        self.issuer = self._issuer(deployment)
        CfnOutput(self, "TableName", value=self.table.table_name)
        for name, secret in self.secrets.items():
            CfnOutput(self, f"{_pascal(name)}Arn", value=secret.attr_id)

    def _issuer(self, deployment: Deployment) -> TokenIssuer:
        if deployment.oidc_issuer:
            return TokenIssuer(deployment.oidc_issuer, deployment.oidc_audience, user_id_claim="sub")
        pool = UserPool(self, "Users", name=deployment.name, local=deployment.local)
        CfnOutput(self, "UserPoolId", value=pool.user_pool_id)
        CfnOutput(self, "UserPoolClientId", value=pool.client.user_pool_client_id)
        return pool.token_issuer


class AppStack(Stack):
    """The HTTP API, the functions, their queues and what watches them."""

    def __init__(self, scope: Construct, deployment: Deployment, data: DataStack, built: Build) -> None:
        super().__init__(
            scope,
            f"{deployment.name}-app",
            description="Executive Assistant: API and functions",
            analytics_reporting=False,
        )
        if deployment.local:
            _refuse_real_accounts(self)
        self._deployment, self._data, self._built = deployment, data, built
        self._log_retention = logs.RetentionDays[deployment.log_retention]
        self._layers = Layers(self, "Layers", name=deployment.name, artifacts=built.layers)
        self._queues = {
            queue.name: QueueWithDeadLetters(
                self, f"Queue-{queue.name}", queue=queue, name=deployment.name, key=data.key
            )
            for queue in QUEUES
        }
        # Grows with each function: the manifest lists one before those that invoke it.
        self._invoked: dict[str, lambda_.IFunction] = {}
        self._resources = Resources(
            table=data.table,
            key=data.key,
            queues={name: construct.queue for name, construct in self._queues.items()},
            secrets={name: secret.attr_id for name, secret in data.secrets.items()},
            functions=self._invoked,
        )
        placement, redis_url = self._cache()
        functions = [self._function(spec, placement, redis_url) for spec in FUNCTIONS]
        missed_ticks = self._schedules(functions)
        api = JwtHttpApi(
            self,
            "HttpApi",
            name=deployment.name,
            functions=functions,
            issuer=data.issuer,
            key=data.key,
            log_retention=self._log_retention,
            throttle=apigateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=deployment.requests_per_second, throttling_burst_limit=deployment.burst
            ),
            api_id=LOCAL_API_IDS[deployment.profile] if deployment.local else None,
        )
        Alarms(
            self,
            "Alarms",
            name=deployment.name,
            namespace=METRICS_NAMESPACE,
            key=data.key,
            api=api.api,
            functions=functions,
            queues=self._queues,
            missed_ticks=missed_ticks,
            email=deployment.alarm_email,
            local=deployment.local,
        )
        Dashboard(
            self, "Dashboard", name=deployment.name, namespace=METRICS_NAMESPACE, api=api.api, functions=functions
        )
        CfnOutput(self, "ApiUrl", value=api.api.api_endpoint)
        for function in functions:
            CfnOutput(self, f"{_pascal(function.spec.name)}Function", value=function.function.function_name)

    def _cache(self) -> tuple[Placement | None, str | None]:
        """Where functions that use the cache run and its URL; locally a parameter names the URL."""
        if not self._deployment.in_vpc:
            return None, None
        network = Network(
            self,
            "Network",
            name=self._deployment.name,
            key=self._data.key,
            log_retention=self._log_retention,
            local=self._deployment.local,
        )
        if self._deployment.local:
            parameter = CfnParameter(self, "RedisUrl", type="String", description="Valkey of this machine")
            return network.placement, parameter.value_as_string
        cache = ValkeyCache(self, "Cache", name=self._deployment.name, network=network, key=self._data.key)
        return network.placement, cache.url

    def _schedules(self, functions: Sequence[ManifestFunction]) -> DeadLetters:
        """Schedule the functions that have one; return where ticks that reach none of them go."""
        name, key = self._deployment.name, self._data.key
        missed = DeadLetters(self, "MissedTicks", name=f"{name}-schedules", key=key)
        suppress(missed, {"AwsSolutions-SQS3": "It is the dead-letter queue of the schedules itself."})
        for function in functions:
            if function.spec.schedule:
                FunctionSchedule(
                    self, f"Schedule-{function.spec.name}", name=name, function=function, dead_letters=missed, key=key
                )
        return missed

    def _function(self, spec: Function, placement: Placement | None, redis_url: str | None) -> ManifestFunction:
        function = ManifestFunction(
            self,
            spec.name,
            spec=spec,
            name=self._deployment.name,
            artifact=self._built.functions[spec.name],
            layers=self._layers,
            resources=self._resources,
            environment=self._environment(spec, redis_url),
            log_retention=self._log_retention,
            placement=placement if spec.cache else None,
            snap_start=spec.snap_start and self._deployment.snap_start,
        )
        self._invoked[spec.name] = function.invoked
        return function

    def _environment(self, spec: Function, redis_url: str | None) -> dict[str, str]:
        environment = {
            "APP_VERSION": _version(),
            "AUDIT_QUEUE_URL": self._queues["audit"].queue.queue_url,
            "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
            "POWERTOOLS_SERVICE_NAME": self._deployment.name,
            "PROFILE": self._deployment.profile,
            "TABLE_NAME": self._data.table.table_name,
            "USER_ID_CLAIM": self._data.issuer.user_id_claim,
            **self._deployment.settings,
        }
        granted = {grant.resource for grant in spec.grants}
        for name, construct in self._queues.items():
            if f"queue:{name}" in granted:
                environment[f"{name.upper()}_QUEUE_URL"] = construct.queue.queue_url
        for name, function in self._invoked.items():
            if f"function:{name}" in granted:
                environment[f"{name.upper()}_FUNCTION"] = function.function_arn
        if any(resource.startswith(TOKENS_KEY) for resource in granted):
            environment["TOKENS_KEY_ARN"] = self._data.key.key_arn
        for secret in spec.secrets:
            environment[_secret_variable(secret)] = self._resources.secrets[secret]
        if self._deployment.local:
            # There the functions get no layer of their dependencies, which would carry the model.
            environment["EMBEDDING_MODEL_PATH"] = str(BUILD / MODEL)
        if spec.cache and redis_url:
            environment["REDIS_URL"] = redis_url
        return environment


def synthesize(outdir: str, context: Mapping[str, Any] | None = None) -> App:
    """Write the cloud assembly of the deployments that cdk.json, the CDK CLI and ``context`` (the strongest) ask for.

    Raises:
        BuildFailed: a layer or function cannot be built.
        ContextInvalid: a context value cannot be used.

    """
    defaults = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = App(outdir=outdir, context=defaults, post_cli_context=dict(context or {}))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    for deployment in deployments(app.node.get_all_context()):
        data = DataStack(app, deployment)
        AppStack(app, deployment, data, build(dependencies=not deployment.local))
    app.synth()
    return app


def _refuse_real_accounts(stack: Stack) -> None:
    """Local templates sign users in by password alone: they deploy to the embedded AWS only."""
    CfnRule(
        stack,
        "EmbeddedAwsOnly",
        assertions=[
            CfnRuleAssertion(
                assert_=Fn.condition_equals(Aws.ACCOUNT_ID, EMBEDDED_AWS_ACCOUNT),
                assert_description="A template synthesized with local=true belongs into the embedded AWS",
            )
        ],
    )


def _version() -> str:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def _pascal(name: str) -> str:
    """``triage_email`` or ``claude-api-key`` in CloudFormation's TriageEmail, ClaudeApiKey."""
    return name.replace("-", "_").title().replace("_", "")


def _secret_variable(name: str) -> str:
    """Environment variable with the secret's ARN: ``claude-api-key`` is CLAUDE_SECRET_ARN."""
    return f"{name.partition('-')[0].upper()}_SECRET_ARN"
