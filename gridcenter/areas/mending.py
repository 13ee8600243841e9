"""A proposed repair brought into force: shown first, carried down to the areas below, then written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from gridcenter.actor import Actor, ActorKind
from gridcenter.areas.faults import assert_coverage, lock_parents, lying_now, mended
from gridcenter.areas.inspection import hex_of, inspect
from gridcenter.areas.operations import Guard, stage_areas, write_areas
from gridcenter.areas.sheets import ROOTS, Sheet, read_sheets
from gridcenter.codes import Level
from gridcenter.database import Row, Transaction
from gridcenter.errors import Conflict, MoveNotAllowed, NotFound, Words
from gridcenter.journal.operations import tell_maps

FAULT = Words("边界问题", "fault of a boundary")
_REPAIRING = Words("按建议修复边界", "repair the boundary as proposed")
_NONE_SAFE = Words("没有可以放心采用的修复建议", "there is no proposal that is safe")
_BELOW = Words(
    "下级区域不能自动跟着改，请用调整方案", "the areas below cannot follow; use a redraw plan"
)
_MOVES = Words(
    "会使楼栋或未结案件换到别的区域，请用调整方案",
    "buildings or open cases would move to another area; use a redraw plan",
)
_STALE = Words("边界已经改过，请重新检查", "the boundary was changed since; check again")

_FAULT = """
SELECT id, level, parent_id, repair FROM area_fault WHERE id = %(id)s AND superseded_at IS NULL
"""
_AREAS = """
SELECT v.area_id AS id, v.id AS version, v.parent_id AS parent, v.level, a.code, v.name,
       EXISTS (SELECT FROM area_version d WHERE d.parent_id = v.area_id AND upper_inf(d.valid)) AS over
  FROM area_version v JOIN area a ON a.id = v.area_id
 WHERE upper_inf(v.valid) AND v.area_id = ANY(%(ids)s::bigint[])
"""
_STAGE = """
INSERT INTO area_incoming (code, code_scheme, kind, label, name, name_en, parent_code, geom,
                           households, source, is_example)
SELECT a.code, a.code_scheme, a.kind, subpath(v.path, -1)::text, v.name, v.name_en, p.code,
       ST_Multi(%(geom)s::geometry), v.households, v.source, v.is_example
  FROM area_version v JOIN area a ON a.id = v.area_id LEFT JOIN area p ON p.id = v.parent_id
 WHERE upper_inf(v.valid) AND v.area_id = %(id)s
"""
_LEFT_BEHIND = "SELECT left_behind(%(ids)s::bigint[])"


@dataclass(frozen=True)
class Proposal:
    """What a repair would do: method, m² that change hands, new outlines by area (EPSG:4490)."""

    method: str
    changed_m2: float
    areas: list[Row]
    shapes: dict[int, BaseGeometry]

    def as_json(self) -> str:
        """JSON text: areas with their new geometry as GeoJSON, parents before children."""
        return json.dumps(
            {
                "method": self.method,
                "changed_m2": self.changed_m2,
                "areas": [
                    {
                        "code": row["code"],
                        "name": row["name"],
                        "level": row["level"],
                        "geometry": json.loads(shapely.to_geojson(self.shapes[row["id"]])),
                    }
                    for row in self.areas
                ],
            },
            ensure_ascii=False,
        )


def propose(tx: Transaction, fault_id: int) -> Proposal:
    """What the stored repair would change, with the areas below that have to follow.

    Raises NotFound for no such fault, MoveNotAllowed when there is no safe repair, Conflict when
    the boundary was changed since the check.
    """
    fault = tx.one(_FAULT, {"id": fault_id})
    if fault is None:
        raise NotFound(FAULT)
    repair: dict[str, Any] | None = fault["repair"]
    if repair is None:
        raise MoveNotAllowed(_REPAIRING, [_NONE_SAFE])
    shapes = {area["id"]: shapely.from_wkb(area["geom"]) for area in repair["areas"]}
    rows = {row["id"]: row for row in tx.all(_AREAS, {"ids": list(shapes)})}
    if any(
        area["id"] not in rows or rows[area["id"]]["version"] != area["version"]
        for area in repair["areas"]
    ):
        raise Conflict(what=_STALE)
    shapes |= _followers(tx, shapes)
    order = list(Level)
    areas = sorted(
        tx.all(_AREAS, {"ids": list(shapes)}), key=lambda r: (order.index(r["level"]), r["code"])
    )
    return Proposal(repair["method"], repair["changed_m2"], areas, shapes)


def repair(tx: Transaction, actor: Actor, fault_id: int) -> Proposal:
    """The proposal, brought into force as new versions; the parents are checked anew.

    Only the house and system administrators may. Raises what `propose` raises, BoundaryRefused when
    it would make another fault, MoveNotAllowed when buildings or open cases would change areas.
    """
    if actor.kind is not ActorKind.SYSTEM and "system_admin" not in actor.posts:
        raise NotFound(FAULT)
    first = propose(tx, fault_id)
    parents = {row["parent"] for row in first.areas} | {r["id"] for r in first.areas if r["over"]}
    lock_parents(tx, parents)
    # Under the lock once more: somebody may have been faster.
    proposal = propose(tx, fault_id)
    before = lying_now(tx, parents)
    for level in Level:
        chosen = [row for row in proposal.areas if row["level"] == level]
        if chosen:
            stage_areas(tx)
            for row in chosen:
                given = {"id": row["id"], "geom": hex_of(proposal.shapes[row["id"]])}
                tx.execute(_STAGE, given)
            write_areas(tx, level.value, Guard.CALLER)
    assert_coverage(tx, parents, before)
    if tx.scalar(_LEFT_BEHIND, {"ids": list(proposal.shapes)}):
        raise MoveNotAllowed(_REPAIRING, [_MOVES])
    inspect(tx, {ROOTS if id_ is None else id_ for id_ in parents})
    tell_maps(tx)
    return proposal


def _followers(tx: Transaction, shapes: Mapping[int, BaseGeometry]) -> dict[int, BaseGeometry]:
    """New outlines of the areas below, level by level, so that they fill their new parents."""
    found: dict[int, BaseGeometry] = {}
    for sheet in read_sheets(tx, list(shapes)).by_key.values():
        found |= _fitted(replace(sheet, border=shapes[sheet.parent_id]))
    return found | (_followers(tx, found) if found else {})


def _fitted(sheet: Sheet) -> dict[int, BaseGeometry]:
    """The outlines with which a sheet fits its border again."""
    new: dict[int, BaseGeometry] = {}
    # Each round mends one fault; a border that moved by one strip touches few areas.
    for _ in range(4 * len(sheet.rows) + 8):
        step = mended(sheet)
        if step is None:
            return new
        if not step:
            break
        new |= step
        sheet = sheet.with_shapes(step)
    raise MoveNotAllowed(_REPAIRING, [_BELOW])
