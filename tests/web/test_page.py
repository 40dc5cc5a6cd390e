"""The page, driven by a browser: sample, simulated sensor, result, slider, 3-D view, download, wrong file."""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("gradio")
playwright = pytest.importorskip("playwright.sync_api")

from spnet.app import figures, pictures, session  # noqa: E402
from spnet.app.actions import SAMPLES, samples_folder  # noqa: E402
from spnet.app.kept import RESULTS, Kept, write_files  # noqa: E402
from spnet.app.page import build_page  # noqa: E402
from spnet.app.session import SENSORS, Wish, pattern  # noqa: E402
from spnet.completion import Completion  # noqa: E402
from spnet.errors import BadInput  # noqa: E402
from spnet.io import read_depth  # noqa: E402
from spnet.sparsity import parse_pattern  # noqa: E402

DESK = samples_folder() / "desk"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SECONDS = 60_000  # milliseconds that the browser waits for a result on a busy machine


def test_every_sensor_is_a_pattern_at_every_density() -> None:
    for sensor, form in SENSORS.items():
        for density in (0, 37, 100):
            spec = pattern(sensor, density, 5)
            assert bool(spec) == bool(form)
            if spec:
                parse_pattern(spec)


def test_a_simulated_sensor_is_scored_against_the_truth() -> None:
    wish = Wish(DESK / "rgb.jpg", DESK / "depth_kinect.png", sensor="LiDAR lines", density=50, versus="linear")
    shown = session.complete(wish)
    assert shown.truth is not None
    assert shown.other is not None
    assert sum("Error of" in line for line in shown.lines) == 2
    drawn = pictures.draw(shown)
    assert drawn.error is not None
    assert drawn.error.shape == drawn.result.shape == (480, 640, 3)
    again = session.complete(wish)
    np.testing.assert_array_equal(shown.result.input_depth, again.result.input_depth)


def test_wrong_units_and_sizes_are_explained(tmp_path: Path) -> None:
    shown = session.complete(Wish(DESK / "rgb.jpg", DESK / "depth_500_points.png", unit="m"))
    assert any("can hardly be right" in text and str(DESK) not in text for text in shown.warnings)
    Image.fromarray(np.full((480, 300), 1500, np.uint16)).save(tmp_path / "narrow.png")
    with pytest.raises(BadInput, match="aspect"):
        session.complete(Wish(DESK / "rgb.jpg", tmp_path / "narrow.png"))


def test_the_readout_knows_the_distances() -> None:
    import base64

    depth = np.linspace(0.5, 80, 60, dtype=np.float32).reshape(6, 10)
    expected = np.geomspace(0.001, 1.5, 60, dtype=np.float32).reshape(6, 10)
    made = Completion(depth, depth, np.zeros((6, 10, 3), np.uint8), 80.0, "made-up", expected_error=expected)
    packed = figures.depth_figure(made.rgb, made, 0.5, (0.5, 80.0))
    steps = np.frombuffer(base64.b64decode(str(packed["depth"])), "<u2").reshape(6, 10)
    np.testing.assert_allclose(steps * float(str(packed["step"])), depth, atol=0.001)
    errors = np.frombuffer(base64.b64decode(str(packed["error"])), "<u2").reshape(6, 10)
    np.testing.assert_allclose((errors & 0x7FFF) * float(str(packed["error_step"])), expected, atol=1e-4)
    np.testing.assert_array_equal(errors >= 0x8000, made.masked(0.5).depth == 0)


def test_error_colours_are_told_apart_without_red_and_green() -> None:
    colours = pictures.error_colours(np.geomspace(*pictures.ERROR_RANGE, 64, dtype=np.float32)[None])[0] / 255
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    # What the eye without its red, and without its green, cones sees (Viénot, Brettel, Mollon 1999), in linear RGB.
    for red, green in (((0.1124, 0.8876), (0.1124, 0.8876)), ((0.2929, 0.7071), (0.2929, 0.7071))):
        seen = np.stack([linear[:, :2] @ red, linear[:, :2] @ green, linear[:, 2]], axis=1)
        light = 116 * np.cbrt(seen @ (0.2126, 0.7152, 0.0722)) - 16  # CIE L*
        assert (np.diff(light) > 0).all()
        assert light[-1] - light[0] > 60


