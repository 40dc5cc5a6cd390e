"""Every `spnet` and `curl` line of the documents is run as it is written, on small files; what is not is listed here.

Evaluations run without worker processes (tests/evaluation start them), plans tell of neither time nor memory
(tests/training try them), and a service's port is a free one.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from document_world import NETWORKS, copy_world, make_world
from documented import DOCUMENTS, blocks, shell_lines, spnet_commands, words
from PIL import Image

import miniatures
from command import spnet
from spnet.model.config import SIZES
from spnet.training.memory import Memory

HOURS = "trains, renders or measures for hours"


@dataclass(frozen=True)
class Rule:
    """What is done with the lines of some documents instead of running them.

    Attributes:
        document, start: which lines; the document may have *.
        how: "plan" (run with --dry-run, which reads data, start and configuration and makes the plan), "slow" (run, by
            `pytest -m slow` alone), or "parse" (only parsed).
        why: a reason that a reader would accept.
    """

    document: str
    start: str
    how: str
    why: str


RULES = [
    Rule("*", "spnet app", "parse", "stays up; test_the_page_starts starts it"),
    Rule("*", "spnet serve", "parse", "stays up; test_the_service_answers starts it"),
    Rule("*", "spnet train --overfit", "slow", "300 steps of the paper's large network"),
    Rule("*", "spnet train", "plan", HOURS),
    Rule("*", "torchrun", "plan", HOURS),
    Rule("*", "spnet ablate", "parse", f"{HOURS}; tests/cli/test_ablate.py runs a small one"),
    Rule("*", "spnet scenes render", "parse", f"{HOURS}; tests/scenes renders a few"),
    Rule("*", "spnet scenes assets", "parse", "needs the packages of models; tests/scenes makes a pack of a small one"),
    Rule("docs/scenes.md", "spnet scenes preview", "slow", "renders 24 scenes"),
    Rule("docs/speed.md", "spnet bench --quick", "slow", "measures for a minute"),
    Rule("docs/speed.md", "spnet bench", "parse", f"{HOURS}; spnet bench --quick is run"),
]
# Other programs than spnet and curl, whose lines are not run here.
OTHERS = {
    "pip install": "the environment of the tests is such an installation; .ci/run makes one from nothing",
    "make ": "test_documents.py looks for the targets; .ci/run makes them",
    "docker ": "needs a container engine",
    "python benchmarks/": "measures for minutes or hours; test_documents.py looks for script and options",
}


# Extras that a document's commands need, by a module of each.
NEEDED = {
    "README.md": ["cv2"],
    "MODEL_CARD.md": ["cv2"],
    "docs/datasets.md": ["h5py"],
    "docs/evaluation.md": ["cv2", "jinja2"],
    "docs/export.md": ["onnx", "onnxscript", "onnxruntime", "openvino"],
    "docs/scenes.md": ["cv2"],
    "docs/sparsity.md": ["cv2"],
}
# Files that a document says its commands write.
WRITTEN = {
    "README.md": ["rgb_depth.png", "rgb_preview.png", "dense.tiff", "out/a_depth.npy", "out/b_cloud.ply"],
    "docs/camera.md": ["out/rgb_preview.png", "rgb_cloud.ply"],
    "docs/datasets.md": ["data/kitti/manifest.json", "run/table.md"],
    "docs/evaluation.md": [
        "run/table.csv",
        "run/table.tex",
        "run/results.jsonl",
        "run/times.jsonl",
        "run/manifest.json",
    ],
    "docs/export.md": ["tiny.bin", "tiny.pt2", "engine.sh", "engine.onnx", "default_int8.onnx", "rgb_depth.png"],
    "docs/original.md": ["Test_Datasets/NYU/result_10%/0.png", "results/KITTI/result_0.1%/1.png", "large.safetensors"],
    "docs/sparsity.md": [f"Test_Datasets/iBims/{name}/0.png" for name in ("rgb", "gt", "raw_10%", "raw_sift_noise_5%")],
}


def rule_for(document: str, command: str) -> Rule | None:
    matching = (rule for rule in RULES if fnmatch(document, rule.document) and command.startswith(rule.start))
    return next(matching, None)


def chosen(document: str, *hows: str) -> list[str]:
    """A document's commands that are treated in one of these ways ("run": no rule is for them)."""
    rules = {command: rule_for(document, command) for command in spnet_commands(document)}
    return [command for command, rule in rules.items() if (rule.how if rule else "run") in hows]


