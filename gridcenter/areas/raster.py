"""Which of many areas holds each of very many points: exact answers by way of a raster.

Cells that no border passes are answered by one look-up; in the others GEOS decides among the few
areas whose borders pass there. Areas may overlap; where several hold a point the first one counts, so
they are given in the order in which they win. Measured by ``gridcenter bench locate``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

Floats = np.ndarray[Any, np.dtype[np.float64]]
Integers = np.ndarray[Any, np.dtype[np.int64]]
Shapes = np.ndarray[Any, np.dtype[np.object_]]

_PER_AREA = 120  # cells for an average area
_MOST_EDGES = 12  # in one cell; with more, GEOS is asked
_FEWEST, _MOST = 4_096, 3_000_000
NOBODY, BORDER, MANY = -1, -2, -3


class Raster:
    """The areas (Polygon or MultiPolygon, lon/lat, in the order in which they win borders) as cells.

    Not safe between threads: GEOS prepares the areas on the way; `copy` gives another thread its own.
    """

    def __init__(self, shapes: Shapes, cell: tuple[float, float] | None = None) -> None:
        """`cell` is the least width and height of a cell in degrees (boxes should fit into two)."""
        self.shapes = shapes
        west, south, east, north = shapely.total_bounds(shapes) if len(shapes) else (0, 0, 1, 1)
        wide, high = max(east - west, 1e-9), max(north - south, 1e-9)
        wanted = min(max(len(shapes) * _PER_AREA, _FEWEST), _MOST)
        least = np.sqrt(wide * high / wanted) if cell is None else 0.0
        least_x, least_y = cell or (least, least)
        coarser = max(1.0, np.sqrt(wide * high / (_MOST * least_x * least_y)))
        self._columns = max(1, int(wide / (least_x * coarser)))
        self._rows = max(1, int(high / (least_y * coarser)))
        # A hair of room around, so that the rim lies inside its cells.
        self._origin = np.array([west - wide * 1e-9, south - high * 1e-9])
        self._step = np.array([wide * (1 + 2e-9) / self._columns, high * (1 + 2e-9) / self._rows])
        self._tree: shapely.STRtree | None = None
        edges = _edges(shapes)
        self._fill(edges)
        self._mark(edges)
        shapely.prepare(shapes)

    def copy(self) -> Raster:
        """The same raster with areas of its own, for another thread."""
        other = object.__new__(Raster)
        other.__dict__.update(self.__dict__)
        other.shapes = np.asarray(shapely.from_wkb(shapely.to_wkb(self.shapes)), dtype=object)
        shapely.prepare(other.shapes)
        other._tree = None
        return other

    def holders(self, lon: Floats, lat: Floats) -> Integers:
        """Position of the area that holds each point, on a border the first; -1 for none."""
        column, row = self._cell(lon, lat)
        inside = (column >= 0) & (column < self._columns) & (row >= 0) & (row < self._rows)
        result = np.full(len(lon), NOBODY, dtype=np.int64)
        cell = np.where(inside, row * self._columns + column, 0)
        result[inside] = self._owner[cell[inside]]
        crossed = np.flatnonzero(result == BORDER)
        result[crossed] = self._among_candidates(cell[crossed], lon[crossed], lat[crossed])
        several = np.flatnonzero(result == MANY)
        result[several] = self._by_tree(lon[several], lat[several])
        return result

    def of_boxes(self, bounds: Floats) -> Integers:
        """Position of the one area that surely holds a whole box (west, south, east, north).

        -1 where the box surely meets no area, -2 where a border may pass through it: ask exactly.
        """
        result = np.full(len(bounds), BORDER, dtype=np.int64)
        column, row = self._cell(bounds[:, [0, 2]], bounds[:, [1, 3]])
        # With two cells at most in each direction, the corners' cells are all there are.
        small = np.flatnonzero(
            (column[:, 0] >= 0) & (column[:, 1] < self._columns)
            & (row[:, 0] >= 0) & (row[:, 1] < self._rows)
            & (column[:, 1] - column[:, 0] <= 1) & (row[:, 1] - row[:, 0] <= 1)
        )  # fmt: skip
        low, high = row[small] * self._columns, column[small]
        cells = np.stack([low[:, i] + high[:, k] for i in (0, 1) for k in (0, 1)])
        first = self._owner[cells[0]].astype(np.int64)
        same = (self._owner[cells] == first).all(axis=0) & (first >= NOBODY)
        result[small[same]] = first[same]
        few = (self._owner[cells] != MANY).all(axis=0) & ~same
        self._beside_borders(bounds, small[few], cells[:, few], result)
        return result

    def _beside_borders(
        self, bounds: Floats, places: Integers, cells: Integers, result: Integers
    ) -> None:
        """Of boxes in cells with borders, those that no border meets lie where their middle lies."""
        clear = np.ones(len(places), dtype=bool)
        for corner, cell in enumerate(cells):
            asked = clear & ~(cells[:corner] == cell).any(axis=0)
            asked &= self._owner[cell] == BORDER
            chosen = np.flatnonzero(asked)
            spot = np.searchsorted(self._crossed, cell[chosen])
            first, count = self._first_edge[spot], self._edge_count[spot]
            clear[chosen[count > _MOST_EDGES]] = False
            for nth in range(min(int(count.max()) if len(count) else 0, _MOST_EDGES)):
                more = clear[chosen] & (count > nth)
                edge = self._edge[first[more] + nth]
                box = bounds[places[chosen[more]]]
                clear[chosen[more]] = _misses(self._starts[edge], self._ends[edge], box)
        box = bounds[places[clear]]
        result[places[clear]] = self.holders(
            (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2
        )

    def _cell(self, lon: Floats, lat: Floats) -> tuple[Integers, Integers]:
        column = np.floor((lon - self._origin[0]) / self._step[0])
        row = np.floor((lat - self._origin[1]) / self._step[1])
        most = float(max(self._columns, self._rows)) + 1
        return (
            np.nan_to_num(np.clip(column, -2, most), nan=-2).astype(np.int64),
            np.nan_to_num(np.clip(row, -2, most), nan=-2).astype(np.int64),
        )

    def _fill(self, edges: _Edges) -> None:
        """Who holds the middle of each cell, by a scan line through each row of cells.

        Of shells that run counter-clockwise, an edge that goes down enters the area and one that
        goes up leaves it. The sums along the row are the number and the sum of names of the holders.
        """
        starts, ends, owner = edges.starts, edges.ends, edges.owner
        y0 = (starts[:, 1] - self._origin[1]) / self._step[1] - 0.5
        y1 = (ends[:, 1] - self._origin[1]) / self._step[1] - 0.5
        first = np.ceil(np.minimum(y0, y1)).astype(np.int64)
        count = np.ceil(np.maximum(y0, y1)).astype(np.int64) - first
        edge = np.repeat(np.arange(len(count)), count)
        row = first[edge] + _within(count)
        share = (row - y0[edge]) / (y1 - y0)[edge]
        x = starts[edge, 0] + share * (ends[edge, 0] - starts[edge, 0])
        column = np.ceil((x - self._origin[0]) / self._step[0] - 0.5).astype(np.int64)
        sign = np.where(y1[edge] < y0[edge], 1, -1) * edges.sense[edge]
        kept = (row >= 0) & (row < self._rows) & (column < self._columns)
        flat = row[kept] * self._columns + np.maximum(column[kept], 0)
        shape = (self._rows, self._columns)
        size = self._rows * self._columns
        number = np.bincount(flat, sign[kept], size).reshape(shape).cumsum(axis=1)
        names = np.bincount(flat, sign[kept] * (owner[edge][kept] + 1.0), size).reshape(shape)
        names = names.cumsum(axis=1)
        held = np.full(shape, NOBODY, dtype=np.int32)
        held[number > 0.5] = MANY
        one = (number > 0.5) & (number < 1.5)
        held[one] = np.round(names[one]).astype(np.int32) - 1
        self._owner = held.reshape(-1)

    def _mark(self, edges: _Edges) -> None:
        """Cells that borders pass, with these borders and the areas that may hold a point there."""
        edge, cell = self._passed(edges)
        marks = np.zeros(self._rows * self._columns, dtype=bool)
        marks[cell] = True
        self._crossed = np.flatnonzero(marks)
        middle = self._owner[self._crossed]
        # Whoever has no border in the cell but holds its middle holds all of it.
        held = middle >= 0
        pair = _distinct(
            np.concatenate(
                [_pair(cell, edges.owner[edge]), _pair(self._crossed[held], middle[held])]
            )
        )
        self._candidates, self._first, self._count = _by_cell(pair, self._crossed)
        # Neighbours have the same border each: once is enough.
        self._starts, self._ends, once = edges.without_repetitions()
        pair = _distinct(_pair(cell, once[edge]))
        self._edge, self._first_edge, self._edge_count = _by_cell(pair, self._crossed)
        # Where areas overlap, more than those with a border here may hold a point.
        self._owner[self._crossed] = np.where(middle == MANY, MANY, BORDER)

    def _passed(self, edges: _Edges) -> tuple[Integers, Integers]:
        """Pairs (edge, cell) of all cells that an edge passes, and perhaps of some beside it."""
        starts, ends = edges.starts, edges.ends
        pieces = np.abs(ends - starts) / self._step
        count = np.maximum(1, np.ceil(pieces.max(axis=1))).astype(np.int64)
        edge = np.repeat(np.arange(len(count)), count)
        step = (ends - starts)[edge] / count[edge, None]
        a = starts[edge] + step * _within(count)[:, None]
        b = a + step
        slack = self._step * 1e-9  # a border that runs along the cells passes both
        low = np.floor((np.minimum(a, b) - slack - self._origin) / self._step).astype(np.int64)
        high = np.floor((np.maximum(a, b) + slack - self._origin) / self._step).astype(np.int64)
        top = np.array([self._columns - 1, self._rows - 1])
        low, high = np.clip(low, 0, top), np.clip(high, 0, top)
        wide = (high - low)[:, 0] + 1
        count = wide * ((high - low)[:, 1] + 1)
        piece = np.repeat(np.arange(len(count)), count)
        place = _within(count)
        cell = (low[piece, 1] + place // wide[piece]) * self._columns + (
            low[piece, 0] + place % wide[piece]
        )
        return edge[piece], cell

    def _among_candidates(self, cell: Integers, lon: Floats, lat: Floats) -> Integers:
        place = np.searchsorted(self._crossed, cell)
        first, count = self._first[place], self._count[place]
        result = np.full(len(cell), NOBODY, dtype=np.int64)
        open_ = np.arange(len(cell))
        for nth in range(int(count.max()) if len(count) else 0):
            open_ = open_[count[open_] > nth]
            candidate = self._candidates[first[open_] + nth]
            # One area after the other, so that its prepared form stays at hand.
            order = np.argsort(candidate, kind="stable")
            asked = open_[order]
            held = shapely.intersects_xy(self.shapes[candidate[order]], lon[asked], lat[asked])
            result[asked[held]] = candidate[order][held]
            open_ = open_[result[open_] < 0]
        return result

    def _by_tree(self, lon: Floats, lat: Floats) -> Integers:
        result = np.full(len(lon), NOBODY, dtype=np.int64)
        if len(lon):
            self._tree = self._tree or shapely.STRtree(self.shapes)
            point, holder = self._tree.query(shapely.points(lon, lat), predicate="intersects")
            order = np.argsort(-holder, kind="stable")  # written last, the first area stays
            result[point[order]] = holder[order]
        return result


@dataclass(frozen=True)
class _Edges:
    """All edges of all rings: from, to, the area's position, and 1 or -1 for the ring's sense.

    1 is counter-clockwise for a shell, clockwise for a hole.
    """

    starts: Floats
    ends: Floats
    owner: Integers
    sense: Integers

    def without_repetitions(self) -> tuple[Floats, Floats, Integers]:
        """Starts and ends of the different edges (either way round), and the number of each edge."""
        swap = (self.starts[:, 0] > self.ends[:, 0]) | (
            (self.starts[:, 0] == self.ends[:, 0]) & (self.starts[:, 1] > self.ends[:, 1])
        )
        a = np.where(swap[:, None], self.ends, self.starts)
        b = np.where(swap[:, None], self.starts, self.ends)
        key = (a[:, 0] * 7.1 + a[:, 1] * 3.3) + (b[:, 0] * 1.7 + b[:, 1] * 0.9)
        order = np.argsort(key, kind="stable")
        a, b = a[order], b[order]
        fresh = np.ones(len(order), dtype=bool)
        fresh[1:] = (a[1:] != a[:-1]).any(axis=1) | (b[1:] != b[:-1]).any(axis=1)
        number = np.empty(len(order), dtype=np.int64)
        number[order] = np.cumsum(fresh) - 1
        return a[fresh], b[fresh], number


def _edges(shapes: Shapes) -> _Edges:
    parts, part_owner = shapely.get_parts(shapes, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    together = np.flatnonzero(ring[1:] == ring[:-1])
    of = ring[together]
    a, b = coordinates[together], coordinates[together + 1]
    base = coordinates[np.searchsorted(ring, np.arange(len(rings)))][of] if len(of) else a
    u, v = a - base, b - base
    twice = np.bincount(of, u[:, 0] * v[:, 1] - v[:, 0] * u[:, 1], len(rings))
    shell = np.append(True, ring_part[1:] != ring_part[:-1])[: len(rings)]
    sense = np.where((twice > 0) == shell, 1, -1)
    return _Edges(a, b, part_owner[ring_part[of]].astype(np.int64), sense[of])


def _misses(starts: Floats, ends: Floats, box: Floats) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Mask of edges that surely do not meet their box; False may also mean doubt."""
    slack = 1e-12 * np.abs(box).max() if len(box) else 0.0
    beside = (
        (np.maximum(starts[:, 0], ends[:, 0]) < box[:, 0] - slack)
        | (np.minimum(starts[:, 0], ends[:, 0]) > box[:, 2] + slack)
        | (np.maximum(starts[:, 1], ends[:, 1]) < box[:, 1] - slack)
        | (np.minimum(starts[:, 1], ends[:, 1]) > box[:, 3] + slack)
    )
    dx, dy = ends[:, 0] - starts[:, 0], ends[:, 1] - starts[:, 1]
    # All corners on one side of the line: the nearest and the farthest along its normal tell.
    middle_x, middle_y = (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2
    off = dx * (middle_y - starts[:, 1]) - dy * (middle_x - starts[:, 0])
    reach = (np.abs(dx) * (box[:, 3] - box[:, 1]) + np.abs(dy) * (box[:, 2] - box[:, 0])) / 2
    return np.asarray(
        beside | (np.abs(off) > reach * (1 + 1e-9) + slack * (np.abs(dx) + np.abs(dy)))
    )


def _by_cell(pair: Integers, crossed: Integers) -> tuple[Integers, Integers, Integers]:
    """What is paired with cells, and for each crossed cell where its part begins and how long it is."""
    of = pair >> 32
    first = np.searchsorted(of, crossed)
    return (pair & 0xFFFFFFFF).astype(np.int32), first, np.diff(np.append(first, len(of)))


def _within(count: Integers) -> Integers:
    """0, 1, … count-1 for each of the counts, one after another."""
    ends = np.cumsum(count)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - count, count)


def _distinct(values: Integers) -> Integers:
    """Sorted, each once; for millions of pairs a sort is ten times as quick as numpy's hashing."""
    values.sort()
    kept = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=kept[1:])
    return values[kept]


def _pair(cell: Integers, area: Any) -> Integers:
    return np.asarray((cell.astype(np.int64) << 32) | np.asarray(area, dtype=np.int64))
