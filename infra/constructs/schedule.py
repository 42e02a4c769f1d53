"""Schedules of the manifest: EventBridge Scheduler invokes a function at a fixed rate."""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.function import ManifestFunction

# A tick that is late by more than this is worth less than the next one.
MAX_TICK_AGE_SECONDS = 300
MAX_DELIVERY_RETRIES = 3


class FunctionSchedule(Construct):
    """Invokes ``function`` as its schedule says, in UTC, with a role for that alone.

    Ticks that cannot be delivered go to ``dead_letters``. A run that fails is not repeated: the next tick does its
    work, and an alarm tells of it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        function: ManifestFunction,
        dead_letters: sqs.IQueue,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        if not function.spec.schedule:
            raise ValueError(f"{function.spec.name} has no schedule")
        lambda_.EventInvokeConfig(self, "Runs", function=function.invoked, retry_attempts=0)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
            inline_policies={"invoke": _policy(function, dead_letters, key)},
        )
        scheduler.CfnSchedule(
            self,
            "Schedule",
            name=f"{name}-{function.spec.name}",
            description=function.spec.description,
            schedule_expression=function.spec.schedule,
            schedule_expression_timezone="UTC",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=function.invoked.function_arn,
                role_arn=role.role_arn,
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=dead_letters.queue_arn),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=MAX_TICK_AGE_SECONDS, maximum_retry_attempts=MAX_DELIVERY_RETRIES
                ),
            ),
        )


def _policy(function: ManifestFunction, dead_letters: sqs.IQueue, key: kms.IKey) -> iam.PolicyDocument:
    return iam.PolicyDocument(
        minimize=False,
        statements=[
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function.invoked.function_arn]),
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[dead_letters.queue_arn]),
            iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=[key.key_arn],
                conditions={"StringEquals": {"kms:ViaService": f"sqs.{Aws.REGION}.{Aws.URL_SUFFIX}"}},
            ),
        ],
    )
