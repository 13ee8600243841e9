"""Examined rows and findings go into the staging tables by COPY.

COPY cannot write into tables with row rights, so it fills temporary tables first.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridcenter.database import Transaction
from importers.findings import Finding, Findings
from importers.kinds import FIELDS, Kind
from importers.reading import ROW

_ROW_TABLE = """
CREATE TEMPORARY TABLE import_row_incoming (
  row integer, code text, fields text, original text, geom geometry(Geometry, 4490),
  area_m2 double precision, perimeter_m double precision, target bigint, refused boolean,
  change text, moved_m double precision
) ON COMMIT DROP
"""
_ROW_COPY: LiteralString = (
    "COPY import_row_incoming (row, code, fields, original, geom, area_m2, perimeter_m, target,"
    " refused, change, moved_m) FROM STDIN (FORMAT BINARY)"
)
_ROW_TYPES = [
    *("int4", "text", "text", "text", "bytea", "float8", "float8", "int8", "bool", "text", "float8")
]
_ROW_INSERT = """
INSERT INTO import_row (batch_id, row, code, fields, original, geom, area_m2, perimeter_m, target,
                        refused, change, moved_m)
SELECT %(batch)s, row, code, fields::jsonb, original::jsonb, geom, area_m2, perimeter_m, target,
       refused, change, moved_m
  FROM import_row_incoming
"""
_FINDING_TABLE = """
CREATE TEMPORARY TABLE import_finding_incoming (
  row integer, field text, code text, severity text, zh text, en text, value text, count integer
) ON COMMIT DROP
"""
_FINDING_COPY: LiteralString = (
    "COPY import_finding_incoming (row, field, code, severity, zh, en, value, count)"
    " FROM STDIN (FORMAT BINARY)"
)
_FINDING_TYPES = ["int4", "text", "text", "text", "text", "text", "text", "int4"]
_FINDING_INSERT = """
INSERT INTO import_finding (batch_id, row, field, code, severity, zh, en, value, count)
SELECT %(batch)s, row, field, code, severity, zh, en, value, count FROM import_finding_incoming
"""
# What later steps made, kept beside the fields of the kind.
_DERIVED = (
    *("parent_code", "label", "code_scheme", "height_derived", "microgrid_code", "duties"),
    *("case_id", "item_id"),
)


def store_rows(
    tx: Transaction,
    batch: UUID,
    kind: Kind,
    rows: gpd.GeoDataFrame,
    originals: pd.DataFrame,
    refused: set[int],
) -> None:
    """Write the examined rows of a batch. `originals` is the file's own table, same order."""
    tx.execute("DROP TABLE IF EXISTS import_row_incoming")
    tx.execute(_ROW_TABLE)
    _copy(tx, _ROW_COPY, _ROW_TYPES, _row_values(kind, rows, originals, refused))
    tx.execute(_ROW_INSERT, {"batch": batch})


def store_findings(tx: Transaction, batch: UUID, findings: Findings) -> None:
    """Write the findings of a batch."""
    tx.execute("DROP TABLE IF EXISTS import_finding_incoming")
    tx.execute(_FINDING_TABLE)
    _copy(tx, _FINDING_COPY, _FINDING_TYPES, map(_finding_values, findings))
    tx.execute(_FINDING_INSERT, {"batch": batch})


def _copy(
    tx: Transaction, statement: LiteralString, types: list[str], rows: Iterable[Sequence[Any]]
) -> None:
    with tx.connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def _finding_values(told: Finding) -> tuple[Any, ...]:
    return (
        told.row,
        told.field,
        told.code,
        told.severity.value,
        _clean(told.zh),
        _clean(told.en),
        None if told.value is None else _clean(told.value),
        told.count,
    )


def _row_values(
    kind: Kind, rows: gpd.GeoDataFrame, originals: pd.DataFrame, refused: set[int]
) -> Iterator[tuple[Any, ...]]:
    names = [field.name for field in FIELDS[kind]]
    names += [name for name in _DERIVED if name in rows.columns]
    fields = rows[names].to_dict("records")
    given = originals.drop(columns=[ROW, "geometry"], errors="ignore").to_dict("records")
    wkb = shapely.to_wkb(rows.geometry.to_numpy())
    empty = pd.Series([None] * len(rows), index=rows.index, dtype=object)
    columns = [
        rows.get(name, empty)
        for name in ("row", "code", "area_m2", "perimeter_m", "target", "change", "moved_m")
    ]
    for position, values in enumerate(zip(*columns, strict=True)):
        row, code, area, perimeter, target, change, moved = (plain(value) for value in values)
        yield (
            row,
            None if code is None else str(code),
            to_json(fields[position]),
            to_json(given[position]),
            wkb[position],
            area,
            perimeter,
            target,
            row in refused,
            change,
            moved,
        )


def to_json(values: Mapping[Any, Any]) -> str:
    """JSON text of a row; what is missing is null, PostgreSQL's forbidden NUL is left out."""
    told = {str(name): plain(value) for name, value in values.items()}
    return json.dumps(told, ensure_ascii=False).replace("\\u0000", "")


def plain(value: Any) -> Any:
    """A Python value for numpy's and pandas' own; NaN, NaT and NA become None."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, datetime | pd.Timestamp):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool | dict) else str(value)


def _clean(text: str) -> str:
    return text.replace("\x00", "")
