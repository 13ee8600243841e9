"""What changes areas. Writing is set-based: callers stage rows, one statement compares and writes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gridcenter.areas.faults import assert_coverage, lock_parents, lying_now
from gridcenter.database import Transaction

# From here on the planner is told at once what was written: a transaction that goes on with the new
# rows would otherwise join 20,000 of them as if there were none (measured: minutes).
MANY = 100

STAGE = """
CREATE TEMPORARY TABLE area_incoming (
  code text PRIMARY KEY,
  code_scheme text NOT NULL,
  kind text,
  label text NOT NULL,
  name text NOT NULL,
  name_en text,
  parent_code text,
  geom geometry(MultiPolygon, 4490) NOT NULL,
  households integer,
  source text NOT NULL,
  is_example boolean NOT NULL,
  batch_id text
) ON COMMIT DROP
"""

_IDENTITIES = """
INSERT INTO area (code, code_scheme, level, kind)
SELECT i.code, i.code_scheme, %(level)s, i.kind FROM area_incoming i
ON CONFLICT (code) DO NOTHING
"""

# Geometry is compared to a centimetre, so that a file written by another program is still the same.
_CHANGED = """
CREATE TEMPORARY TABLE area_changed ON COMMIT DROP AS
SELECT a.id AS area_id, i.*, p.id AS parent_id, v.id AS old_version,
       CASE WHEN p.id IS NULL THEN i.label::ltree ELSE pv.path || i.label::ltree END AS path
  FROM area_incoming i
  JOIN area a ON a.code = i.code
  LEFT JOIN area p ON p.code = i.parent_code
  LEFT JOIN area_version pv ON pv.area_id = p.id AND upper_inf(pv.valid)
  LEFT JOIN area_version v ON v.area_id = a.id AND upper_inf(v.valid)
 WHERE v.id IS NULL OR v.name IS DISTINCT FROM i.name OR v.parent_id IS DISTINCT FROM p.id
    OR v.households IS DISTINCT FROM i.households
    OR NOT (v.geom ~= i.geom
            AND ST_Equals(ST_SnapToGrid(v.geom, 1e-7), ST_SnapToGrid(i.geom, 1e-7)))
"""

_CLOSE = """
UPDATE area_version v SET valid = tstzrange(lower(v.valid), now())
  FROM area_changed c WHERE v.id = c.old_version
"""

_OPEN = """
INSERT INTO area_version (area_id, parent_id, level, name, name_en, path, geom, area_m2, perimeter_m,
                          households, valid, source, is_example, batch_id)
SELECT c.area_id, c.parent_id, %(level)s, c.name, c.name_en, c.path, c.geom,
       ST_Area(in_metres(c.geom)), ST_Perimeter(in_metres(c.geom)), c.households,
       tstzrange(now(), NULL), c.source, c.is_example, c.batch_id
  FROM area_changed c
"""


# Whose areas a writing moves: old and new parents, and areas that have areas below them. NULL: none.
_PARENTS_OF_INCOMING = """
SELECT p.id FROM area_incoming i LEFT JOIN area p ON p.code = i.parent_code
 UNION
SELECT v.parent_id FROM area_incoming i JOIN area a ON a.code = i.code
  JOIN area_version v ON v.area_id = a.id AND upper_inf(v.valid)
 UNION
SELECT a.id FROM area_incoming i JOIN area a ON a.code = i.code
 WHERE EXISTS (SELECT FROM area_version c WHERE c.parent_id = a.id AND upper_inf(c.valid))
"""
_PARENTS_OF_CHANGED = """
SELECT c.parent_id AS id FROM area_changed c
 UNION
SELECT v.parent_id FROM area_changed c JOIN area_version v ON v.id = c.old_version
 UNION
SELECT c.area_id FROM area_changed c
 WHERE EXISTS (SELECT FROM area_version d WHERE d.parent_id = c.area_id AND upper_inf(d.valid))
"""


class Guard(StrEnum):
    """What a writing does with a boundary that makes a new fault."""

    REFUSE = "refuse"  # nothing of the transaction is stored
    ACCEPTED = "accepted"  # a person was shown the faults and took them; they are kept as rows
    CALLER = "caller"  # a redraw of several levels locks and asserts once, when all is written


@dataclass(frozen=True)
class AreaCounts:
    """How many areas a writing added, changed (a new version each) and found the same."""

    new: int
    changed: int
    same: int


def stage_areas(tx: Transaction) -> None:
    """Make the temporary table `area_incoming` (see STAGE) for this transaction."""
    tx.execute("DROP TABLE IF EXISTS area_incoming")
    tx.execute(STAGE)


def write_areas(tx: Transaction, level: str, guard: Guard = Guard.REFUSE) -> AreaCounts:
    """Bring the staged areas of one level into force: new identities, new versions where changed.

    Expects `area_incoming` filled; parents must be in force already. What is the same is left alone,
    so the same file twice changes nothing. Errors of constraints (overlapping validity, path taken)
    roll the whole transaction back. Raises BoundaryRefused for a boundary that makes a new fault.
    """
    tx.execute("DROP TABLE IF EXISTS area_changed")
    if guard is not Guard.CALLER:
        lock_parents(tx, _ids_of(tx, _PARENTS_OF_INCOMING))
    new = tx.execute(_IDENTITIES, {"level": level})
    tx.execute("ANALYZE area_incoming")
    tx.execute(_CHANGED)
    if guard is Guard.CALLER:
        return _write(tx, level, new)
    touched = _ids_of(tx, _PARENTS_OF_CHANGED)
    before = lying_now(tx, touched)
    counts = _write(tx, level, new)
    assert_coverage(tx, touched, before, accepted=guard is Guard.ACCEPTED)
    return counts


def _ids_of(tx: Transaction, statement: str) -> set[int | None]:
    return {row["id"] for row in tx.all(statement)}


def _write(tx: Transaction, level: str, new: int) -> AreaCounts:
    tx.execute(_CLOSE)
    written = tx.execute(_OPEN, {"level": level})
    if written >= MANY:
        tx.execute("SELECT analyze_written('areas')")
    total = int(tx.scalar("SELECT count(*) FROM area_incoming"))
    return AreaCounts(new=new, changed=written - new, same=total - written)
