"""Reading the feed without ever skipping a late commit.

Numbers are handed out before transactions commit, so a smaller number may appear after a larger one
was read. Readers therefore stop at the horizon, below which nothing can appear any more (see
`sql/20_journal.sql` and docs/decisions/0005-commit-safe-feed.md). A cursor is the number of an entry.
"""

from __future__ import annotations

from gridcenter.database import Transaction
from gridcenter.errors import CursorGone, InvalidInput

START = "0"

_AFTER = """
SELECT coalesce(json_agg(json_build_object(
         'cursor', j.number::text, 'number', j.number, 'at', j.at, 'topic', j.topic,
         'subject_id', j.subject_id, 'area_path', j.area_path::text, 'data', j.data)
         ORDER BY j.number), '[]')::text AS items,
       count(*) AS n, max(j.number) AS last
  FROM (SELECT * FROM journal WHERE number > %(after)s AND number <= %(horizon)s
         ORDER BY number LIMIT %(limit)s) j
"""


def parse_cursor(text: str) -> int:
    """The number of a cursor. Raises InvalidInput for anything else."""
    if text.isascii() and text.isdigit() and len(text) <= 18:
        return int(text)
    raise InvalidInput.of(
        "after", "bad_cursor", "不是本系统给出的位置", "Not a cursor that this system gave out"
    )


def horizon(tx: Transaction) -> int:
    """The number up to which the feed is settled.

    It may step back for a moment, when a writer claims late what was the last number a while ago; what
    it then writes is above every number that was ever settled, so nothing read is undone.
    """
    return int(tx.scalar("SELECT journal_horizon() AS horizon"))


def handed_out(tx: Transaction) -> int:
    """The last number handed out, settled or not; a database that was put back knows fewer."""
    return int(
        tx.scalar(
            "SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS number FROM journal_number_seq"
        )
    )


def head(tx: Transaction) -> str:
    """The cursor from which a screen that has just loaded everything reads on."""
    return str(horizon(tx))


def entries_after(tx: Transaction, cursor: str, limit: int) -> str:
    """JSON text ``{"items": […], "next": cursor}`` of what the actor may see after `cursor`.

    Items: cursor, number, at, topic, subject_id, area_path, data; in the order of their numbers.
    `next` is where to read on, at least `cursor`. Raises CursorGone for a cursor beyond the end.
    """
    after, settled = parse_cursor(cursor), horizon(tx)
    if after > settled and after > handed_out(tx):
        raise CursorGone()
    row = tx.one(_AFTER, {"after": after, "horizon": settled, "limit": limit})
    assert row is not None
    following = row["last"] if row["n"] == limit else max(after, settled)
    return f'{{"items":{row["items"]},"next":"{following}"}}'


def newest_after(tx: Transaction, cursor: str) -> str:
    """The cursor of the newest entry after `cursor` that the actor may see, or `cursor` itself."""
    settled = horizon(tx)
    newest = tx.scalar(
        "SELECT max(number) AS newest FROM journal WHERE number > %(after)s AND number <= %(settled)s",
        {"after": parse_cursor(cursor), "settled": settled},
    )
    return cursor if newest is None else str(newest)
