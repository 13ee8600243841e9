"""Proposed repairs: the new outlines of the areas at one fault, or None where none is safe.

A repair changes nothing but its place: corners elsewhere keep their bits, and corners that it makes
are given to every neighbour along whose border they lie, so that the borders stay shared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gridcenter.areas.chains import (
    Floats,
    Integers,
    Shapes,
    clusters,
    drawn_together,
    edges_of,
    left_over,
)
from gridcenter.areas.fault_kinds import FaultKind, Method, Repair, Unsafe
from gridcenter.areas.fit import Fitting, Misfit, polygons
from gridcenter.areas.plane import Corners

# A gap or a piece larger than this share of its neighbour is an area of its own, no slip of the pen.
_MOST_OF_NEIGHBOUR = 0.1
# A repair looks this far around its fault, m.
_AROUND_M = 1.0
_INTO_M = 1e-3
# Corners up to this far from a fault are looked at.
_REACH_M = 0.01


@dataclass(frozen=True)
class _Draft:
    """New shapes by position, not yet proven; left-over edges must become `gain_m` shorter."""

    method: Method
    shapes: dict[int, BaseGeometry]
    place: BaseGeometry
    changed_m2: float
    gain_m: float


class Mending:
    """Proposals for the misfits of one fitting; `first` marks members that keep disputed ground."""

    def __init__(
        self, fitting: Fitting, parent: BaseGeometry | None, first: NDArray[np.bool_]
    ) -> None:
        self.fitting = fitting
        self.members = fitting.members
        self.parent = parent
        self.first = first
        self.same_m = fitting.tolerances.same_m

    def of(self, misfit: Misfit) -> Repair | None:
        """The repair of a misfit; its geometries are by position."""
        place = misfit.geom
        if misfit.of is FaultKind.UNMATCHED_EDGE:
            draft = _Draft(Method.NODE, {}, place, 0.0, misfit.measure / 2)
            return self._proven(draft, within=1.5 * self.fitting.tolerances.edge_m)
        if misfit.of is FaultKind.GAP:
            method, new = Method.FILL, self._filled(misfit)
        elif misfit.of is FaultKind.OVERLAP:
            method, new = Method.CUT, self._parted(misfit)
        else:
            method, new = Method.CUT, self._trimmed(misfit)
        if misfit.kind is FaultKind.SLIVER:
            method = Method.SNAP
        if not new:
            return None
        draft = _Draft(method, new, place, misfit.measure, place.length / 2)
        return self._proven(draft, within=self.same_m)

    def whole(self, building: BaseGeometry, members: Sequence[int]) -> Repair | None:
        """The border drawn around a cut building: it goes to the area that has most of it."""
        keeper = members[0]
        if self.parent is not None and not shapely.covers(self.parent, building):
            return None
        near = self._near(building)
        new: dict[int, BaseGeometry] = {keeper: self.members[keeper].union(building)}
        changed = shapely.area(shapely.difference(building, self.members[keeper]))
        for at in near[near != keeper]:
            outline: BaseGeometry = self.members[at]
            if outline.intersects(building):
                new[int(at)] = outline.difference(building)
        draft = _Draft(Method.CUT, new, building, float(changed), 0.0)
        return self._proven(draft, within=self.same_m)

    def given_away(self, at: int, main: BaseGeometry, rest: Shapes) -> Repair | Unsafe:
        """The pieces of an area that lie apart from its main part, each given to the neighbour with
        the longest common border; or why that is not safe for every one of them."""
        new: dict[int, BaseGeometry] = {at: main}
        for piece in rest:
            taker = next((i for i in self.fitting.along(piece) if i != at), None)
            if taker is None:
                return Unsafe.ALONE
            if piece.area > _MOST_OF_NEIGHBOUR * self.members[taker].area:
                return Unsafe.LARGE
            new[taker] = shapely.union(new.get(taker, self.members[taker]), piece)
        place = shapely.MultiPolygon(list(rest))
        draft = _Draft(Method.GIVE, new, place, float(place.area), 0.0)
        return self._proven(draft, within=self.same_m) or Unsafe.TORN

    def _filled(self, misfit: Misfit) -> dict[int, BaseGeometry]:
        """The gap goes to the neighbour along which it lies longest."""
        if not misfit.members:
            return {}
        keeper = misfit.members[0]
        shape = self.members[keeper]
        if misfit.measure > _MOST_OF_NEIGHBOUR * shape.area:
            return {}
        # Cut anew out of the outlines around, so that its corners are theirs to the bit.
        patch: BaseGeometry = shapely.buffer(misfit.geom, _INTO_M, join_style="mitre")
        patch = shapely.difference(patch, shapely.union_all(self.members[self._near(misfit.geom)]))
        if self.parent is not None:
            patch = shapely.intersection(patch, self.parent)
        parts = polygons([patch])
        parts = parts[shapely.intersects(parts, shapely.point_on_surface(misfit.geom))]
        return {keeper: shapely.union_all([shape, *parts])}

    def _parted(self, misfit: Misfit) -> dict[int, BaseGeometry]:
        """The smaller area keeps what both claim (a dedicated grid always): it is cut out."""
        one, two = misfit.members
        rank = [(not self.first[i], self.members[i].area) for i in (one, two)]
        keeper, loser = (one, two) if rank[0] <= rank[1] else (two, one)
        around = shapely.buffer(misfit.geom, _AROUND_M)
        claim = shapely.intersection(self.members[keeper], around)
        return {loser: shapely.difference(self.members[loser], claim)}

    def _trimmed(self, misfit: Misfit) -> dict[int, BaseGeometry]:
        """What reaches out of the parent is cut off."""
        if self.parent is None:
            return {}
        (at,) = misfit.members
        beyond = shapely.difference(shapely.buffer(misfit.geom, _AROUND_M), self.parent)
        return {at: shapely.difference(self.members[at], beyond)}

    def _near(self, place: BaseGeometry) -> Integers:
        found = self.fitting.tree.query(place, predicate="dwithin", distance=_AROUND_M)
        return np.sort(found)

    def _proven(self, draft: _Draft, within: float) -> Repair | None:
        """The repair with corners shared all around, or None when it would not make things better."""
        near = self._near(draft.place)
        old = {int(i): self.members[i] for i in near}
        joined = self._joined({**old, **draft.shapes}, draft.place, within)
        changed = {i: g for i, g in joined.items() if not shapely.equals_identical(g, old[i])}
        if not changed or not all(_sound(g, self.members[i]) for i, g in changed.items()):
            return None
        # Nothing farther away changes: towns with 50,000 corners are not sorted for one of them.
        window = _window(draft.place, max(_AROUND_M, 4 * within))
        before, after = (self._left_m(list(g.values()), window) for g in (old, joined))
        if after > before - draft.gain_m + self.same_m:
            return None
        return Repair(draft.method, changed, draft.changed_m2)

    def _left_m(self, shapes: list[BaseGeometry], window: Floats) -> float:
        """Metres of edges in the window that shapes and parent leave over."""
        weight = np.ones(len(shapes) + 1, dtype=np.int64)
        weight[-1] = -1
        parent = shapely.MultiPolygon() if self.parent is None else self.parent
        sheet = np.array([*shapes, parent], dtype=object)
        edges = edges_of(sheet, weight, np.zeros(len(sheet), dtype=np.int64))
        left = left_over(edges.near(window))
        ends = np.unique(drawn_together(left, self.same_m).ends, axis=0)
        return float(np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]).sum())

    def _joined(
        self, shapes: dict[int, BaseGeometry], place: BaseGeometry, within: float
    ) -> dict[int, BaseGeometry]:
        """The shapes with corners nearer than `within` made one, and each given to all borders."""
        reach = max(2 * within, _REACH_M)
        fixed = _corners([] if self.parent is None else [self.parent], place, reach)
        stored = _corners([self.members[i] for i in shapes], place, reach)
        made = _corners(list(shapes.values()), place, reach)
        # The parent's corners come first, then those in use today: new ones move onto them.
        corners = np.vstack([fixed, stored, made])
        if not len(corners):
            return shapes
        _, first = np.unique(corners, axis=0, return_index=True)
        corners = corners[np.sort(first)]
        kept = clusters(corners, within)
        other = kept != np.arange(len(kept))
        moved = Corners(corners[other], corners[kept[other]])
        points = np.asarray(shapely.points(corners[np.unique(kept)]), dtype=object)
        result = {}
        for at, shape in shapes.items():
            drawn = _moved(shape, moved) if other.any() else shape
            result[at] = _cornered(drawn, points, within)
        return result


def _corners(shapes: Sequence[BaseGeometry], place: BaseGeometry, reach: float) -> Floats:
    """The corners of shapes that lie at a place, within `reach` metres."""
    xy = shapely.get_coordinates(np.array(shapes, dtype=object)) if shapes else np.zeros((0, 2))
    west, south, east, north = _window(place, reach)
    inside = (xy[:, 0] >= west) & (xy[:, 0] <= east) & (xy[:, 1] >= south) & (xy[:, 1] <= north)
    near = shapely.dwithin(shapely.points(xy[inside]), place, reach)
    return np.asarray(xy[inside][near])


def _window(place: BaseGeometry, reach: float) -> Floats:
    """The box around a place, `reach` metres wider on every side."""
    return np.asarray(shapely.bounds(place) + np.array([-reach, -reach, reach, reach]))


def _moved(shape: BaseGeometry, moved: Corners) -> BaseGeometry:
    result: BaseGeometry = shapely.transform(shape, lambda xy: moved.put(xy, xy))
    return result


def _cornered(shape: BaseGeometry, points: Shapes, within: float) -> BaseGeometry:
    """The shape with every point on its border as a corner; corners of its own stay."""
    near = points[shapely.dwithin(shapely.boundary(shape), points, within)]
    if not len(near):
        return shape
    snapped = shapely.snap(shape, shapely.MultiPoint(list(near)), within)
    same = shapely.get_num_coordinates(snapped) == shapely.get_num_coordinates(shape)
    return shape if same and shapely.equals_exact(snapped, shape, 0.0) else snapped


def _sound(shape: BaseGeometry, before: BaseGeometry) -> bool:
    """A valid polygon in no more pieces than it was."""
    parts = polygons([shape])
    whole = shape.geom_type in {"Polygon", "MultiPolygon"} and shape.is_valid and len(parts) > 0
    return bool(whole and len(parts) <= len(polygons([before])))
