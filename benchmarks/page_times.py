"""How long the page of `spnet app` takes: to start, to be seen, to show a result.

    python benchmarks/page_times.py [--rounds 5]

Starts `spnet app` on the loopback and opens it in Chromium (Debian: chromium; Python: playwright). Each round is a
fresh browser profile, so nothing is in its cache but in the lines that say so. Painted: Chromium's own "first
contentful paint", from the address to the first text; usable: until the button to complete is there. Result: from a
press of that button to the new picture, decoded, in the page; 640x480, about 1,500 random points of the desk, the
default model.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from typing import Any

from playwright.sync_api import sync_playwright

PAINTED = "() => performance.getEntriesByName('first-contentful-paint').map(entry => entry.startTime / 1000)[0]"
SHOWN = """before => { const image = document.querySelector('#result img');
    return image.getAttribute('src') !== before && image.complete && image.naturalWidth > 0; }"""
SAMPLE, SENSOR = "desk: what a Kinect measured", "random points"


def opened(view: Any, address: str) -> dict[str, float]:
    """Seconds until the page is painted, and until it can be used."""
    begin = time.perf_counter()
    view.goto(address, wait_until="commit")
    view.locator("#run").wait_for()
    usable = time.perf_counter() - begin
    view.wait_for_function(PAINTED)
    return {"painted": view.evaluate(PAINTED), "usable": usable}


def choose_sample(view: Any) -> None:
    view.locator("#sample input").click()
    view.get_by_role("option", name=SAMPLE, exact=True).click()
    view.wait_for_function("document.querySelector('#about').innerText.includes('mm')")
    view.locator("#rgb img").wait_for()
    view.locator("#sensor input").click()
    view.get_by_role("option", name=SENSOR, exact=True).click()


def completed(view: Any) -> float:
    """Seconds from pressing the button to the picture."""
    before = view.locator("#result img").get_attribute("src")
    begin = time.perf_counter()
    view.locator("#run").click()
    view.wait_for_function(SHOWN, arg=before)
    return time.perf_counter() - begin


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).read()
            return
        except OSError:
            if server.poll() is not None:
                sys.exit("spnet app ended.")
            time.sleep(0.05)


def measured(address: str, rounds: int) -> dict[str, list[float]]:
    """Seconds by what was done."""
    seconds: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        seconds.setdefault(name, []).append(value)

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for number in range(rounds):
            context = chromium.new_context(viewport={"width": 1280, "height": 900})
            view = context.new_page()
            for name, value in opened(view, address).items():
                note(f"{name}, first visit to a fresh server" if number == 0 else f"{name}, empty cache", value)
            choose_sample(view)
            note("result, the first" if number == 0 else "result, later ones", completed(view))
            for seed in (1, 2):
                view.locator("#seed input").fill(str(seed))
                note("result, later ones", completed(view))
            for name, value in opened(view, address).items():
                note(f"{name}, in the cache", value)
            context.close()
        chromium.close()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}/"
    begin = time.perf_counter()
    command = [sys.executable, "-m", "spnet", "app", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(address, server)
        print(f"{'from the command to the first answer':48s} {time.perf_counter() - begin:6.2f} s", flush=True)
        for name, values in measured(address, options.rounds).items():
            middle, low, high = statistics.median(values), min(values), max(values)
            print(f"{name:48s} {middle:6.2f} s ({low:.2f} to {high:.2f}, {len(values)})")
    finally:
        server.terminate()
        server.wait(30)


if __name__ == "__main__":
    main()
