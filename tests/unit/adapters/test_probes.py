from collections.abc import Iterator
from http import HTTPStatus

import boto3
import fakeredis
import pytest
from pydantic import SecretStr

from assistant.adapters.dynamo import Table
from assistant.adapters.probes import (
    claude_probe,
    dynamodb_probe,
    not_configured,
    pinecone_probe,
    queue_probe,
    redis_probe,
    timed,
)
from assistant.adapters.secrets import ApiKey
from assistant.domain.health import Probe, ProbeStatus
from tests.fakes.provider_server import Provider, provider
from tests.fakes.runtime import ManualClock

MODEL = ("claude-haiku-5-5",)
KEY = ApiKey(SecretStr("key1"), None)
NO_KEY = ApiKey(None, None)


@pytest.fixture
def server() -> Iterator[Provider]:
    with provider() as serving:
        yield serving


def test_the_time_of_a_probe_is_measured(clock: ManualClock) -> None:
    assert timed("store", lambda: clock.advance(0.0123), clock)() == Probe(ProbeStatus.HEALTHY, "answers", 12.3)


def test_a_failure_is_reported_without_its_words(clock: ManualClock) -> None:
    def ask() -> None:
        raise ConnectionError("10.0.0.7:6379 refused")

    assert timed("redis", ask, clock)() == Probe(ProbeStatus.UNHEALTHY, "does not answer", 0.0)


def test_what_is_not_used_is_not_missed() -> None:
    assert not_configured().status is ProbeStatus.NOT_CONFIGURED


def test_dynamodb(table: Table, clock: ManualClock) -> None:
    assert dynamodb_probe(table.name, clock)().status is ProbeStatus.HEALTHY
    assert dynamodb_probe("gone-table", clock)().status is ProbeStatus.UNHEALTHY


def test_queue(aws: None, clock: ManualClock) -> None:  # noqa: ARG001 AWS
    url = boto3.client("sqs").create_queue(QueueName="audit")["QueueUrl"]
    assert queue_probe(url, clock)().status is ProbeStatus.HEALTHY
    assert queue_probe(f"{url}-gone", clock)().status is ProbeStatus.UNHEALTHY


def test_redis(clock: ManualClock) -> None:
    server = fakeredis.FakeServer()
    probe = redis_probe(lambda: fakeredis.FakeRedis(server=server), clock)
    assert probe().status is ProbeStatus.HEALTHY
    server.connected = False
    assert probe().status is ProbeStatus.UNHEALTHY


@pytest.mark.network
def test_claude_is_asked_for_the_models_in_use_each_once(server: Provider, clock: ManualClock) -> None:
    models = ("claude-sonnet-5-5", "claude-haiku-5-5", "claude-haiku-5-5")
    assert claude_probe(server.url, models, KEY, clock)().status is ProbeStatus.HEALTHY
    assert sorted(server.paths) == ["/v1/models/claude-haiku-5-5", "/v1/models/claude-sonnet-5-5"]
    assert server.headers[0]["authorization"] == "Bearer key1"
    assert server.headers[0]["anthropic-version"] == "2026-10-21"


@pytest.mark.network
def test_a_model_that_only_the_catalogue_remembers_is_unhealthy(server: Provider, clock: ManualClock) -> None:
    server.body = b'{"id": "claude-haiku-5-5", "lifecycle": "retired"}'
    found = claude_probe(server.url, MODEL, KEY, clock)()
    assert (found.status, found.detail) == (ProbeStatus.UNHEALTHY, "has retired a model that is configured")


@pytest.mark.network
def test_pinecone_is_asked_for_its_indexes(server: Provider, clock: ManualClock) -> None:
    assert pinecone_probe(server.url, KEY, clock)().status is ProbeStatus.HEALTHY
    assert server.paths == ["/indexes"]
    assert server.headers[0]["api-key"] == "key1"


@pytest.mark.network
@pytest.mark.parametrize(
    ("status", "detail"),
    [
        (HTTPStatus.UNAUTHORIZED, "refuses the key"),
        (HTTPStatus.FORBIDDEN, "refuses the key"),
        (HTTPStatus.NOT_FOUND, "does not know what is configured"),
        (HTTPStatus.SERVICE_UNAVAILABLE, "answers with status 503"),
        (HTTPStatus.FOUND, "answers with status 302"),
    ],
)
def test_another_answer_is_unhealthy(server: Provider, clock: ManualClock, status: HTTPStatus, detail: str) -> None:
    server.status = status
    found = claude_probe(server.url, MODEL, KEY, clock)()
    assert (found.status, found.detail) == (ProbeStatus.UNHEALTHY, detail)


@pytest.mark.network
def test_a_provider_that_is_gone_is_unhealthy(clock: ManualClock) -> None:
    with provider() as gone:
        url = gone.url
    assert pinecone_probe(url, KEY, clock)().status is ProbeStatus.UNHEALTHY


@pytest.mark.network
def test_without_a_key_nobody_is_asked(server: Provider, clock: ManualClock) -> None:
    assert claude_probe(server.url, MODEL, NO_KEY, clock)().status is ProbeStatus.NOT_CONFIGURED
    assert server.paths == []
