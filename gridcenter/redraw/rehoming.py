"""What follows an area when it is redrawn: one handler per table that names areas.

A handler takes the `Hour` and says how many rows it moved. HANDLERS lists the tables whose rows live
on, KEPT those that tell what was and stay as they are; a test holds both lists against the schema, so a
new table with an area in it has to be thought of here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from gridcenter.database import Transaction
from gridcenter.redraw.duties import Held, passed_on
from gridcenter.redraw.outcome import Outcome


@dataclass
class Hour:
    """The hour of a plan: its outcome, area ids by key, and old paths with the paths that follow.

    `follow` has, for each path that is over, the paths after it, main one first. `touched` are old
    paths of areas whose ground changed or that ended. `record` is kept with the plan, so that a reverse
    can bring duties, posts and workers back as they were; `undo` is the record of the plan that this one
    reverses. `workers` gathers who has to be told.
    """

    plan_id: UUID
    outcome: Outcome
    root_path: str
    ids: dict[str, int]
    follow: dict[str, list[str]]
    touched: list[str]
    undo: dict[str, Any] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)

    @property
    def main(self) -> dict[str, list[str]]:
        """Old paths and the one path that mainly follows each, as two lists for unnest."""
        pairs = [(old, new[0]) for old, new in self.follow.items() if new]
        return {"old": [old for old, _ in pairs], "new": [new for _, new in pairs]}


# --- what stands somewhere follows its place ---------------------------------------------------


def buildings(tx: Transaction, hour: Hour) -> int:
    """Buildings go to the home they stand in; dwellings and households follow them."""
    return int(tx.scalar("SELECT rehome_buildings(%(below)s::ltree[])", {"below": hour.touched}))


# The case keeps its version: whoever holds it on a phone without signal goes on with it. The mark in its
# history says from where to where, and what happened before keeps the area of its day.
_CASES = """
WITH located AS MATERIALIZED (
  SELECT c.id, c.version, c.state, c.area_path AS was, l.path AS now_path, l.border_m,
         coalesce(l.border_m > coalesce(i.accuracy_m, 0), true) AS certain
    FROM case_file c LEFT JOIN incident i ON i.case_id = c.id
    CROSS JOIN LATERAL locate_point(c.location, i.accuracy_m) l
   WHERE is_open(c.state) AND c.area_path <@ %(touched)s::ltree[]
     FOR UPDATE OF c
), moved AS (
  UPDATE case_file c SET area_path = l.now_path, place = place_name(l.now_path), changed_at = now()
    FROM located l WHERE c.id = l.id AND l.now_path IS NOT NULL AND l.now_path <> l.was
  RETURNING c.id, c.number, c.kind, c.version, c.state, c.severity, l.was, c.area_path, c.intake_path,
            c.department_id, c.reporter_account_id, c.holder_account_id, c.confidentiality
), placed AS (
  UPDATE incident i SET border_m = l.border_m, certain = l.certain
    FROM located l WHERE i.case_id = l.id AND l.now_path IS NOT NULL
  RETURNING 1
), marked AS (
  INSERT INTO case_event (case_id, version, operation, from_state, to_state, happened_at, data)
  SELECT id, version, 'rehome', state, state, now(),
         jsonb_build_object('from', was::text, 'to', area_path::text, 'plan', %(plan)s::uuid)
    FROM moved
), told AS (
  INSERT INTO journal (topic, subject_id, area_path, intake_path, department_id, reporter_account_id,
                       holder_account_id, confidentiality, data)
  SELECT 'case', id, area_path, intake_path, department_id, reporter_account_id, holder_account_id,
         confidentiality,
         jsonb_build_object('operation', 'rehome', 'state', state, 'severity', severity,
                            'number', number, 'version', version)
    FROM moved ORDER BY id
)
SELECT (SELECT count(*) FROM moved)::int + 0 * (SELECT count(*) FROM placed)::int AS n
"""


def cases(tx: Transaction, hour: Hour) -> int:
    """Open cases go to the area that holds their place; closed ones keep the area of their day.

    Running clocks keep their limits: what was promised to the reporter is not moved by a redraw.
    """
    given = {"touched": hour.touched, "plan": hour.plan_id}
    moved = int(tx.scalar(_CASES, given) or 0)
    tx.execute(
        "UPDATE case_file c SET intake_path = m.new FROM "
        "unnest(%(old)s::ltree[], %(new)s::ltree[]) m(old, new)"
        " WHERE is_open(c.state) AND c.intake_path = m.old",
        hour.main,
    )
    return moved


# --- what somebody holds follows the areas -----------------------------------------------------

_END_DUTY = """
UPDATE duty SET valid = daterange(lower(valid), CURRENT_DATE)
 WHERE id = ANY (%(ids)s) AND lower(valid) < CURRENT_DATE
