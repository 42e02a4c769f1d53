"""MiniStack's own Python environment in .tools/ministack, with the packages the functions import.

MiniStack pins its botocore, and its Lambda workers see its site-packages: the functions run here with the
locked dependency sets except boto3, botocore and s3transfer, which follow MiniStack's pin.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

import uv

from infra.local.console import LocalFailure, step
from infra.local.layout import REPOSITORY, exclusively
from infra.manifest import FUNCTIONS, groups_of

FOLDER = REPOSITORY / ".tools" / "ministack"
PINS = ("ministack==1.5.33", "boto3==1.43.106")
FOLLOWS_MINISTACK = ("boto3", "botocore", "s3transfer")


def ensure_environment() -> Path:
    """Return the interpreter of MiniStack's environment, installing it when its content changed.

    Raises:
        LocalFailure: uv could not install it.

    """
    requirements = _requirements()
    stamp = FOLDER / ".installed"
    digest = hashlib.sha256("\n".join((sys.version, *requirements)).encode()).hexdigest()
    interpreter = FOLDER / "bin" / "python"
    with exclusively(FOLDER.with_suffix(".lock")):
        # The interpreter is a link, which dangles once its Python is gone.
        if not interpreter.exists() or not stamp.exists() or stamp.read_text() != digest:
            with step("installing the embedded AWS into .tools/ministack"):
                _uv("venv", "--quiet", "--clear", "--python", sys.executable, "--no-python-downloads", FOLDER)
                _uv("pip", "install", "--quiet", "--python", interpreter, *requirements)
                stamp.write_text(digest)
    return interpreter


def _requirements() -> list[str]:
    sets = {name for function in FUNCTIONS for name in function.dependencies}
    groups = sorted({group for name in sets for group in groups_of(name)})
    exported = _uv(
        "export",
        "--quiet",
        "--frozen",
        "--no-hashes",
        "--no-header",
        "--no-annotate",
        *(f"--only-group={name}" for name in groups),
        *(f"--no-emit-package={name}" for name in FOLLOWS_MINISTACK),
    )
    # MiniStack checks RS256 signatures only where cryptography is installed.
    return [*PINS, "cryptography", *exported.splitlines()]


def _uv(*arguments: str | Path) -> str:
    run = subprocess.run(
        [uv.find_uv_bin(), *map(str, arguments)], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    if run.returncode:
        reason = run.stderr.strip().splitlines()
        raise LocalFailure(f"uv {arguments[0]} failed: {reason[-1] if reason else run.returncode}")
    return run.stdout
