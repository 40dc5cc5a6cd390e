"""The page, by gradio: controls on the left, what came out on the right. Nothing is loaded from elsewhere."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import deque
from functools import partial
from pathlib import Path
from typing import Any

from spnet.app import pictures, session
from spnet.app.session import BASELINES, MEASURED, NOTHING, SENSORS, Wish
from spnet.errors import BadInput, SpnetError
from spnet.extras import need
from spnet.io import read_stored
from spnet.model.weights_table import BUNDLED

KEPT = 8  # folders of results; gradio copies what it serves, and drops the copies after a day
DAY = 86_400
_FOLDERS: deque[Path] = deque()
UNITS = ("auto", "mm", "cm", "m", "kitti", "tum", "normalized:20")
SAMPLES = {
    "desk: what a Kinect measured": ("desk/rgb.jpg", "desk/depth_kinect.png", MEASURED),
    "desk: 500 points": ("desk/rgb.jpg", "desk/depth_500_points.png", MEASURED),
    "desk: 16 LiDAR lines": ("desk/rgb.jpg", "desk/depth_16_lines.png", MEASURED),
    "table: what a Kinect measured": ("table/rgb.jpg", "table/depth_kinect.png", MEASURED),
}


def _part(name: str) -> str:
    return (Path(__file__).parent / "parts" / name).read_text(encoding="utf-8")


def samples_folder() -> Path:
    """Where the sample pairs are: in the installed package, or in the repository."""
    package = Path(__file__).parents[1] / "examples"
    return package if package.is_dir() else Path(__file__).parents[3] / "examples"


def build_page(models: tuple[str, ...] = ()) -> Any:
    """The page as `gradio.Blocks`.

    Args:
        models: weights files or exported graphs to choose from, beside the bundled ones.

    Raises:
        MissingExtra: gradio is not installed.
    """
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # nothing is sent anywhere
    gr = need("gradio", "app", "Pages")
    names = ["default", *(name for name in BUNDLED if name != "fill-zepto"), *models]
    with gr.Blocks(title="spnet: depth completion", analytics_enabled=False, delete_cache=(3600, DAY)) as page:
        gr.Markdown("# spnet\nOne image and any sparse depth in, a dense metric depth map out.")
        with gr.Row():
            with gr.Column(scale=1, min_width=300):
                controls = _controls(gr, names)
            with gr.Column(scale=2, min_width=320):
                outputs = _outputs(gr)
        _connect(gr, controls, outputs)
    return page


def _controls(gr: Any, names: list[str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    made["sample"] = gr.Dropdown(list(SAMPLES), label="Sample", value=None, elem_id="sample")
    made["rgb"] = gr.Image(type="filepath", label="Image", sources=["upload"], height=200, elem_id="rgb")
    made["depth"] = gr.File(label="Depth: PNG-16, TIFF, NPY, NPZ, PFM", elem_id="depth", height=110)
    made["about"] = gr.Markdown("", elem_id="about")
    made["unit"] = gr.Dropdown(
        list(UNITS), value="auto", label="Unit of the depth file", allow_custom_value=True,
        info="auto: integers are millimetres, floats metres", elem_id="unit",
    )  # fmt: skip
    with gr.Accordion("Simulate a sensor (the depth file is the truth)", open=True):
        made["sensor"] = gr.Dropdown(list(SENSORS), value=MEASURED, label="Sensor", elem_id="sensor")
        made["density"] = gr.Slider(0, 100, 30, step=1, label="Density", elem_id="density")
        made["outliers"] = gr.Slider(0, 20, 0, step=1, label="Wrong measurements, %", elem_id="outliers")
        made["seed"] = gr.Number(0, precision=0, label="Seed", elem_id="seed")
    with gr.Accordion("Model", open=False):
        made["model"] = gr.Dropdown(names, value="default", label="Model", elem_id="model")
        made["versus"] = gr.Dropdown(
            [NOTHING, *BASELINES, *names[1:]], value=NOTHING, label="Beside it", elem_id="versus"
        )
        made["max_depth"] = gr.Textbox(
            "auto", label="Scale (max_depth)", elem_id="max_depth",
            info="auto: by the farthest measurement; weights: as trained; or metres. The default model needs none.",
        )  # fmt: skip
        made["keep_measured"] = gr.Checkbox(False, label="Return measured pixels as measured", elem_id="keep")
    made["run"] = gr.Button("Complete", variant="primary", elem_id="run")
    return made


def _outputs(gr: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "facts": gr.Markdown("Choose a sample, or give an image and a depth file.", elem_id="facts")
    }
    with gr.Tabs():
        with gr.Tab("Result"):
            made["result"] = _html(gr, "readout", "result")
        with gr.Tab("Input"):
            made["overlay"] = gr.Image(label="Measured points over the image", interactive=False, elem_id="overlay")
        with gr.Tab("Before / after"):
            made["slider"] = gr.ImageSlider(label="Input or other method · result", elem_id="slider", type="numpy")
        with gr.Tab("Error"):
            made["error"] = gr.Image(
                label="Relative error: black 0.3 %, white 30 %", interactive=False, elem_id="error"
            )
            made["other_error"] = gr.Image(
                label="Of the other method", interactive=False, visible=False, elem_id="other_error"
            )
        with gr.Tab("3-D"):
            made["cloud"] = _html(gr, "cloud", "cloud")
        with gr.Tab("Download"):
            for kind, label in (
                ("png", "Depth, 16-bit PNG, mm"), ("npy", "Depth, NPY, metres"),
                ("ply", "Point cloud, PLY"), ("glb", "Point cloud, GLB"),
            ):  # fmt: skip
                made[kind] = gr.DownloadButton(label, interactive=False, elem_id=f"download_{kind}")
    return made


def _html(gr: Any, part: str, name: str) -> Any:
    """A figure of our own, with its script; gradio has none that reads out distances, or shows clouds without WebGL."""
    return gr.HTML(
        None,
        html_template=_part(f"{part}.html"),
        css_template=_part("parts.css"),
        js_on_load=_part(f"{part}.js"),
        elem_id=name,
    )


def _connect(gr: Any, controls: dict[str, Any], outputs: dict[str, Any]) -> None:
    controls["sample"].change(
        _load_sample, [controls["sample"]], [controls["rgb"], controls["depth"], controls["sensor"], controls["unit"]]
    )
    controls["depth"].change(_explain, [controls["depth"]], [controls["about"]])
    names = ["rgb", "depth", "unit", "sensor", "density", "outliers", "seed"]
    names += ["model", "versus", "max_depth", "keep_measured"]
    controls["run"].click(partial(_complete, gr), [controls[name] for name in names], list(outputs.values()))


def _load_sample(name: str | None) -> tuple[str | None, str | None, str, str]:
    if name is None:
        return None, None, MEASURED, "auto"
    rgb, depth, sensor = SAMPLES[name]
    folder = samples_folder()
    return str(folder / rgb), str(folder / depth), sensor, "auto"


def _explain(depth: str | None) -> str:
    if not depth:
        return ""
    try:
        return session.units_explained(read_stored(depth))
    except SpnetError as error:
        return f"⚠ {_without_folders(error, depth)}"


def _without_folders(error: SpnetError, *files: str) -> str:
    text = str(error)
    for file in files:
        text = text.replace(file, Path(file).name)
    return text


def _complete(gr: Any, rgb: str | None, depth: str | None, *rest: Any) -> list[Any]:
    """The values of all outputs, in their order; an input that cannot be used is explained in place of the facts."""
    try:
        if not rgb or not depth:
            raise BadInput("Give an image and a depth file first, or choose a sample.")
        unit, sensor, density, outliers, seed, model, versus, max_depth, keep = rest
        if seed is None or seed < 0:
            raise BadInput("The seed is a whole number from 0 on.")
        wish = Wish(
            Path(rgb), Path(depth), str(unit).strip() or "auto", sensor, float(density), float(outliers), int(seed),
            model, versus, str(max_depth).strip() or "auto", bool(keep),
        )  # fmt: skip
        shown = session.complete(wish)
    except SpnetError as error:
        empty = [gr.update(interactive=False) for _ in range(4)]
        message = f"### This cannot be completed\n{_without_folders(error, *(file for file in (rgb, depth) if file))}"
        return [message, None, None, None, None, gr.update(visible=False), None, *empty]
    drawn = pictures.draw(shown)
    folder = Path(tempfile.mkdtemp(prefix="spnet-"))
    _FOLDERS.append(folder)
    while len(_FOLDERS) > KEPT:
        shutil.rmtree(_FOLDERS.popleft(), ignore_errors=True)
    files = pictures.write_files(shown, folder)
    notes = "\n\n".join([*(f"⚠ {text}" for text in shown.warnings), *shown.lines])
    before = drawn.other if drawn.other is not None else drawn.input
    return [
        notes,
        pictures.readout(drawn.result, shown.result.depth),
        drawn.overlay,
        (before, drawn.result),
        drawn.error,
        gr.update(value=drawn.other_error, visible=drawn.other_error is not None),
        pictures.cloud(shown),
        *(gr.update(value=str(files[kind]), interactive=True) for kind in ("png", "npy", "ply", "glb")),
    ]
