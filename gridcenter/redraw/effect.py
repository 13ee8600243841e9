"""The hour of a plan: versions close and open, everything moves, everybody is told; one transaction.

Runs as the job worker or from the command line. Either all of it happens or nothing does. A plan whose
ground has changed so that it no longer fits goes back to its author with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import shapely
from psycopg.types.json import Jsonb

from gridcenter.areas.faults import assert_coverage, lock_parents, lying_now
from gridcenter.database import Row, Transaction
from gridcenter.errors import BoundaryRefused
from gridcenter.journal.operations import tell_maps
from gridcenter.redraw.duties import successors
from gridcenter.redraw.operations import lock_plan
from gridcenter.redraw.outcome import Outcome, outcome_of
from gridcenter.redraw.preview import held_duties
from gridcenter.redraw.reading import plan_row
from gridcenter.redraw.rehoming import HANDLERS, Hour, duties

_DUE = """
SELECT id FROM redraw_plan WHERE state = 'approved' AND effective_at <= %(now)s
 ORDER BY effective_at, approved_at, id
"""
_PARENTS = """
SELECT DISTINCT v.parent_id AS id FROM area_version v
 WHERE upper_inf(v.valid) AND v.parent_id IS NOT NULL AND v.level <> 'unit_grid'
   AND v.path <@ (SELECT path FROM area_version WHERE area_id = %(root)s AND upper_inf(valid))
"""
_CLOSE = """
UPDATE area_version SET valid = tstzrange(lower(valid), now()) WHERE id = ANY (%(ids)s)
"""
_RETIRE = "UPDATE area SET retired_at = now() WHERE id = ANY (%(ids)s)"
_REVIVE = "UPDATE area SET retired_at = NULL WHERE id = ANY (%(ids)s)"
_IDENTITY = """
INSERT INTO area (code, code_scheme, level, kind)
VALUES (%(code)s, %(scheme)s, %(level)s, %(kind)s) RETURNING id
"""
_OPEN = """
INSERT INTO area_version (area_id, parent_id, level, name, name_en, path, geom, area_m2, perimeter_m,
                          households, valid, source, is_example)
SELECT %(area)s, %(parent)s, %(level)s, %(name)s, %(name_en)s, %(path)s, g.geom,
       ST_Area(in_metres(g.geom)), ST_Perimeter(in_metres(g.geom)), %(households)s,
       tstzrange(now(), NULL), %(source)s, %(example)s
  FROM (SELECT ST_GeomFromWKB(%(geom)s, 4490) AS geom) g
RETURNING id
"""
_CHANGE = """
INSERT INTO redraw_change (plan_id, area_id, old_version_id, new_version_id)
VALUES (%(plan)s, %(area)s, %(old)s, %(new)s)
"""
_LINEAGE = """
INSERT INTO area_lineage (plan_id, from_area_id, to_area_id, share_area, share_households)
VALUES (%(plan)s, %(source)s, %(target)s, %(area)s, %(households)s)
"""
# The code of an ended area leads on to the area that mainly follows it, with the days it was in force.
_FORMER = """
INSERT INTO area_external_code (area_id, scheme, code, valid_from, valid_to)
SELECT %(target)s, 'former', a.code,
       (SELECT min(lower(v.valid))::date FROM area_version v WHERE v.area_id = a.id), CURRENT_DATE
  FROM area a WHERE a.id = %(source)s
   AND NOT EXISTS (SELECT FROM area_external_code x WHERE x.area_id = %(target)s
                      AND x.scheme = 'former' AND x.code = a.code)
"""
_DONE = """
UPDATE redraw_plan SET state = 'effective', applied_at = now(), changed_at = now(),
       version = version + 1, summary = %(summary)s, findings = %(findings)s
 WHERE id = %(id)s
"""
_FAILED = """
UPDATE redraw_plan SET state = 'draft', failed_at = now(), changed_at = now(), version = version + 1,
       failure = %(failure)s, findings = %(findings)s, approved_at = NULL, approver_account_id = NULL
 WHERE id = %(id)s
"""
# To the area, and to each worker whose area or duties changed.
_TELL = """
INSERT INTO journal (topic, subject_id, area_path, data)
VALUES ('redraw', %(plan)s, %(path)s, %(data)s)
"""
_TELL_WORKERS = """
INSERT INTO journal (topic, subject_id, area_path, holder_account_id, data)
SELECT 'redraw', %(plan)s, w.area_path, w.account_id,
       %(data)s::jsonb || jsonb_build_object('worker', w.code,
         'duties', (SELECT coalesce(jsonb_agg(jsonb_build_object('area', a.code, 'kind', d.kind)
                             ORDER BY a.code), '[]')
                      FROM duty d JOIN area a ON a.id = d.area_id
                     WHERE d.worker_id = w.id AND d.valid @> CURRENT_DATE))
  FROM grid_worker w
 WHERE w.account_id IS NOT NULL AND w.valid @> CURRENT_DATE
   AND (EXISTS (SELECT FROM duty d WHERE d.worker_id = w.id AND d.area_id = ANY (%(areas)s)
                   AND (upper_inf(d.valid) OR upper(d.valid) >= CURRENT_DATE))
        OR w.area_path = ANY (%(paths)s::ltree[]) OR w.id = ANY (%(workers)s::uuid[]))
 ORDER BY w.code
