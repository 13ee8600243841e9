"""Proposals by the API and the command, and a proposal that becomes a plan without faults."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import shapely

from gridcenter.actor import SYSTEM
from gridcenter.errors import InvalidInput
from gridcenter.redraw.division.operations import plan_of_proposal
from gridcenter.redraw.division.planner import Wish
from gridcenter.redraw.division.proposing import WHOLE, Request, planned, prepared
from gridcenter.redraw.preview import findings_of
from gridcenter.registry.operations import stage_buildings, write_buildings
from tests.builders import SOUTH, STEP, STREET, WEST, square, stage_building

COMMUNITY = f"{STREET}001"
GRID = f"{COMMUNITY}Z001"
PATH = "/api/v1/division/proposals"
ASKED = {
    "parent": GRID,
    "level": "microgrid",
    "households_least": 25,
    "households_most": 50,
    "proposals": 2,
}


@pytest.fixture(scope="module")
def house(shared_house):
    """Sixteen houses of 8 to 11 households in each grid of the first community."""
    with shared_house.owner.transaction() as tx:
        stage_buildings(tx)
        for column in range(2):
            for number in range(16):
                x, y = column + (number % 4 + 0.5) / 4, (number // 4 + 0.5) / 2
                microgrid = f"{COMMUNITY}Z{column + 1:03d}{1 if y > 1 else 2:03d}"
                shape = square(WEST + x * STEP, SOUTH + y * STEP)
                code = f"{microgrid}B{number + 1:03d}"
                stage_building(tx, code, shape, households=8 + number % 4)
        write_buildings(tx)
    return shared_house


def test_proposals_tile_the_parent_with_measures(house):
    answer = house.client("S-01").post(PATH, ASKED)
    assert answer.status_code == 200, answer.text
    told = answer.json
    assert (told["parent"], told["households"], told["buildings"]) == (GRID, 152, 16)
    outline = shapely.from_geojson(
        json.dumps(house.client("S-01").get(f"/api/v1/areas/{GRID}").json["geometry"])
    )
    assert len(told["proposals"]) == 2
    for proposal in told["proposals"]:
        areas = proposal["areas"]["features"]
        shapes = [shapely.from_geojson(json.dumps(area["geometry"])) for area in areas]
        # Corners on the rim are rounded to a tenth of a millimetre.
        assert sum(s.area for s in shapes) == pytest.approx(outline.area, rel=1e-6)
        assert shapely.coverage_is_valid(shapes)
        assert sum(area["properties"]["households"] for area in areas) == 152
        measures = proposal["measures"]
        assert measures["buildings_cut"] == 0 and measures["outside"] == 0
        assert measures["roads"] == "derived" and 0 <= measures["border_on_roads"] <= 1
        assert measures["households_moved"] >= 0
        codes = [area["properties"]["code"] for area in areas]
        assert len(set(codes)) == len(codes) == measures["areas"]
        kept = {a["properties"]["code"] for a in areas if not a["properties"]["is_new"]}
        assert kept == {f"{GRID}001", f"{GRID}002"}
        assert all(code[-3:] > "002" for code in set(codes) - kept)
    assert house.client("S-01").post(PATH, ASKED).json == told, "the same seed, the same answer"


def test_borders_follow_the_roads_that_were_imported(house):
    """A road between the rows of houses, off the middle: without it the border runs half way."""
    y = SOUTH + 0.9 * STEP
    with house.owner.transaction() as tx:
        tx.execute(
            "INSERT INTO reference_feature (layer, code, geom, attributes, source) VALUES"
            " ('road', 'R1', ST_SetSRID(ST_MakeLine(ST_MakePoint(%(w)s, %(y)s),"
            "   ST_MakePoint(%(e)s, %(y)s)), 4490), '{}', 'test')",
            {"w": WEST - STEP, "e": WEST + 3 * STEP, "y": y},
        )
    try:
        asked = {**ASKED, "households_least": 70, "households_most": 82, "proposals": 3}
        told = house.client("S-01").post(PATH, asked).json
    finally:
        with house.owner.transaction() as tx:
            tx.execute("DELETE FROM reference_feature")
    assert {p["measures"]["roads"] for p in told["proposals"]} == {"given"}
    roads = max(told["proposals"], key=lambda p: p["measures"]["border_on_roads"])
    assert roads["measures"]["border_on_roads"] == 1
    corners = {
        round(at[1], 9)
        for area in roads["areas"]["features"]
        for at in shapely.get_coordinates(shapely.from_geojson(json.dumps(area["geometry"])))
    }
    assert round(y, 9) in corners


def test_a_locked_area_stays_to_the_bit(house):
    asked = {**ASKED, "lock": [f"{GRID}001"], "households_least": 20}
    told = house.client("S-01").post(PATH, asked).json
    stored = house.client("S-01").get(f"/api/v1/areas/{GRID}001").json["geometry"]
    for proposal in told["proposals"]:
        (kept,) = [a for a in proposal["areas"]["features"] if a["properties"]["locked"]]
        assert kept["properties"]["code"] == f"{GRID}001"
        one, other = (shapely.from_geojson(json.dumps(g)) for g in (kept["geometry"], stored))
        assert shapely.hausdorff_distance(one, other) < 1e-6


def test_only_authors_of_plans_ask(house):
    answers = {who: house.client(who).post(PATH, ASKED).status_code for who in ("D-01", "S-01")}
    assert answers == {"D-01": 403, "S-01": 200}
    assert house.client().post(PATH, ASKED).status_code == 401


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"households_least": 100, "households_most": 120}, "division_impossible"),
        ({"parent": COMMUNITY}, "invalid_input"),
        ({"lock": [f"{GRID}077"]}, "invalid_input"),
        ({"households_least": 60, "households_most": 50}, "invalid_input"),
        ({"time_limit_s": 999}, "invalid_input"),
    ],
)
def test_what_cannot_be_is_a_problem_with_a_sentence(house, changed, code):
    answer = house.client("S-01").post(PATH, {**ASKED, **changed})
    assert answer.status_code == 422, answer.text
    assert answer.json["code"] == code
    assert answer.json["detail"]


def test_an_unknown_parent_is_not_found(house):
    assert house.client("S-01").post(PATH, {**ASKED, "parent": "nowhere"}).status_code == 404


@pytest.mark.parametrize(
    ("parent", "level", "wish", "whole"),
    [
        (GRID, "microgrid", Wish(25, 50, proposals=1), False),
        (COMMUNITY, "grid", Wish(60, 110, proposals=1), True),
        (COMMUNITY, "grid", Wish(60, 110, proposals=1), False),
    ],
)
def test_a_proposal_becomes_a_plan_that_may_be_approved(house, parent, level, wish, whole):
    with house.owner.transaction() as tx:
        ready = prepared(tx, Request(parent, level, wish, whole_microgrids=whole))
        done = planned(ready, wish)
        plan = plan_of_proposal(tx, SYSTEM, done, 0, "划分", datetime.now(UTC))
        found = findings_of(tx, plan)
        assert not [f for f in found if f["severity"] == "refuse"], found
        assert "building_cut" not in {f["kind"] for f in found}


def test_what_becomes_of_micro_grids_is_told(house):
    asked = {**ASKED, "parent": COMMUNITY, "level": "grid"}
    asked |= {"households_least": 60, "households_most": 110}
    told = house.client("S-01").post(PATH, asked).json
    assert told["cells"] == 4
    assert told["microgrids"] in (WHOLE.zh, WHOLE.en)
    assert {p["measures"]["microgrids_cut"] for p in told["proposals"]} == {0}
    cut = house.client("S-01").post(PATH, {**asked, "whole_microgrids": False}).json
    assert cut["cells"] == 32 and cut["microgrids"] != told["microgrids"]
    asked |= {"households_least": 30, "households_most": 60}  # 76 households in each micro-grid
    small = house.client("S-01").post(PATH, asked).json
    assert small["cells"] == 32 and "76" in small["microgrids"]
    assert all(p["measures"]["microgrids_cut"] == 4 for p in small["proposals"])


def test_micro_grids_with_a_gap_are_no_cells(house):
    with house.owner.transaction() as tx:
        tx.execute("SAVEPOINT whole")
        tx.execute(
            "UPDATE area_version SET geom = ST_Multi(ST_Difference(geom, ST_Expand(ST_Centroid(geom),"
            " 0.0005))) WHERE area_id = (SELECT id FROM area WHERE code = %(c)s)",
            {"c": f"{GRID}001"},
        )
        wish = Wish(60, 110, proposals=1)
        with pytest.raises(InvalidInput) as refused:
            prepared(tx, Request(COMMUNITY, "grid", wish, whole_microgrids=True))
        ready = prepared(tx, Request(COMMUNITY, "grid", wish))
        tx.execute("ROLLBACK TO SAVEPOINT whole")
    assert refused.value.errors[0].code == "not_tiling"
    assert len(ready.ground.graph) == 32
    assert ready.microgrids is not None and "1 faults" in ready.microgrids.en


def test_whole_microgrids_are_the_cells(house):
    with house.owner.transaction(read_only=True) as tx:
        wish = Wish(60, 110, proposals=1)
        ready = prepared(tx, Request(COMMUNITY, "grid", wish, whole_microgrids=True))
        assert len(ready.ground.graph) == 4
        with pytest.raises(InvalidInput):
            prepared(tx, Request(COMMUNITY, "district", wish))
