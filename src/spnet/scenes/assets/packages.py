"""The packages that assets come from: where they lie, what they must contain, how they are fetched.

A file is used only if its SHA-256 is the one written here, so that a pack is the same everywhere.
"""

from __future__ import annotations

import io
import lzma
import os
import shutil
import subprocess
import tarfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from spnet.errors import BadInput, CannotWrite, SpnetError
from spnet.files import BLOCK, file_hash

Progress = Callable[[str], None]
TIMEOUT = 60.0  # seconds without a byte


class NoNetwork(SpnetError, OSError):
    """A package could not be fetched."""


@dataclass(frozen=True)
class Package:
    """A package.

    Attributes:
        key: how it is named in `fetch_assets(sources=...)`.
        title: for people.
        addresses: where it can be fetched, one after the other.
        sha256: of the fetched file.
        members: SHA-256 of the files in it that are used, by name; empty: the whole file is checked instead.
        installed: folder where the package's own client puts these files.
        client: command that fetches it into the current folder, if the addresses cannot be reached.
    """

    key: str
    title: str
    addresses: tuple[str, ...]
    sha256: str
    members: Mapping[str, str]
    installed: str
    client: tuple[str, ...]


FURNITURE = Package(
    "furniture",
    "Debian's sweethome3d-furniture 1.8-1",
    (
        "https://deb.debian.org/debian/pool/main/s/sweethome3d-furniture/sweethome3d-furniture_1.8-1_all.deb",
        "https://snapshot.debian.org/archive/debian/20210201T000000Z/pool/main/s/sweethome3d-furniture/"
        "sweethome3d-furniture_1.8-1_all.deb",
    ),
    "3ccb90c63f9525e887a767b9cd5c8b6933b8b6b2973a615a5359ee68a2118668",
    {
        "BlendSwap-CC-0.sh3f": "7ef093fe70cedbb160bdb532d86a84580459635e34130c16777f549eba1993dc",
        "BlendSwap-CC-BY.sh3f": "29ae78937b4d5dbe93db74067817a984fa411f017b007fd666bc40368bdb0c83",
        "KatorLegaz.sh3f": "f512443b5d3a6903497573095f971f44334b3165ab32182133051fa9487764a6",
        "Reallusion.sh3f": "dd553207876ccec6372dde7aaea6b2dcf2d631997fcdb8a9856a639e0db9aa9b",
        "Scopia.sh3f": "b4505451b1e8ab339c101c0afddfef4e1a07b95aa8c821c61ec41487afd43850",
    },
    "/usr/share/sweethome3d/furniture",
    ("apt-get", "download", "sweethome3d-furniture"),
)
MAPS = Package(
    "maps",
    "npm's @pmndrs/assets 1.7.0",
    ("https://registry.npmjs.org/@pmndrs/assets/-/assets-1.7.0.tgz",),
    "152bd218a3390703f184f0c6ce16e73c8f0a87f32d38530d418a09d33d8208dc",
    {},
    "",
    ("npm", "pack", "--silent", "@pmndrs/assets@1.7.0"),
)


def download(address: str, target: Path, expected: str, progress: Progress) -> None:
    """Fetch a file; a broken transfer is gone on with the next time, beside the target with the ending ".part".

    Raises:
        NoNetwork: the address cannot be reached or breaks off.
        BadInput: what came is not what was expected; it is thrown away.
        CannotWrite: the folder cannot be written.
    """
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        there = part.stat().st_size if part.exists() else 0
        request = urllib.request.Request(address, headers={"Range": f"bytes={there}-"} if there else {})
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            going_on = answer.status == 206
            total = int(answer.headers.get("Content-Length") or 0) + (there if going_on else 0)
            with part.open("ab" if going_on else "wb") as file:
                _copy(answer, file, total, progress)
        if part.stat().st_size < total:
            raise NoNetwork(f"{address} broke off after {part.stat().st_size / 1e6:.0f} of {total / 1e6:.0f} MB.")
    except NoNetwork:
        raise
    except urllib.error.HTTPError as error:
        if error.code != 416:  # nothing is missing: the check below decides
            raise NoNetwork(f"{address} answers {error.code} {error.reason}.") from error
    except urllib.error.URLError as error:
        raise NoNetwork(f"{address} cannot be reached: {error.reason}.") from error
    except PermissionError as error:
        raise CannotWrite(f"Cannot write {part}: {error.strerror}.") from error
    except OSError as error:
        raise NoNetwork(f"{address} broke off: {error.strerror or error}.") from error
    found = file_hash(part)
    if found != expected:
        part.unlink(missing_ok=True)
        raise BadInput(f"{address} is not the file it should be: SHA-256 {found[:12]}..., expected {expected[:12]}....")
    part.replace(target)


