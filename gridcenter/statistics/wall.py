"""What a wall screen shows of an area: now, today, this month. No persons, no descriptions."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gridcenter.actor import Actor
from gridcenter.database import Transaction
from gridcenter.incidents.summary import TIME_STATE
from gridcenter.statistics.counting import FACTS
from gridcenter.statistics.queries import (
    Scope,
    definition_of,
    indicator_figures,
    scope_of,
    trend,
)
from gridcenter.statistics.rules import as_json, period

RATE = "on_time_closure_rate"
OVERDUE_SHOWN, FEED_SHOWN, MATTERS_SHOWN, TREND_WEEKS = 20, 8, 4, 6

# The same words as in lists, with the moment passed in.
_TIME_STATE = TIME_STATE.replace("now()", "%(now)s::timestamptz")
_OPEN = """
  SELECT c.* FROM case_file c
   WHERE c.area_path <@ %(path)s::ltree AND c.kind = 'incident'
     AND c.state = ANY ((SELECT open_states())::text[])
     AND (NOT %(departmental)s OR c.department_id = ANY(%(departments)s))
"""
_NOW = f"""
WITH waiting AS MATERIALIZED (
  SELECT c.id, c.number, c.item_id, c.place, c.severity, c.state, c.department_id, c.due_at,
         c.area_path, c.synthetic, {_TIME_STATE} AS time_state, n.certain
    FROM ({_OPEN}) c LEFT JOIN incident n ON n.case_id = c.id
)
SELECT (SELECT json_build_object('total', count(*),
          'in_time', count(*) FILTER (WHERE time_state = 'in_time'),
          'soon', count(*) FILTER (WHERE time_state = 'soon'),
          'overdue', count(*) FILTER (WHERE time_state = 'overdue'),
          'stopped', count(*) FILTER (WHERE time_state = 'stopped'),
          'uncertain', count(*) FILTER (WHERE NOT certain),
          'synthetic', coalesce(bool_or(synthetic), false)) FROM waiting) AS open,
       (SELECT coalesce(json_agg(json_build_object('id', w.id, 'number', w.number,
                 'matter', i.name, 'matter_en', i.name_en, 'place', w.place, 'state', w.state,
                 'severity', w.severity, 'due_at', w.due_at,
                 'overdue_s', floor(extract(epoch FROM %(now)s::timestamptz - w.due_at))::bigint,
                 'department', d.name, 'department_en', d.name_en) ORDER BY w.due_at, w.id), '[]')
          FROM (SELECT * FROM waiting WHERE time_state = 'overdue'
                 ORDER BY due_at, id LIMIT {OVERDUE_SHOWN}) w
          JOIN catalogue_item i ON i.id = w.item_id
          LEFT JOIN department d ON d.id = w.department_id) AS overdue,
       (SELECT coalesce(json_agg(json_build_object('code', g.code, 'open_count', g.n)
                                 ORDER BY g.code), '[]')
          FROM (SELECT a.code, coalesce(k.n, 0) AS n
                  FROM area_now a
                  LEFT JOIN (SELECT subpath(w.area_path, 0, d.depth)::text AS path, count(*) AS n
                               FROM waiting w, (SELECT DISTINCT nlevel(path) AS depth FROM area_now
                                                 WHERE level = 'grid' AND path <@ %(path)s::ltree) d
                              WHERE nlevel(w.area_path) >= d.depth GROUP BY 1) k
                         ON k.path = a.path::text
                 WHERE a.level = 'grid' AND a.path <@ %(path)s::ltree) g) AS grids
"""
_FEED = f"""
SELECT coalesce(json_agg(json_build_object('number', j.number, 'at', j.at, 'data', j.data,
         'community', (SELECT v.name FROM area_version v
                        WHERE v.level = 'community' AND upper_inf(v.valid) AND v.path @> j.area_path))
         ORDER BY j.number DESC), '[]') AS items
  FROM (SELECT * FROM journal
         WHERE topic = 'case' AND area_path <@ %(path)s::ltree
           AND (NOT %(departmental)s OR department_id = ANY(%(departments)s))
         ORDER BY number DESC LIMIT {FEED_SHOWN}) j
"""
_MATTERS = f"""
WITH {FACTS}, filed AS (
  SELECT f.item_id, count(*) AS n FROM facts f
   WHERE f.fact = 'filed' AND f.confidentiality <= coalesce((SELECT actor_clearance()), 0)
     AND NOT EXISTS (SELECT FROM facts u WHERE u.fact = 'unfiled' AND u.case_id = f.case_id
                        AND u.at >= f.at)
   GROUP BY f.item_id
)
SELECT coalesce(json_agg(json_build_object('code', i.code, 'matter', i.name, 'matter_en', i.name_en,
         'filed', t.n) ORDER BY t.n DESC, i.code), '[]') AS items
  FROM (SELECT f.* FROM filed f JOIN catalogue_item i ON i.id = f.item_id
         ORDER BY f.n DESC, i.code LIMIT {MATTERS_SHOWN}) t
  JOIN catalogue_item i ON i.id = t.item_id
"""


def wall_figures(
    tx: Transaction, actor: Actor, area_code: str, now: datetime, zone: ZoneInfo
) -> dict[str, Any]:
    """All figures of a wall screen for an area.

    ``{area, at, open: {total, in_time, soon, overdue, stopped, uncertain, synthetic},
    overdue: [{id, number,
    matter, matter_en, place, state, severity, due_at, overdue_s, department, department_en}] worst
    first, at most 20, today: {reported, filed, closed}, month: {from, filed, rate: {value, numerator,
    denominator, target, …}, matters: [{code, matter, matter_en, filed}]}, weeks: six of `trend`, the
    last unfinished, feed: [{number, at, community, data}] newest first, grids: [{code,
    open_count}]}``. `total` includes the stopped ones. Raises NotFound outside the reader's scope.
    """
    today = now.astimezone(zone).date()
    scope = scope_of(tx, actor, area_code)
    standing = tx.one(_NOW, {**_asked(scope), "now": now})
    assert standing is not None
    monday = today - timedelta(days=today.weekday(), weeks=TREND_WEEKS - 1)
    return {
        "area": {name: scope.area[name] for name in ("code", "name", "name_en", "level")},
        "at": now.astimezone(zone).isoformat(),
        **standing,
        "today": _counts(tx, scope, today, today, now, zone),
        "month": _month(tx, scope, today, now, zone),
        "weeks": trend(tx, actor, area_code, RATE, "week", monday, today, now, zone),
        "feed": tx.scalar(_FEED, _asked(scope)),
    }


def _asked(scope: Scope) -> dict[str, Any]:
    return {
        "path": scope.area["path"],
        "departmental": scope.departmental,
        "departments": scope.departments,
    }


def _counts(
    tx: Transaction, scope: Scope, first: date, last: date, now: datetime, zone: ZoneInfo
) -> dict[str, Any]:
    figures = indicator_figures(tx, scope, period(first, last, now, zone), zone)
    return {code: figures[code].value for code in ("reported", "filed", "closed")}


def _month(
    tx: Transaction, scope: Scope, today: date, now: datetime, zone: ZoneInfo
) -> dict[str, Any]:
    when = period(today.replace(day=1), today, now, zone)
    figures = indicator_figures(tx, scope, when, zone)
    matters = tx.scalar(_MATTERS, {**scope.params(when, zone), "facts": ["filed", "unfiled"]})
    return {
        "from": when.first.isoformat(),
        "filed": figures["filed"].value,
        "rate": as_json(figures[RATE], definition_of(tx, RATE)),
        "matters": matters,
    }
