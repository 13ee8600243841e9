"""Reads about grid workers and duties; row rights decide whose."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, NamedTuple

from gridcenter.actor import Actor
from gridcenter.areas.queries import area_by_code
from gridcenter.database import Row, Transaction
from gridcenter.errors import WORKER, InvalidInput, NotFound

_CURSOR = re.compile(r"([A-Za-z0-9_.]{1,400})\|([0-9]{1,4})\|([01])\|([0-9]{1,18})", re.ASCII)


class Page(NamedTuple):
    """Rows of a list, and the `after` of the next page; None when this may be the last."""

    items: list[Row]
    next: str | None


# A page is chosen before anything is counted or aggregated for its rows.
_WORKERS = """
WITH page AS MATERIALIZED (
  SELECT w.* FROM grid_worker w
   WHERE w.valid @> coalesce(%(at)s::date, CURRENT_DATE)
     AND (%(path)s::text IS NULL OR w.area_path <@ %(path)s::text::ltree)
     AND (%(after)s::text IS NULL OR lower(w.code) > lower(%(after)s::text))
     AND (%(q)s::text IS NULL OR position(lower(%(q)s::text) IN
            lower(concat_ws(' ', w.code, w.display_name, place_name(w.area_path)))) > 0)
   ORDER BY lower(w.code) LIMIT %(limit)s
)
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
  FROM page w
 ORDER BY lower(w.code)
"""

# Duties alone are chosen, then joined: row rights hide from the planner how many there are, and joined first
# 12,000 of them took 0.7 s. What is searched for is looked up once, in both of its places.
_DUTIES = """
WITH page AS MATERIALIZED (
  SELECT d.* FROM duty d
   WHERE d.valid @> coalesce(%(at)s::date, CURRENT_DATE)
     AND (%(path)s::text IS NULL OR d.area_path <@ %(path)s::text::ltree)
     AND (%(worker)s::text IS NULL OR d.worker_id
          = (SELECT id FROM grid_worker WHERE lower(code) = lower(%(worker)s::text)))
     AND (%(after_path)s::text IS NULL OR (d.area_path, d.rank, d.kind <> 'responsible', d.id)
          > (%(after_path)s::text::ltree, %(after_rank)s::smallint, %(after_other)s::boolean,
             %(after_id)s::bigint))
     AND (%(q)s::text IS NULL
          OR d.worker_id IN (SELECT id FROM grid_worker WHERE
               position(lower(%(q)s::text) IN lower(concat_ws(' ', code, display_name))) > 0)
          OR d.area_id IN (SELECT n.id FROM area_now above JOIN area_now n ON n.path <@ above.path
               WHERE position(lower(%(q)s::text) IN lower(concat_ws(' ', above.code, above.name))) > 0))
   ORDER BY d.area_path, d.rank, d.kind <> 'responsible', d.id LIMIT %(limit)s
)
SELECT d.id, w.code AS worker, w.display_name, w.employment, n.code AS area, n.level, n.name,
       place_name(d.area_path) AS place, d.kind, d.rank, lower(d.valid) AS since,
       upper(d.valid) AS until, d.is_example, d.area_path::text AS area_path
  FROM page d LEFT JOIN grid_worker w ON w.id = d.worker_id LEFT JOIN area_now n ON n.id = d.area_id
 ORDER BY d.area_path, d.rank, d.kind <> 'responsible', d.id
"""
_COVERED = """
SELECT count(DISTINCT d.area_id) FROM duty d JOIN area_now n ON n.id = d.area_id
 WHERE d.kind = 'responsible' AND d.valid @> CURRENT_DATE AND d.area_path <@ %(path)s::text::ltree
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


@dataclass(frozen=True)
class WorkforceFilter:
    """Which workers or duties a list shows.

    Those of an area (code) and below, on the day `at` (None: today); duties also of one `worker` (code).
    `q` is part of a worker's code or name or of the place, `after` the `next` of the page before.
    """

    area: str | None = None
    worker: str | None = None
    at: date | None = None
    q: str | None = None
    after: str | None = None
    limit: int = 200


def worker_list(tx: Transaction, wanted: WorkforceFilter = WorkforceFilter()) -> Page:
    """A page of workers with what they have in hand and duties, by code.

    Keys: id, code, display_name, employment, capacity, area_path, place, account_id, disabled, load,
    duties [{area, level, name, place, kind, rank}] without single micro-grids, is_example.
    Raises NotFound for an unknown area.
    """
    rows = tx.all(_WORKERS, _params(tx, wanted))
    return Page(rows, rows[-1]["code"] if len(rows) == wanted.limit else None)


def duties(tx: Transaction, wanted: WorkforceFilter = WorkforceFilter()) -> Page:
    """A page of duties in force, by area, the responsible worker first, then leader and deputies.

    Keys: id, worker, display_name, employment, area, area_path, level, name, place, kind, rank, since,
    until (None: open end), is_example. Raises NotFound for an unknown area, InvalidInput for an `after`
    that no page gave.
    """
    given = _params(tx, wanted) | _place(wanted.after)
    rows = tx.all(_DUTIES, given)
    # A worker outside one's rights, or an area that is no more, has no line here.
    shown = [row for row in rows if row["worker"] is not None and row["area"] is not None]
    return Page(shown, _cursor(rows[-1]) if len(rows) == wanted.limit else None)


def covered_areas(tx: Transaction, area: str) -> int:
    """In how many areas, of an area (code) and all below, somebody is responsible. Raises NotFound."""
    return int(tx.scalar(_COVERED, {"path": area_by_code(tx, area)["path"]}))


def _params(tx: Transaction, wanted: WorkforceFilter) -> dict[str, Any]:
    path = area_by_code(tx, wanted.area)["path"] if wanted.area is not None else None
    return {**asdict(wanted), "path": path, "q": wanted.q or None}


def _cursor(row: Row) -> str:
    other = int(row["kind"] != "responsible")
    return f"{row['area_path']}|{row['rank']}|{other}|{row['id']}"


def _place(after: str | None) -> dict[str, Any]:
    """What a cursor of `_cursor` says, as parameters; all None without one."""
    if after is None:
        return dict.fromkeys(("after_path", "after_rank", "after_other", "after_id"))
    found = _CURSOR.fullmatch(after)
    if found is None:
        raise InvalidInput.of(
            "after", "bad_cursor", "不是本系统给出的位置", "Not a cursor that this system gave out"
        )
    path, rank, other, duty = found.groups()
    return {"after_path": path, "after_rank": rank, "after_other": other, "after_id": duty}


def my_duties(tx: Transaction, actor: Actor, at: date | None = None) -> str:
    """JSON text ``{worker, duties: […]}`` of the acting worker: each area with names, term, counts.

    Counts: buildings, dwellings, households, open_incidents, overdue_incidents as far as the worker
    may see them. Raises NotFound when the account is no worker's.
    """
    found = tx.scalar(_MINE, {"account": actor.account_id, "at": at})
    if found is None:
        raise NotFound(WORKER)
    return str(found)
