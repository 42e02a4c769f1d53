"""The DynamoDB table of the product, for tests that run the adapters."""

from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

TABLE = "executive-assistant"


def create_table(client: "DynamoDBClient | None" = None) -> None:
    """Create the table with this client, else where boto3's environment points."""
    (client or boto3.client("dynamodb")).create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
