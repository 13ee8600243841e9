"""A plan and the ground under it, read from the database into a picture in metres, and back again.

Corners that nothing moved go back as the very degrees they came with: a neighbour that takes no part
keeps exactly the same border.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from gridcenter.areas.plane import Plane
from gridcenter.database import Row, Transaction
from gridcenter.errors import InvalidInput, NotFound
from gridcenter.redraw.picture import Picture, Unit, carry_out
from gridcenter.redraw.rules import PLAN

_UNITS = """
SELECT a.id, a.code, a.code_scheme, a.kind, p.code AS parent, v.id AS version_id, v.level, v.name,
       v.name_en, v.households, v.is_example, v.path::text AS path, ST_AsBinary(v.geom) AS geom
  FROM area_version v JOIN area a ON a.id = v.area_id LEFT JOIN area p ON p.id = v.parent_id
 WHERE upper_inf(v.valid) AND v.level <> 'unit_grid'
   AND v.path <@ (SELECT path FROM area_version WHERE area_id = %(root)s AND upper_inf(valid))
"""
# Every code that was ever given below the codes of the areas here.
_USED = """
SELECT code FROM area WHERE code LIKE ANY (%(prefixes)s) OR code = ANY (%(codes)s)
"""
_ITEMS = """
SELECT id, sort, operation, given FROM redraw_item WHERE plan_id = %(plan)s ORDER BY sort
"""
_PLAN = """
SELECT p.id, p.title, p.state, p.version, p.area_id, p.effective_at, p.reverses_id,
       p.area_path::text AS area_path, a.code
  FROM redraw_plan p JOIN area a ON a.id = p.area_id WHERE p.id = %(id)s
"""
_CHANGES = """
SELECT a.id, a.code, a.code_scheme, a.kind, c.old_version_id, c.new_version_id, p.code AS parent,
       o.level, o.name, o.name_en, o.households, o.is_example, o.path::text AS path,
       ST_AsBinary(o.geom) AS geom, n.id AS now_version
  FROM redraw_change c JOIN area a ON a.id = c.area_id
  LEFT JOIN area_version o ON o.id = c.old_version_id
  LEFT JOIN area p ON p.id = o.parent_id
  LEFT JOIN area_version n ON n.area_id = a.id AND upper_inf(n.valid)
 WHERE c.plan_id = %(plan)s
"""


class Ground:
    """A plane of metres around a place (see `areas.plane`), and the degrees of every corner read.

    Lines that are straight in the stored degrees are straight here, so a new corner on a neighbour's
    long edge lies on that edge.
    """

    def __init__(self, plane: Plane) -> None:
        self._middle, self._scale = np.array(plane.middle), np.array(plane.metres)
        self._known: dict[tuple[float, float], tuple[float, float]] = {}

    def metres(self, degrees: BaseGeometry) -> BaseGeometry:
        """A stored geometry in metres; its corners are remembered."""
        return _plain(shapely.transform(degrees, self._forth))

    def _forth(self, lonlat: Any) -> Any:
        xy = (lonlat - self._middle) * self._scale
        self._known.update(zip(map(tuple, xy.tolist()), map(tuple, lonlat.tolist()), strict=True))
        return xy

    def given(self, geojson: Mapping[str, Any]) -> BaseGeometry:
        """A drawn GeoJSON geometry (lon/lat) in metres. Raises InvalidInput for a broken one."""
        try:
            drawn = shapely.force_2d(shapely.from_geojson(json.dumps(dict(geojson))))
        except (shapely.errors.GEOSException, ValueError) as error:
            raise _broken() from error
        if drawn is None or drawn.is_empty:
            raise _broken()
        moved = shapely.transform(drawn, lambda p: (p - self._middle) * self._scale)
        if moved.geom_type != "LineString" and not moved.is_valid:
            reason = shapely.is_valid_reason(moved)
            raise InvalidInput.of(
                "given.geometry",
                "invalid_geometry",
                f"图形不合法：{reason}",
                f"The shape is not valid: {reason}",
            )
        return _plain(moved)

    def degrees(self, metres: BaseGeometry) -> BaseGeometry:
        """The geometry in EPSG:4490; corners that were read come back to the bit."""

        def back(xy: Any) -> Any:
            lonlat = xy / self._scale + self._middle
            for row, corner in enumerate(map(tuple, xy.tolist())):
                known = self._known.get(corner)
                if known is not None:
                    lonlat[row] = known
            return lonlat

        return shapely.transform(metres, back)

    def stored(self, metres: BaseGeometry) -> MultiPolygon:
        """As `degrees`, as the multipolygon that is stored."""
        moved = self.degrees(metres)
        return MultiPolygon(list(shapely.get_parts(moved)))


def _plain(shape: BaseGeometry) -> BaseGeometry:
    """A multipolygon of one part as a polygon."""
    parts = shapely.get_parts(shape)
    return parts[0] if shape.geom_type == "MultiPolygon" and len(parts) == 1 else shape


def _broken() -> InvalidInput:
    return InvalidInput.of(
        "given.geometry", "invalid_geometry", "图形读不懂", "The shape cannot be read"
    )


def plan_row(tx: Transaction, plan_id: UUID) -> Row:
    """id, title, state, version, area_id, area_path, code, effective_at of a plan. NotFound."""
    plan = tx.one(_PLAN, {"id": plan_id})
    if plan is None:
        raise NotFound(PLAN)
    return plan


def picture_of(tx: Transaction, root_id: int) -> tuple[Picture, Ground]:
    """The area and all below it as they are in force, in metres."""
    rows = tx.all(_UNITS, {"root": root_id})
    top = next((row for row in rows if row["id"] == root_id), None)
    if top is None:
        raise InvalidInput.of(
            "area", "area_gone", "方案的区域已不存在", "The area of the plan is no longer in force"
        )
    ground = Ground(Plane.around(shapely.from_wkb([bytes(top["geom"])])))
    units = {row["code"]: _unit(row, ground) for row in rows}
    units[top["code"]] = replace(units[top["code"]], parent=None)
    codes = [row["code"] for row in rows]
    prefixes = [f"{code}%" for code in codes if units[code].level != "microgrid"]
    used = tx.all(_USED, {"prefixes": prefixes, "codes": codes})
    picture = Picture(top["code"], units, used={row["code"] for row in used})
    return picture, ground


def _unit(row: Row, ground: Ground) -> Unit:
    return Unit(
        key=row["code"],
        level=row["level"],
        parent=row["parent"],
        name=row["name"],
        geom=ground.metres(shapely.from_wkb(bytes(row["geom"]))),
        area_id=row["id"],
        code=row["code"],
        version_id=row.get("version_id"),
        kind=row["kind"],
        name_en=row["name_en"],
        scheme=row["code_scheme"],
        households=row["households"],
        is_example=row["is_example"],
        path=row["path"],
    )


@dataclass(frozen=True)
class Trial:
    """A step that somebody is drawing: looked at after the plan's own steps, kept nowhere."""

    operation: str
    given: dict[str, Any]


