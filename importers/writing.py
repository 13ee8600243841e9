"""Staged areas and buildings come into force, in sets."""

from __future__ import annotations

from typing import Any

from gridcenter.areas.operations import AreaCounts, stage_areas, write_areas
from gridcenter.database import Transaction
from gridcenter.errors import ImportRefused, Words

# Rows of the batch that may be written: not refused, and chosen if a choice was made.
CHOSEN = """
FROM import_row r
WHERE r.batch_id = %(batch)s AND NOT r.refused
  AND (%(rows)s::int[] IS NULL OR r.row = ANY(%(rows)s::int[]))
"""

# What the file does not say stays as it is, hence the version in force beside the row.
_AREAS = f"""
INSERT INTO area_incoming (code, code_scheme, kind, label, name, name_en, parent_code, geom,
                           households, source, is_example, batch_id)
SELECT s.code, s.fields->>'code_scheme', s.fields->>'kind', s.fields->>'label',
       s.fields->>'name', coalesce(s.fields->>'name_en', n.name_en), s.fields->>'parent_code',
       ST_Multi(s.geom), coalesce((s.fields->>'households')::int, n.households), %(source)s,
       %(example)s, %(batch_text)s
  FROM (SELECT r.* {CHOSEN}) s
  LEFT JOIN area_now n ON n.code = s.code
"""  # noqa: S608 - our own constant
_LOST_PARENTS = """
SELECT count(*) FROM area_incoming i
 WHERE i.parent_code IS NOT NULL
   AND NOT EXISTS (SELECT FROM area_now n WHERE n.code = i.parent_code)
"""
# A parent can only be moved to if it exists; both texts are codes.
_PARENT_GONE = Words("上级区域已不存在，请重新上传", "a parent area is gone; upload the file again")
_GRID_GONE = Words("微网格已变动，请重新上传", "a micro-grid has changed; upload the file again")


def write_areas_batch(tx: Transaction, parameters: dict[str, Any]) -> AreaCounts:
    """Counts after bringing the batch's areas into force. Raises ImportRefused for lost parents."""
    stage_areas(tx)
    tx.execute(_AREAS, parameters)
    if tx.scalar(_LOST_PARENTS):
        raise ImportRefused(_PARENT_GONE)
    return write_areas(tx, str(parameters["level"]))


_BUILDINGS = f"""
CREATE TEMPORARY TABLE building_incoming ON COMMIT DROP AS
SELECT r.code, r.fields->>'name' AS name, r.target AS microgrid_id, n.path AS area_path,
       ST_Multi(r.geom)::geometry(MultiPolygon, 4490) AS geom,
       (r.fields->>'floors')::smallint AS floors, (r.fields->>'height')::float8 AS height_m,
       coalesce((r.fields->>'height_derived')::boolean, false) AS height_derived,
       r.fields->>'usage' AS usage, r.area_m2 AS footprint_m2,
       (r.fields->>'households')::int AS households
  FROM (SELECT r.* {CHOSEN}) r
  LEFT JOIN area_now n ON n.id = r.target AND n.level = 'microgrid'
"""  # noqa: S608 - our own constant
_SAME_PLACE = """
(b.geom ~= i.geom AND ST_Equals(ST_SnapToGrid(b.geom, 1e-7), ST_SnapToGrid(i.geom, 1e-7)))
"""
_UPDATE_BUILDINGS = f"""
UPDATE building b
   SET name = coalesce(i.name, b.name), microgrid_id = i.microgrid_id, area_path = i.area_path,
       geom = i.geom, floors = coalesce(i.floors, b.floors),
       height_m = coalesce(i.height_m, b.height_m),
       height_derived = CASE WHEN i.height_m IS NULL THEN b.height_derived
                             ELSE i.height_derived END,
       usage = coalesce(i.usage, b.usage), footprint_m2 = i.footprint_m2,
       households_estimated = coalesce(i.households, b.households_estimated),
       source = %(source)s, batch_id = %(batch_text)s, version = b.version + 1
  FROM building_incoming i
 WHERE b.code = i.code AND upper_inf(b.valid)
   AND (NOT {_SAME_PLACE} OR b.microgrid_id <> i.microgrid_id
        OR b.name IS DISTINCT FROM coalesce(i.name, b.name)
        OR b.floors IS DISTINCT FROM coalesce(i.floors, b.floors)
        OR b.height_m IS DISTINCT FROM coalesce(i.height_m, b.height_m)
        OR b.usage IS DISTINCT FROM coalesce(i.usage, b.usage)
        OR b.households_estimated IS DISTINCT FROM coalesce(i.households, b.households_estimated))
"""  # noqa: S608 - our own constant
_INSERT_BUILDINGS = """
INSERT INTO building (code, name, microgrid_id, area_path, geom, floors, height_m, height_derived,
                      usage, footprint_m2, households_estimated, source, is_example, batch_id)
SELECT i.code, i.name, i.microgrid_id, i.area_path, i.geom, i.floors, i.height_m, i.height_derived,
       i.usage, i.footprint_m2, i.households, %(source)s, %(example)s, %(batch_text)s
  FROM building_incoming i
 WHERE NOT EXISTS (SELECT FROM building b WHERE b.code = i.code AND upper_inf(b.valid))
"""


def write_buildings_batch(tx: Transaction, parameters: dict[str, Any]) -> AreaCounts:
    """Counts after writing the batch's buildings. Raises ImportRefused for a lost micro-grid."""
    tx.execute("DROP TABLE IF EXISTS building_incoming")
    tx.execute(_BUILDINGS, parameters)
    tx.execute("ANALYZE building_incoming")
    if tx.scalar("SELECT count(*) FROM building_incoming WHERE area_path IS NULL"):
        raise ImportRefused(_GRID_GONE)
    changed = tx.execute(_UPDATE_BUILDINGS, parameters)
    new = tx.execute(_INSERT_BUILDINGS, parameters)
    total = int(tx.scalar("SELECT count(*) FROM building_incoming"))
    return AreaCounts(new=new, changed=changed, same=total - new - changed)
