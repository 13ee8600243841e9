"""Shapefiles and GeoPackages through GDAL, after looking for the traps GDAL is silent about."""

from __future__ import annotations

import shutil
import sqlite3
import struct
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import pyogrio.errors
import pyogrio.raw
import shapely

from importers import dbf
from importers.encodings import TextEncoding, canonical, from_language_byte, recognise
from importers.findings import Findings
from importers.raw import Evidence, Raw

_SURFACE_SHAPES = {31}  # multipatch
_SURFACE_WKB = {15, 16, 17}  # polyhedral surface, TIN, triangle
_CURVED = {"CIRCULARSTRING", "COMPOUNDCURVE", "CURVEPOLYGON", "MULTICURVE", "MULTISURFACE",
           "CURVE", "SURFACE"}  # fmt: skip


@dataclass(frozen=True)
class ShapefileSource:
    """A shapefile made ready for GDAL: its encoding, stated records, whether it holds surfaces."""

    path: Path
    encoding: str
    records: int | None
    surfaces: bool
    has_prj: bool


def shapefile_source(
    path: Path, scratch: Path, encoding: str | None, findings: Findings, evidence: list[Evidence]
) -> ShapefileSource | None:
    """How to open the shapefile at `path` (.shp), or None after a finding; a missing .shx is rebuilt."""
    head = _shape_head(path, findings)
    if head is None:
        return None
    stated, shape_kind = head
    parts = {p.suffix.lower(): p for p in path.parent.glob(f"{_glob(path.stem)}.*")}
    if ".dbf" not in parts:
        findings.add("dbf.missing", value=path.name)
    text, records = _attributes(parts, encoding, findings, evidence)
    if text is None:
        return None
    if ".shx" not in parts:
        path = _restored(path, parts, scratch, stated)
        findings.add("shx.rebuilt", value=path.name)
    surfaces = shape_kind in _SURFACE_SHAPES
    return ShapefileSource(path, text.name.upper(), records, surfaces, ".prj" in parts)


def read_shapefile(
    path: Path, scratch: Path, encoding: str | None, findings: Findings, evidence: list[Evidence]
) -> Raw | None:
    """The shapefile at `path` (.shp), or None after a finding; a missing .shx is rebuilt."""
    source = shapefile_source(path, scratch, encoding, findings, evidence)
    if source is None:
        return None
    raw = read_layer(source.path, None, source.encoding, findings)
    if raw is None:
        return None
    if source.records is not None and source.records != len(raw.rows):
        findings.add(
            "dbf.count", value=source.records, records=source.records, shapes=len(raw.rows)
        )
    if source.surfaces:
        raw.broken |= {int(row): ("geometry.surface", "MultiPatch") for row in raw.rows}
    if source.has_prj and raw.crs is None:
        findings.add("datum.unknown", value=".prj")
    return raw


def read_geopackage(path: Path, layer: str | None, findings: Findings) -> Raw | None:
    """One layer of the GeoPackage at `path`, or None after a finding."""
    if not is_geopackage(path):
        findings.add("file.unreadable", value="SQLite")
        return None
    try:
        layers = layer_names(path)
    except pyogrio.errors.DataSourceError as error:
        findings.add("file.unreadable", value=short(error))
        return None
    if not layers:
        findings.add("file.empty", value=path.name)
        return None
    if layer is None and len(layers) > 1:
        findings.add("layer.choose", value=", ".join(layers))
        return None
    if layer is not None and layer not in layers:
        findings.add("layer.missing", value=layer, layers=", ".join(layers))
        return None
    raw = read_layer(path, layer or layers[0], None, findings)
    if raw is not None:
        raw.layers = layers
        raw.curved = raw.geometry is not None and has_curves(path, raw.layer)
    return raw


def read_flatgeobuf(path: Path, findings: Findings) -> Raw | None:
    """The one layer of a FlatGeobuf, or None after a finding."""
    with path.open("rb") as file:
        if file.read(3) != b"fgb":
            findings.add("file.unreadable", value="FlatGeobuf")
            return None
    return read_layer(path, None, None, findings)


def is_geopackage(path: Path) -> bool:
    """Whether the file begins like a SQLite database."""
    with path.open("rb") as file:
        return file.read(15) == b"SQLite format 3"


