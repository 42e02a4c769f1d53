"""Claude's double as a process of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from infra.local.layout import LOOPBACK, REPOSITORY, free_port, is_listening

_START_SECONDS = 20.0
_POLL_SECONDS = 0.02


@contextmanager
def running_double(*, latency_ms: float = 0) -> Iterator[str]:
    """Run the double while the block runs; yield its address."""
    port = free_port()
    command = (sys.executable, "-m", "tests.fakes.claude_api", "--port", str(port), "--latency-ms", str(latency_ms))
    paths = os.pathsep.join((str(REPOSITORY / "layers/shared/python"), str(REPOSITORY)))
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": paths})
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not is_listening(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("Claude's double did not start")
            time.sleep(_POLL_SECONDS)
        yield f"http://{LOOPBACK}:{port}"
    finally:
        process.terminate()
        process.wait(10)
