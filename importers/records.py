"""Mapped values of a frame: one column per field of the kind, typed; odd cells give findings."""

from __future__ import annotations

import re
from datetime import tzinfo
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from importers.findings import Findings
from importers.kinds import FIELDS, Field, Kind
from importers.mapping import Columns, as_number, as_text
from importers.reading import ROW

_LARGEST_WHOLE = 2_000_000_000
_LIMITS = {"floors": (1, 200), "height": (0.5, 1500.0), "households": (0, 1_000_000),
           "capacity": (1, 1000)}  # fmt: skip
_CHINESE_DATE = re.compile(r"(\d{4})\s*[年/.\-]\s*(\d{1,2})\s*[月/.\-]\s*(\d{1,2})\s*日?")


def records(
    frame: gpd.GeoDataFrame, columns: Columns, kind: Kind, findings: Findings, zone: tzinfo
) -> gpd.GeoDataFrame:
    """`frame` with one column per field (None where empty), ``row`` and ``geometry``; same order.

    Text is trimmed, whole numbers are Int64, times are UTC, those without a zone meant in
    `zone`. A cell that does not read becomes None with a finding; a required field that is empty refuses its row.
    """
    rows = frame[ROW].to_numpy(dtype=np.int64)
    built: dict[str, Any] = {"row": rows}
    for field in FIELDS[kind]:
        column = columns.columns.get(field.name)
        if column is None:
            values = pd.Series([None] * len(frame), index=frame.index, dtype=object)
        else:
            values = _typed(frame[column], field, rows, findings, zone)
        if field.required and column is None:
            findings.add("field.required", field=field.name, count=len(frame))
        elif field.required:
            missing = values.isna().to_numpy()
            findings.add_rows("field.required", rows[missing], field=field.name)
        # pandas 3 would turn text with gaps into its own type, where None becomes NaN.
        built[field.name] = pd.Series(values.to_numpy(dtype=object), dtype=object)
    return gpd.GeoDataFrame(built, geometry=frame.geometry.to_numpy(), crs=frame.crs)


def _typed(
    values: pd.Series[Any],
    field: Field,
    rows: np.ndarray[Any, Any],
    findings: Findings,
    zone: tzinfo,
) -> pd.Series[Any]:
    if field.type == "text":
        return as_text(values)
    if field.type == "time":
        return _times(values, field, rows, findings, zone)
    numbers = numbers_of(values, field, rows, findings)
    if field.type == "whole":
        return numbers.astype("Int64").astype(object).where(numbers.notna(), None)
    return numbers.astype(object).where(numbers.notna(), None)


def numbers_of(
    values: pd.Series[Any], field: Field, rows: np.ndarray[Any, Any], findings: Findings
) -> pd.Series[Any]:
    """Sensible numbers of a column, NaN elsewhere; what was filled and is none is told."""
    numbers, odd = as_number(values)
    low, high = _LIMITS.get(field.name, (0, _LARGEST_WHOLE))
    absurd = numbers.notna() & ((numbers < low) | (numbers > high))
    if field.type == "whole":
        absurd |= numbers.notna() & (numbers != numbers.round())
    bad = (odd | absurd).to_numpy()
    if bad.any():
        findings.add_rows("value.number", rows[bad], as_text(values)[bad], field=field.name)
        numbers = numbers.mask(pd.Series(bad, index=numbers.index))
    return numbers


def _times(
    values: pd.Series[Any],
    field: Field,
    rows: np.ndarray[Any, Any],
    findings: Findings,
    zone: tzinfo,
) -> pd.Series[Any]:
    """UTC times; a time without a zone is local, a day without a time is its beginning."""
    text = as_text(values)
    plain = text.map(lambda t: None if t is None else _CHINESE_DATE.sub(r"\1-\2-\3 ", t).strip())
    parsed = pd.Series([parse_time(t, zone) for t in plain], index=text.index, dtype=object)
    bad = (text.notna() & parsed.isna()).to_numpy()
    findings.add_rows("value.time", rows[bad], text[bad], field=field.name)
    return parsed


def parse_time(text: str | None, zone: tzinfo) -> Any:
    """A UTC timestamp of a time as people write it, in `zone` where it names none; None when empty or
    unreadable."""
    if not text:
        return None
    try:
        stamp = pd.Timestamp(text)
    except (ValueError, OverflowError):
        return None
    if pd.isna(stamp):
        return None
    return (stamp.tz_localize(zone) if stamp.tzinfo is None else stamp).tz_convert("UTC")
