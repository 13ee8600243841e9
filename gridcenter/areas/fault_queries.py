"""Reads of faults as JSON text."""

from __future__ import annotations

from gridcenter.areas.queries import AREA
from gridcenter.database import Transaction
from gridcenter.errors import NotFound

_KNOWN = "SELECT id FROM area WHERE code = %(code)s"
_ITEM = """
json_build_object('id', f.id, 'kind', f.kind, 'severity', f.severity, 'level', f.level,
  'areas', (SELECT json_agg(json_build_object('code', a.code, 'name', v.name) ORDER BY o.at)
              FROM unnest(f.area_ids) WITH ORDINALITY o(id, at)
              JOIN area a ON a.id = o.id
              LEFT JOIN area_version v ON v.area_id = a.id AND upper_inf(v.valid)),
  'building', f.building_id, 'measure', f.measure, 'unit', f.unit, 'width_m', f.width_m,
  'sentence', CASE WHEN %(locale)s = 'en' THEN f.sentence_en ELSE f.sentence END,
  'repair', CASE WHEN f.repair IS NOT NULL THEN json_build_object(
              'method', f.repair->>'method', 'changed_m2', (f.repair->>'changed_m2')::float8) END,
  'found_at', f.found_at, 'geometry', ST_AsGeoJSON(f.geom, 9, 0)::json)
"""
# Of an area: the faults among the areas below it, and those that it has among its neighbours.
_OF_AREA = f"""
SELECT coalesce(json_agg({_ITEM} ORDER BY f.severity, f.kind, f.measure DESC, f.id), '[]')::text AS items
  FROM (SELECT * FROM area_fault f
         WHERE f.superseded_at IS NULL AND (f.parent_id = %(id)s OR f.area_ids @> ARRAY[%(id)s::bigint])
         ORDER BY f.severity, f.kind, f.measure DESC, f.id LIMIT %(limit)s) f
"""
_LIST = f"""
SELECT coalesce(json_agg({_ITEM} ORDER BY f.severity, f.kind, f.measure DESC, f.id), '[]')::text AS items
  FROM area_fault f
 WHERE f.superseded_at IS NULL AND (%(parent)s::bigint IS NULL OR f.parent_id = %(parent)s)
"""


def area_faults(tx: Transaction, code: str, locale: str, limit: int = 500) -> str:
    """JSON text ``{"items": […]}`` of the faults in and of an area, refusing ones first."""
    id_ = tx.scalar(_KNOWN, {"code": code})
    if id_ is None:
        raise NotFound(AREA)
    given = {"id": id_, "locale": locale, "limit": limit}
    return f'{{"items":{tx.scalar(_OF_AREA, given)}}}'


def fault_list(tx: Transaction, parent_id: int | None, locale: str) -> str:
    """JSON text: a list of the faults below one parent, or of all."""
    return str(tx.scalar(_LIST, {"parent": parent_id, "locale": locale}))
