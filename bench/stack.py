"""The local assistant as a process of its own, with state and ports apart from ``make run``."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local.aws import LocalAws
from infra.local.layout import LOOPBACK, REGION, REPOSITORY, free_port
from infra.local.ministack import CREDENTIALS
from infra.local.users import demo_token
from infra.manifest import FUNCTIONS

_START_SECONDS = 180.0
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Assistant:
    """A running local assistant: its address, a token of the demo user, and the embedded AWS."""

    address: str
    token: str
    aws: LocalAws
    aws_endpoint: str

    def environments(self) -> Mapping[str, Mapping[str, str]]:
        """Return the deployed environment variables of each function, by its name in the manifest."""
        deployed = [function["FunctionName"] for function in self.aws.lambda_.list_functions()["Functions"]]
        return {function.name: self._environment(function.name, deployed) for function in FUNCTIONS}

    def _environment(self, name: str, deployed: list[str]) -> Mapping[str, str]:
        (function,) = [one for one in deployed if name in one.replace("-", "_")]
        variables = self.aws.lambda_.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
        return {**variables, **CREDENTIALS, "AWS_REGION": REGION, "AWS_ENDPOINT_URL": self.aws_endpoint}


@contextmanager
def running_assistant(state: Path) -> Iterator[Assistant]:
    """Start the assistant of ``make run`` (profile standard) and stop it afterwards.

    Raises:
        RuntimeError: it ended or was not ready in 180 s; names its log.

    """
    state.mkdir(parents=True, exist_ok=True)
    port = free_port()
    log = state / "run.out"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local.run"],
            cwd=REPOSITORY,
            env=os.environ | {"LOCAL_STATE": str(state), "PORT": str(port), "PROFILE": "standard"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        running = _wait(process, state / "running.json", log)
        endpoint = f"http://{LOOPBACK}:{running['aws_port']}"
        aws = LocalAws(endpoint)
        yield Assistant(f"http://{LOOPBACK}:{port}", demo_token(aws, Path(running["state"])), aws, endpoint)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _wait(process: subprocess.Popen[bytes], announcement: Path, log: Path) -> dict[str, str]:
    deadline = time.monotonic() + _START_SECONDS
    while not announcement.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the assistant did not start: see {log}")
        time.sleep(_POLL_SECONDS)
    return dict(json.loads(announcement.read_text()))
