"""The figures of an area and a period, the list behind each of them, and their course over time.

Closed days are read from their sums (`day_sum`) and, case by case, from `case_fact`; days not closed yet
are derived by the SQL function that closes days (sql/30_facts.sql), so a figure is the same whichever
way it was counted. Facts stand under row rights; the asked area has to lie inside the reader's scope, a
handler's figures are those of the own department. Cases outside every area (辖区外) belong to no area's figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gridcenter.actor import AREA_POSTS, DEPARTMENT_POSTS, INTAKE_POSTS, Actor
from gridcenter.database import Row, Transaction
from gridcenter.errors import AREA, InvalidInput, NotFound
from gridcenter.statistics.counting import COUNTS, counting
from gridcenter.statistics.rules import Figure, Period, as_json, figures_of, period

# A fact counts for the asked area and for the one below it, on the shown level, that holds the case.
_KEYS = """(VALUES (%(path)s::text),
  (CASE WHEN nlevel(f.area_path) >= %(below)s
        THEN subpath(f.area_path, 0, %(below)s)::text END)) k(key)"""


def _figures(areas: str, *, as_now: bool = False) -> str:
    """The statement of the table: `areas` names what lists the shown areas."""
    return f"""
WITH shown AS MATERIALIZED (
  SELECT a.code, a.name, a.name_en, a.level, a.path::text AS path
    FROM {areas} a
   WHERE a.level <> 'unit_grid' AND (a.id = %(area_id)s
          OR a.path <@ %(path)s::ltree AND nlevel(a.path) = %(below)s)
), {counting("f.area", _KEYS, "%(first)s::date", as_now=as_now)}, staffed AS MATERIALIZED (
  SELECT v.path, EXISTS (SELECT FROM duty d JOIN grid_worker w ON w.id = d.worker_id
                          WHERE d.area_path <@ v.path AND d.valid @> %(on)s::date
                            AND w.employment = 'full_time' AND w.valid @> %(on)s::date) AS yes
    FROM area_version v
   WHERE v.level = 'grid' AND v.path <@ %(path)s::ltree AND v.valid @> %(upto)s
)
SELECT a.code, a.name, a.name_en, a.level, a.path, a.path = %(path)s::text AS asked, {COUNTS},
       (SELECT count(*) FROM staffed s WHERE s.path <@ a.path::ltree)::int AS grids,
       (SELECT count(*) FROM staffed s WHERE s.path <@ a.path::ltree AND s.yes)::int AS staffed
  FROM shown a LEFT JOIN counted c ON c.key = a.path LEFT JOIN timed t ON t.key = a.path
 ORDER BY asked DESC, a.code
"""


_FIGURES = {
    "recorded": _figures("area_now"),
    "then": _figures("area_at(%(upto)s)"),
    "now": _figures("area_now", as_now=True),
}

# Square metres to a decimetre, in the Gauss-Krüger zone of the asked area; the noise of projections
# would otherwise turn 100 % into 99.99 %. Overlap counts each surplus layer.
_COVERAGE = """
WITH standing AS MATERIALIZED (
  SELECT area_id, parent_id, level, path, geom FROM area_version WHERE valid @> %(upto)s::timestamptz
), zone AS (
  SELECT gk_zone(ST_X(ST_Centroid(geom))) AS srid FROM standing WHERE area_id = %(area_id)s
), shown AS (
  SELECT a.path::text AS path, a.geom, ST_Transform(a.geom, z.srid) AS shape
    FROM standing a CROSS JOIN zone z
   WHERE (a.area_id = %(area_id)s OR a.parent_id = %(area_id)s)
     AND a.level NOT IN ('grid', 'microgrid', 'unit_grid')
), pieces AS (
  SELECT s.path, s.shape,
         CASE WHEN g.path <@ s.path::ltree AND ST_CoveredBy(g.shape, s.shape) THEN g.shape
              ELSE ST_Intersection(g.shape, s.shape) END AS piece
    FROM shown s
    JOIN (SELECT g.geom, g.path, ST_Transform(g.geom, z.srid) AS shape
            FROM standing g CROSS JOIN zone z WHERE g.level = 'grid') g
      ON g.geom && s.geom AND ST_Intersects(g.shape, s.shape)
)
SELECT s.path, a.m2::float8 AS area_m2, least(a.m2, p.m2)::float8 AS covered_m2,
       greatest(a.m2 - p.m2, 0)::float8 AS gap_m2, (p.layers_m2 - p.m2)::float8 AS overlap_m2
  FROM shown s
  CROSS JOIN LATERAL (SELECT round(ST_Area(s.shape)::numeric, 1) AS m2) a
  CROSS JOIN LATERAL (SELECT coalesce(round(ST_Area(ST_Union(q.piece))::numeric, 1), 0) AS m2,
                             coalesce(round(sum(ST_Area(q.piece))::numeric, 1), 0) AS layers_m2
                        FROM pieces q WHERE q.path = s.path) p
"""
_AREA = """
SELECT id, code, name, name_en, level, path::text AS path, nlevel(path) AS depth
  FROM area_now WHERE code = %(code)s AND level <> 'unit_grid'
