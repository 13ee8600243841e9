"""The life of a plan: made, filled, checked, approved, withdrawn, reversed.

What it does at its hour is `effect.bring_into_effect`. Each writing takes the version that its reader
saw; another version is answered by Conflict with what is there now.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from gridcenter.actor import Actor
from gridcenter.areas.queries import area_by_code
from gridcenter.database import Row, Transaction
from gridcenter.errors import Conflict, InvalidInput, MoveNotAllowed, NotFound, NotYours, Words
from gridcenter.redraw.preview import findings_of
from gridcenter.redraw.rules import (
    AUTHORS,
    ITEM,
    MOST_ITEMS,
    MOVES,
    PLAN,
    drawn_in,
    holds,
    permit,
    read_given,
)

# A decision may name a moment that has just passed: "now" on the clock of who decides.
EARLIEST = timedelta(minutes=10)
LATEST = timedelta(days=2 * 366)

_LOCK = """
SELECT id, title, state, area_id, area_path::text AS area_path, author_account_id, effective_at,
       version, findings, reverses_id,
       EXISTS (SELECT FROM jsonb_array_elements(findings) f WHERE f->>'severity' = 'refuse') AS refused
  FROM redraw_plan WHERE id = %(id)s FOR UPDATE
"""
_NEW = """
INSERT INTO redraw_plan (title, reason, area_id, area_path, effective_at, author_account_id, reverses_id)
VALUES (%(title)s, %(reason)s, %(area)s, %(path)s, %(effective_at)s, %(account)s, %(reverses)s)
RETURNING id
"""
_NEW_ITEM = """
INSERT INTO redraw_item (plan_id, sort, operation, given, geom, account_id)
SELECT %(plan)s, coalesce((SELECT max(sort) FROM redraw_item WHERE plan_id = %(plan)s), 0) + 1,
       %(operation)s, %(given)s,
       (SELECT ST_SetSRID(ST_Force2D(ST_Collect(ST_GeomFromGeoJSON(s))), 4490)
          FROM unnest(%(shapes)s::text[]) s),
       %(account)s
RETURNING id, sort
"""
# A plan that was changed has to be checked again.
_TOUCH = """
UPDATE redraw_plan SET version = version + 1, changed_at = now(), state = 'draft', checked_at = NULL,
       findings = '[]'
 WHERE id = %(id)s
"""
_CHECKED = """
UPDATE redraw_plan SET version = version + 1, changed_at = now(), checked_at = now(),
       state = CASE WHEN %(refused)s THEN 'draft' ELSE 'checked' END, findings = %(findings)s
 WHERE id = %(id)s
"""
_APPROVED = """
UPDATE redraw_plan SET version = version + 1, changed_at = now(), state = 'approved',
       approved_at = now(), approver_account_id = %(account)s, effective_at = %(effective_at)s,
       findings = %(findings)s, failed_at = NULL, failure = NULL
 WHERE id = %(id)s
"""
_WITHDRAWN = """
UPDATE redraw_plan SET version = version + 1, changed_at = now(), state = 'withdrawn',
       withdrawn_at = now(), withdrawn_account_id = %(account)s, withdrawn_reason = %(reason)s
 WHERE id = %(id)s
