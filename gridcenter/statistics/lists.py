"""The list behind a figure: the incidents or grids that were counted, or that are missing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from gridcenter.actor import Actor
from gridcenter.database import Transaction
from gridcenter.errors import InvalidInput
from gridcenter.statistics.counting import FACTS
from gridcenter.statistics.queries import definition_of, scope_of, unknown_indicator
from gridcenter.statistics.rules import Part, period

_FILED = """
SELECT f.* FROM facts f
 WHERE f.fact = '{fact}'
   AND NOT EXISTS (SELECT FROM facts u WHERE u.fact = '{undone}' AND u.case_id = f.case_id
                      AND u.at >= f.at)
"""
_DUE = _FILED.format(fact="due", undone="undue")
_CLOSED_LATE = """
EXISTS (SELECT FROM facts l WHERE l.fact = 'late' AND l.case_id = d.case_id AND l.at > d.at)
"""
# Handlings that no failed check inside the period has taken back.
_HANDLED = """
SELECT h.* FROM facts h
 WHERE h.fact = 'handled' AND h.seconds IS NOT NULL
   AND NOT EXISTS (SELECT FROM facts r WHERE r.fact = 'reworked' AND r.case_id = h.case_id
                      AND r.at > h.at)
"""
_WHICH: dict[str, dict[Part, str]] = {
    "reported": {Part.NUMERATOR: "SELECT f.* FROM facts f WHERE f.fact = 'reported'"},
    "filed": {Part.NUMERATOR: _FILED.format(fact="filed", undone="unfiled")},
    "closed": {Part.NUMERATOR: "SELECT f.* FROM facts f WHERE f.fact = 'closed'"},
    "closure_rate": {
        Part.DENOMINATOR: _DUE,
        Part.NUMERATOR: f"SELECT d.* FROM ({_DUE}) d WHERE d.on_time OR {_CLOSED_LATE}",
        Part.MISSING: f"SELECT d.* FROM ({_DUE}) d WHERE NOT (d.on_time OR {_CLOSED_LATE})",
    },
    "on_time_closure_rate": {
        Part.DENOMINATOR: _DUE,
        Part.NUMERATOR: f"SELECT d.* FROM ({_DUE}) d WHERE d.on_time",
        Part.MISSING: f"SELECT d.* FROM ({_DUE}) d WHERE NOT d.on_time",
    },
    "handling_median": {Part.DENOMINATOR: _HANDLED},
    "handling_p90": {Part.DENOMINATOR: _HANDLED},
}

_NEEDED = {
    "reported": ["reported"],
    "filed": ["filed", "unfiled"],
    "closed": ["closed"],
    "closure_rate": ["due", "undue", "late"],
    "on_time_closure_rate": ["due", "undue"],
    "handling_median": ["handled", "reworked"],
    "handling_p90": ["handled", "reworked"],
}

# A case that has left the reader's sight since (handed to another department) still counts: it stands
# in the list by its moment and matter alone. One that is confidential beyond the reader's clearance
# counts as well, by its moment alone.
_CASES = """
WITH {facts}, counted AS ({which})
SELECT coalesce(json_agg(item ORDER BY at DESC, id DESC), '[]') AS items, count(*) AS n,
       (array_agg(extract(epoch FROM at)::text || '~' || id ORDER BY at, id))[1] AS last
  FROM (SELECT f.at, f.case_id AS id, json_build_object(
                 'kind', 'incident', 'at', f.at, 'seconds', f.seconds, 'on_time', f.on_time,
                 'matter', CASE WHEN NOT f.restricted THEN json_build_object(
                             'code', i.code, 'name', i.name, 'name_en', i.name_en) END,
                 'restricted', f.restricted, 'visible', c.id IS NOT NULL,
                 'id', c.id, 'number', c.number, 'state', c.state,
                 'severity', c.severity, 'place', c.place, 'opened_at', c.opened_at,
                 'close_due_at', c.close_due_at, 'closed_at', c.closed_at,
                 'synthetic', c.synthetic) AS item
          FROM (SELECT *, confidentiality > coalesce((SELECT actor_clearance()), 0) AS restricted
                  FROM counted
                 WHERE (%(after_at)s::float8 IS NULL
                        OR (at, case_id) < (to_timestamp(%(after_at)s::float8), %(after_id)s::uuid))
                 ORDER BY at DESC, case_id DESC LIMIT %(limit)s) f
          JOIN catalogue_item i ON i.id = f.item_id
          LEFT JOIN case_file c ON c.id = f.case_id) page
