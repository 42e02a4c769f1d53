"""Each function may do what the manifest says, on the one resource it says, and nothing else."""

from collections import defaultdict
from typing import Any

import pytest

from infra.manifest import FUNCTIONS, Function
from tests.infra.templates import Deployment, flattened, listed

ATTACH_TO_VPC = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
}
READ_TABLE_KEY = {"kms:Decrypt", "kms:DescribeKey"}
WRITE_TABLE_KEY = READ_TABLE_KEY | {
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
}
READ_TOKENS = {
    "answer_chat",
    "deliver_notifications",
    "execute_effects",
    "manage_connections",
    "manage_task_sources",
    "reconcile_accounts",
    "renew_watches",
    "sync_calendar",
    "sync_mailbox",
    "sync_notion",
}
CONSUME = {
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
}
LIMITS = {"dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"}
WRITES = {"dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}

every_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)


def granted(function: Function, profile: str) -> dict[str, set[str]]:
    """What the manifest's fields grant, by resource; the use of the key aside."""
    expected: dict[str, set[str]] = defaultdict(set)
    if function.cache and not all(route.public for route in function.routes):
        expected["table"] |= {"dynamodb:GetItem"} | (LIMITS if profile == "small" else set())
    for grant in function.grants:
        expected[grant.resource] |= set(grant.actions)
    if function.consumes:
        expected[f"queue:{function.consumes}"] |= CONSUME
    for secret in function.secrets:
        expected[f"secret:{secret}"] |= {"secretsmanager:GetSecretValue"}
    return expected


def tokens_of(statement: dict[str, Any]) -> str | None:
    """``:<provider>`` where a statement opens the tokens of accounts there and nothing else, as in the manifest."""
    condition = statement.get("Condition", {})
    provider = condition.get("StringEquals", {}).get("kms:EncryptionContext:provider")
    if provider is None:
        return None
    assert condition == {
        "StringEquals": {"kms:EncryptionContext:provider": provider},
        "Null": {"kms:EncryptionContext:user": "false"},
    }
    return f":{provider}"


def test_only_functions_that_call_providers_read_tokens() -> None:
    readers = {
        function.name
        for function in FUNCTIONS
        for grant in function.grants
        if grant.resource.startswith("key:") and "kms:Decrypt" in grant.actions
    }
    assert readers <= READ_TOKENS


@every_function
def test_the_actions_of_a_function_are_those_of_the_manifest(deployment: Deployment, function: Function) -> None:
    expected = granted(function, deployment.profile)
    expected[f"log:/aws/lambda/executive-assistant-{deployment.profile}-{function.name}"] = {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }
    if deployment.profile == "standard" and function.cache:
        expected["*"] = expected["*"] | ATTACH_TO_VPC
    found: dict[str, set[str]] = defaultdict(set)
    for statement in deployment.statements(function.name):
        if statement["Effect"] == "Allow":
            for resource in listed(statement["Resource"]):
                found[deployment.named(resource) + (tokens_of(statement) or "")] |= set(listed(statement["Action"]))
    found.pop("key", None)
    assert found == {resource: actions for resource, actions in expected.items() if actions}


@every_function
def test_the_key_is_used_only_through_services_the_function_reaches(deployment: Deployment, function: Function) -> None:
    actions = {action for allowed in granted(function, deployment.profile).values() for action in allowed}
    expected = {}
    if any(action.startswith("dynamodb:") for action in actions):
        expected["dynamodb"] = WRITE_TABLE_KEY if actions & WRITES else READ_TABLE_KEY
    if "sqs:SendMessage" in actions:
        expected["sqs"] = {"kms:Decrypt", "kms:GenerateDataKey"}
    elif "sqs:ReceiveMessage" in actions:
        expected["sqs"] = {"kms:Decrypt"}
    if function.secrets:
        expected["secretsmanager"] = {"kms:Decrypt"}
    found = {}
    for statement in deployment.statements(function.name):
        if deployment.named(statement["Resource"]) == "key" and not tokens_of(statement):
            service = flattened(statement["Condition"]["StringEquals"]["kms:ViaService"])
            assert service.endswith(".{AWS::Region}.{AWS::URLSuffix}")
            found[service.partition(".")[0]] = set(listed(statement["Action"]))
    assert found == expected


