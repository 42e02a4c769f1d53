"""The embedded AWS: MiniStack on loopback, its state saved on SIGTERM and read back at the next start."""

import os
import re
import shutil
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from infra.local import daemon
from infra.local.daemon import Daemon
from infra.local.layout import LOOPBACK, REGION, Layout

NAME = "ministack"
# Most of it is reading a large state back.
START_SECONDS = 60.0
# MiniStack takes a twelve-digit access key as the account it speaks for.
ACCOUNT = "000000000000"
_QUEUE_OF_ACCOUNT = re.compile(rf"http://localhost:\d+/(?={ACCOUNT}/)")
CREDENTIALS = {"AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": REGION}


def start(layout: Layout, interpreter: Path, *, extra: Mapping[str, str] | None = None) -> Daemon:
    """Start MiniStack and return once it is ready.

    Raises:
        LocalFailure: it ended or did not become ready.

    """
    state = layout.state / NAME
    temporary = state / "tmp"
    # Lambda workers leave their unpacked code behind when they end.
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    _rename_queues(state / "services", layout.aws_port)
    server = daemon.start(
        NAME,
        [interpreter, "-m", "ministack"],
        environment=_environment(layout, state, temporary) | dict(extra or {}),
        state=state,
        logs=layout.logs,
    )
    server.wait_until(lambda: _is_ready(layout), START_SECONDS)
    return server


def end_leftover(state: Path, interpreter: Path) -> bool:
    """End the embedded AWS of an earlier, killed run; True if there was one."""
    return daemon.end_leftover(NAME, interpreter, state / NAME)


def _rename_queues(services: Path, port: int) -> None:
    """Give the queues of an earlier run this port: they are named by address, which nobody looks into elsewhere."""
    for file in services.glob("*.json"):
        kept = file.read_text()
        renamed = _QUEUE_OF_ACCOUNT.sub(f"http://localhost:{port}/", kept)
        if renamed != kept:
            file.write_text(renamed)


def _environment(layout: Layout, state: Path, temporary: Path) -> dict[str, str]:
    # Lambda workers inherit all of this: nothing of the user's environment belongs here but PATH.
    return {
        **CREDENTIALS,
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONUTF8": "1",
        "TMPDIR": str(temporary),
        "GATEWAY_PORT": str(layout.aws_port),
        "BIND_HOST": LOOPBACK,
        "MINISTACK_HOST": "localhost",
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state / "services"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state / "s3"),
        "REDIS_HOST": LOOPBACK,
        "REDIS_PORT": str(layout.redis_port),
        "LOG_LEVEL": "WARNING",
    }


def _is_ready(layout: Layout) -> bool:
    connection = HTTPConnection(LOOPBACK, layout.aws_port, timeout=1)
    try:
        connection.request("GET", "/_ministack/ready")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
