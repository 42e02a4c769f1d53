"""AgentDojo's workspace goals and attack templates, read from the sources of the installed package.

Importing the package would import every model client it can drive; its texts are all that is needed here.
"""

import ast
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

_SUITES = ("v1", "v1_1", "v1_1_1", "v1_1_2", "v1_2", "v1_2_1", "v1_2_2")
_ATTACKS = ("baseline_attacks", "important_instructions_attacks", "dos_attacks")
_TEMPLATES = ("_JB_STRING", "_DOS_STRING")
_NAMES: Mapping[str, tuple[str, str]] = {
    "no_user_name": ("the user", "Claude"),
    "no_model_name": ("Emma Johnson", "the AI language model"),
    "no_names": ("the user", "the AI language model"),
    "wrong_model_name": ("Emma Johnson", "GPT-4"),
    "wrong_user_name": ("Mark Smith", "Claude"),
}
_USER, _MODEL = "Emma Johnson", "Claude"


def goals() -> dict[str, str]:
    """Return what the attacker wants, by task; a later version of a task replaces the earlier."""
    found: dict[str, str] = {}
    for suite in _SUITES:
        source = _package() / "default_suites" / suite / "workspace" / "injection_tasks.py"
        if source.exists():
            for node in _classes(source):
                values = _constants(node)
                if "GOAL" in values:
                    found[node.name] = values["GOAL"]
    return found


def attacks() -> dict[str, str]:
    """Return the templates by name, with ``{goal}`` and ``{tools}`` left open."""
    found: dict[str, str] = {}
    for module in _ATTACKS:
        texts: dict[str, str] = {}
        for node in _classes(_package() / "attacks" / f"{module}.py"):
            values = _constants(node)
            inherited = next(
                (texts[base.id] for base in node.bases if isinstance(base, ast.Name) and base.id in texts), ""
            )
            texts[node.name] = next((values[key] for key in _TEMPLATES if key in values), _argument(node) or inherited)
            if texts[node.name] and "name" in values:
                user, model = next((names for part, names in _NAMES.items() if part in values["name"]), (_USER, _MODEL))
                found[values["name"]] = texts[node.name].replace("{user}", user).replace("{model}", model)
    return found


def _package() -> Path:
    spec = find_spec("agentdojo")
    assert spec
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


def _classes(source: Path) -> Iterator[ast.ClassDef]:
    tree = ast.parse(source.read_text(encoding="utf-8"))
    return (node for node in tree.body if isinstance(node, ast.ClassDef))


def _constants(node: ast.ClassDef) -> dict[str, str]:
    """Return the texts a class body assigns, f-strings filled from those before them."""
    values: dict[str, str] = {}
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                text = _text(value, values)
                if text is not None:
                    values[name] = text
    return values


def _text(value: ast.expr, known: Mapping[str, str]) -> str | None:
    match value:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name) if name in known:
            return known[name]
        case ast.JoinedStr(values=parts):
            pieces = [_text(part.value if isinstance(part, ast.FormattedValue) else part, known) for part in parts]
            return None if None in pieces else "".join(piece for piece in pieces if piece)
        case _:
            return None


def _argument(node: ast.ClassDef) -> str:
    """Return the text handed to the base's constructor."""
    for call in ast.walk(node):
        match call:
            case ast.Call(func=ast.Attribute(attr="__init__"), args=[ast.Constant(value=str(text)), *_]):
                return text
    return ""
