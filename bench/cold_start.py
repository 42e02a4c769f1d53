"""Cold start of each function: fresh interpreter, import, first request, peak memory."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.calendar import planning_event
from bench.report import Figure, summarize
from bench.weeks import make_week
from infra.manifest import FUNCTIONS, Function

_RUNS = 9
_REPOSITORY = Path(__file__).resolve().parents[1]
_LARGE_RUNS = 5
_SECONDS = 10.0
_SEED = 9_100
_IMPORT_TARGETS = {"triage_email": 600.0, "optimize_calendar": 400.0}
_WEBHOOK_IMPORT_TARGET = 250.0
_PEAK_TARGETS = {"optimize_calendar": 200.0}

# Runs in the fresh interpreter. What Lambda's own runtime loads before a handler is not counted. The import is timed as
# one core's work, whoever else is at work there; the request waits for the embedded AWS too.
_PROBE = r"""
import json, pathlib, re, sys, time, types
event = json.load(sys.stdin)
timeout = int(sys.argv[2]) * 1000
context = types.SimpleNamespace(
    function_name=sys.argv[1], memory_limit_in_mb=512, aws_request_id="bench",
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:bench",
    get_remaining_time_in_millis=lambda: timeout,
)
started = time.process_time()
import handler
imported = (time.process_time() - started) * 1000
asked = time.perf_counter()
handler.lambda_handler(event, context)
answered = (time.perf_counter() - asked) * 1000
# Not getrusage: its maximum begins with the parent's.
peak = int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024
print(json.dumps([imported, answered, peak]))
"""


def measure_cold_starts(environments: Mapping[str, Mapping[str, str]]) -> Iterator[Figure]:
    """Yield import time, first request (against the embedded AWS) and peak memory of each function.

    ``environments`` holds each function's deployed environment variables by name. The first run of each writes
    the ``.pyc`` files and is not counted.

    Raises:
        subprocess.CalledProcessError: a handler fails on its own event.

    """
    for function in FUNCTIONS:
        name, event = function.name, _event(function)
        runs = [_run(function, event, environments[name]) for _ in range(_RUNS + 1)][1:]
        imports, requests, peaks = zip(*runs, strict=True)
        target = _WEBHOOK_IMPORT_TARGET if function.is_webhook else _IMPORT_TARGETS.get(name)
        yield summarize(f"{name}: import", "ms", imports, target=target)
        yield summarize(f"{name}: first request", "ms", requests)
        yield summarize(f"{name}: peak memory", "MB", peaks, target=_PEAK_TARGETS.get(name, float(function.memory)))
        if name == "optimize_calendar":
            yield _largest_peak(function, environments[name])


def _largest_peak(function: Function, environment: Mapping[str, str]) -> Figure:
    """Measure planning two weeks of 100 events."""
    events = [planning_event(make_week(_SEED + number, 100, weeks=2), limit=_SECONDS) for number in range(_LARGE_RUNS)]
    peaks = [_run(function, event, environment)[2] for event in events]
    return summarize(f"{function.name}: peak memory, 100 events", "MB", peaks, target=_PEAK_TARGETS[function.name])


def _run(function: Function, event: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[float, float, float]:
    path = os.pathsep.join([str(_REPOSITORY / "functions" / function.name), str(_REPOSITORY / "layers/shared/python")])
    answer = subprocess.run(
        [sys.executable, "-c", _PROBE, function.name, str(function.timeout)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path, **environment},
        check=True,
        input=json.dumps(event),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    imported, answered, peak = json.loads(answer.stdout.splitlines()[-1])
    return imported, answered, peak


def _event(function: Function) -> Mapping[str, Any]:
    trigger = "sqs" if function.consumes else "schedule" if function.schedule else "http"
    return dict(json.loads((_REPOSITORY / "events" / trigger / f"{function.name}.json").read_text()))
