"""The documents' commands and snippets work as written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spnet.cli.main import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    "README.md",
    "MODEL_CARD.md",
    "docs/training.md",
    "docs/original.md",
    "docs/datasets.md",
    "docs/evaluation.md",
    "docs/methods.md",
    "docs/protocols.md",
    "docs/sparsity.md",
    "docs/sensors.md",
    "docs/scenes.md",
    "docs/export.md",
    "docs/speed.md",
    "docs/service.md",
    "docs/app.md",
    "examples/README.md",
    "CONTRIBUTING.md",
]


def blocks(document: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / document).read_text(encoding="utf-8"), re.S | re.M)


def spnet_commands(document: str) -> list[str]:
    lines = "\n".join(blocks(document, "sh")).replace("\\\n", " ").splitlines()
    lines = [re.sub(r"^torchrun .* -m spnet ", "spnet ", line) for line in lines]
    return [line.split("  #")[0].strip() for line in lines if line.startswith("spnet ")]


@pytest.fixture
def users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the README speaks of."""
    rng = np.random.default_rng(0)
    depth = (rng.integers(500, 4000, (48, 64)) * (rng.random((48, 64)) < 0.1)).astype(np.uint16)
    for name in ("rgb.png", "rgb/a.png", "rgb/b.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)).save(tmp_path / name)
    for name in ("depth.png", "depth/a.png", "depth/b.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(depth).save(tmp_path / name)
    np.save(tmp_path / "lidar.npy", depth.astype(np.float32) / 1000)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_commands_of_the_readme_run(users_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commands = [command for command in spnet_commands("README.md") if command.startswith("spnet complete")]
    assert len(commands) >= 4
    for command in commands:
        status = app(shlex.split(command)[1:], exit_on_error=False, result_action="return_value")
        assert status in (0, None), command
    for name in ("rgb_depth.png", "rgb_preview.png", "dense.tiff", "out/a_depth.npy", "out/b_cloud.ply"):
        assert (users_folder / name).is_file(), name


@pytest.mark.parametrize(
    "document",
    [
        "README.md",
        "docs/training.md",
        "docs/original.md",
        "docs/datasets.md",
        "docs/evaluation.md",
        "docs/sparsity.md",
        "docs/scenes.md",
        "docs/export.md",
        "docs/speed.md",
        "MODEL_CARD.md",
    ],
)
def test_commands_of_the_documents_parse(document: str) -> None:
    commands = spnet_commands(document)
    assert commands
    for command in commands:
        if command.endswith("--help"):
            continue
        app.parse_args(shlex.split(command)[1:], exit_on_error=False, print_error=False)


def test_python_of_the_readme_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    for code in blocks("README.md", "python"):
        exec(compile(code, "README.md", "exec"), {})
    assert "(480, 640) float32" in capsys.readouterr().out


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if not target.startswith(("http:", "https:")):
            assert ((ROOT / document).parent / target).exists(), target


def test_make_targets_of_the_readme_exist() -> None:
    named = set(re.findall(r"^make (\w+)", "\n".join(blocks("README.md", "sh")), re.M))
    assert named
    assert named <= set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M))