"""
# A duty that began today (or would begin later) never held for the area that is over.
_DROP_DUTY = "DELETE FROM duty WHERE id = ANY (%(ids)s) AND lower(valid) >= CURRENT_DATE"
_NEW_DUTY = """
INSERT INTO duty (worker_id, area_id, area_path, kind, rank, valid, is_example)
SELECT %(worker)s, v.area_id, v.path, %(kind)s, %(rank)s, daterange(CURRENT_DATE, %(until)s),
       v.is_example
  FROM area_version v WHERE v.area_id = %(area)s AND upper_inf(v.valid)
RETURNING id
"""
_DUTY_TERMS = """
SELECT d.id, d.worker_id, d.area_id, d.kind, d.rank, upper(d.valid) AS until
  FROM duty d WHERE d.id = ANY (%(ids)s)
"""
_DUTY_PATHS = """
UPDATE duty d SET area_path = v.path FROM area_version v
 WHERE v.area_id = d.area_id AND upper_inf(v.valid) AND d.area_path <> v.path
   AND d.area_id = ANY (%(ids)s) AND (upper_inf(d.valid) OR upper(d.valid) > CURRENT_DATE)
"""


def duties(tx: Transaction, hour: Hour, held: list[Held]) -> int:
    """Duties pass to the areas that follow (see `duties.passed_on`); a reverse brings back the old."""
    ended, _ = passed_on(hour.outcome, held)
    own = {row["id"] for row in hour.undo.get("duties_made", [])}
    lasting = [duty for duty in held if duty.id not in own]
    _, begun = passed_on(hour.outcome, [*_returning(hour), *lasting])
    until = {row["id"]: row["until"] for row in tx.all(_DUTY_TERMS, {"ids": [h.id for h in ended]})}
    by_worker = {(h.worker_id, h.kind): until.get(h.id) for h in ended}
    terms = [
        {
            "id": str(h.id),
            "worker": str(h.worker_id),
            "area": hour.ids[h.area],
            "kind": h.kind,
            "rank": h.rank,
            "until": until[h.id].isoformat() if until.get(h.id) else None,
        }
        for h in ended
        if h.area in hour.ids
    ]
    _end_duties(tx, [h.id for h in ended if h.id is not None])
    made = [
        _new_duty(
            tx, h.worker_id, hour.ids[h.area], h.kind, h.rank, by_worker.get((h.worker_id, h.kind))
        )
        for h in begun
    ]
    made += _duties_back(tx, hour)
    tx.execute(_DUTY_PATHS, {"ids": list(hour.ids.values())})
    hour.record |= {"duties_ended": terms, "duties_made": made}
    return len(ended) + len(made)


def _end_duties(tx: Transaction, ids: list[int]) -> None:
    tx.execute(_END_DUTY, {"ids": ids})
    tx.execute(_DROP_DUTY, {"ids": ids})


def _new_duty(
    tx: Transaction, worker: Any, area: int, kind: str, rank: int, until: Any
) -> dict[str, Any]:
    given = {"worker": worker, "area": area, "kind": kind, "rank": rank, "until": until}
    return {"id": tx.scalar(_NEW_DUTY, given), "area": area, "worker": str(worker)}


def _duties_back(tx: Transaction, hour: Hour) -> list[dict[str, Any]]:
    """The duties that the reversed plan ended, in force again; what it made on lasting areas ends."""
    made = [row["id"] for row in hour.undo.get("duties_made", [])]
    if made:
        _end_duties(tx, made)
    return [
        _new_duty(tx, row["worker"], row["area"], row["kind"], row["rank"], row["until"])
        for row in _ended_by_reversed(hour)
    ]


def _ended_by_reversed(hour: Hour) -> list[dict[str, Any]]:
    alive = {hour.ids[key] for key in hour.outcome.picture.units}
    return [row for row in hour.undo.get("duties_ended", []) if row["area"] in alive]


def _returning(hour: Hour) -> list[Held]:
    """Those duties as they will stand: whoever was appointed since finds their places taken."""
    key_of = {area: key for key, area in hour.ids.items()}
    return [
        Held(None, UUID(row["worker"]), "", key_of[row["area"]], row["kind"], row["rank"])
        for row in _ended_by_reversed(hour)
    ]


_WORKERS = """
UPDATE grid_worker w SET area_path = m.new
  FROM unnest(%(old)s::ltree[], %(new)s::ltree[]) m(old, new) WHERE w.area_path = m.old
