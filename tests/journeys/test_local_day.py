"""The day of the place decides, also in the hours in which UTC still has, or has already, another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gridcenter.database import connect
from gridcenter.settings import Settings
from gridcenter.workforce.queries import WorkforceFilter, duties, worker_list
from tests.builders import STREET, report, report_json
from tests.conftest import House, close, make_house

GRID = f"{STREET}001Z001"


def _elsewhere() -> ZoneInfo:
    """A zone whose day is not UTC's at this moment, as Shanghai's between 00:00 and 08:00."""
    early = datetime.now(UTC).hour < 12
    return ZoneInfo("Etc/GMT+12" if early else "Etc/GMT-14")


@pytest.fixture
def away(settings: Settings, template_name: str, tmp_path: Path) -> Iterator[House]:
    """A house in a zone whose day is another than UTC's, its postings old enough to hold there."""
    made = make_house(replace(settings, timezone=_elsewhere()), template_name, tmp_path)
    with made.owner.transaction() as tx:
        for table in ("posting", "grid_worker"):
            tx.execute(f"UPDATE {table} SET valid = daterange(CURRENT_DATE - 100, NULL)")
    yield made
    close(made)


@pytest.fixture
def today(away: House) -> date:
    """The day of the place, which is not UTC's."""
    found = datetime.now(away.settings.timezone).date()
    assert found != datetime.now(UTC).date()
    return found


def _serve(away: House, since: date, until: date | None) -> None:
    with away.owner.transaction() as tx:
        tx.execute(
            "UPDATE duty SET valid = daterange(%(since)s, %(until)s) WHERE worker_id ="
            " (SELECT id FROM grid_worker WHERE code = '01-001')",
            {"since": since, "until": until},
        )


def _responsible(away: House) -> set[str]:
    with away.acting("D-01") as tx:
        wanted = WorkforceFilter(area=f"{STREET}001Z001001")
        return {row["worker"] for row in duties(tx, wanted).items}


def test_a_duty_holds_on_its_first_day_and_not_on_the_day_after_its_last(
    away: House, today: date
) -> None:
    _serve(away, today, None)
    assert _responsible(away) == {"01-001"}
    _serve(away, today, today + timedelta(days=1))
    assert _responsible(away) == {"01-001"}
    _serve(away, today - timedelta(days=9), today)
    assert _responsible(away) == set()
    _serve(away, today + timedelta(days=1), None)
    assert _responsible(away) == set()


def test_a_duty_is_assigned_and_ended_with_the_local_day(away: House, today: date) -> None:
    admin = away.client("A-01")
    body = {"worker": "01-002", "area": GRID, "kind": "deputy", "rank": 1}
    assert admin.post("/api/v1/duties", body).get_json()["since"] == today.isoformat()
    held = admin.get("/api/v1/duties", worker="01-001").get_json()["items"][0]["id"]
    assert admin.delete(f"/api/v1/duties/{held}").status_code == 204
    with away.owner.transaction() as tx:
        ended = tx.scalar("SELECT upper(valid) FROM duty WHERE id = %(id)s", {"id": held})
    assert ended == today


def test_workers_hold_by_the_local_day(away: House, today: date) -> None:
    with away.owner.transaction() as tx:
        tx.execute("UPDATE grid_worker SET valid = daterange(NULL, %(day)s)", {"day": today})
        tx.execute(
            "UPDATE grid_worker SET valid = daterange(%(day)s, %(day)s + 1) WHERE code = '01-003'",
            {"day": today},
        )
        tx.execute(
            "UPDATE grid_worker SET valid = daterange(%(day)s + 1, NULL) WHERE code = '01-004'",
            {"day": today},
        )
    with away.acting("D-01") as tx:
        assert [row["code"] for row in worker_list(tx).items] == ["01-003"]


def test_a_number_bears_the_local_day_and_times_their_offset(away: House, today: date) -> None:
    given = report_json(report(channel="desk", accuracy_m=None))
    made = away.client("I-01").post("/api/v1/incidents", given)
    assert made.status_code == 201, made.text
    assert made.get_json()["number"].startswith(today.strftime("%Y%m%d"))
    seen = json.loads(away.client("D-01").get("/api/v1/incidents").data)["items"][0]
    opened = datetime.fromisoformat(seen["opened_at"])
    assert opened.utcoffset() == datetime.now(away.settings.timezone).utcoffset()
    assert abs(opened - datetime.now(UTC)) < timedelta(minutes=2)


def test_every_role_and_a_single_connection_have_the_places_days(away: House, today: date) -> None:
    for role in ("owner", "web", "worker", "admin"):
        with connect(away.settings.url(role, away.name)) as connection:  # type: ignore[arg-type]
            row = connection.execute("SELECT CURRENT_DATE AS day").fetchone()
        assert row == {"day": today}
