"""A server process of the local assistant: start, wait until it answers, stop so that it saves its state."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.local.console import LocalFailure

POLL_SECONDS = 0.05
STOP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Daemon:
    """A started server; ``log`` holds what it printed, ``pid_file`` lets a later run find it."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    pid_file: Path

    def wait_until(self, answers: Callable[[], bool], seconds: float = 30.0) -> None:
        """Return once ``answers()`` is true; stop the process if that does not happen or is interrupted.

        Raises:
            LocalFailure: the process ended or the deadline passed; names the log.

        """
        try:
            self._wait(answers, seconds)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the process with SIGTERM, which lets it save its state; SIGKILL after 30 s."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            # Workers of the embedded AWS share its process group and can outlive it.
            os.killpg(self.process.pid, signal.SIGKILL)
        self.pid_file.unlink(missing_ok=True)

    def _wait(self, answers: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not answers():
            if (code := self.process.poll()) is not None:
                raise LocalFailure(f"{self.name} ended with code {code}: see {self.log}")
            if time.monotonic() > deadline:
                raise LocalFailure(f"{self.name} does not answer after {seconds:.0f} s: see {self.log}")
            time.sleep(POLL_SECONDS)


def start(
    name: str, command: Sequence[str | Path], *, environment: Mapping[str, str], state: Path, logs: Path
) -> Daemon:
    """Start ``command`` in its own process group, so that Ctrl-C reaches it only through ``stop``."""
    logs.mkdir(parents=True, exist_ok=True)
    state.mkdir(parents=True, exist_ok=True)
    log = logs / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=state,
            start_new_session=True,
        )
    pid_file = state / f"{name}.pid"
    pid_file.write_text(str(process.pid))
    return Daemon(name, process, log, pid_file)


def end_leftover(name: str, executable: Path, state: Path) -> bool:
    """End the process an earlier, killed run left behind; only if it really runs ``executable``."""
    pid_file = state / f"{name}.pid"
    try:
        pid = int(pid_file.read_text())
    except (FileNotFoundError, ValueError):
        return False
    ours = str(executable) in _command_line(pid)
    if ours:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while _command_line(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(POLL_SECONDS)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    pid_file.unlink(missing_ok=True)
    return ours


def _command_line(pid: int) -> str:
    """Return the command of a live process, empty when there is none."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
        except OSError:
            return ""
    listing = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listing.stdout.strip()
