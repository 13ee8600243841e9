"""Where areas do not fit: the edges that are left over enclose faces; each face says what it is.

Between two left-over edges the number of areas over a place does not change, so one look into each
face is enough: no area inside the parent is a gap, two are an overlap, one outside the parent is a
piece outside. Faces narrower than the tolerance, and left-over edges that enclose nothing, are one
border drawn with different corners.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridcenter.areas.chains import (
    Edges,
    Integers,
    Shapes,
    clusters,
    drawn_together,
    edges_of,
    edges_of_lines,
    left_over,
    matching,
    with_corners_of_others,
)
from gridcenter.areas.fault_kinds import FaultKind, Tolerances

# Crossings are computed to a hundredth of a millimetre: far below every tolerance that makes sense,
# far above the rounding of seven-digit metres.
GRID_M = 1e-5
# What lies along a face may be off by the rounding of the crossing.
_ALONG_M = 1e-3


@dataclass(frozen=True)
class Misfit:
    """One place where areas do not fit; `members` are positions, the most concerned one first."""

    kind: FaultKind
    members: tuple[int, ...]
    geom: BaseGeometry
    measure: float
    width_m: float
    of: FaultKind  # for a sliver: whether it is a gap or an overlap; else the kind itself


class Fitting:
    """The members of one parent laid over it (None: no parent is given, only siblings count)."""

    def __init__(
        self, members: Shapes, parent: BaseGeometry | None, tolerances: Tolerances
    ) -> None:
        self.members = members
        self.parent = parent
        self.tolerances = tolerances

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index of the members."""
        return shapely.STRtree(self.members)

    def misfits(self) -> list[Misfit]:
        """All of them; an empty list when the members cover the parent exactly once."""
        edges = self._left_over()
        if not len(edges):
            return []
        noded = np.asarray(shapely.get_parts(_noded(edges)), dtype=object)
        faces = _Faces(shapely.get_parts(shapely.polygonize(noded)), self)
        found = [*self._gaps(faces), *self._covered_too_often(faces)]
        return [*found, *self._unmatched(edges, noded, faces)]

    def _left_over(self) -> Edges:
        shapes = self.members
        weight = np.ones(len(shapes), dtype=np.int64)
        if self.parent is not None:
            shapes = np.append(shapes, np.array([self.parent], dtype=object))
            weight = np.append(weight, np.int64(-1))
        edges = left_over(edges_of(shapes, weight, np.zeros(len(shapes), dtype=np.int64)))
        edges = drawn_together(edges, self.tolerances.same_m)
        # A parent need not know where its areas meet: its edges run through their corners.
        return with_corners_of_others(
            edges, edges.owner == len(self.members), self.tolerances.same_m
        )

    def covering(self, points: Shapes) -> Integers:
        """At each point the number of members over it, less one inside the parent."""
        number = np.zeros(len(points), dtype=np.int64)
        np.add.at(number, self.tree.query(points, predicate="intersects")[0], 1)
        if self.parent is not None:
            shapely.prepare(self.parent)
            number -= shapely.intersects(self.parent, points)
        return number

    def _gaps(self, faces: _Faces) -> Iterator[Misfit]:
        """Faces that no member covers: within the parent, or enclosed when there is none."""
        missing = -1 if self.parent is not None else 0
        for face in faces.wide[faces.number == missing]:
            beside = self.along(face)
            # Without a parent a hole within one area is how that area is.
            if self.parent is not None or len(beside) > 1:
                yield self._strip(FaultKind.GAP, beside, face)

    def _covered_too_often(self, faces: _Faces) -> Iterator[Misfit]:
        """Overlaps of pairs and pieces outside the parent.

        A face may hold several pairs: where the border between two members is matched it is no edge
        of a face. Hence every member over it is cut to it.
        """
        overlaps: dict[tuple[int, int], list[BaseGeometry]] = {}
        outside: dict[int, list[BaseGeometry]] = {}
        most = 0 if self.parent is not None else 1
        for face in faces.wide[faces.number > most]:
            over = np.sort(self.tree.query(face, predicate="intersects"))
            pieces = shapely.intersection(self.members[over], face)
            if self.parent is not None:
                beyond = shapely.difference(pieces, self.parent)
                for one, piece in zip(over, beyond, strict=True):
                    outside.setdefault(int(one), []).append(piece)
            left, right = shapely.STRtree(pieces).query(pieces, predicate="intersects")
            left, right = left[left < right], right[left < right]
            shared = shapely.intersection(pieces[left], pieces[right])
            for i, j, piece in zip(over[left], over[right], shared, strict=True):
                overlaps.setdefault((int(i), int(j)), []).append(piece)
        for pair, found in overlaps.items():
            for strip in self._strips(found):
                yield self._strip(FaultKind.OVERLAP, pair, strip)
        for member, found in outside.items():
            for strip in self._strips(found):
                yield self._strip(FaultKind.OUTSIDE_PARENT, (member,), strip)

    def beyond(self, border: BaseGeometry) -> Iterator[Misfit]:
        """The pieces of members that lie outside of a border."""
        shapely.prepare(border)
        for at in np.flatnonzero(~shapely.covers(border, self.members)):
            for strip in self._strips([shapely.difference(self.members[at], border)]):
                yield self._strip(FaultKind.OUTSIDE_PARENT, (int(at),), strip)

    def _strips(self, pieces: list[BaseGeometry]) -> Iterator[BaseGeometry]:
        """The polygons that pieces of one kind make together, less those that are too narrow."""
        flat = polygons(pieces)
        if len(flat):
            parts = polygons([shapely.union_all(flat, grid_size=GRID_M)])
            yield from parts[mean_width(parts) >= self.tolerances.edge_m]

    def _strip(self, kind: FaultKind, members: tuple[int, ...], strip: BaseGeometry) -> Misfit:
        width = float(mean_width(np.array([strip], dtype=object))[0])
        thin = width < self.tolerances.sliver_m and kind is not FaultKind.OUTSIDE_PARENT
        told = FaultKind.SLIVER if thin else kind
        return Misfit(told, members, strip, float(shapely.area(strip)), width, kind)

    def along(self, face: BaseGeometry) -> tuple[int, ...]:
        """The members that lie along a face, the one with the longest common border first."""
        near = self.tree.query(face, predicate="dwithin", distance=_ALONG_M)
        rim = shapely.buffer(shapely.boundary(face), _ALONG_M, quad_segs=1)
        length = shapely.length(shapely.intersection(shapely.boundary(self.members[near]), rim))
        order = np.lexsort((near, -length))
        # Two edges that meet the face in one corner run along it for less than that.
        return tuple(int(i) for i in near[order] if length[near == i][0] > 5 * _ALONG_M)

    def _unmatched(self, edges: Edges, noded: Shapes, faces: _Faces) -> Iterator[Misfit]:
        """Left-over edges that bound nothing wide, told once for each set of areas along them."""
        loose = noded[~faces.explain(noded)]
        if not len(loose):
            return
        hair = np.zeros(len(loose), dtype=bool)
        hair[_beside(loose, faces.narrow)[0]] = True
        owners = self._owners(edges, loose, hair)
        # Corners on a straight edge of the parent are no fault: a parent need not know where its
        # areas meet.
        told = hair | (np.array([len(members) for members in owners]) > 1)
        loose, hair = loose[told], hair[told]
        owners = [members for members, tell in zip(owners, told, strict=True) if tell]
        # Both sides of a hair are left over, so half of their length is the length of the border.
        length = np.where(hair, 0.5, 1.0) * shapely.length(loose)
        for members, rows in _grouped(owners).items():
            for together in _connected(loose[rows]):
                chosen = np.asarray(rows)[together]
                measure = float(length[chosen].sum())
                if measure > self.tolerances.edge_m:
                    line = shapely.line_merge(shapely.union_all(loose[chosen]))
                    kind = FaultKind.UNMATCHED_EDGE
                    yield Misfit(kind, members, line, measure, 0.0, kind)

    def _owners(
        self, edges: Edges, loose: Shapes, hair: np.ndarray[Any, np.dtype[np.bool_]]
    ) -> list[tuple[int, ...]]:
        """The members whose left-over edges run along each of the lines, in order of position."""
        middles = shapely.line_interpolate_point(loose, 0.5, normalized=True)
        within = np.where(hair, 1.5 * self.tolerances.edge_m, self.tolerances.same_m) + GRID_M
        line, edge = shapely.STRtree(edges.lines()).query(
            middles, predicate="dwithin", distance=within
        )
        sets: list[set[int]] = [set() for _ in loose]
        for row, owner in zip(line, edges.owner[edge], strict=True):
            if owner < len(self.members):
                sets[row].add(int(owner))
        return [tuple(sorted(found)) for found in sets]


