"""Many cases at once: sums against the plain columns of the case files, and the plan of the sums."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gridcenter.actor import act_as
from gridcenter.database import Transaction, connect
from gridcenter.deadlines.queries import calendar
from gridcenter.statistics import queries
from gridcenter.statistics.operations import close_day
from gridcenter.statistics.rules import period
from tests.builders import STREET, ZONE, worked
from tests.gridcenter.statistics.place import Place, at

LOAD = (Path(__file__).parent / "load.sql").read_text(encoding="utf-8")
FIRST, LAST = date(2026, 8, 24), date(2026, 9, 26)
NOW = at("2026-10-05 12:00")

_PLAIN = """
SELECT count(*) FILTER (WHERE opened_at >= %(from)s AND opened_at < %(to)s) AS reported,
       count(*) FILTER (WHERE filed_at >= %(from)s AND filed_at < %(to)s) AS filed,
       count(*) FILTER (WHERE closed_at >= %(from)s AND closed_at < %(to)s) AS closed,
       count(*) FILTER (WHERE close_due_at >= %(from)s AND close_due_at < %(to)s) AS due,
       count(*) FILTER (WHERE close_due_at >= %(from)s AND close_due_at < %(to)s
                          AND closed_at < %(to)s) AS due_closed,
       count(*) FILTER (WHERE close_due_at >= %(from)s AND close_due_at < %(to)s
                          AND closed_at <= close_due_at) AS on_time
  FROM case_file WHERE synthetic AND area_path <@ %(path)s::ltree
"""
# load.sql dispatches each case 18 minutes after its report.
_HANDLED = """
SELECT opened_at + interval '18 minutes' AS dispatched, handled_at AS handled FROM case_file
 WHERE synthetic AND area_path <@ %(path)s::ltree AND handled_at >= %(from)s AND handled_at < %(to)s
"""


def median_of(tx: Transaction, period: dict[str, Any]) -> float:
    """The median working time in seconds, by the arithmetic of deadlines in Python."""
    days = calendar(tx)
    times = sorted(
        worked(row["dispatched"], row["handled"], days).total_seconds()
        for row in tx.all(_HANDLED, period)
    )
    return times[(len(times) + 1) // 2 - 1]


@pytest.fixture
def loaded(place: Place) -> Iterator[Transaction]:
    """A transaction, rolled back afterwards, with 3,000 cases of which two thirds of days are closed."""
    connection = connect(place.settings.url("admin", place.name))
    tx = Transaction(connection)
    tx.execute(LOAD, {"n": 3000, "day": "2026-10-01"})
    tx.execute("ANALYZE case_file, case_event, case_timer")
    for row in tx.all(
        "SELECT d::date AS day FROM generate_series('2026-08-20'::timestamp,"
        " '2026-09-18', '1 day') d"
    ):
        close_day(tx, row["day"], ZONE)
    tx.execute("ANALYZE day_sum")
    yield tx
    connection.rollback()
    connection.close()


@pytest.mark.parametrize("code", [STREET, f"{STREET}002"])
def test_sums_agree_with_the_case_files(loaded: Transaction, place: Place, code: str) -> None:
    path = code if code == STREET else f"{STREET}.002"
    asked = {"from": at("2026-08-24 00:00"), "to": at("2026-09-27 00:00"), "path": path}
    plain, median = loaded.one(_PLAIN, asked), median_of(loaded, asked)
    assert plain is not None
    loaded.execute("DELETE FROM closed_day WHERE day = '2026-09-01'")
    loaded.execute("DELETE FROM case_fact WHERE day = '2026-09-01'")
    loaded.execute("DELETE FROM day_sum WHERE day = '2026-09-01'")
    loaded.execute("SET LOCAL ROLE gridcenter_web")
    official = place.actor("S-01")
    act_as(loaded, official)
    found = queries.indicators(loaded, official, code, FIRST, LAST, NOW, ZONE)
    row = found["areas"][0]["figures"]
    assert plain["reported"] > 100 and plain["due_closed"] > plain["on_time"]
    for name in ("reported", "filed", "closed"):
        assert row[name]["value"] == plain[name]
    for name, counted in (("closure_rate", "due_closed"), ("on_time_closure_rate", "on_time")):
        assert (row[name]["numerator"], row[name]["denominator"]) == (plain[counted], plain["due"])
    assert row["handling_median"]["value"] == pytest.approx(median, abs=1)
    below = found["areas"][1:]
    for name in ("reported", "filed", "closed"):
        assert sum(area["figures"][name]["value"] for area in below) == row[name]["value"]
    # Grids of a street in one table: the same cases, one level deeper.
    if code == STREET:
        grids = queries.indicators(loaded, official, code, FIRST, LAST, NOW, ZONE, "grid")["areas"]
        assert len(grids) == 5
        assert sum(g["figures"]["closed"]["value"] for g in grids[1:]) == row["closed"]["value"]


def test_sums_are_found_by_area_and_day_under_row_rights(loaded: Transaction, place: Place) -> None:
    loaded.execute("SET LOCAL ROLE gridcenter_web")
    official = place.actor("S-01")
    act_as(loaded, official)
    scope = queries.scope_of(loaded, official, STREET)
    params = {**scope.params(period(FIRST, LAST, NOW, ZONE), ZONE), "below": 2}
    plan = json.dumps(loaded.all("EXPLAIN (FORMAT JSON) " + queries._FIGURES["recorded"], params))
    # By area and day where there are many areas, by day alone where there are few; never all of it.
    assert re.search(r'"Index Name": "day_sum_(area|day)_idx"', plan)
    assert '"Seq Scan", "Parent Relationship": "InitPlan", "Subplan Name": "CTE sums"' not in plan
