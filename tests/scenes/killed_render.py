"""`killed_render.py DIR COUNT JOBS [AT]`: a run that ends by SIGKILL once AT pairs are there.

Spawned workers run its first half, too.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from tiny_studio import use_tiny

from spnet.scenes.spec import SceneSpec
from spnet.scenes.writing import write_scenes

if __name__ in ("__main__", "__mp_main__"):  # not where pytest looks for examples in its docstrings
    use_tiny()

if __name__ == "__main__":
    spec = SceneSpec(("room",), width=48, height=32)
    target, count, jobs, *kill = sys.argv[1:]

    def report(done: int, _: int) -> None:
        if kill and done >= int(kill[0]):
            os.kill(os.getpid(), signal.SIGKILL)

    write_scenes(spec, int(count), Path(target), jobs=int(jobs), report=report)
