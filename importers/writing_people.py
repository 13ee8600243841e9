"""Staged workers and their duties come into force, in sets."""

from __future__ import annotations

from typing import Any

from gridcenter.areas.operations import AreaCounts
from gridcenter.database import Transaction
from importers.writing import CHOSEN

# A worker belongs to the smallest area that holds all the grids: their longest common path.
_INCOMING = f"""
CREATE TEMPORARY TABLE worker_incoming ON COMMIT DROP AS
SELECT s.code, s.fields->>'name' AS name, s.fields->>'kind' AS employment,
       (s.fields->>'capacity')::smallint AS capacity, s.fields->'duties' AS duties,
       home.path AS path
  FROM (SELECT r.* {CHOSEN}) s,
       LATERAL (SELECT CASE WHEN count(*) = 1 THEN (array_agg(n.path))[1]
                            ELSE lca(array_agg(n.path)) END AS path
                  FROM area_now n
                 WHERE n.code IN (SELECT d->>'area' FROM jsonb_array_elements(s.fields->'duties') d)
               ) home
"""
_UPDATE = """
UPDATE grid_worker w
   SET display_name = i.name, employment = i.employment,
       capacity = coalesce(i.capacity, w.capacity), area_path = i.path, batch_id = %(batch_text)s
  FROM worker_incoming i
 WHERE lower(w.code) = lower(i.code)
   AND (w.display_name <> i.name OR w.employment <> i.employment OR w.area_path <> i.path
        OR w.capacity <> coalesce(i.capacity, w.capacity))
"""
_INSERT = """
INSERT INTO grid_worker (code, display_name, employment, area_path, capacity, is_example, batch_id)
SELECT i.code, i.name, i.employment, i.path, coalesce(i.capacity, 10), %(example)s, %(batch_text)s
  FROM worker_incoming i
 WHERE NOT EXISTS (SELECT FROM grid_worker w WHERE lower(w.code) = lower(i.code))
"""
# Deputies take the next free rank of their area, in the order of the file's codes.
_DUTIES = """
INSERT INTO duty (worker_id, area_id, area_path, kind, rank, valid, is_example)
SELECT w.id, n.id, n.path, d.kind,
       CASE WHEN d.kind = 'deputy'
            THEN coalesce((SELECT max(o.rank) FROM duty o
                            WHERE o.area_id = n.id AND o.kind = 'deputy'
                              AND o.valid @> CURRENT_DATE), 0)
                 + row_number() OVER (PARTITION BY n.id, d.kind ORDER BY w.code)
            ELSE 0 END,
       daterange(CURRENT_DATE, NULL), %(example)s
  FROM worker_incoming i
  JOIN grid_worker w ON lower(w.code) = lower(i.code)
 CROSS JOIN LATERAL jsonb_to_recordset(i.duties) AS d(area text, kind text)
  JOIN area_now n ON n.code = d.area
 WHERE NOT EXISTS (SELECT FROM duty o WHERE o.worker_id = w.id AND o.area_id = n.id
                      AND o.kind = d.kind AND o.valid @> CURRENT_DATE)
"""


_BEFORE = """
INSERT INTO import_before (batch_id, thing, key, before)
SELECT %(batch)s, 'worker', w.id::text, to_jsonb(w)
  FROM worker_incoming i JOIN grid_worker w ON lower(w.code) = lower(i.code)
UNION ALL
SELECT %(batch)s, 'duty', d.id::text, to_jsonb(d)
  FROM worker_incoming i JOIN grid_worker w ON lower(w.code) = lower(i.code)
  JOIN duty d ON d.worker_id = w.id
"""
# What the batch changed or made; all else that was noted before is dropped again.
_AFTER = """
WITH now_there AS (
  SELECT 'worker' AS thing, w.id::text AS key, to_jsonb(w) AS after
    FROM worker_incoming i JOIN grid_worker w ON lower(w.code) = lower(i.code)
  UNION ALL
  SELECT 'duty', d.id::text, to_jsonb(d)
    FROM worker_incoming i JOIN grid_worker w ON lower(w.code) = lower(i.code)
    JOIN duty d ON d.worker_id = w.id
), same AS (
  DELETE FROM import_before o USING now_there n
   WHERE o.batch_id = %(batch)s AND o.thing = n.thing AND o.key = n.key AND o.before = n.after
  RETURNING o.thing, o.key
)
INSERT INTO import_before (batch_id, thing, key, after)
SELECT %(batch)s, n.thing, n.key, n.after FROM now_there n
 WHERE NOT EXISTS (SELECT FROM same s WHERE s.thing = n.thing AND s.key = n.key)
ON CONFLICT (batch_id, thing, key) DO UPDATE SET after = excluded.after
"""


def write_workers_batch(tx: Transaction, parameters: dict[str, Any]) -> AreaCounts:
    """Counts of workers after writing them and the duties they did not have yet."""
    tx.execute("DROP TABLE IF EXISTS worker_incoming")
    tx.execute(_INCOMING, parameters)
    tx.execute(_BEFORE, parameters)
    changed = tx.execute(_UPDATE, parameters)
    new = tx.execute(_INSERT, parameters)
    tx.execute(_DUTIES, parameters)
    tx.execute(_AFTER, parameters)
    total = int(tx.scalar("SELECT count(*) FROM worker_incoming"))
    return AreaCounts(new=new, changed=changed, same=total - new - changed)
