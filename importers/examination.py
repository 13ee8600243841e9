"""A file is read, mapped, checked and compared: everything about an import but the writing."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gridcenter.database import Transaction
from importers.bulk.examination import examine_large
from importers.command import ImportCommand, Progress
from importers.comparison import compare_areas, compare_buildings, levels_above, vanished
from importers.examined import Examined
from importers.exchange_files import TRACKS
from importers.findings import Findings
from importers.history import compare_incidents
from importers.kinds import Kind
from importers.live import area_codes, live_areas, live_buildings, live_homes, stored_extent
from importers.mapping import PLACE_FIELDS, Columns
from importers.people import compare_workers
from importers.reading import Reading, ReadOptions, read
from importers.records import records
from importers.reference import compare_reference, validate_reference
from importers.settling import settled_columns
from importers.validation import (
    validate_areas,
    validate_buildings,
    validate_incidents,
    validate_workers,
)

_AROUND_DEG = 0.012
LARGE_FROM = 50_000  # rows; below, frames are as quick


def _silent(_step: str, _share: float) -> None:
    return None


def examine(tx: Transaction, command: ImportCommand, progress: Progress = _silent) -> Examined:
    """Read, map, check and compare; writes nothing but a temporary table for large files.

    `progress` gets the step and its share.
    """
    if command.kind is Kind.BUILDINGS and not tx.connection.read_only:
        large = examine_large(tx, command, progress, LARGE_FROM)
        if large is not None:
            return large
    progress("read", 0.0)
    options = ReadOptions(
        layer=command.layer,
        encoding=command.encoding,
        datum=command.datum,
        near=stored_extent(tx),
        outlines=command.into not in ("road", "wall"),
        columns={k: v for k, v in command.columns.items() if k in PLACE_FIELDS},
    )
    reading = read(command.path, options)
    if command.name:
        reading.file = reading.findings.file = command.name
    if reading.layer == TRACKS:
        reading.findings.add(
            "track.refused", count=0 if reading.frame is None else len(reading.frame)
        )
        reading.frame = None
    if reading.frame is None:
        return Examined(reading, Columns({}), None, {})
    progress("map", 0.3)
    columns = settled_columns(tx, command, reading.frame, reading.findings)
    reading.evidence.extend(columns.evidence())
    rows = records(reading.frame, columns, command.kind, reading.findings, tx.zone)
    progress("check", 0.4)
    rows, difference = _CHECKS[command.kind](tx, command, rows, reading)
    progress("compare", 0.8)
    refused = reading.findings.file_refused
    return Examined(reading, columns, None if refused else rows, {} if refused else difference)


def _areas(
    tx: Transaction, command: ImportCommand, rows: gpd.GeoDataFrame, reading: Reading
) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    assert command.level is not None
    findings = reading.findings
    rows = validate_areas(rows, command.level, findings)
    if findings.file_refused:
        return rows, {}
    live = live_areas(tx, [*levels_above(command.level), command.level])
    stem = f"X{reading.digest[:6].upper()}"
    rows = compare_areas(rows, command.level, live, area_codes(tx), command.parent, stem, findings)
    if findings.file_refused:
        return rows, {}
    difference = _counts(rows, findings)
    gone = vanished(rows, live[live["level"] == command.level.value])
    return rows, {**difference, "vanished": len(gone), "vanished_codes": gone[:1000]}


def _buildings(
    tx: Transaction, command: ImportCommand, rows: gpd.GeoDataFrame, reading: Reading
) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    findings = reading.findings
    rows = validate_buildings(rows, findings)
    bounds = shapely.total_bounds(rows.geometry.to_numpy())
    if findings.file_refused or np.isnan(bounds).any():
        return rows, _counts(rows, findings)
    west, south, east, north = (float(side) for side in bounds)
    # A shifted file lies up to a kilometre beside what it ought to be compared with.
    around = (west - _AROUND_DEG, south - _AROUND_DEG, east + _AROUND_DEG, north + _AROUND_DEG)
    live = live_buildings(tx, around)
    rows = compare_buildings(rows, live_homes(tx), live, findings)
    return rows, _counts(rows, findings)


def _workers(
    tx: Transaction, command: ImportCommand, rows: gpd.GeoDataFrame, reading: Reading
) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    if reading.findings.file_refused:
        return rows, {}
    rows = validate_workers(rows, reading.findings)
    rows = compare_workers(tx, rows, reading.findings)
    return rows, _counts(rows, reading.findings)


def _incidents(
    tx: Transaction, command: ImportCommand, rows: gpd.GeoDataFrame, reading: Reading
) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    if reading.findings.file_refused:
        return rows, {}
    rows = validate_incidents(rows, reading.findings)
    source = command.source or reading.file
    rows = compare_incidents(tx, rows, source, reading.findings)
    return rows, _counts(rows, reading.findings)


def _reference(
    tx: Transaction, command: ImportCommand, rows: gpd.GeoDataFrame, reading: Reading
) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    assert command.into is not None
    if reading.findings.file_refused:
        return rows, {}
    rows = validate_reference(rows, command.into, reading.findings)
    rows = compare_reference(tx, rows, command.into, reading.findings)
    return rows, _counts(rows, reading.findings)


_CHECKS = {
    Kind.AREAS: _areas,
    Kind.BUILDINGS: _buildings,
    Kind.WORKERS: _workers,
    Kind.INCIDENTS: _incidents,
    Kind.REFERENCE: _reference,
}


def _counts(rows: gpd.GeoDataFrame, findings: Findings) -> dict[str, Any]:
    good = rows[~rows["row"].isin(findings.refused_rows)]
    change = good.get("change")
    names = ("new", "changed", "moved", "same")
    return {name: int((change == name).sum()) if change is not None else 0 for name in names}
