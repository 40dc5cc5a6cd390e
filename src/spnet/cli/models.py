"""`spnet models`: what weights there are, and converting and checking them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

if TYPE_CHECKING:
    from spnet.model.weights_table import WeightsInfo

app = App(name="models", help="List, describe, convert and check weights.")


@app.command(name="list")
def list_() -> None:
    """List all known weights."""
    from rich.console import Console
    from rich.table import Table

    from spnet.model.build import parameter_count
    from spnet.model.weights import list_models
    from spnet.model.weights_table import ALIASES

    table = Table(box=None, pad_edge=False)
    for title in ("name", "size", "revision", "parameters", "licence", "where"):
        table.add_column(title, overflow="fold", justify="right" if title == "parameters" else "left")
    for info in list_models():
        aliases = "".join(f" ({alias})" for alias, name in ALIASES.items() if name == info.name)
        count = f"{parameter_count(info.config) / 1e6:.1f} M"
        table.add_row(info.name + aliases, info.size, info.revision, count, info.licence, _where(info))
    Console().print(table)


@app.command(name="info")
def describe(source: str = "default") -> None:
    """Describe weights.

    Parameters
    ----------
    source:
        A name from `spnet models list`, or a weights file.
    """
    from rich.console import Console
    from rich.table import Table

    from spnet.model.weights import list_models, read_weights

    published = {info.name: info for info in list_models() if not _is_bundled(info)}
    # What is not part of the package is described without having it; everything else is read.
    info = published[source] if source in published else read_weights(source)[1]
    table = Table(box=None, pad_edge=False, show_header=False)
    for label, text in _rows(info):
        table.add_row(label, text)
    Console().print(table, markup=False, highlight=False)


@app.command
def convert(source: str, target: Path, *, half: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Convert weights to .safetensors, or to a .pth that the original reads; no bit of a weight changes.

    Parameters
    ----------
    source:
        A bundled name or a weights file.
    target:
        File to write, .safetensors or .pth.
    half:
        Store in half precision: half the size, no longer the same bits.
    """
    from spnet.model import weights

    info = weights.convert(source, target, half=half)
    print(f"Wrote {target}: {info.name}, revision {info.revision}.")


@app.command
def verify(source: str | None = None) -> None:
    """Check that weights are what was published (bundled ones, by hash), and that the network takes them.

    Parameters
    ----------
    source:
        A bundled name or a weights file; all bundled weights where it is not given.
    """
    from spnet.model import weights
    from spnet.model.weights_table import BUNDLED

    sources = [source] if source is not None else list(BUNDLED)
    for one in sources:
        info = weights.verify(one)
        print(f"{info.name}: {'hash and content' if info.sha256 else 'content'} in order.")
    if not sources:
        print("No weights are bundled with this installation.")


def _is_bundled(info: WeightsInfo) -> bool:
    from spnet.model.weights_table import BUNDLED

    return info.name in BUNDLED


def _where(info: WeightsInfo) -> str:
    if _is_bundled(info):
        return "bundled"
    return "model hub" if info.hub_id else f"pass the path of {info.file}"


def _rows(info: WeightsInfo) -> list[tuple[str, str]]:
    from spnet.model.build import parameter_count

    config = info.config
    scale = "any (the network does not depend on it)" if info.max_depth is None else f"{info.max_depth:g} m"
    rows = [
        ("name", info.name),
        ("description", info.description),
        ("size", f"{info.size}: dims {config.dims}, depths {config.depths}, {parameter_count(config):,} parameters"),
        ("revision", info.revision if info.revision == "g2" else f"{info.revision}, norm {config.norm}"),
        ("max_depth", scale),
        ("licence", info.licence or "not stated"),
        ("trained on", info.trained_on or "not stated"),
        ("sha256", info.sha256),
    ]
    return [row for row in rows if row[1]]
