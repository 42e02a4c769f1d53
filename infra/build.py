"""Build what goes into Lambda: the dependency layers for arm64, the shared layer and the functions, byte-compiled.

``.build/layers/<set>/python`` holds a dependency group of pyproject.toml as locked in uv.lock, ``.build/layers/shared``
our own package, ``.build/functions/<name>`` one handler, ``.build/models`` the embedding model. Each output is stamped
with the hash of its inputs and rebuilt only when they change. ``python -m infra.build`` builds everything and prints
the sizes.
"""

import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import uv

from infra import embedding_model
from infra.manifest import FUNCTIONS, groups_of

ROOT = Path(__file__).parent.parent
BUILD = ROOT / ".build"
SHARED = "shared"

# The newest glibc a wheel may want; Lambda's Python 3.13 runs on Amazon Linux 2023 (glibc 2.34).
PLATFORM = "aarch64-manylinux_2_34"
PYTHON_VERSION = "3.13"

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: a function and its layers, unzipped.
MAX_UNZIPPED_BYTES = 250 * 1024 * 1024

# Never read at run time. METADATA and licences stay: importlib.metadata and the licences' own terms want them.
STRIPPED = (
    "**/__pycache__",
    "**/tests",
    "**/*.pyi",
    "**/*.pyx",
    "**/*.pxd",
    "**/*.c",
    "**/*.h",
    "bin",
    ".lock",
    "boto3/examples",
    # Bindings of the solvers beside CP-SAT; its own are in ortools/sat, the libraries of all in ortools/.libs.
    "ortools/constraint_solver",
    "ortools/graph",
    "ortools/linear_solver",
    "ortools/math_opt",
    "ortools/pdlp",
    "ortools/set_cover",
    "*.dist-info/INSTALLER",
    "*.dist-info/RECORD",
    "*.dist-info/REQUESTED",
)

# A line that is not indented: hashes are.
_BEGINS_REQUIREMENT = re.compile(r"\n(?=\S)")

# The set that each function has.
CORE = "core"

# Required by the packages of a group, imported by nothing we use of them.
UNUSED: Mapping[str, tuple[str, ...]] = {
    "google": (
        "charset-normalizer",
        "googleapis-common-protos",
        "idna",
        "opentelemetry-api",
        "proto-plus",
        "pycparser",
        "requests",
    ),
    "solver": ("numpy",),
}

# The APIs of Google in use: the client carries the descriptions of all 500 (111 MB).
GOOGLE_APIS = ("calendar.v3", "gmail.v1")

# The set whose layer carries the embedding model beside its packages.
WITH_MODEL = "memory"
MODEL = f"models/{embedding_model.NAME}"


class BuildFailed(Exception):
    """A layer or function cannot be built; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A folder ready to be zipped; ``digest`` is the hash of everything it was made from."""

    path: Path
    digest: str

    @property
    def size(self) -> int:
        """Bytes, unzipped."""
        return sum(file.stat().st_size for file in self.path.rglob("*") if file.is_file())


@dataclass(frozen=True, slots=True)
class Build:
    """Artifacts by name: layers by dependency set (and ``shared``), functions by their manifest name."""

    layers: Mapping[str, Artifact]
    functions: Mapping[str, Artifact]


def build(*, dependencies: bool = True) -> Build:
    """Build what is stale of the manifest's functions, the shared layer and, unless told not to, their dependency sets.

    Raises:
        BuildFailed: a handler is missing, uv cannot install a set, or a function is larger than Lambda takes.

    """
    sets = sorted({name for function in FUNCTIONS for name in function.dependencies}) if dependencies else []
    with _locked():
        if not dependencies:
            _model()
        built = Build(
            layers={SHARED: _shared_layer()} | {name: _dependency_layer(name) for name in sets},
            functions={function.name: _function(function.name) for function in FUNCTIONS},
        )
    if dependencies:
        _check_sizes(built)
    return built


def model() -> Artifact:
    """Build the embedding model if it is stale, for who reads it without a layer.

    Raises:
        BuildFailed: the wheel with its weights is not installed.
    """
    with _locked():
        return _model()


def _model() -> Artifact:
    try:
        return _artifact(MODEL, (text.encode() for text in embedding_model.inputs()), embedding_model.write_model)
    except embedding_model.ModelMissing as error:
        raise BuildFailed(str(error)) from error


def unzipped_bytes(built: Build) -> dict[str, int]:
    """What Lambda unzips for each function: itself, its dependency sets and the shared layer."""
    sizes = {name: layer.size for name, layer in built.layers.items()}
    return {
        function.name: built.functions[function.name].size
        + sum(sizes[name] for name in (*function.dependencies, SHARED))
        for function in FUNCTIONS
    }


def _check_sizes(built: Build) -> None:
    for name, size in unzipped_bytes(built).items():
        if size > MAX_UNZIPPED_BYTES:
            raise BuildFailed(f"{name} unzips to {size} bytes, Lambda takes {MAX_UNZIPPED_BYTES}")


def _shared_layer() -> Artifact:
    source = ROOT / "layers" / SHARED / "python"
    return _artifact(f"layers/{SHARED}", _sources(source), lambda to: _copy(source, to / "python"), prefix="/opt")


