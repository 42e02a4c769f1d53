"""Where the local assistant keeps its state and which loopback ports it uses."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from infra.local.console import LocalFailure

type Profile = Literal["small", "standard"]

REPOSITORY = Path(__file__).resolve().parents[2]
LOOPBACK = "127.0.0.1"
REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Layout:
    """One local assistant: its state folder, its profile and its ports."""

    state: Path
    profile: Profile
    port: int
    aws_port: int
    redis_port: int

    @property
    def aws_endpoint(self) -> str:
        """Address of the embedded AWS."""
        return f"http://{LOOPBACK}:{self.aws_port}"

    @property
    def redis_url(self) -> str:
        """Address of the local Valkey."""
        return f"redis://{LOOPBACK}:{self.redis_port}/0"

    @property
    def address(self) -> str:
        """Address of the API."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def logs(self) -> Path:
        """Folder of the processes' own logs."""
        return self.state / "logs"


def default_layout() -> Layout:
    """Return the layout of ``make run``, from PORT and PROFILE.

    Raises:
        LocalFailure: PORT or PROFILE has no usable value.

    """
    profile = os.environ.get("PROFILE") or "standard"
    if profile not in get_args(Profile.__value__):
        raise LocalFailure(f"PROFILE is {profile!r}: it is small or standard")
    port = os.environ.get("PORT") or "8080"
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:  # noqa: PLR2004 - the range of TCP ports
        raise LocalFailure(f"PORT is {port!r}: it is a number from 1 to 65535")
    return Layout(
        state=REPOSITORY / ".local",
        profile=cast("Profile", profile),
        port=int(port),
        aws_port=_free_port(4566),
        redis_port=_free_port(6390),
    )


def is_free(port: int) -> bool:
    """Tell whether a server could listen on the loopback ``port``."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a loopback port nothing listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _free_port(preferred: int) -> int:
    return preferred if is_free(preferred) else free_port()
