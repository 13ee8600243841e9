"""CSV and Excel: rows of text, with places from longitude/latitude or WKT columns if any."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import openpyxl
import pandas as pd
import shapely
from openpyxl.utils.exceptions import InvalidFileException

from importers.encodings import canonical, recognise
from importers.findings import Findings
from importers.headers import LAT, LON, WKT, plain_header
from importers.raw import Evidence, Geometries, Raw

_MOST_ROWS = 5_000_000


def read_csv(
    path: Path,
    encoding: str | None,
    columns: Mapping[str, str],
    findings: Findings,
    evidence: list[Evidence],
) -> Raw | None:
    """The rows of a CSV (comma, semicolon, tab), or None after a finding. All cells are text."""
    content = path.read_bytes()
    if not content.strip():
        findings.add("file.empty", value=path.name)
        return None
    text = _decoded(content, encoding, findings, evidence)
    if text is None:
        return None
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
    except csv.Error as error:
        findings.add("file.unreadable", value=str(error))
        return None
    return _table(path, rows, columns, findings)


def read_excel(
    path: Path, sheet: str | None, columns: Mapping[str, str], findings: Findings
) -> Raw | None:
    """One sheet of an .xlsx (the first unless `sheet` names one), or None after a finding."""
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError, ValueError) as error:
        findings.add("file.unreadable", value=str(error)[:200])
        return None
    names = tuple(book.sheetnames)
    if sheet is not None and sheet not in names:
        findings.add("layer.missing", value=sheet, layers=", ".join(names))
        return None
    opened = book[sheet] if sheet else book[names[0]]
    rows = [[_cell(cell) for cell in row] for row in opened.iter_rows(values_only=True)]
    book.close()
    width = max((_width(row) for row in rows[:1]), default=0)
    raw = _table(
        path, [row[: max(width, _width(row))] for row in rows], columns, findings, pad=True
    )
    if raw is not None:
        raw.layers = names
        raw.layer = opened.title
    return raw


def _decoded(
    content: bytes, given: str | None, findings: Findings, evidence: list[Evidence]
) -> str | None:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) and not given:
        given = "utf-16"
    if given:
        name = canonical(given)
        try:
            text = content.decode("utf-8-sig" if name == "utf-8" else name or given)
        except (UnicodeDecodeError, LookupError):
            findings.add("encoding.undecodable", value=given)
            return None
        evidence.append(Evidence("encoding", name or given, "人工指定", "as given", True))
        return text
    if content.startswith(b"\xef\xbb\xbf"):
        evidence.append(Evidence("encoding", "utf-8", "有 UTF-8 标记", "byte order mark", True))
        return content.decode("utf-8-sig", errors="replace")
    lines = [line for line in content.split(b"\n") if any(b > 0x7F for b in line)][:20_000]
    found = recognise(lines)
    sure = found.sure or found.name == "utf-8"  # strict UTF-8 over whole lines does not lie
    evidence.append(Evidence("encoding", found.name, found.basis_zh, found.basis_en, sure))
    if not sure:
        findings.add("encoding.guessed", value=found.name)
    return content.decode(found.name, errors="replace")


def _delimiter(text: str) -> str:
    head = text.split("\n", 1)[0]
    return max(",;\t|", key=head.count) if any(mark in head for mark in ",;\t|") else ","


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _width(row: Iterable[str]) -> int:
    cells = list(row)
    while cells and not cells[-1].strip():
        cells.pop()
    return len(cells)


def _table(
    path: Path,
    lines: list[list[str]],
    columns: Mapping[str, str],
    findings: Findings,
    *,
    pad: bool = False,
) -> Raw | None:
    header = [" ".join(cell.split()) for cell in lines[0]] if lines else []
    names = _unique_header(header)
    if not any(header):
        findings.add("file.empty", value=path.name)
        return None
    kept, rows = [], []
    for number, line in enumerate(lines[1:], start=1):
        if not any(cell.strip() for cell in line):
            continue
        if pad:
            line = (line + [""] * len(names))[: max(len(names), _width(line))]
        if len(line) != len(names):
            findings.add("row.malformed", row=number, value=f"{len(line)} / {len(names)}")
            continue
        kept.append([cell.strip() for cell in line])
        rows.append(number)
    if not rows:
        findings.add("file.empty", value=path.name)
        return None
    if len(rows) > _MOST_ROWS:
        findings.add("file.too_large", value=len(rows), limit=f"{_MOST_ROWS:,}")
        return None
    table = pd.DataFrame(kept, columns=names).replace("", None)
    raw = Raw(table, np.array(rows, dtype=np.int64), None, layer=path.stem)
    _add_places(raw, columns, findings)
    return raw


def _unique_header(header: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    names = []
    for position, name in enumerate(header, start=1):
        name = name or f"column_{position}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return names


def _add_places(raw: Raw, columns: Mapping[str, str], findings: Findings) -> None:
    """Set `raw.geometry` from the WKT column, else from longitude and latitude columns."""
    wkt = _find(raw.table, columns.get("wkt"), WKT)
    lon = _find(raw.table, columns.get("lon"), LON)
    lat = _find(raw.table, columns.get("lat"), LAT)
    if wkt and _looks_like_wkt(raw.table[wkt]):
        raw.geometry, raw.broken = _from_wkt(raw, wkt)
    elif lon and lat:
        raw.geometry, raw.broken = _from_degrees(raw, lon, lat)


def _find(table: pd.DataFrame, given: str | None, known: tuple[str, ...]) -> str | None:
    if given is not None:
        return given if given in table.columns else None
    plain = {plain_header(str(name)): str(name) for name in reversed(table.columns)}
    return next((plain[word] for word in known if word in plain), None)


def _looks_like_wkt(values: pd.Series[Any]) -> bool:
    filled = values.dropna().astype(str).head(50)
    return bool(len(filled)) and bool(
        filled.str.match(r"(?i)\s*(srid=\d+;)?\s*(multi)?(point|polygon|linestring)").mean() > 0.5
    )


def _from_wkt(raw: Raw, column: str) -> tuple[Geometries, dict[int, tuple[str, str]]]:
    values = raw.table[column].to_numpy(dtype=object)
    bare = np.full(len(values), None, dtype=object)
    bare[:] = [None if pd.isna(value) else str(value).split(";")[-1] for value in values]
    shapes = shapely.from_wkt(bare, on_invalid="ignore")
    bad = np.flatnonzero(shapely.is_missing(shapes) & np.array([text is not None for text in bare]))
    return shapes, {int(raw.rows[i]): ("geometry.broken", bare[i][:60]) for i in bad}


def _from_degrees(raw: Raw, lon: str, lat: str) -> tuple[Geometries, dict[int, tuple[str, str]]]:
    x = pd.to_numeric(raw.table[lon], errors="coerce").to_numpy(dtype=float)
    y = pd.to_numeric(raw.table[lat], errors="coerce").to_numpy(dtype=float)
    good = np.isfinite(x) & np.isfinite(y)
    shapes = np.full(len(x), None, dtype=object)
    shapes[good] = shapely.points(x[good], y[good])
    told = raw.table[lon].notna().to_numpy() | raw.table[lat].notna().to_numpy()
    broken = {
        int(raw.rows[i]): (
            "geometry.broken", f"{raw.table[lon].iloc[i]}, {raw.table[lat].iloc[i]}"[:60]
        )
        for i in np.flatnonzero(~good & told)
    }  # fmt: skip
    return shapes, broken
