"""A first division: a piece is halved along the straight sweep that cuts least, and so on.

Every half is contiguous. Balance is only approximate here, `search` does the rest; what this gives
is areas without long arms, whatever the shape of the ground.
"""

from __future__ import annotations

import math

import numpy as np

from gridcenter.redraw.division.graph import CellGraph, Floats, Ints

DIRECTIONS = 8
# A cut may leave the fair share by this part of one area when it is shorter for it.
_SLACK = 0.35


def halved(graph: CellGraph, cells: list[int], areas: int, turn: float = 0.0) -> list[list[int]]:
    """At most `areas` contiguous lists of cells that together are `cells`, which hang together.

    Fewer only when there are fewer cells. `turn` (0…1) turns the directions of the sweeps, for other
    divisions of the same ground.
    """
    frame = _Frame(graph, turn)
    done, waiting = [], [(cells, min(areas, len(cells)))]
    while waiting:
        piece, count = waiting.pop()
        if count == 1:
            done.append(piece)
            continue
        one, other = _two_sides(graph, piece, _best_sweep(frame, np.array(piece), count))
        share = frame.weight[one].sum() / max(frame.weight[piece].sum(), 1e-9)
        first = min(max(round(count * share), 1, count - len(other)), len(one), count - 1)
        waiting += [(one, first), (other, count - first)]
    return done


class _Frame:
    """Arrays of the whole graph that every cut reads."""

    def __init__(self, graph: CellGraph, turn: float) -> None:
        area = np.array(graph.area_m2)
        # A trace of area lets empty ground be shared out evenly too, and keeps weights above zero.
        total = max(sum(graph.households), 1)
        self.weight: Floats = np.array(graph.households) + area * (0.02 * total / area.sum())
        angles = math.pi * (np.arange(DIRECTIONS) + turn) / DIRECTIONS
        self.along: Floats = np.outer(np.cos(angles), graph.x) + np.outer(np.sin(angles), graph.y)
        rows = [
            (cell, other, metres - 0.7 * road)
            for cell, near in enumerate(graph.neighbours)
            for other, metres, road in near
            if cell < other
        ]
        table = np.array(rows, dtype=np.float64).reshape(-1, 3)
        self.one: Ints = table[:, 0].astype(np.int64)
        self.other: Ints = table[:, 1].astype(np.int64)
        self.metres: Floats = table[:, 2]
        starts = np.searchsorted(self.one, np.arange(len(graph) + 1))
        self.first, self.last = starts[:-1], starts[1:]
        self.place: Ints = np.full(len(graph), -1, dtype=np.int64)

    def inner_edges(self, piece: Ints) -> tuple[Ints, Ints, Floats]:
        """Edges within the piece: both ends as positions in it, and what cutting them costs."""
        counts = self.last[piece] - self.first[piece]
        begin = np.repeat(self.first[piece] - np.cumsum(counts) + counts, counts)
        rows = begin + np.arange(len(begin))
        self.place[piece] = np.arange(len(piece))
        one, other = self.place[self.one[rows]], self.place[self.other[rows]]
        self.place[piece] = -1
        inside = other >= 0
        return one[inside], other[inside], self.metres[rows][inside]


def _best_sweep(frame: _Frame, piece: Ints, count: int) -> set[int]:
    """The cells on the one side of the sweep whose cut is shortest at a share near the middle."""
    one, other, metres = frame.inner_edges(piece)
    weight = frame.weight[piece]
    total, best, chosen = weight.sum(), math.inf, piece[:1]
    for along in frame.along[:, piece]:
        order = np.argsort(along, kind="stable")
        rank = np.empty(len(piece), dtype=np.int64)
        rank[order] = np.arange(len(piece))
        low, high = np.minimum(rank[one], rank[other]), np.maximum(rank[one], rank[other])
        # Cutting behind rank r cuts the edges with low <= r < high.
        change = np.bincount(low, metres, len(piece)) - np.bincount(high, metres, len(piece))
        cost = np.cumsum(change)[:-1]
        share = np.cumsum(weight[order])[:-1] / total * count
        off = np.abs(share - np.clip(np.round(share), 1, count - 1))
        far = np.abs(share - count / 2)
        allowed = far <= max(0.5 + _SLACK, count * 0.08)
        penalty = cost * (1.0 + 4.0 * off**2) + np.where(allowed, 0.0, 1e12 * (1 + far))
        at = int(np.argmin(penalty))
        if penalty[at] < best:
            best, chosen = float(penalty[at]), piece[order[: at + 1]]
    return set(chosen.tolist())


def _two_sides(graph: CellGraph, piece: list[int], side: set[int]) -> tuple[list[int], list[int]]:
    """`side` and the rest of the piece, after what hangs on neither has gone to the other side."""
    one = max(_parts(graph, side), key=len)
    rest = set(piece) - one
    other = max(_parts(graph, rest), key=len)
    # What is left over touches `one` alone: the piece hangs together, and it does not touch `other`.
    return sorted(set(piece) - other), sorted(other)


def _parts(graph: CellGraph, cells: set[int]) -> list[set[int]]:
    left, parts = set(cells), []
    for start in sorted(cells):
        if start in left:
            left.discard(start)
            part = [start]
            for cell in part:
                for other, _, _ in graph.neighbours[cell]:
                    if other in left:
                        left.discard(other)
                        part.append(other)
            parts.append(set(part))
    return parts
