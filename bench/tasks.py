"""Speed of prioritizing: 300 tasks with a full calendar and mails, through the handler, without Claude, in CPU time."""

import io
import json
import random
import time
from collections.abc import Mapping
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.wiring import deps
from bench.report import Figure, summarize
from bench.triage import in_memory
from functions.prioritize_tasks.handler import lambda_handler
from tests.fakes.stores import MemoryTasks

TASKS: Final = 300
_RUNS: Final = 40
_WARM_UP: Final = 3
_TARGET: Final = 50
_NOW: Final = datetime(2025, 1, 15, 8, tzinfo=UTC)
_EVENT: Final = Path(__file__).resolve().parents[1] / "events/http/prioritize_tasks.json"
_CONTEXT: Final = cast(
    "LambdaContext",
    SimpleNamespace(
        function_name="prioritize_tasks",
        memory_limit_in_mb=1024,
        aws_request_id="bench",
        invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:bench",
        get_remaining_time_in_millis=lambda: 29_000,
    ),
)
_TITLES: Final = (
    "Review the budget of {}", "Write the report about {}", "Call {} back, otherwise we lose the deal", "Tidy up {}",
    "Prepare the meeting with {}", "Revisar el contrato de {}", "Angebot für {} prüfen", "Order lunch for {}",
)  # fmt: skip
_ABOUT: Final = ("Acme", "the board", "marketing", "Q3", "the new office", "Kim", "the launch", "hiring")
_ESTIMATES: Final = ("2 hours", "1h30", "30m", "PT45M", "half a day", "media hora", None)


def measure_tasks() -> Figure:
    """Time the handler on 300 tasks of five weeks with dependencies, goals and a calendar of 40 meetings."""
    with in_memory(deps):
        vars(deps).update(tasks=MemoryTasks(deps.clock))
        samples = [prioritize(request(number)) for number in range(_WARM_UP + _RUNS)]
    return summarize(f"tasks: handler, {TASKS} tasks without Claude", "ms", samples[_WARM_UP:], target=_TARGET)


def prioritize(body: Mapping[str, Any]) -> float:
    """Return the milliseconds of one core the handler takes for a request."""
    event = json.loads(_EVENT.read_text()) | {"body": json.dumps(body)}
    with redirect_stdout(io.StringIO()):
        started = time.process_time()
        answer = lambda_handler(event, _CONTEXT)
        spent = time.process_time() - started
    assert answer["statusCode"] == 200, answer["body"]
    return spent * 1000


def request(seed: int, tasks: int = TASKS) -> dict[str, Any]:
    """Return a request with made-up tasks; the same for a seed."""
    chance = random.Random(seed)
    return {
        "user_id": "user123",
        "now": _NOW.isoformat(),
        "goals": [{"id": "launch", "title": "Launch in Q3", "weight": 0.9}],
        "tasks": [_task(number, chance) for number in range(tasks)],
        "events": [_meeting(number, chance) for number in range(40)],
        "peak_hours": {"start": "09:00", "end": "11:00"},
        "plan_days": 10,
    }


def _task(number: int, chance: random.Random) -> dict[str, Any]:
    due = _NOW + timedelta(minutes=chance.randrange(-3_000, 50_000))
    return {
        "id": f"task{number}",
        "title": chance.choice(_TITLES).format(chance.choice(_ABOUT)),
        "due_date": chance.choice((due.date().isoformat(), due.isoformat(), "EOW", "Friday 15:00", None)),
        "estimated_time": chance.choice(_ESTIMATES),
        "depends_on": [f"task{chance.randrange(number)}"] if number and chance.random() < 0.2 else [],
        "people_waiting": ["kim@client.example"] if chance.random() < 0.2 else [],
        "importance": chance.choice((None, None, 3, 6, 9)),
    }


def _meeting(number: int, chance: random.Random) -> dict[str, Any]:
    start = _NOW + timedelta(days=chance.randrange(14), minutes=15 * chance.randrange(36))
    return {
        "event_id": f"event{number}",
        "title": "Meeting",
        "start": start.isoformat(),
        "end": (start + timedelta(minutes=chance.choice((30, 45, 60)))).isoformat(),
        "attendees": [{"email": "ann@company.com"}],
    }