def polygons(shapes: Any) -> Shapes:
    """All polygons within geometries of any kind, without the empty ones."""
    parts = shapely.get_parts(np.asarray(shapes, dtype=object))
    while (shapely.get_type_id(parts) > 3).any():
        parts = shapely.get_parts(parts)
    return np.asarray(parts[(shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)])


def mean_width(faces: Shapes) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Mean width of strips, m: the width of the rectangle of the same area and perimeter."""
    if not len(faces):
        return np.zeros(0)
    area, half = shapely.area(faces), shapely.length(faces) / 2
    # w (half − w) = area; a circle or a square has no such rectangle narrower than itself.
    root = np.sqrt(np.maximum(half * half - 4 * area, 0.0))
    return np.asarray((half - root) / 2)


def _noded(edges: Edges) -> BaseGeometry:
    unique = np.unique(edges.ends, axis=0)
    return shapely.union_all(shapely.linestrings(unique.reshape(-1, 2, 2)), grid_size=GRID_M)


def _beside(lines: Shapes, faces: Shapes) -> tuple[Integers, Integers]:
    """Pairs (line, face) where the line is part of the outline of the face.

    Faces are made of noded lines, so each of their edges is one of them, to the bit.
    """
    mine, number = edges_of_lines(lines), np.zeros(len(faces), dtype=np.int64)
    rims = edges_of(faces, number + 1, number)
    line, edge = matching(mine, rims)
    return mine.owner[line], rims.owner[edge]


class _Faces:
    """What the left-over edges enclose: wide faces with their number, narrow ones."""

    def __init__(self, faces: Shapes, fitting: Fitting) -> None:
        is_wide = mean_width(faces) >= fitting.tolerances.edge_m
        self.wide = faces[is_wide]
        self.narrow = faces[~is_wide]
        self.number = fitting.covering(shapely.point_on_surface(self.wide))

    def explain(self, lines: Shapes) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which lines part places of different number: their being left over is told already."""
        line, face = _beside(lines, self.wide)
        difference = np.zeros(len(lines), dtype=np.int64)
        sides = np.zeros(len(lines), dtype=np.int64)
        np.add.at(sides, line, 1)
        np.add.at(difference, line, self.number[face])
        first = np.zeros(len(lines), dtype=np.int64)
        first[line] = self.number[face]
        return np.asarray(np.where(sides < 2, difference != 0, difference != 2 * first))


def _grouped(owners: list[tuple[int, ...]]) -> dict[tuple[int, ...], list[int]]:
    found: dict[tuple[int, ...], list[int]] = {}
    for row, members in enumerate(owners):
        if members:
            found.setdefault(members, []).append(row)
    return found


def _connected(lines: Shapes) -> Iterator[Integers]:
    """Indexes of the lines that hang together, group by group."""
    ends = np.vstack([shapely.get_coordinates(shapely.get_point(lines, end)) for end in (0, -1)])
    corner = clusters(ends, 2 * GRID_M).reshape(2, -1)
    label = np.arange(len(ends))
    while True:
        before = label.copy()
        least = np.minimum(label[corner[0]], label[corner[1]])
        np.minimum.at(label, corner[0], least)
        np.minimum.at(label, corner[1], least)
        if (label == before).all():
            break
    of_line = label[corner[0]]
    for one in np.unique(of_line):
        yield np.flatnonzero(of_line == one)
