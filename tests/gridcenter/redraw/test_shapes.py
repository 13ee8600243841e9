"""Splitting, merging and shifting borders on random coverages: the ground stays whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import LineString, Polygon, box

from gridcenter.areas.fault_kinds import FaultKind
from gridcenter.areas.topology import check
from gridcenter.errors import InvalidInput
from gridcenter.redraw import shapes

COLUMNS, ROWS, SIDE = 4, 3, 200.0
# 1 cm² for each metre of border.
PER_METRE_M2 = 1e-4
ODD = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
shift = st.floats(-60, 60).map(lambda v: round(v, 3))
place = st.tuples(st.floats(50, 750), st.floats(50, 550))


@st.composite
def coverages(draw: Any) -> dict[int, Polygon]:
    """Quadrilaterals that cover a rectangle: a board whose inner corners are pushed about."""
    xy = np.array([[(c * SIDE, r * SIDE) for c in range(COLUMNS + 1)] for r in range(ROWS + 1)])
    for r in range(1, ROWS):
        for c in range(1, COLUMNS):
            xy[r, c] += (draw(shift), draw(shift))
    made = {}
    for r in range(ROWS):
        for c in range(COLUMNS):
            corners = [xy[r, c], xy[r, c + 1], xy[r + 1, c + 1], xy[r + 1, c]]
            made[r * COLUMNS + c] = Polygon(corners)
    return made


PARENT = box(0, 0, COLUMNS * SIDE, ROWS * SIDE)


def whole(members: dict[Any, Any]) -> None:
    """The members cover their place once, share their corners, and add up to it."""
    noded = np.vstack([shapes.corners(shape) for shape in members.values()])
    found = [shapes.with_corners(shape, noded) for shape in members.values()]
    assert all(shape.is_valid and not shape.is_empty for shape in found)
    border = sum(shape.length for shape in found)
    area = sum(shape.area for shape in found)
    assert abs(area - PARENT.area) <= PER_METRE_M2 * border
    assert abs(shapely.union_all(found).area - PARENT.area) <= PER_METRE_M2 * border
    # Another proof, by another hand: the check that guards every writing of boundaries.
    faults = check(shapes.with_corners(PARENT, noded), dict(enumerate(found)), repairs=False)
    assert [fault for fault in faults if fault.kind is not FaultKind.MULTI_PART] == []


@ODD
@given(coverages(), place, st.floats(0, np.pi))
def test_a_random_line_splits_and_loses_no_ground(
    members: dict[Any, Any], middle: tuple[float, float], angle: float
) -> None:
    key = next((k for k, s in members.items() if s.contains(shapely.Point(middle))), None)
    if key is None:
        return
    reach = np.array([np.cos(angle), np.sin(angle)]) * 2000
    line = LineString([np.array(middle) - reach, np.array(middle) + reach])
    parts = shapes.split(members[key], line)
    assert len(parts) >= 2
    lost = abs(sum(part.area for part in parts) - members[key].area)
    assert lost <= PER_METRE_M2 * sum(part.length for part in parts)
    rest = {k: s for k, s in members.items() if k != key}
    whole({**rest, **{f"part {i}": part for i, part in enumerate(parts)}})


@ODD
@given(coverages(), st.integers(0, ROWS - 1), st.integers(0, COLUMNS - 2))
def test_a_merge_is_the_sum_of_both(members: dict[Any, Any], row: int, column: int) -> None:
    one, two = row * COLUMNS + column, row * COLUMNS + column + 1
    merged = shapes.join([members.pop(one), members.pop(two)])
    assert merged.geom_type == "Polygon"
    whole({**members, "merged": merged})


@ODD
@given(
    coverages(),
    st.integers(0, ROWS * COLUMNS - 1),
    st.lists(st.tuples(shift, shift), min_size=4, max_size=4),
)
def test_neighbours_follow_a_border_that_is_pushed_about(
    members: dict[Any, Any], key: int, moves: list[tuple[float, float]]
) -> None:
    drawn = shapes.corners(members[key])[:4] + np.array(moves)
    wanted = Polygon(drawn)
    if not wanted.is_valid or wanted.area < 100:
        return
    after = {
        k: s for k, s in shapes.reshape(members, key, wanted, PARENT).items() if not s.is_empty
    }
    whole(after)
    held = wanted.intersection(PARENT)
    # The drawn outline is kept, but for corners that were meant to be known ones and the outer border.
    assert held.difference(after[key]).area <= shapes.SNAP_M * (held.length + 8 * SIDE)
    if not PARENT.boundary.intersects(members[key].boundary):
        assert after[key].difference(held).area <= shapes.SNAP_M * (held.length + 8 * SIDE)


@ODD
@given(coverages(), st.floats(100, 700))
def test_children_follow_without_a_gap(members: dict[Any, Any], at: float) -> None:
    parents = {"west": box(0, 0, at, 600), "east": box(at, 0, 800, 600)}
    for cut in (True, False):
        pieces = shapes.follow(members, parents, cut=cut)
        whole({i: piece[2] for i, piece in enumerate(pieces)})
        for _, parent, shape in pieces:
            assert shape.difference(parents[parent]).area <= PER_METRE_M2 * shape.length
    # A shifted border makes no new areas where each side has areas of its own.
    assert len(pieces) == len(members)


def test_a_line_that_ends_inside_splits_nothing() -> None:
    with pytest.raises(InvalidInput, match="does not go through"):
        shapes.split(box(0, 0, 100, 100), LineString([(-10, 50), (60, 50)]))


def test_a_line_drawn_to_a_corner_uses_the_corner() -> None:
    parts = shapes.split(box(0, 0, 100, 100), LineString([(0.03, 0.02), (100.01, 99.98)]))
    corners = {tuple(xy) for part in parts for xy in shapes.corners(part)}
    assert corners == {(0.0, 0.0), (100.0, 0.0), (0.0, 100.0), (100.0, 100.0)}


def test_what_a_border_leaves_goes_to_the_longest_neighbour() -> None:
    members = {"a": box(0, 0, 100, 100), "b": box(100, 0, 200, 100), "c": box(0, 100, 200, 130)}
    after = shapes.reshape(members, "a", box(0, 0, 60, 100), box(0, 0, 200, 130))
    assert after["b"].area == pytest.approx(140 * 100)
    assert after["c"].equals(members["c"])


def test_the_outer_border_does_not_move() -> None:
    after = shapes.reshape({"a": box(0, 0, 100, 100)}, "a", box(0, 0, 60, 100), box(0, 0, 100, 100))
    assert after["a"].area == pytest.approx(10000)


def test_a_new_corner_is_given_to_the_neighbours_edge_and_only_there() -> None:
    square, points = box(0, 0, 100, 100), np.array([(50.0, 0.0), (50.0, 50.0), (0.0, 0.0)])
    noded = shapes.with_corners(square, points)
    assert len(shapes.corners(noded)) == len(shapes.corners(square)) + 1
    assert noded.area == square.area
    assert shapes.with_corners(square, np.empty((0, 2))) is square


def test_parts_are_joined_where_one_has_a_corner_on_an_edge_of_the_other() -> None:
    crossed = [box(0, 0, 10, 5), box(0, 5, 10, 10)]
    beside = box(10, 0, 20, 10)  # has no corner at (10, 5)
    joined = shapes.join([beside, *crossed])
    assert joined.geom_type == "Polygon" and joined.area == pytest.approx(300 - 100)


def test_a_short_strip_beyond_the_parent_is_not_taken_for_rounding() -> None:
    child = box(0, 0, 1000, 10)
    notch = box(500, 9.7, 510, 10)
    parents = {"here": child.difference(notch), "there": notch.union(box(0, 10, 1000, 20))}
    children = {"child": child, "other": box(0, 10, 1000, 20)}
    for _, parent, piece in shapes.follow(children, parents, cut=False):
        assert piece.difference(parents[parent]).area < 0.01
