"""The local assistant as a process of its own, with state and ports apart from ``make run``."""

import json
import os
import secrets
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
from infra.local.users import access_token, create_user
from infra.manifest import FUNCTIONS

_START_SECONDS = 180.0
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Assistant:
    """A running local assistant: its address and the embedded AWS it runs on."""

    address: str
    aws: LocalAws
    aws_endpoint: str

    def token_of(self, user: str) -> str:
        """Return an access token of a user made for the bench."""
        password = f"Aa1!{secrets.token_urlsafe(16)}"
        create_user(self.aws, user, password)
        return access_token(self.aws, user, password)

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
        yield Assistant(f"http://{LOOPBACK}:{port}", LocalAws(endpoint), endpoint)
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
