"""The one statement that counts: by area for tables, by stretch of time for trends.

Closed days come from `day_sum`, days not closed yet from `live_facts`; what takes an earlier fact back
(`unfiled`, `undue`, `reworked`) or completes it (`late`) counts when the fact it speaks of lies inside
the same period. Parameters: see `queries.Scope.params`.
"""

from __future__ import annotations

# Cases of the asked area, as far as the reader's way in reaches; said beside the policies so that the
# planner need not guess.
_OURS = """kind = 'incident' AND area_path <@ %(path)s::ltree
     AND (NOT %(departmental)s OR department_id = ANY(%(departments)s))"""
_COLUMNS = "day, fact, case_id, item_id, area_path, at, seconds, on_time, confidentiality"

LIVE = f"""
live AS MATERIALIZED (
  SELECT {_COLUMNS} FROM live_facts(%(first)s::date, %(last)s::date, %(upto)s, %(zone)s)
   WHERE {_OURS}
)
"""

# Every fact of the period in the areas of today: facts stay as they were recorded, the place of their
# case says which area that is now (`area_as_now`). Reads case by case, so for those who ask for it.
LIVE_AS_NOW = f"""
live AS MATERIALIZED (
  SELECT {_COLUMNS}
    FROM (SELECT f.day, f.fact, f.case_id, f.item_id, f.kind, f.department_id, f.at, f.seconds,
                 f.on_time, f.confidentiality,
                 area_as_now(f.case_id, f.area_path, f.at) AS area_path
            FROM (SELECT day, fact, case_id, item_id, kind, department_id, area_path, at, seconds,
                         on_time, confidentiality
                    FROM case_fact WHERE day BETWEEN %(first)s AND %(last)s
                  UNION ALL
                  SELECT day, fact, case_id, item_id, kind, department_id, area_path, at, seconds,
                         on_time, confidentiality
                    FROM live_facts(%(first)s::date, %(last)s::date, %(upto)s, %(zone)s)) f) f
   WHERE {_OURS}
)
"""

# Every fact of the period, one by one: for lists, not for figures.
FACTS = f"""
{LIVE}, facts AS MATERIALIZED (
  SELECT {_COLUMNS} FROM case_fact
   WHERE day BETWEEN %(first)s AND %(last)s AND fact = ANY(%(facts)s) AND {_OURS}
  UNION ALL
  SELECT * FROM live WHERE fact = ANY(%(facts)s)
)
"""


