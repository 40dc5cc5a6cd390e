"""What runs in a worker process: decode, complete, encode. A request that fails does not fail those beside it."""

from __future__ import annotations

import base64
import json
import os
import signal
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np

from spnet.completion import Completion, checked_confidence
from spnet.errors import BadInput, SpnetError, SpnetWarning
from spnet.formats import encode_array
from spnet.frames import Frame
from spnet.inputs import load_pair, match_size
from spnet.io import decode_rgb, decode_stored, depth_to_metres, stored_values
from spnet.predictor import Predictor, checked_scale
from spnet.service.told import listen, told
from spnet.service.uploads import Refused, Upload
from spnet.stream import Stages, overlapped
from spnet.types import FloatImage
from spnet.units import default_unit, unit_scale

Format = Literal["png", "npy", "json"]
Output = Literal["depth", "expected_error", "confidence"]
Out = TypeVar("Out")
MEDIA = {"png": "image/png", "npy": "application/x-npy", "json": "application/json"}
PNG_LEVEL = 1  # of compression: the time it takes is the client's
MEANINGS = {"expected_error": "shares of the depth", "confidence": "from 0 to 1"}
PNG_ONE = 65535  # what 1 is in a PNG of expected errors, cut off there, or of confidences


@dataclass(frozen=True)
class Options:
    """What a request asks for.

    Attributes:
        model: one of the service's.
        unit: of the stored depth; None: millimetres for integers, metres for floats.
        max_depth: see `Predictor`.
        keep_measured: see `Predictor`.
        format: of the answer.
        output_unit: of a PNG answer's depth; the others are metres.
        mask_below: depth is 0 where the confidence is below; None: nowhere.
        output: what the answer holds; JSON holds the depth in any case.
    """

    model: str
    unit: str | None = None
    max_depth: str = "auto"
    keep_measured: bool = False
    format: Format = "png"
    output_unit: str = "mm"
    mask_below: float | None = None
    output: Output = "depth"

    def check(self) -> None:
        """Raise BadInput for what no request can mean."""
        if self.unit is not None:
            unit_scale(self.unit, integer=True)
        unit_scale(self.output_unit, integer=True)
        checked_scale(self.max_depth)
        if self.mask_below is not None:
            checked_confidence(self.mask_below)


@dataclass(frozen=True)
class Job:
    """One request."""

    rgb: Upload
    depth: Upload
    options: Options

    @property
    def key(self) -> tuple[Any, ...]:
        """Jobs with equal keys may run in one pass of the network."""
        return self.options.model, self.options.max_depth, self.options.keep_measured, self.depth.size

    @property
    def megabytes(self) -> float:
        """Of its files."""
        return (len(self.rgb.content) + len(self.depth.content)) / 1e6


@dataclass(frozen=True)
class Answer:
    """What a request gets.

    Attributes:
        content: the body.
        media_type: of the body.
        facts: model, size, units, what 1.0 stood for, seconds by stage, warnings.
    """

    content: bytes
    media_type: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class WorkerSettings:
    """What a worker needs to load a model."""

    device: str
    backend: str | None
    memory_mb: float | None


_SETTINGS: list[WorkerSettings] = []  # of this process


