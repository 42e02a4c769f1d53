"""The synthesized cloud assembly, read back as stacks whose code assets are named by their present content.

Synthesis costs seconds, so it runs only when the infrastructure changed; a changed handler or layer only
changes the key of its asset, which is put into the template here. CloudFormation then sees a new key and
updates the function: the deployed stack always tells which code it runs.
"""

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from io import BytesIO
from pathlib import Path
from typing import Any

from infra.local.console import LocalFailure, step
from infra.local.layout import REPOSITORY, Profile, exclusively

_INPUTS = ("app.py", "cdk.json", "pyproject.toml", "uv.lock", "infra")
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Asset:
    """A folder or file that the template expects as ``key`` in ``bucket``."""

    source: Path
    bucket: str
    key: str

    def content(self) -> bytes:
        """Return what to upload: a folder as a reproducible ZIP archive."""
        if self.source.is_file():
            return self.source.read_bytes()
        archive = BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as output:
            for path in _files(self.source):
                output.writestr(zipfile.ZipInfo(path.relative_to(self.source).as_posix(), _ZIP_TIME), path.read_bytes())
        return archive.getvalue()


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack of the assembly: its name, its template, its assets."""

    name: str
    template: Mapping[str, Any]
    assets: tuple[Asset, ...]


def synthesize(profile: Profile, settings: Mapping[str, str], folder: Path) -> None:
    """Write the cloud assembly into the folder, unless it stands there and its inputs did not change.

    ``settings`` overrides settings of the functions, as context ``settings`` does.

    Raises:
        LocalFailure: synthesis failed; carries its last line.

    """
    stamp = folder / ".inputs"
    with exclusively(folder.with_suffix(".lock")):
        inputs = _digest_inputs(settings)
        if not stamp.exists() or stamp.read_text() != inputs:
            with step(f"synthesizing the template ({profile})"):
                _run_app(profile, settings, folder)
            stamp.write_text(inputs)


def read_stacks(folder: Path, account: str, region: str) -> list[Stack]:
    """Return the stacks of the assembly in ``folder``, each after the ones it depends on."""
    artifacts = json.loads((folder / "manifest.json").read_text())["artifacts"]
    order = TopologicalSorter({name: artifact.get("dependencies", []) for name, artifact in artifacts.items()})
    return [
        _read_stack(folder, name, artifacts[name]["properties"], account, region)
        for name in order.static_order()
        if artifacts[name]["type"] == "aws:cloudformation:stack"
    ]


def _read_stack(folder: Path, name: str, properties: dict[str, Any], account: str, region: str) -> Stack:
    template = (folder / properties["templateFile"]).read_text()
    listing = json.loads((folder / f"{Path(properties['templateFile']).name.split('.')[0]}.assets.json").read_text())
    assets = []
    for staged, file in listing["files"].items():
        if file["source"]["path"] == properties["templateFile"]:
            continue
        source = folder / file["source"]["path"]
        destination = next(iter(file["destinations"].values()))
        bucket = destination["bucketName"].replace("${AWS::AccountId}", account).replace("${AWS::Region}", region)
        digest = _digest(source)
        assets.append(Asset(source, bucket, destination["objectKey"].replace(staged, digest)))
        template = template.replace(staged, digest)
    document = json.loads(template)
    # The rule checks the roles of `cdk bootstrap`, which no deployment here uses.
    document.get("Parameters", {}).pop("BootstrapVersion", None)
    document.get("Rules", {}).pop("CheckBootstrapVersion", None)
    return Stack(properties.get("stackName", name), document, tuple(assets))


def _run_app(profile: Profile, settings: Mapping[str, str], folder: Path) -> None:
    # Unstaged assets keep their source path, so that a changed handler is found without a new synthesis.
    context = {"profile": profile, "local": "true", "settings": settings, "aws:cdk:disable-asset-staging": True}
    run = subprocess.run(
        [sys.executable, "app.py"],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "PROFILE": profile,
            "CDK_OUTDIR": str(folder),
            "CDK_CONTEXT_JSON": json.dumps(context),
            "PYTHONPATH": str(REPOSITORY / "layers/shared/python"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        lines = (run.stderr or run.stdout).strip().splitlines()
        raise LocalFailure(f"python app.py failed: {lines[-1] if lines else run.returncode}")


def _digest_inputs(settings: Mapping[str, str]) -> str:
    digest = hashlib.sha256(f"{sys.version} {sorted(settings.items())}".encode())
    for name in _INPUTS:
        source = REPOSITORY / name
        for path in _files(source) if source.is_dir() else [source]:
            if "local" in path.relative_to(REPOSITORY).parts or "__pycache__" in path.parts:
                continue
            digest.update(path.relative_to(REPOSITORY).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _digest(source: Path) -> str:
    if source.is_file():
        return hashlib.sha256(source.read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for path in _files(source):
        content = hashlib.sha256(path.read_bytes()).digest()
        digest.update(path.relative_to(source).as_posix().encode() + b"\0" + content)
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    return iter(sorted(path for path in folder.rglob("*") if path.is_file()))
