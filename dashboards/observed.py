"""What operators see: request ids, one JSON log line per request, counters for /metrics."""

from __future__ import annotations

import logging
import secrets
import sys
import time

import structlog
from flask import Flask, Response, g, request
from prometheus_client import Counter, Histogram

REQUESTS = Counter("gridcenter_requests_total", "Requests", ["endpoint", "method", "status"])
SECONDS = Histogram(
    "gridcenter_request_seconds",
    "Seconds per request",
    ["endpoint"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
REQUEST_ID = "X-Request-Id"
log = structlog.get_logger("gridcenter.request")
# Counted, but logged only when they fail: a map asks for hundreds of tiles.
QUIET = frozenset({"static", "health.healthz", "health.readyz", "health.metrics", "tiles.tile"})


def configure_logging(level: str) -> None:
    """One JSON object per line on standard error; exceptions as text without local variables."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def install(app: Flask) -> None:
    """Count and log every request of `app`."""
    app.before_request(_begin)
    app.after_request(_end)


def request_id() -> str:
    """A new id of a request, for its answer and its log lines."""
    return secrets.token_hex(4)


def count(endpoint: str, method: str, status: int, seconds: float) -> None:
    """Count one answered request."""
    REQUESTS.labels(endpoint, method, status).inc()
    SECONDS.labels(endpoint).observe(seconds)


def _begin() -> None:
    g.began = time.perf_counter()
    g.request_id = request_id()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.request_id)


def _end(response: Response) -> Response:
    endpoint = request.endpoint or "unknown"
    took = time.perf_counter() - g.get("began", time.perf_counter())
    count(endpoint, request.method, response.status_code, took)
    response.headers[REQUEST_ID] = g.get("request_id", "")
    if endpoint not in QUIET or response.status_code >= 400:
        log.info(
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            ms=round(took * 1000, 1),
        )
    return response
