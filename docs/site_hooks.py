"""MkDocs hooks: the repository's documents outside of docs/ as pages of the site, with links that hold in both places.

The documents link to each other as files of the repository, so that they read well on a code host. Here each such link
is turned into one between pages; one that leads to no page is a warning, and so ends a strict build.
"""

from __future__ import annotations

import logging
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

log = logging.getLogger("mkdocs.hooks.spnet")
ROOT = Path(__file__).parents[1]
PAGES = {  # file of the repository -> page of the site
    "README.md": "index.md",
    "MODEL_CARD.md": "model_card.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "examples/README.md": "examples.md",
}
LINK = re.compile(r"(\]\()([^)\s#]+)((?:#[^)\s]*)?\))")
CELL = re.compile(r"^# %%(.*)$", re.M)


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are not files of docs/."""
    for path, page in pages().items():
        text = (ROOT / path).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=notebook(text) if path.endswith(".py") else text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links between files of the repository become links between pages."""
    places = {uri: path for path, uri in pages().items()}
    here = posixpath.dirname(places.get(page.file.src_uri, f"docs/{page.file.src_uri}"))
    return LINK.sub(lambda match: match[1] + _turned(match[2], here, page.file.src_uri) + match[3], markdown)


def pages() -> dict[str, str]:
    """All documents outside of docs/, the examples' programs among them."""
    programs = sorted((ROOT / "examples").glob("*.py"))
    return PAGES | {f"examples/{program.name}": f"examples/{program.stem}.md" for program in programs}


def _turned(target: str, here: str, page: str) -> str:
    """A link's target, seen from `page`, whose file lies in the repository's folder `here`."""
    if re.match(r"[a-z]+:", target):
        return target
    path = posixpath.normpath(posixpath.join(here, target))
    if path in pages():
        place = pages()[path]
    elif path.startswith("docs/"):
        place = path.removeprefix("docs/")
    else:
        log.warning("%s: the link to %s leads to no page", page, target)
        return target
    return posixpath.relpath(place, posixpath.dirname(page) or ".")


def notebook(program: str) -> str:
    """A program in percent format as Markdown: `# %% [markdown]` cells as text, the others as code.

    >>> print(notebook("# %% [markdown]\\n# # Title\\n# %%\\nx = 1\\n"))
    # Title
    <BLANKLINE>
    ```python
    x = 1
    ```
    """
    parts = CELL.split(program)[1:]  # what stands before the first cell is for the interpreter
    cells = []
    for kind, body in zip(parts[::2], parts[1::2], strict=True):
        if "[markdown]" in kind:
            cells.append("\n".join(line.removeprefix("#").removeprefix(" ") for line in body.strip().splitlines()))
        else:
            cells.append(f"```python\n{body.strip()}\n```")
    return "\n\n".join(cells)
