"""Reads about areas: lists, one area, and where a point lies.

JSON is built in PostgreSQL and comes back as text. Geometry is GeoJSON, lon/lat, CGCS2000.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gridcenter.actor import Actor
from gridcenter.database import Row, Transaction
from gridcenter.errors import InvalidInput, NotFound, Words
from gridcenter.geo import datum_name, parse_datum, to_storage

AREA = Words("网格或区域", "area")

_COLUMNS = """
'code', n.code, 'name', n.name, 'name_en', n.name_en, 'level', n.level, 'kind', n.kind,
'path', n.path::text, 'parent', (SELECT p.code FROM area p WHERE p.id = n.parent_id),
'place', place_name(n.path), 'area_m2', round(n.area_m2::numeric, 1),
'households', n.households, 'is_example', n.is_example,
'valid_from', lower(n.valid), 'valid_to', upper(n.valid),
'bbox', json_build_array(ST_XMin(n.geom), ST_YMin(n.geom), ST_XMax(n.geom), ST_YMax(n.geom))
"""

_LIST = f"""
SELECT coalesce(json_agg(item ORDER BY code), '[]')::text AS items, max(code) AS last, count(*) AS n
  FROM (SELECT n.code,
               json_build_object({_COLUMNS},
                 'geometry', CASE WHEN %(geometry)s THEN ST_AsGeoJSON(n.geom, 7, 0)::json END) AS item
          FROM area_now n
         WHERE (%(level)s::text IS NULL OR n.level = %(level)s)
           AND (%(parent)s::text IS NULL
                OR n.parent_id = (SELECT id FROM area WHERE code = %(parent)s))
           AND (%(west)s::float8 IS NULL OR n.geom && ST_MakeEnvelope(
                  %(west)s, %(south)s, %(east)s, %(north)s, 4490))
           AND (%(after)s::text IS NULL OR n.code > %(after)s)
         ORDER BY n.code LIMIT %(limit)s) page
"""

_ONE = f"""
SELECT json_build_object({_COLUMNS}, 'source', n.source, 'perimeter_m', round(n.perimeter_m::numeric, 1),
         'geometry', ST_AsGeoJSON(n.geom, 7, 0)::json,
         'ancestors', (SELECT coalesce(json_agg(json_build_object('code', u.code, 'name', u.name,
                          'level', u.level) ORDER BY nlevel(u.path)), '[]')
                         FROM area_now u WHERE u.path @> n.path AND u.path <> n.path),
         'children', (SELECT count(*) FROM area_now c WHERE c.parent_id = n.id))::text AS item
  FROM area_now n WHERE n.code = %(code)s
"""

_LOCATE = """
WITH given AS (SELECT ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4490) AS place),
     found AS (SELECT g.place, l.* FROM given g, locate_point(g.place, %(accuracy)s::float8) l)
SELECT json_build_object(
         'lon', %(lon)s::float8, 'lat', %(lat)s::float8, 'datum', 'EPSG:4490',
         'given', json_build_object('lon', %(given_lon)s::float8, 'lat', %(given_lat)s::float8,
                                    'datum', %(datum)s::text),
         'accuracy_m', %(accuracy)s::float8,
         'outside', f.path IS NULL,
         'certain', f.certain,
         'border_m', round(f.border_m::numeric, 1),
         'place', place_name(f.path),
         'path', f.path::text,
         'unit_grid', unit_grid_at(f.place),
         'levels', (SELECT coalesce(json_agg(json_build_object('level', n.level, 'code', n.code,
                      'name', n.name, 'name_en', n.name_en, 'kind', n.kind) ORDER BY nlevel(n.path)),
                      '[]')
                      FROM area_now n WHERE n.path @> f.path AND n.level <> 'unit_grid'),
         'candidates', (SELECT coalesce(json_agg(c ORDER BY c.distance_m, c.code), '[]')
                          FROM (SELECT n.code, n.name, place_name(n.path) AS place, n.path::text,
                                       round(ST_Distance(n.geom::geography, f.place::geography)::numeric,
                                             1) AS distance_m
                                  FROM area_now n
                                 WHERE NOT f.certain AND n.level = coalesce(f.level, 'microgrid')
                                   AND n.geom && ST_Expand(f.place,
                                         greatest(%(accuracy)s::float8, 1) / 70000)
                                   AND ST_DWithin(n.geom::geography, f.place::geography,
                                         greatest(%(accuracy)s::float8, 1))
                                 LIMIT 12) c)
       )::text AS item,
       f.path::text AS path
  FROM found f
