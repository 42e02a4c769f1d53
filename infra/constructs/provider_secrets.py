"""Secrets an operator fills in; one without a value means that its provider is not used."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.constructs.suppressions import suppress


class ProviderSecret(secretsmanager.CfnSecret):
    """A secret without a first version: reading it fails with ResourceNotFoundException until a value is put."""

    def __init__(self, scope: Construct, construct_id: str, *, name: str, key: kms.IKey) -> None:
        super().__init__(scope, construct_id, description=f"{name}; no value: not used", kms_key_id=key.key_arn)
        self.apply_removal_policy(RemovalPolicy.RETAIN)
        suppress(
            self,
            {"AwsSolutions-SMG4": "The provider issues the key; only its console can rotate it."},
        )
