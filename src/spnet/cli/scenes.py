"""`spnet scenes`: synthetic RGB-D pairs, rendered here; a contact sheet of them; the asset pack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

if TYPE_CHECKING:
    from spnet.scenes.spec import SceneSpec

app = App(name="scenes", help="Render synthetic scenes: pairs to train on, a contact sheet; fetch the asset pack.")

Names = Annotated[str, Parameter(allow_leading_hyphen=False)]
Renderer = Literal["auto", "gl", "torch"]
KINDS = "room,table,street"


@app.command
def render(
    *,
    out: Annotated[Path, Parameter(name=["--out", "-o"])],
    count: Annotated[int, Parameter(name=["--count", "-n"])] = 100,
    kinds: Names = KINDS,
    seed: int = 0,
    size: str = "480x352",
    views: int = 3,
    save: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None,
    jobs: int = 1,
    renderer: Renderer = "auto",
    assets: Path | None = None,
    richness: float = 1.0,
) -> int:
    """Write pairs in the paper's folder layout, rgb/ and depth/, with a manifest that names seeds and licences.

    Goes on where it was stopped; with a larger --count, adds to what is there.

    Parameters
    ----------
    out:
        Folder, new, empty or of an earlier run with the same options.
    count:
        Pairs.
    kinds:
        Of scenes, in turn; a kind that stands twice comes twice as often.
    seed:
        Decides everything, together with the other options and the assets.
    size:
        WIDTHxHEIGHT of a picture in pixels.
    views:
        Pictures of a scene.
    save:
        Some of normals, masks and surface (normals and materials, which simulated sensors use).
    jobs:
        Processes; each needs about a gigabyte.
    renderer:
        gl (OpenGL), torch (slow, works anywhere), or auto: gl where it can be used.
    assets:
        Folder of the asset pack, see `spnet scenes assets`; default: the usual one, where it is there.
    richness:
        Share of the procedural textures that are painted; less starts sooner.
    """
    from spnet.cli.progress import Watch
    from spnet.errors import BadInput
    from spnet.scenes.writing import write_scenes

    if jobs < 1:
        raise BadInput(f"--jobs {jobs}: expected 1 or more.")
    spec = _spec(kinds, seed, size, views, renderer, richness)
    with Watch() as watch:
        made = write_scenes(
            spec,
            count,
            out,
            save=save or (),
            jobs=jobs,
            assets=assets,
            report=lambda done, total: watch("rendering", done, total),
        )
    by = f" by {', '.join(sorted(made.renderers))}" if made.renderers else ""
    print(f"{made.written} pairs rendered{by}, {made.there} there already: {out}")
    return 0


@app.command
def preview(
    out: Path = Path("scenes.png"),
    *,
    count: Annotated[int, Parameter(name=["--count", "-n"])] = 24,
    kinds: Names = KINDS,
    seed: int = 0,
    size: str = "480x352",
    views: int = 1,
    columns: int = 6,
    width: int = 240,
    renderer: Renderer = "auto",
    assets: Path | None = None,
    richness: float = 1.0,
) -> int:
    """Draw a contact sheet: each pair's colour over its depth.

    Parameters
    ----------
    out:
        Picture to write.
    count:
        Pairs.
    kinds:
        Of scenes, in turn.
    seed:
        Of the pairs; those of `spnet scenes render` with the same options.
    size:
        WIDTHxHEIGHT of a pair in pixels.
    views:
        Pictures of a scene.
    columns:
        Pairs in a row.
    width:
        Of a pair on the sheet, pixels.
    renderer:
        See `spnet scenes render`.
    assets:
        See `spnet scenes render`.
    richness:
        See `spnet scenes render`.
    """
    from spnet.cli.progress import Watch
    from spnet.errors import BadInput
    from spnet.io import write_image
    from spnet.scenes.sampler import studio_here
    from spnet.scenes.sheet import contact_sheet

    if min(count, columns) < 1 or not 16 <= width <= 4096:
        raise BadInput("A sheet has at least one pair and one column; its pictures are 16 to 4096 pixels wide.")
    spec = _spec(kinds, seed, size, views, renderer, richness)
    shots = []
    with Watch() as watch:
        studio = studio_here(spec, assets)
        for scene in range(-(-count // views)):
            shots += studio.shoot(scene, range(min(views, count - scene * views)))
            watch("rendering", len(shots), count)
    write_image(out, contact_sheet(shots, columns, width))
    print(f"{count} pairs by {studio.renderer.description}: {out}")
    return 0


def _spec(kinds: str, seed: int, size: str, views: int, renderer: str, richness: float) -> SceneSpec:
    from spnet.scenes.spec import SCHEME, parse_spec

    options = f"seed={seed}&size={size}&views={views}&renderer={renderer}&richness={richness}"
    return parse_spec(f"{SCHEME}{kinds}?{options}")[0]


@app.command(name="assets")
def fetch(
    *,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    source: Annotated[list[Path] | None, Parameter(name="--from", consume_multiple=True, negative="")] = None,
) -> int:
    """Fetch the asset pack: furniture models and maps of light, with their credits in ATTRIBUTION.txt beside it.

    From Debian's sweethome3d-furniture (CC0 and CC BY 3.0) and npm's @pmndrs/assets (CC0), 134 MB, checked by SHA-256.
    Needs the extra "assets". Goes on where it was stopped; does nothing where the pack is there.

    Parameters
    ----------
    out:
        Folder of the pack; default: $SPNET_ASSETS, or spnet/assets in the user's cache folder.
    source:
        Packages at hand, which are then not fetched: a .tgz with the maps, a .deb or a folder with the furniture.
    """
    from spnet.scenes.assets import fetch_assets

    given = {"maps" if path.suffix == ".tgz" else "furniture": path for path in source or []}
    pack = fetch_assets(out, sources=given, progress=lambda line: print(line, flush=True))
    print(f"{len(pack.models)} models, {len(pack.environments)} maps of light in {pack.folder}")
    return 0