"""


def _as_at(statement: str) -> str:
    """The same question to the areas of a moment, ``%(at)s`` (sql/21_as_at.sql)."""
    statement = statement.replace("area_now", "area_at(%(at)s)")
    statement = statement.replace("place_name(n.path)", "place_name_at(n.path, %(at)s)")
    statement = statement.replace("place_name(f.path)", "place_name_at(f.path, %(at)s)")
    statement = statement.replace("unit_grid_at(f.place)", "unit_grid_at(f.place, %(at)s)")
    return statement.replace(
        "locate_point(g.place, %(accuracy)s::float8)",
        "locate_point_at(g.place, %(accuracy)s::float8, %(at)s)",
    )


_LIST_AT, _ONE_AT, _LOCATE_AT = _as_at(_LIST), _as_at(_ONE), _as_at(_LOCATE)


@dataclass(frozen=True)
class AreaFilter:
    """Which areas a list shows; bbox is (west, south, east, north) in degrees.

    `at` shows the areas of a moment instead of those in force now.
    """

    level: str | None = None
    parent: str | None = None
    bbox: tuple[float, float, float, float] | None = None
    geometry: bool = False
    after: str | None = None
    limit: int = 200
    at: datetime | None = None


def area_list(tx: Transaction, wanted: AreaFilter) -> str:
    """JSON text ``{"items": […], "next": code or null}`` of areas in force, by code.

    Raises InvalidInput for a parent that does not exist: an empty list would read as "has no parts".
    """
    west, south, east, north = wanted.bbox or (None, None, None, None)
    row = tx.one(
        _LIST_AT if wanted.at else _LIST,
        {
            "at": wanted.at,
            "level": wanted.level,
            "parent": wanted.parent,
            "west": west,
            "south": south,
            "east": east,
            "north": north,
            "geometry": wanted.geometry,
            "after": wanted.after,
            "limit": wanted.limit,
        },
    )
    assert row is not None
    if not row["n"] and wanted.parent is not None:
        _refuse_unknown(tx, wanted.parent)
    following = f'"{row["last"]}"' if row["n"] == wanted.limit else "null"
    return f'{{"items":{row["items"]},"next":{following}}}'


def _refuse_unknown(tx: Transaction, parent: str) -> None:
    if tx.one("SELECT FROM area WHERE code = %(code)s LIMIT 1", {"code": parent}) is None:
        raise InvalidInput.of(
            "parent",
            "unknown_parent",
            f"没有这个区域：{parent}",
            f"There is no such area: {parent}",
        )


def area_detail(tx: Transaction, code: str, at: datetime | None = None) -> str:
    """JSON text of one area in force, now or at a moment, with geometry and ancestors. NotFound."""
    found = tx.scalar(_ONE_AT if at else _ONE, {"code": code, "at": at})
    if found is None:
        raise NotFound(AREA)
    return str(found)


@dataclass(frozen=True)
class Located:
    """Answer of `locate`: JSON text for screens, the path for further questions (None: outside)."""

    json: str
    path: str | None


def locate(
    tx: Transaction,
    lon: float,
    lat: float,
    datum: str = "cgcs2000",
    accuracy_m: float | None = None,
    at: datetime | None = None,
) -> Located:
    """All levels at a point, metres to the border, and whether the answer is certain.

    `lon`, `lat` in the named datum (for projected EPSG codes: easting, northing). Uncertain answers
    carry `candidates`: areas of the same level that the accuracy circle touches, nearest first.
    `at` asks the areas of a moment.
    Raises UnknownDatum, BadCoordinate.
    """
    kind = parse_datum(datum)
    x, y = to_storage(lon, lat, kind)
    row = tx.one(
        _LOCATE_AT if at else _LOCATE,
        {
            "at": at,
            "lon": x,
            "lat": y,
            "given_lon": lon,
            "given_lat": lat,
            "datum": datum_name(kind),
            "accuracy": accuracy_m,
        },
    )
    assert row is not None
    return Located(row["item"], row["path"])


def area_by_code(tx: Transaction, code: str) -> Row:
    """id, code, level, name, path (text) of an area in force. Raises NotFound."""
    row = tx.one(
        "SELECT id, code, level, name, path::text AS path FROM area_now WHERE code = %(c)s",
        {"c": code},
    )
    if row is None:
        raise NotFound(AREA)
    return row


_SHOWN = """
SELECT id, code, name, name_en, level, path::text AS path, is_example,
       ARRAY[ST_XMin(geom), ST_YMin(geom), ST_XMax(geom), ST_YMax(geom)] AS bbox
  FROM area_now
"""


def top_areas(tx: Transaction) -> list[dict[str, Any]]:
    """Areas in force without a parent, by code: id, code, name, name_en, level, path, is_example, bbox."""
    return tx.all(_SHOWN + "WHERE parent_id IS NULL AND level <> 'unit_grid' ORDER BY code")


def shown_area(tx: Transaction, code: str) -> dict[str, Any]:
    """An area in force as `top_areas` has it. Raises NotFound."""
    row = tx.one(_SHOWN + "WHERE code = %(code)s", {"code": code})
    if row is None:
        raise NotFound(AREA)
    return row


def own_area(tx: Transaction, actor: Actor) -> str | None:
    """The code of the actor's own area: of the first posting that has one, else the first top area.

    None while there is no area at all.
    """
    path = next((p.area_path for p in actor.postings if p.area_path), None)
    code = area_code_at(tx, path) if path else None
    return code or next((str(row["code"]) for row in top_areas(tx)), None)


def area_code_at(tx: Transaction, path: str) -> str | None:
    """The code of the area in force at a path text, or None."""
    code = tx.scalar("SELECT code FROM area_now WHERE path = %(path)s::ltree", {"path": path})
    return str(code) if code else None


def installation_place(tx: Transaction) -> str | None:
    """The name of the place this installation serves, for the log-in page; None while there is none.

    The one thing that may be read without a log-in: the name of the top area.
    """
    name = tx.scalar("SELECT installation_place()")
    return str(name) if name else None
