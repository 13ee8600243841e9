"""Reads about matters: search by code, name, alias, pinyin and initials; one matter with conditions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from gridcenter.database import Transaction
from gridcenter.errors import InvalidInput
from gridcenter.text import fold

# About 150 rows: reading them all is cheaper than any index. Best match first: code, whole name,
# beginning of the name, inside the name, alias, initials, pinyin.
_SEARCH = """
WITH ranked AS (
  SELECT i.*, m.class_code, m.class_name, m.class_name_en, d.code AS department, d.name AS department_name,
         CASE WHEN %(q)s = '' THEN 5
              WHEN lower(i.code) = %(q)s THEN 0
              WHEN lower(i.name) = %(q)s OR lower(i.name_en) = %(q)s THEN 1
              WHEN starts_with(lower(i.code), %(q)s) THEN 2
              WHEN starts_with(lower(i.name), %(q)s) THEN 3
              WHEN EXISTS (SELECT FROM unnest(i.initials) x WHERE starts_with(x, %(q)s)) THEN 4
              WHEN position(%(q)s IN lower(i.name)) > 0 THEN 5
              WHEN position(%(q)s IN lower(i.name_en)) > 0 THEN 6
              WHEN EXISTS (SELECT FROM unnest(i.aliases) x WHERE position(%(q)s IN lower(x)) > 0) THEN 6
              WHEN EXISTS (SELECT FROM unnest(i.pinyin) x WHERE starts_with(x, %(q)s)) THEN 7
              WHEN EXISTS (SELECT FROM unnest(i.initials) x WHERE position(%(q)s IN x) > 0) THEN 8
              WHEN length(%(q)s) > 2
               AND EXISTS (SELECT FROM unnest(i.pinyin) x WHERE position(%(q)s IN x) > 0) THEN 9
         END AS rank
    FROM catalogue_item i
    JOIN matter m ON m.item_id = i.id
    LEFT JOIN department d ON d.id = i.default_department_id
   WHERE i.kind = 'matter' AND (i.valid_to IS NULL OR i.valid_to > CURRENT_DATE)
)
SELECT coalesce(json_agg(json_build_object(
         'code', r.code, 'scheme', r.scheme, 'name', r.name, 'name_en', r.name_en,
         'class_code', r.class_code, 'class_name', r.class_name, 'class_name_en', r.class_name_en,
         'severity', r.severity, 'confidentiality', r.confidentiality,
         'department', r.department, 'department_name', r.department_name,
         'aliases', r.aliases, 'pinyin', r.pinyin, 'initials', r.initials, 'source', r.source,
         'filing_conditions', (
           SELECT json_agg(json_build_object(
                    'code', f.code, 'name', f.name, 'name_en', f.name_en,
                    'limit_amount', f.limit_amount, 'limit_unit', f.limit_unit, 'severity', f.severity,
                    'closing_condition', f.closing_condition,
                    'closing_condition_en', f.closing_condition_en,
                    'evidence', f.evidence, 'is_default', f.is_default, 'source', f.source)
                  ORDER BY NOT f.is_default, f.code)
             FROM filing_condition f WHERE f.item_id = r.id)
       ) ORDER BY r.rank, r.sort, r.code), '[]')::text
  FROM (SELECT * FROM ranked WHERE rank IS NOT NULL ORDER BY rank, sort, code LIMIT %(limit)s) r
"""


def matter_search(tx: Transaction, q: str = "", limit: int = 20) -> str:
    """JSON text of an array of matters with their filing conditions, best match first.

    Pinyin and initials travel along, so that a phone can search its copy without a network.

    `q` may be a code, part of a name, an alias, pinyin or its initials, in full or half width; an
    empty `q` lists matters in catalogue order. No match gives ``[]``.
    """
    return str(tx.scalar(_SEARCH, {"q": fold(q).strip(), "limit": limit}))


@dataclass(frozen=True)
class Condition:
    """A filing condition of a matter: how long, how severe."""

    id: int
    code: str
    amount: Decimal
    unit: str
    severity: str


@dataclass(frozen=True)
class MatterChoice:
    """What a report needs to know of its matter."""

    item_id: int
    code: str
    procedure: str
    severity: str
    confidentiality: int
    conditions: tuple[Condition, ...]

    def condition(self, code: str | None) -> Condition:
        """The named filing condition, or the default one. Raises InvalidInput for an unknown name."""
        if code is None:
            return self.conditions[0]
        found = next((c for c in self.conditions if c.code == code), None)
        if found is None:
            known = "、".join(c.code for c in self.conditions)
            raise InvalidInput.of(
                "filing_condition",
                "unknown_filing_condition",
                f"事项 {self.code} 没有立案条件 {code}，可用：{known}",
                f"Matter {self.code} has no filing condition {code}; known: {known}",
            )
        return found


_MATTERS = """
SELECT i.id AS item_id, i.code, i.procedure, i.severity, i.confidentiality,
       (SELECT jsonb_agg(jsonb_build_array(f.id, f.code, f.limit_amount::text, f.limit_unit, f.severity)
               ORDER BY NOT f.is_default, f.code)
          FROM filing_condition f WHERE f.item_id = i.id) AS conditions
  FROM catalogue_item i
 WHERE i.kind = 'matter' AND (i.valid_to IS NULL OR i.valid_to > CURRENT_DATE)
"""


def matters_by_code(tx: Transaction) -> dict[str, MatterChoice]:
    """All matters in force by code; callers keep it for a while, the catalogue changes by upgrades."""
    return {
        row["code"]: MatterChoice(
            item_id=row["item_id"],
            code=row["code"],
            procedure=row["procedure"],
            severity=row["severity"],
            confidentiality=row["confidentiality"],
            conditions=tuple(
                Condition(c[0], c[1], Decimal(c[2]), c[3], c[4]) for c in row["conditions"] or ()
            ),
        )
        for row in tx.all(_MATTERS)
    }


def channel_posts(tx: Transaction) -> dict[str, frozenset[str]]:
    """Every channel's code with the posts that report by it; none for groups and for machines."""
    return {r["code"]: frozenset(r["posts"]) for r in tx.all("SELECT code, posts FROM channel")}


def channel_list(tx: Transaction) -> list[dict[str, object]]:
    """All channels with names and parents, in order."""
    return tx.all("SELECT code, parent, name, name_en, posts FROM channel ORDER BY sort, code")
