"""Cutting, joining and shifting areas so that neighbours keep one border; pure, in metres.

Everything is done on line work: borders are noded together once, the faces between them are dealt out,
and each new outline is a union of faces. Two neighbours therefore share the very same corners, and no
ground is lost or counted twice. Polygons in and out are (multi)polygons in one projected plane.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPoint, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize

from gridcenter.errors import InvalidInput

# What a drawing hand or a rounded file misses a corner by; nearer is meant to be that corner.
SNAP_M = 0.05
# Corners nearer than this are one corner: rounding of storage and projection.
SAME_M = 0.0002
# Rounding of noded line work: half of it is the most that a new corner is off its line.
GRID_M = 0.0001
# Areas that share less border than this do not hang together: nobody gets through.
NECK_M = 0.1
# Faces of less than this mean width are no ground but rounding between two borders.
THREAD_M = 0.01

Key = Hashable
Shapes = Mapping[Any, BaseGeometry]


def faces_of(lines: Iterable[BaseGeometry]) -> list[Polygon]:
    """All faces that the lines enclose, noded together; corners that were given come back exactly.

    Noding rounds to GRID_M, or a drawn line that runs along a border all but exactly would leave
    needles that are valid in metres and cross themselves in degrees. Of given corners that are nearer
    to each other than that the first one stays: name borders that must not move first.
    """
    given = list(lines)
    faces = np.array(list(polygonize(shapely.union_all(given, grid_size=GRID_M))), dtype=object)
    places = np.vstack([corners(line) for line in reversed(given)])
    known = dict(zip(_cells(places), places.tolist(), strict=True))

    def exact(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        pairs = zip(_cells(xy), xy.tolist(), strict=True)
        return np.array([known.get(cell, corner) for cell, corner in pairs]).reshape(-1, 2)

    return list(shapely.transform(faces, exact))


def _cells(xy: NDArray[np.float64]) -> list[tuple[int, int]]:
    """The cell of the noding grid that each corner falls into."""
    return [(x, y) for x, y in np.rint(xy / GRID_M).astype(np.int64).tolist()]


def join(parts: Iterable[BaseGeometry]) -> BaseGeometry:
    """One polygon of parts that lie side by side; a multipolygon where they do not touch.

    Parts that share whole edges keep every corner. Where a corner of one lies on an edge of another
    they are noded first, and threads between them are closed.
    """
    found = [part for part in parts if not part.is_empty]
    try:
        joined = shapely.coverage_union_all(found)
        if joined.is_valid and joined.geom_type == "Polygon":
            return joined
    except shapely.errors.GEOSException:
        pass  # edges that do not match corner by corner
    return _noded_union(found)


def _noded_union(parts: list[BaseGeometry]) -> BaseGeometry:
    whole = shapely.union_all(parts).buffer(SAME_M)
    shapely.prepare(whole)
    faces = faces_of(part.boundary for part in parts)
    inside = [f for f in faces if whole.covers(f.representative_point()) or _thread(f)]
    joined = shapely.coverage_union_all(inside)
    return joined if joined.is_valid else shapely.union_all(inside)


def split(area: BaseGeometry, line: BaseGeometry) -> list[BaseGeometry]:
    """The parts of `area` on the sides of `line`, largest first; at least two.

    The line's ends and corners that lie within SNAP_M of the area's border are meant to be on it.
    Raises InvalidInput when the line does not go through.
    """
    cutter = _reach(shapely.snap(line, MultiPoint(corners(area)), SNAP_M), area)
    faces = faces_of([area.boundary, cutter])
    inside = [face for face in faces if area.contains(face.representative_point())]
    whole = sum(1 for _ in shapely.get_parts(area))
    if len(inside) <= whole:
        raise InvalidInput.of(
            "given.line",
            "does_not_cross",
            "分割线没有把区域分成两块，请从边界外画到边界外",
            "The line does not go through the area; draw from outside to outside",
        )
    return sorted(inside, key=lambda face: -face.area)


def _reach(line: BaseGeometry, area: BaseGeometry) -> BaseGeometry:
    """The line, with ends that stop just short of the border drawn on to it."""
    xy = shapely.get_coordinates(line)
    for end, before in ((0, 1), (-1, -2)):
        tip = Point(xy[end])
        if area.contains(tip) and 0 < area.boundary.distance(tip) <= SNAP_M * 10:
            direction = xy[end] - xy[before]
            length = float(np.hypot(*direction)) or 1.0
            xy[end] = xy[end] + direction / length * SNAP_M * 20
    return LineString(xy)


def corners(shape: BaseGeometry) -> NDArray[np.float64]:
    """All corners, one row (x, y) each."""
    return np.asarray(shapely.get_coordinates(shape))


def reshape(
    members: Shapes, changed: Key, wanted: BaseGeometry, parent: BaseGeometry
) -> dict[Any, BaseGeometry]:
    """The members of a parent after one of them took the outline `wanted`; neighbours follow.

    What it gains, neighbours lose; what it leaves goes to the neighbour that it shares the longest
    border with, and stays where there is none: the parent's border does not move, `wanted` is held to
    it. `changed` need not be a member: then it is a new one.
    Members that lose all their ground are left out.
    """
    near = {
        key: shape for key, shape in members.items() if key == changed or shape.intersects(wanted)
    }
    if changed in members:
        old = members[changed]
        near |= {key: shape for key, shape in members.items() if shape.intersects(old)}
    known = MultiPoint(np.vstack([corners(parent), *map(corners, near.values())]))
    wanted = shapely.snap(wanted, known, SNAP_M)
    if not wanted.is_valid:
        wanted = shapely.make_valid(wanted)
    lines = [shape.boundary for shape in near.values()]
    faces = faces_of([*lines, wanted.boundary, parent.boundary])
    owner: list[Key | None] = []
    kept: list[Polygon] = []
    for face in faces:
        holder = _owner(face, near, changed, wanted, parent)
        if holder is not None:
            kept.append(face)
            owner.append(holder)
    _give_away(kept, owner, changed, wanted)
    return {**members, **_dealt(kept, owner, near, changed)}


def _owner(
    face: Polygon, near: Shapes, changed: Key, wanted: BaseGeometry, parent: BaseGeometry
) -> Key | None:
    """Whose ground a face becomes at first; None outside of the parent and of all members."""
    middle = face.representative_point()
    if wanted.covers(middle) and (parent.covers(middle) or not _thread(face)):
        return changed if parent.covers(middle) else None
    return next((key for key, shape in near.items() if shape.covers(middle)), None)


def _thread(face: Polygon) -> bool:
    return bool(2 * face.area < THREAD_M * face.length)


def _give_away(
    faces: list[Polygon], owner: list[Key | None], changed: Key, wanted: BaseGeometry
) -> None:
    """Deal out what the changed member left, and threads, to whom they share most border with."""
    loose = [
        i
        for i, face in enumerate(faces)
        if (owner[i] == changed and not wanted.covers(face.representative_point()))
        or (_thread(face) and owner[i] != changed)
    ]
    waiting = set(loose)
    while waiting:
        best: tuple[float, int, Key] | None = None
        for i in waiting:
            lengths: dict[Key, float] = {}
            for j, face in enumerate(faces):
                if j in waiting or j == i or not faces[i].intersects(face):
                    continue
                key = owner[j]
                if key is None or (key == changed and not _thread(faces[i])):
                    continue
                lengths[key] = lengths.get(key, 0.0) + faces[i].intersection(face).length
            for key, length in lengths.items():
                if length > 0 and (best is None or length > best[0]):
                    best = (length, i, key)
        if best is None:
            # Nobody else borders it: the outer border is not the plan's to move, so it stays.
            return
        _, chosen, key = best
        owner[chosen] = key
        waiting.discard(chosen)


def _dealt(
    faces: list[Polygon], owner: list[Key | None], near: Shapes, changed: Key
) -> dict[Any, BaseGeometry]:
    after: dict[Any, BaseGeometry] = {}
    for key in {*near, changed}:
        own = [face for face, held in zip(faces, owner, strict=True) if held == key]
        after[key] = join(own) if own else Polygon()
    return after


def follow(children: Shapes, parents: Shapes, *, cut: bool) -> list[tuple[Any, Any, BaseGeometry]]:
    """What becomes of the children when the borders of their parents change: (child, parent, shape).

    A child that a new border crosses is parted along it. With `cut` each part stands as a child of its
    own; without, the smaller parts join the child beside them inside the same parent, as a shifted
    border is meant to take ground and not to make new areas. Children outside of all `parents` and
    parents without children are not spoken of.
    """
    untouched, crossed = _sort_out(children, parents)
    pieces = list(untouched)
    if crossed:
        own = [children[child].boundary for child in crossed]
        near = [shape.boundary for shape in parents.values()]
        faces = faces_of([*own, *near])
        found: dict[tuple[Any, Any], list[Polygon]] = {}
        for face in faces:
            middle = face.representative_point()
            child = next((c for c in crossed if children[c].covers(middle)), None)
            parent = next((p for p, shape in parents.items() if shape.covers(middle)), None)
            if child is not None and parent is not None:
                found.setdefault((child, parent), []).append(face)
        # A border may cut a bent child into more than two: each part stands or finds its own place.
        pieces += [
            (child, parent, part)
            for (child, parent), held in found.items()
            for part in shapely.get_parts(join(held))
        ]
    return pieces if cut else _rejoined(pieces, children)


def _sort_out(
    children: Shapes, parents: Shapes
) -> tuple[list[tuple[Any, Any, BaseGeometry]], list[Any]]:
    """Children that lie in one parent but for rounding, and those that a border crosses."""
    whole, crossed = [], []
    for child, shape in children.items():
        shares = {
            parent: around.intersection(shape)
            for parent, around in parents.items()
            if around.intersects(shape)
        }
        if not shares:
            continue
        home = max(shares, key=lambda key: shares[key].area)
        others = [part for key, part in shares.items() if key != home]
        if all(_thread(part) for part in shapely.get_parts(others) if part.area > 0):
            whole.append((child, home, shape))
        else:
            crossed.append(child)
    return whole, crossed


def _rejoined(
    pieces: list[tuple[Any, Any, BaseGeometry]], children: Shapes
) -> list[tuple[Any, Any, BaseGeometry]]:
    """The pieces, smaller parts joined to a largest part of a child beside them in the same parent.

    Where a parent has nobody beside a part, the largest such part becomes a child of its own, which
    further parts may join.
    """
    main: dict[Any, int] = {}
    for i, (child, _, shape) in enumerate(pieces):
        if child not in main or shape.area > pieces[main[child]][2].area:
            main[child] = i
    kept = {i: [pieces[i][2]] for i in main.values()}
    loose = [i for i in range(len(pieces)) if i not in kept]
    for i in sorted(loose, key=lambda i: -pieces[i][2].area):
        parent, shape = pieces[i][1:]
        lengths = {
            j: sum(_shared_m(part, shape) for part in parts)
            for j, parts in kept.items()
            if pieces[j][1] == parent
        }
        beside = max(lengths, key=lambda j: lengths[j], default=None)
        if beside is None or lengths[beside] < min(NECK_M, shape.length / 8):
            kept[i] = [shape]
        else:
            kept[beside].append(shape)
    return [(pieces[i][0], pieces[i][1], join(parts)) for i, parts in kept.items()]


def _shared_m(one: BaseGeometry, two: BaseGeometry) -> float:
    """Metres of border that two shapes share, also where only one of them has a corner on it."""
    if not shapely.dwithin(one, two, SAME_M):
        return 0.0
    return float(one.boundary.intersection(two.buffer(SAME_M)).length)


def with_corners(shape: BaseGeometry, points: NDArray[np.float64]) -> BaseGeometry:
    """The shape with every point that lies on one of its edges made a corner; the same if none does.

    So that a neighbour whose border a new line meets has the corner too.
    """
    if not len(points):
        return shape
    near = points[shapely.dwithin(shape.boundary, shapely.points(points), SAME_M)]
    if not len(near):
        return shape
    known = shapely.STRtree([Point(xy) for xy in corners(shape)])
    fresh = near[
        [len(known.query(Point(p), predicate="dwithin", distance=SAME_M)) == 0 for p in near]
    ]
    if not len(fresh):
        return shape

    def ring(line: Any) -> Any:
        return Polygon(_inserted(np.asarray(line.coords), fresh)).exterior

    parts = []
    for part in shapely.get_parts(shape):
        holes = [ring(hole) for hole in part.interiors]
        parts.append(Polygon(ring(part.exterior), holes))
    whole = shapely.multipolygons(parts) if shape.geom_type == "MultiPolygon" else parts[0]
    return whole if whole.is_valid else _mended(whole)


def _mended(shape: BaseGeometry) -> BaseGeometry:
    """The ground of a shape whose border runs along itself nearer than SAME_M, without the threads."""
    mended: BaseGeometry = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    parts = [part for part in shapely.get_parts(mended) if not _thread(part)]
    whole: BaseGeometry = parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
    return whole


def _inserted(xy: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """A ring's corners with the points that lie on its edges, in order."""
    rows = [xy[0]]
    for start, end in pairwise(xy):
        along = end - start
        length = float(np.hypot(*along))
        if length > 0:
            t = (points - start) @ along / length
            off = np.abs((points - start) @ np.array([-along[1], along[0]]) / length)
            on = (t > SAME_M) & (t < length - SAME_M) & (off <= SAME_M)
            rows.extend(points[on][np.argsort(t[on])])
        rows.append(end)
    return np.array(rows)