def _function(name: str) -> Artifact:
    source = ROOT / "functions" / name
    if not (source / "handler.py").is_file():
        raise BuildFailed(f"functions/{name}/handler.py does not exist, though the manifest lists {name}")
    return _artifact(f"functions/{name}", _sources(source), lambda to: _copy(source, to), prefix="/var/task")


def _dependency_layer(name: str) -> Artifact:
    requirements = "\n".join(_requirements(name))
    services = _aws_services()
    carried = _model() if name == WITH_MODEL else None
    inputs = (PLATFORM, requirements, *sorted(services), *STRIPPED, *GOOGLE_APIS, carried.digest if carried else "")

    def make(to: Path) -> None:
        _install(requirements, to / "python", services)
        if carried:
            _copy(carried.path, to / carried.path.name)

    return _artifact(f"layers/{name}", (text.encode() for text in inputs), make, prefix="/opt")


def _requirements(name: str) -> list[str]:
    """Return what is locked for a dependency set; what one group of it never uses another may."""
    carried_by_core = () if name == CORE else _core()
    groups = (_exported(group, without=(*UNUSED.get(group, ()), *carried_by_core)) for group in groups_of(name))
    return sorted({requirement for group in groups for requirement in group})


def _exported(group: str, *options: str, without: Iterable[str] = ()) -> list[str]:
    """Return what is locked for a dependency group, as requirements with their hashes."""
    left_out = (f"--no-emit-package={package}" for package in without)
    listed = _uv("export", "--frozen", "--no-header", "--no-annotate", "--only-group", group, *options, *left_out)
    return _BEGINS_REQUIREMENT.split(listed.strip())


@cache
def _core() -> tuple[str, ...]:
    """Return the packages every function has: no other set carries them again."""
    return tuple(requirement.partition("==")[0] for requirement in _exported(CORE, "--no-hashes"))


def _aws_services() -> set[str]:
    """The services some function may call: botocore's descriptions of the other 400 stay out (20 MB)."""
    actions = {action for function in FUNCTIONS for grant in function.grants for action in grant.actions}
    return {action.partition(":")[0] for action in actions} | {"secretsmanager"}


def _install(requirements: str, target: Path, services: set[str]) -> None:
    target.mkdir(parents=True)
    listed = target.with_name("requirements.txt")
    listed.write_text(requirements)
    platform = ("--python-platform", PLATFORM, "--python-version", PYTHON_VERSION, "--only-binary", ":all:")
    source = ("--no-deps", "--require-hashes", "--requirements", str(listed))
    _uv("pip", "install", "--quiet", "--python", sys.executable, "--target", str(target), *platform, *source)
    listed.unlink()
    for pattern in STRIPPED:
        for path in target.glob(pattern):
            _remove(path)
    for description in target.glob("googleapiclient/discovery_cache/documents/*.json"):
        if description.stem not in GOOGLE_APIS:
            _remove(description)
    for description in (*target.glob("botocore/data/*/"), *target.glob("boto3/data/*/")):
        if description.name not in services:
            _remove(description)


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"), dirs_exist_ok=True)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _artifact(
    name: str, inputs: Iterable[bytes], make: Callable[[Path], None], *, prefix: str | None = None
) -> Artifact:
    """Make ``.build/<name>`` if its inputs changed; ``prefix`` is where Lambda mounts its modules, for tracebacks."""
    digest = _digest(inputs)
    path, stamp = BUILD / name, BUILD / f"{name}.sha256"
    if stamp.is_file() and stamp.read_text() == digest:
        return Artifact(path, digest)
    stamp.unlink(missing_ok=True)
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    make(path)
    if prefix:
        _compile(path, prefix)
    stamp.write_text(digest)
    return Artifact(path, digest)


def _compile(path: Path, prefix: str) -> None:
    """Compile to .pyc files that are never checked against their source: zipping resets the times a check would use."""
    options = ("-q", "-j", "0", "--invalidation-mode", "unchecked-hash", "-s", str(path), "-p", prefix)
    _run((sys.executable, "-m", "compileall", *options, str(path)))


def _digest(inputs: Iterable[bytes]) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for part in inputs:
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.hexdigest()


def _sources(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            yield str(path.relative_to(folder)).encode()
            yield path.read_bytes()


def _uv(*arguments: str) -> str:
    return _run((uv.find_uv_bin(), *arguments))


def _run(command: tuple[str, ...]) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildFailed(f"{' '.join(command)}\n{done.stderr or done.stdout}")
    return done.stdout


@contextmanager
def _locked() -> Iterator[None]:
    """One build at a time on this machine: tests and a synth may start together."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> None:
    """Build everything and print the sizes in MB."""
    built = build()
    for name, layer in built.layers.items():
        print(f"layer {name:<22} {layer.size / 1e6:7.2f} MB")
    for name, size in unzipped_bytes(built).items():
        print(f"function {name:<19} {size / 1e6:7.2f} MB of {MAX_UNZIPPED_BYTES / 1e6:.0f} MB, layers included")


if __name__ == "__main__":
    main()