def counting(sum_key: str, fact_keys: str, began: str, *, as_now: bool = False) -> str:
    """SQL of the CTEs `counted` and `timed`, both with a `key`, after a CTE `shown`.

    `shown` has the path (text) of each area wanted. `sum_key` gives the key of a row `f` of day_sum;
    `fact_keys` is a FROM item after a fact `f` that gives k.key, one row per key it counts for;
    `began` is the local day on which the period of a row `f` begins. With `as_now` each fact counts for
    the area that holds its place today; the sums of closed days are left aside then.
    """
    live, closed = (LIVE_AS_NOW, "false") if as_now else (LIVE, "true")
    return f"""
{live}, spoken AS MATERIALIZED (
  SELECT l.*, to_timestamp(floor(extract(epoch FROM l.at)) - l.seconds) AS spoken_of FROM live l
), sums AS MATERIALIZED (
  SELECT {sum_key} AS key, f.reported, f.filed, f.closed, f.due, f.due_on_time, f.times,
         (SELECT count(*) FROM unnest(f.unfiled) ago WHERE f.day - ago >= {began}) AS unfiled,
         (SELECT count(*) FROM unnest(f.undue) ago WHERE f.day - ago >= {began}) AS undue,
         (SELECT count(*) FROM unnest(f.late) ago WHERE f.day - ago >= {began}) AS late
    FROM day_sum f
   WHERE f.area = ANY (ARRAY(SELECT path FROM shown)) AND f.day BETWEEN %(first)s AND %(last)s
     AND {closed} AND f.kind = 'incident'
     AND (NOT %(departmental)s OR f.department_id = ANY(%(departments)s))
), counted AS (
  SELECT key, sum(reported)::int AS reported, sum(filed - unfiled)::int AS filed,
         sum(closed)::int AS closed, sum(due - undue)::int AS due,
         sum(due_on_time + late)::int AS due_closed, sum(due_on_time)::int AS due_on_time
    FROM (SELECT key, reported, filed, closed, due, due_on_time, unfiled, undue, late FROM sums
          UNION ALL
          SELECT k.key, (f.fact = 'reported')::int, (f.fact = 'filed')::int, (f.fact = 'closed')::int,
                 (f.fact = 'due')::int, (f.fact = 'due' AND f.on_time)::int,
                 (f.fact = 'unfiled' AND (f.spoken_of AT TIME ZONE %(zone)s)::date >= {began})::int,
                 (f.fact = 'undue' AND (f.spoken_of AT TIME ZONE %(zone)s)::date >= {began})::int,
                 (f.fact = 'late' AND (f.spoken_of AT TIME ZONE %(zone)s)::date >= {began})::int
            FROM spoken f CROSS JOIN LATERAL {fact_keys} WHERE k.key IS NOT NULL) n
   GROUP BY key
), failed AS MATERIALIZED (
  SELECT k.key, f.case_id, f.spoken_of
    FROM (SELECT day, case_id, area_path,
                 to_timestamp(floor(extract(epoch FROM at)) - seconds) AS spoken_of
            FROM case_fact
           WHERE {closed} AND day = ANY(%(days)s::date[]) AND fact = 'reworked' AND {_OURS}
          UNION ALL
          SELECT day, case_id, area_path, spoken_of FROM spoken WHERE fact = 'reworked') f
    CROSS JOIN LATERAL {fact_keys}
   WHERE k.key IS NOT NULL AND (f.spoken_of AT TIME ZONE %(zone)s)::date >= {began}
), removed AS MATERIALIZED (
  SELECT o.key, h.seconds, count(*)::int AS n
    FROM failed o
    JOIN (SELECT case_id, seconds, at FROM case_fact
           WHERE {closed} AND fact = 'handled' AND case_id = ANY (ARRAY(SELECT case_id FROM failed))
          UNION ALL
          SELECT case_id, seconds, at FROM live WHERE fact = 'handled') h ON h.case_id = o.case_id
   WHERE h.seconds IS NOT NULL
     AND to_timestamp(floor(extract(epoch FROM h.at))) = o.spoken_of
   GROUP BY 1, 2
), given AS NOT MATERIALIZED (
  SELECT s.key, t.seconds FROM sums s, unnest(s.times) t(seconds)
  UNION ALL
  SELECT k.key, f.seconds FROM live f CROSS JOIN LATERAL {fact_keys}
   WHERE f.fact = 'handled' AND f.seconds IS NOT NULL AND k.key IS NOT NULL
), kept AS NOT MATERIALIZED (
  -- A handling that a failed check took back leaves the set: as many of that length as were taken.
  SELECT g.key, g.seconds FROM given g
   WHERE NOT EXISTS (SELECT FROM removed r WHERE r.key = g.key AND r.seconds = g.seconds)
  UNION ALL
  SELECT g.key, g.seconds
    FROM (SELECT g.key, g.seconds, count(*)::int - r.n AS n
            FROM given g JOIN removed r ON r.key = g.key AND r.seconds = g.seconds
           GROUP BY g.key, g.seconds, r.n) g, generate_series(1, g.n)
), timed AS (
  SELECT key, count(*)::int AS handled,
         percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY seconds) AS times
    FROM kept GROUP BY key
)"""


COUNTS = """
coalesce(c.reported, 0) AS reported, coalesce(c.filed, 0) AS filed, coalesce(c.closed, 0) AS closed,
coalesce(c.due, 0) AS due, coalesce(c.due_closed, 0) AS due_closed,
coalesce(c.due_on_time, 0) AS due_on_time, coalesce(t.handled, 0) AS handled,
t.times[1] AS median, t.times[2] AS p90
"""
