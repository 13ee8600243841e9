"""Do the areas of one parent fit together: what is wrong, where, by how much, and how to mend it.

Pure: no database, no settings. Coordinates are metres of one plane (the 3° Gauss-Krüger zone of the
parent, or a `plane.Plane`); keys are whatever the caller calls its areas by (codes, row ids).

How it is done: `chains` proves by one sort that every place of the parent is covered exactly once;
only the edges for which it is not proven are looked at with geometry (`fit`), and mended (`repairs`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridcenter.areas.chains import Shapes
from gridcenter.areas.fault_kinds import (
    Contents,
    Fault,
    FaultKind,
    Limits,
    Method,
    Repair,
    Severity,
    Sizes,
    Tolerances,
    Unit,
    Unsafe,
)
from gridcenter.areas.fit import Fitting, Misfit, polygons
from gridcenter.areas.repairs import Mending

__all__ = [
    "Contents",
    "Fault",
    "FaultKind",
    "Limits",
    "Method",
    "Repair",
    "Severity",
    "Sizes",
    "Tolerances",
    "Unit",
    "Unsafe",
    "check",
    "refusing",
]

_ORDER = list(FaultKind)
AS_SHIPPED = Limits()


def check(
    parent: BaseGeometry | None,
    members: Mapping[Any, BaseGeometry],
    limits: Limits = AS_SHIPPED,
    *,
    dedicated: Sequence[Any] = (),
    contents: Mapping[Any, Contents] | None = None,
    buildings: Mapping[Any, BaseGeometry] | None = None,
    repairs: bool = True,
    fit: bool = True,
) -> list[Fault]:
    """All faults of the members of one parent and level, worst first; empty when all is well.

    `parent` None checks the members among themselves only. `dedicated` are the keys of 专属网格: with
    `limits.nested` they may lie inside a 综合网格 and are checked apart. `contents` and `buildings`
    add the faults of sizes, empty areas and cut buildings. Geometries must be valid polygons;
    `repairs` False leaves the proposals out, which is quicker; `fit` False leaves out how they fit,
    for members of whom that is proven already.
    """
    apart = frozenset(dedicated) if limits.nested else frozenset()
    groups = [[k for k in members if k not in apart], [k for k in members if k in apart]]
    found: list[Fault] = []
    for keys, nested in zip(groups, (False, True), strict=True):
        split = _in_parts([members[k] for k in keys])
        if keys and (fit or buildings or len(split)):
            sheet = _Sheet(parent, keys, members, limits, nested, frozenset(dedicated))
            if fit:
                found += sheet.misfits(repairs)
            found += sheet.cut_buildings(buildings or {}, repairs)
            found += sheet.parts(split, repairs)
    found += _counted(members, limits.sizes, contents or {})
    return sorted(found, key=_worst_first)


def refusing(faults: Sequence[Fault]) -> list[Fault]:
    """Those that forbid a writing."""
    return [fault for fault in faults if fault.severity is Severity.REFUSE]


def _worst_first(fault: Fault) -> tuple[bool, int, float]:
    return fault.severity is not Severity.REFUSE, _ORDER.index(fault.kind), -fault.measure


class _Sheet:
    """One layer of areas that may not lie over each other."""

    def __init__(
        self,
        parent: BaseGeometry | None,
        keys: Sequence[Any],
        members: Mapping[Any, BaseGeometry],
        limits: Limits,
        nested: bool,
        dedicated: frozenset[Any],
    ) -> None:
        self.keys = keys
        self.shapes = np.array([members[k] for k in keys], dtype=object)
        self.parent = parent
        self.nested = nested
        self.tolerances = limits.tolerances
        # Dedicated grids do not fill their parent: laid over it they would leave gaps everywhere.
        self.fitting = Fitting(self.shapes, None if nested else parent, limits.tolerances)
        first = np.array([k in dedicated for k in keys], dtype=bool)
        self.mending = Mending(self.fitting, parent, first)

    def misfits(self, repairs: bool) -> Iterator[Fault]:
        """Overlaps, gaps, slivers, unmatched edges and pieces outside."""
        for misfit in self._misfits():
            repair = self.mending.of(misfit) if repairs else None
            told_in_m = misfit.kind is FaultKind.UNMATCHED_EDGE
            yield Fault(
                kind=misfit.kind,
                areas=tuple(self.keys[i] for i in misfit.members),
                geom=misfit.geom,
                measure=misfit.measure,
                unit=Unit.M if told_in_m else Unit.M2,
                severity=Severity.WARN if told_in_m else Severity.REFUSE,
                width_m=misfit.width_m,
                repair=self._named(repair),
                strip=misfit.of if misfit.kind is FaultKind.SLIVER else None,
            )

    def _misfits(self) -> Iterator[Misfit]:
        for misfit in self.fitting.misfits():
            if not (self.nested and misfit.of is FaultKind.GAP):
                yield misfit
        if self.nested and self.parent is not None:
            yield from self.fitting.beyond(self.parent)

    def cut_buildings(
        self, buildings: Mapping[Any, BaseGeometry], repairs: bool
    ) -> Iterator[Fault]:
        """Buildings that reach into a second area by more than `cut_m`; m² of all but the largest."""
        if not buildings:
            return
        names = list(buildings)
        outlines = np.array([buildings[n] for n in names], dtype=object)
        for at, members, pieces in _cut(outlines, self.fitting, self.tolerances.cut_m):
            repair = self.mending.whole(outlines[at], members) if repairs else None
            yield Fault(
                kind=FaultKind.BUILDING_CUT,
                areas=tuple(self.keys[i] for i in members),
                geom=shapely.union_all(pieces[1:]),
                measure=float(shapely.area(pieces[1:]).sum()),
                unit=Unit.M2,
                severity=Severity.WARN,
                repair=self._named(repair),
                building=names[at],
            )

    def parts(self, split: Sequence[int], repairs: bool) -> Iterator[Fault]:
        """Areas in several pieces (positions): m² of all but the largest."""
        for at in split:
            parts = polygons([self.shapes[at]])
            main = int(np.argmax(shapely.area(parts)))
            rest = np.delete(parts, main)
            given = self.mending.given_away(at, parts[main], rest) if repairs else None
            yield Fault(
                kind=FaultKind.MULTI_PART,
                areas=(self.keys[at],),
                geom=shapely.MultiPolygon(list(rest)),
                measure=float(shapely.area(rest).sum()),
                unit=Unit.M2,
                severity=Severity.WARN,
                repair=self._named(given) if isinstance(given, Repair) else None,
                unsafe=given if isinstance(given, Unsafe) else None,
            )

    def _named(self, repair: Repair | None) -> Repair | None:
        if repair is None:
            return None
        by_key = {self.keys[i]: shape for i, shape in repair.geometries.items()}
        return Repair(repair.method, by_key, repair.changed_m2)


def _cut(
    outlines: Shapes, fitting: Fitting, cut_m: float
) -> Iterator[tuple[int, list[int], Shapes]]:
    """(building, members by share, its pieces in them) for each building in more than one area."""
    building, member = fitting.tree.query(outlines, predicate="intersects")
    inside = shapely.covers(fitting.members[member], outlines[building])
    building, member = building[~inside], member[~inside]
    order = np.argsort(building, kind="stable")
    building, member = building[order], member[order]
    starts = np.flatnonzero(np.diff(building, prepend=-1))
    for rows in np.split(np.arange(len(building)), starts[1:]):
        if len(rows) < 2:
            continue
        at = int(building[rows[0]])
        pieces = shapely.intersection(fitting.members[member[rows]], outlines[at])
        # Half of `cut_m` eaten from all sides: what is left reaches in by more than that.
        real = ~shapely.is_empty(shapely.buffer(pieces, -cut_m / 2, quad_segs=2))
        if real.sum() > 1:
            largest = np.argsort(-shapely.area(pieces[real]), kind="stable")
            yield at, [int(i) for i in member[rows][real][largest]], pieces[real][largest]


def _in_parts(shapes: Sequence[BaseGeometry]) -> list[int]:
    """Positions of the areas in several pieces."""
    many = np.asarray(shapely.get_num_geometries(np.array(shapes, dtype=object)) > 1)
    return [int(at) for at in np.flatnonzero(many) if len(polygons([shapes[int(at)]])) > 1]


def _counted(
    members: Mapping[Any, BaseGeometry], sizes: Sizes, contents: Mapping[Any, Contents]
) -> Iterator[Fault]:
    """Areas beyond the thresholds, and areas without households and buildings."""
    unknown = Contents()
    for key, shape in members.items():
        has = contents.get(key, unknown)
        if has.households == 0 and has.buildings == 0:
            yield _size(FaultKind.EMPTY_AREA, key, shape, 0, Unit.HOUSEHOLDS, None)
            continue
        for counted, least, most, unit in (
            (has.households, sizes.least_households, sizes.most_households, Unit.HOUSEHOLDS),
            (has.persons, None, sizes.most_persons, Unit.PERSONS),
            (_area(has, shape), sizes.least_m2, sizes.most_m2, Unit.M2),
        ):
            if counted is not None and least is not None and counted < least:
                yield _size(FaultKind.TOO_SMALL, key, shape, counted, unit, least)
            elif counted is not None and most is not None and counted > most:
                yield _size(FaultKind.TOO_LARGE, key, shape, counted, unit, most)


def _area(has: Contents, shape: BaseGeometry) -> float:
    return float(shape.area) if has.area_m2 is None else has.area_m2


def _size(
    kind: FaultKind, key: Any, shape: BaseGeometry, counted: float, unit: Unit, limit: float | None
) -> Fault:
    return Fault(kind, (key,), shape, float(counted), unit, Severity.WARN, limit=limit)
