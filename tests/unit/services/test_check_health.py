import threading

from assistant.domain.health import Dependency, Health, Probe, ProbeStatus
from assistant.ports.runtime import HealthProbe
from assistant.services.check_health import check_health
from tests.fakes.runtime import ManualClock


def test_every_dependency_is_shown_as_found(clock: ManualClock) -> None:
    found = {
        Dependency("dynamodb", required=True): Probe(ProbeStatus.HEALTHY, "answers", 1.5),
        Dependency("redis", required=False): Probe(ProbeStatus.UNHEALTHY, "does not answer", 250.0),
    }
    probes: dict[Dependency, HealthProbe] = {one: (lambda probe=probe: probe) for one, probe in found.items()}
    response = check_health(probes, version="1.2.3", now=clock.now())
    assert response.model_dump(mode="json") == {
        "status": "degraded",
        "version": "1.2.3",
        "timestamp": "2025-01-15T10:00:00Z",
        "dependencies": {
            "dynamodb": {"status": "healthy", "latency_ms": 1.5, "detail": "answers"},
            "redis": {"status": "unhealthy", "latency_ms": 250.0, "detail": "does not answer"},
        },
    }


def test_probes_run_at_the_same_time(clock: ManualClock) -> None:
    together = threading.Barrier(3, timeout=10)

    def probe() -> Probe:
        together.wait()
        return Probe(ProbeStatus.HEALTHY)

    probes: dict[Dependency, HealthProbe] = {Dependency(name, required=True): probe for name in "abc"}
    assert check_health(probes, version="1", now=clock.now()).status is Health.HEALTHY
