"""The temporary table that batches are copied into, and the way from there to the staged rows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, LiteralString
from uuid import UUID

import pandas as pd
import psycopg

from gridcenter.database import Transaction
from importers.bulk import copying

# COPY cannot write into tables with row rights; a temporary table is also spared the log.
_TABLE = """
CREATE TEMPORARY TABLE import_large (
  row integer NOT NULL, refused boolean NOT NULL, height_derived boolean, area_m2 double precision,
  perimeter_m double precision, target bigint, floors smallint, height double precision,
  households integer, usage text, parent text, code text, name text, geom geometry(Geometry, 4490)
) ON COMMIT DROP
"""
# How the rows differ from what is in force under their codes; rows that are not here are new.
# `change` is null until the exact comparison.
_CHANGES = """
CREATE TEMPORARY TABLE import_large_change (
  row integer PRIMARY KEY, change text, moved_m double precision
) ON COMMIT DROP
"""
# Rows whose every field and byte is as in force are settled at once; a field that the file does not
# have says nothing.
_COMPARE = """
INSERT INTO import_large_change (row, change, moved_m)
SELECT l.row, CASE WHEN l.geom IS NOT NULL AND ST_Multi(l.geom) = b.geom
                    AND (l.target, l.name, l.floors, l.height, l.usage, l.households)
                        IS NOT DISTINCT FROM
                        (b.microgrid_id,
                         CASE WHEN %(name)s THEN b.name END,
                         CASE WHEN %(floors)s THEN b.floors END,
                         CASE WHEN %(height)s THEN b.height_m END,
                         CASE WHEN %(usage)s THEN b.usage END,
                         CASE WHEN %(households)s THEN b.households_estimated END)
                   THEN 'same' END, 0
  FROM import_large l JOIN building b ON b.code = l.code AND upper_inf(b.valid)
 WHERE l.code IS NOT NULL
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
       coalesce(c.change, 'new'), c.moved_m
  FROM import_large l
  LEFT JOIN import_large_change c USING (row)
  LEFT JOIN import_large_original o USING (row)
  LEFT JOIN area a ON a.id = l.target
"""
_MOST_ORIGINALS = 100_000


def make_table(tx: Transaction) -> None:
    """Make the temporary table `import_large` for this transaction."""
    tx.execute("DROP TABLE IF EXISTS import_large, import_large_change")
    tx.execute(_TABLE)
    tx.execute(_CHANGES)


def compare(tx: Transaction, said: Collection[str]) -> None:
    """Fill `import_large_change`, `change` null where the exact comparison has to decide.

    `said` are the fields that the file has.
    """
    fields = ("name", "floors", "height", "usage", "households")
    tx.execute(_COMPARE, {field: field in said for field in fields})
    tx.execute("ANALYZE import_large_change")


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
