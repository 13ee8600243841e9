"""Cells made of buildings: the ground between them is shared out, so that no border cuts a building.

Each point of the ground belongs to the building whose outline is nearest (a Voronoi diagram of points
along the outlines), except that lines that are given - roads, water, walls - are never crossed by a
cell, where there is a building on either side. All lines are cut at each other once and faces are
made of the pieces, so cells tile the ground corner by corner. Coordinates are metres of one plane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from gridcenter.redraw.division.faces import KEPT, Geometries, faces_of, near_lines, points
from gridcenter.redraw.division.graph import (
    CellGraph,
    Edges,
    Floats,
    Ints,
    cell_graph,
    shared_edges,
)
from gridcenter.redraw.division.sharing import in_one_piece, with_own_ground

# Points along an outline: closer ones make borders smoother and cells slower.
STEP_M = 4.0
# Buildings that overlap by more than this are one; the rest is drawing error.
_OVERLAP_M2 = 0.05
# A gap is taken for a street from the widest third of all gaps on, but never below this.
STREET_SHARE = 2 / 3
STREET_LEAST_M = 4.0


@dataclass(frozen=True)
class Cells:
    """`polygons[i]` is cell i; `cell_of[b]` the cell of building b (-1: outside of the ground).

    `kept[k]` is the cell of the k-th kept area.
    """

    polygons: Geometries
    cell_of: Ints
    kept: list[int]
    edges: Edges
    on_road: Floats  # for each of `edges`, 0 or 1
    roads: str

    def graph(self, households: Sequence[int]) -> CellGraph:
        """The graph, with the households of the buildings added up in their cells."""
        known = self.cell_of >= 0
        counts = np.bincount(
            self.cell_of[known], np.asarray(households)[known], len(self.polygons)
        ).astype(int)
        return cell_graph(
            list(self.polygons), counts.tolist(), self.on_road, self.edges, self.roads
        )


def cells_of_buildings(
    ground: BaseGeometry,
    buildings: Sequence[BaseGeometry],
    lines: Sequence[BaseGeometry] = (),
    kept: Sequence[BaseGeometry] = (),
    step_m: float = STEP_M,
) -> Cells:
    """Cells that tile `ground` ((multi)polygon), each with whole buildings or none.

    A building counts as far as it lies on the ground; one with its middle in a kept area belongs to
    that, whose outline is one cell as it is. Buildings that overlap, or that only hang together across
    others, come into one cell. Without buildings the ground is one cell per part.
    """
    shapely.prepare(ground)
    holder = _holders(buildings, kept)
    inside = _standing(ground, buildings, kept, holder)
    group = _overlapping(inside)
    faces = faces_of(ground, inside, group, lines, kept, step_m)
    label = in_one_piece(faces.edges, with_own_ground(faces))
    names, cell = np.unique(label, return_inverse=True)
    polygons = np.array(
        [shapely.coverage_union_all(faces.shapes[cell == number]) for number in range(len(names))],
        dtype=object,
    )
    cell_of = np.full(len(inside), -1, dtype=np.int64)
    for face in np.flatnonzero(faces.building >= 0):
        cell_of[group == faces.building[face]] = cell[face]
    kept_cells = [
        int(cell[np.argmax(faces.building == KEPT - number)]) for number in range(len(kept))
    ]
    for number, at in enumerate(kept_cells):
        cell_of[holder == number] = at
    edges = shared_edges(faces.shapes)
    one, other = cell[edges.one], cell[edges.other]
    parting = one != other
    low, high = np.minimum(one, other)[parting], np.maximum(one, other)[parting]
    edges = Edges(low, high, edges.ends[parting])
    on_road, roads = _on_road(edges, inside, lines)
    return Cells(polygons, cell_of, kept_cells, edges, on_road, roads)


def _holders(buildings: Sequence[BaseGeometry], kept: Sequence[BaseGeometry]) -> Ints:
    """The number of the kept area with the middle of each building, or -1."""
    holder = np.full(len(buildings), -1, dtype=np.int64)
    if len(kept) and len(buildings):
        middle = shapely.point_on_surface(np.asarray(buildings, dtype=object))
        found = shapely.STRtree(list(kept)).query(middle, predicate="intersects")
        holder[found[0]] = found[1]
    return holder


def _standing(
    ground: BaseGeometry,
    buildings: Sequence[BaseGeometry],
    kept: Sequence[BaseGeometry],
    holder: Ints,
) -> Geometries:
    """What of each building stands on the ground that is divided; empty for those of kept areas."""
    free = shapely.difference(ground, shapely.union_all(list(kept))) if len(kept) else ground
    shapely.prepare(free)
    inside = np.empty(len(buildings), dtype=object)
    for number, shape in enumerate(shapely.intersection(np.asarray(buildings, dtype=object), free)):
        inside[number] = Polygon() if holder[number] >= 0 else _polygonal(shape)
    return inside


def _polygonal(shape: BaseGeometry) -> BaseGeometry:
    parts = [
        part for part in shapely.get_parts(shape) if isinstance(part, Polygon) and part.area > 0
    ]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _overlapping(shapes: Geometries) -> Ints:
    """For each building the lowest number among those that it overlaps, directly or through others."""
    group = np.arange(len(shapes))
    tree = shapely.STRtree(shapes)
    one, other = tree.query(shapes, predicate="intersects")
    ahead = one < other
    one, other = one[ahead], other[ahead]
    if len(one):
        much = shapely.area(shapely.intersection(shapes[one], shapes[other])) > _OVERLAP_M2
        _union(group, one[much], other[much])
    return group


def _union(group: Ints, one: Ints, other: Ints) -> None:
    """Join the groups of each pair; a group is named after its lowest member."""

    def root(number: int) -> int:
        while group[number] != number:
            group[number] = group[group[number]]
            number = int(group[number])
        return number

    for a, b in zip(one.tolist(), other.tolist(), strict=True):
        low, high = sorted((root(a), root(b)))
        group[high] = low
    for number in range(len(group)):
        group[number] = root(number)


def _on_road(edges: Edges, inside: Geometries, lines: Sequence[BaseGeometry]) -> tuple[Floats, str]:
    """Which edges lie on a road: on the lines given, or else in the widest gaps between buildings."""
    if lines:
        return near_lines(edges, lines).astype(np.float64), "given"
    there = inside[~shapely.is_empty(inside)]
    if not len(there) or not len(edges.one):
        return np.zeros(len(edges.one)), "none"
    middle = points(edges.middle)
    nearest = shapely.STRtree(there).nearest(middle)
    gap = 2 * shapely.distance(middle, there[nearest])
    order = np.argsort(gap)
    along = np.cumsum(edges.length_m[order])
    street = gap[order][np.searchsorted(along, along[-1] * STREET_SHARE)]
    return (gap >= max(street, STREET_LEAST_M)).astype(np.float64), "derived"
