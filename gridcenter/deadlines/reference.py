"""Loads the working calendars of `data/calendar_YYYY.csv` and the common hours of work."""

from __future__ import annotations

import csv
from pathlib import Path

from gridcenter.database import Transaction
from gridcenter.deadlines.rules import DEFAULT_PERIODS

DATA = Path(__file__).parent / "data"


def load_calendar(tx: Transaction) -> None:
    """Insert the days of every shipped year; days that an administrator changed stay as they are."""
    for path in sorted(DATA.glob("calendar_*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [{**row, "name_en": row.get("name_en") or None} for row in csv.DictReader(file)]
        tx.many(
            "INSERT INTO calendar_day (day, working, name, name_en, source) VALUES (%(day)s,"
            " %(working)s, %(name)s, %(name_en)s, %(source)s) ON CONFLICT (day) DO NOTHING",
            rows,
        )
    if tx.one("SELECT 1 FROM working_period") is None:
        tx.many(
            "INSERT INTO working_period (starts, ends) VALUES (%(starts)s, %(ends)s)",
            [{"starts": period.starts, "ends": period.ends} for period in DEFAULT_PERIODS],
        )
