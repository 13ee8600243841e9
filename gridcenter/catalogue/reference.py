"""Loads matters, filing conditions and channels from `data/`, with pinyin for the search."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gridcenter.accounts.reference import read_csv
from gridcenter.database import Transaction
from gridcenter.text import fold, initials, pinyin

DATA = Path(__file__).parent / "data"
FILES = ("matters.csv", "governance_kinds.csv")

_ITEM = """
INSERT INTO catalogue_item AS i (kind, scheme, code, name, name_en, procedure, severity,
  confidentiality, default_department_id, pinyin, initials, aliases, source, sort)
VALUES ('matter', %(scheme)s, %(code)s, %(name)s, %(name_en)s, 'incident', %(severity)s,
  %(confidentiality)s, (SELECT id FROM department WHERE code = %(default_department)s),
  %(pinyin)s, %(initials)s, %(aliases)s, %(source)s, %(sort)s)
ON CONFLICT (scheme, code) DO UPDATE SET name = excluded.name, name_en = excluded.name_en,
  pinyin = excluded.pinyin, initials = excluded.initials, aliases = excluded.aliases,
  source = excluded.source, sort = excluded.sort
"""

_MATTER = """
INSERT INTO matter (item_id, class_code, class_name, class_name_en)
SELECT id, %(class_code)s, %(class_name)s, %(class_name_en)s FROM catalogue_item
 WHERE scheme = %(scheme)s AND code = %(code)s
ON CONFLICT (item_id) DO UPDATE SET class_code = excluded.class_code,
  class_name = excluded.class_name, class_name_en = excluded.class_name_en
"""

# Limits are local law: what an administrator changed stays.
_CONDITION = """
INSERT INTO filing_condition (item_id, code, name, name_en, limit_amount, limit_unit, severity,
  closing_condition, closing_condition_en, evidence, is_default, source)
SELECT id, %(code)s, %(name)s, %(name_en)s, %(limit_amount)s, %(limit_unit)s, %(severity)s,
       %(closing_condition)s, %(closing_condition_en)s, %(evidence)s, %(is_default)s, %(source)s
  FROM catalogue_item WHERE code = %(item_code)s AND kind = 'matter'
ON CONFLICT (item_id, code) DO NOTHING
"""


def load_catalogue(tx: Transaction) -> None:
    """Insert or update all matters of the files and add filing conditions that are not there yet."""
    items = [row for name in FILES for row in read_csv(DATA / name)]
    rows = [_prepared(row, sort) for sort, row in enumerate(items)]
    tx.many(_ITEM, rows)
    tx.many(_MATTER, rows)
    tx.many(_CONDITION, [_condition(row) for row in read_csv(DATA / "filing_conditions.csv")])
    tx.many(
        "INSERT INTO channel (code, parent, name, name_en, posts, sort) VALUES (%(code)s,"
        " %(parent)s, %(name)s, %(name_en)s, %(posts)s, %(sort)s) ON CONFLICT (code) DO UPDATE SET"
        " parent = excluded.parent, name = excluded.name, name_en = excluded.name_en,"
        " posts = excluded.posts, sort = excluded.sort",
        [_channel(row) for row in read_csv(DATA / "channels.csv")],
    )


def _prepared(row: dict[str, str], sort: int) -> dict[str, Any]:
    aliases = [alias for alias in row["aliases"].split(";") if alias]
    names = [row["name"], *aliases]
    return {
        **row,
        "aliases": [fold(alias) for alias in aliases],
        "pinyin": sorted({reading for name in names for reading in pinyin(name)}),
        "initials": sorted({reading for name in names for reading in initials(name)}),
        "sort": sort,
    }


def _channel(row: dict[str, str]) -> dict[str, Any]:
    posts = [post for post in row["posts"].split(";") if post]
    return {**row, "parent": row["parent"] or None, "posts": posts}


def _condition(row: dict[str, str]) -> dict[str, Any]:
    return {**row, "evidence": [kind for kind in row["evidence"].split(";") if kind]}
