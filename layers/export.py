"""A layer as a file: GeoPackage, shapefile (GBK, zipped), GeoJSON, Excel, DXF, in a chosen system.

Only layers without people in them can be taken out (`exported` in the declaration), with the fields
that the asking posts may have, as rows that the reader may see. Every export is written down.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from gridcenter.accounts.events import note
from gridcenter.actor import Actor, ActorKind
from gridcenter.database import Row, Transaction
from gridcenter.errors import AREA, InvalidInput, NotFound, NotYours, Words
from gridcenter.geo import (
    FIRST_ZONE_SRID,
    LAST_ZONE_SRID,
    STORAGE_SRID,
    WGS84_SRID,
    zone_of,
)
from layers.catalog import layer_named
from layers.declaration import Field, Kind, Layer
from layers.statements import table_statement

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

EVENT = "layer_exported"
_CELL_CHARS = 32_767
_TAKE_OUT = Words("导出图层", "export a layer")
_REASON = Words("您的岗位不能导出这个图层", "your post may not take this layer out")


class Format(StrEnum):
    """What sort of file."""

    GPKG = "gpkg"
    SHAPEFILE = "shapefile"
    GEOJSON = "geojson"
    XLSX = "xlsx"
    DXF = "dxf"


SUFFIX = {
    Format.GPKG: ".gpkg",
    Format.SHAPEFILE: ".zip",
    Format.GEOJSON: ".geojson",
    Format.XLSX: ".xlsx",
    Format.DXF: ".dxf",
}
MIME = {
    Format.GPKG: "application/geopackage+sqlite3",
    Format.SHAPEFILE: "application/zip",
    Format.GEOJSON: "application/geo+json",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.DXF: "image/vnd.dxf",
}


@dataclass(frozen=True)
class ExportLayer:
    """Which layer, as what, in which system (4326, 4490, 4549, another 3° zone, or ``zone``), of which area."""

    layer: str
    format: Format
    crs: str = "4490"
    area: str | None = None


@dataclass(frozen=True)
class Exported:
    """What was written: how many rows in which EPSG system."""

    rows: int
    srid: int


def export_layer(tx: Transaction, actor: Actor, command: ExportLayer, target: Path) -> Exported:
    """Write the file `target` with what the actor sees of a layer; the export is written down.

    Raises NotFound for an unknown layer or area, NotYours for posts that may not take it out,
    InvalidInput for a system that is not offered.
    """
    house = actor.kind is ActorKind.SYSTEM
    layer = layer_named(command.layer, None if house else actor.posts)
    if not layer.exported or not (house or layer.exported & actor.posts):
        raise NotYours(operation=_TAKE_OUT, reasons=(_REASON,))
    path = _path_of(tx, command.area)
    posts = None if house else actor.posts
    rows = tx.all(table_statement(layer.name, posts, within=path is not None), {"path": path})
    srid = _srid(tx, command.crs, path)
    fields = [f for f in layer.fields_for(posts) if f.kind is not Kind.PLACE]
    _WRITERS[command.format](_Table(layer, fields, rows, srid), target)
    place = command.area or "*"
    note(
        tx,
        actor,
        EVENT,
        actor.account_id,
        f"{layer.name} {command.format} EPSG:{srid} {place} {len(rows)}",
    )
    return Exported(len(rows), srid)


def _path_of(tx: Transaction, code: str | None) -> str | None:
    if code is None:
        return None
    path = tx.scalar(
        "SELECT path::text AS path FROM area_now WHERE code = %(code)s", {"code": code}
    )
    if path is None:
        raise NotFound(AREA)
    return str(path)


def _srid(tx: Transaction, crs: str, path: str | None) -> int:
    """The EPSG code that was asked for; ``zone`` is the 3-degree zone of the place's middle."""
    text = crs.strip().lower().removeprefix("epsg:")
    if text == "zone":
        lon = tx.scalar(
            "SELECT (min(ST_XMin(geom)) + max(ST_XMax(geom))) / 2 AS lon FROM area_version WHERE"
            " upper_inf(valid) AND (path = %(path)s::ltree OR (%(path)s::ltree IS NULL AND"
            " parent_id IS NULL))",
            {"path": path},
        )
        return zone_of(float(lon)) if lon is not None else STORAGE_SRID
    if text.isascii() and text.isdigit():
        srid = int(text)
        if srid in (WGS84_SRID, STORAGE_SRID) or FIRST_ZONE_SRID <= srid <= LAST_ZONE_SRID:
            return srid
    raise InvalidInput.of(
        "crs",
        "unknown_crs",
        "坐标系应为 4326、4490、3 度带 4534 至 4554（如 4549），或 zone（当地分带）",
        "The coordinate system is 4326, 4490, a 3-degree zone 4534 to 4554 (such as 4549), or zone",
    )


# --- writing -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Table:
    layer: Layer
    fields: list[Field]
    rows: list[Row]
    srid: int

    def frame(self) -> GeoDataFrame:
        """Rows and geometry in the asked system, x before y as files have it."""
        import geopandas as gpd
        import pandas as pd
        import shapely

        geometry = shapely.from_wkb([bytes(row["geometry"]) for row in self.rows])
        columns = {
            f.name: pd.Series([row[f.name] for row in self.rows], dtype=_DTYPES[f.kind])
            for f in self.fields
        }
        found = gpd.GeoDataFrame(columns, geometry=geometry, crs=STORAGE_SRID)
        if self.srid == WGS84_SRID:
            return found.set_crs(WGS84_SRID, allow_override=True)
        return found if self.srid == STORAGE_SRID else found.to_crs(self.srid)


