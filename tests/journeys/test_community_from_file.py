"""A community is replaced by what a file says: staged, planned, decided, in force, and back again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gridcenter.codes import Level
from importers.command import ImportCommand
from importers.kinds import Kind
from importers.operations import stage
from tests import builders
from tests.conftest import House
from tests.gridcenter.redraw.place import (
    COMMUNITY,
    GRID_1,
    GRID_2,
    areas,
    come_true,
    decide,
    draw,
    open_paths,
    reports,
    ring,
)

# The west grid goes on, narrower; the east one is over: two new ones lie on its ground and a strip.
NORTH, SOUTH = f"{COMMUNITY}Z003", f"{COMMUNITY}Z004"
FILE = [
    (
        {"code": GRID_1, "name": "第1网格"},
        ring((0, 0), (0.7, 0), (0.7, 1), (0.7, 2), (0, 2), (0, 1)),
    ),
    ({"code": NORTH, "name": "北片"}, ring((0.7, 1), (2, 1), (2, 2), (0.7, 2))),
    ({"code": SOUTH, "name": "南片"}, ring((0.7, 0), (2, 0), (2, 1), (0.7, 1))),
]


def stage_file(house: House, folder: Path, rows: list[tuple[dict[str, Any], Any]]) -> str:
    features = [
        {"type": "Feature", "properties": {**told, "parent_code": COMMUNITY}, "geometry": shape}
        for told, shape in rows
    ]
    file = folder / "新网格.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    with house.acting("A-01", read_only=False) as tx:
        command = ImportCommand(Kind.AREAS, file, level=Level.GRID)
        staged = stage(tx, house.actor("A-01"), command)
    assert staged.id is not None and staged.state == "staged", staged.examined.findings
    return str(staged.id)


def holdings(house: House) -> dict[str, Any]:
    """What hangs on areas: buildings, open cases, duties and workers, by what they are."""
    with house.owner.transaction(read_only=True) as tx:
        houses = tx.all(
            "SELECT b.code, b.area_path::text AS path, a.code AS micro FROM building b"
            " JOIN area a ON a.id = b.microgrid_id ORDER BY 1"
        )
        duties = tx.all(
            "SELECT a.code, w.code AS worker, d.kind, d.rank FROM duty d JOIN area_now a"
            " ON a.id = d.area_id AND a.path = d.area_path JOIN grid_worker w ON w.id = d.worker_id"
            " WHERE d.valid @> CURRENT_DATE ORDER BY 1, 2"
        )
        workers = tx.all("SELECT code, area_path::text AS path FROM grid_worker ORDER BY 1")
    return {"houses": houses, "duties": duties, "workers": workers, "cases": open_paths(house)}


def test_a_file_replaces_a_community_and_is_taken_back(house: House, tmp_path: Path) -> None:
    with house.owner.transaction() as tx:
        builders.make_buildings(tx, *builders.PLACES)
    reports(house, 60)
    before, held, small = areas(house), holdings(house), areas(house, "microgrid")
    batch = stage_file(house, tmp_path, FILE)

    plan = draw(house, COMMUNITY, ("replace", {"area": COMMUNITY, "batch": batch}), author="A-01")
    assert plan["items"][0]["given"]["source"] == "新网格.geojson"
    shown = house.client("A-01").get(f"/api/v1/redraw/plans/{plan['id']}/preview").json
    assert [f for f in shown["findings"] if f["severity"] == "refuse"] == []
    decide(house, plan, author="A-01")
    assert [told["done"] for told in come_true(house)] == [True]

    after = {c: a for c, a in areas(house).items() if c.startswith(COMMUNITY)}
    assert {c: a["name"] for c, a in after.items()} == {
        GRID_1: "第1网格",
        NORTH: "北片",
        SOUTH: "南片",
    }
    assert after[GRID_1]["id"] == before[GRID_1]["id"]
    _nothing_is_lost(house, held)
    _lineage_is_told(house)
    duties = {(d["code"], d["worker"], d["kind"]) for d in holdings(house)["duties"]}
    assert {d for d in duties if d[0] in after} == {
        (GRID_1, "01-001", "responsible"),
        (NORTH, "01-002", "responsible"),
        (SOUTH, "01-002", "responsible"),
    }

    back = house.client("A-01").post(f"/api/v1/redraw/plans/{plan['id']}/reverse").json
    decide(house, back, author="A-01")
    assert [told["done"] for told in come_true(house)] == [True]
    for was, level in ((before, "grid"), (small, "microgrid")):
        now = areas(house, level)
        assert {c: (a["path"], a["outline"], a["id"], a["name"]) for c, a in now.items()} == {
            c: (a["path"], a["outline"], a["id"], a["name"]) for c, a in was.items()
        }
    again = holdings(house)
    assert again["houses"] == held["houses"]
    assert again["cases"] == held["cases"]
    assert again["duties"] == held["duties"]
    assert again["workers"] == held["workers"]


def _nothing_is_lost(house: House, held: dict[str, Any]) -> None:
    now = holdings(house)
    assert now["cases"].keys() == held["cases"].keys()
    assert now["cases"] != held["cases"]
    with house.owner.transaction(read_only=True) as tx:
        wrong = tx.one(
            "SELECT (SELECT count(*) FROM case_file c WHERE is_open(c.state) AND c.area_path"
            "   IS DISTINCT FROM (SELECT path FROM locate_point(c.location, NULL))) AS cases,"
            " (SELECT count(*) FROM building b LEFT JOIN area_now n ON n.id = b.microgrid_id"
            "   AND n.path = b.area_path AND ST_Covers(n.geom, ST_PointOnSurface(b.geom))"
            "   WHERE n.id IS NULL AND upper_inf(b.valid)) AS buildings,"
            " (SELECT count(*) FROM case_event e JOIN case_file c ON c.id = e.case_id"
            "   WHERE e.operation = 'rehome') AS marked,"
            " (SELECT count(*) FROM grid_worker w WHERE NOT EXISTS"
            "   (SELECT FROM area_now n WHERE n.path = w.area_path)) AS workers"
        )
    moved = sum(now["cases"][case] != path for case, path in held["cases"].items())
    assert wrong == {"cases": 0, "buildings": 0, "marked": moved, "workers": 0}


def _lineage_is_told(house: House) -> None:
    told = house.client("S-01").get(f"/api/v1/redraw/areas/{GRID_2}/lineage").json["items"]
    shares = {row["to"]: (row["share_area"], row["share_households"]) for row in told}
    assert shares.keys() == {NORTH, SOUTH}
    assert sum(area for area, _ in shares.values()) == pytest.approx(1, abs=1e-3)
    assert sum(households for _, households in shares.values()) == pytest.approx(1, abs=1e-3)
    west = house.client("S-01").get(f"/api/v1/redraw/areas/{GRID_1}/lineage").json["items"]
    parts = {row["to"]: row["share_area"] for row in west}
    assert parts == pytest.approx({GRID_1: 0.7, NORTH: 0.15, SOUTH: 0.15}, abs=1e-3)


def test_only_a_staged_file_of_areas_becomes_a_plan(house: House, tmp_path: Path) -> None:
    batch = stage_file(house, tmp_path, FILE)
    plan = draw(house, COMMUNITY, author="A-01")
    path = f"/api/v1/redraw/plans/{plan['id']}/items"
    body = {"version": plan["version"], "operation": "replace"}
    caller = house.client("A-01")
    for unknown in ("nonsense", "00000000-0000-0000-0000-000000000001"):
        given = {"area": COMMUNITY, "batch": unknown}
        assert caller.post(path, {**body, "given": given}).status_code == 404
    with house.owner.transaction() as tx:
        tx.execute("UPDATE import_batch SET state = 'discarded' WHERE id = %(id)s", {"id": batch})
    over = caller.post(path, {**body, "given": {"area": COMMUNITY, "batch": batch}})
    assert (over.status_code, over.json["errors"][0]["code"]) == (422, "not_staged")
