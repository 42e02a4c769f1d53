"""The assistant as its user meets it: the process of `make run`, its HTTP address and its commands."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.adapters.dynamo import plain
from infra.local.aws import LocalAws
from infra.local.layout import LOOPBACK, REPOSITORY, free_port
from infra.local.users import demo_token

START_SECONDS = 240
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Assistant:
    """The assistant of ``make run`` as a process, driven as its user does: over HTTP and by its commands."""

    profile: str
    state: Path
    port: int = field(default_factory=free_port)
    settings: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def output(self) -> str:
        return (self.state / "run.out").read_text()

    @property
    def running(self) -> dict[str, Any]:
        return dict(json.loads((self.state / "running.json").read_text()))

    @property
    def aws(self) -> LocalAws:
        return LocalAws(f"http://{LOOPBACK}:{self.running['aws_port']}")

    def start(self) -> None:
        self.state.mkdir(exist_ok=True)
        with (self.state / "run.out").open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "infra.local.run"],
                cwd=REPOSITORY,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        eventually(self._is_up, START_SECONDS)

    def stop(self) -> int:
        assert self.process
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def command(self, module: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", f"infra.local.{module}", *arguments],
            cwd=REPOSITORY,
            env=self._environment() | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def token(self) -> str:
        return demo_token(self.aws, self.state / self.profile)

    def request(
        self,
        method: str,
        path: str,
        document: Any = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        sent = {"Content-Type": "application/json", **(headers or {})}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=60)
        try:
            content = body if body is not None else json.dumps(document).encode() if document is not None else None
            connection.request(method, path, content, sent)
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def audit_trail(self, user_id: str) -> list[dict[str, Any]]:
        """Return the audit events of a user, the oldest first."""
        (table,) = self.aws.dynamodb.list_tables()["TableNames"]
        found = self.aws.dynamodb.query(
            TableName=table,
            KeyConditionExpression="pk = :user AND begins_with(sk, :audit)",
            ExpressionAttributeValues={":user": {"S": f"USER#{user_id}"}, ":audit": {"S": "AUDIT#"}},
        )
        return [plain(item) for item in found["Items"]]

    def _is_up(self) -> bool:
        assert self.process
        assert self.process.poll() is None, self.output
        return "The token lasts an hour" in self.output

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "LOCAL_STATE": str(self.state),
            "PORT": str(self.port),
            "PROFILE": self.profile,
            **self.settings,
            "PYTHONPATH": os.pathsep.join((str(REPOSITORY / "layers/shared/python"), str(REPOSITORY))),
        }


def eventually[T](read: Callable[[], T], seconds: float = 30) -> T:
    """Poll ``read`` until it gives something true; the assertion names the last value at the deadline."""
    deadline = time.monotonic() + seconds
    while not (value := read()):
        assert time.monotonic() < deadline, f"still {value!r} after {seconds} s"
        time.sleep(POLL_SECONDS)
    return value
