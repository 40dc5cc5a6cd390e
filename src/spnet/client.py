"""A client of the HTTP service (`spnet serve`).

>>> from spnet.client import Client
>>> client = Client("http://127.0.0.1:8000")              # doctest: +SKIP
>>> client.complete("rgb.png", "depth.png").depth         # doctest: +SKIP
"""

from __future__ import annotations

import base64
import io
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from spnet.errors import BadInput, SpnetError
from spnet.extras import need
from spnet.types import AnyArray, FloatImage

RETRIES = 5  # after a full queue


class ServiceError(SpnetError):
    """The service refused a request, or cannot be reached.

    Attributes:
        status: of HTTP; 0 where there was no answer.
        code: the service's word for it.
    """

    def __init__(self, message: str, status: int = 0, code: str = "unreachable") -> None:
        """`message`: the sentence."""
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True)
class Completed:
    """What the service made.

    Attributes:
        depth: (H, W) float32 metres.
        facts: model, units, size, seconds by stage, warnings.
        expected_error: (H, W) float32, the expected |error| / depth; None unless asked for.
        confidence: (H, W) float32, the probability that a depth is within 5 % of the truth; None unless asked for.
    """

    depth: FloatImage
    facts: dict[str, Any]
    expected_error: FloatImage | None = None
    confidence: FloatImage | None = None


class Client:
    """One service; keeps its connections open, and may be shared by threads."""

    def __init__(self, url: str = "http://127.0.0.1:8000", *, token: str | None = None, timeout: float = 90.0) -> None:
        """Nothing is sent yet.

        Args:
            url: of the service.
            token: that it asks for.
            timeout: seconds to wait for an answer.

        Raises:
            MissingExtra: httpx is not installed.
        """
        httpx = need("httpx", "client", "Clients")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._unreachable = httpx.HTTPError
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout)

    def complete(
        self,
        rgb: str | Path | AnyArray,
        depth: str | Path | AnyArray,
        *,
        unit: str | None = None,
        model: str | None = None,
        max_depth: float | str = "auto",
        keep_measured: bool = False,
        mask_below: float | None = None,
        output: Literal["depth", "expected_error", "confidence"] = "depth",
    ) -> Completed:
        """Complete one pair; waits and tries again while the service's queue is full.

        Args:
            rgb, depth: files, sent as they are, or arrays: (H, W, 3) uint8, (H, W) of numbers.
            unit, max_depth, keep_measured: as of `spnet.complete`.
            model: one of `models`.
            mask_below: the depth is 0 where the confidence is below.
            output: what to fetch beside the depth.

        Raises:
            BadInput: a file that cannot be read.
            ServiceError: the service refused, or cannot be reached.
        """
        options = {
            "unit": unit, "model": model, "max_depth": max_depth, "keep_measured": keep_measured,
            "mask_below": mask_below, "output": output, "format": "npy" if output == "depth" else "json",
        }  # fmt: skip
        data = {name: str(value) for name, value in options.items() if value is not None}
        files = {"rgb": ("rgb", _bytes(rgb)), "depth": ("depth", _bytes(depth))}
        response = self._send("POST", "/v1/complete", data=data, files=files)
        facts = json.loads(response.headers["X-Spnet-Result"])
        if output == "depth":
            return Completed(_array(response.content), facts)
        arrays = {name: _array(base64.b64decode(response.json()[name]["data"])) for name in ("depth", output)}
        return Completed(facts=facts, **arrays)

    def models(self) -> list[str]:
        """Names of the models; the first is the default. Raises ServiceError."""
        return [model["name"] for model in self._send("GET", "/v1/models").json()["models"]]

    def ready(self) -> bool:
        """Whether the service answers and has a worker with its models."""
        try:
            return bool(self._http.get("/readyz").status_code == 200)
        except self._unreachable:
            return False

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, method: str, path: str, **body: Any) -> Any:
        for attempt in range(RETRIES + 1):
            try:
                response = self._http.request(method, path, **body)
            except self._unreachable as error:
                raise ServiceError(
                    f"{self._http.base_url} does not answer ({error or type(error).__name__})."
                ) from None
            if response.status_code != 429 or attempt == RETRIES:
                break
            time.sleep(float(response.headers.get("Retry-After", 1)))
        if response.status_code == 200:
            return response
        try:
            told = response.json()["error"]
            message, code = str(told["message"]), str(told["code"])
        except (ValueError, KeyError, TypeError):
            message, code = f"HTTP status {response.status_code}", "error"
        raise ServiceError(message, response.status_code, code)


def _array(content: bytes) -> AnyArray:
    return np.load(io.BytesIO(content), allow_pickle=False)  # type: ignore[no-any-return]


def _bytes(source: str | Path | AnyArray) -> bytes:
    if isinstance(source, np.ndarray):
        file = io.BytesIO()
        np.save(file, source, allow_pickle=False)
        return file.getvalue()
    try:
        return Path(source).read_bytes()
    except (OSError, ValueError) as error:
        raise BadInput(f"{source} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
