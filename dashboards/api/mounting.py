"""All blueprints of the API, in the order in which the reference lists them."""

from __future__ import annotations

from apiflask import APIFlask

from dashboards.api import (
    admin,
    areas,
    catalogue,
    division,
    faults,
    features,
    imports,
    incidents,
    journal,
    pieces,
    redraw,
    registry,
    sessions,
    statistics,
    tiles,
)


def mount(app: APIFlask) -> None:
    """Register every blueprint of the API on `app`."""
    for module in (
        sessions,
        areas,
        faults,
        catalogue,
        incidents,
        journal,
        statistics,
        tiles,
        features,
        redraw,
        division,
        registry,
        imports,
        pieces,
        admin,
    ):
        app.register_blueprint(module.bp)
