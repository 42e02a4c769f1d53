"""`make deploy`: bootstrap, then deploy one profile with the pinned CDK CLI and the locked environment's Node."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from infra import deploy


class RecordedNpx:
    """Stands in for npx: remembers what was run, answers with the exit codes given."""

    def __init__(self, *codes: int) -> None:
        self._codes = iter(codes)
        self.commands: list[Sequence[str]] = []
        self.paths: list[str] = []

    def __call__(self, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> int:
        assert (cwd / "cdk.json").is_file()
        self.commands.append(arguments)
        self.paths.append(env["PATH"])
        return next(self._codes)


@pytest.fixture(autouse=True)
def _arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["infra.deploy", "-c", "alarm_email=ops@example.com"])
    monkeypatch.setenv("PROFILE", "standard")


def test_it_bootstraps_and_deploys_the_chosen_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    npx = RecordedNpx(0, 0)
    monkeypatch.setattr(deploy, "npx", npx)
    assert deploy.main() == 0
    app = ["--app", f"{sys.executable} app.py", "--context", "profile=standard"]
    assert npx.commands == [
        ["--yes", "aws-cdk@2.1148.1", "bootstrap", *app],
        ["--yes", "aws-cdk@2.1148.1", "deploy", "--all", *app, "-c", "alarm_email=ops@example.com"],
    ]
    for path in npx.paths:
        assert (Path(path.partition(os.pathsep)[0]) / "node").is_file()


def test_nothing_is_deployed_into_an_account_that_cannot_be_bootstrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    npx = RecordedNpx(1)
    monkeypatch.setattr(deploy, "npx", npx)
    assert deploy.main() == 1
    assert len(npx.commands) == 1


def test_an_unknown_profile_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROFILE", "large")
    with pytest.raises(SystemExit, match="error: PROFILE must be one of small, standard, not large"):
        deploy.main()