"""
_AREA_THEN = _AREA.replace("area_now", "area_at(%(at)s)")
_DEFINITIONS = """
SELECT code, number, name, name_en, unit, numerator, numerator_en, denominator, denominator_en,
       excluded, excluded_en, source, target::float8 AS target FROM indicator ORDER BY sort
"""


@dataclass(frozen=True)
class Scope:
    """The asked area, and whether the reader sees it whole or only the own department's cases."""

    area: Row
    departmental: bool
    departments: list[int]

    def params(self, when: Period, zone: ZoneInfo) -> dict[str, Any]:
        """The parameters of every statement here."""
        return {
            "area_id": self.area["id"],
            "path": self.area["path"],
            "departmental": self.departmental,
            "departments": self.departments,
            "first": when.first,
            "last": when.last,
            "days": [when.first + timedelta(days=n) for n in range(when.days)],
            "upto": when.upto,
            "on": min(when.last, when.upto.astimezone(zone).date()),
            "zone": zone.key,
        }


def scope_of(tx: Transaction, actor: Actor, area_code: str, at: datetime | None = None) -> Scope:
    """What this reader may see of an area's figures, also of one in force at a moment only.

    Raises NotFound outside the scope.
    """
    area = tx.one(_AREA_THEN if at else _AREA, {"code": area_code, "at": at})
    if area is None:
        raise NotFound(AREA)

    def holds(posts: frozenset[str]) -> bool:
        paths = [p.area_path for p in actor.postings if p.post in posts and p.area_path]
        return any(f"{area['path']}.".startswith(f"{path}.") for path in paths)

    if holds(AREA_POSTS) or holds(INTAKE_POSTS):
        return Scope(area, False, [])
    mine = [p for p in actor.postings if p.post in DEPARTMENT_POSTS and p.department_id]
    if not mine or not (holds(DEPARTMENT_POSTS) or any(p.area_path is None for p in mine)):
        raise NotFound(AREA)
    return Scope(area, True, sorted({p.department_id for p in mine if p.department_id}))


def indicator_definitions(tx: Transaction) -> list[Row]:
    """Every indicator's words, unit and target, in the order of the screens."""
    return tx.recent("statistics.definitions", lambda t: t.all(_DEFINITIONS))


def indicators(
    tx: Transaction,
    actor: Actor,
    area_code: str,
    date_from: date,
    date_to: date,
    now: datetime,
    zone: ZoneInfo,
    level: str | None = None,
    areas: str = "recorded",
) -> dict[str, Any]:
    """The nine figures of an area and of each area right below it, for local days, both included.

    With a `level` the areas of that level inside the asked one take the place of those right below.
    `areas` says how a redraw is dealt with: ``recorded`` shows the areas of today with what was recorded
    for them, ``then`` the areas that were in force at the end of the period, ``now`` counts every fact
    for the area that holds its place today.

    ``{area, from, to, upto, unfinished, departmental, definitions: [words of each indicator],
    areas: [{code, name, name_en, level, path, asked, figures: {code: {value, numerator,
    denominator, unit, target, below_target}}}]}``; the asked area comes first. `spatial_coverage`
    carries gap_m2 and overlap_m2 beside it and speaks of areas above the grids only. value is None
    where the denominator is 0. Raises NotFound outside the scope, InvalidInput for a bad period.
    """
    when = period(date_from, date_to, now, zone)
    scope = scope_of(tx, actor, area_code, when.upto if areas == "then" else None)
    definitions = indicator_definitions(tx)
    ground = coverage(tx, scope.area, when.upto)
    params = {**scope.params(when, zone), "below": _below(tx, scope.area, level)}
    rows = tx.all(_FIGURES[areas], params)
    return {
        "area": {name: scope.area[name] for name in ("code", "name", "name_en", "level")},
        "from": when.first.isoformat(),
        "to": when.last.isoformat(),
        "upto": when.upto.astimezone(zone).isoformat(),
        "unfinished": when.unfinished,
        "departmental": scope.departmental,
        "definitions": definitions,
        "areas": [_area_figures(row, ground, definitions, scope.departmental) for row in rows],
    }


def _below(tx: Transaction, area: Row, level: str | None) -> int:
    """The depth of the paths that a table shows: right below, or that of a level."""
    if level is None:
        return int(area["depth"]) + 1
    depth = tx.scalar(
        "SELECT min(nlevel(path)) FROM area_now WHERE level = %(level)s AND path <@ %(path)s::ltree",
        {"level": level, "path": area["path"]},
    )
    if depth is None:
        raise InvalidInput.of(
            "level", "no_such_level", "这个区域下没有这一级", "The area has nothing of this level"
        )
    return int(depth)


