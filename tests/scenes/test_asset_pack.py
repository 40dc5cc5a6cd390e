"""The asset pack, made from a miniature catalogue and miniature maps; nothing is fetched from the network."""

from __future__ import annotations

import hashlib
import io
import lzma
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from PIL import Image

from spnet.cli.scenes import fetch
from spnet.errors import BadInput, CannotWrite, MissingExtra
from spnet.files import file_hash
from spnet.scenes import assets, assets_here
from spnet.scenes.assets import building, fetch_assets, maps, open_assets, packages
from spnet.scenes.assets.catalogue import read_catalogue
from spnet.scenes.assets.coding import packed_map, unpacked
from spnet.scenes.assets.conversion import TRIANGLES, Unfit, convert
from spnet.scenes.assets.levels import level_faces
from spnet.scenes.assets.naming import RULES, kind_of
from spnet.scenes.assets.normals import shading
from spnet.scenes.assets.objects import read_object
from spnet.scenes.assets.pack import NAME, Assets
from spnet.scenes.assets.packages import NoNetwork, download, opened
from spnet.scenes.assets.writer import Writer
from spnet.scenes.models import Stock
from spnet.scenes.models.kinds import KINDS
from spnet.scenes.scene import Model
from spnet.scenes.shapes import box
from spnet.scenes.textures import TextureSet, procedural

CATALOGUE = """# made for this test
license=Public domain
id#1=a
name#1=Table
category#1=Living room
model#1=/x/table.obj
width#1=120
depth#1=80
height#1=75
creator#1=Ada
id#2=b
name#2=Wall socket
category#2=Miscellaneous
model#2=/x/table.obj
width#2=8
depth#2=2
height#2=8
id#3=c
name#3=Box
category#3=Miscellaneous
model#3=/x/box.obj
width#3=30
depth#3=40
height#3=50
elevation#3=20
license#3=Creative Commons Attribution 3.0 license
creator#3=Bob \\u00e9
modelRotation#3=0 0 1 0 1 0 -1 0 0
id#4=d
name#4=Basketball
category#4=Miscellaneous
model#4=/x/ball.obj
width#4=24
depth#4=24
height#4=24
id#5=e
name#5=Chair
category#5=Office
model#5=/x/broken.obj
width#5=50
depth#5=50
height#5=90
"""
MATERIALS = """newmtl wood
Kd 0.5 0.4 0.3
map_Kd wood.png
newmtl glass
Kd 0.8 0.9 0.9
d 0.3
newmtl chrome leg
Kd 0.7 0.7 0.7
Ks 0.9 0.9 0.9
Ns 200
"""


