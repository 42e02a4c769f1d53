"""The DynamoDB table of the product, for tests that run the adapters."""

import boto3

TABLE = "executive-assistant"


def create_table() -> None:
    """Create the table where boto3's environment points."""
    boto3.client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
