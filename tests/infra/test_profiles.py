"""What each profile has, what the embedded AWS does not get."""

import pytest

from assistant.runtime.settings import Settings
from infra.deployment import TUNABLE, ContextInvalid, deployments
from infra.manifest import FUNCTIONS
from tests.infra.templates import Deployment, flattened
from tests.infra.test_http_api import PUBLIC

CACHED = {function.name for function in FUNCTIONS if function.cache}
SNAP_START = {function.name for function in FUNCTIONS if function.snap_start}


def variables(deployment: Deployment, function: str) -> dict[str, object]:
    found: dict[str, object] = deployment.function(function).properties["Environment"]["Variables"]
    return found


def in_vpc(deployment: Deployment) -> set[str]:
    return {function.name for function in FUNCTIONS if "VpcConfig" in deployment.function(function.name).properties}


def test_small_has_nothing_that_costs_while_idle(small: Deployment) -> None:
    assert not [found for found in small.types() if found.startswith(("EC2::", "ElastiCache::"))]
    assert not small.types() & {"Lambda::Version", "Lambda::Alias"}
    for function in FUNCTIONS:
        assert not {"VpcConfig", "SnapStart"} & small.function(function.name).properties.keys()
        assert "REDIS_URL" not in variables(small, function.name)


def test_standard_caches_in_valkey_over_tls(standard: Deployment) -> None:
    cache = standard.one("ElastiCache::ServerlessCache")
    assert cache.properties["Engine"] == "valkey"
    for function in FUNCTIONS:
        url = variables(standard, function.name).get("REDIS_URL")
        if not function.cache:
            assert url is None
            continue
        assert url["Fn::Join"][1][1] == {"Fn::GetAtt": [cache.logical_id, "Endpoint.Address"]}  # type: ignore[index]
        assert flattened(url).startswith("rediss://")


def test_only_the_functions_reach_the_cache(standard: Deployment) -> None:
    cache = standard.one("ElastiCache::ServerlessCache").properties
    (group,) = (standard.target(reference) for reference in cache["SecurityGroupIds"])
    (ingress,) = standard.all("EC2::SecurityGroupIngress")
    assert standard.target(ingress.properties["GroupId"]) == group
    source = standard.target(ingress.properties["SourceSecurityGroupId"])
    assert (ingress.properties["FromPort"], ingress.properties["ToPort"]) == (6379, 6380)
    for name in CACHED:
        (own,) = standard.function(name).properties["VpcConfig"]["SecurityGroupIds"]
        assert standard.target(own) == source


def test_standard_puts_the_functions_that_use_the_cache_into_a_vpc_of_two_zones(standard: Deployment) -> None:
    assert in_vpc(standard) == CACHED
    for name in CACHED:
        assert len(standard.function(name).properties["VpcConfig"]["SubnetIds"]) == 2
    assert len(standard.all("EC2::NatGateway")) == 1
    services = {
        flattened(found.properties["ServiceName"]).rpartition(".")[2] for found in standard.all("EC2::VPCEndpoint")
    }
    assert services == {"dynamodb", "s3"}
    assert standard.one("EC2::FlowLog").properties["TrafficType"] == "REJECT"


def test_functions_in_the_vpc_reach_https_and_the_cache_only(standard: Deployment) -> None:
    (name,) = {str(standard.function(name).properties["VpcConfig"]["SecurityGroupIds"]) for name in CACHED}
    (group,) = (found for found in standard.all("EC2::SecurityGroup") if found.logical_id in name)
    allowed = {(rule["CidrIp"], rule["FromPort"], rule["ToPort"]) for rule in group.properties["SecurityGroupEgress"]}
    assert allowed == {("0.0.0.0/0", 443, 443), ("10.0.0.0/16", 6379, 6380)}
    assert "SecurityGroupIngress" not in group.properties


def test_standard_starts_user_facing_functions_from_snapshots_behind_an_alias(standard: Deployment) -> None:
    snapped = {
        function.name
        for function in FUNCTIONS
        if standard.function(function.name).properties.get("SnapStart") == {"ApplyOn": "PublishedVersions"}
    }
    assert snapped == SNAP_START
    aliases = standard.all("Lambda::Alias")
    assert {alias.properties["Name"] for alias in aliases} == {"live"}
    assert {str(standard.target(alias.properties["FunctionName"])) for alias in aliases} == {
        str(standard.function(name)) for name in SNAP_START
    }
    integrated = [
        standard.target(found.properties["IntegrationUri"]) for found in standard.all("ApiGatewayV2::Integration")
    ]
    assert all(alias in integrated for alias in aliases)
    assert not any(standard.function(name) in integrated for name in SNAP_START)


