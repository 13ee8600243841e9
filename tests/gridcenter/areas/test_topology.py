"""Each kind of fault is found with its measure, random coverages hold, and repairs mend."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from gridcenter.areas.topology import (
    Contents,
    Fault,
    FaultKind,
    Limits,
    Method,
    Severity,
    Sizes,
    Tolerances,
    Unit,
    Unsafe,
    check,
    refusing,
)

EAST, NORTH = 557_000.0, 3_464_000.0  # where Suzhou lies in its zone: rounding is as in life


def at(west: float, south: float, east: float, north: float) -> Polygon:
    """A rectangle with metres counted from a corner in Suzhou."""
    return box(EAST + west, NORTH + south, EAST + east, NORTH + north)


PARENT = at(0, 0, 300, 100)
WHOLE = {"a": at(0, 0, 100, 100), "b": at(100, 0, 200, 100), "c": at(200, 0, 300, 100)}


def only(faults: list[Fault], kind: FaultKind) -> Fault:
    """The one fault, of that kind."""
    assert [fault.kind for fault in faults] == [kind], faults
    return faults[0]


def mended(parent: Any, members: dict[str, Any], faults: list[Fault]) -> list[Fault]:
    """What is left after every proposed repair was applied, one after the other."""
    members = dict(members)
    for _ in range(len(faults) + 5):
        proposals = [f.repair for f in check(parent, members) if f.repair]
        if not proposals:
            break
        members.update(proposals[0].geometries)
    return check(parent, members)


def test_areas_that_fill_their_parent_have_no_fault() -> None:
    assert check(PARENT, WHOLE) == []
    assert check(None, WHOLE) == []


@pytest.mark.parametrize("width", [0.06, 0.1, 0.3, 0.5001, 1.0, 7.0])
def test_a_gap_is_found_with_its_area(width: float) -> None:
    members = {**WHOLE, "b": at(100 + width, 0, 200, 100)}
    kind = FaultKind.SLIVER if width < 0.5 else FaultKind.GAP
    fault = only(check(PARENT, members), kind)
    assert fault.measure == pytest.approx(100 * width, abs=2e-3)
    assert fault.width_m == pytest.approx(width, abs=1e-4)
    assert (fault.unit, fault.severity, set(fault.areas)) == ("m2", "refuse", {"a", "b"})
    assert fault.repair
    assert fault.repair.method is (Method.SNAP if width < 0.5 else Method.FILL)
    assert mended(PARENT, members, [fault]) == []


@pytest.mark.parametrize("width", [0.06, 0.1, 0.3, 0.5001, 1.0, 7.0])
def test_an_overlap_is_found_with_its_area(width: float) -> None:
    members = {**WHOLE, "b": at(100 - width, 0, 200, 100)}
    kind = FaultKind.SLIVER if width < 0.5 else FaultKind.OVERLAP
    fault = only(check(PARENT, members), kind)
    assert fault.measure == pytest.approx(100 * width, abs=2e-3)
    assert fault.areas == ("a", "b")
    assert fault.repair
    assert mended(PARENT, members, [fault]) == []


@pytest.mark.parametrize("width", [0.06, 0.1, 1.0, 7.0])
def test_a_piece_outside_the_parent_is_found_with_its_area(width: float) -> None:
    members = {**WHOLE, "c": at(200, 0, 300 + width, 100)}
    fault = only(check(PARENT, members), FaultKind.OUTSIDE_PARENT)
    assert fault.measure == pytest.approx(100 * width, abs=2e-3)
    assert fault.areas == ("c",)
    assert mended(PARENT, members, [fault]) == []


@pytest.mark.parametrize("width", [0.001, 0.01, 0.04, -0.001, -0.04])
def test_a_border_that_is_millimetres_off_is_an_unmatched_edge(width: float) -> None:
    members = {**WHOLE, "b": at(100 + width, 0, 200, 100)}
    fault = only(check(PARENT, members), FaultKind.UNMATCHED_EDGE)
    assert fault.measure == pytest.approx(100, abs=0.05)
    assert (fault.unit, fault.severity, fault.areas) == (Unit.M, Severity.WARN, ("a", "b"))
    assert mended(PARENT, members, [fault]) == []


def test_with_finer_tolerance_a_millimetre_is_refused() -> None:
    fine = Limits(tolerances=Tolerances(edge_m=0.0005))
    members = {**WHOLE, "b": at(100.001, 0, 200, 100)}
    fault = only(check(PARENT, members, fine), FaultKind.SLIVER)
    assert fault.measure == pytest.approx(0.1, abs=2e-3)
    assert fault.severity is Severity.REFUSE


def test_rounding_is_no_fault() -> None:
    assert check(PARENT, {**WHOLE, "b": at(100.0001, 0, 200, 100)}) == []


def test_a_corner_on_one_side_only_is_an_unmatched_edge() -> None:
    members = {
        "a": WHOLE["a"],
        "north": at(100, 50, 300, 100),
        "south": at(100, 0, 300, 50),
    }
    faults = check(PARENT, members)
    assert {f.areas for f in faults} == {("a", "north"), ("a", "south")}
    assert {f.kind for f in faults} == {FaultKind.UNMATCHED_EDGE}
    assert [f.measure for f in faults] == pytest.approx([50, 50])
    assert all(f.repair and f.repair.method is Method.NODE for f in faults)
    assert mended(PARENT, members, faults) == []


def test_a_border_that_meets_the_rim_but_for_rounding_is_no_fault() -> None:
    """A new border ends on a slanting rim, rounded to a tenth of a millimetre beside it."""
    rim = [(0.0, 0.0), (200.0, 7.0), (200.0, 100.0), (0.0, 100.0)]
    parent = Polygon([(EAST + x, NORTH + y) for x, y in rim])
    foot, head = (EAST + 100, NORTH + 3.5 + 0.00005), (EAST + 100, NORTH + 100)
    corners = [(EAST + x, NORTH + y) for x, y in rim]
    members = {
        "a": Polygon([corners[0], foot, head, corners[3]]),
        "b": Polygon([foot, corners[1], corners[2], head]),
    }
    assert check(parent, members) == []
    # Five millimetres are more than rounding.
    off = {"a": Polygon([corners[0], (EAST + 100, NORTH + 3.505), head, corners[3]])}
    off["b"] = Polygon([(EAST + 100, NORTH + 3.505), corners[1], corners[2], head])
    assert {fault.kind for fault in check(parent, off)} == {FaultKind.UNMATCHED_EDGE}


def test_a_gap_open_to_the_rim_and_a_missing_area_are_gaps() -> None:
    members = {**WHOLE, "b": at(100, 0, 200, 95)}
    (gap,) = refusing(check(PARENT, members))
    assert (gap.kind, gap.areas[0]) == (FaultKind.GAP, "b")
    assert gap.measure == pytest.approx(500)
    # Below the gap the neighbours lack its corner.
    assert mended(PARENT, members, [gap]) == []
    missing = only(check(PARENT, {"a": WHOLE["a"], "c": WHOLE["c"]}), FaultKind.GAP)
    assert missing.measure == pytest.approx(10_000)
    assert missing.repair is None  # a missing area is not given away


def test_without_a_parent_only_enclosed_gaps_can_be_known() -> None:
    ring = at(100, 0, 200, 100).difference(at(140, 40, 145, 45))
    assert check(None, {**WHOLE, "b": ring}) == []  # a hole of its own, as with a lake
    notched = at(100, 0, 200, 100).difference(at(100, 40, 105, 45))
    (gap,) = refusing(check(None, {**WHOLE, "b": notched}))
    assert (gap.kind, gap.measure) == (FaultKind.GAP, pytest.approx(25))
    assert check(None, {**WHOLE, "b": at(100, 0, 200, 90)})[0].kind is FaultKind.UNMATCHED_EDGE


def test_areas_drawn_twice_overlap_wholly() -> None:
    fault = only(check(PARENT, {**WHOLE, "again": WHOLE["b"]}), FaultKind.OVERLAP)
    assert fault.areas == ("b", "again")
    assert fault.measure == pytest.approx(10_000)


def test_three_over_one_place_are_three_pairs() -> None:
    patch = at(90, 40, 110, 60)
    members = {**WHOLE, "x": patch}
    faults = check(PARENT, members)
    assert {f.areas: round(f.measure) for f in faults} == {("a", "x"): 200, ("b", "x"): 200}


def test_a_dedicated_grid_is_cut_out_of_the_general_one_or_nested() -> None:
    members = {**WHOLE, "school": at(120, 20, 160, 60)}
    fault = only(check(PARENT, members, dedicated=["school"]), FaultKind.OVERLAP)
    assert fault.measure == pytest.approx(1600)
    assert fault.repair
    assert "school" not in fault.repair.geometries
    assert fault.repair.geometries["b"].area == pytest.approx(10_000 - 1600)
    nested = Limits(nested=True)
    assert check(PARENT, members, nested, dedicated=["school"]) == []
    # Two dedicated grids may not lie over each other, and none may leave the parent.
    members["hospital"] = at(150, 50, 170, 70)
    assert check(PARENT, members, nested, dedicated=["school", "hospital"])[0].measure == (
        pytest.approx(100)
    )
    outside = {**WHOLE, "school": at(280, 20, 310, 60)}
    beyond = only(check(PARENT, outside, nested, dedicated=["school"]), FaultKind.OUTSIDE_PARENT)
    assert beyond.measure == pytest.approx(400)


def test_areas_in_several_parts_are_told() -> None:
    two = shapely.union(at(0, 0, 50, 100), at(60, 0, 70, 10))
    rest = at(0, 0, 100, 100).difference(two)
    faults = check(at(0, 0, 100, 100), {"a": two, "b": rest})
    fault = only(faults, FaultKind.MULTI_PART)
    assert fault.areas == ("a",)
    assert fault.measure == pytest.approx(100)
    assert fault.severity is Severity.WARN


def test_pieces_that_lie_apart_go_to_the_neighbour_along_them() -> None:
    """Each to the one with the longest common border; nothing else changes."""
    # Across the border of a and b, more of it in b; and one within a.
    ring = [(98, 40), (100, 40), (104, 40), (104, 46), (100, 46), (98, 46)]
    across = Polygon([(EAST + x, NORTH + y) for x, y in ring])
    within = at(20, 20, 30, 30)
    members = {
        "a": at(0, 0, 100, 100).difference(across).difference(within),
        "b": at(100, 0, 200, 100).difference(across),
        "c": shapely.MultiPolygon([at(200, 0, 300, 100), across, within]),
    }
    fault = only(check(PARENT, members), FaultKind.MULTI_PART)
    assert fault.measure == pytest.approx(136, abs=1e-3)
    assert fault.repair is not None and fault.repair.method is Method.GIVE
    assert fault.repair.changed_m2 == pytest.approx(136, abs=1e-3)
    now = {**members, **fault.repair.geometries}
    assert shapely.equals(now["a"], shapely.union(members["a"], within))
    assert shapely.equals(now["b"], shapely.union(members["b"], across))
    assert shapely.equals(now["c"], at(200, 0, 300, 100))
    assert check(PARENT, now) == []


@pytest.mark.parametrize(
    ("apart", "unsafe"),
    [
        (at(320, 0, 330, 10), Unsafe.ALONE),  # an island
        (at(300, 100, 310, 110), Unsafe.ALONE),  # touches its neighbour in one corner
        (at(20, 20, 70, 60), Unsafe.LARGE),  # within its neighbour
    ],
)
def test_pieces_without_a_safe_taker_stay_and_it_is_said_why(apart: Any, unsafe: Unsafe) -> None:
    whole = shapely.union(PARENT, apart)
    members = {
        "a": shapely.difference(at(0, 0, 200, 100), apart),
        "c": shapely.union(at(200, 0, 300, 100), apart),
    }
    if unsafe is Unsafe.ALONE:
        members = {"a": shapely.union(at(0, 0, 200, 100), apart), "c": at(200, 0, 300, 100)}
    fault = only(check(whole, members), FaultKind.MULTI_PART)
    assert (fault.repair, fault.unsafe) == (None, unsafe)


def test_pieces_between_borders_that_do_not_match_wait_for_those() -> None:
    piece = at(40, 40, 46, 46)
    members = {
        "a": at(0, 0, 100, 100).difference(at(39.9995, 39.9995, 46.0005, 46.0005)),
        "b": shapely.union(at(100, 0, 200, 100), piece),
        "c": at(200, 0, 300, 100),
    }
    (fault,) = [f for f in check(PARENT, members) if f.kind is FaultKind.MULTI_PART]
    assert (fault.repair, fault.unsafe) == (None, Unsafe.TORN)


def test_a_building_cut_by_a_border_keeps_whole_in_the_larger_share() -> None:
    buildings = {"cut": at(95, 10, 108, 20), "touches": at(99.8, 30, 110, 40)}
    fault = only(check(PARENT, WHOLE, buildings=buildings), FaultKind.BUILDING_CUT)
    assert (fault.areas, fault.building) == (("b", "a"), "cut")
    assert fault.measure == pytest.approx(50)
    assert fault.repair
    members = {**WHOLE, **fault.repair.geometries}
    assert check(PARENT, members, buildings={"cut": buildings["cut"]}) == []


def test_sizes_and_empty_areas_are_told() -> None:
    sizes = Sizes(least_households=200, most_households=500, most_persons=1500, least_m2=2000)
    contents = {
        "a": Contents(households=199, persons=500, buildings=9),
        "b": Contents(households=300, persons=1501, buildings=9),
        "c": Contents(households=0, persons=0, buildings=0),
    }
    faults = check(PARENT, WHOLE, Limits(sizes=sizes), contents=contents)
    assert {(f.kind, f.areas, f.measure, f.unit) for f in faults} == {
        (FaultKind.TOO_SMALL, ("a",), 199, Unit.HOUSEHOLDS),
        (FaultKind.TOO_LARGE, ("b",), 1501, Unit.PERSONS),
        (FaultKind.EMPTY_AREA, ("c",), 0, Unit.HOUSEHOLDS),
    }
    assert not refusing(faults)
    small = check(PARENT, WHOLE, Limits(sizes=replace(sizes, least_m2=10_001)))
    assert {f.unit for f in small} == {Unit.M2}


# --- random coverages ------------------------------------------------------------------------


@st.composite
def coverages(draw: st.DrawFn) -> tuple[Any, dict[str, Any]]:
    """A parent and its areas: Voronoi cells of random points, merged at random."""
    seed = draw(st.integers(0, 2**32 - 1))
    count = draw(st.integers(2, 25))
    random = np.random.default_rng(seed)
    frame = at(0, 0, 900, 700)
    points = shapely.MultiPoint(
        random.uniform([EAST, NORTH], [EAST + 900, NORTH + 700], (count, 2))
    )
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=frame))
    cells = shapely.coverage_clean(shapely.intersection(cells, frame))
    cells = cells[shapely.area(cells) > 500]
    return shapely.coverage_union_all(cells), {str(i): cell for i, cell in enumerate(cells)}


@settings(max_examples=60, deadline=None)
@given(coverages())
def test_random_coverages_are_clean_and_agree_with_geos(given: tuple[Any, dict[str, Any]]) -> None:
    parent, members = given
    assert shapely.coverage_is_valid(np.array(list(members.values()), dtype=object))
    assert check(parent, members) == []


@settings(max_examples=60, deadline=None)
@given(coverages(), st.integers(0, 24), st.floats(-4.0, 4.0))
def test_the_measures_of_a_moved_area_are_those_of_plain_geometry(
    given: tuple[Any, dict[str, Any]], which: int, by_m: float
) -> None:
    """Against the slow way: every pair intersected, the union subtracted from the parent."""
    parent, members = given
    key = list(members)[which % len(members)]
    members[key] = shapely.buffer(members[key], by_m, join_style="mitre")
    if members[key].is_empty or len(shapely.get_parts(members[key])) > 1 or abs(by_m) < 0.6:
        return
    faults = check(parent, members, repairs=False)
    shapes = list(members.values())
    overlap = sum(
        shapely.area(shapely.intersection(a, b)) for i, a in enumerate(shapes) for b in shapes[:i]
    )
    union = shapely.union_all(shapes)
    gap = shapely.area(shapely.difference(parent, union))
    beyond = shapely.area(shapely.difference(union, parent))
    told = {kind: sum(f.measure for f in faults if f.kind is kind) for kind in FaultKind}
    slivers = told[FaultKind.SLIVER]
    assert told[FaultKind.OVERLAP] + (slivers if by_m > 0 else 0) == pytest.approx(overlap, abs=0.3)
    assert told[FaultKind.GAP] + (slivers if by_m < 0 else 0) == pytest.approx(gap, abs=0.3)
    assert told[FaultKind.OUTSIDE_PARENT] == pytest.approx(beyond, abs=0.3)


@settings(max_examples=40, deadline=None)
@given(coverages(), st.integers(0, 24), st.floats(-3.0, 3.0))
def test_repairs_mend_without_new_faults(
    given: tuple[Any, dict[str, Any]], which: int, by_m: float
) -> None:
    parent, members = given
    key = list(members)[which % len(members)]
    members[key] = shapely.affinity.translate(members[key], by_m, by_m / 2)
    faults = check(parent, members)
    before = sum(f.measure for f in refusing(faults))
    after = refusing(mended(parent, members, faults))
    assert sum(f.measure for f in after) <= before + 1e-6
    assert not [f for f in after if f.repair], after