def start(settings: WorkerSettings) -> None:
    """Begin a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the service's own process ends its workers
    _SETTINGS[:] = [settings]
    listen()


@cache
def _predictor(model: str) -> Predictor:
    own = _SETTINGS[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SpnetWarning)  # that a graph is prepared
        return Predictor(model, device=own.device, backend=own.backend, memory_mb=own.memory_mb)


def load(models: tuple[str, ...]) -> int:
    """Load models; returns the process id. Raises SpnetError for one that cannot be used."""
    for model in models:
        _predictor(model)
    return os.getpid()


@dataclass(frozen=True)
class _Ready:
    """A job whose files are decoded and whose inputs of the network are made."""

    job: Job
    frame: Frame
    unit: str
    told: list[str]
    seconds: float


@dataclass(frozen=True)
class _Done:
    """A job after the network."""

    ready: _Ready
    result: Completion
    told: list[str]


def run(jobs: list[Job]) -> list[Answer | Refused]:
    """Answer requests that have the same `Job.key`: while one is in the network the next are decoded, and those before
    it encoded. A GPU takes them in one pass; a CPU is no faster with several, and would compile for each number."""
    predictor = _predictor(jobs[0].options.model)
    stages: Stages[Job, _Ready, _Done, Answer] = Stages(
        prepare=partial(_within_memory, _decoded, predictor),
        # Arrays say only now which of their axes are which.
        together=lambda ready: (ready.frame.pair.depth.shape, ready.frame.size),
        run=partial(_within_memory, _passed, predictor),
        finish=lambda _, done: _within_memory(_encoded, done),
    )
    batch = 1 if str(predictor.runner.backend.device) == "cpu" else len(jobs)
    answers = overlapped(jobs, stages, batch=batch, ahead=1)
    return [_refusal(answer) if isinstance(answer, SpnetError) else answer for answer in answers]


def _within_memory(function: Callable[..., Out], *arguments: object) -> Out:
    try:
        return function(*arguments)
    except MemoryError:
        raise Refused(413, "too_large", "There is not enough memory for this request: send a smaller image.") from None


def _decoded(predictor: Predictor, job: Job) -> _Ready:
    begin = time.perf_counter()
    options = job.options
    with told() as texts:
        stored = decode_stored(job.depth.content, job.depth.name)
        if stored.ndim == 3 and stored.shape[0] == 1:
            stored = stored[0]
        metres = depth_to_metres(stored, options.unit, name="depth")
        unit = options.unit or default_unit(integer=stored.dtype.kind in "iu")
        colours = match_size(_colours(job.rgb), metres.shape)
        seconds = time.perf_counter() - begin
        own = list(texts)
        frame = predictor.frame(colours, metres, "m", checked_scale(options.max_depth))
    # Those about reading ("depth: ...") were told when the file was decoded.
    return _Ready(
        job, frame, unit, own + [text for text in texts[len(own) :] if not text.startswith("depth:")], seconds
    )


def _passed(predictor: Predictor, group: list[_Ready]) -> list[_Done]:
    with told() as texts:
        results = predictor.completed([ready.frame for ready in group], group[0].job.options.keep_measured)
    return [_Done(ready, result, texts) for ready, result in zip(group, results, strict=True)]


def _colours(upload: Upload) -> Any:
    if Path(upload.name).suffix != ".npy":
        return decode_rgb(upload.content, upload.name)
    array = decode_stored(upload.content, upload.name)
    size = array.shape[-2:] if array.ndim == 3 and array.shape[-1] != 3 else array.shape[:2]
    return load_pair(array, np.ones(size, np.float32)).rgb  # which checks and converts any kind of array


def _encoded(done: _Done) -> Answer:
    """Raises BadInput where a confidence is asked of a network that gives none."""
    begin = time.perf_counter()
    options = done.ready.job.options
    result = replace(done.result, unit=done.ready.unit)
    arrays: dict[str, Any] = {}
    with told() as texts:
        shown = result if options.mask_below is None else result.masked(options.mask_below)
        other = _other(result, options.output)
        if options.format == "json":
            content, unit = b"", "m"
            arrays = {"depth": _in_json(shown.depth, "metres")}
            if other is not None:
                arrays[options.output] = _in_json(other, MEANINGS[options.output])
        elif other is None:
            content, unit = _depth_file(shown, options)
        else:
            content, unit = _share_file(other, options)
    seconds = {"decode": done.ready.seconds, **result.timings, "encode": time.perf_counter() - begin}
    facts = _facts(result, options, unit, seconds) | {"warnings": [*done.ready.told, *done.told, *texts]}
    if arrays:
        content = json.dumps({**facts, **arrays}).encode()
    return Answer(content, MEDIA[options.format], facts)


def _facts(result: Completion, options: Options, unit: str, seconds: dict[str, float]) -> dict[str, Any]:
    height, width = result.depth.shape
    return {
        "model": result.model,
        "width": width,
        "height": height,
        "output": options.output,
        "unit": unit,
        "input_unit": result.unit,
        "max_depth_m": round(result.max_depth, 6),
        "measured_pixels": int((result.input_depth > 0).sum()),
        "seconds": {name: round(value, 4) for name, value in seconds.items()},
    }


def _other(result: Completion, output: Output) -> FloatImage | None:
    if output == "depth":
        return None
    confidence = result.needed_confidence()  # which refuses for both
    return confidence if output == "confidence" else result.expected_error


def _depth_file(result: Completion, options: Options) -> tuple[bytes, str]:
    suffix, unit = (".png", options.output_unit) if options.format == "png" else (".npy", "m")
    values = stored_values(result.depth, Path("depth" + suffix), unit)
    return encode_array(values, suffix, png_level=PNG_LEVEL), unit


def _share_file(values: FloatImage, options: Options) -> tuple[bytes, str]:
    """Of an expected error or a confidence; its unit is what one step is worth."""
    if options.format == "npy":
        return encode_array(values, ".npy"), "1"
    steps = np.rint(np.minimum(values, 1) * PNG_ONE).astype(np.uint16)
    return encode_array(steps, ".png", png_level=PNG_LEVEL), f"1/{PNG_ONE}"


def _in_json(values: FloatImage, meaning: str) -> dict[str, str]:
    file = encode_array(values, ".npy")
    return {"encoding": f"base64 of an NPY file, float32 {meaning}", "data": base64.b64encode(file).decode()}


def _refusal(error: SpnetError) -> Refused:
    if isinstance(error, Refused):
        return error
    if isinstance(error, BadInput):
        return Refused(422, "bad_input", str(error))
    return Refused(500, "failed", "The request could not be answered; the service's log says why.")
