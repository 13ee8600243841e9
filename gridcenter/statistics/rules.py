"""Pure arithmetic of figures: periods, and how counts become the value that a screen shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import floor
from typing import Any
from zoneinfo import ZoneInfo

from gridcenter.database import Row
from gridcenter.errors import FieldError, InvalidInput

LONGEST_PERIOD_DAYS = 3 * 366


class Part(StrEnum):
    """Which list behind a figure."""

    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"
    MISSING = "missing"


@dataclass(frozen=True)
class Period:
    """Local days, both included, as counted at a moment: nothing after `upto` is in."""

    first: date
    last: date
    began: datetime
    upto: datetime
    unfinished: bool

    @property
    def days(self) -> int:
        """How many local days."""
        return (self.last - self.first).days + 1


# Days outside are slips of the keyboard, and the calendar of the machine ends with 9999.
FIRST_YEAR, LAST_YEAR = 2000, 2100


def period(first: date, last: date, now: datetime, zone: ZoneInfo) -> Period:
    """The period of two local days; its end is cut at `now`. Raises InvalidInput."""
    outside = first.year < FIRST_YEAR or last.year > LAST_YEAR
    if outside or last < first or (last - first).days > LONGEST_PERIOD_DAYS:
        raise InvalidInput(
            [
                FieldError(
                    "to",
                    "bad_period",
                    "结束日期应不早于开始日期，期间不超过三年",
                    "The last day must not be before the first, and three years are the longest",
                )
            ]
        )
    end = day_start(last + timedelta(days=1), zone)
    return Period(first, last, day_start(first, zone), min(end, now), now < end)


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a local day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


@dataclass(frozen=True)
class Figure:
    """One figure: percent, count or seconds; None where there is nothing to divide by.

    `numerator` and `denominator` are what was counted: cases, grids or square metres. Counts have a
    numerator only, times a denominator only.
    """

    value: float | None
    numerator: float | None = None
    denominator: float | None = None

    def below(self, target: float | None) -> bool:
        """Whether a rate misses its target; compared unrounded."""
        if target is None or not self.denominator or self.numerator is None:
            return False
        return self.numerator * 100 < target * self.denominator


def rate(numerator: float | None, denominator: float | None) -> Figure:
    """A percentage to two decimals, half up; denominator 0 has no value (never 0 % or 100 %).

    Only what is whole reads 100 %: 99.996 % stays 99.99 %. Checked against a published figure:
    5,912 of 6,026 is 98.11 % (DOMAIN indicators, GB/T 30428.4).
    """
    if not denominator or numerator is None:
        return Figure(None, numerator, denominator)
    value = floor(numerator * 10000 / denominator + 0.5) / 100
    return Figure(min(value, 99.99) if numerator < denominator else value, numerator, denominator)


def figures_of(row: Row, departmental: bool) -> dict[str, Figure]:
    """The nine figures, by indicator code, of one row of counts.

    Columns: reported, filed, closed, due, due_closed, due_on_time, handled, median, p90, grids,
    staffed, covered_m2, area_m2. A department has no grids: its staffing and coverage are empty.
    """
    median, p90 = row["median"], row["p90"]
    figures = {
        "reported": Figure(row["reported"], row["reported"]),
        "filed": Figure(row["filed"], row["filed"]),
        "closed": Figure(row["closed"], row["closed"]),
        "closure_rate": rate(row["due_closed"], row["due"]),
        "on_time_closure_rate": rate(row["due_on_time"], row["due"]),
        "handling_median": Figure(median, None, row["handled"]),
        "handling_p90": Figure(p90, None, row["handled"]),
    }
    if "grids" in row:
        empty = Figure(None)
        figures["staffing"] = empty if departmental else rate(row["staffed"], row["grids"])
        figures["spatial_coverage"] = (
            empty if departmental else rate(row["covered_m2"], row["area_m2"])
        )
    return figures


def as_json(figure: Figure, definition: Row) -> dict[str, Any]:
    """A figure with its unit, target and whether it is below it."""
    target = None if definition["target"] is None else float(definition["target"])
    return {
        "value": figure.value,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "unit": definition["unit"],
        "target": target,
        "below_target": figure.below(target),
    }