def test_hiding_leaves_what_is_better() -> None:
    shown = session.complete(Wish(DESK / "rgb.jpg", DESK / "depth_kinect.png", sensor="LiDAR lines"))
    assert session.left_line(shown, 0.0) == ""
    told = session.left_line(shown, 0.5)
    shares = [float(share) for share in re.findall(r"([\d.]+) %", told)]
    assert shares[1] < shares[2]
    assert shares[3] < shares[4]
    left = pictures.limited(shown.result, 0.5)
    grey = (pictures.draw(shown, 0.5).result == pictures.NO_TRUTH).all(axis=2)
    assert (grey == (left.depth == 0)).mean() > 0.999
    assert "nothing" in session.left_line(shown, 1.0)
    everything_gone = pictures.limited(shown.result, 1.0)
    assert pictures.cloud(everything_gone) is None


def test_files_of_a_result_of_which_nothing_is_left(tmp_path: Path) -> None:
    depth = np.zeros((4, 5), np.float32)
    files = write_files(Completion(depth, depth, np.zeros((4, 5, 3), np.uint8), 5.0), tmp_path)
    assert set(files) == {"png", "npy"}, "a cloud of no points cannot be written"


def test_the_oldest_results_go() -> None:
    shown = session.complete(Wish(DESK / "rgb.jpg", DESK / "depth_500_points.png"))
    kept = Kept()
    keys = [kept.add(shown) for _ in range(RESULTS + 2)]
    assert [kept.get(key) is None for key in keys] == [True] * 2 + [False] * RESULTS
    assert kept.get(None) is None


@pytest.fixture(scope="module")
def address(small_model: Path) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        page = build_page((str(small_model),))
        _, url, _ = page.launch(
            prevent_thread_lock=True,
            quiet=True,
            server_port=None,
            allowed_paths=[str(samples_folder())],
            ssr_mode=False,
        )
    yield url
    page.close()


@pytest.fixture
def browser(address: str) -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("needs Chromium (Debian: chromium)")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        view = chromium.new_page(viewport={"width": 1280, "height": 900})
        view.set_default_timeout(SECONDS)
        view.goto(address)
        yield view
        chromium.close()


def choose(view: Any, name: str, option: str) -> None:
    box = view.locator(f"#{name} input")
    box.click()
    view.get_by_role("option", name=option, exact=True).click()


def complete(view: Any) -> str:
    """Press the button; the facts that come with a new picture."""
    before = view.locator("#result img").get_attribute("src")
    view.locator("#run").click()
    view.wait_for_function("b => document.querySelector('#result img').getAttribute('src') !== b", arg=before)
    view.wait_for_function("() => /Time: [^]*MB/.test(document.querySelector('#facts').innerText)")
    return str(view.locator("#facts").inner_text())


def test_the_whole_way(browser: Any, tmp_path: Path) -> None:
    view = browser
    choose(view, "sample", next(iter(SAMPLES)))
    view.wait_for_function("document.querySelector('#about').innerText.includes('mm')")
    assert "Time" in complete(view)
    first = view.locator("#result img").get_attribute("src")

    choose(view, "sensor", "LiDAR lines")
    assert "Error of default" in complete(view)
    second = view.locator("#result img").get_attribute("src")
    assert first != second

    view.locator("#result img").hover(position={"x": 100, "y": 100})
    view.wait_for_function(r"/\d+\.\d{3} m ±/.test(document.querySelector('#result figcaption').innerText)")
    said = view.locator("#result figcaption").inner_text()
    view.locator("#result figure").focus()
    view.keyboard.press("ArrowDown")
    assert view.locator("#result figcaption").inner_text() != said

    view.get_by_role("tab", name="Before / after").click()
    images = view.locator("#slider img")
    images.first.wait_for()
    assert images.count() >= 2
    box = view.locator("#slider").bounding_box()
    handle = view.locator("#slider .line")
    start = handle.bounding_box()
    view.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    view.mouse.down()
    view.mouse.move(box["x"] + box["width"] * 0.8, start["y"] + start["height"] / 2, steps=5)
    view.mouse.up()
    assert handle.bounding_box()["x"] > start["x"] + 20

    view.get_by_role("tab", name="3-D").click()
    canvas = view.locator("#cloud canvas")
    canvas.wait_for()
    colours = "c => new Set(new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size"
    assert canvas.evaluate(colours) > 100, "a cloud is drawn"
    content = "c => c.toDataURL()"
    front = canvas.evaluate(content)
    place = canvas.bounding_box()
    view.mouse.move(place["x"] + 100, place["y"] + 100)
    view.mouse.down()
    view.mouse.move(place["x"] + 220, place["y"] + 120, steps=4)
    view.mouse.up()
    assert canvas.evaluate(content) != front, "it turns"

    view.get_by_role("tab", name="Download").click()
    with view.expect_download() as coming:
        view.locator("#download_png").click()
    coming.value.save_as(tmp_path / "depth.png")
    depth = read_depth(tmp_path / "depth.png")
    assert depth.shape == (480, 640)
    assert (depth > 0).all()


