"""What happens when something on the page is pressed or moved; values for its outputs, in their order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spnet.app import figures, pictures, session
from spnet.app.kept import FILES, Kept
from spnet.app.session import MEASURED, Shown, Wish
from spnet.errors import BadInput, SpnetError
from spnet.io import read_stored

# Names of the outputs of `Actions.complete` and `Actions.hide`.
HIDING = ("left", "result", "slider", "cloud")
RESULTS = ("key", "facts", "below", *HIDING, "overlay", "expected", "error", "other_error", "beside")
SAMPLES = {
    "desk: what a Kinect measured": ("desk/rgb.jpg", "desk/depth_kinect.png", MEASURED),
    "desk: 500 points": ("desk/rgb.jpg", "desk/depth_500_points.png", MEASURED),
    "desk: 16 LiDAR lines": ("desk/rgb.jpg", "desk/depth_16_lines.png", MEASURED),
    "table: what a Kinect measured": ("table/rgb.jpg", "table/depth_kinect.png", MEASURED),
}
CONFIDENCE = (
    "How probable it is that a distance is within 5 % of the truth. "
    "What is below is left out of the result, the 3-D view and the downloads."
)


def samples_folder() -> Path:
    """Where the sample pairs are: in the installed package, or in the repository."""
    package = Path(__file__).parents[1] / "examples"
    return package if package.is_dir() else Path(__file__).parents[3] / "examples"


def load_sample(name: str | None) -> tuple[str | None, str | None, str, str]:
    """Image, depth, sensor and unit of a sample."""
    if name is None:
        return None, None, MEASURED, "auto"
    rgb, depth, sensor = SAMPLES[name]
    folder = samples_folder()
    return str(folder / rgb), str(folder / depth), sensor, "auto"


def explain(depth: str | None) -> str:
    """What a depth file's numbers would be in each unit, or why it cannot be used."""
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


@dataclass(frozen=True)
class Actions:
    """Those that need gradio or the kept results.

    Attributes:
        gr: the module.
        kept: the results.
    """

    gr: Any
    kept: Kept

    def complete(self, rgb: str | None, depth: str | None, below: float, *rest: Any) -> list[Any]:
        """`RESULTS`; an input that cannot be used is explained in place of the facts."""
        try:
            shown = session.complete(_wish(rgb, depth, *rest))
        except SpnetError as error:
            message = (
                f"### This cannot be completed\n{_without_folders(error, *(file for file in (rgb, depth) if file))}"
            )
            nothing: dict[str, Any] = {"facts": message, "left": "", "beside": self.gr.update(visible=False)}
            return [nothing.get(name, self.gr.update() if name == "below" else None) for name in RESULTS]
        drawn = pictures.draw(shown, below)
        model, versus = rest[5:7]
        notes = "\n\n".join([*(f"⚠ {text}" for text in shown.warnings), *shown.lines])
        result, truth = shown.result, shown.truth
        own = other = None
        if truth is not None and drawn.error is not None:
            own = figures.error_figure(drawn.error, result.depth, truth, model)
        if truth is not None and drawn.other_error is not None and shown.other is not None:
            other = figures.error_figure(drawn.other_error, shown.other, truth, versus)
        expected = None if drawn.expected is None else figures.expected_figure(drawn.expected, result, below)
        return [
            self.kept.add(shown),
            notes,
            self._slider(shown),
            *_hiding(shown, below, drawn),
            drawn.overlay,
            expected or figures.nothing(f"{result.model} gives no expected error; the default model does."),
            own or figures.nothing("No truth to compare with: simulate a sensor, then the depth file is the truth."),
            other,
            self.gr.update(visible=other is not None),
        ]

    def _slider(self, shown: Shown) -> Any:
        able = shown.result.confidence is not None
        why = f"{shown.result.model} gives no confidence, so nothing is hidden; the default model does."
        return self.gr.update(interactive=able, info=CONFIDENCE if able else why)

    def hide(self, key: str | None, below: float) -> list[Any]:
        """`HIDING`, and the expected error."""
        shown = self.kept.get(key)
        if shown is None:
            gone = "This result is no longer kept: press Complete again." if key else ""
            return [gone, *(self.gr.skip() for _ in HIDING)]
        drawn = pictures.draw(shown, below)
        if drawn.expected is None:
            return [self.gr.skip() for _ in range(len(HIDING) + 1)]
        return [*_hiding(shown, below, drawn), figures.expected_figure(drawn.expected, shown.result, below)]

    def files(self, key: str | None, below: float, wanted: bool) -> list[Any]:
        """The buttons of `FILES`; files are written only where the downloads are being looked at."""
        shown = self.kept.get(key) if wanted else None
        made = {} if shown is None else self.kept.write(shown, below)
        return [
            self.gr.update(value=str(made[kind]) if kind in made else None, interactive=kind in made) for kind in FILES
        ]


def _wish(rgb: str | None, depth: str | None, *rest: Any) -> Wish:
    if not rgb or not depth:
        raise BadInput("Give an image and a depth file first, or choose a sample.")
    unit, sensor, density, outliers, seed, model, versus, max_depth, keep = rest
    if seed is None or seed < 0:
        raise BadInput("The seed is a whole number from 0 on.")
    return Wish(
        Path(rgb), Path(depth), str(unit).strip() or "auto", sensor, float(density), float(outliers), int(seed),
        model, versus, str(max_depth).strip() or "auto", bool(keep),
    )  # fmt: skip


def _hiding(shown: Shown, below: float, drawn: pictures.Pictures) -> list[Any]:
    return [
        session.left_line(shown, below),
        figures.depth_figure(drawn.result, shown.result, below, drawn.span),
        figures.compare_figure(drawn.before, drawn.result, *shown.sides),
        pictures.cloud(pictures.limited(shown.result, below)),
    ]
