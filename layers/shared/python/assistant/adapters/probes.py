"""Health probes: one cheap, harmless request to each dependency. Details are public: they name no internals."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

import urllib3

from assistant.adapters.aws import client_config, session
from assistant.adapters.secrets import ApiKey
from assistant.domain.errors import AssistantError
from assistant.domain.health import Probe, ProbeStatus
from assistant.ports.runtime import Clock, HealthProbe

if TYPE_CHECKING:
    from redis import Redis

logger = logging.getLogger(__name__)

NOT_CONFIGURED = Probe(ProbeStatus.NOT_CONFIGURED, "not configured")

TIMEOUT = urllib3.Timeout(connect=1.0, read=2.0)
_ANTHROPIC_VERSION = "2026-10-21"
_PINECONE_VERSION = "2025-10"


class ProbeFailed(AssistantError):
    """The dependency answered, but not as it should; ``detail`` is fit for the public."""

    status = 503


def timed(name: str, ask: Callable[[], Probe | None], clock: Clock) -> HealthProbe:
    """Return a probe that times ``ask``; what it raises becomes unhealthy, what it returns replaces the finding."""

    def probe() -> Probe:
        started = clock.monotonic()
        try:
            found = ask()
        except ProbeFailed as error:
            return Probe(ProbeStatus.UNHEALTHY, error.detail, _elapsed(clock, started))
        except Exception as error:  # noqa: BLE001 a probe reports every failure and raises none
            logger.warning("probe of %s failed: %s", name, type(error).__name__)
            return Probe(ProbeStatus.UNHEALTHY, "does not answer", _elapsed(clock, started))
        return found or Probe(ProbeStatus.HEALTHY, "answers", _elapsed(clock, started))

    return probe


def _elapsed(clock: Clock, started: float) -> float:
    return round((clock.monotonic() - started) * 1000, 1)


def not_configured() -> Probe:
    """Implement ``ports.HealthProbe`` for a dependency that is not used."""
    return NOT_CONFIGURED


def dynamodb_probe(table_name: str, clock: Clock) -> HealthProbe:
    """Read an item that need not exist."""
    client = session().client("dynamodb", config=client_config(read_timeout=1.5, attempts=1))
    key = {"pk": {"S": "HEALTH"}, "sk": {"S": "PROBE"}}

    def ask() -> None:
        client.get_item(TableName=table_name, Key=key, ConsistentRead=True)

    return timed("dynamodb", ask, clock)


def queue_probe(queue_url: str, clock: Clock) -> HealthProbe:
    """Read one attribute of the queue."""
    client = session().client("sqs", config=client_config(read_timeout=1.5, attempts=1))

    def ask() -> None:
        client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])

    return timed("queue", ask, clock)


def redis_probe(client: Callable[[], "Redis"], clock: Clock) -> HealthProbe:
    """PING."""

    def ask() -> None:
        client().ping()

    return timed("redis", ask, clock)


def claude_probe(base_url: str, models: Iterable[str], key: ApiKey, clock: Clock) -> HealthProbe:
    """Look the models in use up: shows that the key works and none is retired, and costs nothing."""
    urls = [f"{base_url}/v1/models/{quote(model, safe='')}" for model in sorted(set(models))]

    def ask() -> Probe | None:
        secret = key.value()
        if secret is None:
            return NOT_CONFIGURED
        headers = {"Authorization": f"Bearer {secret}", "anthropic-version": _ANTHROPIC_VERSION}
        with ThreadPoolExecutor(max_workers=len(urls)) as threads:
            answers = list(threads.map(lambda url: _get(url, headers), urls))
        if any(answer.get("lifecycle") == "retired" for answer in map(json.loads, answers)):
            raise ProbeFailed("has retired a model that is configured")
        return None

    return timed("claude", ask, clock)


def pinecone_probe(base_url: str, key: ApiKey, clock: Clock) -> HealthProbe:
    """List the indexes."""

    def ask() -> Probe | None:
        secret = key.value()
        if secret is None:
            return NOT_CONFIGURED
        _get(f"{base_url}/indexes", {"Api-Key": secret, "X-Pinecone-Api-Version": _PINECONE_VERSION})
        return None

    return timed("pinecone", ask, clock)


def _get(url: str, headers: Mapping[str, str]) -> bytes:
    with urllib3.PoolManager(timeout=TIMEOUT, retries=False) as pool:
        answer = pool.request("GET", url, headers=headers, redirect=False)
    match answer.status:
        case HTTPStatus.OK:
            return answer.data
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            raise ProbeFailed("refuses the key")
        case HTTPStatus.NOT_FOUND:
            raise ProbeFailed("does not know what is configured")
        case status:
            raise ProbeFailed(f"answers with status {status}")