ACTIVE = """() => {
    const e = document.activeElement;
    return e === document.body ? '' : [e.type, e.getAttribute('role'), e.ariaLabel, e.innerText].join(' ');
}"""


def tab_to(view: Any, name: str, steps: int = 45) -> None:
    """Press Tab until what has the focus is called `name`."""
    seen = []
    for _ in range(steps):
        view.keyboard.press("Tab")
        seen.append(view.evaluate(ACTIVE))
        if name in seen[-1]:
            return
    raise AssertionError(f"{name} is not reached by Tab: {seen}")


def test_the_whole_way_by_keys_alone(browser: Any, tmp_path: Path) -> None:
    view = browser
    view.locator("#run").wait_for()

    def press(*keys: str) -> None:
        for key in keys:
            view.keyboard.press(key)

    tab_to(view, "Sample")
    press("ArrowDown", "Enter")
    view.wait_for_function("document.querySelector('#about').innerText.includes('mm')")
    tab_to(view, "Sensor")
    view.keyboard.type("LiDAR lines")
    view.wait_for_function("document.querySelectorAll('#sensor [role=option]').length === 1")
    press("Enter")
    view.wait_for_function("document.querySelectorAll('#sensor [role=option]').length === 0")
    tab_to(view, "range slider for Density")
    press("ArrowRight")
    assert view.locator("#density input[type=range]").input_value() == "31"
    assert view.locator("#sensor input").input_value() == "LiDAR lines"
    lists_closed = "[...document.querySelectorAll('[role=option]')].every(option => !option.checkVisibility())"
    view.wait_for_function(lists_closed, timeout=5000)  # they fade
    tab_to(view, "Complete")
    press("Enter")
    view.wait_for_function("() => /Error of[^]*MB/.test(document.querySelector('#facts').innerText)")

    tab_to(view, "Before / after")
    press("Enter")
    tab_to(view, "Where the two pictures meet")
    line = view.locator("#slider .line")
    start = line.bounding_box()["x"]
    press(*["ArrowRight"] * 10)
    assert line.bounding_box()["x"] > start + 20

    tab_to(view, "3-D", 60)  # round the page's end
    press("Space")
    tab_to(view, "Point cloud")
    canvas = view.locator("#cloud canvas")
    front = canvas.evaluate("c => c.toDataURL()")
    press("ArrowRight", "+")
    assert canvas.evaluate("c => c.toDataURL()") != front, "it turns"

    tab_to(view, "tab  Download", 60)
    press("Enter")
    view.wait_for_function("!document.querySelector('#download_png').disabled")
    tab_to(view, "16-bit PNG")
    with view.expect_download() as coming:
        press("Enter")
    coming.value.save_as(tmp_path / "depth.png")
    assert (read_depth(tmp_path / "depth.png") > 0).all()


def test_two_methods_beside_each_other_and_their_files(browser: Any, tmp_path: Path) -> None:
    trimesh = pytest.importorskip("trimesh")
    view = browser
    choose(view, "sample", next(iter(SAMPLES)))
    view.wait_for_function("document.querySelector('#about').innerText.includes('mm')")
    choose(view, "sensor", "LiDAR lines")
    view.get_by_text("Model", exact=True).first.click()
    choose(view, "versus", "linear")
    said = complete(view)
    assert "Error of default" in said
    assert "Error of linear" in said

    view.get_by_role("tab", name="Error").click()
    figures = [view.locator(f"#{name} figure") for name in ("error", "other_error")]
    assert [figure.locator(".title").inner_text() for figure in figures] == ["Error of default", "Error of linear"]
    own, other = (figure.bounding_box() for figure in figures)
    assert own["y"] == other["y"], "beside each other"
    assert own["x"] + own["width"] < other["x"]
    view.get_by_role("tab", name="Before / after").click()
    assert "linear · default" in view.locator("#slider").inner_text()

    view.get_by_role("tab", name="Download").click()
    points = {}
    for kind in ("ply", "glb", "npy"):
        with view.expect_download() as coming:
            view.locator(f"#download_{kind}").click()
        coming.value.save_as(tmp_path / f"file.{kind}")
    for kind in ("ply", "glb"):
        loaded = trimesh.load(tmp_path / f"file.{kind}")
        points[kind] = (loaded.dump()[0] if hasattr(loaded, "dump") else loaded).vertices
    depth = np.load(tmp_path / "file.npy")
    assert len(points["ply"]) == len(points["glb"]) == (depth > 0).sum() == depth.size
    np.testing.assert_allclose(np.asarray(points["ply"])[:, 2], depth.ravel(), atol=1e-4)
    np.testing.assert_allclose(np.abs(np.asarray(points["glb"])[:, 2]), depth.ravel(), atol=1e-4)

    view.set_viewport_size({"width": 390, "height": 844})  # a phone
    view.wait_for_function("document.documentElement.scrollWidth <= 390")
    view.locator(".overflow-menu > button").click()  # what has no room in the row of tabs
    view.locator(".overflow-dropdown").get_by_text("Error", exact=True).click()
    own, other = (figure.bounding_box() for figure in figures)
    assert other["y"] > own["y"] + own["height"], "one below the other"
    assert own["x"] + own["width"] <= 390


