"""A plan from the first line to the hour and back: what moves, what stays, who may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests import builders
from tests.conftest import House
from tests.gridcenter.redraw.place import (
    COMMUNITY,
    GRID_1,
    GRID_2,
    OTHER,
    areas,
    come_true,
    decide,
    draw,
    line,
    open_paths,
    put_back,
    reports,
    ring,
)

# West grid of the first community cut from north to south, a little off its middle.
SPLIT = ("split", {"area": GRID_1, "line": line((0.4, -0.1), (0.4, 2.1))})
MERGE = ("merge", {"areas": [f"{OTHER}Z001", f"{OTHER}Z002"]})
# The second grid of the first community takes a strip of the first: neighbours follow.
BORDER = (
    "move_border",
    {"area": GRID_2, "geometry": ring((0.8, 0), (2, 0), (2, 1), (2, 2), (0.8, 2))},
)


def figures(house: House, area: str, first: datetime, last: datetime) -> Any:
    answer = house.client("S-01").get(
        "/api/v1/statistics/indicators",
        **{"area": area, "from": first.date().isoformat(), "to": last.date().isoformat()},
    )
    assert answer.status_code == 200, answer.text
    return answer.json


def test_a_redraw_moves_what_lives_and_keeps_what_was(house: House) -> None:
    """DOMAIN §15, 2: closed cases (旧案卷) stay with the grid of their day, last month's figures do not
    change, and the grids that follow a split have codes that nobody had."""
    with house.owner.transaction() as tx:
        builders.make_buildings(tx, *builders.PLACES)
    old = reports(house, 40)
    put_back(house, 40)
    month = datetime.now(UTC) - timedelta(days=60), datetime.now(UTC) - timedelta(days=20)
    with house.owner.transaction() as tx:
        tx.execute(
            "UPDATE case_file SET state = 'closed' WHERE id = ANY (%(ids)s::uuid[])",
            {"ids": old[:20]},
        )
        facts = tx.all("SELECT * FROM case_fact ORDER BY id")
        closed = tx.all("SELECT id, area_path::text AS p FROM case_file WHERE state = 'closed'")
    before_figures = figures(house, builders.STREET, *month)
    before, was = areas(house), open_paths(house)
    plan = draw(house, builders.STREET, BORDER, SPLIT, MERGE)
    shown = house.client("S-01").get(f"/api/v1/redraw/plans/{plan['id']}/preview").json
    assert [f for f in shown["findings"] if f["severity"] == "refuse"] == []
    assert {a["change"] for a in shown["areas"]} == {"new", "changed", "retired"}
    decide(house, plan)
    assert [told["done"] for told in come_true(house)] == [True]

    after = areas(house)
    assert set(after) == {GRID_2, f"{COMMUNITY}Z003", f"{COMMUNITY}Z004", f"{OTHER}Z003"}
    total = sum(a["area_m2"] for a in before.values())
    assert sum(a["area_m2"] for a in after.values()) == pytest.approx(total, abs=0.05)
    now = open_paths(house)
    assert now.keys() == was.keys()
    with house.owner.transaction(read_only=True) as tx:
        wrong = tx.scalar(
            "SELECT count(*) FROM case_file c WHERE is_open(c.state) AND c.area_path IS DISTINCT FROM"
            " (SELECT path FROM locate_point(c.location, NULL))"
        )
        assert wrong == 0
        assert tx.all("SELECT * FROM case_fact ORDER BY id") == facts
        assert (
            tx.all("SELECT id, area_path::text AS p FROM case_file WHERE state = 'closed'")
            == closed
        )
        lost = tx.scalar(
            "SELECT count(*) FROM building b LEFT JOIN area_now n ON n.id = b.microgrid_id"
            " AND n.path = b.area_path AND ST_Covers(n.geom, ST_PointOnSurface(b.geom))"
            " WHERE n.id IS NULL AND upper_inf(b.valid)"
        )
        assert lost == 0
        shares = tx.all(
            "SELECT f.code, sum(l.share_area) AS s FROM area_lineage l JOIN area f"
            " ON f.id = l.from_area_id GROUP BY 1"
        )
        assert all(row["s"] == pytest.approx(1, abs=1e-3) for row in shares)
    assert figures(house, builders.STREET, *month)["areas"][0] == before_figures["areas"][0]

    duties = duties_of(house)
    assert {d[:2] for d in duties if d[0] == f"{COMMUNITY}Z003"} == {(f"{COMMUNITY}Z003", "01-001")}
    both = {d[1:] for d in duties if d[0] == f"{OTHER}Z003"}
    assert both == {("01-003", "responsible", 0), ("01-004", "deputy", 1)}
    told = house.client("01-004").get("/api/v1/journal", after="0").json["items"]
    assert any(entry["topic"] == "redraw" for entry in told)

    reverse = house.client("S-01").post(f"/api/v1/redraw/plans/{plan['id']}/reverse")
    assert reverse.status_code == 201, reverse.text
    decide(house, reverse.json)
    assert [told["done"] for told in come_true(house)] == [True]
    again = areas(house)
    assert {c: (a["path"], a["outline"], a["id"], a["name"]) for c, a in again.items()} == {
        c: (a["path"], a["outline"], a["id"], a["name"]) for c, a in before.items()
    }
    assert open_paths(house) == was
    assert {d for d in duties_of(house) if len(d[0]) == 16} == {
        (f"{builders.STREET}{n}", worker, "responsible", 0)
        for n, worker in zip(
            ("001Z001", "001Z002", "002Z001", "002Z002"),
            ("01-001", "01-002", "01-003", "01-004"),
            strict=True,
        )
    }


def duties_of(house: House) -> set[tuple[str, str, str, int]]:
    with house.owner.transaction(read_only=True) as tx:
        rows = tx.all(
            "SELECT a.code, w.code AS worker, d.kind, d.rank FROM duty d JOIN area_now a"
            " ON a.id = d.area_id JOIN grid_worker w ON w.id = d.worker_id"
            " WHERE d.valid @> CURRENT_DATE AND d.area_path = a.path"
        )
    return {(r["code"], r["worker"], r["kind"], r["rank"]) for r in rows}
