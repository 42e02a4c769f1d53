"""Use case: ask every dependency whether it answers."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from pydantic import BaseModel

from assistant.domain.health import Dependency, Health, Probe, ProbeStatus, overall
from assistant.ports.runtime import HealthProbe


class DependencyHealth(BaseModel):
    """What one probe found."""

    status: ProbeStatus
    latency_ms: float | None
    detail: str


class HealthResponse(BaseModel):
    """Health of the assistant and of each dependency."""

    status: Health
    version: str
    timestamp: datetime
    dependencies: dict[str, DependencyHealth]


def check_health(probes: Mapping[Dependency, HealthProbe], *, version: str, now: datetime) -> HealthResponse:
    """Run all probes at once; each keeps its own short timeout, so the slowest bounds the whole."""
    with ThreadPoolExecutor(max_workers=max(1, len(probes))) as pool:
        findings = list(zip(probes, pool.map(lambda probe: probe(), probes.values()), strict=True))
    return HealthResponse(
        status=overall(findings),
        version=version,
        timestamp=now,
        dependencies={dependency.name: _shown(probe) for dependency, probe in findings},
    )


def _shown(probe: Probe) -> DependencyHealth:
    return DependencyHealth(status=probe.status, latency_ms=probe.latency_ms, detail=probe.detail)