RETURNING w.id::text AS id, m.old::text AS was, m.new::text AS now_path
"""
_WORKERS_BACK = """
UPDATE grid_worker w SET area_path = u.was
  FROM unnest(%(ids)s::uuid[], %(was)s::ltree[], %(now)s::ltree[]) u(id, was, now_path)
 WHERE w.id = u.id AND w.area_path = u.now_path
RETURNING w.id::text AS id, u.now_path::text AS was, u.was::text AS now_path
"""


def workers(tx: Transaction, hour: Hour) -> int:
    """A worker of an ended area belongs to the area that mainly follows it."""
    moved = []
    if undone := hour.undo.get("workers", []):
        given = {
            "ids": [row["id"] for row in undone],
            "was": [row["was"] for row in undone],
            "now": [row["now_path"] for row in undone],
        }
        moved += tx.all(_WORKERS_BACK, given)
    moved += tx.all(_WORKERS, hour.main)
    hour.record["workers"] = moved
    return len(moved)


# The posting used is named by each event: it ends, and one for each area that follows begins. One that
# began today ends empty, because its row may be named already.
_POSTINGS = """
WITH ended AS (
  UPDATE posting p SET valid = daterange(lower(p.valid), greatest(lower(p.valid), CURRENT_DATE))
    FROM unnest(%(old)s::ltree[]) o(path)
   WHERE p.area_path = o.path AND (upper_inf(p.valid) OR upper(p.valid) > CURRENT_DATE)
  RETURNING p.id, p.account_id, p.post, p.area_path, p.department_id, p.clearance
), made AS (
  INSERT INTO posting (account_id, post, area_path, department_id, clearance, valid)
  SELECT DISTINCT e.account_id, e.post, f.new, e.department_id, e.clearance,
         daterange(CURRENT_DATE, u.until)
    FROM ended e
    JOIN (SELECT p.id, upper(p.valid) AS until FROM posting p) u ON u.id = e.id
    JOIN unnest(%(from)s::ltree[], %(to)s::ltree[]) f(old, new) ON f.old = e.area_path
   WHERE NOT EXISTS (SELECT FROM posting q WHERE q.account_id = e.account_id AND q.post = e.post
                        AND q.area_path = f.new AND q.valid @> CURRENT_DATE)
  RETURNING id
)
SELECT (SELECT coalesce(json_agg(json_build_object('id', id, 'account', account_id, 'post', post,
                 'path', area_path::text, 'department', department_id, 'clearance', clearance)), '[]')
          FROM ended) AS ended,
       (SELECT coalesce(json_agg(id), '[]') FROM made) AS made