def test_what_is_not_sure_can_be_hidden(browser: Any, tmp_path: Path, small_model: Path) -> None:
    view = browser
    choose(view, "sample", next(iter(SAMPLES)))
    view.wait_for_function("document.querySelector('#about').innerText.includes('mm')")
    choose(view, "sensor", "LiDAR lines")
    complete(view)
    whole = view.locator("#result img").get_attribute("src")
    view.get_by_role("tab", name="3-D").click()
    cloud = view.locator("#cloud canvas")
    drawn = "c => c.toDataURL()"
    full_cloud = cloud.evaluate(drawn)
    view.get_by_role("tab", name="Confidence").click()
    view.locator("#expected img").hover(position={"x": 100, "y": 100})
    view.wait_for_function(r"/ m ± [^]*confidence 0/.test(document.querySelector('#expected figcaption').innerText)")
    assert "confidence" in view.locator("#expected .legend").inner_text()

    view.locator("#below input[type=range]").focus()
    for _ in range(10):  # by the keyboard
        view.keyboard.press("ArrowRight")
    view.wait_for_function("document.querySelector('#left').innerText.includes('Shown')")
    view.wait_for_function("b => document.querySelector('#result img').getAttribute('src') !== b", arg=whole)
    view.get_by_role("tab", name="3-D").click()
    view.wait_for_function("b => document.querySelector('#cloud canvas').toDataURL() !== b", arg=full_cloud)

    view.get_by_role("tab", name="Download").click()
    with view.expect_download() as coming:
        view.locator("#download_npy").click()
    coming.value.save_as(tmp_path / "depth.npy")
    limit = float(view.locator("#below input[type=range]").input_value())
    share = (np.load(tmp_path / "depth.npy") > 0).mean()
    told = re.search(r"Shown: ([\d.]+) %", view.locator("#left").inner_text())
    assert limit == 0.5
    assert told is not None
    assert 100 * share == pytest.approx(float(told[1]), abs=0.1)

    view.get_by_text("Model", exact=True).first.click()
    choose(view, "model", str(small_model))
    view.get_by_role("tab", name="Result").click()
    complete(view)
    assert view.locator("#below input[type=range]").is_disabled()
    assert "gives no confidence" in view.locator("#below").inner_text()
    view.get_by_role("tab", name="Confidence").click()
    view.wait_for_function("document.querySelector('#expected').innerText.includes('gives no expected error')")
    view.get_by_role("tab", name="Result").click()
    view.locator("#result img").hover(position={"x": 100, "y": 100})
    view.wait_for_function(r"/^\d+\.\d{3} m at/.test(document.querySelector('#result figcaption').innerText)")


def test_a_wrong_file_is_explained(browser: Any, tmp_path: Path) -> None:
    view = browser
    choose(view, "sample", next(iter(SAMPLES)))
    view.wait_for_function("document.querySelector('#about').innerText.includes('mm')")
    Image.fromarray(np.zeros((480, 640, 3), np.uint8)).save(tmp_path / "colour.png")
    view.locator("#depth button[aria-label='Remove this file'], #depth button[aria-label='Clear']").first.click()
    view.locator("#depth input[type=file]").set_input_files(str(tmp_path / "colour.png"))
    view.wait_for_function("document.querySelector('#depth').innerText.includes('colour')")
    view.locator("#run").click()
    view.wait_for_function("document.querySelector('#facts').innerText.includes('cannot be completed')")
    said = view.locator("#facts").inner_text()
    assert "channels" in said
    assert str(tmp_path) not in said
