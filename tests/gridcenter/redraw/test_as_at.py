"""The map and the figures of a day that is over, after a redraw."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests import builders
from tests.conftest import House
from tests.gridcenter.redraw.place import (
    COMMUNITY,
    GRID_1,
    GRID_2,
    come_true,
    corner,
    decide,
    draw,
    line,
    put_back,
    reports,
)


def grids(house: House, **query: Any) -> set[str]:
    found = house.client("D-01").get("/api/v1/areas", level="grid", parent=COMMUNITY, **query)
    assert found.status_code == 200, found.text
    return {item["code"] for item in found.json["items"]}


def test_areas_are_asked_as_at_a_moment(house: House) -> None:
    then = datetime.now(UTC).isoformat()
    cut = ("split", {"area": GRID_1, "line": line((0.4, -0.1), (0.4, 2.1))})
    decide(house, draw(house, COMMUNITY, cut))
    assert come_true(house)[0]["done"]
    client, (lon, lat) = house.client("D-01"), corner(0.2, 1.5)
    place = {"lon": lon, "lat": lat, "datum": "cgcs2000", "accuracy_m": 5}
    assert grids(house) == {GRID_2, f"{COMMUNITY}Z003", f"{COMMUNITY}Z004"}
    assert grids(house, at=then) == {GRID_1, GRID_2}
    now_there, was_there = (
        client.get("/api/v1/locate", **place, **q).json for q in ({}, {"at": then})
    )
    assert [now_there["levels"][2]["code"], was_there["levels"][2]["code"]] == [
        f"{COMMUNITY}Z003",
        GRID_1,
    ]
    assert was_there["place"] == "示例社区01 · 第1网格 · 微网格01"
    assert was_there["path"].startswith(f"{builders.STREET}.001.Z001.")
    assert client.get(f"/api/v1/areas/{GRID_1}").status_code == 404
    old = client.get(f"/api/v1/areas/{GRID_1}", at=then).json
    assert (old["name"], old["valid_to"] is not None, old["children"]) == ("第1网格", True, 2)
    before_all = client.get("/api/v1/areas", at="2020-01-01T00:00:00+08:00").json
    assert before_all["items"] == []


def reported(house: House, areas: str) -> dict[str, int]:
    """How many reports each grid of the community has since 40 days ago."""
    since = (datetime.now(UTC) - timedelta(days=60)).date().isoformat()
    until = (datetime.now(UTC) - timedelta(days=20)).date().isoformat()
    query = {"area": COMMUNITY, "from": since, "to": until, "areas": areas}
    answer = house.client("S-01").get("/api/v1/statistics/indicators", **query)
    assert answer.status_code == 200, answer.text
    return {a["code"]: a["figures"]["reported"]["numerator"] for a in answer.json["areas"]}


def test_figures_are_asked_as_then_and_as_now(house: House) -> None:
    reports(house, 40)
    put_back(house, 40)
    with house.owner.transaction() as tx:
        # The map is older than the reports.
        tx.execute("UPDATE area_version SET valid = tstzrange(now() - interval '100 days', NULL)")
    then = reported(house, "recorded")
    decide(house, draw(house, COMMUNITY, ("merge", {"areas": [GRID_1, GRID_2], "into": GRID_2})))
    cut = ("split", {"area": GRID_2, "line": line((0.4, -0.1), (0.4, 2.1)), "keep": "largest"})
    assert come_true(house)[0]["done"]
    decide(house, draw(house, COMMUNITY, cut))
    assert come_true(house)[0]["done"]
    assert reported(house, "then") == then
    recorded, now = reported(house, "recorded"), reported(house, "now")
    new = f"{COMMUNITY}Z003"
    # What was recorded for an area that is over is in no row below, and still in the sum above.
    assert recorded == {COMMUNITY: then[COMMUNITY], GRID_2: then[GRID_2], new: 0}
    assert now[COMMUNITY] == then[COMMUNITY] == now[GRID_2] + now[new]
    with house.owner.transaction(read_only=True) as tx:
        west = tx.scalar(
            "SELECT count(*) FROM case_file c JOIN area_now n ON n.code = %(c)s"
            " AND ST_Covers(n.geom, c.location)",
            {"c": new},
        )
    assert now[new] == west > 0