"""

_GRIDS = """
SELECT coalesce(json_agg(item ORDER BY code), '[]') AS items, count(*) AS n, max(code) AS last
  FROM (SELECT a.code, json_build_object('kind', 'grid', 'code', a.code, 'name', v.name,
                 'name_en', v.name_en, 'place', place_name(v.path), 'path', v.path::text,
                 'staffed', s.yes, 'area_m2', round(v.area_m2::numeric, 1)) AS item
          FROM area_version v
          JOIN area a ON a.id = v.area_id
          CROSS JOIN LATERAL (
            SELECT EXISTS (SELECT FROM duty d JOIN grid_worker w ON w.id = d.worker_id
                            WHERE d.area_path <@ v.path AND d.valid @> %(on)s::date
                              AND w.employment = 'full_time' AND w.valid @> %(on)s::date) AS yes) s
         WHERE v.level = 'grid' AND v.path <@ %(path)s::ltree AND v.valid @> %(upto)s
           AND (%(staffed)s::boolean IS NULL OR s.yes = %(staffed)s)
           AND (%(after_code)s::text IS NULL OR a.code > %(after_code)s)
         ORDER BY a.code LIMIT %(limit)s) page
"""
_OF_GRIDS = {"staffing": tuple(Part), "spatial_coverage": (Part.NUMERATOR,)}
_STAFFED = {Part.NUMERATOR: True, Part.DENOMINATOR: None, Part.MISSING: False}


def indicator_list(
    tx: Transaction,
    actor: Actor,
    indicator: str,
    part: str | None,
    area_code: str,
    date_from: date,
    date_to: date,
    now: datetime,
    zone: ZoneInfo,
    after: str | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """``{items, next}``: exactly what a figure counted, under the reader's row rights.

    Items are incidents (newest first: kind, at, seconds, on_time, matter, restricted, visible, id,
    number, state, severity, place, …) or grids (by code: kind, code, name, place, staffed, area_m2).
    `visible` is False for a case that left the reader's scope after it was counted; it then bears no
    more than its matter and moment. `restricted` cases bear their moment alone: matter is None.
    Coverage lists the grids of the area. `part` None: the denominator, else the only part that the
    figure has. Raises NotFound outside the scope, InvalidInput for a part that it does not have.
    """
    when = period(date_from, date_to, now, zone)
    scope = scope_of(tx, actor, area_code)
    definition_of(tx, indicator)
    params = {**scope.params(when, zone), "limit": limit}
    if indicator not in (*_WHICH, *_OF_GRIDS):
        raise unknown_indicator(indicator)
    parts = list(_WHICH.get(indicator, () if scope.departmental else _OF_GRIDS.get(indicator, ())))
    chosen = _part(part, parts)
    if indicator in _OF_GRIDS:
        staffed = _STAFFED[chosen] if indicator == "staffing" else None
        row = tx.one(_GRIDS, {**params, "staffed": staffed, "after_code": after})
    else:
        which = _WHICH[indicator][chosen]
        row = tx.one(
            _CASES.format(facts=FACTS, which=which),
            {**params, **_cursor(after), "facts": _NEEDED[indicator]},
        )
    assert row is not None
    return {"items": row["items"], "next": row["last"] if row["n"] == limit else None}


def _part(text: str | None, parts: list[Part]) -> Part:
    """The part that was asked for, by default the denominator or the only one. Raises InvalidInput."""
    if text is None and parts:
        return Part.DENOMINATOR if Part.DENOMINATOR in parts else parts[0]
    if text in parts:
        return Part(text)
    names = "、".join(parts), ", ".join(parts)
    raise InvalidInput.of(
        "part",
        "unknown_part",
        f"这项指标没有这份名单，有的是 {names[0]}" if parts else "这项指标没有名单",
        f"This indicator has no such list; it has {names[1]}" if parts else "It has no list",
    )


def _cursor(after: str | None) -> dict[str, Any]:
    if after is None:
        return {"after_at": None, "after_id": None}
    value, _, identity = after.partition("~")
    try:
        return {"after_at": float(value), "after_id": UUID(identity)}
    except ValueError:
        raise InvalidInput.of(
            "after",
            "bad_cursor",
            "翻页位置不对，从第一页重新开始",
            "Not a cursor of ours; start again",
        ) from None
