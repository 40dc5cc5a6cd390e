"""What a service is told at its start."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from spnet.errors import BadInput
from spnet.model.weights_table import ALIASES, BUNDLED


@dataclass(frozen=True)
class ServiceConfig:
    """All of it; every default is ours.

    Attributes:
        models: names, weights files or exported graphs that requests may choose from; the first is the default.
        devices: one worker process each; the same device may be named twice.
        backend: of the predictors, see `Predictor`.
        memory_mb: of the predictors, see `Predictor`.
        host, port: where to listen.
        token: clients have to send it as `Authorization: Bearer TOKEN`; None: anyone may use the service.
        queue: requests that may wait; one more is answered with 429.
        queue_mb: bytes that these may hold together, in MB.
        batch: requests of the same size and model that a worker is given together, at most; fewer large ones.
        max_mb: the largest body, in MB.
        max_pixels: of an image or a depth map.
        timeout: seconds that a request may take once its body is here, waiting included.
        body_timeout: seconds that a body may take to arrive, and a connection to say what it wants.
        connections: open at once, at most.
    """

    models: tuple[str, ...] = ("default",)
    devices: tuple[str, ...] = ("auto",)
    backend: str | None = None
    memory_mb: float | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = None
    queue: int = 64
    queue_mb: float = 1024.0
    batch: int = 8
    max_mb: float = 64.0
    max_pixels: int = 16_000_000
    timeout: float = 60.0
    body_timeout: float = 30.0
    connections: int = 1000

    def __post_init__(self) -> None:
        """Raise BadInput for numbers that make no sense."""
        for name in ("queue", "queue_mb", "batch", "max_mb", "max_pixels", "timeout", "body_timeout", "connections"):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                raise BadInput(f"{name} {value!r}: expected a positive number.")
        if not 0 <= self.port <= 65535:
            raise BadInput(f"port {self.port}: expected 0 to 65535.")
        if not self.models or not self.devices:
            raise BadInput("A service needs at least one model and one device.")
        if len(set(self.models)) != len(self.models):
            raise BadInput(f"A model is named twice in {', '.join(self.models)}.")
        for model in self.models:  # said at the start, rather than by a worker that does not
            is_hub_id = model.count("/") == 1 and not Path(model).suffix
            if ALIASES.get(model, model) not in BUNDLED and not Path(model).is_file() and not is_hub_id:
                raise BadInput(f"There is no model {model!r}: name bundled weights, a file, or a hub id.")
