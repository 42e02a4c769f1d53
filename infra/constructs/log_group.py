"""CloudWatch log groups of the deployment."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct


class EncryptedLogGroup(logs.LogGroup):
    """Encrypted with the deployment's key, forgotten after ``retention``, gone with its stack."""

    def __init__(
        self, scope: Construct, construct_id: str, *, name: str, key: kms.IKey, retention: logs.RetentionDays
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            log_group_name=name,
            retention=retention,
            encryption_key=key,
            removal_policy=RemovalPolicy.DESTROY,
        )
