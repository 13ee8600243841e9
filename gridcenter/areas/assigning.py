"""Many points get the home that they lie in at once, as when thousands of buildings are written.

Points leave the database as three arrays, a raster answers, and the answers come back by COPY
(``gridcenter bench locate`` measures it beside a join).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, LiteralString

import numpy as np

from gridcenter.database import Transaction

# Without the order of the points: the three arrays are filled in one pass, so they are parallel.
_POINTS = """
SELECT array_send(array_agg(p.point)) AS points, array_send(array_agg(p.lon)) AS lon,
       array_send(array_agg(p.lat)) AS lat
  FROM ({points}) p(point, lon, lat) WHERE p.lon IS NOT NULL AND p.lat IS NOT NULL
"""
# In the order of the rule of sql/22_homes.sql: of two that hold a place the first one is its home.
_HOMES = """
SELECT array_send(array_agg(h.id ORDER BY h.dedicated DESC, h.path)) AS ids,
       array_send(array_agg(ST_AsBinary(h.geom) ORDER BY h.dedicated DESC, h.path)) AS shapes
  FROM home_area h
"""
_TABLE = """
CREATE TEMPORARY TABLE point_home (point bigint NOT NULL, area_id bigint NOT NULL) ON COMMIT DROP
"""
_COPY: LiteralString = "COPY point_home FROM STDIN (FORMAT BINARY)"
_COPY_HEAD, _COPY_END = b"PGCOPY\n\xff\r\n\x00" + bytes(8), b"\xff\xff"
_ARRAY_HEAD = 20  # dimensions, flags, type, length, lower bound: four bytes each

Numbers = np.ndarray[Any, Any]


def assign_homes(
    tx: Transaction, points: LiteralString, params: Mapping[str, Any] | None = None
) -> int:
    """How many points lie in a home in force: a micro-grid, or a dedicated grid without any.

    Fills the temporary table `point_home`.

    `points` selects a bigint of the caller's own, lon and lat (EPSG:4490); `point_home` has that
    number and the home's `area_id`. Points outside all have no row. Equal to `home_at` for every point.
    """
    from gridcenter.areas.raster import Raster

    tx.execute("DROP TABLE IF EXISTS point_home")
    tx.execute(_TABLE)
    given = tx.sent_binary(_POINTS.format(points=points), params)
    areas = tx.sent_binary(_HOMES)
    if given is None or areas is None or given["points"] is None or areas["ids"] is None:
        return 0
    number = _fixed(given["points"], ">i8")
    lon, lat = (_fixed(given[name], ">f8").astype(np.float64) for name in ("lon", "lat"))
    ids = _fixed(areas["ids"], ">i8").astype(np.int64)
    home = Raster(_shapes(areas["shapes"])).holders(lon, lat)
    held = home >= 0
    rows = np.empty((int(held.sum()), 26), dtype=np.uint8)
    rows[:, :6] = np.frombuffer(b"\x00\x02\x00\x00\x00\x08", np.uint8)
    rows[:, 6:14] = np.ascontiguousarray(number[held]).view(np.uint8).reshape(-1, 8)
    rows[:, 14:18] = np.frombuffer(b"\x00\x00\x00\x08", np.uint8)
    rows[:, 18:26] = ids[home[held]].astype(">i8").view(np.uint8).reshape(-1, 8)
    with tx.connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write(_COPY_HEAD + rows.tobytes() + _COPY_END)
    return len(rows)


def _fixed(sent: bytes, kind: str) -> Numbers:
    """The numbers of an array as `array_send` writes it: length and value, eight bytes each value."""
    cells = np.frombuffer(sent, np.uint8)[_ARRAY_HEAD:].reshape(-1, 12)
    return np.ascontiguousarray(cells[:, 4:]).view(kind).reshape(-1)


def _shapes(sent: bytes) -> np.ndarray[Any, np.dtype[np.object_]]:
    """The geometries of an array of WKB."""
    import shapely

    found, at, end = [], _ARRAY_HEAD, len(sent)
    while at < end:
        size = int.from_bytes(sent[at : at + 4], "big")
        found.append(sent[at + 4 : at + 4 + size])
        at += 4 + size
    return np.atleast_1d(np.asarray(shapely.from_wkb(np.array(found, dtype=object)), dtype=object))
