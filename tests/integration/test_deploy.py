"""Deployment of an assembly to the embedded AWS: what changes, what is skipped, what is said when it fails."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.local.aws import LocalAws
from infra.local.console import LocalFailure
from infra.local.deploy import deploy_assembly, physical_ids
from infra.local.invoke import invoke, readable
from infra.local.provider_keys import store_provider_keys

# As `cdk synth` names an asset: by a hash of its own.
STAGED = "0" * 64
BUCKET = "cdk-assets-${AWS::AccountId}-${AWS::Region}"


class Assembly:
    """A cloud assembly with one stack: a table and a function whose code is a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.code = folder / "code"
        self.code.mkdir()
        self.name = "probe"
        self.template: dict[str, Any] = {
            "Parameters": {"Greeting": {"Type": "String"}},
            "Resources": {
                "Role": {
                    "Type": "AWS::IAM::Role",
                    "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
                },
                "Function": {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {
                        "FunctionName": "probe-function",
                        "Runtime": "python3.13",
                        "Handler": "handler.lambda_handler",
                        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                        "Code": {"S3Bucket": {"Fn::Sub": BUCKET}, "S3Key": f"{STAGED}.zip"},
                        "Environment": {"Variables": {"GREETING": {"Ref": "Greeting"}}},
                    },
                },
                "Table": {
                    "Type": "AWS::DynamoDB::Table",
                    "Properties": {
                        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                        "BillingMode": "PAY_PER_REQUEST",
                        "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
                    },
                },
            },
        }

    def answer(self, value: str) -> None:
        code = f"import os\ndef lambda_handler(event, context):\n    return os.environ['GREETING'] + ' {value}'\n"
        (self.code / "handler.py").write_text(code)

    def deploy(self, aws: LocalAws, greeting: str = "hello") -> bool:
        asset = {
            "source": {"path": "code", "packaging": "zip"},
            "destinations": {"here": {"bucketName": BUCKET, "objectKey": f"{STAGED}.zip"}},
        }
        stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": f"{self.name}.template.json"}}
        for name, document in (
            ("manifest.json", {"artifacts": {self.name: stack}}),
            (f"{self.name}.template.json", self.template),
            (f"{self.name}.assets.json", {"files": {STAGED: asset}}),
        ):
            (self.folder / name).write_text(json.dumps(document))
        return deploy_assembly(self.folder, aws, {"Greeting": greeting, "Undeclared": "ignored"})


@pytest.fixture
def assembly(tmp_path: Path) -> Assembly:
    return Assembly(tmp_path)


def test_changed_code_and_parameters_are_live_and_the_rest_is_skipped(empty_aws: LocalAws, assembly: Assembly) -> None:
    assembly.answer("one")
    assert assembly.deploy(empty_aws)
    assert invoke(empty_aws, "function", {}) == "hello one"

    assert not assembly.deploy(empty_aws)

    assembly.answer("two")
    assert assembly.deploy(empty_aws)
    assert invoke(empty_aws, "function", {}) == "hello two"

    assert assembly.deploy(empty_aws, greeting="good day")
    assert invoke(empty_aws, "function", {}) == "good day two"

    assembly.answer("one")
    assert assembly.deploy(empty_aws, greeting="good day")
    assert invoke(empty_aws, "function", {}) == "good day one"


def test_time_to_live_of_the_template_is_switched_on(empty_aws: LocalAws, assembly: Assembly) -> None:
    assembly.answer("one")
    assembly.deploy(empty_aws)

    (table,) = physical_ids(empty_aws, "AWS::DynamoDB::Table")
    described = empty_aws.dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}


def test_a_failed_stack_names_the_resource_and_is_made_again(empty_aws: LocalAws, assembly: Assembly) -> None:
    assembly.name = "failing"
    assembly.answer("one")
    assembly.template["Resources"] = {"Broken": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": -1}}}

    with pytest.raises(LocalFailure, match="Broken"):
        assembly.deploy(empty_aws)

    assembly.template["Resources"]["Broken"]["Properties"] = {"VisibilityTimeout": 30}
    assert assembly.deploy(empty_aws)
    assert len(physical_ids(empty_aws, "AWS::SQS::Queue")) == 1

    assembly.template["Resources"]["Later"] = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": -1}}
    with pytest.raises(LocalFailure, match="Later"):
        assembly.deploy(empty_aws)
    assert len(physical_ids(empty_aws, "AWS::SQS::Queue")) == 1


def test_provider_keys_of_the_environment_become_secret_values(
    empty_aws: LocalAws, assembly: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    assembly.name = "secrets"
    assembly.answer("one")
    names = ("ClaudeApiKey", "PineconeApiKey")
    assembly.template["Resources"] = {name: {"Type": "AWS::SecretsManager::Secret"} for name in names}
    assembly.template["Outputs"] = {f"{name}Arn": {"Value": {"Fn::GetAtt": [name, "Id"]}} for name in names}
    assembly.deploy(empty_aws)
    monkeypatch.setenv("CLAUDE_API_KEY", "key-of-claude")
    monkeypatch.delenv("PINECONE_API_KEY", raising=False)

    store_provider_keys(empty_aws)

    stored = {secret["Name"]: secret["ARN"] for secret in empty_aws.secretsmanager.list_secrets()["SecretList"]}
    (claude,) = (arn for name, arn in stored.items() if "Claude" in name)
    (pinecone,) = (arn for name, arn in stored.items() if "Pinecone" in name)
    assert empty_aws.secretsmanager.get_secret_value(SecretId=claude)["SecretString"] == "key-of-claude"
    # The embedded AWS gives a secret without a value an empty one.
    assert not empty_aws.secretsmanager.get_secret_value(SecretId=pinecone).get("SecretString")


def test_a_function_that_raises_is_one_line(empty_aws: LocalAws, assembly: Assembly) -> None:
    (assembly.code / "handler.py").write_text("def lambda_handler(event, context):\n    raise KeyError('no')\n")
    assembly.deploy(empty_aws)

    with pytest.raises(LocalFailure, match="function failed"):
        invoke(empty_aws, "function", {})


def test_http_answers_are_unfolded() -> None:
    assert json.loads(readable({"statusCode": 200, "body": '{"a": 1}'})) == {"statusCode": 200, "body": {"a": 1}}
    assert json.loads(readable({"statusCode": 200, "body": "text"})) == {"statusCode": 200, "body": "text"}
    assert json.loads(readable({"batchItemFailures": []})) == {"batchItemFailures": []}
