"""The temporary table that batches are copied into, and the way from there to the staged rows."""

from __future__ import annotations

from typing import Any, LiteralString
from uuid import UUID

import pandas as pd
import psycopg

from gridcenter.database import Transaction
from importers.bulk import copying

# COPY cannot write into tables with row rights; a temporary table is also spared the log.
_TABLE = """
CREATE TEMPORARY TABLE import_large (
  row integer NOT NULL, refused boolean NOT NULL, area_m2 double precision,
  perimeter_m double precision, height_derived boolean, moved_m double precision, target bigint,
  floors smallint, height double precision, households integer, code text, name text, parent text,
  usage text, change text, geom geometry(Geometry, 4490)
) ON COMMIT DROP
"""
_COPY: LiteralString = "COPY import_large FROM STDIN (FORMAT BINARY)"
_INDEX: LiteralString = "CREATE INDEX import_large_geom_idx ON import_large USING gist (geom)"
_ORIGINALS = """
CREATE TEMPORARY TABLE import_large_original (row integer PRIMARY KEY, original jsonb NOT NULL)
ON COMMIT DROP
"""
_ADD_ORIGINALS = """
INSERT INTO import_large_original
SELECT * FROM unnest(%(rows)s::int[], %(originals)s::text[]::jsonb[])
"""
# What the file does not say of a row is null, as in rows staged from a frame. Rows that somebody
# will look at carry all of the file's columns, the others those that became fields.
_PERSIST = """
INSERT INTO import_row (batch_id, row, code, fields, original, geom, area_m2, perimeter_m, target,
                        refused, change, moved_m)
SELECT %(batch)s, l.row, l.code,
       jsonb_build_object('code', l.code, 'name', l.name, 'parent', l.parent, 'floors', l.floors,
                          'height', l.height, 'usage', l.usage, 'households', l.households,
                          'height_derived', l.height_derived, 'microgrid_code', a.code),
       coalesce(o.original, '{}'), ST_Multi(l.geom), l.area_m2, l.perimeter_m, l.target, l.refused,
       l.change, l.moved_m
  FROM import_large l
  LEFT JOIN import_large_original o USING (row)
  LEFT JOIN area a ON a.id = l.target
"""
_MOST_ORIGINALS = 100_000


def make_table(tx: Transaction) -> None:
    """Make the temporary table `import_large` for this transaction."""
    tx.execute("DROP TABLE IF EXISTS import_large")
    tx.execute(_TABLE)


def copy_rows(connection: psycopg.Connection[Any], payload: bytes) -> None:
    """Copy one batch's rows."""
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write(copying.HEADER)
        copy.write(payload)
        copy.write(copying.TRAILER)


def make_index(connection: psycopg.Connection[Any]) -> None:
    """The index by place, made once all rows are there."""
    connection.execute(_INDEX)
    connection.execute("ANALYZE import_large")


def persist(
    tx: Transaction, batch: UUID, originals: pd.DataFrame, rows: list[int], to_json: Any
) -> None:
    """Keep the rows beyond this transaction, with the file's own columns of `rows`."""
    tx.execute("DROP TABLE IF EXISTS import_large_original")
    tx.execute(_ORIGINALS)
    if rows:
        texts = [to_json(record) for record in originals.to_dict("records")]
        tx.execute(_ADD_ORIGINALS, {"rows": rows, "originals": texts})
    tx.execute(_PERSIST, {"batch": batch})


def with_originals(told: set[int], refused: set[int]) -> list[int]:
    """Rows whose own columns are kept: all refused ones, others that were told of up to a limit."""
    rest = sorted(told - refused)[: max(0, _MOST_ORIGINALS - len(refused))]
    return sorted({*refused, *rest})
