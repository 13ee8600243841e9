"""The raster answers as GEOS does, for points and boxes, on borders, across overlaps, outside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gridcenter.areas.raster import BORDER, NOBODY, Raster

WEST, SOUTH, STEP = 120.0, 31.0, 0.002


def mosaic(seed: int, side: int = 6) -> Any:
    """Cells of a Voronoi diagram cut to a square: areas that share their borders exactly."""
    chance = np.random.default_rng(seed)
    spots = shapely.multipoints(chance.uniform(0, 1, (side * side, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(spots, extend_to=shapely.box(0, 0, 1, 1)))
    cut = shapely.intersection(cells, shapely.box(0, 0, 1, 1))
    scaled = shapely.transform(cut, lambda xy: xy * side * STEP + [WEST, SOUTH])
    return np.asarray(scaled, dtype=object)


def exact(areas: Any, points: Any) -> Any:
    """The first area that covers each point, by asking all; -1 for none."""
    held = shapely.covers(areas[:, None], points[None, :])
    return np.where(held.any(axis=0), held.argmax(axis=0), NOBODY)


@given(st.integers(0, 10_000), st.sampled_from([None, (1e-4, 1e-4), (3e-3, 2e-3)]))
def test_every_point_is_answered_as_geos_answers(seed: int, cell: Any) -> None:
    areas = mosaic(seed)
    chance = np.random.default_rng(seed)
    spread = chance.uniform(-0.1, 1.1, (400, 2)) * 6 * STEP + [WEST, SOUTH]
    corners = shapely.get_coordinates(areas)
    lon, lat = np.concatenate([spread, corners]).T

    found = Raster(areas, cell).holders(lon, lat)

    assert (found == exact(areas, shapely.points(lon, lat))).all()


@given(st.integers(0, 10_000))
def test_a_box_is_given_to_an_area_only_if_it_lies_in_it(seed: int) -> None:
    areas = mosaic(seed)
    chance = np.random.default_rng(seed)
    low = chance.uniform(-0.1, 1.1, (300, 2)) * 6 * STEP + [WEST, SOUTH]
    bounds = np.concatenate([low, low + chance.uniform(1e-6, STEP / 2, (300, 2))], axis=1)

    found = Raster(areas, (STEP / 2, STEP / 2)).of_boxes(bounds)

    boxes = shapely.box(*bounds.T)
    for box, home in zip(boxes, found, strict=True):
        if home >= 0:
            assert areas[home].covers(box)
        elif home == NOBODY:
            assert not shapely.intersects(areas, box).any()
    assert ((found >= 0).sum() > 50) and (found == BORDER).any()


def test_overlaps_holes_and_parts() -> None:
    def at(west: float, south: float, east: float, north: float) -> Any:
        return shapely.box(120 + west, 31 + south, 120 + east, 31 + north)

    ring = at(0, 0, 0.01, 0.01).difference(at(0.004, 0.004, 0.006, 0.006))
    parts = shapely.MultiPolygon([at(0.004, 0.004, 0.005, 0.006), at(0.02, 0, 0.021, 0.001)])
    areas = np.array([ring, parts, at(0.003, 0.003, 0.0045, 0.0045)], dtype=object)
    lon, lat = np.random.default_rng(1).uniform(-0.001, 0.022, (2, 5_000))
    lon, lat = lon + 120, lat + 31

    assert (Raster(areas).holders(lon, lat) == exact(areas, shapely.points(lon, lat))).all()


def test_without_areas_and_without_a_place() -> None:
    nothing = Raster(np.empty(0, dtype=object))
    assert nothing.holders(np.array([120.0]), np.array([31.0])).tolist() == [NOBODY]
    some = Raster(mosaic(1))
    assert some.holders(np.array([np.nan]), np.array([31.0])).tolist() == [NOBODY]
    assert some.holders(np.empty(0), np.empty(0)).tolist() == []


@pytest.mark.parametrize("order", [1, -1])
def test_a_border_belongs_to_the_first_area(order: int) -> None:
    areas = np.array([shapely.box(120, 31, 120.01, 31.01), shapely.box(120.01, 31, 120.02, 31.01)])
    found = Raster(areas[::order]).holders(np.array([120.01]), np.array([31.005]))
    assert found.tolist() == [0]
