"""A batch that was written is taken back, as long as nothing was built on it."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import Any
from uuid import UUID

from gridcenter.actor import Actor, ActorKind
from gridcenter.areas.faults import assert_coverage, lock_parents, lying_now
from gridcenter.database import Transaction
from gridcenter.errors import FILE, Conflict, NotFound, NothingToDo, Words
from gridcenter.journal.operations import tell_maps

_BATCH = "SELECT kind, state, undone_at FROM import_batch WHERE id = %(id)s FOR UPDATE"
# Parents of what the batch wrote and of what comes again, and areas of it that have areas below.
_PARENTS = """
SELECT DISTINCT v.parent_id AS id FROM area_version v WHERE v.batch_id = %(mark)s
UNION
SELECT DISTINCT p.parent_id FROM area_version v
  JOIN area_version p ON p.area_id = v.area_id AND upper(p.valid) = lower(v.valid)
 WHERE v.batch_id = %(mark)s
UNION
SELECT DISTINCT d.parent_id FROM area_version v
  JOIN area_version d ON d.parent_id = v.area_id AND upper_inf(d.valid)
 WHERE v.batch_id = %(mark)s
"""
# Areas that are there by the batch alone: before it their ground was nobody's.
_MADE = """
SELECT v.area_id AS id FROM area_version v
 WHERE v.batch_id = %(mark)s
   AND NOT EXISTS (SELECT FROM area_version p WHERE p.area_id = v.area_id
                      AND upper(p.valid) = lower(v.valid))
"""
_STATES = {
    "staged": Words("这次导入还没有写入，放弃即可", "it was not written yet: drop it instead"),
    "refused": Words("这次导入没有写入任何数据", "nothing of it was written"),
    "discarded": Words("这次导入已放弃", "it was dropped"),
}


def _why_not(batch: dict[str, Any], zone: tzinfo) -> Words:
    """Why a batch that is not in force cannot be taken back; moments in `zone`."""
    if batch["state"] != "undone":
        return _STATES[batch["state"]]
    when = f"{batch['undone_at'].astimezone(zone):%Y-%m-%d %H:%M}"
    return Words(f"这次导入已在 {when} 撤销", f"this import was undone on {when}")


def _because(told: dict[str, Any]) -> Words:
    """Why a batch cannot be taken back, with the example that was found."""
    what = told.get("what") or ""
    reasons = {
        "changed": (f"“{what}”在导入之后又改过", f"“{what}” was changed after the import"),
        "case": (f"之后已有事件 {what} 落在其中", f"case {what} has been opened there since"),
        "below": (f"下级“{what}”已建在其上", f"“{what}” hangs under it"),
        "building": (f"楼栋 {what} 已归入其中", f"building {what} belongs to it"),
        "duty": (f"已有责任安排：{what}", f"duties depend on it: {what}"),
        "dwelling": (f"楼栋 {what} 已有户室", f"building {what} has dwellings"),
        "used": (f"“{what}”已在使用", f"“{what}” is in use"),
        "kind": (
            "历史事件写入后就是案件，案件不删除",
            "imported incidents are cases, and cases are never deleted",
        ),
    }
    return Words(*reasons[told["why"]])


def undo(tx: Transaction, actor: Actor, batch_id: UUID, zone: tzinfo = UTC) -> None:
    """Take a written batch back: what it made goes, what it changed is again as it was before.

    Raises NotFound for others than administrators, NothingToDo with the reason when it was not written
    or is undone already, Conflict when something was built on it, BoundaryRefused when the old
    boundaries fit no longer.
    """
    if actor.kind is not ActorKind.SYSTEM and "system_admin" not in actor.posts:
        raise NotFound(FILE)
    batch = tx.one(_BATCH, {"id": batch_id})
    if batch is None:
        raise NotFound(FILE)
    if batch["state"] != "applied":
        raise NothingToDo({"state": batch["state"]}, _why_not(batch, zone))
    areas = batch["kind"] == "areas"
    parents: set[int | None] = set()
    if areas:
        mark = {"mark": str(batch_id)}
        parents = {row["id"] for row in tx.all(_PARENTS, mark)}
        lock_parents(tx, parents)
        made = {row["id"] for row in tx.all(_MADE, mark)}
        before = lying_now(tx, parents).without(made)
    told = tx.scalar("SELECT take_back_import(%(id)s)", {"id": batch_id})
    if told is not None:
        if told["why"] == "not_found":
            raise NotFound(FILE)
        reason = _because(told)
        raise Conflict(
            {"state": "applied"},
            Words(f"不能撤销：{reason.zh}", f"it cannot be undone: {reason.en}"),
        )
    if areas:
        assert_coverage(tx, parents, before)
    tell_maps(tx)
