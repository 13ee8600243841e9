"""Cells tile their ground to the square millimetre, and every building stands on one of them whole."""

from __future__ import annotations

import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Polygon, box
from shapely.affinity import rotate, translate
from shapely.geometry.base import BaseGeometry

from gridcenter.redraw.division.cells import Cells, cells_of_buildings

GROUND = box(0, 0, 200, 120)
TRACE_M2 = 0.05
ROUNDING_M = 1e-4


def tile(ground: BaseGeometry, cells: Cells) -> None:
    """Nothing lost, nothing twice, every border shared corner by corner.

    Where a border meets the rim its corner is rounded: at most 1 cm² for each metre of rim.
    """
    assert abs(shapely.area(cells.polygons).sum() - ground.area) < ROUNDING_M * ground.length
    rim = shapely.union_all(cells.polygons).symmetric_difference(ground)
    assert rim.area < ROUNDING_M * ground.length
    assert shapely.coverage_is_valid(cells.polygons)
    inner = (shapely.length(cells.polygons).sum() - shapely.length(ground)) / 2
    assert abs(cells.edges.length_m.sum() - inner) < 1e-3


def stand_whole(ground: BaseGeometry, buildings: list[BaseGeometry], cells: Cells) -> None:
    """No building has more than a trace of its ground outside of its cell."""
    for building, cell in zip(buildings, cells.cell_of, strict=True):
        on_ground = building.intersection(ground)
        if on_ground.area > TRACE_M2:
            assert on_ground.difference(cells.polygons[cell]).area < TRACE_M2


def metres(least: float, most: float) -> st.SearchStrategy[float]:
    """Lengths to the micrometre: nearer to nothing no surveyor comes."""
    return st.floats(least, most).map(lambda length: round(length, 6))


@st.composite
def house(draw: st.DrawFn) -> Polygon:
    x, y = draw(metres(-5, 195)), draw(metres(-5, 115))
    wide, deep = draw(metres(3, 40)), draw(metres(3, 25))
    return rotate(box(x, y, x + wide, y + deep), draw(st.sampled_from([0, 0, 30, 45])))


@settings(max_examples=40, deadline=None)
@given(st.lists(house(), min_size=0, max_size=14))
def test_any_houses_stand_whole_on_cells_that_tile(houses: list[Polygon]) -> None:
    cells = cells_of_buildings(GROUND, houses)
    tile(GROUND, cells)
    stand_whole(GROUND, houses, cells)
    assert all(isinstance(cell, Polygon) for cell in cells.polygons)


@settings(max_examples=20, deadline=None)
@given(st.lists(house(), min_size=2, max_size=8), st.floats(20, 180), st.floats(20, 180))
def test_roads_and_kept_areas_part_cells_and_cut_no_house(
    houses: list[Polygon], west: float, east: float
) -> None:
    road = LineString([(west, -5), (east, 125)])
    kept = box(0, 0, 35, 120)
    cells = cells_of_buildings(GROUND, houses, [road], [kept])
    tile(GROUND, cells)
    assert cells.polygons[cells.kept[0]].symmetric_difference(kept).area < ROUNDING_M * kept.length
    free = GROUND.difference(kept)
    stays = [h for h in houses if not kept.intersects(shapely.point_on_surface(h))]
    cell_of = [c for h, c in zip(houses, cells.cell_of, strict=True) if h in stays]
    for one, cell in zip(stays, cell_of, strict=True):
        if one.intersection(free).area > TRACE_M2:
            assert one.intersection(free).difference(cells.polygons[cell]).area < TRACE_M2
            assert cell != cells.kept[0]


def test_a_road_is_the_border_between_rows_of_houses() -> None:
    south = [box(x, 20, x + 15, 40) for x in range(10, 190, 25)]
    north = [box(x, 90, x + 15, 110) for x in range(10, 190, 25)]
    road = LineString([(-10, 50), (210, 52)])  # not half way
    cells = cells_of_buildings(GROUND, south + north, [road])
    assert cells.roads == "given"
    below = Polygon([(0, 0), (200, 0), (200, 51.9), (0, 50.1)])
    for cell in cells.cell_of[: len(south)]:
        assert cells.polygons[cell].difference(below.buffer(0.2)).area < 0.01
    assert cells.on_road.sum() > 0


def test_houses_wall_to_wall_are_parted_along_the_wall() -> None:
    row = [box(x, 50, x + 10, 60) for x in range(20, 80, 10)]
    cells = cells_of_buildings(GROUND, row)
    assert len(cells.polygons) == len(row)
    stand_whole(GROUND, row, cells)


def test_houses_that_overlap_are_one_cell_and_one_in_parts_joins_what_lies_between() -> None:
    overlap = [box(20, 20, 40, 40), box(35, 25, 60, 35)]
    assert len(cells_of_buildings(GROUND, overlap).polygons) == 1
    parts = MultiPolygon([box(20, 20, 30, 30), box(150, 20, 160, 30)])
    between = [box(60, 5, 70, 115), box(100, 5, 110, 115)]
    cells = cells_of_buildings(GROUND, [parts, *between])
    tile(GROUND, cells)
    assert all(cell.geom_type == "Polygon" for cell in cells.polygons)
    stand_whole(GROUND, [parts, *between], cells)


def test_streets_are_the_widest_gaps_where_no_road_is_given() -> None:
    left = [box(10, y, 40, y + 20) for y in (10, 32, 54)]  # 2 m apart
    right = [translate(h, 50) for h in left]  # 20 m to the other row
    cells = cells_of_buildings(box(0, 0, 100, 84), left + right)
    graph = cells.graph([1] * 6)
    assert graph.roads == "derived"
    for cell, near in enumerate(graph.neighbours):
        for other, metres, road in near:
            across = (cell in cells.cell_of[:3]) != (other in cells.cell_of[:3])
            assert (road > 0.8 * metres) if across else (road < 0.5 * metres)


def test_ground_without_houses_is_one_cell_for_each_part() -> None:
    parts = MultiPolygon([box(0, 0, 10, 10), box(20, 0, 30, 10)])
    assert len(cells_of_buildings(parts, []).polygons) == 2
