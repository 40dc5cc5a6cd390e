"""What the service adds to a predictor: throughput under load, errors, memory.

    python benchmarks/service_load.py --clients 64 --requests 20

Starts `spnet serve` on the loopback with the bundled weights, sends pairs of one size from many clients at once, and
compares with a `Predictor` that reads the same files from memory and encodes the same answers, one after the other, in
this process; the two take turns.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil

from spnet.client import Client, ServiceError
from spnet.formats import encode_array
from spnet.io import decode_rgb, decode_stored, stored_values
from spnet.predictor import Predictor

EXAMPLE = Path(__file__).parents[1] / "examples" / "desk"


def files() -> tuple[bytes, bytes]:
    return (EXAMPLE / "rgb.jpg").read_bytes(), (EXAMPLE / "depth_500_points.png").read_bytes()


def predictor_rate(predictor: Predictor, count: int) -> float:
    """Images a second, decoding and encoding included."""
    rgb, depth = files()
    start = time.perf_counter()
    for _ in range(count):
        done = predictor.complete(decode_rgb(rgb, "rgb.jpg"), decode_stored(depth, "depth.png"))
        encode_array(stored_values(done.depth, Path("depth.png"), "mm"), ".png", png_level=1)
    return count / (time.perf_counter() - start)


def load(url: str, clients: int, requests: int) -> tuple[float, Counter[int]]:
    """Answers a second, and the statuses, of `requests` by each of `clients` at once; those with 429 come again."""
    rgb, depth = files()
    seen: Counter[int] = Counter()

    def one(_: int) -> None:
        with httpx.Client(base_url=url, timeout=300) as http:
            for _ in range(requests):
                while True:
                    form = {"rgb": ("rgb", io.BytesIO(rgb)), "depth": ("depth", io.BytesIO(depth))}
                    response = http.post("/v1/complete", files=form)
                    seen[response.status_code] += 1
                    if response.status_code != 429:
                        break
                    time.sleep(float(response.headers["Retry-After"]))

    start = time.perf_counter()
    with ThreadPoolExecutor(clients) as threads:
        list(threads.map(one, range(clients)))
    return clients * requests / (time.perf_counter() - start), seen


def resident_mb(process: int) -> float:
    parent = psutil.Process(process)
    return sum(p.memory_info().rss for p in (parent, *parent.children(recursive=True))) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--requests", type=int, default=20, help="of each client, over all rounds")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--port", type=int, default=8765)
    options = parser.parse_args()
    url = f"http://127.0.0.1:{options.port}"
    command = [sys.executable, "-m", "spnet", "serve", "--port", str(options.port), "--device", "cpu"]
    service = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
    try:
        with Client(url) as client:
            while not client.ready():
                time.sleep(0.3)
            try:
                client.complete(EXAMPLE / "rgb.jpg", EXAMPLE / "depth_500_points.png")
            except ServiceError as error:
                sys.exit(str(error))
        predictor = Predictor()
        predictor_rate(predictor, 3)
        load(url, options.clients, 1)
        memory = [resident_mb(service.pid)]
        ratios, statuses, each = [], Counter[int](), max(1, options.requests // options.rounds)
        for _ in range(options.rounds):
            alone = predictor_rate(predictor, 20)
            served, seen = load(url, options.clients, each)
            ratios.append(served / alone)
            statuses += seen
            memory.append(resident_mb(service.pid))
            print(f"predictor {alone:.2f} images/s, service {served:.2f}, ratio {ratios[-1]:.3f}, {memory[-1]:.0f} MB")
        print(f"{options.clients} clients x {each * options.rounds} requests: {dict(statuses)}")
        print(f"median of ratios {statistics.median(ratios):.3f}")
        print(f"memory after warm-up {memory[0]:.0f} to {memory[-1]:.0f} MB")
    finally:
        service.terminate()
        service.wait(60)


if __name__ == "__main__":
    main()