def layer_names(path: Path) -> tuple[str, ...]:
    """The layers GDAL finds. Raises pyogrio's DataSourceError when it cannot open the file."""
    with warnings_kept():
        return tuple(str(name) for name, _ in pyogrio.list_layers(gdal_name(path)))


def read_layer(
    path: Path,
    layer: str | None,
    encoding: str | None,
    findings: Findings,
    *,
    unreadable: str = "shp.corrupt",
) -> Raw | None:
    """One layer as GDAL reads it, or None after a finding; `unreadable` is its code."""
    pyogrio.set_gdal_config_options({"OGR_ORGANIZE_POLYGONS": "DEFAULT"})
    try:
        with warnings_kept() as said:
            meta, ids, wkb, values = pyogrio.raw.read(
                gdal_name(path), layer=layer, encoding=encoding, return_fids=True
            )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        findings.add(unreadable, value=short(error))
        return None
    if any("Non closed ring" in str(warning.message) for warning in said):
        findings.add("geometry.ring_closed", value=path.name)
    if ids is None or len(ids) == 0:
        findings.add("file.empty", value=path.name)
        return None
    # A shapefile's records count from 0; a GeoPackage's keys are anything, so rows are counted.
    rows = np.arange(1, len(ids) + 1, dtype=np.int64)
    names = _unique([str(name) for name in meta["fields"]])
    table = pd.DataFrame(dict(zip(names, values, strict=True)), index=pd.RangeIndex(len(rows)))
    if wkb is None:
        return Raw(table, rows, None, layer=layer or path.stem)
    geometry, broken = shapes_of(wkb, rows)
    return Raw(
        table,
        rows,
        geometry,
        crs=meta["crs"],
        layer=layer or path.stem,
        broken=broken,
    )


