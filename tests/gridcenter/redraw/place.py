"""The small place with a third grid column, drawn on: lines, people and reports for redraw tests."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gridcenter.incidents.operations import report_incident
from gridcenter.statistics.operations import close_open_days
from tests import builders
from tests.conftest import House

COMMUNITY = f"{builders.STREET}001"
GRID_1, GRID_2 = f"{COMMUNITY}Z001", f"{COMMUNITY}Z002"
OTHER = f"{builders.STREET}002"
WEST, SOUTH, STEP = builders.WEST, builders.SOUTH, builders.STEP


def line(*points: tuple[float, float]) -> dict[str, Any]:
    """A GeoJSON line through points given in cells from the south-west corner of the street."""
    return {"type": "LineString", "coordinates": [corner(*p) for p in points]}


def ring(*points: tuple[float, float]) -> dict[str, Any]:
    """A GeoJSON polygon with corners given in cells."""
    closed = [*points, points[0]]
    return {"type": "Polygon", "coordinates": [[corner(*p) for p in closed]]}


def corner(x: float, y: float) -> list[float]:
    """Degrees of a place given in cells."""
    return [WEST + x * STEP, SOUTH + y * STEP]


def draw(house: House, area: str, *steps: tuple[str, dict[str, Any]], author: str = "S-01") -> Any:
    """A plan with steps, as the API tells it after the last one."""
    caller = house.client(author)
    made = caller.post("/api/v1/redraw/plans", {"title": "调整", "area": area})
    assert made.status_code == 201, made.text
    plan = made.json
    for operation, given in steps:
        body = {"version": plan["version"], "operation": operation, "given": given}
        answer = caller.post(f"/api/v1/redraw/plans/{plan['id']}/items", body)
        assert answer.status_code == 201, answer.text
        plan = answer.json
    return plan


def decide(house: House, plan: Any, author: str = "S-01", approver: str = "Z-01") -> Any:
    """Check and approve a plan for a moment ago; the plan as approved."""
    path = f"/api/v1/redraw/plans/{plan['id']}"
    checked = house.client(author).post(f"{path}/check", {"version": plan["version"]})
    assert checked.status_code == 200, checked.text
    assert checked.json["state"] == "checked", checked.json["findings"]
    hour = datetime.now(UTC) - timedelta(minutes=1)
    answer = house.client(approver).post(
        f"{path}/approve",
        {"version": checked.json["version"], "effective_at": hour.isoformat()},
    )
    assert answer.status_code == 200, answer.text
    return answer.json


def come_true(house: House) -> list[dict[str, Any]]:
    """What the job of the minute did."""
    from gridcenter.jobs import apply_due_plans

    return apply_due_plans(house.owner, house.settings)


def areas(house: House, level: str = "grid") -> dict[str, dict[str, Any]]:
    """Areas in force of a level by code, with name, path, m² and the outline as text."""
    with house.owner.transaction(read_only=True) as tx:
        rows = tx.all(
            "SELECT code, name, path::text AS path, area_m2, households, id,"
            " ST_AsEWKT(ST_Normalize(geom)) AS outline FROM area_now WHERE level = %(l)s",
            {"l": level},
        )
    return {row["code"]: row for row in rows}


def reports(house: House, count: int) -> list[str]:
    """Open incidents, spread over the street in a fixed pattern."""
    made = []
    actor = house.actor("I-01")
    now = datetime.now(UTC)
    for n in range(count):
        x, y = (n * 0.618034 * 4) % 4, (n * 0.414214 * 2) % 2
        lon, lat = corner(x, y)
        with house.acting("I-01", read_only=False) as tx:
            command = builders.report(
                id=uuid.UUID(int=n + 1), lon=lon, lat=lat, channel="hotline_12345", accuracy_m=None
            )
            report_incident(tx, actor, command, now, ZoneInfo("Asia/Shanghai"))
        made.append(str(uuid.UUID(int=n + 1)))
    return made


def open_paths(house: House) -> dict[str, str]:
    """The area path of each open incident by id."""
    with house.owner.transaction(read_only=True) as tx:
        rows = tx.all(
            "SELECT id::text AS id, area_path::text AS path FROM case_file WHERE is_open(state)"
        )
    return {row["id"]: row["path"] for row in rows}


def put_back(house: House, days: int) -> None:
    """Let everything that was reported have happened some days ago, and close those days."""
    given = {"d": timedelta(days=days)}
    with house.owner.transaction() as tx:
        tx.execute("ALTER TABLE case_event DISABLE TRIGGER append_only")
        tx.execute(
            "UPDATE case_event SET at = at - %(d)s, happened_at = happened_at - %(d)s", given
        )
        tx.execute(
            "UPDATE case_file SET opened_at = opened_at - %(d)s,"
            " close_due_at = close_due_at - %(d)s, filed_at = filed_at - %(d)s",
            given,
        )
        tx.execute("ALTER TABLE case_event ENABLE TRIGGER append_only")
        close_open_days(tx, house.settings.timezone)