"""


@dataclass(frozen=True)
class CreatePlan:
    """A new plan for the inside of an area (code)."""

    title: str
    area: str
    reason: str | None = None
    effective_at: datetime | None = None


@dataclass(frozen=True)
class AddItem:
    """One more step of a plan; `version` is that of the plan its drawer saw."""

    plan: UUID
    version: int
    operation: str
    given: dict[str, Any]


def create_plan(tx: Transaction, actor: Actor, command: CreatePlan, now: datetime) -> UUID:
    """The id of a new, empty draft.

    Raises InvalidInput for an empty title or an hour out of reach, NotFound for an unknown area,
    NotYours for who may not draw there.
    """
    if not 1 <= len(command.title.strip()) <= 120:
        raise InvalidInput.of("title", "length", "名称为 1 至 120 个字", "1 to 120 characters")
    if command.effective_at is not None:
        _in_reach(command.effective_at, now)
    area = area_by_code(tx, command.area)
    _may_draw(actor, area["path"])
    if area["level"] in {"microgrid", "unit_grid"}:
        raise InvalidInput.of(
            "area", "level", "请选微网格以上的区域", "Choose an area above the micro-grids"
        )
    return _insert(tx, actor, command.title.strip(), command.reason, area, command.effective_at)


def _may_draw(actor: Actor, path: str) -> None:
    if not holds(actor, AUTHORS, path):
        reason = Words("由街道管理人员或系统管理员编制", "officials and system administrators do")
        raise NotYours(Words("编制调整方案", "draw a redraw plan"), [reason])


def _insert(
    tx: Transaction,
    actor: Actor,
    title: str,
    reason: str | None,
    area: Row,
    effective_at: datetime | None,
    reverses: UUID | None = None,
) -> UUID:
    given = {
        "title": title,
        "reason": reason,
        "area": area["id"],
        "path": area["path"],
        "effective_at": effective_at,
        "account": actor.account_id,
        "reverses": reverses,
    }
    return UUID(str(tx.scalar(_NEW, given)))


def lock_plan(tx: Transaction, plan_id: UUID, version: int | None = None) -> Row:
    """The plan's row, locked; raises NotFound, Conflict when it is not at `version`."""
    plan = tx.one(_LOCK, {"id": plan_id})
    if plan is None:
        raise NotFound(PLAN)
    if version is not None and plan["version"] != version:
        raise Conflict({"version": plan["version"], "state": plan["state"]})
    return plan


def add_item(tx: Transaction, actor: Actor, command: AddItem) -> Row:
    """``{id, sort}`` of the new step; the plan is a draft again.

    Raises NotFound, Conflict, MoveNotAllowed, NotYours, InvalidInput (see `rules.read_given`).
    """
    plan = lock_plan(tx, command.plan, command.version)
    permit("edit", actor, plan)
    given = read_given(command.operation, command.given)
    if command.operation == "restore":
        raise InvalidInput.of(
            "operation", "choice", "还原由系统自己写入", "Reverse a plan to restore its areas"
        )
    return _add(tx, actor, plan, command.operation, given)


def _add(tx: Transaction, actor: Actor, plan: Row, operation: str, given: dict[str, Any]) -> Row:
    items = tx.scalar("SELECT count(*) FROM redraw_item WHERE plan_id = %(id)s", {"id": plan["id"]})
    if items >= MOST_ITEMS:
        raise InvalidInput.of(
            "operation",
            "too_many",
            f"一个方案最多 {MOST_ITEMS} 步，请另建方案",
            f"A plan has at most {MOST_ITEMS} steps; make another plan",
        )
    row = tx.one(
        _NEW_ITEM,
        {
            "plan": plan["id"],
            "operation": operation,
            "given": Jsonb(given),
            "shapes": [json.dumps(shape) for shape in drawn_in(given)],
            "account": actor.account_id,
        },
    )
    assert row is not None
    tx.execute(_TOUCH, {"id": plan["id"]})
    return row


def remove_item(tx: Transaction, actor: Actor, plan_id: UUID, item_id: int, version: int) -> None:
    """Take a step out of a plan; later steps that need it are found by the next check."""
    permit("edit", actor, lock_plan(tx, plan_id, version))
    gone = tx.execute(
        "DELETE FROM redraw_item WHERE id = %(item)s AND plan_id = %(plan)s",
        {"item": item_id, "plan": plan_id},
    )
    if not gone:
        raise NotFound(ITEM)
    tx.execute(_TOUCH, {"id": plan_id})


def check_plan(tx: Transaction, actor: Actor, plan_id: UUID, version: int) -> list[dict[str, Any]]:
    """The findings of a plan: its state is checked when none of them refuses, else draft."""
    plan = lock_plan(tx, plan_id, version)
    permit("check", actor, plan)
    findings = findings_of(tx, plan_id)
    refused = any(found["severity"] == "refuse" for found in findings)
    tx.execute(_CHECKED, {"id": plan_id, "refused": refused, "findings": Jsonb(findings)})
    return findings


