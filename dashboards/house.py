"""What every request may use, whichever face it came through."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version

from gridcenter.database import Database
from gridcenter.journal.listen import Bell
from gridcenter.settings import CHECKOUT, Settings


@dataclass(frozen=True)
class House:
    """Settings, the database as the web role, the journal's bell."""

    settings: Settings
    database: Database
    bell: Bell


@lru_cache(maxsize=1)
def product_version() -> str:
    """The version: of the checkout where there is one, else of the installed package."""
    project = CHECKOUT / "pyproject.toml"
    if project.exists():
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
    return version("gridcenter")