"""
_POSTINGS_BACK = """
WITH ended AS (
  UPDATE posting p SET valid = daterange(lower(p.valid), greatest(lower(p.valid), CURRENT_DATE))
   WHERE p.id = ANY (%(made)s) AND (upper_inf(p.valid) OR upper(p.valid) > CURRENT_DATE)
  RETURNING p.id
)
INSERT INTO posting (account_id, post, area_path, department_id, clearance, valid)
SELECT r.account, r.post, r.path::ltree, r.department, r.clearance, daterange(CURRENT_DATE, NULL)
  FROM json_to_recordset(%(ended)s::json) r(account uuid, post text, path text, department bigint,
                                           clearance smallint)
 WHERE r.path::ltree = ANY (%(alive)s::ltree[]) AND (SELECT count(*) FROM ended) >= 0
   AND NOT EXISTS (SELECT FROM posting q WHERE q.account_id = r.account AND q.post = r.post
                      AND q.area_path = r.path::ltree AND q.valid @> CURRENT_DATE)
RETURNING id
"""


def postings(tx: Transaction, hour: Hour) -> int:
    """Who held a post for an ended area holds it for all that follow, or nobody could reach them."""
    count, made_back = 0, []
    if hour.undo.get("postings_ended") or hour.undo.get("postings_made"):
        given = {
            "made": hour.undo.get("postings_made", []),
            "ended": json.dumps(hour.undo.get("postings_ended", [])),
            "alive": list(hour.outcome.paths.values()),
        }
        made_back = [row["id"] for row in tx.all(_POSTINGS_BACK, given)]
        count += len(made_back)
    pairs = [(old, new) for old, after in hour.follow.items() for new in after]
    row = tx.one(
        _POSTINGS,
        {
            "old": [old for old, after in hour.follow.items() if after],
            "from": [old for old, _ in pairs],
            "to": [new for _, new in pairs],
        },
    )
    assert row is not None
    hour.record |= {"postings_ended": row["ended"], "postings_made": row["made"] + made_back}
    return count + len(row["ended"])


_DEPARTMENTS = """
UPDATE department d SET area_path = m.new
  FROM unnest(%(old)s::ltree[], %(new)s::ltree[]) m(old, new) WHERE d.area_path = m.old
"""


def departments(tx: Transaction, hour: Hour) -> int:
    """A department of an ended area belongs to the area that mainly follows it."""
    return tx.execute(_DEPARTMENTS, hour.main)


# What was set for an ended area holds for all that follow; the old rows stay for the past.
_SETTINGS = """
INSERT INTO area_setting (path, key, value)
SELECT f.new, s.key, s.value
  FROM area_setting s JOIN unnest(%(old)s::ltree[], %(new)s::ltree[]) f(old, new) ON f.old = s.path
ON CONFLICT (path, key) DO NOTHING
"""


def _pairs(hour: Hour) -> dict[str, list[str]]:
    pairs = [(old, new) for old, after in hour.follow.items() for new in after]
    return {"old": [old for old, _ in pairs], "new": [new for _, new in pairs]}


def settings(tx: Transaction, hour: Hour) -> int:
    """What was set for an ended area holds for the areas that follow."""
    return tx.execute(_SETTINGS, _pairs(hour))


Handler = Callable[[Transaction, Hour], int]
# Tables and what moves their rows; duties come apart, because they need to be read before the hour.
HANDLERS: dict[str, Handler] = {
    "building": buildings,
    "case_file": cases,
    "grid_worker": workers,
    "posting": postings,
    "department": departments,
    "area_setting": settings,
}
# Tables moved by the handler of another one.
FOLLOWERS = {
    "dwelling": "building",
    "household": "building",
    "incident": "case_file",
    "case_event": "case_file",
    "duty": "duty",
}
# What tells of the past, or is the redraw itself.
KEPT = frozenset(
    {
        "area",
        "area_version",
        "area_external_code",
        "area_fault",
        "area_lineage",
        "redraw_plan",
        "redraw_change",
        "journal",
        "case_fact",
        "day_sum",
        "import_row",
    }
)
