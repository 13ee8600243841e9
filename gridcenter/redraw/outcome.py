"""What a plan comes to on the ground of today: areas new, changed, ended; who gets what from whom.

The preview shows it, the check judges it, the hour writes it: one and the same computation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridcenter.areas.fault_kinds import Contents, Fault, Limits, Severity
from gridcenter.areas.fault_words import sentence
from gridcenter.areas.sheets import read_sheets
from gridcenter.areas.topology import check
from gridcenter.database import Row, Transaction
from gridcenter.errors import InvalidInput, Words
from gridcenter.redraw import shapes
from gridcenter.redraw.numbering import Named, name_new, paths_of
from gridcenter.redraw.picture import Difference, Picture, Unit, add_corners, difference
from gridcenter.redraw.reading import Ground, Trial, carried_out, picture_of

# A share below is rounding or a corner cut off, and makes nobody a successor.
LEAST_SHARE = 0.001
_BUILDINGS = """
SELECT b.id, b.code, b.households_estimated AS households, ST_AsBinary(b.geom) AS geom,
       ST_AsBinary(ST_PointOnSurface(b.geom)) AS place
  FROM building b WHERE upper_inf(b.valid) AND b.area_path <@ %(path)s::ltree
   AND b.geom && ST_GeomFromWKB(%(around)s, 4490)
