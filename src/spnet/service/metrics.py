"""What Prometheus may read."""

from __future__ import annotations

from typing import Any

from spnet.extras import need

SECONDS = (0.01, 0.03, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)


class Metrics:
    """Counters of one service, in a registry of its own."""

    def __init__(self) -> None:
        """Raises MissingExtra where prometheus_client is not installed."""
        prometheus: Any = need("prometheus_client", "serve", "Metrics")
        self._prometheus = prometheus
        self.registry = registry = prometheus.CollectorRegistry()
        self.requests = prometheus.Counter(
            "spnet_requests", "Requests by route and status.", ["route", "status"], registry=registry
        )
        self.seconds = prometheus.Histogram(
            "spnet_request_seconds", "From the first byte to the answer.", ["route"], buckets=SECONDS, registry=registry
        )
        self.waited = prometheus.Histogram(
            "spnet_queue_seconds", "What jobs waited for a worker.", buckets=SECONDS, registry=registry
        )
        self.batch = prometheus.Histogram(
            "spnet_batch_size", "Jobs run together.", buckets=(1, 2, 4, 8, 16), registry=registry
        )
        self.queue = prometheus.Gauge("spnet_queue_length", "Jobs that wait.", registry=registry)
        self.restarts = prometheus.Counter("spnet_worker_restarts", "Workers that died.", registry=registry)
        self.pixels = prometheus.Counter("spnet_pixels", "Pixels completed.", registry=registry)

    def text(self) -> bytes:
        """In Prometheus' text format."""
        content: bytes = self._prometheus.generate_latest(self.registry)
        return content
