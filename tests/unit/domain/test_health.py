import pytest

from assistant.domain.health import Dependency, Health, Probe, ProbeStatus, overall

STORE = Dependency("dynamodb", required=True)
CACHE = Dependency("redis", required=False)
UP, DOWN, OFF = (Probe(status) for status in (ProbeStatus.HEALTHY, ProbeStatus.UNHEALTHY, ProbeStatus.NOT_CONFIGURED))


@pytest.mark.parametrize(
    ("store", "cache", "health"),
    [
        (UP, UP, Health.HEALTHY),
        (UP, OFF, Health.HEALTHY),
        (UP, DOWN, Health.DEGRADED),
        (DOWN, UP, Health.UNHEALTHY),
        (DOWN, DOWN, Health.UNHEALTHY),
    ],
)
def test_a_required_dependency_decides(store: Probe, cache: Probe, health: Health) -> None:
    assert overall([(STORE, store), (CACHE, cache)]) is health
