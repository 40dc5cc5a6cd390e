"""What OpenVINO compiled for one shape, as a file of ours, for the next start.

The engine has a cache of its own, but needs the graph, read and fitted to the shape, to find what is in it.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
from contextlib import suppress
from pathlib import Path
from typing import Any

from spnet.backends.graph import GraphInfo, parse_info
from spnet.errors import BadWeights, SpnetError
from spnet.extras import need
from spnet.files import atomic_path

SUFFIX = ".compiled"
FILES = 12  # of ours and of the engine's in one folder, ours; some 6 MB each with the bundled weights


class Compiled:
    """The files of one graph, one a shape: a line of JSON that says what it holds for, and what the engine exported.

    One of another graph, engine, processor or option, and one that is damaged, is as good as none. Files are replaced
    as a whole, so that processes that start at once do no harm.
    """

    def __init__(self, core: Any, graph: Path, folder: Path | None, device: str, options: dict[str, Any]) -> None:
        """Nothing is read or written yet.

        Args:
            core: OpenVINO's.
            graph: the graph's file.
            folder: of the cache; None for no cache.
            device: as OpenVINO names it.
            options: of compilation.
        """
        self._core, self._graph, self._device, self._options = core, graph, device, options
        self._folder = folder
        self._name = hashlib.sha256(str(graph.resolve()).encode()).hexdigest()[:16]

    def last(self) -> tuple[Any, GraphInfo] | None:
        """What was written or read last, and what the graph says of itself; None where there is none that fits."""
        if self._folder is None:
            return None
        ages = []
        for path in self._folder.glob(f"{self._name}-*{SUFFIX}"):
            with suppress(OSError):  # removed by another process
                ages.append((path.stat().st_mtime_ns, path))
        return self._read(max(ages)[1]) if ages else None

    def read(self, shape: tuple[int, ...]) -> Any:
        """What was compiled for a shape of depths; None where there is none that fits."""
        path = self._file(shape)
        found = self._read(path) if path is not None else None
        if path is None or found is None:
            return None
        with suppress(OSError):
            path.touch()
        return found[0]

    def write(self, shape: tuple[int, ...], compiled: Any, info: GraphInfo) -> None:
        """Keep it, and the newest others in the folder; where that cannot be, it only costs time at the next start."""
        path = self._file(shape)
        if path is None:
            return
        stream = io.BytesIO()
        with suppress(SpnetError, OSError, RuntimeError):
            compiled.export_model(stream)
            program = stream.getvalue()
            said = {"key": self._key(), "sha256": hashlib.sha256(program).hexdigest(), "info": info.text()}
            with atomic_path(path) as temporary:
                temporary.write_bytes(json.dumps(said).encode() + b"\n" + program)
            trim(path.parent)

    def _file(self, shape: tuple[int, ...]) -> Path | None:
        name = f"{self._name}-{'x'.join(map(str, shape))}{SUFFIX}"
        return self._folder / name if self._folder is not None else None

    def _read(self, path: Path) -> tuple[Any, GraphInfo] | None:
        try:
            line, _, program = path.read_bytes().partition(b"\n")
            said = json.loads(line)
            if said["key"] != self._key() or said["sha256"] != hashlib.sha256(program).hexdigest():
                return None
            return self._core.import_model(program, self._device, self._options), parse_info(said["info"], self._graph)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, BadWeights):
            return None

    def _key(self) -> list[Any]:
        """What it holds for.

        Raises:
            OSError: the graph is gone.
        """
        about = self._graph.stat()
        version = need("openvino", "openvino", "OpenVINO graphs").__version__
        processor = [platform.machine()]
        for what in ("FULL_DEVICE_NAME", "OPTIMIZATION_CAPABILITIES"):
            with suppress(RuntimeError):  # "AUTO" has none
                processor.append(str(self._core.get_property(self._device, what)))
        graph = [str(self._graph.resolve()), about.st_size, about.st_mtime_ns]
        return [version, processor, graph, self._device, self._options]


def trim(folder: Path) -> None:
    """Remove the oldest compiled files of a folder, ours and the engine's, until FILES are left."""
    ages = []
    for path in folder.iterdir():
        if path.suffix in (SUFFIX, ".blob"):
            with suppress(OSError):  # removed by another process
                ages.append((path.stat().st_mtime, path))
    for _, path in sorted(ages)[: max(0, len(ages) - FILES)]:
        with suppress(OSError):
            path.unlink()
