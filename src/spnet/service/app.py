"""The routes of the service; what they say to the client, they say in one form: {"error": {"code", "message"}}."""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, File, Form, Request, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from spnet.backends.graph import VERSION
from spnet.errors import BadInput
from spnet.model.weights_table import ALIASES, BUNDLED
from spnet.service.config import ServiceConfig
from spnet.service.engine import Engine
from spnet.service.limits import BodyLimit, Counted
from spnet.service.metrics import Metrics
from spnet.service.uploads import Refused, look_at
from spnet.service.worker import Answer, Format, Job, Options, Output

log = logging.getLogger("spnet.service")
FACTS = "X-Spnet-Result"  # header with what a JSON answer would say beside the depth
_ERROR = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
            "required": ["code", "message"],
        }
    },
    "required": ["error"],
}
_MEANINGS = {
    400: "The body cannot be parsed.",
    401: "The token is missing or wrong.",
    405: "Another method is meant.",
    408: "The body did not arrive in time.",
    413: "Too many bytes or pixels.",
    415: "A file of a kind that is not taken.",
    422: "An input or option that cannot be used; the message says why.",
    429: "The queue is full: try again after Retry-After seconds.",
    500: "A bug; the service's log says more.",
    503: "Not ready, or shutting down.",
    504: "Not done in time.",
}
_OUTPUT = (
    "What the answer holds: the depth, or of each pixel the expected error as a share of its depth, or the "
    "confidence, the probability that the depth is within 5 % of the truth. In a PNG 65535 is 1, in JSON it comes "
    "beside the depth. Needs a model that gives a confidence."
)
_BEARER = HTTPBearer(auto_error=False, description="The token that the service was started with.")
_CODES = {400: "bad_request", 401: "unauthorized", 404: "not_found", 405: "method", 408: "too_slow", 413: "too_large"}
Errors = dict[int | str, dict[str, Any]]


def create_app(config: ServiceConfig) -> FastAPI:
    """The service as an ASGI application.

    Args:
        config: see `ServiceConfig`.

    Returns:
        The application; its workers start and end with its lifespan. `app.state.engine` is the queue.
    """
    engine = Engine(config, Metrics())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await engine.start()
        yield
        await engine.close()

    app = FastAPI(
        title="spnet",
        version=VERSION,
        summary="Dense metric depth from one RGB image and any sparse depth.",
        lifespan=lifespan,
    )
    app.state.engine = engine
    guard = [Depends(_guard(config.token))] if config.token else []
    app.include_router(_completion(config, engine), dependencies=guard)
    app.include_router(_status(config, engine))
    app.include_router(_metrics(engine), dependencies=guard)
    _handle_errors(app)
    app.add_middleware(Counted, metrics=engine.metrics)
    app.add_middleware(BodyLimit, max_bytes=int(config.max_mb * 1e6), seconds=config.body_timeout)
    return app


def _errors(*statuses: int) -> Errors:
    content = {"application/json": {"schema": _ERROR}}
    return {status: {"description": _MEANINGS[status], "content": content} for status in statuses}


