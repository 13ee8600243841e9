"""From a code to proposals on the map: reads, plans, gives GeoJSON with measures and reasons.

The reading needs a transaction, the planning does not: `prepared` and `planned` are apart, so that no
transaction stays open while a search runs.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridcenter.areas.fault_kinds import Severity
from gridcenter.areas.topology import check
from gridcenter.codes import Level
from gridcenter.database import Row, Transaction
from gridcenter.errors import FieldError, InvalidInput, Words
from gridcenter.redraw.division.cells import cells_of_buildings
from gridcenter.redraw.division.faces import Geometries
from gridcenter.redraw.division.graph import cell_graph
from gridcenter.redraw.division.measures import continued, owners
from gridcenter.redraw.division.planner import Ground, Proposal, Wish, propose
from gridcenter.redraw.division.queries import Divided, blocks_of, divided

# A building that reaches this far into a second cell is told as cut; less is drawing error.
_CUT_M2 = 0.5
# A dedicated grid that covers so much of a general one is nested in it, not cut out of it.
_NESTED_M2 = 1.0


@dataclass(frozen=True)
class Request:
    """What a person asks: the wish, the areas to keep (codes), and whether micro-grids stay whole.

    `whole_microgrids` None keeps them whole where they can be trusted: where they tile the parent
    without a fault and none is larger than an area may be.
    `lines` are roads, water, walls in EPSG:4490 that borders should follow; without any, streets are
    derived from the widest gaps between buildings.
    """

    parent: str
    level: str
    wish: Wish
    lock: tuple[str, ...] = ()
    whole_microgrids: bool | None = None
    lines: tuple[BaseGeometry, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """What was read, turned into cells; `polygons` in metres, one for each cell of the ground."""

    given: Divided
    ground: Ground
    polygons: Geometries
    names: list[str]  # codes of the areas of today, by the numbers in `ground.today`
    microgrids: Words | None = (
        None  # what becomes of the micro-grids of today; None: there are none
    )


@dataclass(frozen=True)
class Planned:
    """The proposals and the outline of each of their areas in EPSG:4490, in the same order."""

    prepared: Prepared
    proposals: list[Proposal]
    shapes: list[list[BaseGeometry]]


def prepared(tx: Transaction, request: Request) -> Prepared:
    """The cells of the parent. Raises NotFound, InvalidInput (level, codes to keep)."""
    given = divided(tx, request.parent, request.level)
    kept = _kept(given, request.lock)
    blocks = blocks_of(tx, given) if given.level is Level.GRID else []
    if not blocks:
        return _of_buildings(given, kept, request.lines)
    against = _distrusted(given, blocks, request.wish)
    if request.whole_microgrids and against is not None and not against[1]:
        raise InvalidInput.of("whole_microgrids", "not_tiling", against[0].zh, against[0].en)
    if request.whole_microgrids or (request.whole_microgrids is None and against is None):
        return replace(_of_blocks(given, blocks, kept), microgrids=WHOLE)
    ready = _of_buildings(given, kept, request.lines)
    crossed = tuple(_crossed(ready.polygons, block["geom"]) for block in blocks)
    why = Words("", "") if against is None else against[0]
    return replace(
        ready,
        ground=replace(ready.ground, microgrids=crossed),
        microgrids=Words(f"{why.zh}{_CUT.zh}", f"{why.en}{_CUT.en}"),
    )


WHOLE = Words(
    "现有微网格整个地归入新网格，一个也不切开",
    "The micro-grids of today stay whole; grids are made of them",
)
_CUT = Words(
    "微网格随新边界分开：不切楼栋，较小的部分并入同一网格里相邻的微网格",
    "Micro-grids are cut along the new borders, never through a building; the smaller parts join a"
    " neighbour in the same grid",
)


def _distrusted(given: Divided, blocks: list[Row], wish: Wish) -> tuple[Words, bool] | None:
    """Why grids should not be made of the micro-grids, and whether they could be; None: they should."""
    faults = check(given.ground, {b["code"]: b["geom"] for b in blocks}, repairs=False)
    wrong = [fault for fault in faults if fault.severity is Severity.REFUSE]
    if wrong:
        return Words(
            f"现有微网格没有铺满范围或互相重叠（{len(wrong)} 处），不能作为单元。",
            f"The micro-grids of today leave gaps or overlap ({len(wrong)} faults): no cells to trust. ",
        ), False
    most = max(_households_in(given, blocks).values())
    if most > wish.most:
        return Words(
            f"有微网格达 {most} 户，超过上限 {wish.most}。",
            f"A micro-grid has {most} households, more than {wish.most}. ",
        ), True
    return None


def _crossed(cells: Geometries, block: BaseGeometry) -> tuple[int, ...]:
    """The cells on which a micro-grid has more than a trace of ground."""
    near = np.sort(shapely.STRtree(cells).query(block, predicate="intersects"))
    much = shapely.area(shapely.intersection(cells[near], block)) > _NESTED_M2
    return tuple(near[much].tolist())


def planned(ready: Prepared, wish: Wish) -> Planned:
    """Proposals and their outlines. Raises InvalidInput, DivisionImpossible; see `planner.propose`."""
    proposals = propose(ready.ground, wish)
    plane = ready.given.plane
    known = plane.corners(ready.given.known)
    shapes = [
        [
            plane.to_degrees(shapely.coverage_union_all(ready.polygons[list(area.cells)]), known)
            for area in proposal.areas
        ]
        for proposal in proposals
    ]
    return Planned(ready, proposals, shapes)


def _kept(given: Divided, lock: Collection[str]) -> list[Row]:
    """The areas of today that stay: those asked for, and dedicated grids that are cut out."""
    by_code = {area["code"]: area for area in given.areas}
    unknown = [code for code in lock if code not in by_code]
    if unknown:
        said = "、".join(unknown)
        raise InvalidInput(
            [
                FieldError(
                    "lock",
                    "unknown_area",
                    f"{given.parent['code']} 之下没有 {said}，不能保持",
                    f"There is no {', '.join(unknown)} below {given.parent['code']} to keep",
                )
            ]
        )
    general = [a["geom"] for a in given.areas if a["kind"] != "dedicated_grid"]
    whole = shapely.union_all(general) if general else None
    return [
        area
        for area in given.areas
        if area["code"] in lock
        or (
            area["kind"] == "dedicated_grid"
            and (whole is None or whole.intersection(area["geom"]).area < _NESTED_M2)
        )
    ]


def _of_buildings(given: Divided, kept: list[Row], lines: Sequence[BaseGeometry]) -> Prepared:
    drawn = [given.plane.to_metres(line) for line in lines]
    cells = cells_of_buildings(
        given.ground, list(given.shapes), drawn, [area["geom"] for area in kept]
    )
    households = [building["households"] for building in given.buildings]
    graph = cells.graph(households)
    locked = {area["code"]: [cell] for area, cell in zip(kept, cells.kept, strict=True)}
    names = [area["code"] for area in given.areas]
    today = _today_of_buildings(given, cells.cell_of.tolist(), len(graph)) if names else None
    ground = Ground(graph, today, locked, _straddling(given, cells.polygons, kept))
    return Prepared(given, ground, cells.polygons, names)


def _today_of_buildings(given: Divided, cell_of: list[int], cells: int) -> list[int]:
    """The area of today with most households of each cell; for ground without any the first."""
    number = {area["path"]: at for at, area in enumerate(given.areas)}
    depth = len(given.parent["path"].split(".")) + 1
    votes: list[dict[int, int]] = [{} for _ in range(cells)]
    for building, cell in zip(given.buildings, cell_of, strict=True):
        at = number.get(".".join(building["path"].split(".")[:depth]), -1)
        if cell >= 0 and at >= 0:
            votes[cell][at] = votes[cell].get(at, 0) + building["households"]
    return [max(vote, key=lambda at: (vote[at], -at)) if vote else -1 for vote in votes]


def _of_blocks(given: Divided, blocks: list[Row], kept: list[Row]) -> Prepared:
    """Cells that are the micro-grids of today: the new grids re-hang them and cut none."""
    polygons = np.array([block["geom"] for block in blocks], dtype=object)
    households = _households_in(given, blocks)
    graph = cell_graph(list(polygons), list(households.values()))
    number = {area["path"]: at for at, area in enumerate(given.areas)}
    today = [number.get(block["path"].rsplit(".", 1)[0], -1) for block in blocks]
    names = [area["code"] for area in given.areas]
    locked = {
        area["code"]: [c for c, at in enumerate(today) if at >= 0 and names[at] == area["code"]]
        for area in kept
    }
    locked = {code: cells for code, cells in locked.items() if cells}
    ground = Ground(graph, today, locked, _straddling(given, polygons, []))
    return Prepared(given, ground, polygons, names)


def _households_in(given: Divided, blocks: list[Row]) -> dict[str, int]:
    """The households of each micro-grid by path, in the order of `blocks`."""
    households = dict.fromkeys((block["path"] for block in blocks), 0)
    for building in given.buildings:
        if building["path"] in households:
            households[building["path"]] += building["households"]
    return households


def _straddling(
    given: Divided, polygons: Geometries, kept: list[Row]
) -> tuple[tuple[int, ...], ...]:
    """The cells of each building that has ground in several; what a kept area cuts is not counted."""
    if not len(given.shapes):
        return ()
    shapes = given.shapes
    if kept:
        shapes = shapely.difference(shapes, shapely.union_all([area["geom"] for area in kept]))
    building, cell = shapely.STRtree(polygons).query(shapes, predicate="intersects")
    much = shapely.area(shapely.intersection(shapes[building], polygons[cell])) > _CUT_M2
    found: dict[int, list[int]] = {}
    for one, other in zip(building[much].tolist(), cell[much].tolist(), strict=True):
        found.setdefault(one, []).append(other)
    return tuple(tuple(sorted(cells)) for _, cells in sorted(found.items()) if len(cells) > 1)


# --- how it is told ------------------------------------------------------------------------------


def document(done: Planned, locale: str) -> dict[str, Any]:
    """``{parent, level, …, microgrids, proposals: [{style, name, measures, areas: FeatureCollection}]}``.

    `microgrids` is a sentence on what becomes of the micro-grids of today, None where there are none.
    """
    given, graph = done.prepared.given, done.prepared.ground.graph
    return {
        "parent": given.parent["code"],
        "level": given.level.value,
        "households": sum(graph.households),
        "cells": len(graph),
        "buildings": len(given.buildings),
        "microgrids": None
        if done.prepared.microgrids is None
        else done.prepared.microgrids.in_locale(locale),
        "proposals": [
            proposal_document(done, number, locale) for number in range(len(done.proposals))
        ],
    }


def proposal_document(done: Planned, number: int, locale: str) -> dict[str, Any]:
    """One proposal: its style, seed, measures, and its areas as GeoJSON (lon/lat, CGCS2000)."""
    proposal = done.proposals[number]
    return {
        "number": number + 1,
        "style": proposal.style,
        "name": proposal.words.in_locale(locale),
        "seed": proposal.seed,
        "complete": proposal.complete,
        "measures": {
            key: round(value, 4) if isinstance(value, float) else value
            for key, value in asdict(proposal.measures).items()
        },
        "areas": {"type": "FeatureCollection", "features": _features(done, number, locale)},
    }


def _features(done: Planned, number: int, locale: str) -> list[dict[str, Any]]:
    proposal, shapes = done.proposals[number], done.shapes[number]
    codes = codes_of(done, number)
    names = {area["code"]: area["name"] for area in done.prepared.given.areas}
    level = done.prepared.given.level
    features = []
    for at, (area, shape) in enumerate(zip(proposal.areas, shapes, strict=True)):
        name = names.get(codes[at].code) or f"{level.words.zh}{codes[at].code[-3:]}"
        features.append(
            {
                "type": "Feature",
                "geometry": json.loads(shapely.to_geojson(shape)),
                "properties": {
                    "code": codes[at].code,
                    "parent_code": done.prepared.given.parent["code"],
                    "level": level.value,
                    "name": name,
                    "is_new": codes[at].is_new,
                    "households": area.households,
                    "area_m2": round(area.area_m2, 1),
                    "compactness": round(area.compactness, 4),
                    "locked": area.locked is not None,
                    "reason_code": area.reason_code,
                    "reason": area.reason.in_locale(locale) if area.reason else None,
                },
            }
        )
    return features


@dataclass(frozen=True)
class GivenCode:
    """The code of a proposed area, and whether it is a new one."""

    code: str
    is_new: bool


def codes_of(done: Planned, number: int) -> list[GivenCode]:
    """A code for each area: that of the area of today it continues, or one that was never given."""
    ready, areas = done.prepared, done.proposals[number].areas
    owner = owners(ready.ground.graph, [list(area.cells) for area in areas])
    kept: dict[int, str] = {at: area.locked for at, area in enumerate(areas) if area.locked}
    if ready.ground.today is not None:
        today = [
            -1 if n >= 0 and ready.names[n] in kept.values() else n for n in ready.ground.today
        ]
        for new, old in continued(ready.ground.graph, owner, today).items():
            kept.setdefault(new, ready.names[old])
    fresh = iter(_fresh_codes(ready.given, len(areas)))
    return [
        GivenCode(kept[at], False) if at in kept else GivenCode(next(fresh), True)
        for at in range(len(areas))
    ]


def _fresh_codes(given: Divided, wanted: int) -> list[str]:
    """Codes below the parent with the next numbers; a number that was ever given is left out."""
    prefix = given.parent["code"] + ("Z" if given.level is Level.GRID else "")
    ends = (code[len(prefix) :] for code in given.used_codes if code.startswith(prefix))
    last = max((int(end) for end in ends if end.isdigit()), default=0)
    return [f"{prefix}{last + 1 + step:03d}" for step in range(wanted)]


def as_item(done: Planned, number: int) -> dict[str, Any]:
    """What a redraw plan's step `replace` is given to carry out a proposal.

    Areas that continue one of today keep its code; new ones get theirs when the plan is carried out.
    """
    proposal = proposal_document(done, number, "zh")
    rows = []
    for feature in proposal["areas"]["features"]:
        told = feature["properties"]
        row = {"level": told["level"], "geometry": feature["geometry"]}
        rows.append(row if told["is_new"] else {**row, "code": told["code"]})
    return {"area": done.prepared.given.parent["code"], "areas": rows}
