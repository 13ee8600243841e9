"""What an expert of grid governance tries first with boundaries (DOMAIN §15, 1, 3 and 4).

Points 2 and 21 are told by tests/gridcenter/redraw (test_life, test_plans).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from shapely import Polygon, box

from gridcenter.actor import SYSTEM
from gridcenter.areas.operations import Guard, stage_areas, write_areas
from gridcenter.codes import Level
from gridcenter.geo import from_storage
from importers.command import ImportCommand
from importers.kinds import Kind
from importers.operations import Outcome, run_import
from tests import builders
from tests.builders import SOUTH, STEP, WEST
from tests.conftest import House
from tests.gridcenter.areas.test_faults import COMMUNITY, GRID, METRE, NEXT, moved, outline, write
from tests.gridcenter.areas.test_faults import stage as put
from tests.gridcenter.redraw.place import come_true, corner, decide, draw, ring

UNIT = "320508998001001"


def brought(
    house: House, folder: Path, level: Level, shapes: dict[str, Any], **said: Any
) -> Outcome:
    """What an import of these outlines does."""
    features = [
        {"type": "Feature", "properties": {"code": code, "name": code},
         "geometry": json.loads(shapely.to_geojson(shape))}
        for code, shape in shapes.items()
    ]  # fmt: skip
    file = folder / f"{level.value}.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return run_import(house.owner, SYSTEM, ImportCommand(Kind.AREAS, file, level=level, **said))


def test_overlapping_grids_are_refused_and_a_mended_community_is_whole(
    house: House, tmp_path: Path
) -> None:
    """DOMAIN §15, 1: two overlapping grids (网格重叠) are refused with the overlap in square metres; after
    the gap is mended the gap report of the community (空隙报告) is 0 m² and its grids make it up."""
    with house.owner.transaction() as tx:
        west, east = outline(tx, GRID), outline(tx, NEXT)
    outcome = brought(house, tmp_path, Level.GRID, {GRID: moved(west, 3.0), NEXT: east})
    assert outcome.applied is None
    strip = 3.0 * 2 * STEP * 110_870
    (overlap,) = [f for f in outcome.findings if f.code == "overlap"]
    assert float(overlap.value or 0) == pytest.approx(strip, rel=0.01)
    assert "重叠" in outcome.findings[0].zh and "平方米" in outcome.findings[0].zh

    with house.owner.transaction() as tx:
        write(tx, "grid", Guard.ACCEPTED, **{f"_{GRID}": moved(west, -3.0)})
    admin = house.client("A-01")
    path = f"/api/v1/areas/{COMMUNITY}/faults"

    def gaps() -> list[dict[str, Any]]:
        faults = admin.post(path).json["items"]
        return [fault for fault in faults if fault["kind"] in {"gap", "sliver", "overlap"}]

    (gap,) = gaps()
    assert gap["measure"] == pytest.approx(strip, rel=0.01)
    shown = admin.post(f"{path}/{gap['id']}/repair?preview=true").json
    assert shown["changed_m2"] == pytest.approx(strip, rel=0.01)
    assert admin.post(f"{path}/{gap['id']}/repair").status_code == 200
    assert sum(fault["measure"] for fault in gaps()) == 0
    with house.owner.transaction() as tx:
        whole = tx.scalar(
            "SELECT ST_Equals(ST_Union(g.geom), c.geom)"
            " FROM area_now g JOIN area_now c ON c.id = g.parent_id WHERE c.code = %(c)s"
            " GROUP BY c.geom",
            {"c": COMMUNITY},
        )
    assert whole is True


def test_a_place_is_in_its_dedicated_grid_micro_grid_and_unit_grid(house: House) -> None:
    """DOMAIN §15, 3: a point in a 专属网格 is assigned to it, and to its 单元网格 and 微网格; 3 m outside
    with 20 m of GPS accuracy it is uncertain and has to be confirmed."""
    hole = ring((0.3, 1.3), (0.7, 1.3), (0.7, 1.7), (0.3, 1.7))
    given = {"parent": COMMUNITY, "kind": "dedicated_grid", "name": "示例学校", "geometry": hole}
    decide(house, draw(house, COMMUNITY, ("create", given)))
    assert come_true(house)[0]["done"]
    with house.owner.transaction() as tx:
        stage_areas(tx)
        cell = box(WEST, SOUTH + STEP, WEST + STEP, SOUTH + 2 * STEP)
        put(tx, UNIT, cell, parent=COMMUNITY, label=UNIT)
        write_areas(tx, "unit_grid")
    school = f"{COMMUNITY}S001"
    lon, lat = corner(0.5, 1.5)
    desk = house.client("D-01")
    found = desk.get("/api/v1/locate", lon=lon, lat=lat, datum="cgcs2000", accuracy_m=20).json
    by_level = {area["level"]: area for area in found["levels"]}
    assert by_level["grid"]["code"] == school and by_level["grid"]["kind"] == "dedicated_grid"
    assert by_level["microgrid"]["code"].startswith(school)
    assert found["unit_grid"] == UNIT
    assert found["certain"] is True

    east = corner(0.7, 1.5)[0] + 3 * METRE
    near = desk.get("/api/v1/locate", lon=east, lat=lat, datum="cgcs2000", accuracy_m=20).json
    assert near["levels"][2]["code"] == GRID and near["certain"] is False
    assert near["border_m"] == pytest.approx(3.0, abs=0.1)
    assert any(area["code"].startswith(school) for area in near["candidates"])
    body = builders.report_json(builders.report(lon=east, lat=lat, accuracy_m=20.0))
    incident = house.client("01-001").post("/api/v1/incidents", body).json["id"]
    assert desk.get(f"/api/v1/incidents/{incident}").json["location"]["certain"] is False


@pytest.mark.parametrize(
    ("datum", "within_m"), [("4549", 0.001), ("4528", 0.001), ("gcj02", 0.01), ("bd09", 0.01)]
)
def test_a_layer_of_any_datum_lands_where_it_belongs(
    house: House, tmp_path: Path, datum: str, within_m: float
) -> None:
    """DOMAIN §15, 4: a layer in EPSG:4549, EPSG:4528 (带号), GCJ-02 (高德) or BD-09 (百度) lands within the
    stated tolerance, and its square metres differ from PostGIS geography by less than 0.1 %."""
    truth = Polygon([(121.0, 31.2), (121.03, 31.195), (121.035, 31.23), (121.01, 31.24)])
    drawn = shapely.transform(
        truth, lambda xy: np.column_stack(from_storage(xy[:, 0], xy[:, 1], datum))
    )

    outcome = brought(house, tmp_path, Level.STREET, {"320583101": drawn}, datum=datum)

    assert outcome.applied is not None, [f.zh for f in outcome.findings]
    with house.owner.transaction() as tx:
        row = tx.one(
            "SELECT area_m2, ST_Area(geom::geography) AS sphere, ST_AsBinary(geom) AS geom"
            " FROM area_now WHERE code = '320583101'"
        )
        assert row is not None
        off = tx.scalar(
            "SELECT ST_HausdorffDistance(in_metres(ST_GeomFromWKB(%(a)s, 4490)),"
            " in_metres(ST_GeomFromWKB(%(b)s, 4490)))",
            {"a": bytes(row["geom"]), "b": shapely.to_wkb(truth)},
        )
    assert off < within_m
    assert row["area_m2"] == pytest.approx(row["sphere"], rel=0.001)
    # Taken for degrees as they are, the shifted ones would lie half a kilometre beside.
    if datum in {"gcj02", "bd09"}:
        assert shapely.hausdorff_distance(drawn, truth) > 0.003
