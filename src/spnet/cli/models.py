"""`spnet models`: what weights there are, and converting and checking them."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

app = App(name="models", help="List, describe, convert and check weights.")


@app.command(name="list")
def list_() -> None:
    """List all known weights."""
    from rich.console import Console
    from rich.table import Table

    from spnet.model.build import parameter_count
    from spnet.model.weights import list_models
    from spnet.model.weights_table import ALIASES, BUNDLED

    table = Table("name", "revision", "parameters", "licence", "where")
    for info in list_models():
        aliases = "".join(f" ({alias})" for alias, name in ALIASES.items() if name == info.name)
        where = "bundled" if info.name in BUNDLED else "hub" if info.hub_id else f"pass the path of {info.file}"
        count = f"{parameter_count(info.config) / 1e6:.1f} M"
        table.add_row(info.name + aliases, info.config.revision, count, info.licence, where)
    Console().print(table)


@app.command
def info(source: str) -> None:
    """Describe weights.

    Parameters
    ----------
    source:
        A bundled name or a weights file.
    """
    from spnet.model.build import parameter_count
    from spnet.model.weights import read_weights

    _, found = read_weights(source)
    config = found.config
    print(f"name        {found.name}")
    print(f"revision    {config.revision}, norm {config.norm}")
    print(f"size        dims {config.dims}, depths {config.depths}, {parameter_count(config):,} parameters")
    print(f"max_depth   {'any (scale-free)' if found.max_depth is None else f'{found.max_depth:g} m'}")
    print(f"licence     {found.licence or 'not stated'}")
    print(f"trained on  {found.trained_on or 'not stated'}")


@app.command
def convert(source: str, target: Path) -> None:
    """Convert weights to .safetensors, or to a .pth that the original reads; no bit of a weight changes.

    Parameters
    ----------
    source:
        A bundled name or a weights file.
    target:
        File to write, .safetensors or .pth.
    """
    from spnet.model import weights

    found = weights.convert(source, target)
    print(f"Wrote {target}: {found.name}, revision {found.config.revision}.")


@app.command
def verify(source: str = "default") -> None:
    """Check that weights are what was published (bundled ones, by hash) and load.

    Parameters
    ----------
    source:
        A bundled name or a weights file.
    """
    from spnet.model import weights

    found = weights.verify(source)
    print(f"{found.name}: {'hash and ' if found.sha256 else ''}content in order.")