def _steps(tx: Transaction, plan: Row, trial: Trial | None) -> list[Row]:
    steps = tx.all(_ITEMS, {"plan": plan["id"]})
    if trial is not None:
        sort = max((step["sort"] for step in steps), default=0) + 1
        steps.append({"id": None, "sort": sort, "operation": trial.operation, "given": trial.given})
    return steps


def carried_out(
    tx: Transaction, plan: Row, picture: Picture, ground: Ground, trial: Trial | None = None
) -> list[dict[str, Any]]:
    """Carry the plan's steps out on the picture; what does not fit comes back as findings.

    The steps after one that fails are not tried: they may rest on it.
    """
    for item in _steps(tx, plan, trial):
        given = item["given"]
        try:
            if item["operation"] == "restore":
                given = restored(tx, UUID(given["plan"]), picture, ground)
            carry_out(picture, item["sort"], item["operation"], given, ground.given)
        except InvalidInput as error:
            zh, en = error.detail("zh"), error.detail("en")
            return [
                {
                    "kind": "step",
                    "severity": "refuse",
                    "item": item["id"],
                    "areas": [],
                    "zh": f"第 {item['sort']} 步：{zh}",
                    "en": f"Step {item['sort']}: {en}",
                    "code": error.errors[0].code if error.errors else error.code,
                }
            ]
    return []


def restored(
    tx: Transaction, plan_id: UUID, picture: Picture, ground: Ground
) -> dict[str, list[Any]]:
    """What `restore` is given for a plan: keys to end and the units of before the plan.

    Raises InvalidInput when an area of the plan has changed again since, or hangs under one that has.
    """
    gone: list[str] = []
    back: list[Unit] = []
    later: list[str] = []
    for row in tx.all(_CHANGES, {"plan": plan_id}):
        if row["new_version_id"] != row["now_version"]:
            later.append(row["code"])
        elif row["old_version_id"] is None:
            gone.append(row["code"])
        else:
            unit = _unit({**row, "version_id": row["now_version"]}, ground)
            back.append(replace(unit, parent=None) if unit.key == picture.root else unit)
    below = [
        key
        for key, unit in picture.units.items()
        if unit.parent in gone and key not in gone and key not in {u.key for u in back}
    ]
    if later or below:
        names = "、".join(sorted([*later, *below])[:5])
        raise InvalidInput.of(
            "given.plan",
            "changed_since",
            f"这些区域后来又改过，不能整体还原：{names}",
            f"These areas have changed again since and cannot be restored: {names}",
        )
    return {"gone": gone, "back": back}
