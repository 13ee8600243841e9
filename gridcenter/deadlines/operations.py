"""What is written to the working calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gridcenter.database import Transaction


@dataclass(frozen=True)
class Day:
    """A day that differs from the week: off (`working` false) or made up (true), and who said so."""

    day: date
    working: bool
    name: str | None
    name_en: str | None
    source: str


@dataclass(frozen=True)
class DayCounts:
    """How many days were new, changed and the same as before."""

    new: int
    changed: int
    same: int


def compare_days(tx: Transaction, days: Sequence[Day]) -> DayCounts:
    """What `set_days` would do."""
    stored = stored_days(tx)
    new = sum(day.day not in stored for day in days)
    same = sum(stored.get(day.day) == day for day in days)
    return DayCounts(new, len(days) - new - same, same)


def set_days(tx: Transaction, days: Sequence[Day]) -> DayCounts:
    """The counts after writing; days of the same years that are not among these stay."""
    counts = compare_days(tx, days)
    tx.many(
        "INSERT INTO calendar_day (day, working, name, name_en, source) VALUES (%(day)s,"
        " %(working)s, %(name)s, %(name_en)s, %(source)s) ON CONFLICT (day) DO UPDATE SET"
        " working = excluded.working, name = excluded.name, name_en = excluded.name_en,"
        " source = excluded.source",
        [vars(day) for day in days],
    )
    return counts


def stored_days(tx: Transaction) -> dict[date, Day]:
    """Every stored day by its date."""
    rows = tx.all("SELECT day, working, name, name_en, source FROM calendar_day")
    return {row["day"]: Day(**row) for row in rows}
