"""Claude's double: the loopback server of the tests, so that the whole system can be seen with a "Claude"."""

import os
import sys
from pathlib import Path

from infra.local import daemon
from infra.local.daemon import Daemon
from infra.local.layout import REPOSITORY, Layout, is_listening

NAME = "claude-double"
_MODULE = "tests.fakes.claude_api"
# Claude's own batches end within the hour.
_BATCH_SECONDS = 5


def start(layout: Layout, port: int) -> Daemon:
    """Start the double and return once it listens.

    Raises:
        LocalFailure: it ended or did not become ready.

    """
    server = daemon.start(
        NAME,
        [sys.executable, "-m", _MODULE, "--port", str(port), "--batch-seconds", str(_BATCH_SECONDS)],
        environment={
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": os.pathsep.join((str(REPOSITORY / "layers/shared/python"), str(REPOSITORY))),
        },
        state=layout.state / NAME,
        logs=layout.logs,
    )
    server.wait_until(lambda: is_listening(port))
    return server


def end_leftover(state: Path) -> bool:
    """End the double of an earlier, killed run; True if there was one."""
    return daemon.end_leftover(NAME, Path(_MODULE), state / NAME)
