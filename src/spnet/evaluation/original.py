"""The original's own test (spec: its README and released code): its folders, its result files, its RMSE and REL.

    Test_Datasets/<set>/{rgb,gt,raw_10%,raw_1%,raw_0.1%}/*.png  ->  <set>/result_10%/*.png, ...

Depth files hold depth / max_depth * 65535 with 16 bits, 0 = unknown. The network is given that normalised depth, and is
scored by its own values, before they are cut to [0, 1] for the file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from torch import nn

from spnet import formats
from spnet.backends.pytorch import TorchBackend
from spnet.errors import BadInput, CannotWrite, SpnetError
from spnet.evaluation.original_sets import RAW, OriginalSet, read_normalised
from spnet.files import atomic_path
from spnet.fill import fill_stack
from spnet.io import read_rgb
from spnet.metrics import original_errors
from spnet.model.weights import weights_info
from spnet.predictor import AUTO_MARGIN
from spnet.runner import Runner
from spnet.types import FloatImage
from spnet.units import LARGEST

RESULT = "result_"
SCORES = "scores.jsonl"
MEAN = "mean"


@dataclass(frozen=True)
class Score:
    """The original's figures of one image: `rmse` times max_depth / 256 is metres; `density` is e.g. "10%"."""

    dataset: str
    density: str
    image: str
    rmse: float
    rel: float


class OriginalTest:
    """Runs one network as the original's test does."""

    def __init__(self, model: nn.Module, *, device: str = "auto", precision: str = "fp32") -> None:
        """Move the network to its device.

        Args:
            model: what `load_model` returns. Weights that depend on no scale get inputs scaled by their farthest
                measurement, as in `Predictor`; the others see the files' own scale.
            device, precision: see `Predictor`.

        Raises:
            BadInput: unknown device or precision.
        """
        info = weights_info(model)
        self.maker = f"{info.name if info else type(model).__name__} {_digest(model)} {precision}"
        backend = TorchBackend(model, device=device, precision=precision)  # type: ignore[arg-type]  # it checks
        self.runner = Runner(backend)
        self.free = info is not None and info.max_depth is None and not self.runner.needs_fill

    def predict(self, rgb: Path, raw: Path) -> FloatImage:
        """Dense normalised depth (H, W), linear and not cut off.

        Raises:
            BadInput: a file that cannot be used, or a prediction that holds no numbers.
        """
        colours, sparse = read_rgb(rgb).astype(np.float32) / np.float32(255), read_normalised(raw)
        if colours.shape[:2] != sparse.shape:
            sizes = f"{colours.shape[1]}x{colours.shape[0]} and {sparse.shape[1]}x{sparse.shape[0]}"
            raise BadInput(f"{rgb} and {raw} are {sizes}: they must be of one size.")
        scale = np.float32(AUTO_MARGIN * sparse.max() if self.free and sparse.any() else 1)
        inputs = {"rgb": colours.transpose(2, 0, 1)[None], "raw": (sparse / scale)[None, None]}
        if self.runner.needs_fill:
            if not sparse.any():
                raise BadInput(f"{raw} holds no measurement, which these weights need.")
            inputs["fill"] = fill_stack(colours, sparse)[None]
        pred: FloatImage = self.runner(inputs)[0, 0] * scale
        if not np.isfinite(pred).all():
            raise BadInput(f"The prediction for {raw} holds values that are no numbers.")
        return pred

    def run(
        self,
        sets: Sequence[OriginalSet],
        output: Path | None = None,
        *,
        overwrite: bool = False,
        watch: Callable[[str, int, int], None] | None = None,
    ) -> tuple[list[Score], list[str]]:
        """Complete and score every image of every set; what an earlier run has done is not done again.

        Args:
            sets: see `find_sets`.
            output: folder for <set>/result_<density>/; None: beside the inputs.
            overwrite: do everything again.
            watch: told what is done, how much, of how many.

        Returns:
            The scores, and a sentence for each image that failed.

        Raises:
            BadInput: results of other weights are there.
            CannotWrite: a result cannot be written.
        """
        scores: list[Score] = []
        failed: list[str] = []
        places = [(one, raw, self._place(one, raw, output)) for one in sets for raw in one.raws]
        known = {place: {} if overwrite else self._known(place) for _, _, place in places}
        total = sum(len(one.images) for one, _, _ in places)
        for one, raw, place in places:
            self._begin(place, known[place])
            for image in one.images:
                score = known[place].get(image)
                try:
                    scores.append(score or self._image(one, raw, image, place))
                except CannotWrite:
                    raise
                except SpnetError as error:
                    failed.append(str(error))
                if watch:
                    watch(f"{one.name} {raw}", len(scores) + len(failed), total)
        return scores, failed

    def _place(self, one: OriginalSet, raw: str, output: Path | None) -> Path:
        return (output / one.name if output else one.root) / (RESULT + raw.removeprefix(RAW))

    def _image(self, one: OriginalSet, raw: str, image: str, place: Path) -> Score:
        gt_path = one.files["gt", image]
        truth = read_normalised(gt_path)
        if not truth.any():
            raise BadInput(f"{gt_path} holds no truth.")
        pred = self.predict(one.files["rgb", image], one.files[raw, image])
        if pred.shape != truth.shape:
            raise BadInput(f"{gt_path} is of another size than its image.")
        score = Score(one.name, raw.removeprefix(RAW), image, **original_errors(pred, truth))
        with atomic_path(_result(place, image)) as path:
            formats.write_array(path, np.rint(np.clip(pred, 0, 1) * np.float32(LARGEST)).astype(np.uint16))
        try:
            with (place / SCORES).open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(score)) + "\n")
        except OSError as error:
            raise CannotWrite(f"Cannot write {place / SCORES}: {error.strerror or error}.") from error
        return score

    def _known(self, place: Path) -> dict[str, Score]:
        """What an earlier run with the same weights has done there; a line cut off in the middle is nothing."""
        entries = list(_lines(place / SCORES))
        if not entries:
            if any(place.glob("**/*.png")):
                raise BadInput(f"{place} holds results of another origin: give --overwrite, or another --output.")
            return {}
        if entries[0].get("model") != self.maker:
            other = str(entries[0].get("model")).partition(" ")[0]
            raise BadInput(f"{place} holds results of other weights ({other}): give --overwrite, or another --output.")
        scores = [Score(**entry) for entry in entries[1:] if entry.keys() == Score.__annotations__.keys()]
        return {score.image: score for score in scores if _result(place, score.image).is_file()}

    def _begin(self, place: Path, known: dict[str, Score]) -> None:
        lines = [{"model": self.maker}, *(asdict(score) for score in known.values())]
        with atomic_path(place / SCORES) as path:
            path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")


