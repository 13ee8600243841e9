"""Who could take a case: ranked candidates with their arithmetic, the excluded with the reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from gridcenter.database import Row, Transaction
from gridcenter.dispatch.rules import Term, distance_term, duty_term, exclusion, load_term
from gridcenter.errors import NotFound

MOST_SHOWN = 20

# Whoever answers for the place or belongs to its community, and the nearest duties around it; each
# worker once, with the best duty. Distances in metres on the spheroid.
_CANDIDATES = """
WITH c AS (
  SELECT id, location, area_path, item_id, returns FROM case_file WHERE id = %(id)s
), near AS (
  SELECT DISTINCT d.worker_id
    FROM c, area_version v JOIN duty d ON d.area_id = v.area_id AND d.valid @> CURRENT_DATE
   WHERE upper_inf(v.valid) AND v.level IN ('grid', 'microgrid')
     AND v.geom && ST_Expand(c.location, 0.006)
     AND ST_DWithin(v.geom::geography, c.location::geography, 400)
), mine AS (
  SELECT DISTINCT ON (d.worker_id) d.worker_id, v.level, d.kind, d.rank
    FROM c JOIN duty d ON d.area_path @> c.area_path AND d.valid @> CURRENT_DATE
    JOIN area_version v ON v.area_id = d.area_id AND upper_inf(v.valid)
   WHERE v.level IN ('grid', 'microgrid')
   ORDER BY d.worker_id, nlevel(d.area_path) DESC, d.rank
), considered AS (
  SELECT worker_id FROM near UNION SELECT worker_id FROM mine
)
SELECT w.id, w.code, w.display_name, w.employment, w.capacity, w.account_id,
       EXISTS (SELECT FROM mine WHERE mine.worker_id = w.id) AS has_duty_here,
       m.level AS duty_level, m.kind AS duty_kind, m.rank AS duty_rank,
       home.path @> c.area_path AS same_grid,
       worker_account_disabled(w.account_id) AS disabled,
       (SELECT count(*) FROM case_file o
         WHERE o.holder_account_id = w.account_id AND in_hand(o.state)) AS load,
       p.taken_at, ST_X(coalesce(fresh.location, home.middle)) AS lon,
       ST_Y(coalesce(fresh.location, home.middle)) AS lat,
       fresh.location IS NOT NULL AS positioned,
       coalesce(ST_Distance(coalesce(fresh.location, home.middle)::geography,
                            c.location::geography), 9999) AS distance_m
  FROM considered x
  JOIN grid_worker w ON w.id = x.worker_id AND w.valid @> CURRENT_DATE
  CROSS JOIN c
  LEFT JOIN mine m ON m.worker_id = w.id
  LEFT JOIN LATERAL worker_home(w.id) home ON true
  LEFT JOIN worker_position p ON p.worker_id = w.id
  LEFT JOIN LATERAL (SELECT p.location WHERE position_is_fresh(p.taken_at, %(now)s)) fresh ON true
"""

_DEPARTMENTS = """
SELECT d.code, d.name, d.name_en, d.id = i.default_department_id AS is_default
  FROM case_file c JOIN catalogue_item i ON i.id = c.item_id CROSS JOIN department d
 WHERE c.id = %(id)s ORDER BY d.id = i.default_department_id DESC NULLS LAST, d.code
"""


def candidates(tx: Transaction, case_id: UUID, now: datetime, locale: str) -> dict[str, Any]:
    """Who could take the case: ranked workers, excluded workers, departments, and the proposal.

    Keys: `proposed` (the `to` of the first worker or None), `workers` [{letter, to, name, sum,
    terms [{term, name, got, max, fact}], lon, lat, position_at, distance_m}] best first and at most
    twenty, `excluded` [{to, name, reason}], `departments` [{to, name, is_default}]. Raises NotFound.
    """
    if tx.one("SELECT 1 FROM case_file WHERE id = %(id)s", {"id": case_id}) is None:
        raise NotFound()
    rows = tx.all(_CANDIDATES, {"id": case_id, "now": now})
    ranked, excluded = [], []
    for row in rows:
        reason = exclusion(row)
        if reason is not None:
            excluded.append(
                {
                    "to": row["code"],
                    "name": row["display_name"],
                    "reason": reason.in_locale(locale),
                }
            )
        else:
            ranked.append(_candidate(row, locale))
    ranked.sort(key=lambda each: (-each["sum"], each["distance_m"], each["to"]))
    for index, each in enumerate(ranked[:MOST_SHOWN]):
        each["letter"] = chr(ord("A") + index)
    return {
        "proposed": ranked[0]["to"] if ranked else None,
        "workers": ranked[:MOST_SHOWN],
        "more": max(0, len(ranked) - MOST_SHOWN),
        "excluded": sorted(excluded, key=lambda each: str(each["to"])),
        "departments": [
            {
                "to": row["code"],
                "name": row["name_en"] if locale.startswith("en") else row["name"],
                "is_default": bool(row["is_default"]),
            }
            for row in tx.all(_DEPARTMENTS, {"id": case_id})
        ],
    }


def _candidate(row: Row, locale: str) -> dict[str, Any]:
    terms = [duty_term(row), distance_term(row), load_term(row)]
    return {
        "to": row["code"],
        "name": row["display_name"],
        "duty": terms[0].fact.in_locale(locale),
        "sum": sum(term.got for term in terms),
        "terms": [_shown(term, locale) for term in terms],
        "lon": row["lon"],
        "lat": row["lat"],
        "positioned": row["positioned"],
        "position_at": row["taken_at"].isoformat() if row["taken_at"] else None,
        "distance_m": round(float(row["distance_m"])),
    }


def _shown(term: Term, locale: str) -> dict[str, Any]:
    return {
        "term": term.term,
        "name": term.name.in_locale(locale),
        "got": term.got,
        "max": term.most,
        "fact": term.fact.in_locale(locale),
    }
