"""Which image goes with which depth map: a pair, two folders matched by stem, or a list file."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path

from spnet.errors import BadInput
from spnet.files import files_by_stem
from spnet.io import DEPTH_SUFFIXES, RGB_SUFFIXES


@dataclass(frozen=True)
class Job:
    """One pair to complete; `name` is its output's stem, with sub-folders."""

    rgb: Path
    depth: Path
    name: str


@dataclass(frozen=True)
class Jobs:
    """What to do, and which files have no partner; `many` is False only for the one pair that was named."""

    jobs: list[Job]
    unpaired: list[Path] = field(default_factory=list)
    many: bool = True


def find_jobs(rgb: Path, depth: Path | None) -> Jobs:
    """Two files, two folders, or one list file.

    Raises:
        BadInput: a mixture, a missing file, folder or list, or no match at all.
    """
    if depth is None:
        if rgb.suffix.lower() in RGB_SUFFIXES or rgb.is_dir():
            raise BadInput(f"{rgb} needs a depth map beside it: spnet complete RGB DEPTH.")
        return Jobs(_read_list(rgb))
    for path in (rgb, depth):
        if not path.exists():
            raise BadInput(f"{path} does not exist.")
    if rgb.is_dir() != depth.is_dir():
        folder, file = (rgb, depth) if rgb.is_dir() else (depth, rgb)
        raise BadInput(f"{folder} is a folder and {file} a file: give two files or two folders.")
    if rgb.is_dir() and depth.is_dir():
        return _match_folders(rgb, depth)
    return Jobs([Job(rgb, depth, rgb.stem)], many=False)


def _match_folders(rgb: Path, depth: Path) -> Jobs:
    images, depths = files_by_stem(rgb, RGB_SUFFIXES), files_by_stem(depth, DEPTH_SUFFIXES)
    both = sorted(images.keys() & depths.keys())
    if not both:
        raise BadInput(
            f"No file in {rgb} ({len(images)} images) has the stem of one in {depth} ({len(depths)} depth maps)."
        )
    lone = [images[key] for key in images.keys() - depths.keys()]
    lone += [depths[key] for key in depths.keys() - images.keys()]
    return Jobs([Job(images[key], depths[key], key) for key in both], sorted(lone))


def _read_list(path: Path) -> list[Job]:
    """A list file: image and depth map a line, separated by spaces (quote names that hold some) or a tab."""
    if not path.is_file():
        raise BadInput(f"{path} does not exist; expected an image and a depth map, two folders, or a list file.")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} is not a list file that can be read ({error}).") from None
    jobs = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            parts = line.split("\t") if "\t" in line else shlex.split(line)
        except ValueError as error:
            raise BadInput(f"{path}, line {number}: {error}.") from None
        if len(parts) != 2:
            raise BadInput(f"{path}, line {number}: expected an image and a depth map, got {len(parts)} name(s).")
        rgb, depth = (path.parent / part.strip() for part in parts)
        jobs.append(Job(rgb, depth, f"{number:05d}_{rgb.stem}"))
    if not jobs:
        raise BadInput(f"{path} lists no pairs.")
    return jobs
