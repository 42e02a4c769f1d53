"""What a local command does when its reader has seen enough."""

import subprocess
import sys

from infra.local.layout import REPOSITORY

_CHATTY = """
from infra.local.console import command
raise SystemExit(command(lambda: print("line\\n" * 200_000))())
"""


def test_a_closed_pipe_ends_a_command_quietly() -> None:
    chatty = subprocess.Popen(
        [sys.executable, "-c", _CHATTY], cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert chatty.stdout
    assert chatty.stderr
    assert chatty.stdout.readline() == "line\n"
    chatty.stdout.close()

    assert chatty.stderr.read() == ""
    assert chatty.wait() == 0
    chatty.stderr.close()
