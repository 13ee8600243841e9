"""The sample street with a few cases in two neighbouring grids, in a database of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gridcenter import provision
from gridcenter.clock import now
from gridcenter.database import Database
from gridcenter.settings import Settings
from tests.gridcenter.statistics.place import Place, actor, build

NAME = "gc_layers_test"
GRID = "320508999.001.Z001"
NEXT_GRID = "320508999.001.Z002"


@pytest.fixture(scope="session")
def place() -> Iterator[Place]:
    settings = Settings.from_environment()
    build(settings, NAME)
    here = Place(
        Database(settings.url("owner", NAME)).open(), Database(settings.url("web", NAME)).open()
    )
    here.join("worker", actor("grid_worker", GRID), "01-001")
    here.join("neighbour", actor("grid_worker", NEXT_GRID), "01-002")
    here.join("dispatcher", actor("dispatcher", "320508999"))
    here.join("intake", actor("intake", "320508999"))
    here.join("official", actor("official", "320508999"))
    for n in range(3):
        here.report("worker", f"{GRID}.00{n + 1}", now())
        here.report("neighbour", f"{NEXT_GRID}.00{n + 1}", now())
    with here.owner.transaction() as tx:
        tx.execute("ANALYZE")
    yield here
    here.owner.close()
    here.web.close()
    provision.drop_database(settings, NAME)
