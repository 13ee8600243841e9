"""The mapped columns of a batch as they are copied: text packed, numbers with NaN."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from gridcenter.geo import STORAGE_SRID
from importers.bulk.packed import Packed
from importers.bulk.reading import Batch
from importers.findings import Findings
from importers.kinds import FIELDS, Field, Kind
from importers.mapping import Columns, as_text
from importers.reading import ROW
from importers.records import numbers_of, records

Floats = np.ndarray[Any, np.dtype[np.float64]]


def typed(batch: Batch, columns: Columns, findings: Findings) -> dict[str, Packed | Floats | None]:
    """Field → its values, None where the file has no such column; the same as `records` gives."""
    return {
        field.name: _typed(batch, columns.columns.get(field.name), field, findings)
        for field in FIELDS[Kind.BUILDINGS]
    }


def _typed(
    batch: Batch, column: str | None, field: Field, findings: Findings
) -> Packed | Floats | None:
    if column is None:
        return None
    values = batch.columns[column]
    if field.type == "text":
        if isinstance(values, Packed) and values.needs_no_trimming():
            return values
        plain = pd.Series(values.text() if isinstance(values, Packed) else values)
        return Packed.of_text([v and v.replace("\x00", "") for v in as_text(plain)])
    plain = pd.Series(values.text() if isinstance(values, Packed) else values)
    return numbers_of(plain, field, batch.rows, findings).to_numpy(dtype=np.float64)


def records_of(batch: Batch, columns: Columns, findings: Findings) -> gpd.GeoDataFrame:
    """The mapped values as a frame without geometry: dear, for a few rows."""
    table = batch.table()
    table[ROW] = batch.rows
    empty = np.full(len(table), None, dtype=object)
    frame = gpd.GeoDataFrame(table, geometry=empty, crs=STORAGE_SRID)
    return records(frame, columns, Kind.BUILDINGS, findings, UTC)  # buildings have no times
