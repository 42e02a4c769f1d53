"""State is encrypted, kept and recoverable; queues lose nothing; alarms watch."""

import json

import pytest

from assistant.domain.metric_names import (
    ACTIVE_SESSIONS,
    CLAUDE_CALLS,
    CLAUDE_CAPPED,
    CLAUDE_CIRCUIT_OPENED,
    CLAUDE_COST,
    CLAUDE_TOKENS,
    REQUESTS,
)
from assistant.runtime.observability import EmbeddedMeter
from infra.manifest import FUNCTIONS, QUEUES, SECRETS
from tests.infra.templates import Deployment, Resource, flattened, listed

SCHEDULED = tuple(function for function in FUNCTIONS if function.schedule)


def uses_the_key(deployment: Deployment, reference: object) -> bool:
    return deployment.named(reference) == "key"


def test_the_table_is_encrypted_recoverable_and_kept(deployment: Deployment) -> None:
    table = deployment.one("DynamoDB::Table")
    assert table.properties["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    assert table.properties["BillingMode"] == "PAY_PER_REQUEST"
    assert table.properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert table.properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table.properties["DeletionProtectionEnabled"] is True
    assert table.properties["SSESpecification"]["SSEEnabled"] is True
    assert uses_the_key(deployment, table.properties["SSESpecification"]["KMSMasterKeyId"])


def test_nothing_that_holds_state_goes_with_its_stack(deployment: Deployment) -> None:
    kept = ("DynamoDB::Table", "KMS::Key", "SecretsManager::Secret", "Cognito::UserPool")
    for resource in deployment.all(*kept):
        assert resource.logical_id in deployment.data["Resources"]
        assert resource.whole["DeletionPolicy"] == resource.whole["UpdateReplacePolicy"] == "Retain"


def test_the_key_rotates(deployment: Deployment) -> None:
    assert deployment.one("KMS::Key").properties["EnableKeyRotation"] is True


def test_services_use_the_key_only_for_this_deployment(deployment: Deployment) -> None:
    statements = deployment.one("KMS::Key").properties["KeyPolicy"]["Statement"]
    by_service = {statement.get("Sid"): statement for statement in statements if "Service" in statement["Principal"]}
    assert set(by_service) == {"EncryptLogs", "PublishAlarms"}
    assert f"log-group:/*/executive-assistant-{deployment.profile}*" in str(by_service["EncryptLogs"]["Condition"])
    assert by_service["PublishAlarms"]["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }


def test_queues_topics_logs_and_secrets_are_encrypted_with_the_key(deployment: Deployment) -> None:
    property_of = {
        "SQS::Queue": "KmsMasterKeyId",
        "SNS::Topic": "KmsMasterKeyId",
        "Logs::LogGroup": "KmsKeyId",
        "SecretsManager::Secret": "KmsKeyId",
        "ElastiCache::ServerlessCache": "KmsKeyId",
    }
    encrypted = deployment.all(*property_of)
    assert {resource.type for resource in encrypted} >= {"SQS::Queue", "SNS::Topic", "Logs::LogGroup"}
    for resource in encrypted:
        assert uses_the_key(deployment, resource.properties[property_of[resource.type]]), resource.logical_id


def test_the_secrets_of_the_manifest_are_made_without_a_value(deployment: Deployment) -> None:
    secrets = deployment.all("SecretsManager::Secret")
    assert {deployment.named({"Ref": secret.logical_id}) for secret in secrets} == {
        f"secret:{name}" for name in SECRETS
    }
    for secret in secrets:
        assert not {"SecretString", "GenerateSecretString"} & secret.properties.keys()


def test_functions_learn_where_their_secrets_are_and_no_other(deployment: Deployment) -> None:
    for function in FUNCTIONS:
        variables = deployment.function(function.name).properties["Environment"]["Variables"]
        found = {name: deployment.named(value) for name, value in variables.items() if name.endswith("_SECRET_ARN")}
        assert found == {f"{name.split('-')[0].upper()}_SECRET_ARN": f"secret:{name}" for name in function.secrets}


def test_users_are_invited_and_need_a_strong_password_and_a_code(deployment: Deployment) -> None:
    pool = deployment.one("Cognito::UserPool").properties
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["DeletionProtection"] == "ACTIVE"
    assert pool["MfaConfiguration"] == "ON"
    assert pool["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]
    policy = pool["Policies"]["PasswordPolicy"]
    assert policy["MinimumLength"] >= 14
    assert all(policy[f"Require{kind}"] for kind in ("Lowercase", "Uppercase", "Numbers", "Symbols"))


def test_no_client_signs_in_by_password_alone(deployment: Deployment) -> None:
    client = deployment.one("Cognito::UserPoolClient").properties
    assert set(client["ExplicitAuthFlows"]) == {
        "ALLOW_ADMIN_USER_PASSWORD_AUTH",
        "ALLOW_REFRESH_TOKEN_AUTH",
        "ALLOW_USER_SRP_AUTH",
    }
    assert client["PreventUserExistenceErrors"] == "ENABLED"


def queue(deployment: Deployment, name: str) -> Resource:
    return next(found for found in deployment.all("SQS::Queue") if deployment.named({"Ref": found.logical_id}) == name)


def test_every_queue_has_dead_letters_and_outlasts_its_consumers_retries(deployment: Deployment) -> None:
    for listed_queue in QUEUES:
        found = queue(deployment, f"queue:{listed_queue.name}").properties
        redrive = found["RedrivePolicy"]
        assert deployment.named(redrive["deadLetterTargetArn"]) == f"queue:{listed_queue.name}-dead-letters"
        assert redrive["maxReceiveCount"] == listed_queue.max_receive_count
        for consumer in FUNCTIONS:
            if consumer.consumes == listed_queue.name:
                assert found["VisibilityTimeout"] >= 6 * consumer.timeout


def test_queues_refuse_plain_http(deployment: Deployment) -> None:
    secured = {
        str(reference) for policy in deployment.all("SQS::QueuePolicy") for reference in policy.properties["Queues"]
    }
    assert secured == {str({"Ref": found.logical_id}) for found in deployment.all("SQS::Queue")}
    for policy in deployment.all("SQS::QueuePolicy"):
        (statement,) = policy.properties["PolicyDocument"]["Statement"]
        assert statement["Effect"] == "Deny"
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_consumers_report_the_messages_that_failed(deployment: Deployment) -> None:
    mappings = deployment.all("Lambda::EventSourceMapping")
    consumers = [function for function in FUNCTIONS if function.consumes]
    assert len(mappings) == len(consumers)
    for consumer, mapping in zip(consumers, mappings, strict=True):
        assert mapping.properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping.properties["BatchSize"] == consumer.batch_size
        assert deployment.named(mapping.properties["EventSourceArn"]) == f"queue:{consumer.consumes}"
        assert deployment.target(mapping.properties["FunctionName"]) == deployment.function(consumer.name)


def test_schedules_start_the_functions_that_have_one_and_keep_what_reached_none(deployment: Deployment) -> None:
    schedules = deployment.all("Scheduler::Schedule")
    started = {}
    for schedule in schedules:
        target = schedule.properties["Target"]
        function = deployment.target(target["Arn"])
        assert not isinstance(function, str)
        started[function.logical_id] = schedule.properties["ScheduleExpression"]
        assert schedule.properties["ScheduleExpressionTimezone"] == "UTC"
        assert schedule.properties["FlexibleTimeWindow"] == {"Mode": "OFF"}
        assert deployment.named(target["DeadLetterConfig"]["Arn"]) == "queue:schedules-dead-letters"
        assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 300, "MaximumRetryAttempts": 3}
    assert started == {deployment.function(function.name).logical_id: function.schedule for function in SCHEDULED}


def test_a_scheduled_run_that_fails_is_left_to_the_next_tick(deployment: Deployment) -> None:
    configured = {}
    for config in deployment.all("Lambda::EventInvokeConfig"):
        function = deployment.target(config.properties["FunctionName"])
        assert not isinstance(function, str)
        configured[function.logical_id] = config.properties["MaximumRetryAttempts"]
    assert configured == {deployment.function(function.name).logical_id: 0 for function in SCHEDULED}


def test_functions_are_what_the_manifest_says(deployment: Deployment) -> None:
    assert len(deployment.all("Lambda::Function")) == len(FUNCTIONS)
    for function in FUNCTIONS:
        found = deployment.function(function.name).properties
        assert found["Architectures"] == ["arm64"]
        assert found["Runtime"] == "python3.13"
        assert found["Handler"] == "handler.lambda_handler"
        assert (found["MemorySize"], found["Timeout"]) == (function.memory, function.timeout)
        layers = [deployment.target(reference) for reference in found["Layers"]]
        prefix = f"executive-assistant-{deployment.profile}-"
        names = [layer.properties["LayerName"].removeprefix(prefix) for layer in layers if not isinstance(layer, str)]
        assert sorted(names) == sorted([*function.dependencies, "shared"])


def test_every_function_logs_into_a_group_that_forgets(deployment: Deployment) -> None:
    for function in FUNCTIONS:
        group = deployment.target(deployment.function(function.name).properties["LoggingConfig"]["LogGroup"])
        assert not isinstance(group, str)
        assert (
            group.properties["LogGroupName"] == f"/aws/lambda/executive-assistant-{deployment.profile}-{function.name}"
        )
        assert group.properties["RetentionInDays"] == 30


def alarms(deployment: Deployment) -> dict[str, dict[str, object]]:
    prefix = f"executive-assistant-{deployment.profile}-"
    return {
        alarm.properties["AlarmName"].removeprefix(prefix): alarm.properties
        for alarm in deployment.all("CloudWatch::Alarm")
    }


def test_alarms_and_their_thresholds(deployment: Deployment) -> None:
    found = alarms(deployment)
    expected = {
        "error-rate": ("GreaterThanThreshold", 5, 1),
        "latency": ("GreaterThanThreshold", 3000, 1),
        "down": ("LessThanOrEqualToThreshold", 0, 2),
        "queue-age-audit": ("GreaterThanThreshold", 300, 2),
        "dead-letters-audit": ("GreaterThanThreshold", 0, 1),
        "queue-age-proofs": ("GreaterThanThreshold", 900, 2),
        "dead-letters-proofs": ("GreaterThanThreshold", 0, 1),
        "queue-age-effects": ("GreaterThanThreshold", 2700, 2),
        "dead-letters-effects": ("GreaterThanThreshold", 0, 1),
        "queue-age-notifications": ("GreaterThanThreshold", 300, 2),
        "dead-letters-notifications": ("GreaterThanThreshold", 0, 1),
        "queue-age-notes": ("GreaterThanThreshold", 1800, 2),
        "dead-letters-notes": ("GreaterThanThreshold", 0, 1),
        "queue-age-mailboxes": ("GreaterThanThreshold", 900, 2),
        "dead-letters-mailboxes": ("GreaterThanThreshold", 0, 1),
        "queue-age-calendars": ("GreaterThanThreshold", 900, 2),
        "dead-letters-calendars": ("GreaterThanThreshold", 0, 1),
        "queue-age-chats": ("GreaterThanThreshold", 1200, 2),
        "dead-letters-chats": ("GreaterThanThreshold", 0, 1),
        "mail-undecided": ("GreaterThanThreshold", 900, 1),
        "mail-failed": ("GreaterThanThreshold", 0, 1),
        "mailbox-watch": ("LessThanThreshold", 259_200, 1),
        "dead-letters-schedules": ("GreaterThanThreshold", 0, 1),
        "claude-budget-user": ("GreaterThanThreshold", 0, 1),
        "claude-budget-everyone": ("GreaterThanThreshold", 0, 1),
        "claude-circuit": ("GreaterThanThreshold", 0, 1),
    } | {
        f"{what}-{function.name}": ("GreaterThanThreshold", 0, 1)
        for what, watched in (("throttles", FUNCTIONS), ("errors", SCHEDULED))
        for function in watched
    }
    assert {
        name: (alarm["ComparisonOperator"], alarm["Threshold"], alarm["EvaluationPeriods"])
        for name, alarm in found.items()
    } == expected
    assert (found["latency"]["ExtendedStatistic"], found["latency"]["Period"]) == ("p95", 300)


def test_what_each_reconciliation_measures_is_judged_over_more_than_the_time_between_two(
    deployment: Deployment,
) -> None:
    (schedule,) = (one.schedule for one in FUNCTIONS if one.name == "reconcile_accounts")
    found = alarms(deployment)
    assert schedule == "rate(10 minutes)"
    assert {found[name]["Period"] for name in ("mail-undecided", "mailbox-watch")} == {900}


def test_alarms_judge_five_minutes_of_errors_and_two_of_outage(deployment: Deployment) -> None:
    def window(alarm: str) -> tuple[str, set[int]]:
        metrics = alarms(deployment)[alarm]["Metrics"]
        assert isinstance(metrics, list)
        (expression,) = (metric["Expression"] for metric in metrics if "Expression" in metric)
        return expression, {metric["MetricStat"]["Period"] for metric in metrics if "MetricStat" in metric}

    assert window("error-rate") == ("100 * errors / requests", {300})
    assert window("down") == ("requests - errors", {60})


def test_every_alarm_tells_the_topic(deployment: Deployment) -> None:
    topic = [{"Ref": deployment.one("SNS::Topic").logical_id}]
    for alarm in deployment.all("CloudWatch::Alarm"):
        assert alarm.properties["AlarmActions"] == alarm.properties["OKActions"] == topic


def test_nothing_needs_a_custom_resource(deployment: Deployment) -> None:
    assert not [found for found in deployment if found.type.startswith("Custom::") or "CustomResource" in found.type]


def test_the_topic_takes_the_accounts_alarms_over_tls(deployment: Deployment) -> None:
    statements = deployment.one("SNS::TopicPolicy").properties["PolicyDocument"]["Statement"]
    assert {
        (statement["Effect"], str(statement["Principal"]), str(statement["Condition"])) for statement in statements
    } == {
        ("Deny", "*", str({"Bool": {"aws:SecureTransport": "false"}})),
        (
            "Allow",
            str({"Service": "cloudwatch.amazonaws.com"}),
            str({"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}),
        ),
    }
    assert all(listed(statement["Action"]) == ["sns:Publish"] for statement in statements)


@pytest.fixture
def service(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> str:
    """What every metric carries as its dimension ``service``, here as in the functions."""
    (name,) = {
        str(function.properties["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"])
        for function in deployment.all("Lambda::Function")
    }
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", name)
    return name


def test_the_alarms_on_claude_watch_the_metrics_as_they_are_written(
    deployment: Deployment, service: str, capsys: pytest.CaptureFixture[str]
) -> None:
    meter = EmbeddedMeter("ExecutiveAssistant")
    meter.count(CLAUDE_CAPPED, cap="user")
    meter.count(CLAUDE_CAPPED, cap="everyone")
    meter.count(CLAUDE_CIRCUIT_OPENED)
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    expected = []
    for line in written:
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        dimensions = {name: line[name] for name in directive["Dimensions"][0]}
        expected.append((directive["Namespace"], directive["Metrics"][0]["Name"], dimensions))
    watched = [
        (alarm["Namespace"], alarm["MetricName"], {one["Name"]: one["Value"] for one in listed(alarm["Dimensions"])})
        for name, alarm in alarms(deployment).items()
        if name.startswith("claude-")
    ]
    assert all(dimensions["service"] == service for _, _, dimensions in watched)
    assert sorted(watched, key=str) == sorted(expected, key=str)


def test_the_dashboard_finds_the_metrics_by_the_dimensions_they_are_written_with(
    deployment: Deployment, service: str, capsys: pytest.CaptureFixture[str]
) -> None:
    meter = EmbeddedMeter("ExecutiveAssistant")
    meter.count(REQUESTS, endpoint="/health", status="200")
    meter.gauge(ACTIVE_SESSIONS, 1)
    meter.count(CLAUDE_TOKENS, task="triage", model="claude-haiku-5-5", kind="input")
    meter.count(CLAUDE_COST, task="triage", model="claude-haiku-5-5")
    meter.count(CLAUDE_CALLS, task="triage", outcome="answered")
    written = [json.loads(line)["_aws"]["CloudWatchMetrics"][0] for line in capsys.readouterr().out.splitlines()]
    expected = {
        (metric["Metrics"][0]["Name"], ",".join([metric["Namespace"], *sorted(metric["Dimensions"][0])]))
        for metric in written
    }
    dashboard = json.loads(flattened(deployment.one("CloudWatch::Dashboard").properties["DashboardBody"]))
    searches = [
        metric[0]["expression"]
        for widget in dashboard["widgets"]
        for metric in widget["properties"].get("metrics", [])
        if isinstance(metric[0], dict)
    ]
    found = {(search.split('MetricName="')[1].split('"')[0], search.split("{")[1].split("}")[0]) for search in searches}
    assert found == expected
    assert all(f'service="{service}"' in search for search in searches)
