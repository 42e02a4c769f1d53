"""What is zipped for Lambda: complete, compiled, for arm64, within its limits, and the same for the same inputs."""

import importlib.util
import json
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from infra import build as building
from infra.build import MAX_UNZIPPED_BYTES, SHARED, Build, BuildFailed, build, unzipped_bytes
from infra.manifest import FUNCTIONS, groups_of

ELF_MACHINE_AARCH64 = 183
UNCHECKED_HASH = 1
LAMBDA = {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "aarch64"}


@pytest.fixture(scope="session")
def built() -> Build:
    return build()


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of its own with the locked dependencies, one shared package and the manifest's functions."""
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(building.ROOT / name, tmp_path)
    for function in FUNCTIONS:
        handler = tmp_path / "functions" / function.name / "handler.py"
        handler.parent.mkdir(parents=True)
        handler.write_text(f"NAME = {function.name!r}\n")
    package = tmp_path / "layers" / "shared" / "python" / "assistant"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('"""Shared."""\n')
    monkeypatch.setattr(building, "ROOT", tmp_path)
    monkeypatch.setattr(building, "BUILD", tmp_path / ".build")
    return tmp_path


def packages(built: Build, function: str) -> Iterator[Path]:
    """Every folder Lambda puts on the path of a function."""
    dependencies = next(listed.dependencies for listed in FUNCTIONS if listed.name == function)
    yield built.functions[function].path
    for name in (*dependencies, SHARED):
        yield built.layers[name].path / "python"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("function", [function.name for function in FUNCTIONS])
def test_every_locked_dependency_is_in_the_layers(built: Build, function: str) -> None:
    dependencies = next(listed.dependencies for listed in FUNCTIONS if listed.name == function)
    found = {path.name for folder in packages(built, function) for path in folder.glob("*.dist-info")}
    for group in (group for name in dependencies for group in groups_of(name)):
        for requirement in building._exported(group, "--no-hashes"):
            locked = Requirement(requirement)
            if locked.name in building.UNUSED.get(group, ()) or (locked.marker and not locked.marker.evaluate(LAMBDA)):
                continue
            version = str(locked.specifier).removeprefix("==")
            assert f"{locked.name.replace('-', '_')}-{version}.dist-info" in {
                distribution.lower() for distribution in found
            }


def test_no_layer_carries_again_what_the_core_has(built: Build) -> None:
    core, *others = (
        {path.name for path in (built.layers[name].path / "python").glob("*.dist-info")}
        for name in ("core", *sorted(built.layers.keys() - {"core", SHARED}))
    )
    assert core
    assert all(core.isdisjoint(other) for other in others)


@pytest.mark.parametrize("function", [function.name for function in FUNCTIONS])
def test_a_function_fits_into_lambda(built: Build, function: str) -> None:
    dependencies = next(listed.dependencies for listed in FUNCTIONS if listed.name == function)
    folders = [built.functions[function].path, *(built.layers[name].path for name in (*dependencies, SHARED))]
    size = sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())
    assert 0 < size == unzipped_bytes(built)[function] < MAX_UNZIPPED_BYTES


def test_the_solver_comes_with_all_its_libraries_and_without_what_it_does_not_import(built: Build) -> None:
    layer = built.layers["solver"].path / "python"
    assert {path.name for path in layer.iterdir()}.isdisjoint({"numpy", "pandas", "google", "absl"})
    assert (layer / "ortools" / ".libs" / "libortools.so.9").is_file()
    assert unzipped_bytes(built)["optimize_calendar"] <= 125_000_000


def test_the_embedding_model_comes_with_its_licence_and_without_the_package_it_was_taken_from(built: Build) -> None:
    layer = built.layers["memory"].path
    model = {path.name for path in (layer / "potion-base-8M").iterdir()}
    assert model == {"weights.npy", "scales.npy", "vocab.txt", "LICENSE", "ATTRIBUTION.txt"}
    assert not list((layer / "python").glob("kaos*"))
    assert unzipped_bytes(built)["manage_memory"] <= 125_000_000


