"""Outlines of one ring, read from WKB by numpy: valid beyond doubt, measured, with a point inside.

Most buildings are such. What is not plain, or not plainly valid, is left to GEOS: nothing here
decides that an outline is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from importers.bulk.packed import Bytes, Packed
from importers.measures import local_scale

Floats = np.ndarray[Any, np.dtype[np.float64]]
Integers = np.ndarray[Any, np.dtype[np.int64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

# WKB before the first corner: little-endian, polygon, one ring, number of points; and the same as
# the only part of a multipolygon.
_POLYGON = np.frombuffer(b"\x01\x03\x00\x00\x00\x01\x00\x00\x00", np.uint8)
_MULTI = np.frombuffer(b"\x01\x06\x00\x00\x00\x01\x00\x00\x00", np.uint8)
_POINTS = slice(4, 13)  # with the first corner again; beyond, GEOS is as quick
# A product of differences is exact to some 1e-16 of its size; this leaves room.
_SURE = 1e-12


@dataclass
class Outlines:
    """Numbers of outlines, parallel to the values: `plain` ones have them, others hold NaN.

    `bounds` west, south, east, north; `degrees2` area in square degrees; `point` inside (lon, lat);
    `middle` the centroid; `length` the perimeter in metres.
    """

    plain: Mask
    bounds: Floats
    degrees2: Floats
    point: Floats
    middle: Floats
    length: Floats

    @classmethod
    def of(cls, wkb: Packed) -> Outlines:
        """Read from WKB in degrees."""
        count = len(wkb)
        told = cls(
            np.zeros(count, dtype=bool), np.full((count, 4), np.nan), np.full(count, np.nan),
            np.full((count, 2), np.nan), np.full((count, 2), np.nan), np.full(count, np.nan),
        )  # fmt: skip
        with np.errstate(all="ignore"):  # of what is not finite, nothing is kept
            for places, x, y in corners(wkb):
                told._measure(places, x, y)
        return told

    def _measure(self, places: Integers, x: Floats, y: Floats) -> None:
        """Keep the numbers of the simple rings among these; `x`, `y` one row per corner."""
        west, east, south, north = x.min(axis=0), x.max(axis=0), y.min(axis=0), y.max(axis=0)
        good = (
            np.isfinite(x).all(axis=0) & np.isfinite(y).all(axis=0)
            & (x[0] == x[-1]) & (y[0] == y[-1])
        )  # fmt: skip
        good &= _simple(x, y)
        places, x, y = places[good], x[:, good], y[:, good]
        self.plain[places] = True
        self.bounds[places] = np.stack([west, south, east, north], axis=1)[good]
        # From the first corner: the products of whole coordinates would eat the digits.
        u, v = x[:-1] - x[0], y[:-1] - y[0]
        cross = u[:-1] * v[1:] - u[1:] * v[:-1]
        twice = cross.sum(axis=0)
        self.degrees2[places] = np.abs(twice) / 2
        self.middle[places, 0] = x[0] + ((u[:-1] + u[1:]) * cross).sum(axis=0) / (3 * twice)
        self.middle[places, 1] = y[0] + ((v[:-1] + v[1:]) * cross).sum(axis=0) / (3 * twice)
        self.point[places] = np.stack(_inside(x, y), axis=1)
        self.length[places] = _length(x, y)


def corners(wkb: Packed) -> Iterator[tuple[Integers, Floats, Floats]]:
    """Outlines of one ring with few corners, by number of corners: positions, x and y (corner, value)."""
    for places, block in wkb.blocks():
        for head, at in ((_POLYGON, 0), (_MULTI, 9)):
            points, rest = divmod(block.shape[1] - 13 - at, 16)
            if rest or not _POINTS.start <= points < _POINTS.stop:
                continue
            number = np.frombuffer(points.to_bytes(4, "little"), np.uint8)
            whole = np.concatenate([head, _POLYGON, number] if at else [head, number])
            fits = (block[:, : len(whole)] == whole).all(axis=1)
            if not fits.any():
                continue
            plain: Bytes = np.ascontiguousarray(block[fits, len(whole) :])
            xy = plain.view("<f8").reshape(len(plain), points, 2)
            yield (
                places[fits],
                np.ascontiguousarray(xy[:, :, 0].T),
                np.ascontiguousarray(xy[:, :, 1].T),
            )


def _length(x: Floats, y: Floats) -> Floats:
    """Perimeter in metres (see measures.local_scale)."""
    east, north, scale = local_scale(
        (x.min(axis=0) + x.max(axis=0)) / 2, (y.min(axis=0) + y.max(axis=0)) / 2
    )
    dx, dy = np.diff(x, axis=0) * east, np.diff(y, axis=0) * north
    return np.asarray(np.sqrt(dx * dx + dy * dy).sum(axis=0) * scale)


def _simple(x: Floats, y: Floats) -> Mask:
    """Mask of closed rings that surely do not touch themselves; False may also mean doubt."""
    dx, dy = np.diff(x, axis=0), np.diff(y, axis=0)
    after_x, after_y = np.roll(dx, -1, axis=0), np.roll(dy, -1, axis=0)
    one, two = dx * after_y, dy * after_x
    turn = one - two
    doubt = _SURE * (np.abs(one) + np.abs(two))
    left, right = turn > doubt, turn < -doubt
    bent = (left | right).all(axis=0)
    # A ring that always turns the same way goes round once if x has one rise and one fall.
    rising = dx > 0
    turns = (rising != np.roll(rising, -1, axis=0)).sum(axis=0)
    convex = (left.all(axis=0) | right.all(axis=0)) & (turns == 2)
    rest = np.flatnonzero(bent & ~convex)
    if len(rest):
        convex[rest] = _apart(x[:, rest], y[:, rest])
    return np.asarray(convex)


def _apart(x: Floats, y: Floats) -> Mask:
    """Mask of rings of which no two edges meet that do not follow one another."""
    edges = len(x) - 1
    apart = np.ones(x.shape[1], dtype=bool)
    for i in range(edges):
        for j in range(i + 2, edges - (i == 0)):
            apart &= (
                _one_side(x, y, i, j) | _one_side(x, y, j, i) | _beside(x, i, j) | _beside(y, i, j)
            )
    return apart


def _beside(x: Floats, i: int, j: int) -> Mask:
    """Mask of rings whose edges `i` and `j` share no coordinate: ends of a U on one line."""
    one, two = x[i : i + 2], x[j : j + 2]
    return np.asarray((one.max(axis=0) < two.min(axis=0)) | (two.max(axis=0) < one.min(axis=0)))


def _one_side(x: Floats, y: Floats, i: int, j: int) -> Mask:
    """Mask of rings whose edge `j` lies surely on one side of the line along edge `i`."""
    dx, dy = x[i + 1] - x[i], y[i + 1] - y[i]
    sides = []
    for k in (j, j + 1):
        one, two = dx * (y[k] - y[i]), dy * (x[k] - x[i])
        side, doubt = one - two, _SURE * (np.abs(one) + np.abs(two))
        sides.append((side > doubt, side < -doubt))
    return np.asarray((sides[0][0] & sides[1][0]) | (sides[0][1] & sides[1][1]))


def _inside(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """A point inside each simple ring, found as GEOS does, though not always the same of two.

    It lies half way across the widest part of the line between the corners nearest to the middle.
    """
    middle = (y.min(axis=0) + y.max(axis=0)) / 2
    above = np.where(y > middle, y, np.inf).min(axis=0)
    below = np.where(y <= middle, y, -np.inf).max(axis=0)
    line = (above + below) / 2
    up, down = y[:-1], y[1:]
    crossed = (up > line) != (down > line)
    share = (line - up) / (down - up)
    at = np.where(crossed, x[:-1] + share * (x[1:] - x[:-1]), np.inf)
    at.sort(axis=0)
    best, wide = (at[0] + at[1]) / 2, at[1] - at[0]
    for k in range(2, len(at) - 1, 2):
        there = np.isfinite(at[k + 1])
        if not there.any():
            break
        width = np.where(there, at[k + 1], 0) - np.where(there, at[k], 0)
        wider = there & (width > wide)
        best = np.where(wider, np.where(there, at[k] + width / 2, 0), best)
        wide = np.where(wider, width, wide)
    return best, line
