"""What changes the registry. Buildings are written in sets: callers stage rows, three statements
compare and write.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from gridcenter.areas.assigning import assign_homes
from gridcenter.areas.operations import MANY
from gridcenter.database import Transaction

STAGE = """
CREATE TEMPORARY TABLE building_incoming (
  number bigint GENERATED ALWAYS AS IDENTITY,
  code text PRIMARY KEY,
  name text,
  geom geometry(MultiPolygon, 4490) NOT NULL,
  floors smallint,
  height_m double precision,
  height_derived boolean NOT NULL DEFAULT false,
  usage text,
  households integer,
  source text NOT NULL,
  is_example boolean NOT NULL,
  batch_id text
) ON COMMIT DROP
"""

# A building stands where a point inside its outline lies, by the rule of areas/sql/22_homes.sql.
_POINTS: LiteralString = """
SELECT i.number, ST_X(i.inside), ST_Y(i.inside)
  FROM (SELECT number, ST_PointOnSurface(geom) AS inside FROM building_incoming OFFSET 0) i
"""
_PLACE = """
CREATE TEMPORARY TABLE building_placed ON COMMIT DROP AS
SELECT i.*, v.area_id AS microgrid_id, v.path AS area_path,
       ST_Area(in_metres(i.geom)) AS footprint_m2, b.id AS old_id,
       b.id IS NULL OR b.microgrid_id <> v.area_id
         OR NOT (b.geom ~= i.geom
                 AND ST_Equals(ST_SnapToGrid(b.geom, 1e-7), ST_SnapToGrid(i.geom, 1e-7)))
         OR (b.name, b.floors, b.height_m, b.usage, b.households_estimated) IS DISTINCT FROM
            (coalesce(i.name, b.name), coalesce(i.floors, b.floors),
             coalesce(i.height_m, b.height_m), coalesce(i.usage, b.usage),
             coalesce(i.households, b.households_estimated)) AS differs
  FROM building_incoming i
  JOIN point_home h ON h.point = i.number
  JOIN area_version v ON v.area_id = h.area_id AND upper_inf(v.valid)
  LEFT JOIN building b ON b.code = i.code AND upper_inf(b.valid)
"""

# What the file does not say stays as it is.
_UPDATE = """
UPDATE building b
   SET name = coalesce(p.name, b.name), microgrid_id = p.microgrid_id, area_path = p.area_path,
       geom = p.geom, floors = coalesce(p.floors, b.floors),
       height_m = coalesce(p.height_m, b.height_m),
       height_derived = CASE WHEN p.height_m IS NULL THEN b.height_derived ELSE p.height_derived END,
       usage = coalesce(p.usage, b.usage), footprint_m2 = p.footprint_m2,
       households_estimated = coalesce(p.households, b.households_estimated),
       source = p.source, batch_id = p.batch_id, version = b.version + 1
  FROM building_placed p
 WHERE p.old_id = b.id AND p.differs
"""

# What stands in a building stands where the building stands.
_REHOME = """
SELECT rehome_dwellings(ARRAY(SELECT old_id FROM building_placed WHERE old_id IS NOT NULL AND differs))
"""

_INSERT = """
INSERT INTO building (code, name, microgrid_id, area_path, geom, floors, height_m, height_derived,
                      usage, footprint_m2, households_estimated, source, is_example, batch_id)
SELECT code, name, microgrid_id, area_path, geom, floors, height_m, height_derived, usage,
       footprint_m2, households, source, is_example, batch_id
  FROM building_placed WHERE old_id IS NULL ORDER BY code
"""


@dataclass(frozen=True)
class BuildingCounts:
    """How many buildings a writing added, changed and found the same; `unplaced` lie in no
    micro-grid and were left out."""

    new: int
    changed: int
    same: int
    unplaced: tuple[str, ...]


def stage_buildings(tx: Transaction) -> None:
    """Make the temporary table `building_incoming` (see STAGE) for this transaction."""
    tx.execute("DROP TABLE IF EXISTS building_incoming")
    tx.execute(STAGE)


def write_buildings(tx: Transaction) -> BuildingCounts:
    """Bring the staged buildings into force, each in exactly one micro-grid.

    Expects `building_incoming` filled and the micro-grids in force. What is the same is left alone,
    so the same file twice changes nothing. `unplaced`: codes without a micro-grid, by code; the
    caller decides whether that is a finding or an end.
    """
    tx.execute("DROP TABLE IF EXISTS building_placed")
    assign_homes(tx, _POINTS)
    tx.execute("ANALYZE building_incoming, point_home")
    placed = tx.execute(_PLACE)
    tx.execute("ANALYZE building_placed")
    changed = tx.execute(_UPDATE)
    tx.scalar(_REHOME)
    new = tx.execute(_INSERT)
    if new + changed >= MANY:
        tx.execute("SELECT analyze_written('buildings')")
    lost = tx.all(
        "SELECT code FROM building_incoming EXCEPT SELECT code FROM building_placed ORDER BY code"
    )
    return BuildingCounts(new, changed, placed - new - changed, tuple(r["code"] for r in lost))
