"""The working calendar as stored, ready for arithmetic."""

from __future__ import annotations

from gridcenter.database import Transaction
from gridcenter.deadlines.rules import DEFAULT_PERIODS, Calendar, WorkingPeriod


def calendar(tx: Transaction) -> Calendar:
    """The calendar in force, with the days of the place.

    A year counts as known when at least one deviation of it is stored, because every year has
    holidays; an empty table knows no year.
    """
    deviations = {
        row["day"]: row["working"] for row in tx.all("SELECT day, working FROM calendar_day")
    }
    periods = tuple(
        WorkingPeriod(row["starts"], row["ends"], row["since"], row["until"])
        for row in tx.all(
            "SELECT starts, ends, lower(valid) AS since, upper(valid) AS until"
            "  FROM working_period ORDER BY starts"
        )
    )
    return Calendar(
        years=frozenset(day.year for day in deviations),
        deviations=deviations,
        periods=periods or DEFAULT_PERIODS,
        zone=tx.zone,
    )


def kept_calendar(tx: Transaction) -> Calendar:
    """The same, kept for half a minute: each report and each move counts by it."""
    return tx.recent("deadlines.calendar", calendar)
