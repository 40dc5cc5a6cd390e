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
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "examples/README.md",
    *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
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


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if spnet_commands(name)])
def test_commands_of_the_documents_parse(document: str) -> None:
    for command in spnet_commands(document):
        if command.endswith("--help"):
            continue
        app.parse_args(shlex.split(command)[1:], exit_on_error=False, print_error=False)


def test_documents_that_tell_of_commands_are_found() -> None:
    assert sum(len(spnet_commands(name)) for name in DOCUMENTS) > 60
    assert {"README.md", "docs/training.md", "docs/service.md"} <= {name for name in DOCUMENTS if spnet_commands(name)}


def mentioned(document: str) -> list[str]:
    """Commands in running text, `spnet data list|info` once for each."""
    text = re.sub(r"^```.*?^```", "", (ROOT / document).read_text(encoding="utf-8"), flags=re.S | re.M)
    found = []
    for command in re.findall(r"`spnet\s([a-z][^`]*)`", text):
        first, *alternatives = re.split(r"(?<=[a-z])\|(?=[a-z])", command)
        found += [first, *(f"{first.rpartition(' ')[0]} {other}" for other in alternatives)]
    return found


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if mentioned(name)])
def test_commands_in_running_text_exist_with_their_options(document: str) -> None:
    for text in mentioned(document):
        words, command = shlex.split(text), app
        assert words[0] in command, text
        while words and not words[0].startswith("-") and words[0] in command:
            command = command[words.pop(0)]
        options = command.assemble_argument_collection() if command.default_command else ()  # a group has none
        known = {"--help", *(name for option in options for name in option.names)}
        for word in words:
            assert not word.startswith("-") or word in known, text


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
