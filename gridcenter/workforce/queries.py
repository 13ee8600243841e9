"""Reads about grid workers and duties; row rights decide whose."""

from __future__ import annotations

from datetime import date

from gridcenter.actor import Actor
from gridcenter.areas.queries import area_by_code
from gridcenter.database import Row, Transaction
from gridcenter.errors import WORKER, NotFound

_WORKERS = """
SELECT w.id, w.code, w.display_name, w.employment, w.capacity, w.area_path::text AS area_path,
       place_name(w.area_path) AS place, w.account_id, w.is_example,
       worker_account_disabled(w.account_id) AS disabled,
       (SELECT count(*) FROM case_file c
         WHERE c.holder_account_id = w.account_id AND in_hand(c.state)) AS load,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('area', n.code, 'level', n.level, 'name', n.name,
                 'place', place_name(n.path), 'kind', d.kind, 'rank', d.rank)
                 ORDER BY d.rank, d.kind, nlevel(n.path), n.code), '[]')
          FROM duty d JOIN area_now n ON n.id = d.area_id
         WHERE d.worker_id = w.id AND d.valid @> coalesce(%(at)s::date, CURRENT_DATE)
           AND n.level <> 'microgrid') AS duties
  FROM grid_worker w
 WHERE w.valid @> coalesce(%(at)s::date, CURRENT_DATE)
   AND (%(path)s::text IS NULL OR w.area_path <@ %(path)s::text::ltree)
 ORDER BY w.code
"""

_DUTIES = """
SELECT d.id, w.code AS worker, w.display_name, w.employment, n.code AS area, n.level, n.name,
       place_name(n.path) AS place, d.kind, d.rank, lower(d.valid) AS since, upper(d.valid) AS until,
       d.is_example
  FROM duty d JOIN grid_worker w ON w.id = d.worker_id JOIN area_now n ON n.id = d.area_id
 WHERE d.valid @> coalesce(%(at)s::date, CURRENT_DATE)
   AND (%(path)s::text IS NULL OR d.area_path <@ %(path)s::text::ltree)
   AND (%(worker)s::text IS NULL OR lower(w.code) = lower(%(worker)s))
 ORDER BY n.path, d.rank, d.kind DESC, w.code
"""

# The field page 'my grid': what the worker answers for, deepest duty first. Open incidents are those
# of the area that the row rights show.
_MINE = """
WITH me AS (
  SELECT * FROM grid_worker WHERE account_id = %(account)s AND valid @> coalesce(%(at)s::date, CURRENT_DATE)
), mine AS (
  SELECT DISTINCT ON (n.id) n.id, n.code, n.level, n.name, n.name_en, n.path, n.area_m2, n.is_example,
         d.kind, d.rank, lower(d.valid) AS since, upper(d.valid) AS until
    FROM me JOIN duty d ON d.worker_id = me.id AND d.valid @> coalesce(%(at)s::date, CURRENT_DATE)
    JOIN area_now n ON n.id = d.area_id
   ORDER BY n.id, d.rank, d.kind
)
SELECT json_build_object(
  'worker', (SELECT json_build_object('code', code, 'name', display_name, 'employment', employment,
                     'capacity', capacity, 'place', place_name(area_path)) FROM me),
  'duties', (SELECT coalesce(json_agg(json_build_object(
      'area', m.code, 'level', m.level, 'name', m.name, 'name_en', m.name_en,
      'place', place_name(m.path), 'path', m.path::text, 'kind', m.kind, 'rank', m.rank,
      'since', m.since, 'until', m.until, 'area_m2', round(m.area_m2::numeric),
      'is_example', m.is_example,
      'buildings', (SELECT count(*) FROM building b
                     WHERE b.area_path <@ m.path AND upper_inf(b.valid)),
      'dwellings', (SELECT count(*) FROM dwelling d
                     WHERE d.area_path <@ m.path AND upper_inf(d.valid)),
      'households', (SELECT count(*) FROM household h
                      WHERE h.area_path <@ m.path AND upper_inf(h.valid)),
      'open_incidents', (SELECT count(*) FROM case_file c WHERE c.area_path <@ m.path
                            AND c.kind = 'incident' AND is_open(c.state)),
      'overdue_incidents', (SELECT count(*) FROM case_file c WHERE c.area_path <@ m.path
                            AND c.kind = 'incident' AND is_open(c.state)
                            AND c.due_at <= now())
    ) ORDER BY m.rank, m.kind = 'grid_leader', m.path), '[]') FROM mine m)
)::text AS item
  FROM me
"""


def worker_list(tx: Transaction, area: str | None = None, at: date | None = None) -> list[Row]:
    """Workers of an area (code; None: all that may be seen) with what they have in hand and duties, by code.

    Keys: id, code, display_name, employment, capacity, area_path, place, account_id, disabled, load,
    duties [{area, level, name, place, kind, rank}] without single micro-grids, is_example.
    `at` defaults to today. Raises NotFound for an unknown area.
    """
    path = area_by_code(tx, area)["path"] if area is not None else None
    return tx.all(_WORKERS, {"path": path, "at": at})


def duties(
    tx: Transaction, area: str | None = None, worker: str | None = None, at: date | None = None
) -> list[Row]:
    """Duties in force on a day in an area and below, of one worker (code), or both; by area.

    Keys: id, worker, display_name, employment, area, level, name, place, kind, rank, since, until
    (None: open end), is_example. Raises NotFound for an unknown area.
    """
    path = area_by_code(tx, area)["path"] if area is not None else None
    return tx.all(_DUTIES, {"path": path, "worker": worker, "at": at})


def my_duties(tx: Transaction, actor: Actor, at: date | None = None) -> str:
    """JSON text ``{worker, duties: […]}`` of the acting worker: each area with names, term, counts.

    Counts: buildings, dwellings, households, open_incidents, overdue_incidents as far as the worker
    may see them. Raises NotFound when the account is no worker's.
    """
    found = tx.scalar(_MINE, {"account": actor.account_id, "at": at})
    if found is None:
        raise NotFound(WORKER)
    return str(found)
