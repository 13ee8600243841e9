"""The four clocks, against vectors worked out by hand from the 2026 calendar."""

import csv
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gridcenter.deadlines
from gridcenter.deadlines import rules
from gridcenter.deadlines.rules import Calendar, ClockUnit, WorkingPeriod
from gridcenter.errors import CalendarMissing, InvalidInput
from tests.builders import worked

SHANGHAI = ZoneInfo("Asia/Shanghai")
DATA = Path(gridcenter.deadlines.__file__).parent / "data"


def deviations(year):
    with (DATA / f"calendar_{year}.csv").open(encoding="utf-8", newline="") as file:
        return {
            date.fromisoformat(row["day"]): row["working"] == "true" for row in csv.DictReader(file)
        }


CALENDAR = Calendar(frozenset({2025, 2026}), deviations(2025) | deviations(2026))


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def days(*spans):
    found = set()
    for first, last in spans:
        first, last = date.fromisoformat(f"2026-{first}"), date.fromisoformat(f"2026-{last}")
        found |= {first + timedelta(n) for n in range((last - first).days + 1)}
    return found


def test_the_shipped_2026_calendar_is_the_announced_one():
    found = deviations(2026)
    assert {day for day, working in found.items() if not working} == days(
        ("01-01", "01-03"), ("02-15", "02-23"), ("04-04", "04-06"), ("05-01", "05-05"),
        ("06-19", "06-21"), ("09-25", "09-27"), ("10-01", "10-07"),
    )  # fmt: skip
    assert {day.isoformat()[5:] for day, working in found.items() if working} == {
        "01-04", "02-14", "02-28", "05-09", "09-20", "10-10",
    }  # fmt: skip


def test_the_shipped_2025_calendar_has_the_eight_day_autumn_holiday():
    found = deviations(2025)
    assert [found[date(2025, 10, day)] for day in range(1, 9)] == [False] * 8
    assert found[date(2025, 9, 28)] and found[date(2025, 10, 11)]
    assert all(day.year == 2025 for day in found)


@pytest.mark.parametrize(
    ("start", "amount", "unit", "expected"),
    [
        # Published vectors
        ("2026-02-13 17:00", 4, "work_hour", "2026-02-14 11:00"),
        ("2026-09-30 17:30", 2, "work_hour", "2026-10-08 09:30"),
        ("2026-10-10 11:00", 4, "work_hour", "2026-10-10 17:00"),
        ("2026-01-03 10:00", 2, "work_hour", "2026-01-04 10:00"),
        ("2026-02-14 10:00", 1, "work_day", "2026-02-24 10:00"),
        ("2026-09-24 10:00", 3, "work_day", "2026-09-30 10:00"),
        # Round the clock
        ("2026-02-14 23:00", 2, "urgent_hour", "2026-02-15 01:00"),
        ("2026-02-14 10:00", 3, "natural_day", "2026-02-17 10:00"),
        ("2026-12-31 23:00", 2, "urgent_hour", "2027-01-01 01:00"),
        ("2026-12-31 10:00", 1, "natural_day", "2027-01-01 10:00"),
        # Exactly at the end of a period, before it, in the lunch break, after hours
        ("2026-11-23 08:00", 4, "work_hour", "2026-11-23 12:00"),
        ("2026-11-23 12:00", 1, "work_hour", "2026-11-23 15:00"),
        ("2026-11-23 06:00", 1, "work_hour", "2026-11-23 09:00"),
        ("2026-11-23 13:00", 1, "work_hour", "2026-11-23 15:00"),
        ("2026-11-23 18:00", 1, "work_hour", "2026-11-24 09:00"),
        ("2026-11-23 17:30", 0.5, "work_hour", "2026-11-23 18:00"),
        ("2026-11-23 11:30", 1.5, "work_hour", "2026-11-23 15:00"),
        ("2026-11-21 10:00", 1, "work_day", "2026-11-24 08:00"),
        ("2026-11-23 20:00", 1, "work_day", "2026-11-25 08:00"),
        ("2026-11-23 12:30", 1, "work_day", "2026-11-24 14:00"),
    ],
)
def test_due(start, amount, unit, expected):
    assert rules.due(at(start), amount, unit, CALENDAR) == at(expected)


def test_times_in_another_zone_mean_the_same_moment():
    start = at("2026-02-13 17:00").astimezone(ZoneInfo("UTC"))
    assert rules.due(start, 4, ClockUnit.WORK_HOUR, CALENDAR) == at("2026-02-14 11:00")


def test_summer_and_winter_hours():
    periods = (
        WorkingPeriod(time(8), time(12)),
        WorkingPeriod(time(14, 30), time(18, 30), until=date(2026, 10, 8)),
        WorkingPeriod(time(14), time(18), since=date(2026, 10, 8)),
    )
    calendar = Calendar(CALENDAR.years, CALENDAR.deviations, periods)
    assert rules.due(at("2026-09-30 18:15"), 1, "work_hour", calendar) == at("2026-10-08 08:45")
    assert rules.due(at("2026-09-30 18:15"), 1, "work_day", calendar) == at("2026-10-08 18:00")


@pytest.mark.parametrize("unit", ["work_hour", "work_day"])
def test_a_missing_year_is_said_not_guessed(unit):
    with pytest.raises(CalendarMissing) as caught:
        rules.due(at("2026-12-31 17:30"), 5, unit, CALENDAR)
    assert caught.value.year == 2027
    assert rules.due(at("2026-12-31 17:30"), 0.5, "work_hour", CALENDAR) == at("2026-12-31 18:00")


def test_naive_times_are_refused():
    with pytest.raises(ValueError, match="zone"):
        rules.due(datetime(2026, 11, 23, 10), 1, "urgent_hour", CALENDAR)


@pytest.mark.parametrize(
    ("amount", "unit"),
    [(0, "work_hour"), (-1, "urgent_hour"), (0.5, "work_day"), (float("nan"), "natural_day"),
     (1e9, "work_hour")],
)  # fmt: skip
def test_amounts_without_sense_are_refused(amount, unit):
    with pytest.raises(InvalidInput):
        rules.due(at("2026-11-23 10:00"), amount, unit, CALENDAR)


def test_periods_without_sense_are_refused():
    with pytest.raises(ValueError, match="ends after"):
        WorkingPeriod(time(12), time(8))
    overlapping = (WorkingPeriod(time(8), time(12)), WorkingPeriod(time(11), time(18)))
    with pytest.raises(ValueError, match="overlap"):
        rules.due(at("2026-11-23 10:00"), 1, "work_hour", Calendar(CALENDAR.years, {}, overlapping))
    with pytest.raises(ValueError, match="no working period"):
        rules.due(at("2026-11-23 10:00"), 1, "work_hour", Calendar(CALENDAR.years, {}, ()))


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2026, 10, 1)),
    st.integers(1, 200).map(lambda n: n / 4),
)
def test_working_hours_end_when_so_much_was_worked(start, hours):
    start = start.replace(tzinfo=SHANGHAI)
    end = rules.due(start, hours, "work_hour", CALENDAR)
    assert worked(start, end, CALENDAR) == timedelta(hours=hours)
    assert any(s < end <= e for s, e in CALENDAR.spans(end.date()))


@given(st.datetimes(datetime(2025, 1, 1), datetime(2026, 10, 1)), st.integers(1, 30))
def test_working_days_end_on_working_days_and_grow(start, amount):
    start = start.replace(tzinfo=SHANGHAI)
    end = rules.due(start, amount, "work_day", CALENDAR)
    assert CALENDAR.is_working(end.date())
    assert end < rules.due(start, amount + 1, "work_day", CALENDAR)
