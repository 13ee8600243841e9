"""Loads posts and departments from `data/`."""

from __future__ import annotations

import csv
from pathlib import Path

from gridcenter.database import Transaction

DATA = Path(__file__).parent / "data"


def read_csv(path: Path) -> list[dict[str, str]]:
    """Rows of a UTF-8 CSV file with a header, as dictionaries."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def load_posts(tx: Transaction) -> None:
    """Insert or update every post of posts.csv."""
    tx.many(
        "INSERT INTO post (code, name, name_en, clearance, administrates, sort) VALUES (%(code)s,"
        " %(name)s, %(name_en)s, %(clearance)s, %(administrates)s, %(sort)s)"
        " ON CONFLICT (code) DO UPDATE SET name = excluded.name, name_en = excluded.name_en,"
        " clearance = excluded.clearance, sort = excluded.sort",
        read_csv(DATA / "posts.csv"),
    )


def load_departments(tx: Transaction) -> None:
    """Insert the departments of the catalogue's default responsibilities; names stay as edited."""
    tx.many(
        "INSERT INTO department (code, name, name_en) VALUES (%(code)s, %(name)s, %(name_en)s)"
        " ON CONFLICT (code) DO NOTHING",
        read_csv(Path(__file__).parent.parent / "catalogue" / "data" / "departments.csv"),
    )
