"""The working calendar on pages: scripts say by it what is left of a limit, frames warn when a year is missing."""

from __future__ import annotations

from typing import Any

from flask import Flask

from dashboards.requests import tx
from gridcenter import clock
from gridcenter.casework.waiting import page_calendar


def working_calendar() -> dict[str, Any]:
    """See `casework.waiting.page_calendar`."""
    return page_calendar(tx(), clock.now())


def install(app: Flask) -> None:
    """Let templates write the calendar where scripts find it."""
    app.context_processor(lambda: {"working_calendar": working_calendar})
