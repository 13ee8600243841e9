"""Reads what is to be divided: the parent, its areas of today, its buildings with their households.

Geometry comes in the plane of the parent (metres, see `areas.plane`), so that a border that is straight
in the stored degrees is straight here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gridcenter.areas.plane import Plane
from gridcenter.areas.queries import area_by_code
from gridcenter.codes import Level
from gridcenter.database import Row, Transaction
from gridcenter.errors import InvalidInput

LEVELS = (Level.GRID, Level.MICROGRID)

_GEOMETRY = "SELECT ST_AsBinary(geom) FROM area_now WHERE id = %(id)s"
_BELOW = """
SELECT n.code, n.name, n.kind, n.path::text AS path, ST_AsBinary(n.geom) AS geom
  FROM area_now n
 WHERE n.level = %(level)s AND n.path <@ %(path)s::ltree ORDER BY n.code
"""
# The number that came with the building counts; a building without one counts what is registered.
_BUILDINGS = """
SELECT b.code, b.area_path::text AS path, ST_AsBinary(b.geom) AS geom,
       coalesce(b.households_estimated,
                (SELECT count(*) FROM dwelling d JOIN household h ON h.dwelling_id = d.id
                  WHERE d.building_id = b.id AND upper_inf(d.valid) AND upper_inf(h.valid)))
         AS households
  FROM building b
 WHERE b.area_path <@ %(path)s::ltree AND upper_inf(b.valid) ORDER BY b.code
"""
# Codes that were ever given below an area are never given again.
_USED = "SELECT code FROM area WHERE level = %(level)s AND code LIKE %(prefix)s"


@dataclass(frozen=True)
class Divided:
    """A parent and what is on it; geometry in metres of `plane`.

    `areas` are those of the level today (code, name, kind, path, geom), `buildings` have code, path,
    households; `shapes` are the buildings' outlines, in the same order.
    """

    parent: Row
    level: Level
    plane: Plane
    ground: BaseGeometry
    areas: list[Row]
    buildings: list[Row]
    shapes: NDArray[np.object_]
    used_codes: frozenset[str]
    known: NDArray[np.object_]  # stored geometries, whose corners come back to the bit


def divided(tx: Transaction, parent: str, level: str) -> Divided:
    """Everything below `parent` (code) that a division into `level` needs.

    Raises NotFound for an unknown parent, InvalidInput for a level that does not lie right below it.
    """
    row = area_by_code(tx, parent)
    wanted = _level(row, level)
    stored = shapely.from_wkb(bytes(tx.scalar(_GEOMETRY, {"id": row["id"]})))
    areas = tx.all(_BELOW, {"level": wanted.value, "path": row["path"]})
    below = [shapely.from_wkb(bytes(area["geom"])) for area in areas]
    known = np.array([stored, *below], dtype=object)
    plane = Plane.around(known[:1])
    for area, shape in zip(areas, below, strict=True):
        area["geom"] = plane.to_metres(shape)
    buildings = tx.all(_BUILDINGS, {"path": row["path"]})
    outlines = shapely.from_wkb([bytes(building.pop("geom")) for building in buildings])
    used = tx.all(_USED, {"level": wanted.value, "prefix": f"{row['code']}%"})
    return Divided(
        row,
        wanted,
        plane,
        plane.to_metres(stored),
        areas,
        buildings,
        np.asarray(plane.to_metres(np.asarray(outlines, dtype=object)), dtype=object),
        frozenset(found["code"] for found in used),
        known,
    )


def _level(parent: Row, level: str) -> Level:
    wanted = Level(level) if level in {one.value for one in LEVELS} else None
    if wanted is None or wanted.parent is None or wanted.parent.value != parent["level"]:
        raise InvalidInput.of(
            "level",
            "not_below",
            f"{parent['code']} 是{Level(parent['level']).words.zh}：社区划分网格，网格划分微网格",
            f"{parent['code']} is a {Level(parent['level']).words.en}: communities are divided into"
            " grids, grids into micro-grids",
        )
    return wanted


def blocks_of(tx: Transaction, given: Divided) -> list[dict[str, Any]]:
    """The micro-grids below the parent (code, path, geom in metres), to be kept whole as cells."""
    rows = tx.all(_BELOW, {"level": Level.MICROGRID.value, "path": given.parent["path"]})
    for row in rows:
        row["geom"] = given.plane.to_metres(shapely.from_wkb(bytes(row["geom"])))
    return rows
