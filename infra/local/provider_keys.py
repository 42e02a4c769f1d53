"""Keys of Claude and Pinecone from the environment into the deployed secrets, as an operator does in an account."""

import os
from collections.abc import Mapping

from infra.local.aws import LocalAws
from infra.manifest import SECRETS


def store_provider_keys(aws: LocalAws, environment: Mapping[str, str] = os.environ) -> None:
    """Put CLAUDE_API_KEY, PINECONE_API_KEY and OAUTH_CLIENTS, where set, into their secrets."""
    outputs = {
        output["OutputKey"]: output["OutputValue"]
        for stack in aws.cloudformation.describe_stacks()["Stacks"]
        for output in stack.get("Outputs", [])
    }
    given = {name: key for name in SECRETS if (key := environment.get(name.replace("-", "_").upper()))}
    for name, key in given.items():
        secret = outputs[f"{name.replace('-', ' ').title().replace(' ', '')}Arn"]
        aws.secretsmanager.put_secret_value(SecretId=secret, SecretString=key)
