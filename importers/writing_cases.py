"""Staged incidents of earlier years become case files with their events, in one statement."""

from __future__ import annotations

from typing import Any

from gridcenter import clock
from gridcenter.actor import INTAKE_POSTS
from gridcenter.areas.operations import AreaCounts
from gridcenter.casework.procedures import current_procedures, start_clocks
from gridcenter.database import Transaction
from gridcenter.deadlines.queries import kept_calendar
from gridcenter.errors import ImportRefused, Words
from importers.writing import CHOSEN

_INCOMING = f"""
CREATE TEMPORARY TABLE incident_incoming ON COMMIT DROP AS
SELECT (s.fields->>'case_id')::uuid AS id, (s.fields->>'item_id')::bigint AS item_id,
       s.fields->>'state' AS state, s.fields->>'channel' AS channel,
       coalesce(s.fields->>'description', s.fields->>'matter') AS description,
       s.fields->>'address' AS address, (s.fields->>'reported_at')::timestamptz AS reported_at,
       coalesce((s.fields->>'closed_at')::timestamptz,
                (s.fields->>'reported_at')::timestamptz) AS ended_at,
       s.fields->>'code' AS legacy, ST_SetSRID(s.geom, 4490)::geometry(Point, 4490) AS location,
       l.path, coalesce(l.path, intake_outside(s.geom, NULL, %(desks)s)) AS intake_path,
       l.border_m, l.certain
  FROM (SELECT r.* {CHOSEN}) s, LATERAL locate_point(s.geom, NULL) l
 WHERE NOT EXISTS (SELECT FROM case_file c WHERE c.id = (s.fields->>'case_id')::uuid)
"""
# Events stand at their real moments: figures count by `at`, and what happened years ago did not happen on
# the day of the import. The batch, with its own moment and account, says when the house learnt of them.
_WRITE = """
WITH opened AS (
  INSERT INTO case_file (id, number, kind, item_id, procedure_id, state, severity, confidentiality,
                         area_path, intake_path, channel, description, address, place, opened_at,
                         filed_at, closed_at, location, content_hash, synthetic, version)
  SELECT n.id, next_case_number(n.reported_at::date), 'incident',
         n.item_id, p.id, n.state, i.severity, i.confidentiality, n.path, n.intake_path, n.channel,
         n.description, n.address, place_name(n.path), n.reported_at,
         CASE WHEN n.state = 'closed' THEN n.reported_at END,
         CASE WHEN n.state <> 'reported' THEN n.ended_at END,
         n.location, sha256(convert_to(n.id::text, 'UTF8')), %(example)s,
         CASE WHEN n.state = 'reported' THEN 1 ELSE 2 END
    FROM incident_incoming n
    JOIN catalogue_item i ON i.id = n.item_id
    JOIN procedure p ON p.code = i.procedure AND p.current
  RETURNING id
), extension AS (
  INSERT INTO incident (case_id, datum, given_lon, given_lat, border_m, certain, outside,
                        reported_at)
  SELECT n.id, %(datum)s, ST_X(n.location), ST_Y(n.location), n.border_m, n.certain,
         n.path IS NULL, n.reported_at
    FROM incident_incoming n
)
INSERT INTO case_event (case_id, version, operation, from_state, to_state, at, happened_at,
                        account_id, data)
SELECT n.id, 1, 'report', NULL, 'reported', n.reported_at, n.reported_at, %(account)s::uuid,
       jsonb_build_object('import', %(batch_text)s::text, 'legacy', n.legacy)
  FROM incident_incoming n
UNION ALL
SELECT n.id, 2, CASE n.state WHEN 'closed' THEN 'close' ELSE 'reject' END, 'reported', n.state,
       n.ended_at, n.ended_at, %(account)s::uuid, jsonb_build_object('import', %(batch_text)s::text)
  FROM incident_incoming n WHERE n.state <> 'reported'
"""

# What is still open is taken up again by intake, whose clock starts now: the file knows nothing of it.
_CLOCKS = """
WITH opened AS (
  SELECT n.id FROM incident_incoming n
    JOIN catalogue_item i ON i.id = n.item_id
    JOIN procedure p ON p.code = i.procedure AND p.current
   WHERE n.state = 'reported' AND p.id = %(procedure)s
), timer AS (
  INSERT INTO case_timer (case_id, stage, limit_amount, limit_unit, started_at, due_at,
                          original_due_at)
  SELECT id, %(stage)s, %(amount)s, %(unit)s, %(now)s, %(due)s, %(due)s FROM opened
)
UPDATE case_file c SET stage = %(stage)s, due_at = %(due)s, limit_unit = %(unit)s, stage_started_at = %(now)s
  FROM opened o WHERE c.id = o.id
"""
_NO_AREAS = Words("还没有导入区域，请先导入区域", "no areas have been imported; import them first")


def write_incidents_batch(tx: Transaction, parameters: dict[str, Any]) -> AreaCounts:
    """Counts after writing incidents that are not there yet; a place outside all areas is kept.

    Raises ImportRefused while there are no areas: nobody would see them.
    """
    total = int(tx.scalar(f"SELECT count(*) {CHOSEN}", parameters))
    tx.execute("DROP TABLE IF EXISTS incident_incoming")
    tx.execute(_INCOMING, {**parameters, "desks": sorted(INTAKE_POSTS)})
    new = int(tx.scalar("SELECT count(*) FROM incident_incoming"))
    if tx.scalar("SELECT EXISTS (SELECT FROM incident_incoming WHERE intake_path IS NULL)"):
        raise ImportRefused(_NO_AREAS)
    datum = parameters["datum"] or "cgcs2000"
    tx.execute(_WRITE, {**parameters, "datum": datum})
    _start_intake(tx)
    return AreaCounts(new=new, changed=0, same=total - new)


def _start_intake(tx: Transaction) -> None:
    now = clock.now()
    calendar = kept_calendar(tx)
    for rules in current_procedures(tx).values():
        if "intake" not in rules.stages:
            continue
        intake = start_clocks(rules, ["intake"], {}, now, calendar)[0]
        tx.execute(
            _CLOCKS,
            {
                "procedure": rules.id,
                "stage": intake.stage,
                "amount": intake.limit.amount,
                "unit": intake.limit.unit,
                "now": now,
                "due": intake.due_at,
            },
        )
