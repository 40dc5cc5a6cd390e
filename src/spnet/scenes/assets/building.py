"""The asset pack, made from the packages."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from spnet.errors import BadInput, CannotWrite
from spnet.files import file_hash
from spnet.scenes.assets.catalogue import read_catalogue
from spnet.scenes.assets.conversion import Packed, Unfit, convert
from spnet.scenes.assets.maps import read_maps
from spnet.scenes.assets.naming import kind_of
from spnet.scenes.assets.packages import FURNITURE, MAPS, Package, Progress, fetch, opened
from spnet.scenes.assets.writer import Writer

PICTURE = 128  # pixels of a surface's picture


def default_folder() -> Path:
    """Where the pack lies unless told: $SPNET_ASSETS, or spnet/assets in the user's cache folder (XDG)."""
    told = os.environ.get("SPNET_ASSETS")
    if told:
        return Path(told).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "spnet" / "assets"


def build(folder: Path, sources: Mapping[str, Path], progress: Progress) -> None:
    """Fetch what is missing, convert it, and write the pack.

    Args:
        folder: of the pack.
        sources: packages at hand, by key.
        progress: is told what happens.

    Raises:
        SpnetError: no network, a wrong hash, an unwritable folder, a damaged package.
    """
    unknown = set(sources) - {FURNITURE.key, MAPS.key}
    if unknown:
        raise BadInput(f"There is no package {sorted(unknown)[0]!r}; there are {FURNITURE.key} and {MAPS.key}.")
    downloads = folder / "downloads"
    _writable(folder)
    found = {package.key: _found(package, sources, downloads, progress) for package in (FURNITURE, MAPS)}
    writer = Writer()
    with tempfile.TemporaryDirectory(prefix="spnet-") as scratch:
        for path in _catalogues(found[FURNITURE.key], Path(scratch)):
            add_catalogue(writer, path, progress)
    if not len(writer):
        raise BadInput(f"{found[FURNITURE.key]} has no model that can be used.")
    with opened(MAPS, found[MAPS.key]) as files:
        for name, radiance in read_maps(files).items():
            writer.map(name, radiance)
    used = {package.title: package.sha256 for package in (FURNITURE, MAPS)}
    writer.write(folder, used, attribution(writer.credits()))
    shutil.rmtree(downloads, ignore_errors=True)


def _writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CannotWrite(f"Cannot write into {folder}: {error.strerror or error}.") from error


def _found(package: Package, sources: Mapping[str, Path], downloads: Path, progress: Progress) -> Path:
    """Where a package is: as told, as installed, or as fetched; its files are what they should be."""
    if package.key in sources:
        path = sources[package.key]
        if not path.exists():
            raise BadInput(f"There is no {path}.")
        _check(package, path)
        return path
    installed = Path(package.installed) if package.installed else None
    if installed is not None and installed.is_dir():
        try:
            _check(package, installed)
        except BadInput as error:
            progress(f"{error} It is fetched instead.")
        else:
            progress(f"{package.title}: installed in {installed}")
            return installed
    path = fetch(package, downloads, progress)
    _check(package, path)
    return path


def _check(package: Package, path: Path) -> None:
    """Raise BadInput unless the SHA-256 of the file, or of the files in it that are used, are the expected ones."""
    if path.is_file() and file_hash(path) == package.sha256:
        return
    if not package.members:
        raise BadInput(f"{path} is not {package.title}: its SHA-256 is another.")
    with opened(package, path) as files:
        _members(package, files, path)


def _members(package: Package, files: Mapping[str, Callable[[], bytes]], path: Path) -> dict[str, bytes]:
    by_name = {name.rsplit("/", 1)[-1]: read for name, read in files.items()}
    contents: dict[str, bytes] = {}
    for name, expected in package.members.items():
        if name not in by_name:
            raise BadInput(f"{path} is not {package.title}: there is no {name} in it.")
        contents[name] = by_name[name]()
        if hashlib.sha256(contents[name]).hexdigest() != expected:
            raise BadInput(f"{path} is not {package.title}: the SHA-256 of {name} is another.")
    return contents


def _catalogues(path: Path, scratch: Path) -> list[Path]:
    """The catalogues of the furniture package as files."""
    if path.is_dir():
        return [path / name for name in FURNITURE.members]
    with opened(FURNITURE, path) as files:
        for name, content in _members(FURNITURE, files, path).items():
            (scratch / name).write_bytes(content)
    return [scratch / name for name in FURNITURE.members]


def add_catalogue(writer: Writer, path: Path, progress: Progress) -> Counter[str]:
    """Convert a catalogue's models into a pack.

    Returns:
        How many were added, named by no kind of ours, or left out and why.
    """
    counts: Counter[str] = Counter()
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())

        def read(name: str) -> bytes | None:
            return archive.read(name) if name in names else None

        for item in read_catalogue(path):
            kind = kind_of(item)
            if kind is None:
                counts["without a kind of ours"] += 1
                continue
            try:
                add_model(writer, convert(item, kind, read), read)
            except Unfit as why:
                counts["broken, torn when reduced, or with holes"] += 1
                progress(f"  left out {item.source} {item.name}: {why}")
            else:
                counts["added"] += 1
    progress(f"{path.name}: " + ", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    return counts


def add_model(writer: Writer, packed: Packed, read: Callable[[str], bytes | None]) -> None:
    """Put a converted model into the pack, its pictures with it."""
    item = packed.item
    materials: list[dict[str, Any]] = []
    for one in packed.materials:
        content = read(str(one["picture"])) if one["picture"] else None
        small = _small(content) if content else None
        materials.append({**one, "picture": writer.picture(small) if small else -1})
    writer.model(
        source=item.source,
        name=item.name,
        kind=packed.kind,
        author=item.author,
        licence=item.licence,
        elevation=item.elevation,
        points=packed.points,
        triangles=packed.triangles,
        material=packed.material,
        uv=packed.uv,
        materials=materials,
    )


def _small(content: bytes) -> bytes | None:
    """A picture as a small square JPEG; None for what is no picture."""
    try:
        picture = Image.open(io.BytesIO(content)).convert("RGB").resize((PICTURE, PICTURE), Image.Resampling.LANCZOS)
    except (OSError, ValueError):
        return None
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def attribution(credits: Sequence[tuple[str, str, str, str]]) -> str:
    """The text that the licences ask for: name, author, licence and source of everything in the pack."""
    lines = [
        "Models and maps in this asset pack, each: name - author - licence - source. Models were turned, scaled,",
        "reduced to about 6000 triangles at most, and their pictures made smaller; their authors do not endorse this.",
        "CC0 1.0: https://creativecommons.org/publicdomain/zero/1.0/",
        "CC BY 3.0: https://creativecommons.org/licenses/by/3.0/",
        "CC BY 3.0 US: https://creativecommons.org/licenses/by/3.0/us/",
        "",
        f"Models: {FURNITURE.title}, {FURNITURE.addresses[0]}; SHA-256 {FURNITURE.sha256}",
        f"Environment maps: {MAPS.title} (Poly Haven), CC0 1.0, {MAPS.addresses[0]}; SHA-256 {MAPS.sha256}",
        "",
    ]
    return "\n".join(lines + [" - ".join(one) for one in credits]) + "\n"