def _copy(answer: io.BufferedIOBase, file: io.BufferedIOBase, total: int, progress: Progress) -> None:
    told = file.tell()
    while block := answer.read(BLOCK):
        file.write(block)
        if file.tell() - told >= 20 * BLOCK:
            told = file.tell()
            progress(f"  {told / 1e6:.0f} of {total / 1e6:.0f} MB")


def by_client(package: Package, folder: Path, progress: Progress) -> Path | None:
    """The package, fetched by its own client; None where there is none, or it fails."""
    if not package.client or shutil.which(package.client[0]) is None:
        return None
    progress(f"trying {' '.join(package.client)}")
    folder.mkdir(parents=True, exist_ok=True)
    before = set(folder.iterdir())
    environment = {**os.environ, "LC_ALL": "C"}
    ended = subprocess.run(package.client, cwd=folder, env=environment, capture_output=True, check=False, timeout=1800)
    new = sorted(set(folder.iterdir()) - before)
    return new[0] if ended.returncode == 0 and new else None


def fetch(package: Package, folder: Path, progress: Progress) -> Path:
    """A package's file: one fetched before, from one of its addresses, or by its client.

    Raises:
        NoNetwork: no way works; says what to do.
        BadInput: what came has the wrong hash.
    """
    target = folder / package.addresses[0].rsplit("/", 1)[-1]
    if target.exists() and file_hash(target) == package.sha256:
        return target
    reasons: list[str] = []
    for address in package.addresses:
        progress(f"fetching {package.title}: {address}")
        try:
            download(address, target, package.sha256, progress)
        except NoNetwork as error:
            reasons.append(str(error))
            continue
        return target
    other = by_client(package, folder, progress)
    if other is not None:
        return other
    raise NoNetwork(
        f"Cannot fetch {package.title}: {' '.join(reasons)} Fetch it elsewhere ({package.addresses[0]}) and name the "
        f"file: spnet scenes assets --from FILE"
    )


@contextmanager
def opened(package: Package, path: Path) -> Iterator[Mapping[str, Callable[[], bytes]]]:
    """The files of a package, by name, from its archive (.deb, .tgz) or a folder that holds them.

    Raises:
        BadInput: it is none of these.
    """
    if path.is_dir():
        yield {one.name: one.read_bytes for one in sorted(path.iterdir()) if one.is_file()}
        return
    try:
        with path.open("rb") as file:
            stream: io.BufferedIOBase = io.BytesIO(_data_of_deb(file)) if file.read(8) == b"!<arch>\n" else file
            stream.seek(0)
            with tarfile.open(fileobj=stream) as archive:
                yield {
                    member.name.removeprefix("./"): lambda member=member: _content(archive, member)  # type: ignore[misc]
                    for member in archive
                    if member.isfile()
                }
    except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
        raise BadInput(f"{path} is no {package.title}: neither a .deb nor a .tgz, or damaged.") from error
    except FileNotFoundError as error:
        raise BadInput(f"There is no file {path}.") from error


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    return file.read() if file is not None else b""


def _data_of_deb(file: io.BufferedReader) -> bytes:
    """The data.tar of a Debian package, unpacked: an ar archive of members with headers of 60 bytes (deb(5))."""
    file.seek(8)
    while header := file.read(60):
        name, size = header[:16].decode("ascii", "replace").strip().rstrip("/"), int(header[48:58])
        if name.startswith("data.tar"):
            content = file.read(size)
            return lzma.decompress(content) if name.endswith((".xz", ".lzma")) else content
        file.seek(size + size % 2, io.SEEK_CUR)
    raise EOFError("no data.tar")
