"""A Lambda function of the manifest with its own role and log group."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Aws, Duration, RemovalPolicy
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
from infra.constructs.suppressions import suppress
from infra.manifest import Function, Grant

# What Lambda itself does with the role to attach a function to a VPC; EC2 has no resource level for most of it.
ATTACH_TO_VPC = Grant(
    "*",
    (
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    ),
)
CONSUME = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
WRITE_LOGS = ("logs:CreateLogStream", "logs:PutLogEvents")


@dataclass(frozen=True, slots=True)
class Resources:
    """What grants of the manifest refer to; ``secrets`` and ``queues`` by name."""

    table: dynamodb.ITable
    key: kms.IKey
    queues: Mapping[str, sqs.IQueue]
    secrets: Mapping[str, str]


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
        log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/lambda/{name}-{spec.name}",
            retention=log_retention,
            encryption_key=resources.key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        role = _role(self, _statements(spec, resources, log_group, in_vpc=placement is not None))
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
            environment={**environment, **spec.environment},
            role=role.without_policy_updates(),
            log_group=log_group,
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
            {
                "AwsSolutions-IAM5[Resource::*]": "CloudWatch metrics and network interfaces have no resource-level grants."
            },
        )
    return role


def _statements(
    spec: Function, resources: Resources, log_group: logs.ILogGroup, *, in_vpc: bool
) -> Sequence[iam.PolicyStatement]:
    arns = _arns(resources)
    grants = [*spec.grants]
    if spec.consumes:
        grants.append(Grant(f"queue:{spec.consumes}", CONSUME))
    if in_vpc:
        grants.append(ATTACH_TO_VPC)
    return [
        iam.PolicyStatement(actions=[*WRITE_LOGS], resources=[log_group.log_group_arn]),
        *(iam.PolicyStatement(actions=[*grant.actions], resources=[arns[grant.resource]]) for grant in grants),
        *(
            iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[resources.secrets[secret]])
            for secret in spec.secrets
        ),
        *_key_statements(spec, grants, resources.key),
    ]


def _arns(resources: Resources) -> dict[str, str]:
    return {
        "*": "*",
        "table": resources.table.table_arn,
        "key": resources.key.key_arn,
        **{f"queue:{name}": queue.queue_arn for name, queue in resources.queues.items()},
    }


def _key_statements(spec: Function, grants: Sequence[Grant], key: kms.IKey) -> Iterator[iam.PolicyStatement]:
    """Use of the key through each encrypted service, as that service asks of its caller."""
    actions = {action for grant in grants for action in grant.actions}
    services = {grant.resource.partition(":")[0] for grant in grants}
    via: dict[str, list[str]] = {}
    if "table" in services:
        via["dynamodb"] = ["kms:Decrypt", "kms:DescribeKey"]
    if "sqs:SendMessage" in actions:
        via["sqs"] = ["kms:Decrypt", "kms:GenerateDataKey"]
    elif "sqs:ReceiveMessage" in actions:
        via["sqs"] = ["kms:Decrypt"]
    if spec.secrets:
        via["secretsmanager"] = ["kms:Decrypt"]
    for service, allowed in via.items():
        yield iam.PolicyStatement(
            actions=allowed,
            resources=[key.key_arn],
            conditions={"StringEquals": {"kms:ViaService": f"{service}.{Aws.REGION}.{Aws.URL_SUFFIX}"}},
        )
