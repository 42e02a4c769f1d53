"""A week that is planned: everything in memory."""

from dataclasses import dataclass, field
from typing import Any

from assistant.adapters.cp_sat import CpSatSolver
from assistant.domain.users import Identity
from assistant.ports.calendar import PlanSolver
from assistant.services.optimize_calendar import OptimizePorts, OptimizeResponse, optimize_calendar
from assistant.services.week_request import OptimizeRequest
from tests.fakes.connections import google_connection
from tests.fakes.kept_calendar import MemoryKeptCalendars
from tests.fakes.runtime import ManualClock, MemoryMeter
from tests.fakes.stores import MemoryAuditTrail, MemoryPlans, MemoryPreferences, MemoryProofs, Outage
from tests.fakes.wishes import ScriptedInterpreter

CALLER = Identity("user123", "request1")
CONNECTION = google_connection()
RANGE = {"start_date": "2025-01-20", "end_date": "2025-01-21"}
LONG_RANGE = {"start_date": "2025-01-20", "end_date": "2025-03-22"}
EMPTY_FILE = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"


@dataclass
class World:
    """What planning needs; table, queue and solver can be switched off."""

    clock: ManualClock = field(default_factory=ManualClock)
    meter: MemoryMeter = field(default_factory=MemoryMeter)
    audit: MemoryAuditTrail = field(default_factory=MemoryAuditTrail)
    table: Outage = field(default_factory=Outage)
    queue: Outage = field(default_factory=Outage)
    solver: PlanSolver = field(default_factory=CpSatSolver)
    interpreter: ScriptedInterpreter = field(default_factory=ScriptedInterpreter)

    def __post_init__(self) -> None:
        self.preferences = MemoryPreferences(self.table)
        self.plans = MemoryPlans(self.clock, self.table)
        self.proofs = MemoryProofs(self.queue)
        self.kept = MemoryKeptCalendars(self.table)

    def optimize(self, *, seconds: float = 10, **fields: Any) -> OptimizeResponse:
        request = OptimizeRequest.model_validate({"user_id": "user123", "date_range": RANGE, "events": [], **fields})
        ports = OptimizePorts(
            self.preferences,
            self.kept,
            lambda: self.interpreter,
            self.solver,
            self.plans,
            self.proofs,
            self.audit,
            self.meter,
            self.clock,
        )
        return optimize_calendar(request, CALLER, seconds=seconds, ports=ports)


class SlowOutage(Outage):
    """Takes three seconds to be down."""

    def __init__(self, clock: ManualClock) -> None:
        self.down = True
        self._clock = clock

    def check(self) -> None:
        self._clock.advance(3)
        super().check()


def meeting(event_id: str, start: str, end: str, **more: Any) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "title": event_id,
        "start": f"2025-01-{start}:00Z",
        "end": f"2025-01-{end}:00Z",
        "attendees": [{"email": "ana@company.com"}],
        **more,
    }


CLASH = [
    meeting("client", "20T10:00", "20T11:00", is_external=True),
    meeting("budget", "20T10:30", "20T11:00", flexibility="same_day"),
]
