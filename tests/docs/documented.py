"""What documents tell to type: fenced blocks, and command lines split as a shell would."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

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
    """Contents of all fences of one language ("" for none), also of those inside lists, without their indentation."""
    text = (ROOT / document).read_text(encoding="utf-8")
    found = re.findall(r"^( *)```([^\n]*)\n(.*?)^\1```$", text, re.S | re.M)
    return [re.sub(f"^{indent}", "", body, flags=re.M) for indent, kind, body in found if kind == language]


def shell_lines(document: str) -> list[str]:
    """Everything that a document tells to type into a shell, continued lines joined, comments taken away."""
    lines = "\n".join(blocks(document, "sh")).replace("\\\n", " ").splitlines()
    return [line.partition("  #")[0].strip() for line in lines if line.strip()]


def spnet_commands(document: str) -> list[str]:
    """The lines that start `spnet`, by itself or by torchrun."""
    return [line for line in shell_lines(document) if re.match(r"spnet |torchrun .*-m spnet ", line)]


def words(command: str) -> list[str]:
    """What `spnet` gets: quotes, ~ and (outside of quotes) * taken as a POSIX shell would, in the current folder.

    >>> words('spnet eval --data "eval/*" -o run/')
    ['eval', '--data', 'eval/*', '-o', 'run/']
    """
    found: list[str] = []
    for typed in re.findall(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""", re.sub(r"^(torchrun .*-m )?spnet ", "", command)):
        (word,) = shlex.split(typed)
        matches = sorted(map(str, Path().glob(word))) if "*" in re.sub(r"""(["']).*?\1""", "", typed) else []
        found += matches or [str(Path(word).expanduser()) if typed.startswith("~") else word]
    return found