def _guard(token: str) -> Callable[..., Awaitable[None]]:
    async def check(sent: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> None:
        if sent is None or not hmac.compare_digest(sent.credentials.encode(), token.encode()):
            raise HTTPException(401, "The token is missing or wrong.", {"WWW-Authenticate": "Bearer"})

    return check


def _completion(config: ServiceConfig, engine: Engine) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["completion"])
    binary = {"schema": {"type": "string", "format": "binary"}}
    answers: Errors = {
        200: {
            "description": f"Dense depth. The header {FACTS} holds JSON: model, unit, size, seconds, warnings.",
            "content": {"image/png": binary, "application/x-npy": binary, "application/json": {}},
        }
    }

    @router.post(
        "/complete",
        response_class=Response,
        responses=answers | _errors(400, 401, 408, 413, 415, 422, 429, 500, 503, 504),
    )
    async def complete(
        rgb: Annotated[UploadFile, File(description="PNG, JPEG, WebP, TIFF, BMP, or an array as NPY.")],
        depth: Annotated[UploadFile, File(description="16-bit PNG, TIFF, NPY, NPZ or PFM; 0 and NaN are unknown.")],
        model: Annotated[str | None, Form(description="One of /v1/models; the first unless given.")] = None,
        unit: Annotated[
            str | None,
            Form(description="mm, cm, m, kitti, tum or normalized:MAX_DEPTH; integers are mm, floats m unless given."),
        ] = None,
        max_depth: Annotated[str, Form(description="auto, weights, or metres.")] = "auto",
        keep_measured: Annotated[bool, Form(description="Return measured pixels as they were measured.")] = False,
        format: Annotated[Format, Form(description="Of the answer: 16-bit PNG, NPY (metres) or JSON.")] = "png",
        output_unit: Annotated[str, Form(description="Of the depth in a PNG answer.")] = "mm",
        mask_below: Annotated[
            float | None,
            Form(ge=0, le=1, description="The depth is 0 where the confidence is below; needs a model that gives one."),
        ] = None,
        output: Annotated[Output, Form(description=_OUTPUT)] = "depth",
    ) -> Response:
        """Complete one pair."""
        options = Options(
            _known(config, model), unit or None, max_depth or "auto", keep_measured, format, output_unit or "mm",
            mask_below, output,
        )  # fmt: skip
        _check(options)
        picture = look_at(await rgb.read(), "rgb", config.max_pixels)
        measured = look_at(await depth.read(), "depth", config.max_pixels)
        answer = await engine.submit(Job(picture, measured, options))
        return _response(engine, answer)

    @router.get("/models", responses=_errors(401))
    async def models() -> dict[str, list[dict[str, Any]]]:
        """The models that requests may choose from; the first is the default."""
        return {"models": [_described(model) for model in config.models]}

    return router


def _status(config: ServiceConfig, engine: Engine) -> APIRouter:
    router = APIRouter(tags=["status"])

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Answers as long as the process lives."""
        return {"status": "ok", "version": VERSION}

    @router.get("/readyz", responses=_errors(503))
    async def readyz() -> dict[str, Any]:
        """Whether a worker has its models."""
        if not engine.ready:
            raise Refused(503, "not_ready", "No worker is ready yet.")
        return {"status": "ready", "workers": len(engine.pids), "devices": len(config.devices)}

    return router


def _metrics(engine: Engine) -> APIRouter:
    router = APIRouter(tags=["status"])

    @router.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **_errors(401)},
    )
    async def metrics() -> Response:
        """For Prometheus."""
        return Response(engine.metrics.text(), media_type="text/plain; version=0.0.4")

    return router


def _known(config: ServiceConfig, model: str | None) -> str:
    if not model:
        return config.models[0]
    named = {_public(source): source for source in config.models} | {source: source for source in config.models}
    if model not in named:
        names = ", ".join(_public(source) for source in config.models)
        raise Refused(422, "no_model", f"There is no model of that name here: choose one of {names}.")
    return named[model]


def _check(options: Options) -> None:
    try:
        options.check()
    except BadInput as error:
        raise Refused(422, "bad_option", str(error)) from None


def _public(source: str) -> str:
    """A model's name for clients: of a file its stem, since its folder is nobody's business."""
    if ALIASES.get(source, source) in BUNDLED:
        return source
    return source.replace("\\", "/").rpartition("/")[2].rsplit(".", 1)[0]


def _described(source: str) -> dict[str, Any]:
    info = BUNDLED.get(ALIASES.get(source, source))
    own = {"description": info.description, "licence": info.licence} if info else {}
    return {"name": _public(source), **own}


def _response(engine: Engine, answer: Answer) -> Response:
    engine.metrics.pixels.inc(answer.facts["width"] * answer.facts["height"])
    headers = {FACTS: json.dumps(answer.facts, ensure_ascii=True)}
    return Response(answer.content, media_type=answer.media_type, headers=headers)


def _handle_errors(app: FastAPI) -> None:
    engine: Engine = app.state.engine

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> JSONResponse:
        headers = {"Retry-After": str(engine.retry_after())} if error.status in (429, 503) else None
        return _error(error.status, error.code, error.message, headers)

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> JSONResponse:
        return _error(
            error.status_code, _CODES.get(error.status_code, "error"), str(error.detail), dict(error.headers or {})
        )

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        places = [f"{'.'.join(map(str, each['loc'][1:])) or 'body'}: {each['msg']}" for each in error.errors()]
        return _error(422, "bad_request", "; ".join(places)[:500])

    @app.exception_handler(Exception)
    async def failed(_: Request, error: Exception) -> JSONResponse:
        log.error("a request failed", exc_info=error)
        return _error(500, "failed", "The request could not be answered; the service's log says why.")


def _error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers=headers)