"""


def due_plans(tx: Transaction, now: datetime) -> list[UUID]:
    """Approved plans whose hour has come, in the order of their hours."""
    return [row["id"] for row in tx.all(_DUE, {"now": now})]


def bring_into_effect(
    tx: Transaction, plan_id: UUID, now: datetime, close_days: Callable[[Transaction], Any]
) -> dict[str, Any] | None:
    """Carry an approved plan out; its summary, or None when it was not due or no longer fits.

    `close_days` closes the days that are over: their figures are derived with the areas of their day,
    before anything moves (the statistics stand beside this room, so the roof passes it in).
    """
    plan = lock_plan(tx, plan_id)
    if plan["state"] != "approved" or plan["effective_at"] > now:
        return None
    close_days(tx)
    # Two redraws, or a redraw and an import, go one after the other from here on.
    parents = {row["id"] for row in tx.all(_PARENTS, {"root": plan["area_id"]})}
    parents.add(plan["area_id"])
    lock_parents(tx, parents)
    outcome = outcome_of(tx, plan_row(tx, plan_id))
    if outcome.refused:
        _send_back(tx, plan, outcome.findings)
        return None
    held = held_duties(tx, outcome)
    try:
        ids = _proven(tx, plan_id, outcome, parents)
    except BoundaryRefused as refused:
        _send_back(tx, plan, [*outcome.findings, _finding(refused)])
        return None
    hour = _hour(tx, plan, outcome, ids)
    moved = {"duty": duties(tx, hour, held)}
    for table, handler in HANDLERS.items():
        moved[table] = handler(tx, hour)
    _lineage(tx, plan_id, outcome, ids)
    summary = _summary(outcome, moved)
    tx.execute(
        _DONE,
        {
            "id": plan_id,
            "summary": Jsonb({**summary, "record": hour.record}),
            "findings": Jsonb(outcome.findings),
        },
    )
    _tell(tx, plan, hour, summary)
    return summary


def _proven(tx: Transaction, plan_id: UUID, outcome: Outcome, parents: set[int]) -> dict[str, int]:
    """What `_write` gives. What is stored goes through the guard of every writing, read back to the
    bit; raises BoundaryRefused, nothing of it written, when that finds a new fault."""
    before = lying_now(tx, parents)
    with tx.connection.transaction():
        ids = _write(tx, plan_id, outcome)
        assert_coverage(tx, {*parents, *(ids[key] for key in outcome.picture.units)}, before)
    return ids


def _finding(refused: BoundaryRefused) -> dict[str, Any]:
    words = {"zh": refused.reason.zh, "en": refused.reason.en}
    return {"kind": "plan", "severity": "refuse", "code": refused.code, "areas": [], **words}


def _send_back(tx: Transaction, plan: Row, findings: list[dict[str, Any]]) -> None:
    """The ground no longer fits the plan: it is a draft again and says why."""
    worst = next(found for found in findings if found["severity"] == "refuse")
    failure = {"zh": worst["zh"], "en": worst["en"], "code": worst["code"]}
    given = {"failure": Jsonb(failure), "findings": Jsonb(findings)}
    tx.execute(_FAILED, {"id": plan["id"], **given})
    data = {"plan": str(plan["id"]), "title": plan["title"], "state": "draft", "failure": failure}
    tx.execute(_TELL, {"plan": plan["id"], "path": plan["area_path"], "data": Jsonb(data)})


def _write(tx: Transaction, plan_id: UUID, outcome: Outcome) -> dict[str, int]:
    """Close and open versions; the row ids of all areas by key, ended ones included."""
    change, picture = outcome.difference, outcome.picture
    ids = {
        key: unit.area_id
        for key, unit in (*picture.before.items(), *picture.units.items())
        if unit.area_id is not None
    }
    moved_paths = {
        key
        for key, unit in picture.units.items()
        if key in picture.before and unit.path != outcome.paths[key]
    }
    renewed = sorted({*change.changed, *moved_paths})
    closed = [picture.before[k].version_id for k in (*renewed, *change.retired)]
    tx.execute(_CLOSE, {"ids": closed})
    tx.execute(_RETIRE, {"ids": [ids[k] for k in change.retired]})
    tx.execute(_REVIVE, {"ids": [ids[k] for k in change.back]})
    for key in change.new:
        unit, named = picture.units[key], outcome.named[key]
        given = {"code": named.code, "scheme": named.scheme, "level": unit.level}
        ids[key] = int(tx.scalar(_IDENTITY, {**given, "kind": unit.kind}))
    written = {
        key: _open_version(tx, plan_id, outcome, ids, key)
        for key in (*renewed, *change.new, *change.back)
    }
    tx.many(
        _CHANGE,
        [
            {
                "plan": plan_id,
                "area": ids[key],
                "old": picture.before[key].version_id if key in picture.before else None,
                "new": written.get(key),
            }
            for key in (*renewed, *change.new, *change.back, *change.retired)
        ],
    )
    return ids


def _open_version(
    tx: Transaction, plan_id: UUID, outcome: Outcome, ids: dict[str, int], key: str
) -> int:
    unit = outcome.picture.units[key]
    root = key == outcome.picture.root
    households = outcome.households.get(key, unit.households)
    back = key in outcome.difference.back
    return int(
        tx.scalar(
            _OPEN,
            {
                "area": ids[key],
                "parent": _parent_of_root(tx, ids[key]) if root else ids[str(unit.parent)],
                "level": unit.level,
                "name": outcome.name_of(key),
                "name_en": unit.name_en,
                "path": outcome.paths[key],
                "geom": shapely.to_wkb(outcome.ground.stored(unit.geom)),
                "households": unit.households if back else households,
                "source": f"redraw:{plan_id}",
                "example": unit.is_example,
            },
        )
    )


def _parent_of_root(tx: Transaction, area_id: int) -> int | None:
    """The plan's own area is renamed at most; it stays where it hangs."""
    found = tx.scalar(
        "SELECT parent_id FROM area_version WHERE area_id = %(id)s ORDER BY lower(valid) DESC LIMIT 1",
        {"id": area_id},
    )
    return None if found is None else int(found)


