"""Cold start of each function: fresh interpreter, import, first request, peak memory."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.report import Figure, summarize
from infra.manifest import FUNCTIONS, Function

_RUNS = 9
_REPOSITORY = Path(__file__).resolve().parents[1]
_IMPORT_TARGETS = {"triage_email": 600.0}

# Runs in the fresh interpreter. What Lambda's own runtime loads before a handler is not counted.
_PROBE = r"""
import json, pathlib, re, sys, time, types
event = json.load(open(sys.argv[1]))
context = types.SimpleNamespace(
    function_name=sys.argv[2], memory_limit_in_mb=512, aws_request_id="bench",
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:bench",
    get_remaining_time_in_millis=lambda: 10_000,
)
started = time.perf_counter()
import handler
imported = time.perf_counter()
handler.lambda_handler(event, context)
answered = time.perf_counter()
# Not getrusage: its maximum begins with the parent's.
peak = int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024
print(json.dumps([(imported - started) * 1000, (answered - imported) * 1000, peak]))
"""


def measure_cold_starts(environments: Mapping[str, Mapping[str, str]]) -> Iterator[Figure]:
    """Yield import time, first request (against the embedded AWS) and peak memory of each function.

    ``environments`` holds each function's deployed environment variables by name. The first run of each writes
    the ``.pyc`` files and is not counted.

    Raises:
        subprocess.CalledProcessError: a handler fails on its own event.

    """
    for function in FUNCTIONS:
        runs = [_run(function, environments[function.name]) for _ in range(_RUNS + 1)][1:]
        imports, requests, peaks = zip(*runs, strict=True)
        name = function.name
        yield summarize(f"{name}: import", "ms", imports, target=_IMPORT_TARGETS.get(name))
        yield summarize(f"{name}: first request", "ms", requests)
        yield summarize(f"{name}: peak memory", "MB", peaks, target=float(function.memory))


def _run(function: Function, environment: Mapping[str, str]) -> tuple[float, float, float]:
    path = os.pathsep.join([str(_REPOSITORY / "functions" / function.name), str(_REPOSITORY / "layers/shared/python")])
    answer = subprocess.run(
        [sys.executable, "-c", _PROBE, str(_event(function)), function.name],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path, **environment},
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    imported, answered, peak = json.loads(answer.stdout.splitlines()[-1])
    return imported, answered, peak


def _event(function: Function) -> Path:
    trigger = "sqs" if function.consumes else "schedule" if function.schedule else "http"
    return _REPOSITORY / "events" / trigger / f"{function.name}.json"
