"""Staged areas and buildings come into force, in sets."""

from __future__ import annotations

from typing import Any

from gridcenter.areas.operations import AreaCounts, stage_areas, write_areas
from gridcenter.database import Transaction
from gridcenter.errors import ImportRefused, Words
from gridcenter.registry.operations import stage_buildings, write_buildings

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
"""
_LOST_PARENTS = """
SELECT count(*) FROM area_incoming i
 WHERE i.parent_code IS NOT NULL
   AND NOT EXISTS (SELECT FROM area_now n WHERE n.code = i.parent_code)
"""
# Where homes may have changed: below the communities, old and new, of the areas that were written.
_BELOW = """
ARRAY(SELECT DISTINCT u.path FROM area_changed c LEFT JOIN area_version o ON o.id = c.old_version
        JOIN area_version u ON upper_inf(u.valid) AND u.level = 'community'
                           AND (u.path @> c.path OR u.path @> o.path))
"""
_REHOME = f"SELECT rehome_buildings({_BELOW})"
_CASES = f"SELECT cases_elsewhere({_BELOW}, ARRAY(SELECT area_id FROM area_changed))"
_HOMES = {"grid", "microgrid"}
_CASES_MOVE = Words(
    "未结案件会换到别的区域，请用这份文件编制调整方案",
    "open cases would move to another area; make a redraw plan of this file",
)
# A parent can only be moved to if it exists; both texts are codes.
_PARENT_GONE = Words("上级区域已不存在，请重新上传", "a parent area is gone; upload the file again")
_GRID_GONE = Words("微网格已变动，请重新上传", "a micro-grid has changed; upload the file again")


def write_areas_batch(tx: Transaction, parameters: dict[str, Any]) -> AreaCounts:
    """Counts after bringing the batch's areas into force; buildings go to the homes they stand in now.

    Raises ImportRefused for lost parents and where open cases would move, which is what redraw plans
    are for; BoundaryRefused for areas that do not fit.
    """
    stage_areas(tx)
    tx.execute(_AREAS, parameters)
    if tx.scalar(_LOST_PARENTS):
        raise ImportRefused(_PARENT_GONE)
    counts = write_areas(tx, str(parameters["level"]))
    if counts.new + counts.changed and parameters["level"] in _HOMES:
        if tx.scalar(_CASES):
            raise ImportRefused(_CASES_MOVE)
        tx.execute(_REHOME)
    return counts


_BUILDINGS = f"""
INSERT INTO building_incoming (code, name, geom, floors, height_m, height_derived, usage,
                               households, source, is_example, batch_id)
SELECT s.code, s.fields->>'name', ST_Multi(s.geom), (s.fields->>'floors')::smallint,
       (s.fields->>'height')::float8, coalesce((s.fields->>'height_derived')::boolean, false),
       s.fields->>'usage', (s.fields->>'households')::int, %(source)s, %(example)s, %(batch_text)s
  FROM (SELECT r.* {CHOSEN}) s
"""


# How buildings were, so that the batch can be taken back; what stayed the same is not kept.
_BEFORE = """
INSERT INTO import_before (batch_id, thing, key, before, geom)
SELECT %(batch)s, 'building', b.id::text,
       jsonb_build_object('name', b.name, 'floors', b.floors, 'height_m', b.height_m,
                          'height_derived', b.height_derived, 'usage', b.usage,
                          'footprint_m2', b.footprint_m2,
                          'households_estimated', b.households_estimated, 'source', b.source,
                          'batch_id', b.batch_id, 'version', b.version), b.geom
  FROM building_incoming i JOIN building b ON b.code = i.code AND upper_inf(b.valid)
"""
_NOT_CHANGED = """
DELETE FROM import_before o USING building b
 WHERE o.batch_id = %(batch)s AND o.thing = 'building' AND b.id = o.key::uuid
   AND b.version = (o.before->>'version')::integer
"""


def write_buildings_batch(tx: Transaction, parameters: dict[str, Any]) -> AreaCounts:
    """Counts after writing the batch's buildings. Raises ImportRefused for a lost micro-grid."""
    stage_buildings(tx)
    tx.execute(_BUILDINGS, parameters)
    tx.execute(_BEFORE, parameters)
    counts = write_buildings(tx)
    if counts.unplaced:
        raise ImportRefused(_GRID_GONE)
    tx.execute(_NOT_CHANGED, parameters)
    return AreaCounts(new=counts.new, changed=counts.changed, same=counts.same)
