"""Reads about buildings and dwellings. JSON is built in PostgreSQL and comes back as text.

Row rights decide what is in it: who may see a building but no dwellings (intake, handlers) gets a
card with an empty chart and counts of 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gridcenter.areas.queries import AREA
from gridcenter.database import Row, Transaction
from gridcenter.errors import BUILDING, NotFound

# How near a case must be to count as being at the building; phones are worse, but pins are set.
AT_BUILDING_M = 5.0
# After half a year without confirmation a dwelling is shown as stale (two visits a year are usual
# to an ordinary household).
STALE_AFTER_DAYS = 180

# The dwelling chart (楼盘表): one object per entrance, in it one per floor from the top, in it the
# rooms in order. `fresh_days` is None where nobody ever confirmed.
_CHART = """
SELECT d.id, d.entrance, d.floor, d.room, d.version,
       json_build_object('id', d.id, 'room', d.room, 'occupancy', d.occupancy, 'size', h.size,
         'fresh_days', d.fresh_days, 'stale', coalesce(d.fresh_days > %(stale)s, true),
         'confirmed_at', d.confirmed_at, 'version', d.version) AS item,
       d.occupancy, coalesce(d.fresh_days > %(stale)s, true) AS stale, h.size
  FROM b JOIN (SELECT *, floor(extract(epoch FROM %(now)s - confirmed_at) / 86400)::int AS fresh_days
                 FROM dwelling) d ON d.building_id = b.id AND upper_inf(d.valid)
  LEFT JOIN household h ON h.dwelling_id = d.id AND upper_inf(h.valid)
"""

_CARD = f"""
WITH b AS (
  SELECT * FROM building WHERE code = %(code)s AND upper_inf(valid)
), chart AS MATERIALIZED ({_CHART}), floors AS (
  SELECT entrance, floor, json_agg(item ORDER BY length(room), room) AS rooms
    FROM chart GROUP BY entrance, floor
), entrances AS (
  SELECT entrance, json_agg(json_build_object('floor', floor, 'rooms', rooms) ORDER BY floor DESC)
         AS floors
    FROM floors GROUP BY entrance
), cases AS (
  SELECT c.*, i.name AS matter, i.name_en AS matter_en, i.code AS matter_code
    FROM b JOIN case_file c ON c.location && ST_Expand(b.geom, %(metres)s / 70000)
     AND ST_DWithin(c.location::geography, b.geom::geography, %(metres)s)
    JOIN catalogue_item i ON i.id = c.item_id
   WHERE c.kind = 'incident' AND is_open(c.state)
)
SELECT json_build_object(
  'code', b.code, 'name', b.name, 'usage', b.usage, 'floors', b.floors, 'height_m', b.height_m,
  'height_derived', b.height_derived, 'footprint_m2', round(b.footprint_m2::numeric),
  'measured_in', 'EPSG:' || gk_zone((ST_XMin(b.geom) + ST_XMax(b.geom)) / 2),
  'households_estimated', b.households_estimated, 'source', b.source, 'is_example', b.is_example,
  'version', b.version, 'area_path', b.area_path::text, 'place', place_name(b.area_path),
  'microgrid', (SELECT code FROM area WHERE id = b.microgrid_id AND level = 'microgrid'),
  'areas', (SELECT json_agg(json_build_object('level', n.level, 'code', n.code, 'name', n.name,
              'name_en', n.name_en) ORDER BY nlevel(n.path))
              FROM area_now n WHERE n.path @> b.area_path AND n.level <> 'unit_grid'),
  'responsible', (SELECT json_build_object('code', w.code, 'name', w.display_name)
                    FROM duty d JOIN grid_worker w ON w.id = d.worker_id
                   WHERE d.area_path @> b.area_path AND d.valid @> CURRENT_DATE
                     AND d.kind = 'responsible'
                   ORDER BY nlevel(d.area_path) DESC, w.code LIMIT 1),
  'geometry', ST_AsGeoJSON(b.geom, 7, 0)::json,
  'counts', (SELECT json_build_object('dwellings', count(*), 'entrances', count(DISTINCT entrance),
       'owner', count(*) FILTER (WHERE occupancy = 'owner'),
       'let', count(*) FILTER (WHERE occupancy = 'let'),
       'empty', count(*) FILTER (WHERE occupancy = 'empty'),
       'unknown', count(*) FILTER (WHERE occupancy = 'unknown'),
       'stale', count(*) FILTER (WHERE stale), 'households', count(size),
       'persons', coalesce(sum(size), 0)) FROM chart),
  'entrances', (SELECT coalesce(json_agg(json_build_object('entrance', entrance, 'floors', floors)
                                         ORDER BY entrance), '[]') FROM entrances),
  'incidents', (SELECT coalesce(json_agg(json_build_object('id', c.id, 'number', c.number,
       'matter', json_build_object('code', c.matter_code, 'name', c.matter, 'name_en', c.matter_en),
       'state', c.state, 'severity', c.severity, 'address', c.address, 'due_at', c.due_at,
       'stage', c.stage, 'limit_unit', c.limit_unit,
       'synthetic', c.synthetic) ORDER BY c.due_at NULLS LAST, c.number), '[]') FROM cases c)
)::text AS item
  FROM b