_DTYPES: dict[Kind, Any] = {
    Kind.TEXT: "object",
    Kind.INTEGER: "Int64",
    Kind.NUMBER: "Float64",
    Kind.BOOLEAN: "boolean",
    Kind.MOMENT: "datetime64[us, UTC]",
    Kind.PLACE: "object",
}


def _gpkg(table: _Table, target: Path) -> None:
    _write(table, target, "GPKG", layer=table.layer.name)


def _geojson(table: _Table, target: Path) -> None:
    # RFC 7946 knows degrees alone; another system is named in the file as GDAL does.
    plain = table.srid == WGS84_SRID
    _write(table, target, "GeoJSON", RFC7946="YES" if plain else "NO", WRITE_BBOX="YES")


def _write(table: _Table, target: Path, driver: str, layer: str | None = None, **more: Any) -> None:
    import pyogrio

    target.unlink(missing_ok=True)
    frame = table.frame()
    kind = "MultiPolygon" if table.layer.geometry == "polygon" else "Point"
    pyogrio.write_dataframe(
        frame,
        target,
        driver=driver,
        layer=layer,
        geometry_type=kind,
        promote_to_multi=False,
        **more,
    )


def _shapefile(table: _Table, target: Path) -> None:
    """Names of at most ten bytes and texts in GBK with a .cpg, as GIS of this country expect."""
    import pyogrio

    frame = table.frame()
    for f in table.fields:
        if f.kind is Kind.MOMENT:  # a .dbf has days, no moments
            frame[f.name] = frame[f.name].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    frame = frame.rename(columns=_short_names([f.name for f in table.fields]))
    kind = "MultiPolygon" if table.layer.geometry == "polygon" else "Point"
    with TemporaryDirectory() as folder:
        inside = Path(folder) / f"{table.layer.name}.shp"
        pyogrio.write_dataframe(
            frame, inside, driver="ESRI Shapefile", encoding="GBK", geometry_type=kind
        )
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(Path(folder).iterdir()):
                archive.write(part, part.name)


def _short_names(names: list[str]) -> dict[str, str]:
    """Each name in ten characters, none twice."""
    found: dict[str, str] = {}
    for name in names:
        short, n = name[:10], 1
        while short in found.values():
            n += 1
            short = f"{name[: 10 - len(str(n))]}{n}"
        found[name] = short
    return found


def _dxf(table: _Table, target: Path) -> None:
    """Closed outlines on a layer of the layer's name, each row's code as a text on a second one.

    Written by hand as DXF R12, which every CAD reads: GDAL's writer takes no texts from a table.
    """
    import shapely

    frame = table.frame()
    name, height = table.layer.name, 3.0 if table.srid >= FIRST_ZONE_SRID else 3e-5
    lines = ["0", "SECTION", "2", "ENTITIES"]
    for code, geometry in zip(frame[table.fields[0].name], frame.geometry, strict=True):
        for part in shapely.get_parts(geometry):
            for ring in [part.exterior, *part.interiors] if part.geom_type == "Polygon" else ():
                lines += _outline(name, shapely.get_coordinates(ring)[:-1])
            if part.geom_type == "Point":
                lines += ["0", "POINT", "8", name, *_at(part.x, part.y)]
        spot = geometry.representative_point()
        lines += ["0", "TEXT", "8", f"{name}_text", *_at(spot.x, spot.y)]
        lines += ["40", repr(height), "1", str(code)]
    lines += ["0", "ENDSEC", "0", "EOF"]
    target.write_text("\n".join(lines) + "\n", encoding="ascii", errors="replace")


def _outline(layer: str, ring: Any) -> list[str]:
    lines = ["0", "POLYLINE", "8", layer, "66", "1", "70", "1", *_at(0, 0)]
    for x, y in ring:
        lines += ["0", "VERTEX", "8", layer, *_at(x, y)]
    return [*lines, "0", "SEQEND", "8", layer]


def _at(x: float, y: float) -> list[str]:
    """Group codes of a place; 17 digits keep every coordinate as it is."""
    return ["10", repr(float(x)), "20", repr(float(y)), "30", "0.0"]


def _xlsx(table: _Table, target: Path) -> None:
    """One sheet, Chinese headers; a point inside each row as two numbers and its shape as WKT.

    Cells hold 32,767 characters: a longer shape is left out, its point stays.
    """
    from openpyxl import Workbook

    frame = table.frame()
    points = frame.geometry.representative_point()
    metres = table.srid not in (WGS84_SRID, STORAGE_SRID)
    places = ("东坐标（米）", "北坐标（米）") if metres else ("经度", "纬度")
    digits = 3 if metres else 7
    shapes = frame.geometry.to_wkt(rounding_precision=digits)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(table.layer.title)
    sheet.append([*(f.title for f in table.fields), *places, "WKT"])
    for row, point, shape in zip(table.rows, points, shapes, strict=True):
        cells = [_cell(sheet, row[f.name]) for f in table.fields]
        shown = shape if len(shape) < _CELL_CHARS else None
        sheet.append([*cells, round(point.x, digits), round(point.y, digits), shown])
    book.save(target)


def _cell(sheet: Any, value: Any) -> Any:
    """Numbers as numbers, all else as text: a code must not lose its digits, no text is a formula."""
    from openpyxl.cell import WriteOnlyCell

    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith("="):
        cell = WriteOnlyCell(sheet, value)
        cell.data_type = "s"
        return cell
    return value


_WRITERS = {
    Format.GPKG: _gpkg,
    Format.SHAPEFILE: _shapefile,
    Format.GEOJSON: _geojson,
    Format.XLSX: _xlsx,
    Format.DXF: _dxf,
}