@every_function
def test_no_permission_has_a_wildcard(deployment: Deployment, function: Function) -> None:
    for statement in deployment.statements(function.name):
        assert not any("*" in action for action in listed(statement["Action"]))


def test_code_in_the_vpc_cannot_use_the_permissions_lambda_needs_to_attach_it(standard: Deployment) -> None:
    for function in FUNCTIONS:
        denied = [statement for statement in standard.statements(function.name) if statement["Effect"] == "Deny"]
        if not function.cache:
            assert denied == []
            continue
        (statement,) = denied
        assert set(statement["Action"]) == ATTACH_TO_VPC
        source = flattened(statement["Condition"]["ArnEquals"]["lambda:SourceFunctionArn"])
        assert source.endswith(f":function:executive-assistant-standard-{function.name}")


def test_every_function_has_a_role_of_its_own(deployment: Deployment) -> None:
    roles = [str(function.properties["Role"]) for function in deployment.all("Lambda::Function")]
    assert len(set(roles)) == len(roles) == len(FUNCTIONS)


def test_only_lambda_assumes_the_functions_roles(deployment: Deployment) -> None:
    for function in FUNCTIONS:
        role = deployment.target(deployment.function(function.name).properties["Role"])
        assert not isinstance(role, str)
        (statement,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_the_api_invokes_exactly_the_functions_with_routes(deployment: Deployment) -> None:
    api = deployment.one("ApiGatewayV2::Api")
    permissions = deployment.all("Lambda::Permission")
    for permission in permissions:
        assert permission.properties["Principal"] == "apigateway.amazonaws.com"
        assert permission.properties["Action"] == "lambda:InvokeFunction"
        source = flattened(permission.properties["SourceArn"])
        assert source.endswith(f":{{AWS::AccountId}}:{{{api.logical_id}}}/*/*/*")
    invoked = {invoked_function(deployment, permission.properties["FunctionName"]) for permission in permissions}
    assert invoked == {function.name for function in FUNCTIONS if function.routes}
    assert len(permissions) == len(invoked)


def invoked_function(deployment: Deployment, reference: object) -> str:
    """The manifest's name of the function, or of the function behind the alias, that a reference means."""
    target = deployment.target(reference)
    assert not isinstance(target, str)
    if target.type == "Lambda::Alias":
        target = deployment.target(target.properties["FunctionName"])
        assert not isinstance(target, str)
    return str(target.properties["FunctionName"].removeprefix(f"executive-assistant-{deployment.profile}-"))


def test_a_schedule_starts_its_function_and_nothing_else(deployment: Deployment) -> None:
    schedules = deployment.all("Scheduler::Schedule")
    roles = [schedule.properties["Target"]["RoleArn"] for schedule in schedules]
    assert len({str(role) for role in roles}) == len(schedules)
    for schedule, reference in zip(schedules, roles, strict=True):
        role = deployment.target(reference)
        assert not isinstance(role, str)
        (trust,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
        (policy,) = role.properties["Policies"]
        invoke, send, encrypt = policy["PolicyDocument"]["Statement"]
        assert (invoke["Action"], invoke["Resource"]) == (
            "lambda:InvokeFunction",
            schedule.properties["Target"]["Arn"],
        )
        assert (send["Action"], deployment.named(send["Resource"])) == (
            "sqs:SendMessage",
            "queue:schedules-dead-letters",
        )
        assert (set(encrypt["Action"]), deployment.named(encrypt["Resource"])) == (
            {"kms:Decrypt", "kms:GenerateDataKey"},
            "key",
        )
        assert flattened(encrypt["Condition"]["StringEquals"]["kms:ViaService"]).startswith("sqs.")