"""

_LIST = """
SELECT coalesce(json_agg(item ORDER BY code), '[]')::text AS items, max(code) AS last, count(*) AS n
  FROM (SELECT b.code, json_build_object('code', b.code, 'name', b.name, 'usage', b.usage,
                 'floors', b.floors, 'height_m', b.height_m, 'height_derived', b.height_derived,
                 'households_estimated', b.households_estimated,
                 'area_path', b.area_path::text, 'place', place_name(b.area_path), 'is_example', b.is_example,
                 'lon', round(ST_X(b.inside)::numeric, 7), 'lat', round(ST_Y(b.inside)::numeric, 7)
               ) AS item
          FROM (SELECT *, ST_PointOnSurface(geom) AS inside FROM building
                 WHERE upper_inf(valid)
                   AND (%(path)s::text IS NULL OR area_path <@ %(path)s::text::ltree)
                   AND (%(west)s::float8 IS NULL OR geom && ST_MakeEnvelope(
                          %(west)s, %(south)s, %(east)s, %(north)s, 4490))
                   AND (%(q)s::text IS NULL OR code ILIKE %(q)s OR name ILIKE %(q)s)
                   AND (%(after)s::text IS NULL OR code > %(after)s)
                 ORDER BY code LIMIT %(limit)s) b) page
"""

_COUNTS = """
SELECT n.code, n.name, n.level,
       (SELECT count(*) FROM building b WHERE b.area_path <@ n.path AND upper_inf(b.valid))
         AS buildings,
       (SELECT count(*) FROM dwelling d WHERE d.area_path <@ n.path AND upper_inf(d.valid))
         AS dwellings,
       (SELECT count(*) FROM dwelling d WHERE d.area_path <@ n.path AND upper_inf(d.valid)
           AND coalesce(d.confirmed_at < %(now)s - make_interval(days => %(stale)s), true)) AS stale,
       (SELECT count(*) FROM household h WHERE h.area_path <@ n.path AND upper_inf(h.valid))
         AS households,
       (SELECT coalesce(sum(h.size), 0) FROM household h
         WHERE h.area_path <@ n.path AND upper_inf(h.valid)) AS persons
  FROM area_now n
 WHERE CASE WHEN %(children)s THEN n.parent_id = %(id)s ELSE n.id = %(id)s END
   AND n.level <> 'unit_grid'
 ORDER BY n.code
"""


@dataclass(frozen=True)
class BuildingFilter:
    """Which buildings a list shows; `area` a code, bbox (west, south, east, north) in degrees, `q` a
    part of code or name; `after` is the `next` of the page before."""

    area: str | None = None
    bbox: tuple[float, float, float, float] | None = None
    q: str | None = None
    after: str | None = None
    limit: int = 50


def building_card(tx: Transaction, code: str, now: datetime) -> str:
    """JSON text of one building: facts, areas, who is responsible, the dwelling chart, open cases.

    `entrances`: [{entrance, floors: [{floor, rooms: [{id, room, occupancy, size, fresh_days, stale,
    confirmed_at, version}]}]}], floors from the top; `stale` after 180 days or when never confirmed.
    `incidents`: open ones within 5 m. Raises NotFound outside the scope.
    """
    given = {"code": code, "now": now, "stale": STALE_AFTER_DAYS, "metres": AT_BUILDING_M}
    found = tx.scalar(_CARD, given)
    if found is None:
        raise NotFound(BUILDING)
    return str(found)


def building_list(tx: Transaction, wanted: BuildingFilter) -> str:
    """JSON text ``{"items": […], "next": code or null}`` of buildings, by code.

    An area that does not exist gives an empty list, as one outside the scope does.
    """
    west, south, east, north = wanted.bbox or (None, None, None, None)
    path = None
    if wanted.area is not None:
        path = tx.scalar("SELECT path::text FROM area_now WHERE code = %(c)s", {"c": wanted.area})
        if path is None:
            return '{"items":[],"next":null}'
    row = tx.one(
        _LIST,
        {
            "path": path,
            "west": west,
            "south": south,
            "east": east,
            "north": north,
            "q": f"%{_literal(wanted.q)}%" if wanted.q else None,
            "after": wanted.after,
            "limit": wanted.limit,
        },
    )
    assert row is not None
    following = f'"{row["last"]}"' if row["n"] == wanted.limit else "null"
    return f'{{"items":{row["items"]},"next":{following}}}'


def _literal(text: str) -> str:
    """`text` for LIKE, its wildcards meant as themselves."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def counts_of(tx: Transaction, area: str, now: datetime, *, children: bool = False) -> list[Row]:
    """What stands in an area, or in each area right below it: one row per area, by code.

    Keys: code, name, level, buildings, dwellings, stale (over 180 days or never confirmed),
    households, persons; only what the reader may see is counted. Raises NotFound for an unknown area.
    """
    row = tx.one("SELECT id FROM area_now WHERE code = %(c)s", {"c": area})
    if row is None:
        raise NotFound(AREA)
    given: dict[str, Any] = {"id": row["id"], "children": children, "now": now}
    return tx.all(_COUNTS, {**given, "stale": STALE_AFTER_DAYS})
