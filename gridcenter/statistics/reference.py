"""Loads the indicators' definitions from `data/indicators.csv`; targets stay as edited."""

from __future__ import annotations

from pathlib import Path

from gridcenter.accounts.reference import read_csv
from gridcenter.database import Transaction

DATA = Path(__file__).parent / "data"


def load_indicators(tx: Transaction) -> None:
    """Insert or update every indicator's words."""
    rows = [
        {name: value or None for name, value in row.items()}
        for row in read_csv(DATA / "indicators.csv")
    ]
    tx.many(
        "INSERT INTO indicator (code, number, name, name_en, unit, numerator, numerator_en,"
        " denominator, denominator_en, excluded, excluded_en, source, target, sort) VALUES"
        " (%(code)s, %(number)s, %(name)s, %(name_en)s, %(unit)s, %(numerator)s, %(numerator_en)s,"
        " %(denominator)s, %(denominator_en)s, %(excluded)s, %(excluded_en)s, %(source)s,"
        " %(target)s, %(sort)s) ON CONFLICT (code) DO UPDATE SET number = excluded.number,"
        " name = excluded.name, name_en = excluded.name_en, unit = excluded.unit,"
        " numerator = excluded.numerator, numerator_en = excluded.numerator_en,"
        " denominator = excluded.denominator, denominator_en = excluded.denominator_en,"
        " excluded = excluded.excluded, excluded_en = excluded.excluded_en,"
        " source = excluded.source, sort = excluded.sort",
        rows,
    )
