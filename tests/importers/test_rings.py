"""What numpy says of plain outlines is what GEOS says; what is not plain is left to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from importers.bulk.packed import Packed
from importers.bulk.rings import Outlines
from importers.bulk.whole import points_in_boxes
from importers.measures import local_measures

PLACE = np.array([120.6, 31.3])


def ring(corners: Any) -> Any:
    """A polygon of corners in units of 0.0001 degrees at Suzhou, valid or not."""
    return shapely.Polygon(np.asarray(corners, dtype=float) * 1e-4 + PLACE)


def read(shapes: Any) -> Outlines:
    return Outlines.of(Packed.of(list(shapely.to_wkb(np.asarray(shapes, dtype=object)))))


@given(
    st.lists(
        st.lists(st.tuples(st.integers(-6, 6), st.integers(-6, 6)), min_size=3, max_size=9),
        min_size=1,
        max_size=20,
    )
)
def test_a_plain_outline_is_valid_and_its_numbers_are_geos_s(rings: Any) -> None:
    shapes = [ring(corners) for corners in rings]

    told = read(shapes)

    for n, shape in enumerate(shapes):
        if not told.plain[n]:
            continue
        assert shape.is_valid
        if shape.area < 1e-12:  # corners on one line but for their last bits: GEOS decides on size
            continue
        assert told.bounds[n] == pytest.approx(shape.bounds, abs=0)
        assert told.degrees2[n] == pytest.approx(shape.area, rel=1e-9)
        assert shape.contains(shapely.Point(told.point[n]))
        assert told.middle[n] == pytest.approx([shape.centroid.x, shape.centroid.y], abs=1e-12)
        assert told.length[n] == pytest.approx(local_measures(np.array([shape]))[1][0], rel=1e-9)


def test_common_buildings_are_plain() -> None:
    shapes = [
        ring([(0, 0), (2, 0), (2, 1), (0, 1)]),
        ring([(0, 0), (0, 1), (2, 1), (2, 0)]),
        ring([(0, 0), (3, 0), (3, 1), (1, 1), (1, 3), (0, 3)]),
        ring([(0, 0), (5, 0), (5, 3), (4, 3), (4, 1), (1, 1), (1, 3), (0, 3)]),
        shapely.MultiPolygon([ring([(0, 0), (2, 0), (2, 1), (0, 1)])]),
    ]
    assert read(shapes).plain.all()


def test_what_geos_has_to_see_is_not_plain() -> None:
    box = ring([(0, 0), (9, 0), (9, 9), (0, 9)])
    pentagram = [(0, 3), (2, -3), (-3, 1), (3, 1), (-2, -3)]
    shapes = [
        None,
        shapely.Point(120.6, 31.3),
        shapely.Polygon(),
        ring([(0, 0), (1, 1), (1, 0), (0, 1)]),
        ring(pentagram),
        ring([(0, 0), (2, 0), (4, 0), (2, 0), (2, 2)]),
        box.difference(ring([(1, 1), (2, 1), (2, 2), (1, 2)])),
        shapely.MultiPolygon([ring([(0, 0), (1, 0), (0, 1)]), ring([(5, 5), (6, 5), (5, 6)])]),
        shapely.force_3d(box, 4.0),
        box.buffer(1e-4),
    ]
    assert not read(shapes).plain.any()


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_coordinates_that_are_no_numbers_are_not_plain(odd: float) -> None:
    wkb = bytearray(shapely.to_wkb(ring([(0, 0), (2, 0), (2, 1), (0, 1)])))
    wkb[29:37] = np.float64(odd).tobytes()
    assert not Outlines.of(Packed.of([bytes(wkb)])).plain.any()


@given(st.integers(0, 10_000), st.integers(1, 60))
def test_points_in_boxes_are_all_found(seed: int, count: int) -> None:
    chance = np.random.default_rng(seed)
    low = chance.uniform(120, 120.01, (count, 2))
    bounds = np.concatenate([low, low + chance.exponential(1e-3, (count, 2))], axis=1)
    # As with outlines, each box has a point of its own inside.
    point = low + chance.uniform(0, 1, (count, 2)) * (bounds[:, 2:] - low)

    found = {
        (int(a), int(b))
        for outer, inner in points_in_boxes(point, bounds)
        for a, b in zip(outer, inner, strict=True)
    }

    held = (point[None] >= bounds[:, None, :2]) & (point[None] <= bounds[:, None, 2:])
    wanted = {(int(a), int(b)) for a, b in np.argwhere(held.all(axis=2))}
    assert wanted <= found
    assert len(found) <= len(wanted) + 2


@pytest.mark.parametrize(
    "value", [" a", "a ", "a\u3000", "\u3000a", "a\u00a0", "\u2003a", "a\u2003", "a\x00b", ""]
)
def test_text_that_wants_trimming_is_seen(value: str) -> None:
    assert not Packed.of_text(["正常", value, None]).needs_no_trimming()
    assert Packed.of_text(["正常", None, "a b"]).needs_no_trimming()


def test_packed_values_come_back_and_hash_alike() -> None:
    values = ["甲", None, "", "abc", "abcdefghi", "甲"]
    packed = Packed.of_text(values)
    assert packed.text().tolist() == values
    assert packed.chosen([5, 0]).text().tolist() == ["甲", "甲"]
    assert packed.replaced(np.array([1, 3]), [b"x", None]).text().tolist() == [
        "甲", "x", "", None, "abcdefghi", "甲",
    ]  # fmt: skip
    hashes = packed.hashes()
    assert hashes[0] == hashes[5] == Packed.of_text(["乙", "甲"]).hashes()[1]
    assert hashes[1] == 0
    assert len(set(hashes.tolist())) == 5
