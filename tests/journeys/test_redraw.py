"""The story of a redraw: drawn, shown, decided, come true, told; last month as it was; and back again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests import builders
from tests.conftest import House
from tests.gridcenter.redraw.place import (
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

STREET = builders.STREET
INCIDENTS = 200
# Two grids are split, the two of the other community merged, and before that a border is moved.
BORDER = ("move_border", {"area": GRID_2, "geometry": ring((0.8, 0), (2, 0), (2, 2), (0.8, 2))})
FIRST = (
    "split",
    {"area": GRID_1, "line": line((0.4, -0.1), (0.4, 2.1)), "names": ["西一", "西二"]},
)
SECOND = ("split", {"area": GRID_2, "line": line((0.7, 1.2), (2.1, 1.2)), "keep": "largest"})
MERGE = ("merge", {"areas": [f"{OTHER}Z001", f"{OTHER}Z002"], "name": "并合网格"})


def month(house: House, kind: str = "recorded") -> Any:
    """The figures of the street for last month and what lies below it."""
    first = (datetime.now(UTC) - timedelta(days=60)).date().isoformat()
    last = (datetime.now(UTC) - timedelta(days=20)).date().isoformat()
    query = {"area": STREET, "from": first, "to": last, "areas": kind}
    answer = house.client("S-01").get("/api/v1/statistics/indicators", **query)
    assert answer.status_code == 200, answer.text
    return answer.json["areas"]


def feed(house: House, reader: str) -> list[dict[str, Any]]:
    """All entries of the feed that somebody may read."""
    entries: list[dict[str, Any]] = []
    page = house.client(reader).get("/api/v1/journal", after="0").json
    while page["items"]:
        entries += page["items"]
        page = house.client(reader).get("/api/v1/journal", after=page["next"]).json
    return entries


def picture(house: House) -> dict[str, Any]:
    """Everything that a redraw touches, to be compared: areas, duties, posts, workers, buildings."""
    with house.owner.transaction(read_only=True) as tx:
        asked = {
            "duties": "SELECT a.code, w.code AS worker, d.kind, d.rank FROM duty d"
            " JOIN area_now a ON a.id = d.area_id AND a.path = d.area_path"
            " JOIN grid_worker w ON w.id = d.worker_id WHERE d.valid @> CURRENT_DATE ORDER BY 1, 2, 3",
            "posts": "SELECT c.username, p.post, p.area_path::text AS path FROM posting p"
            " JOIN account c ON c.id = p.account_id WHERE p.valid @> CURRENT_DATE ORDER BY 1, 2, 3",
            "workers": "SELECT code, area_path::text AS path FROM grid_worker ORDER BY 1",
            "buildings": "SELECT code, area_path::text AS path, microgrid_id FROM building ORDER BY 1",
        }
        found: dict[str, Any] = {name: tx.all(sql) for name, sql in asked.items()}  # type: ignore[arg-type]
    for level in ("community", "grid", "microgrid"):
        found[level] = {
            code: (area["path"], area["outline"], area["id"], area["name"], area["households"])
            for code, area in areas(house, level).items()
        }
    return {**found, "cases": open_paths(house)}


def test_a_redraw_from_the_first_line_to_the_way_back(house: House) -> None:
    # A month ago 200 incidents were reported, and its days are closed.
    with house.owner.transaction() as tx:
        builders.make_buildings(tx, *builders.PLACES)
    reports(house, INCIDENTS)
    put_back(house, 40)
    with house.owner.transaction() as tx:
        # The map is older than the reports.
        tx.execute("UPDATE area_version SET valid = tstzrange(now() - interval '100 days', NULL)")
        facts = tx.all("SELECT * FROM case_fact ORDER BY id")
        events = tx.scalar("SELECT count(*) FROM case_event")
    was, last_month, then = picture(house), month(house), month(house, "then")
    assert len(was["cases"]) == INCIDENTS

    # An official draws; the preview says what moves and refuses nothing.
    plan = draw(house, STREET, BORDER, FIRST, SECOND, MERGE)
    shown = house.client("S-01").get(f"/api/v1/redraw/plans/{plan['id']}/preview").json
    assert [f for f in shown["findings"] if f["severity"] == "refuse"] == []
    promised = {
        (row["area"], row["worker"], row["kind"])
        for row in shown["duties"]
        if row["change"] == "begins"
    }

    # The duty officer decides for a minute ago; the job of the minute does it.
    decide(house, plan)
    (done,) = come_true(house)
    assert done["done"], done
    now = picture(house)
    new = {code for code in now["grid"] if code not in was["grid"]}
    assert {now["grid"][code][3] for code in new} >= {"西一", "西二", "并合网格"}
    assert set(was["grid"]) & set(now["grid"]) == {GRID_2}

    # Nothing is lost: every case open, in the area that holds its place, its history grown by a mark.
    assert now["cases"].keys() == was["cases"].keys()
    moved = {case for case, path in was["cases"].items() if now["cases"][case] != path}
    assert moved
    with house.owner.transaction(read_only=True) as tx:
        lost = tx.scalar(
            "SELECT count(*) FROM case_file c WHERE is_open(c.state) AND c.area_path IS DISTINCT FROM"
            " (SELECT path FROM locate_point(c.location, NULL))"
        )
        marked = tx.all("SELECT case_id::text AS id FROM case_event WHERE operation = 'rehome'")
        timers = tx.scalar(
            "SELECT count(*) FROM case_file c WHERE is_open(c.state)"
            " AND NOT EXISTS (SELECT FROM case_timer t WHERE t.case_id = c.id)"
        )
        assert tx.scalar("SELECT count(*) FROM case_event") == events + len(moved)
        assert tx.all("SELECT * FROM case_fact ORDER BY id") == facts
    assert (lost, {row["id"] for row in marked}, timers) == (0, moved, 0)

    # Last month is what it was, as recorded and as then; asked as of today it is dealt out anew.
    assert month(house)[0] == last_month[0]
    assert month(house, "then") == then
    today = {row["code"]: row["figures"]["reported"]["numerator"] for row in month(house, "now")}
    assert today[STREET] == INCIDENTS

    # New duties are those that the preview promised, and each worker concerned is told.
    duties = {(row["code"], row["worker"], row["kind"]) for row in now["duties"]}
    assert promised and promised <= duties
    for worker in sorted({worker for _, worker, _ in promised}):
        told = [entry["data"] for entry in feed(house, worker) if entry["topic"] == "redraw"]
        own = [entry["duties"] for entry in told if entry.get("worker") == worker]
        named = {(duty["area"], duty["kind"]) for duties_told in own for duty in duties_told}
        assert {(area, kind) for area, who, kind in promised if who == worker} <= named, worker

    # One click drafts the way back; it goes the same way, and the picture is the old one.
    back = house.client("S-01").post(f"/api/v1/redraw/plans/{plan['id']}/reverse")
    assert back.status_code == 201, back.text
    decide(house, back.json)
    assert [told["done"] for told in come_true(house)] == [True]
    again = picture(house)
    for name, before in was.items():
        assert again[name] == before, name
    assert month(house)[0] == last_month[0]
