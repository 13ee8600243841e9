"""A copy of the small place with buildings and a few cases in two neighbouring grids."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from werkzeug.serving import make_server

from gridcenter.clock import now
from tests.builders import STREET, make_buildings
from tests.conftest import Copy, House, close, make_house
from tests.gridcenter.statistics.place import Place

GRID, NEXT_GRID = f"{STREET}001Z001", f"{STREET}001Z002"


# So many beside each that reading all is dearer than asking the index.
_MORE_BUILDINGS = """
INSERT INTO building (code, microgrid_id, area_path, geom, footprint_m2, floors, height_m, source,
                      is_example)
SELECT left(code, -3) || to_char(n, 'FM000'), microgrid_id, area_path,
       ST_Translate(geom, (n % 20 - 10) * 4e-5, (n / 20 - 10) * 4e-5), footprint_m2, 2, 6, 'test', true
  FROM building, generate_series(2, 400) n
"""


@dataclass
class Served:
    """A served house: where it is, and the tokens of its accounts."""

    url: str
    house: House

    def header(self, username: str) -> str:
        """The header line with which an account asks."""
        return f"Authorization: Bearer {self.house.token(username)}"


@pytest.fixture(scope="module")
def place(shared_copy: Copy) -> Place:
    """The small place; nobody answers for the grids of its second community."""
    here = Place.of(shared_copy, "01-003", "01-004")
    with here.owner.transaction() as tx:
        make_buildings(tx, f"{GRID}001", f"{NEXT_GRID}001")
        tx.execute(_MORE_BUILDINGS)
    for microgrid in ("001", "002", "001"):
        here.report("01-001", GRID + microgrid, now())
        here.report("01-002", NEXT_GRID + microgrid, now())
    with here.owner.transaction() as tx:
        tx.execute("ANALYZE")
    return here


@pytest.fixture(scope="module")
def served(settings, template_name, tmp_path_factory) -> Iterator[Served]:
    """The small place behind a real HTTP server, for clients that nobody here wrote."""
    house = make_house(settings, template_name, tmp_path_factory.mktemp("served"))
    copy = Copy(house.settings, house.database, house.owner, house.name)
    here = Place.of(copy, "01-003", "01-004")
    with here.owner.transaction() as tx:
        make_buildings(tx, f"{GRID}001", f"{NEXT_GRID}001")
    here.report("01-001", f"{GRID}001", now())
    server = make_server("127.0.0.1", 0, house.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Served(f"http://127.0.0.1:{server.port}", house)
    server.shutdown()
    close(house)
