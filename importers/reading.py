"""Any file becomes a frame in EPSG:4490 with evidence, or findings that say why not.

Never raises for what a file contains, and never changes the file or the folder it lies in.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import structlog

from gridcenter.geo import STORAGE_SRID
from importers.exchange_files import SUFFIXES, closed_lines_as_polygons, read_exchange
from importers.findings import Findings
from importers.geojson import read_geojson
from importers.placing import Box, place
from importers.raw import Evidence, Raw
from importers.tables import read_csv, read_excel
from importers.unpacking import find_source
from importers.vector_files import read_flatgeobuf, read_geopackage, read_shapefile

log = structlog.get_logger(__name__)

ROW = "import_row"  # data-row number from 1, as findings name it


@dataclass(frozen=True)
class ReadOptions:
    """What a person says about a file instead of leaving it to recognition.

    `columns` names geometry columns of a table: keys ``lon``, ``lat``, ``wkt``. `near` is the box
    (west, south, east, north in degrees) of what is stored already; it decides between zones.
    `outlines`: closed lines of a drawing are polygons.
    """

    layer: str | None = None
    encoding: str | None = None
    datum: str | None = None
    near: Box | None = None
    outlines: bool = True
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass
class Reading:
    """What came out of a file.

    `frame` has the file's columns, ``import_row`` and ``geometry`` (EPSG:4490, lon/lat, 2-D, None
    where a row has no usable place); it is None when the whole file is refused. `placed` is False
    for a table without places. `digest` is the SHA-256 of the content.
    """

    file: str
    findings: Findings
    evidence: list[Evidence]
    frame: gpd.GeoDataFrame | None = None
    placed: bool = False
    datum: str = ""
    layer: str = ""
    layers: tuple[str, ...] = ()
    digest: str = ""


def read(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """The file, folder of parts or archive at `path` as a `Reading`."""
    findings = Findings(path.name)
    reading = Reading(path.name, findings, [])
    with tempfile.TemporaryDirectory(prefix="gridcenter-import-") as scratch:
        try:
            reading.digest = digest_of(path)
            raw = _open(path, Path(scratch), options, reading)
            if raw is not None:
                _fill(reading, raw, options)
        except Exception as error:  # the importer's one broad catch: a file must not break us
            log.exception("import_unreadable", file=path.name)
            findings.add("file.unreadable", value=type(error).__name__)
            reading.frame = None
    if findings.file_refused:
        reading.frame = None
    return reading


def digest_of(path: Path) -> str:
    """SHA-256 over the file, or over all files of a folder in name order; empty when absent."""
    if not path.exists():
        return ""
    hasher = hashlib.sha256()
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.is_file())
    elif path.suffix.lower() in {".shp", ".dbf", ".shx", ".prj", ".cpg"}:
        files = sorted(p for p in path.parent.iterdir() if p.stem == path.stem and p.is_file())
    else:
        files = [path]
    for file in files:
        hasher.update(file.suffix.lower().encode())
        with file.open("rb") as opened:
            while block := opened.read(1 << 20):
                hasher.update(block)
    return hasher.hexdigest()


def _open(path: Path, scratch: Path, options: ReadOptions, reading: Reading) -> Raw | None:
    findings, evidence = reading.findings, reading.evidence
    source = find_source(path, scratch, findings, options.layer)
    if source is None:
        return None
    suffix = source.suffix.lower()
    if suffix == ".shp":
        return read_shapefile(source, scratch, options.encoding, findings, evidence)
    if suffix == ".gpkg":
        return read_geopackage(source, options.layer, findings)
    if suffix == ".fgb":
        return read_flatgeobuf(source, findings)
    if suffix in SUFFIXES:
        raw = read_exchange(source, options.layer, findings)
        if raw is not None and raw.geometry is not None and options.outlines:
            closed_lines_as_polygons(raw)
        return raw
    if suffix in {".geojson", ".json"}:
        return read_geojson(source, findings)
    if suffix in {".csv", ".tsv", ".txt"}:
        return read_csv(source, options.encoding, options.columns, findings, evidence)
    if suffix == ".xlsx":
        return read_excel(source, options.layer, options.columns, findings)
    findings.add("format.unsupported", value=suffix or source.name)
    return None


def _fill(reading: Reading, raw: Raw, options: ReadOptions) -> None:
    findings = reading.findings
    reading.layer, reading.layers = raw.layer, raw.layers
    for row, (code, value) in raw.broken.items():
        findings.add(code, row=row, value=value)
    if raw.geometry is None:
        reading.frame = _frame(raw, np.full(len(raw.rows), None, dtype=object))
        return
    reading.placed = True
    if raw.broken:
        raw.geometry = raw.geometry.copy()
        raw.geometry[np.isin(raw.rows, list(raw.broken))] = None
    tell_missing(raw, findings)
    if raw.curved:
        findings.add("geometry.curve", count=len(raw.rows))
    placed = place(raw, options.datum, options.near, findings, reading.evidence)
    if placed is None:
        return
    geometry, reading.datum = placed
    reading.frame = _frame(raw, geometry)


def tell_missing(raw: Raw, findings: Findings) -> None:
    """Rows that hold no geometry at all, told apart from those that are broken."""
    assert raw.geometry is not None
    broken = np.isin(raw.rows, list(raw.broken)) if raw.broken else np.zeros(len(raw.rows), bool)
    findings.add_rows("geometry.missing", raw.rows[shapely.is_missing(raw.geometry) & ~broken])
    empty = shapely.is_empty(raw.geometry)
    findings.add_rows("geometry.empty", raw.rows[empty])
    raw.geometry = raw.geometry.copy()
    raw.geometry[empty] = None


def _frame(raw: Raw, geometry: np.ndarray) -> gpd.GeoDataFrame:
    table: pd.DataFrame = raw.table.reset_index(drop=True)
    table = table.drop(columns=[name for name in (ROW, "geometry") if name in table.columns])
    table[ROW] = raw.rows
    return gpd.GeoDataFrame(table, geometry=geometry, crs=STORAGE_SRID)
