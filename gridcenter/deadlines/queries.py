"""The working calendar as stored, ready for arithmetic."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from gridcenter.database import Transaction
from gridcenter.deadlines.rules import DEFAULT_PERIODS, Calendar, WorkingPeriod


def calendar(tx: Transaction, zone: ZoneInfo, area_path: str | None = None) -> Calendar:
    """The calendar in force for an area (None: the common hours); the nearest area with hours of its own wins.

    A year counts as known when at least one deviation of it is stored, because every year has
    holidays; an empty table knows no year.
    """
    deviations = {
        row["day"]: row["working"] for row in tx.all("SELECT day, working FROM calendar_day")
    }
    rows = tx.all(
        "SELECT starts, ends, lower(valid) AS since, upper(valid) AS until,"
        " coalesce(nlevel(area_path), 0) AS depth FROM working_period"
        " WHERE area_path IS NULL OR area_path @> %(path)s::ltree ORDER BY depth DESC, starts",
        {"path": area_path},
    )
    nearest = [row for row in rows if row["depth"] == rows[0]["depth"]]
    periods = tuple(
        WorkingPeriod(row["starts"], row["ends"], row["since"], row["until"]) for row in nearest
    )
    return Calendar(
        years=frozenset(day.year for day in deviations),
        deviations=deviations,
        periods=periods or DEFAULT_PERIODS,
        zone=zone,
    )
