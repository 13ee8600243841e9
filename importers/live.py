"""What is in force now, as arrays to compare a file with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridcenter.codes import Level
from gridcenter.database import Transaction
from gridcenter.geo import STORAGE_SRID
from importers.placing import Box
from importers.raw import Geometries

_AREAS = """
SELECT n.id, n.code, n.level, n.name, n.households, n.path::text AS path, n.parent_id,
       (SELECT p.code FROM area p WHERE p.id = n.parent_id) AS parent_code,
       ST_AsBinary(n.geom) AS geom
  FROM area_now n WHERE n.level = ANY(%(levels)s) ORDER BY n.code
"""

# In the order of the rule of areas/sql/22_homes.sql: of two that hold a place the first one is its home.
_HOMES = """
SELECT h.id, h.code, ST_AsBinary(h.geom) AS geom FROM home_area h ORDER BY h.dedicated DESC, h.path
"""

_ROOTS = "SELECT ST_AsBinary(n.geom) AS geom FROM area_now n WHERE n.parent_id IS NULL"

_BUILDING = """
SELECT b.code, b.name, b.floors, b.height_m AS height, b.usage,
       b.households_estimated AS households, b.microgrid_id AS target, ST_AsBinary(b.geom) AS geom
  FROM building b
 WHERE upper_inf(b.valid) AND
"""
_BY_CODE = f"{_BUILDING} b.code = ANY(%(codes)s)"
_BUILDINGS = f"""
{_BUILDING} b.geom && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4490)
"""

_EXTENT = """
SELECT ST_XMin(e) AS west, ST_YMin(e) AS south, ST_XMax(e) AS east, ST_YMax(e) AS north
  FROM (SELECT ST_Extent(geom) AS e FROM area_version WHERE upper_inf(valid)) x WHERE e IS NOT NULL
"""


@dataclass(frozen=True)
class Codes:
    """Every area code ever used, with its level, and those that are retired."""

    level: dict[str, str]
    retired: frozenset[str]


def stored_extent(tx: Transaction) -> Box | None:
    """The box (west, south, east, north in degrees) of all areas in force; None without any."""
    row = tx.one(_EXTENT)
    return None if row is None else (row["west"], row["south"], row["east"], row["north"])


def live_areas(tx: Transaction, levels: list[Level]) -> gpd.GeoDataFrame:
    """Areas in force of `levels`, by code: id, code, level, name, path, parent, geometry."""
    columns = ["id", "code", "level", "name", "households", "path", "parent_id", "parent_code"]
    return _frame(tx.all(_AREAS, {"levels": [level.value for level in levels]}), columns)


def live_homes(tx: Transaction) -> gpd.GeoDataFrame:
    """Where buildings can belong: id, code, geometry; of two that hold a place the first counts."""
    return _frame(tx.all(_HOMES), ["id", "code"])


def outside_all_areas(tx: Transaction, points: Geometries) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Mask of points (EPSG:4490) that lie in no area in force; a missing point is not outside."""
    roots = _frame(tx.all(_ROOTS), [])
    inside = np.zeros(len(points), dtype=bool)
    inside[shapely.STRtree(roots.geometry.to_numpy()).query(points, predicate="intersects")[0]] = (
        True
    )
    return np.asarray(~inside & ~shapely.is_missing(points))


def live_buildings(tx: Transaction, box: Box) -> gpd.GeoDataFrame:
    """Buildings in force that touch `box`, with the fields an import compares."""
    west, south, east, north = box
    columns = ["code", "name", "floors", "height", "usage", "households", "target"]
    return _frame(
        tx.all(_BUILDINGS, {"west": west, "south": south, "east": east, "north": north}), columns
    )


def buildings_by_code(tx: Transaction, codes: list[str]) -> gpd.GeoDataFrame:
    """Buildings in force with these codes, with the fields an import compares."""
    columns = ["code", "name", "floors", "height", "usage", "households", "target"]
    return _frame(tx.all(_BY_CODE, {"codes": codes}), columns)


def area_codes(tx: Transaction) -> Codes:
    """All codes of areas, also retired ones: a code is never used twice."""
    rows = tx.all(
        "SELECT code, level, NOT EXISTS (SELECT FROM area_version v"
        " WHERE v.area_id = area.id AND upper_inf(v.valid)) AS gone FROM area"
    )
    gone = frozenset(row["code"] for row in rows if row["gone"])
    return Codes({row["code"]: row["level"] for row in rows}, gone)


def _frame(rows: list[dict[str, Any]], columns: list[str]) -> gpd.GeoDataFrame:
    built = {
        name: pd.Series([row[name] for row in rows], dtype=object, index=range(len(rows)))
        for name in columns
    }
    shapes = shapely.from_wkb(np.array([bytes(row["geom"]) for row in rows], dtype=object))
    return gpd.GeoDataFrame(built, geometry=np.atleast_1d(shapes), crs=STORAGE_SRID)
