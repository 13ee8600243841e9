"""All blueprints of the API, in the order in which the reference lists them."""

from __future__ import annotations

from apiflask import APIFlask

from dashboards.api import (

    areas,
    catalogue,

    incidents,
    journal,

    sessions,

)

def mount(app: APIFlask) -> None:
    """Register every blueprint of the API on `app`."""
    for module in (
        sessions,
        areas,
        catalogue,
        incidents,
        journal,

    ):
        app.register_blueprint(module.bp)
