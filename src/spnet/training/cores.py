"""Whether the threads of a training get the cores that they ask for (Linux)."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

THREADS = Path("/proc/self/task")
MUCH = 0.5  # seconds of a second: two threads on two cores, one of which another program uses, wait for 0.9


def waited_for_cores() -> float | None:
    """Seconds that the threads of this process could have worked and had no core, added up; None where nobody says."""
    waited = None
    for thread in THREADS.glob("*/schedstat"):
        with suppress(OSError, ValueError, IndexError):  # a thread that has just ended
            waited = (waited or 0.0) + int(thread.read_text(encoding="ascii").split()[1]) * 1e-9
    return waited
