"""Health of the assistant from the health of what it depends on."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """Healthy, degraded (answers with less) or unhealthy (cannot serve)."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


class ProbeStatus(StrEnum):
    """What a probe found; a dependency that is not configured is not missed."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    NOT_CONFIGURED = "not_configured"


@dataclass(frozen=True, slots=True)
class Probe:
    """What one probe found; ``detail`` is fit for the public."""

    status: ProbeStatus
    detail: str = ""
    latency_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Dependency:
    """Something the assistant depends on; without a ``required`` one it cannot serve."""

    name: str
    required: bool


def overall(findings: Iterable[tuple[Dependency, Probe]]) -> Health:
    """Return unhealthy when a required dependency is down, degraded when any other is."""
    down = [dependency for dependency, probe in findings if probe.status is ProbeStatus.UNHEALTHY]
    if any(dependency.required for dependency in down):
        return Health.UNHEALTHY
    return Health.DEGRADED if down else Health.HEALTHY