def _hour(tx: Transaction, plan: Row, outcome: Outcome, ids: dict[str, int]) -> Hour:
    change, picture = outcome.difference, outcome.picture
    follow = {
        str(picture.before[key].path): [outcome.paths[t] for t in targets]
        for key, targets in successors(outcome).items()
    }
    follow |= {
        str(unit.path): [outcome.paths[key]]
        for key, unit in picture.before.items()
        if key in picture.units and unit.path != outcome.paths[key]
    }
    touched = {str(picture.before[k].path) for k in (*change.redrawn, *change.retired)}
    undo: dict[str, Any] = {}
    if plan["reverses_id"]:
        undo = tx.scalar(
            "SELECT summary->'record' FROM redraw_plan WHERE id = %(id)s",
            {"id": plan["reverses_id"]},
        )
    return Hour(
        plan_id=plan["id"],
        outcome=outcome,
        root_path=str(picture.before[picture.root].path),
        ids=ids,
        follow=follow,
        touched=sorted({*touched, *follow}),
        undo=undo or {},
    )


def _lineage(tx: Transaction, plan_id: UUID, outcome: Outcome, ids: dict[str, int]) -> None:
    left = {p.source for p in outcome.pieces if p.source != p.target}
    tx.many(
        _LINEAGE,
        [
            {
                "plan": plan_id,
                "source": ids[piece.source],
                "target": ids[piece.target],
                "area": piece.share_area,
                "households": piece.share_households,
            }
            for piece in outcome.pieces
            if piece.source in left
        ],
    )
    tx.many(
        _FORMER,
        [
            {"source": ids[key], "target": ids[targets[0]]}
            for key, targets in successors(outcome).items()
            if targets
        ],
    )


def _summary(outcome: Outcome, moved: dict[str, int]) -> dict[str, Any]:
    change = outcome.difference
    return {
        "new": [outcome.code_of(key) for key in change.new],
        "back": list(change.back),
        "changed": list(change.redrawn),
        "retired": list(change.retired),
        "moved": moved,
    }


def _tell(tx: Transaction, plan: Row, hour: Hour, summary: dict[str, Any]) -> None:
    data = {
        "plan": str(plan["id"]),
        "title": plan["title"],
        "state": "effective",
        **{name: summary[name] for name in ("new", "back", "changed", "retired")},
    }
    given = {"plan": plan["id"], "data": Jsonb(data)}
    tell_maps(tx)
    tx.execute(_TELL, {**given, "path": plan["area_path"]})
    change = hour.outcome.difference
    touched = (*change.redrawn, *change.retired, *change.new, *change.back)
    terms = [*hour.record.get("duties_ended", []), *hour.record.get("duties_made", [])]
    tx.execute(
        _TELL_WORKERS,
        {
            **given,
            "areas": [hour.ids[key] for key in touched],
            "paths": [hour.outcome.paths[key] for key in touched if key in hour.outcome.paths],
            "workers": sorted({row["worker"] for row in terms}),
        },
    )
