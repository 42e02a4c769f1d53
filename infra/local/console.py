"""What the local commands print: steps with their seconds, and one clear line when something is wrong."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from threading import Event, Thread

from botocore.exceptions import BotoCoreError, ClientError


class LocalFailure(Exception):
    """Something the user can repair; its text is the one line they read."""


@contextmanager
def step(text: str) -> Iterator[None]:
    """Print ``text`` at once and the elapsed seconds when the block ends; on a terminal they count while it runs."""
    started = time.monotonic()
    ended = Event()
    print(f"{text} ... ", end="", flush=True)
    if sys.stdout.isatty():
        Thread(target=_count_seconds, args=(text, ended), daemon=True).start()
    try:
        yield
    except BaseException:
        ended.set()
        print("failed", flush=True)
        raise
    ended.set()
    print(f"{time.monotonic() - started:.1f} s", flush=True)


def _count_seconds(text: str, ended: Event) -> None:
    seconds = 0
    while not ended.wait(1):
        seconds += 1
        print(f"\r{text} ... {seconds} s \r{text} ... ", end="", flush=True)


def command(main: Callable[[], None]) -> Callable[[], int]:
    """Turn ``main`` into a command: 1 and one line on ``LocalFailure``, 130 on Ctrl-C, quiet when the reader leaves."""

    @wraps(main)
    def run() -> int:
        try:
            main()
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader (head, less) has seen enough; the interpreter must not flush into the closed pipe at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except LocalFailure as failure:
            print(failure, file=sys.stderr)
            return 1
        except (BotoCoreError, ClientError) as error:
            print(f"the embedded AWS refuses or does not answer: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
        return 0

    return run
