"""When something falls due: four clock types over a working calendar, pure arithmetic.

``urgent_hour`` (紧急工作时) and ``natural_day`` (自然日) run day and night. ``work_hour`` (工作时)
runs inside working periods only, ``work_day`` (工作日) counts working days and ends at the clock time
at which it began (docs/decisions/0022). Holidays and make-up
days are announced year by year; counting into a year that was not imported raises CalendarMissing,
because counting plain weekends would promise a wrong date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from gridcenter.errors import CalendarMissing, InvalidInput, Words

Amount = int | float | Decimal
ONE_DAY = timedelta(days=1)


class ClockUnit(StrEnum):
    """What a limit is counted in."""

    URGENT_HOUR = "urgent_hour"
    WORK_HOUR = "work_hour"
    WORK_DAY = "work_day"
    NATURAL_DAY = "natural_day"

    @property
    def words(self) -> Words:
        """The unit's name for screens."""
        return _UNIT_WORDS[self]

    @property
    def is_working_time(self) -> bool:
        """Whether the clock stands still outside working time."""
        return self in (ClockUnit.WORK_HOUR, ClockUnit.WORK_DAY)


_UNIT_WORDS = {
    ClockUnit.URGENT_HOUR: Words("紧急工作时（昼夜计时）", "urgent hours (day and night)"),
    ClockUnit.WORK_HOUR: Words("工作时", "working hours"),
    ClockUnit.WORK_DAY: Words("工作日", "working days"),
    ClockUnit.NATURAL_DAY: Words("自然日", "calendar days"),
}


@dataclass(frozen=True)
class WorkingPeriod:
    """Working time of each working day, in force from `since` until before `until`.

    None as `since` or `until` means no end on that side; two sets of rows give summer and winter.
    """

    starts: time
    ends: time
    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if not self.starts < self.ends:
            raise ValueError(f"a working period ends after it starts: {self.starts}-{self.ends}")

    def holds_on(self, day: date) -> bool:
        """Whether the period is in force on a day."""
        return (self.since is None or self.since <= day) and (
            self.until is None or day < self.until
        )


DEFAULT_PERIODS = (WorkingPeriod(time(8), time(12)), WorkingPeriod(time(14), time(18)))


@dataclass(frozen=True)
class Calendar:
    """What is known about working time at one place.

    `years`: years whose holidays were imported. `deviations`: True for a make-up working day, False
    for a day off; all other days follow the week (Monday to Friday work). `periods`: any order, not
    overlapping. `zone`: in which days begin and working hours are meant.
    """

    years: frozenset[int]
    deviations: Mapping[date, bool] = field(default_factory=dict)
    periods: tuple[WorkingPeriod, ...] = DEFAULT_PERIODS
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))

    def is_working(self, day: date) -> bool:
        """Whether people work on a day; raises CalendarMissing for a year that was not imported."""
        if day.year not in self.years:
            raise CalendarMissing(day.year)
        return self.deviations.get(day, day.weekday() < 5)

    def spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """The working spans of a day in order, as aware local times; empty on a day off.

        Raises ValueError for a working day without any period, or with overlapping ones.
        """
        if not self.is_working(day):
            return []
        held = sorted((p.starts, p.ends) for p in self.periods if p.holds_on(day))
        if not held:
            raise ValueError(f"no working period is in force on {day}")
        if any(held[i][1] > held[i + 1][0] for i in range(len(held) - 1)):
            raise ValueError(f"working periods overlap on {day}")
        return [(self._at(day, starts), self._at(day, ends)) for starts, ends in held]

    def _at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, tzinfo=self.zone)


def due(start: datetime, amount: Amount, unit: ClockUnit | str, calendar: Calendar) -> datetime:
    """The moment at which a limit that began at `start` ends, as an aware local time.

    A start outside working time first rolls forward to the next working moment (work_hour and
    work_day). Working days must be whole numbers. Raises InvalidInput for an amount that is not
    positive or not whole where it must be, CalendarMissing, and ValueError for a naive start.
    """
    unit = ClockUnit(unit)
    begun = _local(start, calendar)
    _refuse_amount(amount, unit)
    if unit is ClockUnit.URGENT_HOUR:
        return (start + _hours(amount)).astimezone(calendar.zone)
    if unit is ClockUnit.NATURAL_DAY:
        return begun + timedelta(days=float(amount))
    if unit is ClockUnit.WORK_HOUR:
        return _after_working_time(begun, _hours(amount), calendar)
    return _after_working_days(begun, int(amount), calendar)


def _local(moment: datetime, calendar: Calendar) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a deadline needs a time with a zone")
    return moment.astimezone(calendar.zone)


def _hours(amount: Amount) -> timedelta:
    return timedelta(hours=float(amount))


def _refuse_amount(amount: Amount, unit: ClockUnit) -> None:
    value = float(amount)
    if not 0 < value <= 36_500:
        raise InvalidInput.of(
            "limit_amount", "out_of_range", "时限应大于 0", "A limit must be greater than 0"
        )
    if unit is ClockUnit.WORK_DAY and value != int(value):
        raise InvalidInput.of(
            "limit_amount",
            "not_whole",
            "工作日时限应为整数；不足一天请用工作时",
            "Working days must be whole; use working hours for less than a day",
        )


def _days_from(day: date) -> Iterator[date]:
    while True:
        yield day
        day += ONE_DAY


def _rolled(begun: datetime, calendar: Calendar) -> datetime:
    """`begun`, or the next working moment when it lies outside working time."""
    for day in _days_from(begun.date()):
        for starts, ends in calendar.spans(day):
            if begun < ends:
                return max(begun, starts)
    raise AssertionError("days do not end")


def _after_working_time(begun: datetime, rest: timedelta, calendar: Calendar) -> datetime:
    for day in _days_from(begun.date()):
        for starts, ends in calendar.spans(day):
            entered = max(starts, begun)
            if entered >= ends:
                continue
            if entered + rest <= ends:
                return entered + rest
            rest -= ends - entered
    raise AssertionError("days do not end")


def _after_working_days(begun: datetime, amount: int, calendar: Calendar) -> datetime:
    begun = _rolled(begun, calendar)
    for day in _days_from(begun.date() + ONE_DAY):
        spans = calendar.spans(day)
        amount -= 1 if spans else 0
        if amount == 0:
            break
    # The same clock may lie outside working time where summer hours become winter hours.
    same_clock = datetime.combine(day, begun.timetz().replace(tzinfo=None), tzinfo=calendar.zone)
    return min(max(same_clock, spans[0][0]), spans[-1][1])