@contextmanager
def warnings_kept() -> Iterator[list[warnings.WarningMessage]]:
    """Collects what GDAL mutters, instead of sending it to the log of whoever reads a file."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        yield said


def shapes_of(
    wkb: np.ndarray[Any, Any], rows: np.ndarray[Any, Any]
) -> tuple[np.ndarray[Any, Any], dict[int, tuple[str, str]]]:
    """Geometries, and why a record that had bytes gave none."""
    geometry = shapely.from_wkb(wkb, on_invalid="ignore")
    lost = np.flatnonzero(shapely.is_missing(geometry) & np.array([w is not None for w in wkb]))
    broken: dict[int, tuple[str, str]] = {}
    for position in lost:
        kind = _wkb_kind(wkb[position])
        if kind in _SURFACE_WKB:
            broken[int(rows[position])] = ("geometry.surface", "TIN")
            continue
        try:
            shapely.from_wkb(wkb[position])
        except shapely.errors.GEOSException as error:
            code = "geometry.few_points" if "points" in str(error).lower() else "geometry.broken"
            broken[int(rows[position])] = (code, short(error))
    return geometry, broken


def _wkb_kind(wkb: bytes) -> int:
    order = "<I" if wkb[:1] == b"\x01" else ">I"
    return int(struct.unpack(order, wkb[1:5])[0] & 0xFFFF) % 1000


def has_curves(path: Path, layer: str) -> bool:
    """True when a GeoPackage layer's declared type is curved.

    GDAL hands such shapes over as straight segments and calls the layer a plain one, so the
    package's own table is asked.
    """
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as package:
            row = package.execute(
                "SELECT geometry_type_name FROM gpkg_geometry_columns WHERE table_name = ?", [layer]
            ).fetchone()
    except sqlite3.Error:
        return False
    return row is not None and str(row[0]).upper() in _CURVED


def _shape_head(path: Path, findings: Findings) -> tuple[int, int] | None:
    """The stated length in bytes and the shape type; findings when they cannot be right."""
    with path.open("rb") as file:
        head = file.read(100)
    if len(head) < 100 or head[:4] != b"\x00\x00\x27\x0a":
        findings.add("shp.corrupt", value="header")
        return None
    stated = struct.unpack(">I", head[24:28])[0] * 2
    actual = path.stat().st_size
    if actual != stated:
        findings.add("shp.length", value=actual - stated, stated=stated, actual=actual)
    if actual <= 100:
        findings.add("file.empty", value=path.name)
        return None
    return stated, struct.unpack("<I", head[32:36])[0]


def _attributes(
    parts: dict[str, Path], given: str | None, findings: Findings, evidence: list[Evidence]
) -> tuple[TextEncoding | None, int | None]:
    """The encoding of the attributes (None after a refusing finding) and their stated number."""
    if given and canonical(given) is None:
        findings.add("encoding.undecodable", value=given)
        return None, None
    if ".dbf" not in parts:
        return TextEncoding("utf-8", "没有属性", "no attributes", True), None
    try:
        table = dbf.look_at(parts[".dbf"])
    except (dbf.DbfDamaged, OSError) as error:
        findings.add("file.unreadable", value=f".dbf {error}")
        return None, None
    if given:
        return _given_encoding(given, table, findings, evidence), table.records
    return _recognised(parts, table, findings, evidence), table.records


def _recognised(
    parts: dict[str, Path], table: dbf.Table, findings: Findings, evidence: list[Evidence]
) -> TextEncoding:
    declared = None
    if ".cpg" in parts:
        declared = parts[".cpg"].read_bytes().decode("ascii", errors="replace").strip()
    declared = declared or from_language_byte(table.language_byte)
    found = recognise(list(table.text), declared, _shortest_telling(table.text))
    evidence.append(Evidence("encoding", found.name, found.basis_zh, found.basis_en, found.sure))
    if found.contradicted:
        findings.add(
            "encoding.mismatch", value=found.name, declared=found.declared, count=table.records
        )
    elif not found.sure:
        findings.add("encoding.guessed", value=found.name, count=table.records)
    return found


def _given_encoding(
    given: str, table: dbf.Table, findings: Findings, evidence: list[Evidence]
) -> TextEncoding | None:
    found = recognise(list(table.text), given)
    name = canonical(given) or given
    if any(b > 0x7F for text in table.text for b in text) and found.name != name:
        findings.add("encoding.undecodable", value=given)
        return None
    evidence.append(Evidence("encoding", name, "人工指定", "as given", True))
    return TextEncoding(name, "人工指定", "as given", True)


def _shortest_telling(text: tuple[bytes, ...]) -> bytes:
    telling = [t for t in text if sum(b > 0x7F for b in t) >= 4]
    return min(telling, key=len, default=b"")


def _restored(path: Path, parts: dict[str, Path], scratch: Path, stated: int) -> Path:
    """A copy whose .shx GDAL may write: the place it came from is not ours to write to."""
    folder = scratch / "restored"
    folder.mkdir(exist_ok=True)
    for suffix, part in parts.items():
        if suffix in {".shp", ".dbf", ".prj"}:
            shutil.copyfile(part, folder / f"{path.stem}{suffix}")
    copy = folder / f"{path.stem}.shp"
    _write_index(copy, stated)
    return copy


def _write_index(shp: Path, stated: int) -> None:
    """Write the .shx beside `shp`: 8 bytes per record, offset and length in 16-bit words.

    GDAL can do this itself, but trusts record lengths that reach past the end of the file.
    """
    size = shp.stat().st_size
    entries = []
    with shp.open("rb") as file:
        head = file.read(100)
        offset = 100
        while offset + 8 <= size:
            file.seek(offset)
            length = struct.unpack(">I", file.read(8)[4:])[0]
            if offset + 8 + length * 2 > size:
                break
            entries.append(struct.pack(">II", offset // 2, length))
            offset += 8 + length * 2
    words = (100 + 8 * len(entries)) // 2
    body = head[:24] + struct.pack(">I", words) + head[28:] + b"".join(entries)
    shp.with_suffix(".shx").write_bytes(body)


def _unique(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return result


def _glob(stem: str) -> str:
    return "".join(f"[{c}]" if c in "[]*?" else c for c in stem)


def gdal_name(path: Path) -> str:
    """The absolute path: a relative name that begins with ``!`` is read as an archive member."""
    return str(path.resolve())


def short(error: BaseException) -> str:
    """The first line of what an error says."""
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
