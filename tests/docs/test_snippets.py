"""The documents' Python snippets: run where they can be, else compiled, with every name that they import looked up."""

from __future__ import annotations

import ast
import builtins
import importlib
import importlib.util
import inspect
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from spnet.cli.main import app
from spnet.io import read_depth, read_rgb
from spnet.types import Sample

ROOT = Path(__file__).parents[2]
DOCUMENTS = ["README.md", "MODEL_CARD.md", "CONTRIBUTING.md", "examples/README.md"]
DOCUMENTS += sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))

# Snippets that are not run here, and why. Everything else is.
NOT_RUN = {
    "docs/camera.md": "the first talks to a RealSense; tests/docs/test_camera.py runs all others, with their results",
    "docs/app.md": "test_commands.py mounts the page and starts the hosted one",
    "docs/export.md": "needs an exported graph; test_commands.py makes it as the document says, and runs the snippet",
    "docs/scenes.md": "renders by OpenGL for a minute; tests/scenes render",
    "docs/service.md": "talks to a running service; test_commands.py starts one and runs the snippet",
}
# What a snippet may import that need not be installed, and the module that is looked for.
OPTIONAL = {"pyrealsense2": "pyrealsense2", "gradio": "gradio", "onnxruntime": "onnxruntime", "spnet.client": "httpx"}


def snippets(document: str) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    found = re.findall(r"^( *)```(?:python|py)\n(.*?)^\1```", text, re.S | re.M)
    return [re.sub(f"^{indent}", "", code, flags=re.M) for indent, code in found]


WITH_PYTHON = [document for document in DOCUMENTS if snippets(document)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where snippets run: the samples under the names that documents use, small enough to be quick."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    shutil.copy(ROOT / "examples/desk/depth_500_points.png", tmp_path / "depth.png")
    Image.open(ROOT / "examples/desk/rgb.jpg").save(tmp_path / "rgb.png", compress_level=1)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made_before(document: str, folder: Path) -> dict[str, Any]:
    """What a document says is there already: variables, and files in the folder."""
    if document == "docs/sensors.md":
        return {"sample": Sample(read_rgb("examples/desk/rgb.jpg"), read_depth("examples/desk/depth_kinect.png"))}
    if document == "docs/evaluation.md":
        rng = np.random.default_rng(0)
        for number in range(3):
            for kind in ("rgb", "gt"):
                (folder / "small" / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 255, (32, 40, 3), np.uint8)).save(folder / f"small/rgb/{number}.png")
            Image.fromarray(rng.integers(900, 4000, (32, 40)).astype(np.uint16)).save(folder / f"small/gt/{number}.png")
        words = [
            "eval",
            "--data",
            "small@mm",
            "--patterns",
            "random(1%)",
            "--methods",
            "linear",
            "nearest",
            "-o",
            "run",
        ]
        app([*words, "--jobs", "1"], exit_on_error=False, result_action="return_value")
    return {}


@pytest.mark.parametrize("document", [document for document in WITH_PYTHON if document not in NOT_RUN])
def test_snippets_run(document: str, folder: Path) -> None:
    names: dict[str, Any] = made_before(document, folder)
    for code in snippets(document):  # later ones go on where earlier ones ended
        exec(compile(code, document, "exec"), names)


@pytest.mark.parametrize("document", WITH_PYTHON)
def test_names_of_snippets_exist(document: str) -> None:
    all_of_them = snippets(document)
    for code in all_of_them:
        compile(code, document, "exec")
    missing = [name for name, module in OPTIONAL.items() if importlib.util.find_spec(module) is None]
    here = [
        code for code in all_of_them if not any(re.search(rf"^(import|from) {name}\b", code, re.M) for name in missing)
    ]
    assert not unknown_names("\n".join(here)), document
    if len(here) < len(all_of_them):
        pytest.skip(f"a snippet needs one of {', '.join(missing)}; it was compiled, and the others were checked")


def test_what_is_not_run_is_there() -> None:
    assert set(NOT_RUN) <= set(WITH_PYTHON)
    assert len(WITH_PYTHON) >= 8


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import spnet\nspnet.complet(1, 2)", ["spnet.complet"]),
        ("from spnet.io import read_depht", ["spnet.io.read_depht"]),
        ("import spnet\nspnet.complete('a', 'b', units='mm')", ["spnet.complete(units=)"]),
        ("import spnet\nspnet.complete(rgb, 'b', unit='mm')", ["rgb"]),
        ("import numpy as np\nfor i in range(3):\n    np.zeros(i).sum()", []),
    ],
)
def test_a_wrong_name_is_found(code: str, found: list[str]) -> None:
    assert unknown_names(code) == found


def unknown_names(code: str) -> list[str]:
    """Imports, attributes of what is imported, keyword arguments and variables that there are not."""
    tree = ast.parse(code)
    objects, unknown = imported(tree)
    assigned = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    assigned |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    assigned |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in assigned | objects.keys() | set(dir(builtins)):
            unknown += [node.id] if node.id != "sample" else []  # docs/sensors.md says in a comment what it is
        elif isinstance(node, ast.Attribute):
            _, missing = resolved(node, objects)
            unknown += [missing] if missing else []
        elif isinstance(node, ast.Call):
            unknown += wrong_keywords(node, objects)
    return unknown


def imported(tree: ast.AST) -> tuple[dict[str, Any], list[str]]:
    """What the snippet's imports bind, and those that do not exist."""
    objects: dict[str, Any] = {}
    unknown: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                module = importlib.import_module(alias.name)
                objects[alias.asname or alias.name.split(".")[0]] = (
                    module if alias.asname else importlib.import_module(alias.name.split(".")[0])
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            module = importlib.import_module(node.module)
            for alias in node.names:
                if hasattr(module, alias.name):
                    objects[alias.asname or alias.name] = getattr(module, alias.name)
                else:
                    unknown.append(f"{node.module}.{alias.name}")
    return objects, unknown


def resolved(node: ast.expr, objects: dict[str, Any]) -> tuple[Any, str]:
    """The object of a dotted name, or what of it does not exist; (None, "") where only a run could tell."""
    if isinstance(node, ast.Name):
        return objects.get(node.id), ""
    if not isinstance(node, ast.Attribute):
        return None, ""
    owner, missing = resolved(node.value, objects)
    if owner is None:
        return None, missing
    if not hasattr(owner, node.attr):
        return None, ast.unparse(node)
    return getattr(owner, node.attr), ""


def wrong_keywords(call: ast.Call, objects: dict[str, Any]) -> list[str]:
    function, _ = resolved(call.func, objects)
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # nothing that is known here, or written in C
        return []
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values()):
        return []
    name = ast.unparse(call.func)
    return [f"{name}({word.arg}=)" for word in call.keywords if word.arg and word.arg not in parameters]
