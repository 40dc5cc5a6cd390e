"""Imports point one way, by the layers that docs/architecture.md lists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "spnet"
DOCUMENT = ROOT / "docs" / "architecture.md"
FILES = sorted(path for path in SOURCE.rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path) for path in FILES}


def documented_layers() -> dict[str, int]:
    """Top-level module or package -> layer, 1 is the lowest."""
    lines = re.findall(r"^(\d+)\. (`.+`)$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: int(number) for number, names in lines for name in re.findall(r"`(\w+)`", names)}


def imports(path: Path) -> Iterator[str]:
    """Modules of this package that a file imports, at its top or in a function; not those for type checkers only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "spnet")
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            if (node.module or "").split(".")[0] == "spnet":
                submodules = [f"{node.module}.{alias.name}" for alias in node.names]
                yield from (name if name in MODULES else str(node.module) for name in submodules)


def top(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def test_the_document_places_every_module() -> None:
    parts = {top(name) for name in MODULES} - {""}
    assert parts == set(documented_layers()), "docs/architecture.md, layers"


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_imports_point_down(path: Path) -> None:
    layers = documented_layers()
    own = top(module_name(path))
    for target in imports(path):
        if own == "" or target == "spnet":
            assert own == target == "", f"{path}: the front door is imported by nobody and imports nothing"
        assert layers[top(target)] <= layers[own], f"{path.name} imports {target}, which is above it"


def test_there_are_no_circles() -> None:
    graph = {module_name(path): set(imports(path)) - {module_name(path)} for path in FILES}
    assert list(TopologicalSorter(graph).static_order())


def test_the_rules_that_a_text_search_can_check() -> None:
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"load_state_dict\([^\n]*strict\s*=\s*False", text), path
        assert not re.search(r"except\s*:", text), path
        assert "set_default_dtype" not in text, path
        if "cli" not in path.relative_to(SOURCE).parts:
            assert not re.search(r"^\s*print\(", text, re.MULTILINE), path
