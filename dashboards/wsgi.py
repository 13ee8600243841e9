"""What the servers load: `web()` with all faces, `stream()` with the live stream alone."""

from __future__ import annotations

from flask import Flask

from dashboards.app import create_app
from gridcenter.settings import Settings


def web() -> Flask:
    """Pages and API, for the threaded server."""
    return create_app(Settings.from_environment())


def stream() -> Flask:
    """The live stream alone, for the gevent server."""
    return create_app(Settings.from_environment(), faces=("stream",))
