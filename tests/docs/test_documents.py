"""The documents' commands parse, and what they name is there; test_commands.py runs them."""

from __future__ import annotations

import re
import shlex

import pytest
from documented import DOCUMENTS, ROOT, blocks, shell_lines, spnet_commands, words

from spnet.cli.main import app


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if spnet_commands(name)])
def test_commands_of_the_documents_parse(document: str) -> None:
    for command in spnet_commands(document):
        if command.endswith("--help"):
            continue
        app.parse_args(words(command), exit_on_error=False, print_error=False)


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


@pytest.mark.parametrize("document", DOCUMENTS)
def test_benchmarks_that_documents_name_exist_with_their_options(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in shell_lines(document) if line.startswith("python benchmarks/")]
    for command in [*lines, *re.findall(r"`(python benchmarks/[^`]*)`", text)]:
        _, script, *rest = shlex.split(command)
        source = (ROOT / script).read_text(encoding="utf-8")
        for option in (word for word in rest if word.startswith("-")):
            assert f'"{option}"' in source, f"{document}: {script} has no {option}"
