"""Any outside program as a method, by its command line."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from spnet.errors import BadInput
from spnet.io import read_depth, write_depth, write_image
from spnet.types import FloatImage, Sample
from spnet.units import LARGEST, METRES

ROOM = 2.0  # ours: the unit of `{raw}` and `{out}` holds depths up to this many times the farthest measurement
UNITS = ("mm", "kitti", "cm", "m")  # in the order in which they are tried
MESSAGE = 200  # characters of a program's last line that an error quotes
KNOWN = (
    *("rgb", "raw", "raw_npy", "out", "unit", "intrinsics", "max_depth", "width", "height", "name", "dataset"),
    "pattern",
)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_OUT = re.compile(r"\{out\}(\.\w+)?")


@dataclass(frozen=True)
class OutsideProgram:
    """A program that is run once for every sample.

    The command line is split as a POSIX shell would split it, but no shell runs it: there are no pipes and no
    variables. In its words these stand for the sample's own values:

    - `{rgb}`: an 8-bit PNG file.
    - `{raw}`: the sparse depth as 16-bit PNG, 0 = unknown; `{raw_npy}`: the same as NPY, float32 metres, exact.
    - `{out}`: where the program shall write dense depth as 16-bit PNG in the unit of `{raw}`; with a suffix behind it,
      as in `{out}.npy`, `{out}.tiff` or `{out}.pfm`, a file of that kind (floats: metres). It must be there once.
    - `{unit}`: the unit of `{raw}`: `mm`, or the first of `kitti` (1/256 m), `cm` and `m` whose 16 bits hold twice the
      farthest measurement.
    - `{intrinsics}`: fx,fy,cx,cy in pixels; an error where the camera is not known.
    - `{max_depth}`: the data's own largest depth in metres, or the farthest measurement where it says none.
    - `{width}`, `{height}`, `{name}`, `{dataset}`, `{pattern}`.

    Attributes:
        name: for tables.
        command: the command line. Relative paths in it start from the current folder.
        time_limit: seconds for one sample; then the program and all that it started are killed.
    """

    name: str
    command: str
    time_limit: float

    def __post_init__(self) -> None:
        used = [key for word in self._words for key in _PLACEHOLDER.findall(word)]
        unknown = next((key for key in used if key not in KNOWN), None)
        if unknown:
            known = ", ".join(f"{{{key}}}" for key in KNOWN)
            raise BadInput(f"The command {self.command!r} holds {{{unknown}}}, which stands for nothing: use {known}.")
        if used.count("out") != 1 or not {"raw", "raw_npy"} & set(used):
            raise BadInput(f"The command {self.command!r} must hold {{out}} once, and {{raw}} or {{raw_npy}}.")

    @cached_property
    def _words(self) -> list[str]:
        try:
            return shlex.split(self.command)
        except ValueError as error:
            raise BadInput(f"The command {self.command!r} cannot be split into words ({error}).") from None

    def complete(self, sample: Sample) -> FloatImage:
        """The depth (H, W) that the program wrote, metres; NaN, which counts as invalid, where it left pixels empty.

        Raises:
            BadInput: the program cannot be started, fails, or writes no depth map of the input's size.
            TimeoutError: it takes too long.
        """
        with tempfile.TemporaryDirectory(prefix="spnet-") as folder:
            out = Path(folder) / f"out{self._suffix}"
            values = _values(sample, Path(folder))
            words = [_filled(_OUT.sub(lambda _: "{out}", word), {**values, "out": str(out)}) for word in self._words]
            _write_inputs(sample, values)
            try:
                _run(words, Path(folder) / "log.txt", self.time_limit)
                if not out.is_file():
                    raise BadInput(f"{words[0]} ended well but wrote no {out.name}.")
                depth = read_depth(out, values["unit"] if out.suffix == ".png" else None)
            except BadInput as error:  # without the folder's random name: the same failure reads the same every time
                raise BadInput(str(error).replace(f"{folder}{os.sep}", "")) from None
        if depth.shape != sample.depth.shape:
            height, width = sample.depth.shape
            raise BadInput(f"{words[0]} wrote {depth.shape[1]}x{depth.shape[0]}; the input is {width}x{height}.")
        return np.where(depth > 0, depth, np.float32(np.nan))

    @property
    def _suffix(self) -> str:
        found = next(match for word in self._words if (match := _OUT.search(word)))
        return found[1] or ".png"


def _values(sample: Sample, folder: Path) -> dict[str, str]:
    """What each placeholder but `{out}` stands for; `{intrinsics}` only where the camera is known."""
    far = float(sample.depth.max())
    height, width = sample.depth.shape
    values = {
        **{key: str(folder / file) for key, file in (("rgb", "rgb.png"), ("raw", "raw.png"), ("raw_npy", "raw.npy"))},
        "unit": next((unit for unit in UNITS if ROOM * far <= LARGEST * METRES[unit]), UNITS[-1]),
        **{"width": str(width), "height": str(height), "max_depth": f"{sample.max_depth or far:.9g}"},
        **{"name": sample.name, "dataset": sample.dataset, "pattern": sample.pattern},
    }
    if camera := sample.intrinsics:
        values["intrinsics"] = f"{camera.fx:.9g},{camera.fy:.9g},{camera.cx:.9g},{camera.cy:.9g}"
    return values


def _filled(word: str, values: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise BadInput(f"The program asks for {{{match[1]}}}, but this data set does not say what camera it is of.")
        return values[match[1]]

    return _PLACEHOLDER.sub(value, word)


def _write_inputs(sample: Sample, values: dict[str, str]) -> None:
    write_image(values["rgb"], sample.rgb)
    write_depth(values["raw"], sample.depth, values["unit"])
    write_depth(values["raw_npy"], sample.depth)


def _run(words: list[str], log: Path, time_limit: float) -> None:
    """Run a program to its end, in a process group of its own that does not outlive it.

    Raises:
        BadInput: it cannot be started or fails.
        TimeoutError: it takes too long.
    """
    with log.open("wb") as said:  # a file: a pipe would stay open as long as any grandchild lives
        try:
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True
            )
        except (OSError, ValueError) as error:  # ValueError: a zero byte
            reason = getattr(error, "strerror", None) or error
            raise BadInput(f"{words[0]} cannot be started: {reason}.") from None
        try:
            status = process.wait(time_limit)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{words[0]} was stopped: it took more than {time_limit:g} s for one image.") from None
        finally:
            _kill_group(process)
    if status:
        raise BadInput(f"{words[0]} failed with exit status {status}{_last_line(log)}.")


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):  # PermissionError: macOS, when all of them have ended
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return f": {lines[-1].strip().rstrip('.')[-MESSAGE:]}" if lines else ""
