"""Photos that an incident's filing condition asks for and that have not arrived (docs/decisions/0018)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from gridcenter.database import Row, Transaction

# What the filing condition asks for, what is there, and whether the last check said why it is not.
_PHOTOS = """
SELECT f.evidence, c.handled_at, c.state,
       ARRAY(SELECT DISTINCT stage FROM attachment a WHERE a.case_id = c.id) AS there,
       coalesce((SELECT e.data->'given' ? 'without_evidence' FROM case_event e
                  WHERE e.case_id = c.id AND e.operation = 'check' ORDER BY e.id DESC LIMIT 1),
                false) AS explained
  FROM case_file c JOIN incident n ON n.case_id = c.id
  LEFT JOIN filing_condition f
    ON f.id = coalesce(n.filing_condition_id,
                       (SELECT id FROM filing_condition WHERE item_id = c.item_id AND is_default))
 WHERE c.id = %(id)s
"""


@dataclass(frozen=True)
class Owed:
    """Kinds of photos that a case lacks now, and whether the last check said why."""

    kinds: list[str]
    explained: bool


def photos_owed(tx: Transaction, incident_id: UUID) -> Owed:
    """What the filing condition asks for and is not there; nothing for a case out of sight."""
    photos = tx.one(_PHOTOS, {"id": incident_id})
    return Owed([], False) if photos is None else Owed(_lacking(photos), photos["explained"])


def _lacking(photos: Row) -> list[str]:
    """Kinds of photos that the filing condition asks for and that have not arrived yet."""
    due = set(photos["evidence"] or ())
    working = photos["state"] in ("accepted", "handling", "rework")
    if photos["handled_at"] is None and not working:
        due.discard("after")
    return sorted(due - set(photos["there"]))