def coverage(tx: Transaction, area: Row, upto: datetime) -> dict[str, Row]:
    """Square metres of areas, of their union with grids, of gaps and overlaps, by path text.

    For the area and those right below it, as they were at `upto`, as far as they stand above the
    grids; empty when the area did not exist then. The same versions give the same answer: it is kept.
    """
    versions = tx.one(
        "SELECT count(*) AS n, max(id) AS newest, sum(id) AS total FROM area_version"
        " WHERE valid @> %(upto)s::timestamptz",
        {"upto": upto},
    )
    assert versions is not None
    key = ".".join(str(value) for value in (area["path"], *versions.values()))
    asked = {"area_id": area["id"], "upto": upto}
    return tx.recent(
        f"statistics.coverage.{key}",
        lambda t: {row["path"]: row for row in t.all(_COVERAGE, asked)},
        300.0,
    )


def _area_figures(
    row: Row, ground: dict[str, Row], definitions: list[Row], departmental: bool
) -> dict[str, Any]:
    place = ground.get(row["path"], {})
    row |= {"covered_m2": place.get("covered_m2"), "area_m2": place.get("area_m2")}
    figures = figures_of(row, departmental)
    shown = {d["code"]: as_json(figures[d["code"]], d) for d in definitions if d["code"] in figures}
    if place and not departmental:
        shown["spatial_coverage"] |= {
            "gap_m2": place["gap_m2"],
            "overlap_m2": place["overlap_m2"],
        }
    return {
        **{name: row[name] for name in ("code", "name", "name_en", "level", "path", "asked")},
        "figures": shown,
    }


# --- over time ---------------------------------------------------------------------------------

_STEPS = ("day", "week", "month")
_BUCKET = "date_trunc(%(step)s, f.day::timestamp)"
_TREND_KEYS = f"(VALUES ({_BUCKET}::date)) k(key)"
_TREND_BEGAN = f"greatest({_BUCKET}::date, %(first)s::date)"
_TREND = f"""
WITH shown AS (SELECT %(path)s::text AS path),
{counting(f"{_BUCKET}::date", _TREND_KEYS, _TREND_BEGAN)}
SELECT b::date AS bucket, (b + ('1 ' || %(step)s)::interval)::date - 1 AS bucket_end, {COUNTS}
  FROM generate_series(date_trunc(%(step)s, %(first)s::timestamp), %(last)s::timestamp,
                       ('1 ' || %(step)s)::interval) b
  LEFT JOIN counted c ON c.key = b::date
  LEFT JOIN timed t ON t.key = b::date
 ORDER BY b
"""

_WHOLE = f"""
WITH shown AS (SELECT %(path)s::text AS path),
{counting("1", "(VALUES (1)) k(key)", "%(first)s::date")}
SELECT {COUNTS} FROM (VALUES (1)) a(key) LEFT JOIN counted c ON c.key = a.key
  LEFT JOIN timed t ON t.key = a.key
"""


def trend(
    tx: Transaction,
    actor: Actor,
    area_code: str,
    indicator: str,
    step: str,
    date_from: date,
    date_to: date,
    now: datetime,
    zone: ZoneInfo,
) -> list[dict[str, Any]]:
    """One figure of an area for each day, week (from Monday) or month of a period, oldest first.

    ``[{from, to, unfinished, value, numerator, denominator, unit, target, below_target}]``; a step
    that the period or the present cuts is unfinished. Counted from facts, so for case indicators
    only. Raises NotFound outside the scope, InvalidInput for an unknown indicator or step.
    """
    if step not in _STEPS:
        raise InvalidInput.of(
            "step", "unknown_step", "间隔应为日、周或月", "Give day, week or month"
        )
    when = period(date_from, date_to, now, zone)
    scope = scope_of(tx, actor, area_code)
    definition = definition_of(tx, indicator)
    rows = tx.all(_TREND, {**scope.params(when, zone), "step": step})
    series = []
    for row in rows:
        figures = figures_of(row, scope.departmental)
        if indicator not in figures:
            raise unknown_indicator(indicator)
        cut = row["bucket"] < when.first or row["bucket_end"] > when.last
        open_now = row["bucket_end"] >= when.upto.astimezone(zone).date() and when.unfinished
        series.append(
            {
                "from": max(row["bucket"], when.first).isoformat(),
                "to": min(row["bucket_end"], when.last).isoformat(),
                "unfinished": cut or open_now,
                **as_json(figures[indicator], definition),
            }
        )
    return series


def indicator_figures(
    tx: Transaction, scope: Scope, when: Period, zone: ZoneInfo
) -> dict[str, Figure]:
    """The case figures of one area and period, by indicator code, without those of areas below."""
    params = scope.params(when, zone)
    row = tx.one(_WHOLE, params)
    assert row is not None
    return figures_of(row, scope.departmental)


def definition_of(tx: Transaction, indicator: str) -> Row:
    """The words of one indicator. Raises InvalidInput when there is no such one."""
    for definition in indicator_definitions(tx):
        if definition["code"] == indicator:
            return definition
    raise unknown_indicator(indicator)


def unknown_indicator(indicator: str) -> InvalidInput:
    """The error that names an indicator nobody knows here."""
    return InvalidInput.of(
        "indicator",
        "unknown_indicator",
        f"没有这项指标，或它没有这种图表：{indicator[:40]}",
        f"There is no such indicator, or not in this form: {indicator[:40]}",
    )
