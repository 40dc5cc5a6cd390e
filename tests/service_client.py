"""A running service for tests, in this process's loop or as a process of its own."""

from __future__ import annotations

import io
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

from scenes import room


def png(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


def npy(array: np.ndarray, **kwargs: bool) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **kwargs)
    return file.getvalue()


def pair(height: int = 48, width: int = 64, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """An image and what a sensor measured of it, in millimetres."""
    rgb, depth = room(height, width, share=0.05, seed=seed)
    depth[0, 0] = 2.0
    return rgb, np.rint(depth * 1000).astype(np.uint16)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@contextmanager
def running(
    *options: str, env: dict[str, str] | None = None, log: Path
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`spnet serve` as a process: its address and the process; ready for requests."""
    port = free_port()
    command = [sys.executable, "-m", "spnet", "serve", "--port", str(port), *options]
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file)
    try:
        url = f"http://127.0.0.1:{port}"
        end = time.monotonic() + 120
        while True:
            try:
                if httpx.get(f"{url}/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.2)
        yield url, process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def metric(url: str, name: str) -> float:
    """Sum of a metric over its labels."""
    text = httpx.get(f"{url}/metrics").text
    return sum(float(v) for v in re.findall(rf"^{name}(?:{{.*}})? ([\d.e+]+)$", text, re.M))