def documents(*hows: str) -> list[str]:
    return [document for document in DOCUMENTS if chosen(document, *hows)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents") / "world"
    make_world(folder)
    return folder


@pytest.fixture
def user(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which a user types."""
    folder = copy_world(world, tmp_path / "user")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)  # `python` is this one
    monkeypatch.setattr("spnet.cli.eval._workers", lambda jobs: 0)
    return folder


def made_before(document: str, user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a document takes for granted and only our own commands can make, or archives of others."""
    for module in NEEDED.get(document, ()):
        pytest.importorskip(module)
    if document == "docs/datasets.md":
        miniatures.kitti_selection(Path.home() / "archives/kitti", (32, 48))
        miniatures.nyuv2_mat(Path.home() / "archives/nyuv2", size=(480, 640))
    if document == "docs/training.md":
        (config,) = [text for text in blocks(document, "yaml") if text.startswith("# mine.yaml")]
        for name in ("mine.yaml", "runs/one/config.yaml"):
            Path(name).write_text(config)
    if document == "docs/evaluation.md":
        for name in ("old", "new"):
            few = ("--data", "eval/set1", "--patterns", "random(1%)", "--methods", "default", "--no-report")
            assert spnet(monkeypatch, "eval", *few, "-o", name) == 0
        for picture in Path("eval").glob("*/gt/*.png"):  # what another program is said to have left
            for pattern in ("random_10%", "random_1%", "random_0.1%", "random_500", "lidar_16", "holes"):
                target = Path("their_depth_maps", picture.parts[1], pattern, picture.name)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.hardlink_to(picture)


@pytest.mark.parametrize("document", documents("run"))
def test_commands_run(document: str, user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_before(document, user, monkeypatch)
    for command in chosen(document, "run"):  # later ones go on where earlier ones ended
        assert spnet(monkeypatch, *words(command)) == 0, command
    for name in WRITTEN.get(document, ()):
        assert (user / name).is_file(), name
    if document == "docs/export.md":  # the program for a graph without this package
        (code,) = blocks(document, "python")
        exec(compile(code, document, "exec"), {})
        assert np.isfinite(np.load("dense.npy")).all()


@pytest.mark.parametrize("document", documents("plan"))
def test_trainings_can_be_planned(
    document: str, user: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("spnet.training.plan._measure", lambda *_: "no steps are tried in a test")  # of 64 images each
    monkeypatch.setattr("spnet.training.plan.training_memory", lambda *_: Memory(1, 1, 1))  # 3 s for each
    monkeypatch.setitem(SIZES, "tiny", NETWORKS["Tiny_300.pth"])  # so small weights are a start that fits
    made_before(document, user, monkeypatch)
    for command in chosen(document, "plan"):
        processes = [int(number) for number in re.findall(r"^torchrun.*--(?:nnodes|nproc-per-node) (\d+)", command)]
        monkeypatch.setenv("WORLD_SIZE", str(int(np.prod(processes))))
        dry = [] if "--dry-run" in command else ["--dry-run"]
        assert spnet(monkeypatch, *words(command), *dry) == 0, command
        out = capsys.readouterr().out
        assert "there are no images" not in out, command


@pytest.mark.slow
@pytest.mark.parametrize("document", documents("slow"))
def test_slow_commands_run(document: str, user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in chosen(document, "slow"):
        assert spnet(monkeypatch, *words(command)) == 0, command


def test_every_line_is_run_or_listed() -> None:
    for document in DOCUMENTS:
        for line in shell_lines(document):
            known = line.startswith(("spnet ", "torchrun ", "curl ", *OTHERS))
            assert known, f"{document}: nothing is known of {line!r}: run it in a test, or say why not"
    lines = [(document, line) for document in DOCUMENTS for line in shell_lines(document)]
    for rule in RULES:
        assert any(rule_for(*line) is rule for line in lines), f"nothing needs {rule}"
    for start in OTHERS:
        assert any(line.startswith(start) for _, line in lines), f"nothing needs {start!r}"


@contextmanager
def started(command: list[str], url: str, log: Path) -> Iterator[None]:
    """A server as a process of its own, while it answers at `url`."""
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file)
    try:
        for _ in range(600):
            with suppress(OSError), urllib.request.urlopen(url, timeout=5):
                break
            assert process.poll() is None, log.read_text()
            time.sleep(0.2)
        else:
            pytest.fail(f"nothing answers: {log.read_text()}")
        yield
    finally:
        process.terminate()
        process.wait(30)


def on_free_port(text: str, documented: int) -> tuple[str, int]:
    """The text with a free port in place of the one that the document takes, which somebody may use here."""
    assert str(documented) in text
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    return text.replace(str(documented), str(port)), port


def test_the_service_answers(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fastapi", reason="the service needs the extra serve")
    httpx = pytest.importorskip("httpx", reason="the client needs the extra client")
    if not shutil.which("curl"):
        pytest.skip("there is no curl")
    (command,) = [line for line in spnet_commands("docs/service.md") if line.startswith("spnet serve")]
    requests = [line for line in shell_lines("docs/service.md") if line.startswith("curl ")]
    assert len(requests) >= 3
    snippets = blocks("docs/service.md", "py")
    everything, port = on_free_port("\n".join([command, *requests, "#", *snippets]), 8000)
    command, *requests = everything.partition("\n#\n")[0].splitlines()
    with started([sys.executable, "-m", "spnet", *words(command)], f"http://127.0.0.1:{port}/readyz", user / "log"):
        for line in requests:
            subprocess.run([*shlex.split(line), "--no-progress-meter", "--fail"], check=True, timeout=120)
            assert np.asarray(Image.open(re.findall(r"-o (\S+)", line)[0])).shape == (480, 640), line
        for page in ("docs", "openapi.json", "healthz", "metrics", "v1/models"):
            assert httpx.get(f"http://127.0.0.1:{port}/{page}").status_code == 200, page
        exec(compile(everything.partition("\n#\n")[2], "docs/service.md", "exec"), {})


@pytest.mark.parametrize("what", ["command", pytest.param("space", marks=pytest.mark.slow)])  # gradio: seconds each
def test_the_page_starts(what: str, user: Path) -> None:
    pytest.importorskip("gradio", reason="the page needs the extra app")
    if what == "command":
        (command,) = [line for line in spnet_commands("docs/app.md") if line.startswith("spnet app")]
        text, port = on_free_port(command, 7860)
        arguments = ["-m", "spnet", *words(text)]
    else:
        (code,) = [code for code in blocks("docs/app.md", "py") if code.startswith("# app.py")]
        text, port = on_free_port(code, 7860)
        Path("app.py").write_text(text)
        arguments = ["app.py"]
    with started([sys.executable, *arguments], f"http://127.0.0.1:{port}/", user / "log"):
        page = urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60).read()
    assert b"gradio" in page


def test_the_page_is_mounted(user: Path) -> None:
    pytest.importorskip("gradio", reason="the page needs the extra app")
    client = pytest.importorskip("fastapi.testclient", reason="needs httpx")
    (code,) = [code for code in blocks("docs/app.md", "py") if "mount_gradio_app" in code]
    names: dict[str, Any] = {}
    exec(compile(code, "docs/app.md", "exec"), names)
    assert "gradio" in client.TestClient(names["app"]).get("/spnet/").text
