"""What lies below follows borders that keep to nothing: no gap, no thread, no shape in two parts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, box
from shapely.geometry.base import BaseGeometry

from gridcenter.areas.plane import Plane
from gridcenter.redraw import shapes
from gridcenter.redraw.division.cells import cells_of_buildings
from gridcenter.redraw.division.planner import Ground as Cells
from gridcenter.redraw.division.planner import Wish, propose
from gridcenter.redraw.picture import Picture, Unit, add_corners, carry_out
from gridcenter.redraw.reading import Ground

SAMPLE = Path(__file__).resolve().parents[3] / "samples" / "gusu" / "gusu_sample.gpkg"
PLACE = box(0, 0, 300, 200)
# 1 cm² for each metre of border that is noded anew.
ROUNDING_M = 1e-4


def parted(lines: list[LineString]) -> dict[str, BaseGeometry]:
    """The faces of the place between lines, each with corners of its own."""
    faces = shapely.get_parts(
        shapely.polygonize(
            [shapely.unary_union([PLACE.boundary, *(line.intersection(PLACE) for line in lines)])]
        )
    ).tolist()
    return {f"{number}": face for number, face in enumerate(faces)}


def across(least: int = 1) -> st.SearchStrategy[list[LineString]]:
    side = st.floats(1, 299).map(lambda x: round(x, 3))
    line = st.tuples(side, side).map(lambda ends: LineString([(ends[0], -1), (ends[1], 201)]))
    level = st.floats(1, 199).map(lambda y: round(y, 3))
    flat = st.tuples(level, level).map(lambda ends: LineString([(-1, ends[0]), (301, ends[1])]))
    return st.lists(st.one_of(line, flat), min_size=least, max_size=4)


def test_parts_whose_corners_do_not_match_are_joined() -> None:
    low, high = box(0, 0, 10, 10), box(3, 10, 7, 20)
    joined = shapes.join([low, high])
    assert joined.geom_type == "Polygon" and joined.is_valid
    assert joined.area == pytest.approx(140)
    assert shapes.join([low, box(30, 0, 40, 10)]).geom_type == "MultiPolygon"


@settings(max_examples=60, deadline=None)
@given(across(), across(0), st.booleans())
def test_what_lies_below_tiles_whatever_border_crosses_it(
    below: list[LineString], above: list[LineString], cut: bool
) -> None:
    children, parents = parted(below), parted(above)
    pieces = shapes.follow(children, parents, cut=cut)
    assert all(piece.is_valid for _, _, piece in pieces)
    border = sum(piece.length for _, _, piece in pieces)
    assert sum(piece.area for _, _, piece in pieces) == pytest.approx(
        PLACE.area, abs=ROUNDING_M * border
    )
    for _, parent, piece in pieces:
        outside = piece.difference(parents[parent])
        # A thread of a child that lies in its parent but for rounding may stand out of it.
        assert outside.area <= shapes.THREAD_M * piece.length
    assert {child for child, _, _ in pieces} == set(children)


@pytest.mark.parametrize("code", ["320508999001", "320508999011"])
def test_grids_made_of_buildings_cut_micro_grids_by_the_same_rules(code: str) -> None:
    """Every proposal of grids from buildings can be carried out on the micro-grids of the sample."""
    picture, ground, proposals = _sample(code)
    for rows in proposals:
        after = Picture(code, dict(picture.before))
        carry_out(after, 1, "replace", {"area": code, "areas": rows}, ground.given)
        add_corners(after)
        assert all(unit.geom.is_valid for unit in after.units.values())
        grids = {key: unit for key, unit in after.units.items() if unit.level == "grid"}
        small = [unit for unit in after.units.values() if unit.level == "microgrid"]
        assert all(unit.geom.geom_type == "Polygon" and unit.parent in grids for unit in small)
        assert min(unit.geom.area for unit in small) > 100
        rim = sum(unit.geom.length for unit in small)
        whole = picture.before[code].geom
        assert sum(u.geom.area for u in small) == pytest.approx(whole.area, abs=ROUNDING_M * rim)
        for key, grid in grids.items():
            own = shapely.union_all([u.geom for u in small if u.parent == key])
            strip = own.symmetric_difference(grid.geom)
            assert strip.area < shapes.THREAD_M * grid.geom.length


def _sample(code: str) -> tuple[Picture, Ground, list[list[dict[str, object]]]]:
    """A community of the sample as a picture, and the grids of three proposals as rows of a plan."""
    read = {
        level: pyogrio.read_dataframe(SAMPLE, layer=level)
        for level in ("community", "grid", "microgrid", "building")
    }
    outline = read["community"].set_index("code").geometry[code]
    plane = Plane.around(np.array([outline], dtype=object))
    ground = Ground(plane)
    units = {code: Unit(code, "community", None, None, ground.metres(outline), 1, code)}
    for level, above in (("grid", 12), ("microgrid", 16)):
        rows = read[level][read[level].code.str.startswith(code)]
        for each, shape in zip(rows.code, rows.geometry, strict=True):
            units[each] = Unit(
                each, level, each[:above], None, ground.metres(shape), len(units) + 1, each
            )
    houses = read["building"][read["building"].microgrid_code.str.startswith(code)]
    outlines = [plane.to_metres(shape) for shape in houses.geometry]
    cells = cells_of_buildings(units[code].geom, outlines)
    graph = cells.graph(list(houses.households_est.fillna(0).astype(int)))
    known = plane.corners(np.array([outline], dtype=object))
    proposals = [
        [
            {
                "level": "grid",
                "geometry": json.loads(
                    shapely.to_geojson(
                        plane.to_degrees(
                            shapely.coverage_union_all(cells.polygons[list(area.cells)]), known
                        )
                    )
                ),
            }
            for area in proposal.areas
        ]
        for proposal in propose(Cells(graph), Wish(300, 500, draws_per_cell=60))
    ]
    return Picture(code, units), ground, proposals
