"""Every format in, plain and zipped, and broken ones: the same outlines, or a finding."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely

from gridcenter.actor import SYSTEM
from gridcenter.database import Database, Transaction
from importers.command import ImportCommand
from importers.kinds import Kind
from importers.operations import run_import
from importers.reading import Reading, ReadOptions, read

NEAR = (120.5, 31.2, 120.8, 31.4)
BOXES = [shapely.box(120.60 + i * 0.01, 31.30, 120.61 + i * 0.01, 31.31) for i in range(3)]
SPOTS = [shapely.Point(120.60 + i * 0.01, 31.30) for i in range(3)]
FRAME = gpd.GeoDataFrame(
    {"code": ["A1", "A2", "A3"], "Name": ["甲", "乙", "丙"]}, geometry=BOXES, crs=4326
)


def written(folder: Path, name: str, driver: str, **options: object) -> Path:
    path = folder / name
    FRAME.to_file(path, driver=driver, **options)
    return path


def kml(folder: Path) -> Path:
    return written(folder, "a.kml", "KML")


def kmz(folder: Path) -> Path:
    packed = folder / "a.kmz"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(kml(folder), "doc.kml")
    return packed


def fgb(folder: Path) -> Path:
    return written(folder, "a.fgb", "FlatGeobuf", SPATIAL_INDEX="NO")


def gpkg(folder: Path) -> Path:
    return written(folder, "a.gpkg", "GPKG")


def dxf(folder: Path) -> Path:
    """A drawing in metres of the zone, outlines as closed lines."""
    metres = FRAME.to_crs(4549)
    lines = gpd.GeoDataFrame({"Layer": ["JZD"] * 3}, geometry=metres.geometry.exterior, crs=None)
    path = folder / "a.dxf"
    lines.to_file(path, driver="DXF")
    return path


def csv_wkt(folder: Path) -> Path:
    path = folder / "a.csv"
    lines = [f'{c},{n},"{g.wkt}"' for c, n, g in zip(FRAME.code, FRAME.Name, BOXES, strict=True)]
    path.write_text("编码,名称,空间范围\n" + "\n".join(lines), encoding="gb18030")
    return path


def excel_wkt(folder: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["编码", "名称", "WKT"])
    for code, name, shape in zip(FRAME.code, FRAME.Name, BOXES, strict=True):
        sheet.append([code, name, f"SRID=4490;{shape.wkt}"])
    path = folder / "a.xlsx"
    book.save(path)
    return path


FORMATS = [kml, kmz, fgb, gpkg, dxf, csv_wkt, excel_wkt]


def outlines(reading: Reading) -> None:
    assert not reading.findings.file_refused, list(reading.findings)
    assert reading.frame is not None
    shapes = shapely.normalize(reading.frame.geometry.to_numpy())
    assert shapely.equals_exact(shapes, shapely.normalize(BOXES), 1e-7).all()


@pytest.mark.parametrize("write", FORMATS)
def test_the_same_outlines_come_out_of_every_format(
    tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    outlines(read(write(tmp_path), ReadOptions(near=NEAR)))


@pytest.mark.parametrize("write", FORMATS)
def test_a_zipped_file_is_unpacked(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    file = write(tmp_path)
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(file, f"内/{file.name}")

    outlines(read(packed, ReadOptions(near=NEAR)))


@pytest.mark.parametrize("suffix", [".kml", ".kmz", ".gpx", ".dxf", ".fgb", ".gpkg"])
@pytest.mark.parametrize(
    "content", [b"", b"nothing of the sort", b"<kml><Document><Placemark>", b"\x00" * 500]
)
def test_a_broken_file_is_a_finding(tmp_path: Path, suffix: str, content: bytes) -> None:
    file = tmp_path / f"a{suffix}"
    file.write_bytes(content)

    reading = read(file, ReadOptions(near=NEAR))

    assert reading.findings.file_refused
    assert reading.frame is None


@pytest.mark.parametrize("write", [kml, kmz, fgb, gpkg, dxf])
def test_a_truncated_file_never_breaks_the_reader(
    tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    file = write(tmp_path)
    content = file.read_bytes()
    for share in (0.3, 0.6, 0.9):
        cut = tmp_path / f"cut{file.suffix}"
        cut.write_bytes(content[: int(len(content) * share)])
        reading = read(cut, ReadOptions(near=NEAR))
        assert reading.findings.file_refused or reading.frame is not None


def test_layers_of_a_drawing_are_chosen_by_name(tmp_path: Path) -> None:
    metres = FRAME.to_crs(4549).geometry.exterior
    lines = gpd.GeoDataFrame({"Layer": ["JZD", "DLSS", "JZD"]}, geometry=metres, crs=None)
    lines.to_file(tmp_path / "a.dxf", driver="DXF")

    several = read(tmp_path / "a.dxf", ReadOptions(near=NEAR))
    one = read(tmp_path / "a.dxf", ReadOptions(near=NEAR, layer="JZD"))
    none = read(tmp_path / "a.dxf", ReadOptions(near=NEAR, layer="X"))

    assert [f.code for f in several.findings if f.severity == "refuse"] == ["layer.choose"]
    assert one.frame is not None and len(one.frame) == 2
    assert "layer.missing" in none.findings.codes()


def test_a_drawing_far_from_all_that_is_known_is_asked_about(tmp_path: Path) -> None:
    assert "datum.missing" in read(dxf(tmp_path), ReadOptions()).findings.codes()


def test_gpx_gives_waypoints_routes_or_tracks(tmp_path: Path) -> None:
    point = '<{0} lat="31.3" lon="120.6"><name>甲</name></{0}>'
    points = '<trkpt lat="31.3" lon="120.6"/><trkpt lat="31.31" lon="120.61"/>'
    track = f"<trk><name>乙</name><trkseg>{points}</trkseg></trk>"
    head = '<gpx version="1.1" creator="t">'
    (tmp_path / "w.gpx").write_text(head + point.format("wpt") + "</gpx>")
    (tmp_path / "t.gpx").write_text(head + point.format("wpt") + track + "</gpx>")

    ways = read(tmp_path / "w.gpx", ReadOptions())
    several = read(tmp_path / "t.gpx", ReadOptions())
    tracks = read(tmp_path / "t.gpx", ReadOptions(layer="tracks"))

    assert ways.frame is not None and ways.frame.geometry.iloc[0].equals(SPOTS[0])
    assert "layer.choose" in several.findings.codes()
    assert tracks.frame is not None
    assert tracks.frame.geometry.iloc[0].geom_type == "MultiLineString"
    assert tracks.datum == "wgs84"


def test_tracks_are_refused_and_planned_routes_come_in(
    tmp_path: Path, database: Database, tx: Transaction
) -> None:
    times = (
        "".join(
            f'<{{0}} lat="31.3" lon="120.{minute}"><time>2026-11-01T08:{minute}:00Z</time></{{0}}>'
            for minute in (60, 61)
        )
        .replace(":60:", ":58:")
        .replace(":61:", ":59:")
    )
    head = '<gpx version="1.1" creator="t">'
    track = f"<trk><name>乙</name><trkseg>{times.format('trkpt')}</trkseg></trk>"
    (tmp_path / "t.gpx").write_text(f"{head}{track}</gpx>")
    (tmp_path / "r.gpx").write_text(
        f"{head}<rte><name>丙</name>{times.format('rtept')}</rte></gpx>"
    )

    went = run_import(
        database, SYSTEM, ImportCommand(Kind.REFERENCE, tmp_path / "t.gpx", into="road")
    )
    planned = run_import(
        database, SYSTEM, ImportCommand(Kind.REFERENCE, tmp_path / "r.gpx", into="road")
    )

    assert [(f.code, f.row, f.count) for f in went.findings] == [("track.refused", None, 1)]
    assert went.refused_whole and went.applied is None
    assert planned.applied is not None and planned.applied.new == 1
    stored = tx.all("SELECT name, attributes FROM reference_feature")
    assert [row["name"] for row in stored] == ["丙"]
    assert "08:58" not in str(stored)
