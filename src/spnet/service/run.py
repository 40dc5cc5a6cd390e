"""Runs the service by uvicorn until it is told to stop."""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from spnet.service.app import create_app
from spnet.service.config import ServiceConfig

GRACE = 30  # seconds that running requests get when the service ends


class PatientProtocol(H11Protocol):
    """HTTP/1.1 that closes connections on which no request begins: uvicorn itself waits for ever."""

    patience = 30.0

    def connection_made(self, transport: Any) -> None:
        """As asyncio has it."""
        super().connection_made(transport)
        self._alarm = self.loop.call_later(self.patience, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """As asyncio has it."""
        self._alarm.cancel()
        super().connection_lost(exc)

    def _give_up(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.close()


def server(config: ServiceConfig) -> uvicorn.Server:
    """The server, not yet running; it ends in order on SIGTERM and Ctrl-C."""
    protocol = type("Protocol", (PatientProtocol,), {"patience": config.body_timeout})
    return uvicorn.Server(
        uvicorn.Config(
            create_app(config),
            host=config.host,
            port=config.port,
            http=protocol,
            ws="none",
            limit_concurrency=config.connections,
            timeout_keep_alive=max(1, round(config.body_timeout)),
            timeout_graceful_shutdown=GRACE,
            server_header=False,
            log_level="info",
        )
    )


def serve(config: ServiceConfig) -> None:
    """Run the service; returns when it was told to stop."""
    asyncio.run(server(config).serve())
