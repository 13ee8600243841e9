"""Imported history: intake sees it, figures count it on its own days, closed days stay as they are."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from gridcenter import clock
from gridcenter.actor import SYSTEM
from gridcenter.errors import ImportRefused
from gridcenter.incidents.queries import IncidentFilter, incident_list
from gridcenter.statistics.operations import close_day, close_open_days
from gridcenter.statistics.queries import indicators
from importers.command import ImportCommand
from importers.kinds import Kind
from importers.operations import run_import
from tests.builders import STREET, ZONE
from tests.conftest import Copy

IN, OUT = "120.601,31.301", "120.7,31.301"
HISTORY = f"""案卷编号,事项,上报时间,结案时间,状态,描述,经度,纬度
A1,06001,2026-02-02 10:00,2026-02-03 11:30,已结案,搭棚,{IN}
A2,06001,2026-02-03 09:00,,处理中,搭棚,{IN}
A3,06001,2026-02-03 09:30,,处理中,域外,{OUT}
"""
FEBRUARY = date(2026, 2, 1), date(2026, 2, 28)


def bring_in(copy: Copy, folder: Path, text: str = HISTORY) -> None:
    """Import a table of past incidents as the command line does."""
    file = folder / "history.csv"
    file.write_text(text, encoding="utf-8")
    command = ImportCommand(Kind.INCIDENTS, file, datum="cgcs2000")
    assert run_import(copy.owner, SYSTEM, command).applied is not None


def counted(copy: Copy, first: date, last: date) -> tuple[int, int]:
    """(reported, closed) of the street in a period, the same for the official and for intake."""
    seen = set()
    for who in ("S-01", "I-01"):
        with copy.acting(who) as tx:
            found = indicators(tx, copy.actor(who), STREET, first, last, clock.now(), ZONE)
        (row,) = (r["figures"] for r in found["areas"] if r["asked"])
        seen.add((row["reported"]["value"], row["closed"]["value"]))
    (figures,) = seen
    return figures


@pytest.fixture
def copy(house: Copy) -> Copy:
    """A copy of the small place."""
    return house


def test_intake_sees_what_is_still_open_inside_and_outside(copy: Copy, tmp_path: Path) -> None:
    bring_in(copy, tmp_path)
    with copy.acting("I-01") as tx:
        listed = incident_list(tx, copy.actor("I-01"), IncidentFilter(states=("reported",)))
        assert (listed.count('"number"'), listed.count('"outside" : true')) == (2, 1)


def test_it_counts_on_its_own_days_and_not_today(copy: Copy, tmp_path: Path) -> None:
    bring_in(copy, tmp_path)
    today = clock.now().astimezone(ZONE).date()
    assert counted(copy, today - timedelta(days=1), today) == (0, 0)
    assert counted(copy, *FEBRUARY) == (2, 1)
    with copy.owner.transaction() as tx:
        assert close_open_days(tx, ZONE)[0] == date(2026, 2, 2)
    assert counted(copy, *FEBRUARY) == (2, 1)


def test_a_day_closed_before_stays_as_it_is_until_it_is_closed_again(
    copy: Copy, tmp_path: Path
) -> None:
    third = date(2026, 2, 3)
    with copy.owner.transaction() as tx:
        close_day(tx, third, ZONE)
    bring_in(copy, tmp_path)
    assert counted(copy, third, third) == (0, 0)
    assert counted(copy, *FEBRUARY) == (1, 0)
    with copy.owner.transaction() as tx:
        close_day(tx, third, ZONE)
    assert counted(copy, *FEBRUARY) == (2, 1)


def test_what_is_older_than_any_period_does_not_stop_the_closing_of_days(
    copy: Copy, tmp_path: Path
) -> None:
    bring_in(copy, tmp_path, HISTORY.replace("2026-02-02 10:00", "1996-02-02 10:00"))
    with copy.owner.transaction() as tx:
        tx.execute(  # a quarter of a century of empty days takes minutes
            "INSERT INTO closed_day (day, facts) SELECT d, 0 FROM generate_series("
            "date '2000-01-02', date '2026-02-01', interval '1 day') d"
        )
        assert close_open_days(tx, ZONE)[0] == date(2000, 1, 1)


def test_without_areas_nobody_would_see_it(copy: Copy, tmp_path: Path) -> None:
    with copy.owner.transaction() as tx:
        tx.execute("TRUNCATE area_version CASCADE")
    with pytest.raises(ImportRefused, match="no areas"):
        bring_in(copy, tmp_path)
