"""Plain ASGI middleware: bodies that are too large or never end are refused while they arrive; requests are counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import HTTPException  # FastAPI's parsers let their own class through, not Starlette's

from spnet.service.metrics import Metrics

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class BodyLimit:
    """Counts bytes and seconds of every request's body."""

    def __init__(self, app: App, *, max_bytes: int, seconds: float) -> None:
        """Wrap `app`: at most `max_bytes` of a body, within `seconds`."""
        self.app = app
        self.max_bytes = max_bytes
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it; raises HTTPExceptions, which frameworks let through to their handlers."""
        await self.app(scope, self._counted(scope, receive) if scope["type"] == "http" else receive, send)

    def _counted(self, scope: Scope, receive: Receive) -> Receive:
        lengths = [value for name, value in scope["headers"] if name == b"content-length"]
        seen = 0
        announced = int(lengths[0]) if lengths and lengths[0].isdigit() else 0
        complete = False
        end = time.monotonic() + self.seconds

        async def counted() -> Message:
            nonlocal seen, complete
            if announced > self.max_bytes:
                raise self._too_large()
            if complete:  # what comes now is the client's leaving, for which nobody has to wait in time
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), max(0.0, end - time.monotonic()))
            except TimeoutError:
                raise HTTPException(408, f"The body did not arrive within {self.seconds:g} s.") from None
            seen += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if seen > self.max_bytes:
                raise self._too_large()
            return message

        return counted

    def _too_large(self) -> HTTPException:
        return HTTPException(413, f"The body is over the limit of {self.max_bytes / 1e6:g} MB.")


class Counted:
    """Counts requests and their seconds by route and status."""

    def __init__(self, app: App, *, metrics: Metrics) -> None:
        """Wrap `app`."""
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begin = time.perf_counter()
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "other")  # not the path itself: clients can invent those
            self.metrics.requests.labels(route, str(status)).inc()
            self.metrics.seconds.labels(route).observe(time.perf_counter() - begin)
