"""The map and the figures of a day that is over, after a redraw."""

from __future__ import annotations

from datetime import UTC, datetime
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
