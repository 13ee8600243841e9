"""Is the product alive, is it ready, what does it count: for supervisors and monitoring."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, jsonify
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    generate_latest,
    multiprocess,
)

from dashboards.requests import anonymous, house, without_transaction
from gridcenter.errors import DatabaseUnavailable

bp = APIBlueprint("health", __name__, tag="health")


@bp.get("/healthz")
@bp.doc(summary="Alive")
@anonymous
@without_transaction
def healthz() -> Response:
    """The process answers."""
    return jsonify({"status": "ok"})


@bp.get("/readyz")
@bp.doc(summary="Ready", responses={200: "Ready", 503: "Not ready"})
@anonymous
@without_transaction
def readyz() -> Response:
    """The database answers and has been migrated."""
    with house().database.transaction(read_only=True) as tx:
        if tx.scalar("SELECT to_regclass('case_file') IS NOT NULL") is not True:
            raise DatabaseUnavailable()
    return jsonify({"status": "ready"})


@bp.get("/metrics")
@bp.doc(summary="Counters (Prometheus text)")
@anonymous
@without_transaction
def metrics() -> Response:
    """Counters of all web processes; none of them names a person or a place."""
    registry = REGISTRY
    shared = house().settings.home / "metrics"
    if shared.is_dir():
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry, str(shared))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