"""


@dataclass(frozen=True)
class Piece:
    """Ground that goes from one area to another of the same level (keys); both may be the same.

    `share_area` and `share_households` are shares of the area it came from.
    """

    source: str
    target: str
    level: str
    geom: BaseGeometry
    share_area: float
    households: int | None
    buildings: int
    share_households: float | None


@dataclass(frozen=True)
class Outcome:
    """A plan carried out: the picture in metres and everything that follows from it.

    `named` has code, scheme and name of each new area, `paths` the path of every area, `households` the
    households of areas whose ground is new. `findings` say what refuses or warns (dicts for JSON).
    """

    picture: Picture
    ground: Ground
    difference: Difference
    pieces: list[Piece]
    named: dict[str, Named]
    paths: dict[str, str]
    households: dict[str, int | None]
    findings: list[dict[str, Any]]

    @property
    def refused(self) -> bool:
        """Whether a finding forbids the plan."""
        return any(found["severity"] == Severity.REFUSE for found in self.findings)

    def code_of(self, key: str) -> str:
        """The code of a unit, new ones included."""
        if key in self.named:
            return self.named[key].code
        unit = self.picture.units.get(key) or self.picture.before[key]
        return str(unit.code)

    def name_of(self, key: str) -> str:
        """The name of a unit, new ones included."""
        if key in self.named:
            return self.named[key].name
        unit = self.picture.units.get(key) or self.picture.before[key]
        return unit.name or str(unit.code)


def outcome_of(tx: Transaction, plan: Row, trial: Trial | None = None) -> Outcome:
    """The outcome of a plan (row of `reading.plan_row`) on the areas in force now.

    Raises InvalidInput only when the plan's own area is gone; everything else is a finding.
    """
    picture, ground = picture_of(tx, plan["area_id"])
    findings = carried_out(tx, plan, picture, ground, trial)
    add_corners(picture)
    change = difference(picture)
    named: dict[str, Named] = {}
    try:
        named = name_new(picture)
    except InvalidInput as error:
        findings.append(_finding(error.detail("zh"), error.detail("en"), "codes_exhausted"))
        named = {key: Named(key, "governance", key) for key in change.new}
    if change.nothing and not findings:
        findings.append(_finding("方案不改变任何区域", "The plan changes nothing", "nothing"))
    root = picture.before[picture.root]
    paths = paths_of(picture, named, str(root.path))
    buildings = _buildings(tx, picture, ground, change, str(root.path))
    pieces = _pieces(picture, change, buildings)
    outcome = Outcome(
        picture, ground, change, pieces, named, paths, _households(picture, pieces), findings
    )
    findings += _broken(outcome)
    findings += _faults(tx, outcome, buildings)
    return outcome


def _broken(outcome: Outcome) -> list[dict[str, Any]]:
    """Outlines that could not be stored; never seen, but the hour is no place to find one."""
    change = outcome.difference
    return [
        _finding(
            f"{outcome.name_of(key)}的边界自相交，请调整画线",
            f"The outline of {outcome.name_of(key)} crosses itself; draw it differently",
            "invalid_geometry",
        )
        for key in (*change.new, *change.changed)
        if not outcome.ground.stored(outcome.picture.units[key].geom).is_valid
    ]


def _finding(zh: str, en: str, code: str) -> dict[str, Any]:
    return {"kind": "plan", "severity": "refuse", "code": code, "areas": [], "zh": zh, "en": en}


# --- ground that changes hands -----------------------------------------------------------------


@dataclass(frozen=True)
class _Buildings:
    """Buildings of the touched ground: points and outlines in metres, households (0: unknown)."""

    codes: list[str]
    places: Any
    outlines: Any
    households: Any

    def inside(self, shape: BaseGeometry) -> Any:
        """Positions of the buildings whose point lies in a shape."""
        if not len(self.places):
            return np.array([], dtype=int)
        return np.flatnonzero(shapely.intersects(shape, self.places))


def _buildings(
    tx: Transaction, picture: Picture, ground: Ground, change: Difference, path: str
) -> _Buildings:
    touched = [
        *(picture.before[k].geom for k in (*change.redrawn, *change.retired)),
        *(picture.units[k].geom for k in (*change.redrawn, *change.new, *change.back)),
    ]
    if not touched:
        return _Buildings([], np.array([]), np.array([]), np.array([]))
    around = shapely.box(*shapely.total_bounds(np.array(touched, dtype=object)))
    given = {"path": path, "around": shapely.to_wkb(ground.degrees(around))}
    rows = tx.connection.execute(_BUILDINGS, given).fetchall()

    def in_metres(column: str) -> Any:
        found = shapely.from_wkb([bytes(row[column]) for row in rows])
        return np.array([ground.metres(shape) for shape in found], dtype=object)

    return _Buildings(
        [row["code"] for row in rows],
        in_metres("place"),
        in_metres("geom"),
        np.array([row["households"] or 0 for row in rows], dtype=int),
    )


def _pieces(picture: Picture, change: Difference, buildings: _Buildings) -> list[Piece]:
    """Ground of touched areas by where it comes from and goes to, level by level."""
    sources = [picture.before[k] for k in (*change.redrawn, *change.retired)]
    targets = [picture.units[k] for k in (*change.redrawn, *change.new, *change.back)]
    found: list[Piece] = []
    for level in dict.fromkeys(unit.level for unit in sources):
        these = [unit for unit in sources if unit.level == level]
        those = [unit for unit in targets if unit.level == level]
        if not those:
            continue
        tree = shapely.STRtree([unit.geom for unit in those])
        for unit in these:
            for at in sorted(tree.query(unit.geom, predicate="intersects")):
                piece = _piece(unit, those[at], buildings)
                if piece is not None:
                    found.append(piece)
    return found


def _piece(source: Unit, target: Unit, buildings: _Buildings) -> Piece | None:
    geom = source.geom.intersection(target.geom)
    share = geom.area / source.geom.area
    if share < LEAST_SHARE:
        return None
    own, moved = buildings.inside(source.geom), buildings.inside(geom)
    total, part = int(buildings.households[own].sum()), int(buildings.households[moved].sum())
    return Piece(
        source=source.key,
        target=target.key,
        level=source.level,
        geom=geom,
        share_area=min(share, 1.0),
        households=part if total else None,
        buildings=len(moved),
        share_households=min(part / total, 1.0) if total else None,
    )


def _households(picture: Picture, pieces: list[Piece]) -> dict[str, int | None]:
    """Households of areas that get ground: what their sources had, by households, else by area."""
    found: dict[str, float] = {}
    for piece in pieces:
        had = picture.before[piece.source].households
        share = piece.share_area if piece.share_households is None else piece.share_households
        if had is not None:
            found[piece.target] = found.get(piece.target, 0.0) + had * share
    return {
        piece.target: round(found[piece.target]) if piece.target in found else None
        for piece in pieces
    }


# --- faults ------------------------------------------------------------------------------------


def _faults(tx: Transaction, outcome: Outcome, buildings: _Buildings) -> list[dict[str, Any]]:
    """What the topology check says of every parent that the plan touches, worst first.

    A fault that was there before, in the same place, is no fault of the plan.
    """
    picture, change = outcome.picture, outcome.difference
    drawn = (*change.new, *change.redrawn, *change.back)
    touched = (*drawn, *change.changed, *change.retired)
    parents = {
        unit.parent
        for key in touched
        for unit in (picture.before.get(key), picture.units.get(key))
        if unit is not None and unit.parent is not None
    }
    parents |= {key for key in touched if key in picture.units and picture.children(key)}
    ids = [u.area_id for k in parents if (u := picture.before.get(k)) and u.area_id is not None]
    sheets = read_sheets(tx, ids).by_key if ids else {}
    by_level = {level: sheet.limits for (_, level), sheet in sheets.items()}
    outlines = dict(zip(buildings.codes, buildings.outlines, strict=True))
    told: list[dict[str, Any]] = []
    for parent in sorted(p for p in parents if p in picture.units):
        members = picture.children(parent)
        level = next((unit.level for unit in members.values()), None)
        if level is None:
            if parent in picture.before and _had_children(picture, parent):
                zh, en = f"{outcome.name_of(parent)}内没有区域了", "Nothing is left inside it"
                told.append(_finding(zh, en, "gap"))
            continue
        was = {k: u.geom for k, u in picture.before.items() if u.parent == parent}
        before = picture.before.get(parent)
        faults = _check(outcome, parent, by_level.get(level, Limits()), outlines)
        old = (
            check(
                before.geom, was, by_level.get(level, Limits()), buildings=outlines, repairs=False
            )
            if before is not None and was and faults
            else []
        )
        told += [
            _told(outcome, parent, fault)
            for fault in faults
            if not _was_there(fault, old) and _concerns(fault, drawn)
        ]
    return sorted(told, key=lambda found: found["severity"] != "refuse")


def _had_children(picture: Picture, key: str) -> bool:
    return any(unit.parent == key for unit in picture.before.values())


def _check(
    outcome: Outcome, parent: str, limits: Limits, buildings: dict[str, BaseGeometry]
) -> list[Fault]:
    picture = outcome.picture
    members = picture.children(parent)
    contents = {
        key: Contents(households=outcome.households.get(key, unit.households))
        for key, unit in members.items()
    }
    return check(
        picture.units[parent].geom,
        {key: unit.geom for key, unit in members.items()},
        limits,
        dedicated=[key for key, unit in members.items() if unit.kind == "dedicated_grid"],
        contents=contents,
        buildings=buildings,
        repairs=False,
    )


def _was_there(fault: Fault, old: list[Fault]) -> bool:
    """Whether a fault lies where one of its kind lay before."""
    same = [f.geom.buffer(shapes.THREAD_M) for f in old if f.kind is fault.kind]
    if not same:
        return False
    return bool(fault.geom.difference(shapely.union_all(same)).is_empty)


def _concerns(fault: Fault, drawn: tuple[str, ...]) -> bool:
    """Warnings of areas that the plan leaves alone are not its business; refusals always are."""
    return fault.severity is Severity.REFUSE or any(key in drawn for key in fault.areas)


def _told(outcome: Outcome, parent: str, fault: Fault) -> dict[str, Any]:
    names = [Words(outcome.name_of(key), outcome.name_of(key)) for key in fault.areas]
    above = Words(outcome.name_of(parent), outcome.name_of(parent))
    words = sentence(fault, names, above, fault.building)
    return {
        "kind": fault.kind.value,
        "severity": fault.severity.value,
        "code": fault.kind.value,
        "areas": list(fault.areas),
        "parent": parent,
        "measure": round(fault.measure, 4),
        "unit": fault.unit.value,
        "zh": words.zh,
        "en": words.en,
        "geometry": _geojson(outcome.ground.degrees(fault.geom)),
    }


def _geojson(shape: BaseGeometry) -> dict[str, Any]:
    return dict(shapely.geometry.mapping(shape))
