"""Outlines as chains of directed edges, and what is left of them when neighbours cancel.

With outer rings anticlockwise and holes clockwise, an edge that two neighbours share is passed once
each way. The sum of all outlines less the parent's is the outline of (how many areas cover a place −
1 inside the parent): when nothing is left over that number is 0 everywhere, so there is no overlap,
no gap and nothing outside. Comparison is exact, by bits; what differs by rounding is left over and
looked at by `fit`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Shapes = NDArray[np.object_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))


@dataclass(frozen=True)
class Edges:
    """Directed edges, one row each: ends (x1, y1, x2, y2), the outline they belong to, its group.

    The first end is the smaller one (by x, then y); `sign` is −1 where the outline runs the other
    way. Edges of parents carry the sign of a subtraction.
    """

    ends: Floats
    sign: Integers
    owner: Integers
    group: Integers

    def __len__(self) -> int:
        return len(self.ends)

    def take(self, chosen: Any) -> Edges:
        """The rows of a mask or of indexes."""
        return Edges(self.ends[chosen], self.sign[chosen], self.owner[chosen], self.group[chosen])

    def near(self, box: Floats) -> Edges:
        """The edges whose own box meets a box (west, south, east, north)."""
        x, y = self.ends[:, 0::2], self.ends[:, 1::2]
        meets = (x.max(axis=1) >= box[0]) & (x.min(axis=1) <= box[2])
        return self.take(meets & (y.max(axis=1) >= box[1]) & (y.min(axis=1) <= box[3]))

    def lines(self) -> Shapes:
        """Each edge as a line."""
        return np.asarray(shapely.linestrings(self.ends.reshape(-1, 2, 2)), dtype=object)


def edges_of(shapes: Shapes, weight: Integers, group: Integers) -> Edges:
    """The directed edges of polygons; `weight` is +1 for members, −1 for parents."""
    parts, part_of = shapely.get_parts(shapes, return_index=True)
    rings, ring_of = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
    xy, at = shapely.get_coordinates(rings, return_index=True)
    xy = xy + 0.0  # −0.0 becomes 0.0: equal numbers must have equal bits
    within = at[1:] == at[:-1]
    ends = np.hstack([xy[:-1], xy[1:]])[within]
    owner = part_of[ring_of[at[:-1][within]]].astype(np.int64)
    return _ordered(ends, weight[owner].astype(np.int64), owner, group[owner].astype(np.int64))


def _ordered(ends: Floats, sign: Integers, owner: Integers, group: Integers) -> Edges:
    """Edges with the smaller end first; edges of no length are left out."""
    back = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends = np.where(back[:, None], ends[:, [2, 3, 0, 1]], ends)
    sign = np.where(back, -sign, sign)
    real = (ends[:, 0] != ends[:, 2]) | (ends[:, 1] != ends[:, 3])
    return Edges(ends[real], sign[real], owner[real], group[real])


def left_over(edges: Edges) -> Edges:
    """The edges that do not cancel within their group; every owner of such an edge keeps its row."""
    if not len(edges):
        return edges
    order = np.argsort(_hash(edges), kind="stable")
    ends, group = edges.ends[order], edges.group[order]
    # Rows of one hash that are not the same edge only make more to look at, never less.
    new = np.ones(len(order), dtype=bool)
    new[1:] = (group[1:] != group[:-1]) | (ends[1:] != ends[:-1]).any(axis=1)
    first = np.flatnonzero(new)
    sums = np.add.reduceat(edges.sign[order], first)
    run = np.cumsum(new) - 1
    return edges.take(np.sort(order[sums[run] != 0]))


def edges_of_lines(lines: Shapes) -> Edges:
    """Lines of two points each as edges, row by row; they are of one group and own themselves."""
    ends = shapely.get_coordinates(lines).reshape(-1, 4) + 0.0
    number = np.arange(len(ends))
    return _ordered(ends, np.ones(len(ends), np.int64), number, np.zeros(len(ends), np.int64))


def matching(one: Edges, two: Edges) -> tuple[Integers, Integers]:
    """Pairs (row of one, row of two) of edges with the same ends and group."""
    mine, theirs = _hash(one), _hash(two)
    order = np.argsort(theirs, kind="stable")
    first = np.searchsorted(theirs[order], mine, "left")
    count = np.searchsorted(theirs[order], mine, "right") - first
    left = np.repeat(np.arange(len(one)), count)
    within = np.arange(len(left)) - np.repeat(np.cumsum(count) - count, count)
    right = order[np.repeat(first, count) + within]
    same = (one.ends[left] == two.ends[right]).all(axis=1)
    return left[same], right[same]


def _hash(edges: Edges) -> NDArray[np.uint64]:
    bits = np.ascontiguousarray(edges.ends).view(np.uint64)
    mixed = edges.group.astype(np.uint64) * _MIX[2]
    for column in range(4):
        mixed = (mixed ^ bits[:, column]) * _MIX[column & 1]
        mixed ^= mixed >> np.uint64(29)
    return np.asarray(mixed, dtype=np.uint64)


def drawn_together(edges: Edges, within: float) -> Edges:
    """The edges with corners nearer than `within` moved onto one of them, less what cancels then."""
    corners, at = np.unique(edges.ends.reshape(-1, 2), axis=0, return_inverse=True)
    moved = corners[clusters(corners, within)][at.reshape(-1)]
    ends = moved.reshape(-1, 4)
    return left_over(_ordered(ends, edges.sign, edges.owner, edges.group))


def with_corners_of_others(edges: Edges, chosen: NDArray[np.bool_], within: float) -> Edges:
    """The chosen edges led through the corners of the other ones that lie nearer than `within`, less
    what cancels then."""
    if not chosen.any() or chosen.all():
        return edges
    mine, rest = edges.take(chosen), edges.take(~chosen)
    corners = np.unique(rest.ends.reshape(-1, 2), axis=0)
    tree = shapely.STRtree(np.asarray(shapely.points(corners), dtype=object))
    row, corner = tree.query(mine.lines(), predicate="dwithin", distance=within)
    a, b, xy = mine.ends[row, :2], mine.ends[row, 2:], corners[corner]
    inner = (xy != a).any(axis=1) & (xy != b).any(axis=1)
    row, xy = row[inner], xy[inner]
    if not len(row):
        return edges
    along = ((xy - a[inner]) * (b - a)[inner]).sum(axis=1)
    every = np.arange(len(mine))
    rows = np.concatenate([every, row, every])
    points = np.concatenate([mine.ends[:, :2], xy, mine.ends[:, 2:]])
    place = np.concatenate([np.full(len(mine), -np.inf), along, np.full(len(mine), np.inf)])
    order = np.lexsort((place, rows))
    rows, points = rows[order], points[order]
    joined = rows[1:] == rows[:-1]
    of = rows[1:][joined]
    ends = np.hstack([points[:-1], points[1:]])[joined]
    parts = _ordered(ends, mine.sign[of], mine.owner[of], mine.group[of])
    both = zip(
        (rest.ends, rest.sign, rest.owner, rest.group),
        (parts.ends, parts.sign, parts.owner, parts.group),
        strict=True,
    )
    return left_over(Edges(*(np.concatenate(pair) for pair in both)))


def clusters(corners: Floats, within: float) -> Integers:
    """For each corner the row of the first corner of its cluster (chains of near corners)."""
    label = np.arange(len(corners))
    points = np.asarray(shapely.points(corners), dtype=object)
    one, two = shapely.STRtree(points).query(points, predicate="dwithin", distance=within)
    near = one != two
    one, two = one[near], two[near]
    while len(one):
        before = label.copy()
        np.minimum.at(label, one, label[two])
        if (label == before).all():
            break
    return label


def same_coverage(
    shapes: Shapes, group: Integers, parents: Shapes, parent_group: Integers
) -> Edges:
    """What is left over of the members and parents of many groups; owners count members first."""
    everything = np.concatenate([shapes, parents])
    weight = np.concatenate([np.ones(len(shapes), np.int64), -np.ones(len(parents), np.int64)])
    return left_over(edges_of(everything, weight, np.concatenate([group, parent_group])))
