"""Four synthesized deployments, made once for all workers by `python app.py` without credentials."""

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.build import ROOT
from infra.deployment import PROFILES
from tests.infra.templates import Deployment, read_deployment

# A machine without AWS credentials, and with neither Docker nor a Node of its own to be found.
BARE_ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("AWS_", "CDK_", "DOCKER_")) and name not in ("JSII_NODE", "PATH", "PROFILE")
} | {"PATH": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true"}


def run_app(
    out: Path, context: dict[str, str], *, app: tuple[str, ...] = ("app.py",)
) -> subprocess.CompletedProcess[str]:
    environment = BARE_ENVIRONMENT | {"CDK_OUTDIR": str(out), "CDK_CONTEXT_JSON": json.dumps(context)}
    return subprocess.run(
        (sys.executable, *app), cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture(scope="session")
def assemblies(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder with one cloud assembly for AWS and one for the embedded AWS, each with both profiles."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent
    with (shared / "assemblies.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name, context in (("aws", {}), ("local", {"local": "true"})):
            out = shared / name
            if not (out / "manifest.json").exists():
                done = run_app(out, context)
                assert done.returncode == 0, done.stdout + done.stderr
    return shared


@pytest.fixture(scope="session", params=PROFILES)
def deployment(request: pytest.FixtureRequest, assemblies: Path) -> Deployment:
    """What goes to AWS, in each profile."""
    return read_deployment(assemblies / "aws", request.param)


@pytest.fixture(scope="session", params=PROFILES)
def local_deployment(request: pytest.FixtureRequest, assemblies: Path) -> Deployment:
    """What goes to the embedded AWS, in each profile."""
    return read_deployment(assemblies / "local", request.param)


@pytest.fixture(scope="session")
def small(assemblies: Path) -> Deployment:
    return read_deployment(assemblies / "aws", "small")


@pytest.fixture(scope="session")
def standard(assemblies: Path) -> Deployment:
    return read_deployment(assemblies / "aws", "standard")
