"""Reads about plans, and where an area came from and went to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from gridcenter.actor import Actor
from gridcenter.areas.queries import AREA
from gridcenter.database import Transaction
from gridcenter.errors import InvalidInput, NotFound
from gridcenter.redraw.rules import MOVES, PLAN, refusals

# `event_actor` says who somebody is without opening the accounts to the reader.
_PLAN = """
'id', p.id, 'title', p.title, 'reason', p.reason, 'state', p.state, 'version', p.version,
'area', json_build_object('code', a.code, 'name', v.name, 'name_en', v.name_en, 'level', v.level,
  'bbox', json_build_array(ST_XMin(v.geom), ST_YMin(v.geom), ST_XMax(v.geom), ST_YMax(v.geom))),
'effective_at', p.effective_at, 'applied_at', p.applied_at, 'created_at', p.created_at,
'author', event_actor(p.author_account_id), 'checked_at', p.checked_at,
'approver', event_actor(p.approver_account_id), 'approved_at', p.approved_at,
'withdrawn_at', p.withdrawn_at, 'withdrawn_by', event_actor(p.withdrawn_account_id),
'withdrawn_reason', p.withdrawn_reason, 'failed_at', p.failed_at, 'failure', p.failure,
'reverses', p.reverses_id, 'summary', p.summary - 'record'
"""
_FROM = """
FROM redraw_plan p JOIN area a ON a.id = p.area_id
LEFT JOIN LATERAL (SELECT * FROM area_version v WHERE v.area_id = a.id
                    ORDER BY lower(v.valid) DESC LIMIT 1) v ON true
"""
_LIST = f"""
SELECT coalesce(json_agg(item ORDER BY created_at DESC, id DESC), '[]')::text AS items,
       count(*)::int AS n
  FROM (SELECT p.id, p.created_at, json_build_object({_PLAN},
               'items', (SELECT count(*) FROM redraw_item i WHERE i.plan_id = p.id)) AS item
          {_FROM}
         WHERE (%(state)s::text IS NULL OR p.state = %(state)s)
           AND (%(area)s::text IS NULL OR p.area_path <@ (SELECT n.path FROM area_now n
                                                          WHERE n.code = %(area)s))
           AND (%(after_at)s::timestamptz IS NULL
                OR (p.created_at, p.id) < (%(after_at)s, %(after_id)s::uuid))
         ORDER BY p.created_at DESC, p.id DESC LIMIT %(limit)s) page
"""
_ONE = f"""
SELECT json_build_object({_PLAN}, 'findings', p.findings,
         'reversed_by', (SELECT r.id FROM redraw_plan r WHERE r.reverses_id = p.id
                            AND r.state <> 'withdrawn' LIMIT 1),
         'items', (SELECT coalesce(json_agg(json_build_object('id', i.id, 'sort', i.sort,
                      'operation', i.operation, 'given', i.given, 'at', i.at,
                      'by', event_actor(i.account_id)) ORDER BY i.sort), '[]')
                     FROM redraw_item i WHERE i.plan_id = p.id)) AS item,
       p.state, p.area_path::text AS area_path, p.author_account_id,
       EXISTS (SELECT FROM jsonb_array_elements(p.findings) f WHERE f->>'severity' = 'refuse') AS refused
  {_FROM} WHERE p.id = %(id)s
"""
_LINEAGE = """
SELECT coalesce(json_agg(json_build_object('plan', l.plan_id, 'at', l.at,
         'from', f.code, 'to', t.code, 'share_area', round(l.share_area::numeric, 6),
         'share_households', round(l.share_households::numeric, 6)) ORDER BY l.at, l.id), '[]')::text
  FROM area_lineage l JOIN area f ON f.id = l.from_area_id JOIN area t ON t.id = l.to_area_id
 WHERE l.from_area_id = %(id)s OR l.to_area_id = %(id)s
"""


@dataclass(frozen=True)
class PlanFilter:
    """Which plans a list shows, newest first; `after` is the `next` of the page before."""

    state: str | None = None
    area: str | None = None
    after: str | None = None
    limit: int = 50


def plan_list(tx: Transaction, wanted: PlanFilter) -> str:
    """JSON text ``{"items": […], "next": text or null}``; items count their steps in `items`."""
    after_at, after_id = _place(wanted.after)
    row = tx.one(
        _LIST,
        {
            "state": wanted.state,
            "area": wanted.area,
            "after_at": after_at,
            "after_id": after_id,
            "limit": wanted.limit,
        },
    )
    assert row is not None
    items = json.loads(row["items"])
    following = None
    if len(items) == wanted.limit:
        following = f"{items[-1]['created_at']}|{items[-1]['id']}"
    return f'{{"items":{row["items"]},"next":{json.dumps(following)}}}'


def _place(after: str | None) -> tuple[datetime | None, UUID | None]:
    if after is None:
        return None, None
    try:
        at, _, plan_id = after.partition("|")
        return datetime.fromisoformat(at), UUID(plan_id)
    except ValueError:
        raise InvalidInput.of(
            "after", "bad_cursor", "不是本系统给出的位置", "Not a cursor that this system gave out"
        ) from None


def plan_detail(tx: Transaction, actor: Actor, plan_id: UUID) -> dict[str, Any]:
    """One plan with its steps, findings and `allowed_operations` of this actor. Raises NotFound."""
    row = tx.one(_ONE, {"id": plan_id})
    if row is None:
        raise NotFound(PLAN)
    allowed = [move for move in MOVES if not refusals(move, actor, row)]
    return {**row["item"], "allowed_operations": allowed}


def lineage(tx: Transaction, code: str) -> str:
    """JSON text: where an area (code, also a retired one) came from and went to, oldest first."""
    area_id = tx.scalar("SELECT id FROM area WHERE code = %(c)s", {"c": code})
    if area_id is None:
        raise NotFound(AREA)
    return str(tx.scalar(_LINEAGE, {"id": area_id}))