def cuboid(centre: tuple[float, float, float], size: tuple[float, float, float], first: int) -> tuple[str, int]:
    """OBJ text of a cuboid with y up, its first vertex having that number."""
    corners = [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    lines = [
        "v " + " ".join(f"{c + s * h / 2}" for c, s, h in zip(centre, corner, size, strict=True)) for corner in corners
    ]
    faces = ((1, 2, 4, 3), (5, 7, 8, 6), (1, 5, 6, 2), (3, 4, 8, 7), (1, 3, 7, 5), (2, 6, 8, 4))
    lines += ["f " + " ".join(f"{n + first - 1}/{k + 1}" for k, n in enumerate(face)) for face in faces]
    return "\n".join(lines) + "\n", first + 8


def table() -> str:
    text = "mtllib table.mtl\nvt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\nusemtl wood\n"
    part, number = cuboid((0, 0.73, 0), (1.2, 0.04, 0.8), 1)
    text += part + "usemtl chrome leg\n"
    for x in (-0.55, 0.55):
        for z in (-0.35, 0.35):
            part, number = cuboid((x, 0.355, z), (0.05, 0.71, 0.05), number)
            text += part
    return text


def ball(rings: int) -> str:
    theta = np.linspace(0.05, np.pi - 0.05, rings)
    phi = np.linspace(0, 2 * np.pi, 2 * rings, endpoint=False)
    points = [(np.sin(t) * np.cos(p), np.cos(t), np.sin(t) * np.sin(p)) for t in theta for p in phi]
    text = "mtllib table.mtl\nusemtl glass\n" + "".join(f"v {x} {y} {z}\n" for x, y, z in points)
    for i in range(rings - 1):
        for j in range(2 * rings):
            a, b = i * 2 * rings + j + 1, i * 2 * rings + (j + 1) % (2 * rings) + 1
            text += f"f {a} {b} {b + 2 * rings} {a + 2 * rings}\n"
    return text


def picture(mode: str = "RGB", alpha: int = 255) -> bytes:
    colour = (150, 90, 40) if mode == "RGB" else (150, 90, 40, alpha)
    buffer = io.BytesIO()
    Image.new(mode, (16, 8), colour).save(buffer, "PNG")
    return buffer.getvalue()


def write_catalogue(path: Path, changed: dict[str, bytes] | None = None) -> Path:
    """A catalogue of a table, a box, a ball, what no scene needs, and a chair that is nearly all empty box."""
    stray = cuboid((0, 0.5, 0), (0.1, 0.1, 0.1), 1)[0] + "v 20 20 20\nv 20.001 20 20\nv 20 20.001 20\nf 9 10 11\n"
    files = {
        "PluginFurnitureCatalog.properties": CATALOGUE.encode("latin1"),
        "x/table.obj": table().encode(),
        "x/table.mtl": MATERIALS.encode(),
        "x/wood.png": picture(),
        "x/box.obj": cuboid((0, 0, 0), (1, 2, 3), 1)[0].replace("/1", "").replace("/2", "").encode(),
        "x/ball.obj": ball(60).encode(),
        "x/broken.obj": stray.encode(),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**files, **(changed or {})}.items():
            archive.writestr(name, content)
    return path


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_catalogue(tmp_path_factory.mktemp("catalogue") / "Mini.sh3f")


def reader(path: Path) -> Any:
    archive = zipfile.ZipFile(path)
    return lambda name: archive.read(name) if name in archive.namelist() else None


def tarred(files: dict[str, bytes], mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def deb(files: dict[str, bytes]) -> bytes:
    """A Debian package as small as they come."""
    out = b"!<arch>\n"
    for name, content in (
        ("debian-binary", b"2.0\n"),
        ("control.tar.xz", b"odd"),
        ("data.tar.xz", lzma.compress(tarred(files))),
    ):
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode() + content
        out += b"\n" * (len(content) % 2)
    return out


@pytest.fixture(scope="module")
def shop(catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Miniature packages with the hashes that are asked for."""
    content, folder = catalogue.read_bytes(), tmp_path_factory.mktemp("shop")
    furniture, light = folder / "furniture.deb", folder / "maps.tgz"
    furniture.write_bytes(deb({"./usr/share/sweethome3d/furniture/Mini.sh3f": content}))
    light.write_bytes(tarred({"package/hdri/hall.exr.js": b"export default 'base64,QUJD'"}, "w:gz"))
    members = {"Mini.sh3f": hashlib.sha256(content).hexdigest()}
    with pytest.MonkeyPatch.context() as patch:
        for name, path, inner in (("FURNITURE", furniture, members), ("MAPS", light, {})):
            package = replace(
                getattr(packages, name),
                sha256=file_hash(path),
                members=inner,
                addresses=(f"http://127.0.0.1:9/{path.name}",),  # the port of "discard": nobody answers
                installed="",
                client=(),
            )
            patch.setattr(building, name, package)
            patch.setattr(assets, name, package)
        patch.setattr(building, "read_maps", lambda files: {"hall": np.ones((8, 16, 3), np.float32)})
        yield {"furniture": furniture, "maps": light}


@pytest.fixture(scope="module")
def pack(shop: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Assets:
    pytest.importorskip("fast_simplification", reason="making packs needs the extra 'assets'")
    return fetch_assets(tmp_path_factory.mktemp("pack"), sources=shop)


@pytest.fixture(scope="module")
def textures() -> TextureSet:
    return procedural(richness=0.0, side=16)


def test_a_catalogue_is_read(catalogue: Path) -> None:
    items = read_catalogue(catalogue)
    assert [item.name for item in items] == ["Table", "Wall socket", "Box", "Basketball", "Chair"]
    assert items[0].size == (1.2, 0.8, 0.75)
    assert (items[0].author, items[0].licence, items[0].source) == ("Ada", "CC0 1.0", "Mini:1")
    assert (items[2].author, items[2].licence, items[2].elevation) == ("Bob é", "CC BY 3.0", 0.2)
    assert [kind_of(item) for item in items] == ["table", None, "box", "ball", "office_chair"]


def test_every_rule_names_a_kind_of_ours() -> None:
    assert {kind for _, _, kind in RULES} <= set(KINDS)


def test_a_model_stands_where_it_should(catalogue: Path) -> None:
    items = read_catalogue(catalogue)
    packed = convert(items[0], "table", reader(catalogue))
    low, high = packed.points.min(0), packed.points.max(0)
    assert low == pytest.approx((-0.6, -0.4, 0.0), abs=1e-6)
    assert high == pytest.approx((0.6, 0.4, 0.75), abs=1e-6)
    wood, chrome = packed.materials
    assert (wood["picture"], wood["metal"]) == ("x/wood.png", False)
    assert (chrome["picture"], chrome["metal"]) == ("", True)
    assert packed.uv[packed.material == 0].max() == 1.0
    turned = convert(items[2], "box", reader(catalogue))  # its rotation about y exchanges x and z
    assert np.ptp(turned.points, axis=0) == pytest.approx((0.3, 0.4, 0.5))


def test_fronts_face_us(tmp_path: Path) -> None:
    """What lies at +z in the OBJ, where the catalogue's fronts are, comes to -y."""
    text = cuboid((0, 0.5, 0), (1, 1, 1), 1)[0] + "usemtl glass\n" + cuboid((0, 0.5, 0.55), (0.2, 0.2, 0.1), 9)[0]
    text = "mtllib table.mtl\n" + 4 * "vt 0 0\n" + text
    path = write_catalogue(tmp_path / "Front.sh3f", {"x/table.obj": text.encode()})
    packed = convert(read_catalogue(path)[0], "table", reader(path))
    knob = packed.points[np.unique(packed.triangles[packed.material == 1])]
    assert knob[:, 1].max() < -0.3


def test_heavy_models_are_reduced_and_stay_alike(catalogue: Path) -> None:
    pytest.importorskip("fast_simplification", reason="making packs needs the extra 'assets'")
    item = read_catalogue(catalogue)[3]
    shape = read_object(item.model, reader(catalogue))
    assert shape is not None
    assert len(shape.triangles) > 1.5 * TRIANGLES
    packed = convert(item, "ball", reader(catalogue))
    assert len(packed.triangles) <= 1.15 * TRIANGLES
    away = np.abs(np.linalg.norm(packed.points - [0, 0, 0.12], axis=1) - 0.12)
    assert away.max() < 0.002
    assert packed.materials[0]["opacity"] == pytest.approx(0.3)


def test_broken_models_are_left_out(catalogue: Path, tmp_path: Path) -> None:
    items = read_catalogue(catalogue)
    with pytest.raises(Unfit, match="almost nothing"):
        convert(items[4], "chair", reader(catalogue))
    with pytest.raises(Unfit, match="no faces"):
        convert(replace(items[0], model="x/none.obj"), "table", reader(catalogue))
    holes = write_catalogue(tmp_path / "Holes.sh3f", {"x/wood.png": picture("RGBA", 0)})
    with pytest.raises(Unfit, match="holes"):
        convert(read_catalogue(holes)[0], "table", reader(holes))


def test_level_faces_are_those_on_which_things_can_stand() -> None:
    def surfaces(*parts: tuple[tuple[float, float, float], tuple[float, float, float]]) -> Any:
        corners = np.concatenate([box(centre, size).corners for centre, size in parts])
        return level_faces(corners.reshape(-1, 3).astype(float), np.arange(3 * len(corners)).reshape(-1, 3), "shelf")

    top, bottom = ((0.0, 0.0, 0.79), (1.0, 0.4, 0.02)), ((0.0, 0.0, 0.21), (1.0, 0.4, 0.02))
    sides = [((x, 0.0, 0.4), (0.02, 0.4, 0.8)) for x in (-0.49, 0.49)]
    found = surfaces(top, bottom, *sides)
    assert [round(z, 2) for z, _, _ in found] == [0.22, 0.8]
    assert all(0.3 < x <= 0.5 and 0.15 < y <= 0.2 for _, x, y in found)
    low = ((0.0, 0.0, 0.29), (1.0, 0.4, 0.02))  # 7 cm above the bottom, nothing stands between them
    assert [round(z, 2) for z, _, _ in surfaces(top, bottom, low, *sides)] == [0.3, 0.8]
    assert level_faces(np.zeros((3, 3)), np.array([[0, 1, 2]]), "person") == ()


def test_what_is_packed_comes_back(pack: Assets, catalogue: Path) -> None:
    assert [entry.source for entry in pack.models] == ["Mini:1", "Mini:3", "Mini:4"]
    assert pack.by_kind == {"table": (0,), "box": (1,), "ball": (2,)}
    assert len(pack.textures) == 1
    model = pack.model(0, [7])
    original = convert(read_catalogue(catalogue)[0], "table", reader(catalogue))
    assert len(model.mesh) == len(original.triangles)
    assert model.size == pytest.approx((1.2, 0.8, 0.75), abs=1e-3)
    before = np.sort(original.points[original.triangles].mean(1), axis=0)
    assert np.sort(model.mesh.corners.mean(1), axis=0) == pytest.approx(before, abs=5e-4)
    flat = np.cross(
        model.mesh.corners[:, 1] - model.mesh.corners[:, 0], model.mesh.corners[:, 2] - model.mesh.corners[:, 0]
    )
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    assert (model.mesh.normals * flat[:, None]).sum(-1) == pytest.approx(1, abs=1e-3), "edges of 90 degrees stay sharp"
    assert model.materials[0].texture == 7
    assert model.surfaces[0][0] == pytest.approx(0.75, abs=1e-3)
    assert pack.model(1, [7]).elevation == 0.2
    ball_ = pack.model(2, [7]).mesh
    outward = (ball_.corners - [0, 0, 0.12]) / 0.12
    assert np.abs((ball_.normals * outward).sum(-1)).min() > 0.98, "round things shade smoothly"


def test_maps_keep_their_light() -> None:
    light = np.exp(np.random.default_rng(0).uniform(-4, 3.5, (16, 32, 1))).astype(np.float32).repeat(3, 2)
    smooth = light.mean() * np.ones_like(light)
    assert unpacked(packed_map(smooth)) == pytest.approx(smooth, rel=0.03)
    assert unpacked(packed_map(light)).mean() == pytest.approx(light.mean(), rel=0.1)


def test_shading_rounds_what_is_nearly_flat_alone() -> None:
    roof = np.array([[0, 0, 0], [2, 0, 0], [0, 0.2, 2], [0, 0.2, -2]], np.float32)  # two faces that lean by 11 degrees
    triangles = np.array([[0, 1, 2], [1, 0, 3]])
    normals = shading(roof[triangles], triangles)
    assert normals[0, 0] == pytest.approx(normals[1, 1])
    assert not np.allclose(normals[0, 0], normals[0, 2])


def test_the_stock_mixes_packed_and_made(pack: Assets, textures: TextureSet) -> None:
    stock = Stock(textures, pack)
    assert len(stock.textures) == len(textures) + 1
    assert stock.kinds == KINDS
    rng = np.random.default_rng(0)
    sources = [stock.pick(rng, "box").source for _ in range(60)]
    assert {"", "Mini:3"} == set(sources)
    packed = next(model for model in iter(lambda: stock.pick(rng, "table"), None) if model.source)
    assert packed.materials[0].texture == len(textures)
    small = [stock.pick(rng, "table", 0.3) for _ in range(10)]
    assert max(max(model.size) for model in small) <= 0.3
    assert {model.source for model in small} == {"", "Mini:1"}


def test_credits_and_licences_are_told(pack: Assets) -> None:
    text = (pack.folder / "ATTRIBUTION.txt").read_text()
    assert "Table - Ada - CC0 1.0 - Mini:1" in text
    assert "Box - Bob é - CC BY 3.0 - Mini:3" in text
    assert "hall - Poly Haven - CC0 1.0" in text
    assert assets_here.licences(["Mini:3", "", "unknown"], pack.folder) == ["Box - Bob é - CC BY 3.0 - Mini:3"]
    assert assets_here.pack_id(pack.folder) == pack.id


def test_the_pack_is_the_same_each_time_and_made_once(shop: dict[str, Path], pack: Assets, tmp_path: Path) -> None:
    again = fetch_assets(tmp_path / "other", sources=shop)
    assert again.id == pack.id
    told: list[str] = []
    before = (pack.folder / NAME).stat().st_mtime_ns
    fetch_assets(pack.folder, progress=told.append)
    assert ((pack.folder / NAME).stat().st_mtime_ns, told) == (before, [])


def test_without_a_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPNET_ASSETS", str(tmp_path / "none"))
    assert open_assets() is None
    assert assets_here.pack_id() == "none"
    assert assets_here.licences(["a"]) == []
    with pytest.raises(BadInput, match="no asset pack in"):
        open_assets(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no pack", b"PK\x03\x04 torn"])
def test_a_damaged_pack_is_one_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(BadInput, match="damaged"):
        open_assets(tmp_path)


def test_a_torn_pack_is_one_sentence_and_made_again(shop: dict[str, Path], pack: Assets, tmp_path: Path) -> None:
    torn = bytearray((pack.folder / NAME).read_bytes())
    torn[200 : len(torn) // 2] = bytes(len(torn) // 2 - 200)
    (tmp_path / NAME).write_bytes(torn)
    with pytest.raises(BadInput, match="damaged"):
        open_assets(tmp_path)
    told: list[str] = []
    assert fetch_assets(tmp_path, sources=shop, progress=told.append).id == pack.id
    assert "made again" in told[0]


def test_wrong_packages_are_refused(shop: dict[str, Path], tmp_path: Path) -> None:
    other = tmp_path / "other.deb"
    other.write_bytes(deb({"./Mini.sh3f": b"something else"}))
    with pytest.raises(BadInput, match=r"SHA-256 of Mini\.sh3f is another"):
        fetch_assets(tmp_path / "p", sources={**shop, "furniture": other})
    other.write_bytes(b"no archive at all")
    with pytest.raises(BadInput, match="neither"):
        fetch_assets(tmp_path / "p", sources={**shop, "furniture": other})
    with pytest.raises(BadInput, match="SHA-256"):
        fetch_assets(tmp_path / "p", sources={**shop, "maps": other})
    with pytest.raises(BadInput, match="There is no"):
        fetch_assets(tmp_path / "p", sources={**shop, "maps": tmp_path / "missing.tgz"})
    with pytest.raises(BadInput, match="no package 'carpets'"):
        fetch_assets(tmp_path / "p", sources={"carpets": other})
    assert not (tmp_path / "p" / NAME).exists()


def test_a_folder_of_catalogues_will_do(shop: dict[str, Path], catalogue: Path, tmp_path: Path) -> None:
    pytest.importorskip("fast_simplification", reason="making packs needs the extra 'assets'")
    assert len(fetch_assets(tmp_path / "p", sources={**shop, "furniture": catalogue.parent}).models) == 3


def test_no_network_is_one_sentence(shop: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(NoNetwork, match=r"(?s)Cannot fetch .*--from FILE"):
        fetch_assets(tmp_path / "p", sources={"maps": shop["maps"]})
    assert not (tmp_path / "p" / NAME).exists()


def test_an_unwritable_folder_is_one_sentence(shop: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite, match="Cannot write into"):
        fetch_assets(tmp_path / "file" / "pack", sources=shop)


class Shop(BaseHTTPRequestHandler):
    """Serves `content`, from where it is asked to; breaks off after `limit` bytes."""

    content: ClassVar[bytes] = b""
    limit: ClassVar[int] = 1 << 30
    asked: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        self.asked.append(self.headers.get("Range"))
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(self.content) - start))
        self.end_headers()
        self.wfile.write(self.content[start : min(start + self.limit, len(self.content))])

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        Shop.content, Shop.limit, Shop.asked = bytes(range(256)) * 200, 1 << 30, []
        yield f"http://127.0.0.1:{serving.server_port}/file.deb"
        serving.shutdown()


def test_a_broken_download_goes_on(server: str, tmp_path: Path) -> None:
    target, expected = tmp_path / "down" / "file.deb", hashlib.sha256(Shop.content).hexdigest()
    part = tmp_path / "down" / "file.deb.part"
    Shop.limit = 20_000
    with pytest.raises(NoNetwork, match="broke off"):
        download(server, target, expected, print)
    assert not target.exists()
    assert part.stat().st_size == 20_000
    Shop.limit = 1 << 30
    download(server, target, expected, print)
    assert Shop.asked == [None, "bytes=20000-"]
    assert target.read_bytes() == Shop.content
    assert not part.exists()


def test_a_wrong_hash_is_thrown_away(server: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not the file it should be"):
        download(server, tmp_path / "file.deb", "0" * 64, print)
    assert list(tmp_path.iterdir()) == []


def test_archives_are_opened(tmp_path: Path) -> None:
    for name, content in (("a.deb", deb({"./x/y": b"1"})), ("a.tgz", tarred({"x/y": b"1"}, "w:gz"))):
        path = tmp_path / name
        path.write_bytes(content)
        with opened(packages.FURNITURE, path) as files:
            assert {key: read() for key, read in files.items()} == {"x/y": b"1"}


def test_maps_are_read_from_their_modules(tmp_path: Path) -> None:
    exr = pytest.importorskip("OpenEXR", reason="making packs needs the extra 'assets'")
    import base64

    pixels = np.random.default_rng(0).uniform(0, 4, (8, 16, 3)).astype(np.float32)
    exr.File({"compression": exr.ZIP_COMPRESSION}, {"RGB": pixels}).write(str(tmp_path / "m.exr"))
    text = b"export default 'data:application/exr;base64," + base64.b64encode((tmp_path / "m.exr").read_bytes()) + b"'"
    found = maps.read_maps({"package/hdri/hall.exr.js": lambda: text, "package/readme": lambda: b""})
    np.testing.assert_allclose(found["hall"], pixels, rtol=1e-3)
    with pytest.raises(BadInput, match="no environment maps"):
        maps.read_maps({})
    with pytest.raises(BadInput, match="base64"):
        maps.read_maps({"hdri/a.exr.js": lambda: b"nothing"})


def test_a_missing_extra_is_named(catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fast_simplification", None)
    with pytest.raises(MissingExtra, match=r"spnet\[assets\]"):
        convert(read_catalogue(catalogue)[3], "ball", reader(catalogue))


def test_an_empty_pack_can_be_written(tmp_path: Path) -> None:
    Writer().write(tmp_path, {}, "nothing\n")
    pack = Assets(tmp_path)
    assert (pack.models, pack.textures, pack.environments) == ((), [], {})


def test_models_are_kept_ready(pack: Assets) -> None:
    first: Model = pack.model(0, [3])
    assert pack.model(0, [3]) is first
    assert pack.model(0, [4]) is not first


def test_the_command_takes_packages_at_hand(
    shop: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("fast_simplification", reason="making packs needs the extra 'assets'")
    assert fetch(out=tmp_path / "p", source=list(shop.values())) == 0
    assert "3 models, 1 maps of light in" in capsys.readouterr().out
    with pytest.raises(BadInput, match="There is no"):
        fetch(out=tmp_path / "q", source=[shop["furniture"], tmp_path / "none.tgz"])