def test_a_function_that_does_not_fit_fails_the_build(built: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "MAX_UNZIPPED_BYTES", unzipped_bytes(built)["triage_email"] - 1)
    with pytest.raises(BuildFailed, match="triage_email unzips to"):
        build()


def test_every_module_is_compiled_and_never_checked_against_its_source(built: Build) -> None:
    for artifact in (*built.layers.values(), *built.functions.values()):
        for source in artifact.path.rglob("*.py"):
            compiled = Path(importlib.util.cache_from_source(str(source)))
            magic, flags = struct.unpack("<4sI", compiled.read_bytes()[:8])
            assert magic == importlib.util.MAGIC_NUMBER
            assert flags == UNCHECKED_HASH, source


def test_native_modules_are_for_arm64(built: Build) -> None:
    libraries = [path for artifact in built.layers.values() for path in artifact.path.rglob("*.so*")]
    assert libraries
    for library in libraries:
        (machine,) = struct.unpack_from("<H", library.read_bytes(), 18)
        assert machine == ELF_MACHINE_AARCH64, library


def test_botocore_knows_the_services_the_grants_name_and_no_other(built: Build) -> None:
    data = built.layers["core"].path / "python" / "botocore" / "data"
    granted = {action.split(":")[0] for function in FUNCTIONS for grant in function.grants for action in grant.actions}
    assert {path.name for path in data.iterdir() if path.is_dir()} == granted | {"secretsmanager"}
    assert {"endpoints.json", "partitions.json", "_retry.json"} <= {path.name for path in data.iterdir()}


def test_licences_stay_and_tests_go(built: Build) -> None:
    for artifact in built.layers.values():
        assert not [path for path in artifact.path.rglob("tests") if path.is_dir()]
    assert list((built.layers["core"].path / "python").glob("boto3-*.dist-info/**/LICENSE*"))


def test_the_documentation_function_carries_its_document(built: Build) -> None:
    document = json.loads((built.functions["serve_docs"].path / "openapi.json").read_text())
    assert document["openapi"].startswith("3.")


def test_nothing_is_rebuilt_when_nothing_changed(built: Build) -> None:
    marks = {name: artifact.path.stat().st_mtime_ns for name, artifact in built.layers.items()}
    assert build() == built
    assert marks == {name: artifact.path.stat().st_mtime_ns for name, artifact in built.layers.items()}


@pytest.mark.usefixtures("workshop")
def test_equal_inputs_make_equal_files_wherever_they_are_built(built: Build) -> None:
    elsewhere = build()
    for name in built.layers.keys() - {SHARED}:
        assert elsewhere.layers[name].digest == built.layers[name].digest
        assert contents(elsewhere.layers[name].path) == contents(built.layers[name].path), name


def test_a_changed_handler_rebuilds_itself_alone(workshop: Path) -> None:
    before = build(dependencies=False)
    (workshop / "functions" / "check_health" / "handler.py").write_text("NAME = 'changed'\n")
    after = build(dependencies=False)
    assert before.layers == after.layers
    changed = {name for name in before.functions if before.functions[name] != after.functions[name]}
    assert changed == {"check_health"}
    assert (after.functions["check_health"].path / "handler.py").read_text() == "NAME = 'changed'\n"


def test_a_listed_function_without_a_handler_is_one_clear_error(workshop: Path) -> None:
    shutil.rmtree(workshop / "functions" / "check_health")
    with pytest.raises(BuildFailed, match=r"functions/check_health/handler\.py does not exist"):
        build(dependencies=False)


@pytest.mark.usefixtures("workshop")
def test_an_interrupted_build_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise BuildFailed("interrupted")

    with monkeypatch.context() as patch:
        patch.setattr(building, "_compile", fail)
        with pytest.raises(BuildFailed, match="interrupted"):
            build(dependencies=False)
    rebuilt = build(dependencies=False)
    assert list(rebuilt.layers[SHARED].path.rglob("*.pyc"))


def test_traces_name_the_paths_lambda_mounts(built: Build) -> None:
    compiled = next(
        (built.layers[SHARED].path / "python" / "assistant" / "domain" / "__pycache__").glob("errors.*.pyc")
    )
    assert b"/opt/python/assistant/domain/errors.py" in compiled.read_bytes()
