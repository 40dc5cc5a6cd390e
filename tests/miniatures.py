"""Writers of small archives in the official layouts and byte formats, with content that shows a wrong axis order."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from PIL import Image

SIZE = (6, 10)  # H, W: neither square nor symmetric


def picture(seed: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """(H, W, 3) uint8 noise."""
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def ramp(start: float, size: tuple[int, int] = SIZE, step: float = 0.125) -> np.ndarray:
    """(H, W) float32 metres, no two pixels alike: a step along x is 1/8 m, one down is W steps."""
    count = size[0] * size[1]
    return (start + step * np.arange(count, dtype=np.float64).reshape(size)).astype(np.float32)


def save(path: Path, image: np.ndarray, **options: object) -> Path:
    """An image file of any kind that Pillow writes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path, **options)
    return path


def save16(path: Path, metres: np.ndarray, per_metre: float) -> Path:
    """A 16-bit PNG of metres."""
    stored = np.rint(np.asarray(metres, np.float64) * per_metre)
    assert stored.max() <= 65535, "these metres do not fit"
    return save(path, stored.astype(np.uint16))


def text(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def nyuv2_mat(root: Path, frames: int = 4, size: tuple[int, int] = SIZE) -> Path:
    """MATLAB v7.3 is HDF5 with reversed axes: images (N, 3, W, H), depths (N, W, H); splits.mat is MATLAB v5."""
    import h5py
    from scipy.io import savemat

    root.mkdir(parents=True, exist_ok=True)
    with h5py.File(root / "nyu_depth_v2_labeled.mat", "w") as file:
        file["images"] = np.stack([picture(i, size).transpose(2, 1, 0) for i in range(frames)])
        file["depths"] = np.stack([ramp(1 + i, size).T for i in range(frames)])
        raw = np.stack([ramp(1 + i, size).T for i in range(frames)])
        raw[:, 0, 0], raw[:, 1, 0] = 0, 10  # a hole and a saturated pixel, at (row 0, column 0) and (row 0, column 1)
        file["rawDepths"] = raw
    train = np.array([[1], [4]], np.uint16)
    savemat(root / "splits.mat", {"trainNdxs": train, "testNdxs": np.array([[3], [2]], np.uint16)})
    return root


def nyuv2_png(root: Path, *, dense: bool) -> Path:
    """As extract_official_train_test_set_from_mat.py of the monocular depth repositories writes it; numbers from 0."""
    for part, scene, number in (("test", "kitchen", 1), ("test", "bathroom", 2), ("train", "office", 0)):
        folder = root / "official_splits" / part / scene
        save(folder / f"rgb_{number:05d}.jpg", picture(number))
        save16(folder / f"sync_depth_{number:05d}.png", ramp(1 + number), 1000)
        if dense:
            save16(folder / "dense" / f"sync_depth_dense_{number:05d}.png", ramp(2 + number), 1000)
    return root


def tag_float() -> bytes:
    """What MPI Sintel's .dpt and .cam files start with."""
    return struct.pack("<f", 202021.25)


K_LINE = "721.5377 0 609.5593 0 722.5 172.854 0 0 1"  # fx 0 cx 0 fy cy 0 0 1, row by row


def kitti_selection(root: Path, size: tuple[int, int] = SIZE, frames: tuple[int, ...] = (13, 5)) -> Path:
    """data_depth_selection.zip: the kind of file is part of its name."""
    folder = root / "depth_selection" / "val_selection_cropped"
    for number in frames:
        stem = f"2011_09_26_drive_0002_sync_{{}}_{number:010d}_image_02"
        save(folder / "image" / f"{stem.format('image')}.png", picture(number, size))
        sparse = ramp(number, size)
        sparse[::2] = 0
        save16(folder / "velodyne_raw" / f"{stem.format('velodyne_raw')}.png", sparse, 256)
        save16(folder / "groundtruth_depth" / f"{stem.format('groundtruth_depth')}.png", ramp(number, size), 256)
        text(folder / "intrinsics" / f"{stem.format('image')}.txt", K_LINE + "\n")
    test = root / "depth_selection" / "test_depth_completion_anonymous"
    save(test / "image" / "0000000000.png", picture(1, size))
    save16(test / "velodyne_raw" / "0000000000.png", ramp(3, size), 256)
    text(test / "intrinsics" / "0000000000.txt", K_LINE)
    return root


def kitti_drives(root: Path, *, merged: bool) -> Path:
    """The annotated and the LiDAR archive and the raw data, merged into one folder or each in its own."""
    drive, day = "2011_10_03_drive_0047_sync", "2011_10_03"
    annotated, velodyne = (root, root) if merged else (root / "data_depth_annotated", root / "data_depth_velodyne")
    for side, number in ((2, 7), (3, 7), (2, 11)):
        file = f"{number:010d}.png"
        place = f"val/{drive}/proj_depth/{{}}/image_{side:02d}/{file}"
        save16(annotated / place.format("groundtruth"), ramp(number + side), 256)
        save16(velodyne / place.format("velodyne_raw"), ramp(number), 256)
        save(root / "kitti_raw" / day / drive / f"image_{side:02d}" / "data" / file, picture(number))
    rows = (
        f"P_rect_{side:02d}: 70{side}.0 0 60{side}.0 45.0 0 71{side}.0 17{side}.0 0.1 0 0 1 0.003" for side in (2, 3)
    )
    text(root / "kitti_raw" / day / "calib_cam_to_cam.txt", "calib_time: 09-Jan-2012\n" + "\n".join(rows) + "\n")
    return root


def ibims1_mat(root: Path, names: tuple[str, ...] = ("office_02", "bathroom_01")) -> Path:
    """One MATLAB struct `data` a frame; the masks are 1 where depth counts."""
    from scipy.io import savemat

    (root / "ibims1_core_mat").mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        invalid, transp = np.ones(SIZE, np.uint8), np.ones(SIZE, np.uint8)
        invalid[1, 2], transp[3, 4] = 0, 0
        data = {
            "rgb": picture(number),
            "depth": ramp(1 + number).astype(np.float64),
            "edges": np.zeros(SIZE, np.uint8),
            "calib": np.array([[550.5, 0, 320.25], [0, 551.5, 240.75], [0, 0, 1]]),
            "mask_invalid": invalid,
            "mask_transp": transp,
        }
        savemat(root / "ibims1_core_mat" / f"{name}.mat", {"data": data}, do_compression=True)
    text(root / "imagelist.txt", "\n".join(names) + "\n")
    return root


def ibims1_png(root: Path) -> Path:
    """ibims1_core_raw: 65535 = 50 m, masks of one bit, calib "fx,fy,cx,cy"."""
    folder = root / "ibims1_core_raw"
    for number, name in enumerate(("office_02", "bathroom_01")):
        save(folder / "rgb" / f"{name}.png", picture(number))
        save16(folder / "depth" / f"{name}.png", ramp(1 + number), 65535 / 50)
        for kind, hole in (("mask_invalid", (1, 2)), ("mask_transp", (3, 4))):
            mask = np.ones(SIZE, bool)
            mask[hole] = False
            save(folder / kind / f"{name}.png", mask)
        text(folder / "calib" / f"{name}.txt", "550.5,551.5,320.25,240.75\n")
    return root


def diode(root: Path, size: tuple[int, int] = SIZE) -> Path:
    """x.png, x_depth.npy (H, W, 1) float32 and x_depth_mask.npy (H, W) float32 with 0 and 1."""
    for kind, scene, depth in (("indoors", "00019", ramp(2, size, 1e-5)), ("outdoor", "00022", ramp(70, size, 1e-5))):
        stem = f"{scene}_00183_{kind}_000_010"
        folder = root / "val" / kind / f"scene_{scene}" / "scan_00183"
        save(folder / f"{stem}.png", picture(int(scene), size))
        np.save(folder / f"{stem}_depth.npy", depth[..., None])
        mask = np.ones(size, np.float32)
        mask[1, 2] = 0
        np.save(folder / f"{stem}_depth_mask.npy", mask)
    return root


def eth3d(root: Path, scenes: tuple[str, ...] = ("office", "terrace"), size: tuple[int, int] = SIZE) -> Path:
    """Depth files are bare float32 under the JPEG's name; cameras in COLMAP's text form."""
    for scene in scenes:
        name = "DSC_0219.JPG"
        save(root / scene / "images" / "dslr_images" / name, picture(7, size))
        depth = ramp(4, size, 1e-6 if size != SIZE else 0.125).astype("<f4")
        depth[2, 1] = np.inf
        path = root / scene / "ground_truth_depth" / "dslr_images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        depth.tofile(path)
        text(
            root / scene / "dslr_calibration_jpg" / "cameras.txt",
            "# Camera list with one line of data per camera:\n#   CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]\n"
            f"0 THIN_PRISM_FISHEYE {size[1]} {size[0]} 3411.4 3410.0 3041.5 2014.0 0.2 0.2 0 0 -0.1 0.4 0 0\n",
        )
        text(
            root / scene / "dslr_calibration_jpg" / "images.txt",
            "# Image list with two lines of data per image:\n# IMAGE_ID, QW, QX, QY, QZ, TX, TY, TZ, CAMERA_ID, NAME\n"
            "1 1 0 0 0 0 0 0 0 dslr_images/DSC_0001.JPG\n\n"
            f"2 0.9 0.1 0 0 1 2 3 0 dslr_images/{name}\n10.5 20.5 -1 11 21 4\n",
        )
    return root


def sintel(root: Path) -> Path:
    """training/{final,clean,depth,camdata_left}/<scene>/frame_0001.{png,dpt,cam}."""
    base = root / "training"
    for scene, number in (("alley_1", 1), ("alley_1", 2), ("temple_2", 1)):
        stem = f"{scene}/frame_{number:04d}"
        save(base / "final" / f"{stem}.png", picture(number))
        save(base / "clean" / f"{stem}.png", picture(number + 10))
        depth = ramp(number)
        depth[0, 9] = 1e5  # the sky
        path = base / "depth" / f"{stem}.dpt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tag_float() + struct.pack("<ii", SIZE[1], SIZE[0]) + depth.astype("<f4").tobytes())
        k = np.array([[1120.0, 0, 511.5], [0, 1121.0, 217.5], [0, 0, 1]])
        path = base / "camdata_left" / f"{stem}.cam"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tag_float() + k.astype("<f8").tobytes() + np.eye(3, 4).astype("<f8").tobytes())
    return root


def void(root: Path, prefix: str = "void_1500/") -> Path:
    """void_release: PNG of metres * 256 (validity 0 or 256), K.txt, lists whose paths begin with `prefix`."""
    folder = root / "void_release" / "void_1500"
    names = ("classroom0/{}/1552625661.2142.png", "stairs1/{}/1552625700.5.png")
    for number, name in enumerate(names):
        sequence = folder / "data"
        save(sequence / name.format("image"), picture(number))
        sparse = ramp(1 + number)
        sparse[:, ::2] = 0
        save16(sequence / name.format("sparse_depth"), sparse, 256)
        valid = sparse > 0
        valid[0, 1] = False
        save(sequence / name.format("validity_map"), np.where(valid, np.uint16(256), np.uint16(0)))
        save16(sequence / name.format("ground_truth"), ramp(1 + number), 256)
        k = "5.471833965147203571e+02 0.0 3.176305425559989430e+02\n0.0 5.5e+02 2.4e+02\n0.0 0.0 1.0\n"
        text(sequence / name.split("/")[0] / "K.txt", k)
    lines = "\n".join(f"{prefix}data/{name.format('image')}" for name in reversed(names))
    text(folder / "test_image.txt", lines + "\n")
    return root
