"""A Lambda function of the manifest with its own role and log group."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import ArnFormat, Aws, Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.build import Artifact
from infra.constructs.layers import ARCHITECTURE, RUNTIME, Layers, code
from infra.constructs.log_group import EncryptedLogGroup
from infra.constructs.suppressions import suppress
from infra.manifest import TOKENS_KEY, Function, Grant

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html: EC2 has no resource level for most of these.
ATTACH_TO_VPC = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)
CONSUME = (
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
)
READ_KEY = ("kms:Decrypt", "kms:DescribeKey")
WRITE_KEY = (
    *READ_KEY,
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
WRITE_LOGS = ("logs:CreateLogStream", "logs:PutLogEvents")


@dataclass(frozen=True, slots=True)
class Resources:
    """What grants of the manifest refer to; ``secrets``, ``queues`` and ``functions`` by name."""

    table: dynamodb.ITable
    key: kms.IKey
    queues: Mapping[str, sqs.IQueue]
    secrets: Mapping[str, str]
    functions: Mapping[str, lambda_.IFunction]


@dataclass(frozen=True, slots=True)
class Placement:
    """The VPC and security group of functions that use the cache."""

    vpc: ec2.IVpc
    subnets: ec2.SubnetSelection
    security_group: ec2.ISecurityGroup


class ManifestFunction(Construct):
    """Function ``spec`` with exactly the permissions the manifest gives it.

    ``invoked`` is what triggers should call: the published version behind an alias where SnapStart needs one, else the
    function itself.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        spec: Function,
        name: str,
        artifact: Artifact,
        layers: Layers,
        resources: Resources,
        environment: Mapping[str, str],
        log_retention: logs.RetentionDays,
        placement: Placement | None,
        snap_start: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self.spec = spec
        self.log_group = EncryptedLogGroup(
            self, "Logs", name=f"/aws/lambda/{name}-{spec.name}", key=resources.key, retention=log_retention
        )
        statements = _statements(spec, resources, self.log_group, cached=placement is not None)
        if placement:
            statements += _vpc_statements(self, f"{name}-{spec.name}")
        role = _role(self, statements)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=f"{name}-{spec.name}",
            description=spec.description,
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            handler="handler.lambda_handler",
            code=code(artifact),
            layers=layers.of(spec.dependencies),
            memory_size=spec.memory,
            timeout=Duration.seconds(spec.timeout),
            environment=dict(environment),
            role=role.without_policy_updates(),
            log_group=self.log_group,
            vpc=placement.vpc if placement else None,
            vpc_subnets=placement.subnets if placement else None,
            security_groups=[placement.security_group] if placement else None,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if snap_start else None,
        )
        suppress(
            self.function,
            {"AwsSolutions-L1": "Python 3.13 is the version the lock, the layers and the tests are made for."},
        )
        self.invoked: lambda_.IFunction = self.function
        if snap_start:
            suppress(
                self.function,
                {"Annotation::@aws-cdk/aws-lambda:snapStartRequirePublish": "The alias below publishes a version."},
            )
            self.invoked = lambda_.Alias(self, "Live", alias_name="live", version=self.function.current_version)
        if spec.consumes:
            lambda_.EventSourceMapping(
                self,
                "Consume",
                target=self.invoked,
                event_source_arn=resources.queues[spec.consumes].queue_arn,
                batch_size=spec.batch_size,
                report_batch_item_failures=True,
            )


def _role(scope: Construct, statements: Sequence[iam.PolicyStatement]) -> iam.Role:
    role = iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        inline_policies={"manifest": iam.PolicyDocument(statements=statements, minimize=False)},
    )
    if any("*" in statement.resources for statement in statements):
        suppress(
            role,
            {"AwsSolutions-IAM5[Resource::*]": "CloudWatch metrics and network interfaces have no resource level."},
        )
    return role


def _statements(
    spec: Function, resources: Resources, log_group: logs.ILogGroup, *, cached: bool
) -> list[iam.PolicyStatement]:
    arns = _arns(resources)
    grants = [*spec.grants, *spec.admission(cached=cached)]
    if spec.consumes:
        grants.append(Grant(f"queue:{spec.consumes}", CONSUME))
    return [
        iam.PolicyStatement(actions=[*WRITE_LOGS], resources=[log_group.log_group_arn]),
        *(
            iam.PolicyStatement(actions=[*grant.actions], resources=[arns[grant.resource]])
            for grant in grants
            if not grant.resource.startswith(TOKENS_KEY)
        ),
        *(_tokens_statement(grant, resources.key) for grant in grants if grant.resource.startswith(TOKENS_KEY)),
        *(
            iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[resources.secrets[secret]])
            for secret in spec.secrets
        ),
        *_key_statements(spec, grants, resources.key),
    ]


def _vpc_statements(scope: Construct, function_name: str) -> list[iam.PolicyStatement]:
    """Lambda itself may attach the function to the VPC with its role; the code that runs in it may not."""
    arn = Stack.of(scope).format_arn(
        service="lambda", resource="function", resource_name=function_name, arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
    return [
        iam.PolicyStatement(actions=[*ATTACH_TO_VPC], resources=["*"]),
        iam.PolicyStatement(
            effect=iam.Effect.DENY,
            actions=[*ATTACH_TO_VPC],
            resources=["*"],
            conditions={"ArnEquals": {"lambda:SourceFunctionArn": arn}},
        ),
    ]


def _arns(resources: Resources) -> dict[str, str]:
    return {
        "*": "*",
        "table": resources.table.table_arn,
        **{f"queue:{name}": queue.queue_arn for name, queue in resources.queues.items()},
        **{f"function:{name}": function.function_arn for name, function in resources.functions.items()},
    }


def _tokens_statement(grant: Grant, key: kms.IKey) -> iam.PolicyStatement:
    """Use of the key with the encryption context of one provider's tokens, which nothing else is encrypted with."""
    provider = grant.resource.removeprefix(TOKENS_KEY)
    return iam.PolicyStatement(
        actions=[*grant.actions],
        resources=[key.key_arn],
        conditions={
            "StringEquals": {"kms:EncryptionContext:provider": provider},
            "Null": {"kms:EncryptionContext:user": "false"},
        },
    )


def _key_statements(spec: Function, grants: Sequence[Grant], key: kms.IKey) -> Iterator[iam.PolicyStatement]:
    """Use of the key, but only through the encrypted services the grants reach."""
    actions = [action for grant in grants for action in grant.actions]
    if spec.secrets:
        actions.append("secretsmanager:GetSecretValue")
    uses: dict[str, set[str]] = {}
    for action in actions:
        uses.setdefault(action.partition(":")[0], set()).update(_key_use(action))
    for service in sorted(service for service, used in uses.items() if used):
        yield iam.PolicyStatement(
            actions=sorted(uses[service]),
            resources=[key.key_arn],
            conditions={"StringEquals": {"kms:ViaService": f"{service}.{Aws.REGION}.{Aws.URL_SUFFIX}"}},
        )


def _key_use(action: str) -> tuple[str, ...]:
    """What an encrypted service does with the key in the name of a caller of ``action``."""
    match action.split(":"):
        case ["dynamodb", verb]:
            return READ_KEY if verb.startswith(("BatchGet", "ConditionCheck", "Get", "Query")) else WRITE_KEY
        case ["sqs", "SendMessage"]:
            return ("kms:Decrypt", "kms:GenerateDataKey")
        case ["sqs", "ReceiveMessage"] | ["secretsmanager", "GetSecretValue"]:
            return ("kms:Decrypt",)
        case _:
            return ()
