"""Typed clients of the embedded AWS; nothing of the user's own AWS configuration or proxies reaches them."""

from functools import cached_property
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config

from infra.local.layout import REGION
from infra.local.ministack import CREDENTIALS

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

# The slowest call is the synchronous invocation of a function, which runs for five minutes at most.
_CONFIG = Config(connect_timeout=2, read_timeout=310, retries={"total_max_attempts": 2}, proxies={})


class LocalAws:
    """Clients for the embedded AWS at ``endpoint``, made on first use."""

    def __init__(self, endpoint: str) -> None:
        # An AWS_PROFILE of the user's that does not exist here must not fail the local commands.
        session = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
        self._session = boto3.Session(
            botocore_session=session,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )
        self._endpoint = endpoint

    @cached_property
    def cloudformation(self) -> "CloudFormationClient":
        """CloudFormation."""
        return self._session.client("cloudformation", endpoint_url=self._endpoint, config=_CONFIG)

    @cached_property
    def cloudwatch(self) -> "CloudWatchClient":
        """CloudWatch metrics."""
        return self._session.client("cloudwatch", endpoint_url=self._endpoint, config=_CONFIG)

    @cached_property
    def cognito(self) -> "CognitoIdentityProviderClient":
        """Cognito user pools."""
        return self._session.client("cognito-idp", endpoint_url=self._endpoint, config=_CONFIG)

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """DynamoDB."""
        return self._session.client("dynamodb", endpoint_url=self._endpoint, config=_CONFIG)

    @cached_property
    def kms(self) -> "KMSClient":
        """KMS."""
        return self._session.client("kms", endpoint_url=self._endpoint, config=_CONFIG)

    @cached_property
    def lambda_(self) -> "LambdaClient":
        """Lambda."""
        return self._session.client("lambda", endpoint_url=self._endpoint, config=_CONFIG)

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        """CloudWatch Logs."""
        return self._session.client("logs", endpoint_url=self._endpoint, config=_CONFIG)

    @cached_property
    def s3(self) -> "S3Client":
        """S3, addressed by path: bucket host names do not resolve on loopback."""
        config = _CONFIG.merge(Config(s3={"addressing_style": "path"}))
        return self._session.client("s3", endpoint_url=self._endpoint, config=config)

    @cached_property
    def secretsmanager(self) -> "SecretsManagerClient":
        """Secrets Manager."""
        return self._session.client("secretsmanager", endpoint_url=self._endpoint, config=_CONFIG)

    @cached_property
    def sqs(self) -> "SQSClient":
        """SQS."""
        return self._session.client("sqs", endpoint_url=self._endpoint, config=_CONFIG)
