"""Which face belongs to which building: the ground between them, shared out in whole faces."""

from __future__ import annotations

import numpy as np
import shapely

from gridcenter.redraw.division.faces import NOBODY, Faces
from gridcenter.redraw.division.graph import Edges, Floats, Ints

# Ground without a building that lines shut off and that is smaller joins a neighbour all the same.
_TRIANGLE_M2 = 200.0


def with_own_ground(faces: Faces) -> Ints:
    """A label for each face: that of a building's group, or of its own where lines shut it off.

    A face goes to its nearest building when it reaches it without crossing a line or another's
    ground; what is left over joins the neighbour with the longest border that is no line.
    """
    label = faces.building.copy()
    edges, wall = faces.edges, faces.wall
    near = _adjacency(len(faces.shapes), edges, edges.length_m)
    open_near = _adjacency(len(faces.shapes), edges, np.where(wall, 0.0, edges.length_m))
    waiting = np.flatnonzero(label >= 0).tolist()
    for face in waiting:  # grows while it is read
        for other, metres in open_near[face].items():
            if label[other] == NOBODY and metres > 0 and faces.nearest[other] == label[face]:
                label[other] = label[face]
                waiting.append(other)
    _adopt(label, open_near)
    next_label = len(faces.building) + int(faces.nearest.max(initial=0)) + 1
    for piece in _shut_off(label, open_near):
        if float(shapely.area(faces.shapes[piece]).sum()) >= _TRIANGLE_M2:
            label[piece] = next_label
            next_label += 1
    _adopt(label, near)
    for piece in _shut_off(label, near):
        label[piece] = next_label
        next_label += 1
    return label


def _adjacency(count: int, edges: Edges, metres: Floats) -> list[dict[int, float]]:
    near: list[dict[int, float]] = [{} for _ in range(count)]
    for one, other, length in zip(
        edges.one.tolist(), edges.other.tolist(), metres.tolist(), strict=True
    ):
        near[one][other] = near[one].get(other, 0.0) + length
        near[other][one] = near[other].get(one, 0.0) + length
    return near


def _adopt(label: Ints, near: list[dict[int, float]]) -> None:
    """Give faces without a label that of the neighbours with the longest border, from the rim inwards."""
    changed = True
    while changed:
        changed = False
        for face in np.flatnonzero(label == NOBODY).tolist():
            offers: dict[int, float] = {}
            for other, metres in near[face].items():
                if label[other] >= 0 and metres > 0:
                    offers[int(label[other])] = offers.get(int(label[other]), 0.0) + metres
            if offers:
                label[face] = max(offers, key=lambda name: (offers[name], -name))
                changed = True


def _shut_off(label: Ints, near: list[dict[int, float]]) -> list[list[int]]:
    """Groups of faces without a label that hang together."""
    left = set(np.flatnonzero(label == NOBODY).tolist())
    groups = []
    for start in sorted(left):
        if start in left:
            left.discard(start)
            piece = [start]
            for face in piece:
                for other, metres in near[face].items():
                    if other in left and metres > 0:
                        left.discard(other)
                        piece.append(other)
            groups.append(piece)
    return groups


def in_one_piece(edges: Edges, label: Ints) -> Ints:
    """The labels, joined along the shortest way where faces of one label do not hang together.

    That is the case of a building in several parts with others between them. On separate parts of
    the ground nothing can join them; the parts become cells of their own, the building keeps one.
    """
    free = (label[edges.one] >= 0) & (label[edges.other] >= 0)
    near = _adjacency(
        len(label),
        Edges(edges.one[free], edges.other[free], edges.ends[free]),
        edges.length_m[free],
    )
    label = label.copy()
    for name in np.unique(label[label >= 0]).tolist():
        while True:
            own = np.flatnonzero(label == name).tolist()
            if not own:
                break
            way = _way_to_rest(near, own)
            if way is None:
                break
            if not way:
                reached = _reached(near, own)
                apart = [face for face in own if face not in reached]
                label[apart] = label.max() + 1
                break
            for face in way:
                label[label == label[face]] = name
    return label


def _reached(near: list[dict[int, float]], own: list[int]) -> set[int]:
    allowed, seen, waiting = set(own), {own[0]}, [own[0]]
    for face in waiting:
        for other in near[face]:
            if other in allowed and other not in seen:
                seen.add(other)
                waiting.append(other)
    return seen


def _way_to_rest(near: list[dict[int, float]], own: list[int]) -> list[int] | None:
    """Faces between the first part and the next one; None when whole, empty when there is no way."""
    first = _reached(near, own)
    rest = set(own) - first
    if not rest:
        return None
    before: dict[int, int] = {}
    waiting = sorted(first)
    for face in waiting:
        for other in sorted(near[face]):
            if other in rest:
                way = []
                while face not in first:
                    way.append(face)
                    face = before[face]
                return way
            if other not in before and other not in first:
                before[other] = face
                waiting.append(other)
    return []