def table(scores: Sequence[Score]) -> str:
    """A Markdown table: a row a set, REL and RMSE by density and their mean over the densities, as the original has it.

    >>> print(table([Score("NYU", "10%", "a", 1.0, 0.01), Score("NYU", "1%", "a", 3.0, 0.03)]))
    | set | images | 10% RMSE | 10% REL | 1% RMSE | 1% REL | mean RMSE | mean REL |
    |---|--:|--:|--:|--:|--:|--:|--:|
    | NYU | 1 | 1.000 | 0.0100 | 3.000 | 0.0300 | 2.000 | 0.0200 |
    """
    densities = list(dict.fromkeys(score.density for score in scores))
    means = set_means(scores)
    head = [f"{density} {kind}" for density in (*densities, MEAN) for kind in ("RMSE", "REL")]
    lines = [f"| set | images | {' | '.join(head)} |", "|---|" + "--:|" * (1 + len(head))]
    for name in dict.fromkeys(score.dataset for score in scores):
        images = len({score.image for score in scores if score.dataset == name})
        lines.append(_row(name, str(images), [means[name].get(density) for density in (*densities, MEAN)]))
    if len(means) > 1:
        columns = [[m[d] for m in means.values() if d in m] for d in (*densities, MEAN)]
        whole = [(fmean(a for a, _ in c), fmean(b for _, b in c)) if len(c) == len(means) else None for c in columns]
        lines.append(_row("mean over sets", "", whole))
    return "\n".join(lines)


def set_means(scores: Sequence[Score]) -> dict[str, dict[str, tuple[float, float]]]:
    """Set -> density -> (RMSE, REL), means over the images; "mean" is their mean over the set's densities."""
    means: dict[str, dict[str, tuple[float, float]]] = {}
    for name in dict.fromkeys(score.dataset for score in scores):
        own = [score for score in scores if score.dataset == name]
        by_density = {}
        for density in dict.fromkeys(score.density for score in own):
            there = [score for score in own if score.density == density]
            by_density[density] = (fmean(score.rmse for score in there), fmean(score.rel for score in there))
        values = list(by_density.values())
        means[name] = {**by_density, MEAN: (fmean(a for a, _ in values), fmean(b for _, b in values))}
    return means


def _row(name: str, images: str, cells: Sequence[tuple[float, float] | None]) -> str:
    shown = [text for cell in cells for text in ((f"{cell[0]:.3f}", f"{cell[1]:.4f}") if cell else ("–", "–"))]
    return f"| {name} | {images} | {' | '.join(shown)} |"


def _result(place: Path, image: str) -> Path:
    return Path(f"{place / image}.png")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry


def _digest(model: nn.Module) -> str:
    """Stands for the weights: names and values."""
    hashed = hashlib.sha256()
    for key, value in model.state_dict().items():
        hashed.update(key.encode())
        hashed.update(value.detach().cpu().contiguous().numpy().tobytes())
    return hashed.hexdigest()[:16]
