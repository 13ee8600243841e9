"""The faults of stored sheets, and the guard that lets no operation make a new one.

`lock_parents` before and `assert_coverage` after are called by every writing of boundaries;
`write_areas` does both, so an operation that writes through it needs no more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridcenter.areas.fault_kinds import Contents, Fault, FaultKind, Repair, Unit
from gridcenter.areas.fault_words import sentence
from gridcenter.areas.plane import Corners, Plane
from gridcenter.areas.sheets import ROOTS, Sheet, Sheets, name_of, read_sheets
from gridcenter.areas.topology import check, refusing
from gridcenter.codes import Level
from gridcenter.database import Transaction
from gridcenter.errors import BoundaryRefused, Words
from gridcenter.geo import from_storage, zone_of

# A gap in ground that no area had before, larger than this share of its largest neighbour, waits for
# an area that was not brought yet; a smaller one is a slip of the pen.
_WAITING_SHARE = 0.1

# Where the zones are; elsewhere the metres of the plane are the best there are.
CHINA_WEST, CHINA_EAST = 73.5, 136.5

_LEVELS = list(Level)

_LOCK = """
SELECT id FROM area WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE
"""
# The topmost areas have no row above them to lock.
_LOCK_ROOTS = "SELECT pg_advisory_xact_lock(hashtext('area without parent'))"


def lock_parents(tx: Transaction, parent_ids: Collection[int | None]) -> None:
    """Lock the parents until the transaction ends; None stands for the areas that have no parent.

    Two writers of one parent go one after the other; the order of ids keeps them from waiting for
    each other in a ring.
    """
    ids = _ids(parent_ids)
    if ROOTS in ids:
        tx.execute(_LOCK_ROOTS)
    tx.execute(_LOCK, {"ids": sorted(ids - {ROOTS})})


def lying_now(tx: Transaction, parent_ids: Collection[int | None]) -> Sheets:
    """How the areas of these parents lie, to be read under the lock before a writing."""
    return read_sheets(tx, _ids(parent_ids))


def assert_coverage(
    tx: Transaction,
    parent_ids: Collection[int | None],
    before: Sheets,
    *,
    accepted: bool = False,
) -> list[tuple[Sheet, Fault]]:
    """The refusing faults that were let pass, each with its sheet (geometry in the check's metres).

    Raises BoundaryRefused with the sentence of the worst one that was not there `before`, unless a
    person saw and `accepted` them. A fault is an old one when it lies in the place of old faults. A
    gap in ground that nobody had is let pass when it is as large as an area: it waits for one.
    """
    sheets = read_sheets(tx, _ids(parent_ids))
    # From the top: what is wrong above is what people see first.
    loose = sorted(sheets.loose(), key=lambda key: (_LEVELS.index(Level(key[1])), key[0]))
    passed: list[tuple[Sheet, Fault]] = []
    for key in loose:
        sheet = sheets.by_key[key]
        plane = Plane.around(sheet.place)
        found = refusing(_fit(sheet, plane, repairs=False))
        if not found:
            continue
        earlier = before.by_key.get(key)
        if not accepted and (new := _new(found, sheet, earlier, plane)):
            raise BoundaryRefused(told(new[0], sheet))
        passed += [(sheet, fault) for fault in found]
    return passed


def told(fault: Fault, sheet: Sheet, building: str | None = None) -> Words:
    """The sentence of a fault of a sheet."""
    names = [sheet.names[id_] for id_ in fault.areas]
    return sentence(fault, names, name_of(sheet.parent), building)


def sheet_faults(
    sheet: Sheet,
    *,
    loose: bool,
    contents: Mapping[int, Contents] | None = None,
    buildings: Mapping[Any, BaseGeometry] | None = None,
) -> list[Fault]:
    """All faults of a sheet, geometry EPSG:4490, areas measured in the Gauss-Krüger zone."""
    counted = sheet.contents() if contents is None else contents
    members = dict(zip(sheet.ids, sheet.shapes, strict=True))
    whole = not (shapely.get_num_geometries(sheet.shapes) > 1).any()
    if whole and not loose and not buildings:
        found = check(sheet.border, members, sheet.limits, contents=counted, fit=False)
        return [_measured(fault) for fault in found]
    plane = Plane.around(sheet.place)
    found = _fit(sheet, plane, contents=counted, buildings=buildings, fit=loose)
    mending = any(fault.repair is not None for fault in found)
    known = plane.corners(sheet.place if mending else sheet.place[:0])
    return [_measured(_stored(fault, plane, known)) for fault in found]


def mended(sheet: Sheet) -> dict[int, BaseGeometry] | None:
    """New outlines (EPSG:4490) that mend the worst fault of a sheet: None when it has none that
    refuses, empty when none can be mended."""
    plane = Plane.around(sheet.place)
    found = refusing(_fit(sheet, plane))
    if not found:
        return None
    known = plane.corners(sheet.place)
    for fault in (_stored(one, plane, known) for one in found):
        if fault.repair is not None:
            return dict(fault.repair.geometries)
    return {}


def _fit(sheet: Sheet, plane: Plane, **options: Any) -> list[Fault]:
    """The check in metres; `buildings` are given in degrees."""
    buildings = options.pop("buildings", None)
    if buildings:
        options["buildings"] = {k: plane.to_metres(shape) for k, shape in buildings.items()}
    members = dict(zip(sheet.ids, plane.to_metres(sheet.shapes), strict=True))
    border = None if sheet.border is None else plane.to_metres(sheet.border)
    return check(border, members, sheet.limits, dedicated=sheet.dedicated, **options)


def _new(found: list[Fault], sheet: Sheet, earlier: Sheet | None, plane: Plane) -> list[Fault]:
    """Those of the refusing faults that were not there before."""
    old = [] if earlier is None else refusing(_fit(earlier, plane, repairs=False))
    return [fault for fault in found if not _was_there(fault, old, sheet, earlier, plane)]


def _was_there(
    fault: Fault, old: list[Fault], sheet: Sheet, earlier: Sheet | None, plane: Plane
) -> bool:
    """Whether a refusing fault lies where one was before, or is ground that waits for its area."""
    kind = fault.strip or fault.kind
    same = [f.geom for f in old if (f.strip or f.kind) is kind]
    slack = sheet.limits.tolerances.edge_m
    rest = shapely.difference(fault.geom, shapely.union_all([g.buffer(slack) for g in same]))
    if shapely.area(rest) <= slack * fault.geom.length:
        return True
    if kind is not FaultKind.GAP:
        return False
    if earlier is not None:
        had = shapely.union_all(plane.to_metres(earlier.shapes))
        if shapely.area(shapely.intersection(rest, had)) > slack * fault.geom.length:
            return False
    beside = [row["area_m2"] for row in sheet.rows if row["id"] in fault.areas]
    return fault.measure > _WAITING_SHARE * max(beside, default=0.0)


def _stored(fault: Fault, plane: Plane, known: Corners) -> Fault:
    """The fault with geometry in degrees; corners of a repair that did not move keep their bits."""
    repair = fault.repair
    if repair is not None:
        shapes = {id_: plane.to_degrees(g, known) for id_, g in repair.geometries.items()}
        sound = all(shape.is_valid for shape in shapes.values())
        repair = Repair(repair.method, shapes, repair.changed_m2) if sound else None
    return replace(fault, geom=plane.to_degrees(fault.geom), repair=repair)


def _measured(fault: Fault) -> Fault:
    """The fault with its area measured where all areas are: in the zone of the place."""
    if fault.unit is not Unit.M2 or fault.limit is not None:
        return fault
    west = shapely.bounds(fault.geom)[0]
    if not CHINA_WEST <= west < CHINA_EAST:
        return fault
    zone = zone_of(west)
    metric = shapely.transform(
        fault.geom, lambda xy: np.column_stack(from_storage(xy[:, 0], xy[:, 1], zone))
    )
    return replace(fault, measure=float(shapely.area(metric)))


def _ids(parent_ids: Collection[int | None]) -> set[int]:
    return {ROOTS if id_ is None else id_ for id_ in parent_ids}
