"""Reading the feed without ever skipping a late commit.

Numbers are handed out before transactions commit, so a smaller number may appear after a larger one
was read. A reader may therefore only pass entries whose transaction is below the oldest one still
running, and goes by (transaction, number). The cursor is the text ``transaction.number``.
"""

from __future__ import annotations

from gridcenter.database import Transaction
from gridcenter.errors import InvalidInput

START = "0.0"

_AFTER = """
SELECT coalesce(json_agg(json_build_object(
         'cursor', j.transaction::text || '.' || j.number, 'number', j.number, 'at', j.at,
         'topic', j.topic, 'subject_id', j.subject_id, 'area_path', j.area_path::text,
         'data', j.data) ORDER BY j.transaction, j.number), '[]')::text AS items,
       count(*) AS n
  FROM (SELECT * FROM journal
         WHERE (transaction, number) > (%(transaction)s::text::xid8, %(number)s)
           AND transaction < pg_snapshot_xmin(pg_current_snapshot())
         ORDER BY transaction, number LIMIT %(limit)s) j
"""

_LAST = """
SELECT j.transaction::text || '.' || j.number AS cursor
  FROM (SELECT * FROM journal
         WHERE (transaction, number) > (%(transaction)s::text::xid8, %(number)s)
           AND transaction < pg_snapshot_xmin(pg_current_snapshot())
         ORDER BY transaction, number LIMIT %(limit)s) j
 ORDER BY j.transaction DESC, j.number DESC LIMIT 1
"""

_HEAD = """
SELECT transaction::text || '.' || number AS cursor FROM journal
 WHERE transaction < pg_snapshot_xmin(pg_current_snapshot())
 ORDER BY transaction DESC, number DESC LIMIT 1
"""


def parse_cursor(text: str) -> tuple[str, int]:
    """The two numbers of a cursor. Raises InvalidInput for anything else."""
    transaction, dot, number = text.partition(".")
    if dot and all(part.isascii() and part.isdigit() and len(part) <= 18 for part in (transaction, number)):
        return transaction, int(number)
    raise InvalidInput.of(
        "after", "bad_cursor", "不是本系统给出的位置", "Not a cursor that this system gave out"
    )


def entries_after(tx: Transaction, cursor: str, limit: int) -> str:
    """JSON text ``{"items": […], "next": cursor}`` of what the actor may see after `cursor`.

    `next` equals `cursor` when there is nothing new. Items: cursor, number, at, topic, subject_id,
    area_path, data.
    """
    transaction, number = parse_cursor(cursor)
    given = {"transaction": transaction, "number": number, "limit": limit}
    row = tx.one(_AFTER, given)
    assert row is not None
    following = tx.scalar(_LAST, given) if row["n"] else None
    return f'{{"items":{row["items"]},"next":"{following or cursor}"}}'


def head(tx: Transaction) -> str:
    """The cursor of the newest entry that the actor may see, or the start of the feed."""
    return str(tx.scalar(_HEAD) or START)
