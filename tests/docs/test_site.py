"""The documentation builds as a site without a warning, loads nothing from elsewhere, and its links hold."""

from __future__ import annotations

import doctest
import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from urllib.parse import unquote

import pytest

from by_path import loaded

ROOT = Path(__file__).parents[2]
for package in ("mkdocs", "material", "mkdocstrings_handlers.python"):
    pytest.importorskip(package, reason="the site needs pip install '.[docs]'")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; the fixture fails where the build warns."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    run = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    )
    assert run.returncode == 0, run.stderr
    assert "WARNING" not in run.stderr, run.stderr
    return folder


@pytest.fixture
def hooks() -> ModuleType:
    return loaded("docs/site_hooks.py")


def test_every_document_is_a_page(site: Path) -> None:
    pages = {page.parent.relative_to(site).as_posix() for page in site.rglob("index.html")}
    documents = {path.stem for path in (ROOT / "docs").glob("*.md")}
    programs = {f"examples/{path.stem}" for path in (ROOT / "examples").glob("*.py")}
    assert documents | programs | {".", "model_card", "examples", "changelog", "contributing"} <= pages
    assert not list(site.rglob("site_*.py"))


def test_links_and_pictures_of_the_pages_hold(site: Path) -> None:
    checked = 0
    for page in site.rglob("*.html"):
        if page.name == "404.html":  # its links are absolute, for a server
            continue
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r'(?:href|src)="([^"#?]+)', text):
            if not re.match(r"[a-z]+:", target):
                assert (page.parent / unquote(target)).exists(), f"{page.relative_to(site)}: {target}"
                checked += 1
    assert checked > 500


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|img|iframe)[^>]* src="?(https?:[^">]+)', text)
        loaded += re.findall(r'<link[^>]* rel="?(?:stylesheet|preconnect|icon)"?[^>]* href="?(https?:[^">]+)', text)
        assert not loaded, page


def test_lists_and_tables_are_rendered(site: Path) -> None:
    for page in site.rglob("index.html"):
        article = re.search(r"<article.*?</article>", page.read_text(encoding="utf-8"), re.S)
        assert article, page
        text = re.sub(r"<(pre|code)\b.*?</\1>", "", article[0], flags=re.S)
        for paragraph in re.findall(r"<p>(.*?)</p>", text, re.S):
            assert not re.search(r"^(- |\* |\| )|```", paragraph, re.M), f"{page.parent.name}: {paragraph}"


def test_the_api_page_shows_docstrings(site: Path) -> None:
    text = (site / "api" / "index.html").read_text(encoding="utf-8")
    for name in ("spnet.predictor.Predictor.complete", "spnet.geometry.project", "spnet.io.read_depth"):
        assert f'id="{name}"' in text, name
    plain = " ".join(re.sub(r"<[^>]+>", "", text).split())
    assert "where points share a pixel, the nearest" in plain
    assert "tensors; weights_info(model) tells what it is." in plain  # one entry, though it has two lines
    assert "predictor = Predictor()" in re.sub(r"<[^>]+>", "", "".join(re.findall(r"<pre.*?</pre>", text, re.S)))
    assert "<blockquote>" not in text  # what Markdown makes of ">>>"
    assert "doctest:" not in text


def test_links_between_files_become_links_between_pages(hooks: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    def turned(markdown: str, page: str) -> str:
        return hooks.on_page_markdown(markdown, SimpleNamespace(file=SimpleNamespace(src_uri=page)))

    assert turned("[a](docs/app.md) ![b](docs/images/app.png)", "index.md") == "[a](app.md) ![b](images/app.png)"
    assert turned("[a](../MODEL_CARD.md#figures)", "limits.md") == "[a](model_card.md#figures)"
    assert (
        turned("[a](../docs/sparsity.md) [b](https://x.org/y)", "examples.md")
        == "[a](sparsity.md) [b](https://x.org/y)"
    )
    assert not caplog.records
    with caplog.at_level(logging.WARNING):
        turned("[a](../pyproject.toml)", "app.md")
    assert "leads to no page" in caplog.text


@pytest.mark.parametrize("name", ["site_hooks", "site_docstrings"])
def test_examples_in_the_sites_own_modules(name: str) -> None:
    result = doctest.testmod(loaded(f"docs/{name}.py"))
    assert result.attempted > 0
    assert result.failed == 0
