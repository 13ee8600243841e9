"""The graph of cells: how many households each has and how many metres it shares with each other.

A cell is what no border may cut: a building with the ground around it, a block, a census unit.
Coordinates are metres of one plane. Borders are found by equal edges: two cells are neighbours where
an edge of one is an edge of the other, corner by corner, which is also what makes them tile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gridcenter.redraw.shapes import NECK_M

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Corners closer than this are the same corner: the rounding of projections is a thousand times less.
SAME_M = 1e-4


@dataclass(frozen=True)
class Edges:
    """Edges that two polygons share, one row each: the polygons `one` < `other`, and both ends."""

    one: Ints
    other: Ints
    ends: Floats  # (n, 4): x, y of the beginning, x, y of the end

    @property
    def length_m(self) -> Floats:
        """Metres of each edge."""
        return np.hypot(self.ends[:, 2] - self.ends[:, 0], self.ends[:, 3] - self.ends[:, 1])

    @property
    def middle(self) -> Floats:
        """(n, 2): the point half way of each edge."""
        return (self.ends[:, :2] + self.ends[:, 2:]) / 2


def shared_edges(polygons: NDArray[np.object_]) -> Edges:
    """The edges that exactly two of the polygons have, in no order that means anything."""
    starts, ends, owner = _all_edges(polygons)
    names = np.round(np.hstack((starts, ends)) / SAME_M).astype(np.int64)
    swap = (names[:, 0] > names[:, 2]) | (
        (names[:, 0] == names[:, 2]) & (names[:, 1] > names[:, 3])
    )
    names[swap] = names[swap][:, [2, 3, 0, 1]]
    order = np.lexsort((owner, names[:, 3], names[:, 2], names[:, 1], names[:, 0]))
    names, owner = names[order], owner[order]
    equal = np.all(names[1:] == names[:-1], axis=1) & (owner[1:] != owner[:-1])
    first = np.flatnonzero(equal)
    given = np.hstack((starts, ends))[order]
    return Edges(owner[first], owner[first + 1], given[first])


def _all_edges(polygons: NDArray[np.object_]) -> tuple[Floats, Floats, Ints]:
    """Beginning, end and polygon number of every edge of every ring."""
    # Rings are those of polygons alone: of a multipolygon `get_rings` gives none.
    parts, polygon_of_part = shapely.get_parts(polygons, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    polygon_of_ring = polygon_of_part[part_of_ring]
    places, ring = shapely.get_coordinates(rings, return_index=True)
    inside = ring[1:] == ring[:-1]
    owner = np.asarray(polygon_of_ring[ring[1:][inside]], dtype=np.int64)
    return places[:-1][inside], places[1:][inside], owner


@dataclass(frozen=True)
class CellGraph:
    """Cells and their borders; `neighbours[i]` lists (cell, metres, metres of them on roads).

    `households`, `area_m2`, `perimeter_m` (outer border included), `x`, `y` (a point inside) have one
    entry for each cell. `roads` says what a road is here: `given`, `derived` or `none`.
    """

    households: list[int]
    area_m2: list[float]
    perimeter_m: list[float]
    x: list[float]
    y: list[float]
    neighbours: list[list[tuple[int, float, float]]]
    roads: str = "none"

    def __len__(self) -> int:
        return len(self.households)

    def components(self) -> list[list[int]]:
        """The cells of each connected piece, in the order of their first cells."""
        seen = [False] * len(self)
        pieces = []
        for start in range(len(self)):
            if not seen[start]:
                seen[start] = True
                piece = [start]
                for cell in piece:  # grows while it is read
                    for other, _, _ in self.neighbours[cell]:
                        if not seen[other]:
                            seen[other] = True
                            piece.append(other)
                pieces.append(sorted(piece))
        return pieces


def cell_graph(
    polygons: Sequence[BaseGeometry],
    households: Sequence[int],
    on_road: Floats | None = None,
    edges: Edges | None = None,
    roads: str = "none",
) -> CellGraph:
    """The graph of polygons that tile the ground, edges matching corner by corner.

    Cells that share less than NECK_M are no neighbours: an area must not hang together by a corner.
    `edges` are those of `shared_edges`, when known already; `on_road` (0…1) says of each how much of
    it lies on a road.
    """
    shapes = np.asarray(polygons, dtype=object)
    found = edges if edges is not None else shared_edges(shapes)
    length = found.length_m
    weight = np.zeros(len(length)) if on_road is None else on_road * length
    pairs, row = np.unique(np.column_stack((found.one, found.other)), axis=0, return_inverse=True)
    row = np.ravel(row)
    metres = np.bincount(row, length, len(pairs)).tolist()
    road_metres = np.bincount(row, weight, len(pairs)).tolist()
    neighbours: list[list[tuple[int, float, float]]] = [[] for _ in shapes]
    for (one, other), metre, road in zip(pairs.tolist(), metres, road_metres, strict=True):
        if metre >= NECK_M:
            neighbours[one].append((other, metre, road))
            neighbours[other].append((one, metre, road))
    inside = shapely.get_coordinates(shapely.centroid(shapes))
    return CellGraph(
        [int(count) for count in households],
        shapely.area(shapes).tolist(),
        shapely.length(shapes).tolist(),
        inside[:, 0].tolist(),
        inside[:, 1].tolist(),
        neighbours,
        roads,
    )