def approve_plan(
    tx: Transaction,
    actor: Actor,
    plan_id: UUID,
    version: int,
    effective_at: datetime | None,
    now: datetime,
) -> None:
    """Approve a checked plan; it is checked once more, because the ground may have changed.

    `effective_at` None takes the hour its author wished. Raises MoveNotAllowed when faults refuse it,
    NotYours for its author (two-person rule), InvalidInput without an hour.
    """
    plan = lock_plan(tx, plan_id, version)
    permit("approve", actor, plan)
    hour = effective_at or plan["effective_at"]
    if hour is None:
        raise InvalidInput.of(
            "effective_at", "required", "请给出生效时间", "Give the moment it takes effect"
        )
    _in_reach(hour, now)
    findings = findings_of(tx, plan_id)
    if any(found["severity"] == "refuse" for found in findings):
        reason = Words("校核后情况有变，请重新校核", "the ground has changed; check it again")
        raise MoveNotAllowed(MOVES["approve"].words, [reason])
    given = {"id": plan_id, "account": actor.account_id, "effective_at": hour}
    tx.execute(_APPROVED, {**given, "findings": Jsonb(findings)})


def _in_reach(hour: datetime, now: datetime) -> None:
    if not now - EARLIEST <= hour <= now + LATEST:
        raise InvalidInput.of(
            "effective_at",
            "out_of_range",
            "生效时间应从现在起、两年以内",
            "It takes effect between now and two years from now",
        )


def withdraw_plan(
    tx: Transaction, actor: Actor, plan_id: UUID, version: int, reason: str | None = None
) -> None:
    """End a plan that has not come into effect: nothing of it happens."""
    permit("withdraw", actor, lock_plan(tx, plan_id, version))
    tx.execute(_WITHDRAWN, {"id": plan_id, "account": actor.account_id, "reason": reason})


def reverse_plan(tx: Transaction, actor: Actor, plan_id: UUID) -> UUID:
    """The id of a new draft that brings the areas of an effective plan back as they were.

    It goes the same way as every plan: checked, approved by another person, effective at its hour.
    Raises MoveNotAllowed when the plan is not effective, Conflict when a reverse is under way.
    """
    plan = lock_plan(tx, plan_id)
    permit("reverse", actor, plan)
    other = tx.scalar(
        "SELECT id::text FROM redraw_plan WHERE reverses_id = %(id)s AND state <> 'withdrawn'",
        {"id": plan_id},
    )
    if other:
        raise Conflict({"plan": other}, Words("已有还原方案", "a plan to reverse it exists"))
    area = {"id": plan["area_id"], "path": plan["area_path"]}
    new_id = _insert(tx, actor, f"还原：{plan['title']}"[:120], None, area, None, plan_id)
    _add(tx, actor, lock_plan(tx, new_id), "restore", {"plan": str(plan_id)})
    return new_id


def change_plan(
    tx: Transaction, actor: Actor, plan_id: UUID, version: int, changes: dict[str, Any]
) -> None:
    """Change title, reason or wished hour of a plan that is not approved yet."""
    permit("edit", actor, lock_plan(tx, plan_id, version))
    if "title" in changes and not 1 <= len((changes["title"] or "").strip()) <= 120:
        raise InvalidInput.of("title", "length", "名称为 1 至 120 个字", "1 to 120 characters")
    tx.execute(
        "UPDATE redraw_plan SET version = version + 1, changed_at = now(),"
        " title = coalesce(%(title)s, title),"
        " reason = CASE WHEN %(has_reason)s THEN %(reason)s ELSE reason END,"
        " effective_at = CASE WHEN %(has_hour)s THEN %(hour)s ELSE effective_at END"
        " WHERE id = %(id)s",
        {
            "id": plan_id,
            "title": changes.get("title"),
            "has_reason": "reason" in changes,
            "reason": changes.get("reason"),
            "has_hour": "effective_at" in changes,
            "hour": changes.get("effective_at"),
        },
    )
