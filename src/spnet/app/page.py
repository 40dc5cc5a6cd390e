"""The page, by gradio: controls on the left, what came out on the right. Nothing is loaded from elsewhere."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

from spnet.app.actions import CONFIDENCE, HIDING, RESULTS, SAMPLES, Actions, explain, load_sample
from spnet.app.kept import FILES, Kept
from spnet.app.session import BASELINES, MEASURED, NOTHING, SENSORS
from spnet.extras import need
from spnet.model.weights_table import BUNDLED

DAY = 86_400  # seconds after which gradio drops its copies of what it served
UNITS = ("auto", "mm", "cm", "m", "kitti", "tum", "normalized:20")
# A list that takes other values, too, stays open over what is below when Tab leaves it (gradio 6.31).
CLOSE_LISTS = """() => {
  const style = document.createElement('style');
  style.textContent = '#unit:not(:focus-within) [role=listbox] { display: none; }';
  document.head.append(style);
}"""
LABELS = {
    "png": "Depth, 16-bit PNG, mm",
    "npy": "Depth, NPY, metres",
    "ply": "Point cloud, PLY",
    "glb": "Point cloud, GLB",
}


def _part(name: str) -> str:
    return (Path(__file__).parent / "parts" / name).read_text(encoding="utf-8")


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
        _connect(Actions(gr, Kept()), controls, outputs)
        page.load(None, js=CLOSE_LISTS)
    return page


def theme() -> Any:
    """Gradio's own, with darker explanations. For `launch` and `mount_gradio_app`."""
    gr = need("gradio", "app", "Pages")
    return gr.themes.Default().set(block_info_text_color="*neutral_500")


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
        "key": gr.State(None),
        "wanted": gr.State(False),
        "facts": gr.Markdown("Choose a sample, or give an image and a depth file.", elem_id="facts"),
        "below": gr.Slider(
            0, 0.95, 0, step=0.05, label="Hide below confidence", info=CONFIDENCE, elem_id="below"
        ),
        "left": gr.Markdown("", elem_id="left"),
    }  # fmt: skip
    made["tabs"] = []
    with gr.Tabs():
        for name in ("Result", "Input", "Before / after", "Confidence", "Error", "3-D", "Download"):
            with gr.Tab(name) as tab:
                made |= _tab(gr, name)
            made["tabs"].append((tab, name == "Download"))
    return made


def _tab(gr: Any, name: str) -> dict[str, Any]:
    if name == "Result":
        return {"result": _html(gr, "readout", "result")}
    if name == "Input":
        label = "Measured points over the image"
        return {"overlay": gr.Image(label=label, interactive=False, elem_id="overlay")}
    if name == "Before / after":
        return {"slider": _html(gr, "compare", "slider")}
    if name == "Confidence":
        return {"expected": _html(gr, "readout", "expected")}
    if name == "Error":
        with gr.Row():  # beside each other where there is room
            with gr.Column(min_width=280):
                own = _html(gr, "readout", "error")
            with gr.Column(min_width=280, visible=False) as beside:
                other = _html(gr, "readout", "other_error")
        return {"error": own, "other_error": other, "beside": beside}
    if name == "3-D":
        return {"cloud": _html(gr, "cloud", "cloud")}
    return {
        kind: gr.DownloadButton(label, interactive=False, elem_id=f"download_{kind}") for kind, label in LABELS.items()
    }


def _html(gr: Any, part: str, name: str) -> Any:
    """A figure of our own, with its script.

    Gradio has none that reads out distances or shows clouds without WebGL, and keys do not move its image slider.
    """
    return gr.HTML(
        None,
        html_template=_part(f"{part}.html"),
        css_template=_part("parts.css"),
        js_on_load=_part(f"{part}.js"),
        elem_id=name,
    )


def _connect(actions: Actions, controls: dict[str, Any], outputs: dict[str, Any]) -> None:
    controls["sample"].change(
        load_sample, [controls["sample"]], [controls["rgb"], controls["depth"], controls["sensor"], controls["unit"]]
    )
    controls["depth"].change(explain, [controls["depth"]], [controls["about"]])
    names = ["unit", "sensor", "density", "outliers", "seed", "model", "versus", "max_depth", "keep_measured"]
    given = [controls["rgb"], controls["depth"], outputs["below"], *(controls[name] for name in names)]
    files = (actions.files, [outputs["key"], outputs["below"], outputs["wanted"]], [outputs[kind] for kind in FILES])
    controls["run"].click(actions.complete, given, [outputs[name] for name in RESULTS]).then(*files)
    hidden = [outputs[name] for name in (*HIDING, "expected")]
    moved = outputs["below"].change(
        actions.hide, [outputs["key"], outputs["below"]], hidden, trigger_mode="always_last", show_progress="hidden"
    )
    moved.then(*files, show_progress="hidden")
    for tab, wanted in outputs["tabs"]:
        tab.select(partial(bool, wanted), None, [outputs["wanted"]], show_progress="hidden").then(*files)
