"""Limits that lead into a year without a calendar: no due time until it comes, then the right one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from gridcenter.actor import SYSTEM, act_as
from gridcenter.casework.waiting import missing_year, page_calendar, promise, waiting_cases
from gridcenter.database import Transaction
from gridcenter.incidents.detail import incident_detail
from gridcenter.incidents.queries import IncidentFilter, incident_list
from tests.builders import STREET
from tests.conftest import Copy, close, make_copy
from tests.gridcenter.statistics.place import Place, at

HERE = f"{STREET}001Z001001"
LIMIT = "3"  # of matter 06001: 20 working days
FILED = at("2026-12-10 10:00")


@pytest.fixture
def place(settings: Any, template_name: str) -> Iterator[Place]:
    """A copy whose calendar ends with 2026."""
    made: Copy = make_copy(settings, template_name)
    yield Place.of(made)
    close(made)


def _filed(place: Place, condition: str = LIMIT) -> UUID:
    case = place.report("01-001", HERE, FILED - timedelta(minutes=9))
    place.do("I-01", case, "file", FILED, filing_condition=condition)
    return case


def _import_2027(tx: Transaction) -> None:
    """Days made up for the test; the real ones are the State Council's to announce."""
    for day, working in ((date(2027, 1, 1), False), (date(2027, 1, 2), True)):
        tx.execute(
            "INSERT INTO calendar_day (day, working, source) VALUES (%(d)s, %(w)s, 'test')",
            {"d": day, "w": working},
        )


def _shown(place: Place, case: UUID) -> dict[str, Any]:
    with place.acting("D-01") as tx:
        return incident_detail(tx, place.actor("D-01"), case, "zh")


def test_a_limit_into_a_missing_year_waits_and_is_counted_when_the_calendar_comes(
    place: Place,
) -> None:
    case = _filed(place)
    place.do("D-01", case, "dispatch", FILED + timedelta(minutes=5), to="01-001")
    place.do("01-001", case, "accept", FILED + timedelta(minutes=9))
    before = _shown(place, case)
    assert (before["stage"], before["due_at"], before["limit_unit"]) == ("handle", None, "work_day")
    assert before["close_due_at"] is None
    with place.owner.transaction() as tx:
        act_as(tx, SYSTEM)
        assert (promise(tx), waiting_cases(tx)) == (0, 1)
        _import_2027(tx)
        assert (promise(tx), promise(tx), waiting_cases(tx)) == (1, 0, 0)
    after = _shown(place, case)
    # 11 to 31 December are 15 working days, 2 January is made up, then 4 to 7 January.
    assert datetime.fromisoformat(after["due_at"]) == at("2027-01-07 10:00")
    assert datetime.fromisoformat(after["close_due_at"]) == at("2027-01-07 16:00")
    assert after["version"] == before["version"]
    assert after["stage"] == "handle"
    assert after["events"][-1]["operation"] == "promise"
    told = after["events"][-1]["data"]["stages"]
    assert [each["stage"] for each in told] == ["handle", "close"]
    timers = {t["stage"]: t for t in after["timers"] if t["stopped_at"] is None}
    assert timers["handle"]["original_due_at"] == timers["handle"]["due_at"] == after["due_at"]


def test_while_the_calendar_is_missing_nobody_is_waited_for(place: Place) -> None:
    case = _filed(place)
    with place.owner.transaction() as moving, place.owner.transaction() as tx:
        moving.one("SELECT id FROM case_file WHERE id = %(id)s FOR UPDATE", {"id": case})
        act_as(tx, SYSTEM)
        tx.execute("SET LOCAL lock_timeout = '1s'")
        assert promise(tx) == 0


def test_what_follows_a_promised_limit_is_counted_from_its_end(place: Place) -> None:
    """The handling is due at the last working hour of the year, the closing 4 hours later."""
    case = place.report("01-001", HERE, at("2026-12-31 09:00"))
    place.do("I-01", case, "file", at("2026-12-31 13:00"), filing_condition="1")
    before = _shown(place, case)
    handle = next(t for t in before["timers"] if t["stage"] == "handle")
    assert datetime.fromisoformat(handle["due_at"]) == at("2026-12-31 18:00")
    assert before["close_due_at"] is None
    with place.owner.transaction() as tx:
        act_as(tx, SYSTEM)
        _import_2027(tx)
        assert promise(tx) == 1
    assert datetime.fromisoformat(_shown(place, case)["close_due_at"]) == at("2027-01-02 12:00")


def test_a_case_closed_meanwhile_is_due_in_its_month(place: Place) -> None:
    case = _filed(place)
    with place.owner.transaction() as tx:
        act_as(tx, SYSTEM)
        tx.execute(
            "UPDATE case_timer SET stopped_at = %(at)s WHERE case_id = %(id)s",
            {"at": FILED + timedelta(days=2), "id": case},
        )
        tx.execute(
            "UPDATE case_file SET state = 'closed', stage = NULL, due_at = NULL, limit_unit = NULL,"
            " closed_at = %(at)s WHERE id = %(id)s",
            {"at": FILED + timedelta(days=2), "id": case},
        )
        assert waiting_cases(tx) == 0
        _import_2027(tx)
        assert promise(tx) == 1
        row = tx.one("SELECT * FROM case_file WHERE id = %(id)s", {"id": case})
    assert row is not None
    assert (row["stage"], row["due_at"], row["limit_unit"]) == (None, None, None)
    assert row["close_due_at"] == at("2027-01-07 16:00")


def test_the_list_tells_the_unit_that_a_limit_is_counted_in(place: Place) -> None:
    case = _filed(place, "1")
    place.do("D-01", case, "dispatch", FILED + timedelta(minutes=5), to="01-001")
    place.do("01-001", case, "accept", FILED + timedelta(minutes=9))
    with place.acting("D-01") as tx:
        found = json.loads(incident_list(tx, place.actor("D-01"), IncidentFilter()))["items"][0]
    assert (found["stage"], found["limit_unit"]) == ("handle", "work_hour")
    assert datetime.fromisoformat(found["due_at"]) == at("2026-12-10 16:00")
    assert _shown(place, case)["limit_unit"] == "work_hour"


@pytest.mark.parametrize(
    ("now", "missing"),
    [("2026-11-27 10:00", None), ("2026-12-04 10:00", 2027), ("2027-02-01 10:00", 2027)],
)
def test_a_year_is_missed_when_the_longest_limit_reaches_into_it(
    owner_tx: Transaction, now: str, missing: int | None
) -> None:
    assert missing_year(owner_tx, at(now)) == missing


def test_pages_get_the_calendar_from_today_on(owner_tx: Transaction) -> None:
    found = page_calendar(owner_tx, at("2026-09-20 07:00"))
    assert found["until"] == "2026-12-31"
    assert found["days"]["2026-09-20"] is True
    assert found["days"]["2026-10-01"] is False
    assert min(found["days"]) == "2026-09-20"
    assert found["periods"] == [["08:00", "12:00", None, None], ["14:00", "18:00", None, None]]
    assert found["missing"] is None


def test_pages_are_told_when_not_even_this_year_is_known(owner_tx: Transaction) -> None:
    found = page_calendar(owner_tx, at("2027-02-01 10:00"))
    assert (found["until"], found["missing"], found["days"]) == (None, 2027, {})
