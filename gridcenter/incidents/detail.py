"""One incident with all that belongs to it, and what the reader may do with it. One JSON object."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from gridcenter.actor import Actor
from gridcenter.casework.operations import CASE_COLUMNS, WITHOUT_PHOTOS, facts_of, holds
from gridcenter.casework.procedures import ProcedureRules, procedure_by_id
from gridcenter.database import Row, Transaction
from gridcenter.errors import NotFound
from gridcenter.incidents.evidence import photos_owed
from gridcenter.incidents.summary import SUMMARY
from gridcenter.moves import Move, allowed

_DETAIL = f"""
SELECT json_build_object({SUMMARY},
         'description', c.description, 'reported_at', n.reported_at, 'filed_at', c.filed_at,
         'handled_at', c.handled_at, 'confidentiality', c.confidentiality,
         'location', json_build_object('datum', n.datum, 'given_lon', n.given_lon,
           'given_lat', n.given_lat, 'accuracy_m', n.accuracy_m,
           'border_m', round(n.border_m::numeric, 1), 'certain', n.certain, 'outside', n.outside,
           'area_by_hand', n.outside AND c.area_path IS NOT NULL,
           'unit_grid', n.unit_grid_code),
         'filing_condition', (SELECT json_build_object('code', f.code, 'name', f.name,
             'name_en', f.name_en, 'limit_amount', f.limit_amount, 'limit_unit', f.limit_unit,
             'closing_condition', f.closing_condition,
             'closing_condition_en', f.closing_condition_en, 'evidence', f.evidence)
            FROM filing_condition f
           WHERE f.id = coalesce(n.filing_condition_id,
                   (SELECT id FROM filing_condition WHERE item_id = c.item_id AND is_default))),
         'holder', (SELECT json_build_object('to', w.code, 'name', w.display_name)
                      FROM grid_worker w WHERE w.id = c.holder_worker_id),
         'department', (SELECT json_build_object('to', d.code, 'name', d.name, 'name_en', d.name_en)
                          FROM department d WHERE d.id = c.department_id),
         'default_department', (SELECT json_build_object('to', d.code, 'name', d.name,
                          'name_en', d.name_en) FROM department d WHERE d.id = i.default_department_id),
         'responsible', (SELECT json_build_object('to', w.code, 'name', w.display_name)
                           FROM duty d JOIN grid_worker w ON w.id = d.worker_id
                          WHERE d.area_path @> c.area_path AND d.valid @> CURRENT_DATE
                            AND d.kind = 'responsible'
                          ORDER BY nlevel(d.area_path) DESC, w.code LIMIT 1),
         'timers', (SELECT coalesce(json_agg(json_build_object('stage', t.stage,
                      'limit_amount', t.limit_amount, 'limit_unit', t.limit_unit,
                      'started_at', t.started_at, 'due_at', t.due_at,
                      'original_due_at', t.original_due_at, 'stopped_at', t.stopped_at,
                      'overdue_at', t.overdue_at) ORDER BY t.id), '[]')
                      FROM case_timer t WHERE t.case_id = c.id),
         'photos', (SELECT coalesce(json_agg(json_build_object('id', a.id, 'stage', a.stage,
                      'width_px', a.width_px, 'height_px', a.height_px, 'taken_at', a.taken_at,
                      'at', a.at, 'url', '/api/v1/incidents/' || c.id || '/photos/' || a.id)
                      ORDER BY a.at, a.id), '[]')
                      FROM attachment a WHERE a.case_id = c.id),
         'events', (SELECT coalesce(json_agg(json_build_object('version', e.version,
                      'operation', e.operation, 'from_state', e.from_state, 'to_state', e.to_state,
                      'at', e.at, 'happened_at', e.happened_at, 'post', e.post,
                      'who', event_actor(e.account_id), 'note', e.note,
                      'to_name_en', (SELECT d.name_en FROM department d WHERE d.code = e.data->>'to'),
                      'data', e.data) ORDER BY e.id), '[]')
                      FROM case_event e WHERE e.case_id = c.id)
       ) AS item
  FROM case_file c JOIN catalogue_item i ON i.id = c.item_id JOIN incident n ON n.case_id = c.id
 WHERE c.id = %(id)s
"""


def incident_detail(
    tx: Transaction, actor: Actor, incident_id: UUID, locale: str
) -> dict[str, Any]:
    """Everything about one incident with its events, photos, timers and `allowed_operations`.

    `allowed_operations`: [{operation, name, allowed, reasons, requires}] of this actor, what can be
    done now and what lies ahead with the reason why not yet. Raises NotFound outside the scope.
    """
    case = tx.one(CASE_COLUMNS, {"id": incident_id})
    item = tx.scalar(_DETAIL, {"id": incident_id})
    if case is None or item is None:
        raise NotFound()
    key = f"casework.procedure.{case['procedure_id']}"
    rules = tx.recent(key, lambda t: procedure_by_id(t, case["procedure_id"]), 600.0)
    owed = photos_owed(tx, incident_id)
    asked = owed.kinds if not owed.explained else []  # nobody is asked for a reason twice
    item["allowed_operations"] = allowed_operations(
        case, actor, rules, locale, asked, outside=item["location"]["outside"]
    )
    item["photos_owed"] = owed.kinds
    return dict(item)


def allowed_operations(
    case: Row,
    actor: Actor,
    rules: ProcedureRules,
    locale: str,
    photos_owed: Collection[str] = (),
    *,
    outside: bool = False,
) -> list[dict[str, Any]]:
    """What this actor may do with the case now or later, as the server itself would decide.

    `requires` of an operation has room for a reason where photos are owed, and asks for the area
    where the case lies in none (`outside`: its place does, whoever has taken it on).
    """
    facts = facts_of(case, actor)
    found = allowed(rules.moves, case["state"], actor.posts, holds(case, actor), facts)
    left_out = set() if photos_owed else {WITHOUT_PHOTOS}
    if not outside:
        left_out.add("area")
    needed = {"area"} if outside and case["area_path"] is None else set()
    return [
        {
            "operation": each.operation,
            "name": each.words.in_locale(locale),
            "allowed": each.is_allowed,
            "reasons": [reason.in_locale(locale) for reason in each.reasons],
            "sentence": each.detail(locale),
            "requires": _requires(each.moves[-1], needed, left_out),
            "moves": [
                {
                    "to_state": m.to_state,
                    "name": m.words.in_locale(locale),
                    "when": m.when,
                    "requires": _requires(m, needed, left_out),
                }
                for m in each.moves
            ],
        }
        for each in found
    ]


def _requires(move: Move, needed: set[str], left_out: set[str]) -> dict[str, Any]:
    """What a move asks for in this case: of its fields, those `needed` are required."""
    declared = move.requires.get("properties", {})
    required = [*move.requires.get("required", ()), *sorted(needed & declared.keys())]
    asked: dict[str, Any] = {**move.requires}
    if "properties" in asked:
        asked["properties"] = {k: v for k, v in declared.items() if k not in left_out}
    return {**asked, "required": required} if required else asked