def test_both_profiles_tell_the_functions_where_things_are(deployment: Deployment) -> None:
    for function in FUNCTIONS:
        found = variables(deployment, function.name)
        assert deployment.named(found["TABLE_NAME"]) == "table"
        assert deployment.named(found["AUDIT_QUEUE_URL"]) == "queue:audit"
        proofs = deployment.named(found["PROOFS_QUEUE_URL"]) if "PROOFS_QUEUE_URL" in found else None
        assert proofs == ("queue:proofs" if function.name == "optimize_calendar" else None)
        wishes = found.get("UNDERSTAND_WISHES_FUNCTION")
        invokes = function.name == "optimize_calendar"
        assert (deployment.named(wishes) if wishes else None) == ("function:understand_wishes" if invokes else None)
        assert found["PROFILE"] == deployment.profile
        assert found["USER_ID_CLAIM"] == "username"
        assert found["POWERTOOLS_METRICS_NAMESPACE"] == "ExecutiveAssistant"


def test_functions_read_every_variable_they_are_given(deployment: Deployment) -> None:
    read = {name.upper() for name in Settings.model_fields} | {"POWERTOOLS_SERVICE_NAME"}
    for function in FUNCTIONS:
        assert variables(deployment, function.name).keys() <= read


def test_a_deployer_tunes_settings_that_exist() -> None:
    tunable = {name.upper() for name in Settings.model_fields if TUNABLE.fullmatch(name.upper())}
    assert tunable == {
        "CLAUDE_DAILY_CAP_USD",
        "CLAUDE_DAILY_CAP_USER_USD",
        "CLAUDE_MODEL",
        "CLAUDE_PRICES",
        "EMAIL_BATCH_SIZE",
        "GMAIL_PUSH_AUDIENCE",
        "GMAIL_PUSH_SENDER",
        "GMAIL_TOPIC",
        "MAX_CONCURRENT_REQUESTS",
        "PINECONE_INDEX_HOST",
        "PUBLIC_URL",
        "RATE_LIMIT_GLOBAL_PER_SECOND",
        "RATE_LIMIT_USER_BURST",
        "RATE_LIMIT_USER_PER_MINUTE",
        "SESSION_TTL",
    }


def test_the_embedded_aws_gets_the_same_but_what_it_lacks(small: Deployment, local_deployment: Deployment) -> None:
    lacking = {
        "EC2::EIP",
        "EC2::FlowLog",
        "EC2::NatGateway",
        "EC2::SecurityGroupIngress",
        "ElastiCache::ServerlessCache",
        "Lambda::Alias",
        "Lambda::Version",
    }
    assert not local_deployment.types() & lacking
    assert local_deployment.types() >= small.types()
    for function in FUNCTIONS:
        assert local_deployment.statements(function.name)
        assert len(local_deployment.function(function.name).properties["Layers"]) == 1
    assert not [alarm for alarm in local_deployment.all("CloudWatch::Alarm") if "Metrics" in alarm.properties]


def test_local_functions_get_the_cache_of_the_machine(local_deployment: Deployment) -> None:
    for function in FUNCTIONS:
        url = variables(local_deployment, function.name).get("REDIS_URL")
        cached = function.cache and local_deployment.profile == "standard"
        assert url == ({"Ref": "RedisUrl"} if cached else None)


def test_local_templates_check_tokens_too(local_deployment: Deployment) -> None:
    unchecked = {
        route.properties["RouteKey"]
        for route in local_deployment.all("ApiGatewayV2::Route")
        if route.properties["AuthorizationType"] == "NONE"
    }
    assert unchecked == PUBLIC


def test_local_templates_refuse_accounts_that_are_not_the_embedded_aws(local_deployment: Deployment) -> None:
    for template in (local_deployment.data, local_deployment.app):
        (assertion,) = template["Rules"]["EmbeddedAwsOnly"]["Assertions"]
        assert assertion["Assert"] == {"Fn::Equals": [{"Ref": "AWS::AccountId"}, "000000000000"]}


def test_templates_for_aws_have_no_local_switch(deployment: Deployment) -> None:
    for template in (deployment.data, deployment.app):
        assert set(template.get("Parameters", {})) == {"BootstrapVersion"}
        assert "EmbeddedAwsOnly" not in template.get("Rules", {})
    assert "Tags" not in deployment.one("ApiGatewayV2::Api").properties


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"CLAUDE_MODEL": "claude-3-5-sonnet-20241022"},
            "settings: CLAUDE_MODEL: claude-3-5-sonnet-20241022 is retired",
        ),
        ({"CLAUDE_MODEL": "claude-haiku-9"}, "settings: CLAUDE_MODEL: claude-haiku-9 is not a known model"),
        ({"EMAIL_BATCH_SIZE": "0", "CLAUDE_PRICES": "{"}, "CLAUDE_PRICES: must be JSON; EMAIL_BATCH_SIZE: Input"),
    ],
)
def test_a_setting_no_function_would_start_with_is_not_deployed(settings: dict[str, str], message: str) -> None:
    with pytest.raises(ContextInvalid, match=message):
        deployments({"settings": settings})


def test_good_settings_are_deployed() -> None:
    for deployment in deployments({"settings": {"CLAUDE_MODEL": "claude-opus-5-5"}}):
        assert deployment.settings == {"CLAUDE_MODEL": "claude-opus-5-5"}
