"""Where the local assistant keeps its state and which loopback ports it uses."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal, TextIO, cast, get_args

from infra.deployment import TUNABLE, TUNABLE_LOCALLY
from infra.local.console import LocalFailure

type Profile = Literal["small", "standard"]

REPOSITORY = Path(__file__).resolve().parents[2]
LOOPBACK = "127.0.0.1"
REGION = "us-east-1"
MAX_PORT = 65535
# The one that the double of the tests takes: no secret.
DOUBLE_KEY = "double-key"
# Tests keep their state elsewhere, so that they never meet the assistant a developer runs here.
_ELSEWHERE = os.environ.get("LOCAL_STATE")
LOCAL = Path(_ELSEWHERE or REPOSITORY / ".local")
_RUNNING = LOCAL / "running.json"
_LOCK = LOCAL / "run.lock"


@dataclass(frozen=True, slots=True)
class SandboxPorts:
    """The ports of what stands in for Google, for Slack, for Pub/Sub and for Google Calendar."""

    google: int
    slack: int
    pubsub: int
    calendar: int

    @property
    def google_url(self) -> str:
        """Address of Google's emulator."""
        return f"http://{LOOPBACK}:{self.google}"

    @property
    def slack_url(self) -> str:
        """Address of Slack's emulator."""
        return f"http://{LOOPBACK}:{self.slack}"

    @property
    def calendar_url(self) -> str:
        """Address of Google Calendar."""
        return f"http://{LOOPBACK}:{self.calendar}"

    @property
    def keys_url(self) -> str:
        """Address of the keys that prove pushed notifications."""
        return f"http://{LOOPBACK}:{self.pubsub}/keys"


@dataclass(frozen=True, slots=True)
class Layout:
    """One local assistant: its state folder, its profile, its ports and the settings of its functions.

    ``claude_port`` is that of Claude's double where one stands in for Claude; ``sandbox`` is set in one.

    Each profile has a state folder of its own: switching PROFILE switches to another deployment with its own data.
    """

    state: Path
    profile: Profile
    port: int
    aws_port: int
    redis_port: int
    settings: Mapping[str, str] = field(default_factory=dict)
    claude_port: int | None = None
    sandbox: SandboxPorts | None = None

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
    def functions_settings(self) -> Mapping[str, str]:
        """The settings of the functions; where a double stands in for Claude, its address and a key it takes."""
        settings = {"PUBLIC_URL": self.address, **self.settings}
        if self.claude_port is None:
            return settings
        address = f"http://{LOOPBACK}:{self.claude_port}"
        return {**settings, "CLAUDE_BASE_URL": address, "CLAUDE_API_KEY": DOUBLE_KEY}

    @property
    def logs(self) -> Path:
        """Folder of the processes' own logs."""
        return self.state / "logs"


def chosen_profile() -> Profile:
    """Return PROFILE, by default ``standard``.

    Raises:
        LocalFailure: PROFILE names no profile.

    """
    profile = os.environ.get("PROFILE") or "standard"
    if profile not in get_args(Profile.__value__):
        raise LocalFailure(f"PROFILE is {profile!r}: it is small or standard")
    return cast("Profile", profile)


def chosen_port() -> int:
    """Return PORT, by default 8080.

    Raises:
        LocalFailure: PORT is no port, or something listens on it.

    """
    port = os.environ.get("PORT") or "8080"
    if not port.isascii() or not port.isdigit() or not 0 < int(port) <= MAX_PORT:
        raise LocalFailure(f"PORT is {port!r}: it is a number from 1 to {MAX_PORT}")
    if not is_free(int(port)):
        raise LocalFailure(f"port {port} is in use: stop what listens there or choose another, PORT=8081 make run")
    return int(port)


def chosen_double() -> bool:
    """Return whether CLAUDE asks for a double of Claude.

    Raises:
        LocalFailure: CLAUDE is something else than ``double``.

    """
    claude = os.environ.get("CLAUDE") or ""
    if claude not in ("", "double"):
        raise LocalFailure(f"CLAUDE is {claude!r}: it is double, or left out")
    return bool(claude)


def chosen_sandbox() -> bool:
    """Return whether SANDBOX asks for providers on this machine.

    Raises:
        LocalFailure: SANDBOX is something else than ``1``.

    """
    sandbox = os.environ.get("SANDBOX") or ""
    if sandbox not in ("", "1"):
        raise LocalFailure(f"SANDBOX is {sandbox!r}: it is 1, or left out")
    return bool(sandbox)


def make_layout(profile: Profile, port: int, *, double: bool) -> Layout:
    """Return the layout of ``make run``, on the usual ports of its servers or, where they are taken, on free ones."""
    settings = {name: value for name, value in os.environ.items() if _is_setting(name)}
    usual = partial(usual_port, front_door=port)
    claude_port = usual(8095) if double else None
    return Layout(LOCAL / profile, profile, port, usual(4566), usual(6390), settings, claude_port)


def _is_setting(name: str) -> bool:
    # Of what is tunable only here, addresses: keys become secrets.
    return bool(TUNABLE.fullmatch(name) or (name.endswith("_URL") and TUNABLE_LOCALLY.fullmatch(name)))


@contextmanager
def only_run() -> Iterator[None]:
    """Hold the lock that one ``make run`` at a time has.

    Raises:
        LocalFailure: another one holds it.

    """
    LOCAL.mkdir(parents=True, exist_ok=True)
    with _LOCK.open("w") as lock:
        if not _try_lock(lock):
            raise LocalFailure("the assistant is already running here: stop it with Ctrl-C in its terminal")
        yield


@contextmanager
def exclusively(lock_file: Path) -> Iterator[None]:
    """Wait for, then hold, the lock: runs and tests that start together must not install or synthesize twice."""
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with lock_file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def announced(layout: Layout) -> Iterator[None]:
    """Tell the other commands where the assistant listens while the block runs."""
    _RUNNING.write_text(json.dumps(asdict(layout) | {"state": str(layout.state)}))
    try:
        yield
    finally:
        _RUNNING.unlink(missing_ok=True)


def running_layout() -> Layout:
    """Return the layout of the running assistant.

    Raises:
        LocalFailure: none is running.

    """
    try:
        with _LOCK.open() as lock:
            # A killed run leaves its file behind, never its lock.
            fields = {} if _try_lock(lock) else json.loads(_RUNNING.read_text())
    except FileNotFoundError:
        fields = {}
    if not fields:
        raise LocalFailure("the assistant is not running: start it with make run")
    sandbox = SandboxPorts(**fields["sandbox"]) if fields["sandbox"] else None
    return Layout(**fields | {"state": Path(fields["state"]), "sandbox": sandbox})


def _try_lock(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_free(port: int) -> bool:
    """Tell whether a server could listen on the loopback ``port``."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def is_listening(port: int) -> bool:
    """Tell whether a server takes connections on the loopback ``port``."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def free_port() -> int:
    """Return a loopback port nothing listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def usual_port(preferred: int, *, front_door: int) -> int:
    """Return the preferred port, or another one where it is taken, or will be by the front door."""
    # Two runs that start at once would both find the usual port free: only one of them is not a test's.
    return preferred if preferred != front_door and not _ELSEWHERE and is_free(preferred) else free_port()
