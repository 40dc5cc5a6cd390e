"""`spnet serve`: the HTTP service."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

Several = Parameter(consume_multiple=True, negative="")


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    model: Annotated[tuple[str, ...], Several] = ("default",),
    device: Annotated[tuple[str, ...], Several] = ("auto",),
    backend: str | None = None,
    token_file: Path | None = None,
    queue: int = 64,
    batch: int = 8,
    max_mb: float = 64.0,
    max_pixels: int = 16_000_000,
    timeout: float = 60.0,
    memory_mb: float | None = None,
) -> int:
    """Answer requests over HTTP until stopped: POST /v1/complete; /docs describes it.

    Parameters
    ----------
    host:
        Address to listen on; 0.0.0.0 for all. Give a token then.
    port:
        Port to listen on.
    model:
        Bundled names, weights files or exported graphs to choose from; the first is the default.
    device:
        One worker process each, e.g. "cuda:0 cuda:1", or "cpu cpu".
    backend:
        auto, torch, onnxruntime or openvino. Default: SPNET_BACKEND, or auto.
    token_file:
        File with the token that clients have to send. Default: the environment variable SPNET_TOKEN, or none.
    queue:
        Requests that may wait; the next one is answered with 429.
    batch:
        Requests of one size that a worker is given together, at most.
    max_mb:
        Largest body in MB.
    max_pixels:
        Largest image or depth map.
    timeout:
        Seconds that a request may take.
    memory_mb:
        Of a worker's network; larger images run in tiles.
    """
    from spnet.extras import need
    from spnet.service.config import ServiceConfig

    for package in ("fastapi", "uvicorn", "multipart", "prometheus_client"):
        need(package, "serve", "Services")
    config = ServiceConfig(
        models=model,
        devices=device,
        backend=backend,
        memory_mb=memory_mb,
        host=host,
        port=port,
        token=_token(token_file),
        queue=queue,
        batch=batch,
        max_mb=max_mb,
        max_pixels=max_pixels,
        timeout=timeout,
    )
    from spnet.service.run import serve as run

    print(f"http://{host}:{port}/docs describes the service; Ctrl-C stops it.", file=sys.stderr)
    run(config)
    return 0


def _token(file: Path | None) -> str | None:
    from spnet.errors import BadInput

    if file is None:
        return os.environ.get("SPNET_TOKEN") or None
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read ({getattr(error, 'strerror', None) or 'no text'}).") from None
    if not token:
        raise BadInput(f"{file} holds no token.")
    return token
