"""Encodings, datums, columns and archives: what is recognised, what is asked for."""

from __future__ import annotations

import contextlib
import io
import json
import math
import sqlite3
import struct
import zipfile
from pathlib import Path
from zoneinfo import ZoneInfo

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from gridcenter.codes import Level
from gridcenter.geo import STORAGE_SRID, from_storage
from importers.encodings import recognise
from importers.findings import Findings
from importers.kinds import Kind
from importers.mapping import as_text, guess_columns
from importers.provisional import area_codes_for, building_codes_for
from importers.reading import ReadOptions, read
from importers.records import parse_time
from importers.tables import read_csv
from importers.validation import validate_areas, validate_buildings

SUZHOU = (120.6, 31.3)
NEAR = (120.5, 31.2, 120.7, 31.4)


@pytest.mark.parametrize(
    ("samples", "declared", "name", "sure", "contradicted"),
    [
        ([b"abc"], None, "utf-8", True, False),
        (["街道代码".encode("gbk")], None, "gb18030", False, False),
        (["街道代码".encode()], None, "utf-8", False, False),
        (["街道代码".encode("gbk")], "936", "gb18030", True, False),
        (["街道代码".encode("gbk")], "UTF-8", "gb18030", False, True),
        (["Ñandú".encode("latin-1")], None, "iso-8859-1", False, False),
        # .dbf fields have a fixed width: the last character may be cut in two.
        (["姑苏示例街道".encode("gbk")[:-1]], None, "gb18030", False, False),
        (["臺南市新營區".encode("big5")], "big5", "big5", True, False),
    ],
)
def test_encoding_by_declaration_then_by_content(
    samples: list[bytes], declared: str | None, name: str, sure: bool, contradicted: bool
) -> None:
    found = recognise(samples, declared)

    assert (found.name, found.sure, found.contradicted) == (name, sure, contradicted)


def points(folder: Path, xy: list[tuple[float, float]], code: str = "320508001") -> Path:
    """A CSV of bare coordinates without any declared system."""
    lines = [f"{code}{n:03d},{x!r},{y!r}" for n, (x, y) in enumerate(xy, start=1)]
    file = folder / "points.csv"
    file.write_text("\n".join(["区划代码,x,y", *lines]), encoding="utf-8")
    return file


def in_system(code: str) -> list[tuple[float, float]]:
    lonlat = [SUZHOU, (120.61, 31.31), (120.62, 31.29)]
    return [tuple(map(float, from_storage(lon, lat, code))) for lon, lat in lonlat]  # type: ignore[misc]


@pytest.mark.parametrize(("near", "sure"), [(None, False), (NEAR, True)])
def test_a_declared_wgs84_is_certain_only_beside_something_stored(
    tmp_path: Path, near: tuple[float, float, float, float] | None, sure: bool
) -> None:
    file = tmp_path / "area.geojson"
    shape = gpd.GeoDataFrame(
        {"name": ["a"]}, geometry=[shapely.Point(SUZHOU).buffer(0.01)], crs=4326
    )
    shape.to_file(file, driver="GeoJSON")
    evidence = {e.what: e for e in read(file, ReadOptions(near=near)).evidence}
    assert (evidence["datum"].value, evidence["datum"].sure) == ("wgs84", sure)


@pytest.mark.parametrize(
    ("system", "near", "found"),
    [
        ("cgcs2000", None, "cgcs2000"),
        ("4549", NEAR, "EPSG:4549"),  # no zone number: known by what is stored
        ("4528", None, "EPSG:4528"),  # the zone number is in the eastings
        ("4549", None, None),  # Jiangsu lies in two zones: ask
        ("3857", NEAR, "EPSG:3857"),
        ("3857", None, "EPSG:3857"),  # the codes say Jiangsu
    ],
)
def test_undeclared_coordinates(
    tmp_path: Path, system: str, near: tuple[float, ...] | None, found: str | None
) -> None:
    reading = read(points(tmp_path, in_system(system)), ReadOptions(near=near))  # type: ignore[arg-type]

    if found is None:
        assert reading.frame is None
        assert "datum.missing" in reading.findings.codes()
    else:
        assert reading.frame is not None
        assert reading.datum == found
        assert "datum.guessed" in reading.findings.codes()
        place = reading.frame.geometry.iloc[0]
        assert (place.x, place.y) == pytest.approx(SUZHOU, abs=1e-7)


def test_web_mercator_or_a_zone_of_xinjiang_is_asked_for(tmp_path: Path) -> None:
    reading = read(points(tmp_path, in_system("3857"), code="A"))

    assert reading.frame is None
    (asked,) = [f for f in reading.findings if f.code == "datum.missing"]
    assert asked.value == "EPSG:4491, EPSG:3857"


def test_swapped_axes_are_put_right(tmp_path: Path) -> None:
    file = points(tmp_path, [(31.3, 120.6), (31.31, 120.61)])

    reading = read(file)

    assert reading.frame is not None
    assert "axes.swapped" in reading.findings.codes()
    assert (reading.frame.geometry.iloc[0].x, reading.frame.geometry.iloc[0].y) == SUZHOU


def test_a_wrong_datum_name_is_a_finding(tmp_path: Path) -> None:
    reading = read(points(tmp_path, [SUZHOU]), ReadOptions(datum="mars"))

    assert reading.frame is None
    assert reading.findings.codes() == {"datum.unknown": 1}


def test_bd09_is_undone_to_a_centimetre(tmp_path: Path) -> None:
    shifted = tuple(map(float, from_storage(*SUZHOU, "bd09")))

    reading = read(points(tmp_path, [shifted]), ReadOptions(datum="bd09"))  # type: ignore[list-item]

    assert reading.frame is not None
    assert reading.frame.geometry.iloc[0].x == pytest.approx(SUZHOU[0], abs=1e-7)
    assert reading.frame.geometry.iloc[0].y == pytest.approx(SUZHOU[1], abs=1e-7)


def table(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame(columns)


@pytest.mark.parametrize(
    ("frame", "level", "expected"),
    [
        (
            table(区县=["甲区"], 街道名称=["乙街道"], 街道代码=["320508001"]),
            Level.STREET,
            {"code": "街道代码", "name": "街道名称", "parent": "区县"},
        ),
        (
            table(省=["a"], 市=["b"], 县=["c"], 乡=["d"]),
            Level.STREET,
            {"name": "乡", "parent": "县"},
        ),
        (
            table(TOWN_ID=["67000010", "67000020"], TOWN_NAME=["新營區", "鹽水區"], H_CNT=[1, 2]),
            Level.DISTRICT,
            {"code": "TOWN_ID", "name": "TOWN_NAME", "households": "H_CNT"},
        ),
        (
            table(street=["建外"], area_code=["110105"], code9=["110105001"]),
            Level.STREET,
            {"code": "code9", "name": "street", "parent": "area_code"},
        ),
        (
            table(**{"网格编码": ["x"], "网格\n名称": ["y"], "户　数": [3], "所属社区": ["z"]}),
            Level.GRID,
            {"code": "网格编码", "name": "网格\n名称", "households": "户　数"},
        ),
    ],
)
def test_columns_by_headers_and_values(
    frame: pd.DataFrame, level: Level, expected: dict[str, str]
) -> None:
    findings = Findings("f")

    found = guess_columns(frame, Kind.AREAS, {}, findings, level)

    assert found.columns == expected
    assert not list(findings)


def test_a_person_overrides_guesses_and_hears_of_mistakes() -> None:
    findings = Findings("f")
    frame = table(code=["1"], other=["2"], name=["n"])

    found = guess_columns(
        frame,
        Kind.BUILDINGS,
        {"code": "other", "name": "", "floors": "nope", "x": "code"},
        findings,
    )

    assert found.columns == {"code": "other"}
    assert findings.codes() == {"column.missing": 1, "field.unknown": 1}
    assert findings.file_refused


def test_numbers_become_codes_without_a_decimal_point() -> None:
    values = as_text(pd.Series([110105001.0, None, 110105002.0]))

    assert list(values) == ["110105001", None, "110105002"]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-01-02 10:00", "2026-01-02T02:00:00+00:00"),
        ("2026-01-02T10:00:00Z", "2026-01-02T10:00:00+00:00"),
        ("2026/1/5", "2026-01-04T16:00:00+00:00"),
        ("昨天", None),
        ("2026-13-40", None),
        (None, None),
    ],
)
def test_times_without_a_zone_are_local(text: str | None, utc: str | None) -> None:
    found = parse_time(text, ZoneInfo("Asia/Shanghai"))

    assert (found.isoformat() if found is not None else None) == utc


def test_a_place_in_the_west_has_its_own_hours() -> None:
    assert parse_time("2026-01-02 10:00", ZoneInfo("Asia/Urumqi")).isoformat() == (
        "2026-01-02T04:00:00+00:00"
    )


def test_excel_and_csv_give_the_same_rows(tmp_path: Path) -> None:
    rows = [["编号", "经度", "纬度"], ["甲", 120.6, 31.3], [None, None, None], ["乙", 120.7, 31.4]]
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    book.save(tmp_path / "a.xlsx")
    text = "\n".join(",".join("" if c is None else str(c) for c in row) for row in rows)
    (tmp_path / "a.csv").write_bytes(text.encode("gb18030"))

    excel, csv = read(tmp_path / "a.xlsx"), read(tmp_path / "a.csv")

    assert excel.frame is not None and csv.frame is not None
    assert list(excel.frame["编号"]) == list(csv.frame["编号"]) == ["甲", "乙"]
    # Rows are counted as a person sees them in the file, the empty one too.
    assert list(excel.frame["import_row"]) == list(csv.frame["import_row"]) == [1, 3]
    assert excel.frame.geometry.equals(csv.frame.geometry)


def test_a_csv_row_with_too_few_cells_is_refused_and_the_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("a,b\n1,2\n3\n5,6\n")
    findings = Findings("a.csv")

    raw = read_csv(file, None, {}, findings, [])

    assert raw is not None and list(raw.rows) == [1, 3]
    assert findings.refused_rows == {2}


def test_an_archive_may_not_write_outside_of_its_folder(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../evil.geojson", "{}")
    (tmp_path / "a.zip").write_bytes(packed.getvalue())

    reading = read(tmp_path / "a.zip")

    assert reading.findings.codes() == {"archive.unsafe": 1}
    assert not (tmp_path.parent / "evil.geojson").exists()


def test_a_zip_with_chinese_names_of_windows(tmp_path: Path) -> None:
    square = {"type": "Polygon", "coordinates": [[[120, 31], [121, 31], [121, 32], [120, 31]]]}
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("街道.geojson", json.dumps(square))
    content = (tmp_path / "a.zip").read_bytes()
    raw, gbk = "街道".encode(), "街道".encode("gbk")
    assert raw in content
    # Written as Windows does: GBK bytes, no UTF-8 mark (bit 11 of the flags).
    content = content.replace(raw + b".geojson", gbk + b".geojson")
    for head, at in ((b"PK\x03\x04", (6, 26)), (b"PK\x01\x02", (8, 28))):
        start = content.index(head)
        flags, length = start + at[0], start + at[1]
        content = content[:flags] + b"\0\0" + content[flags + 2 :]
        content = content[:length] + struct.pack("<H", 12) + content[length + 2 :]
    end = content.index(b"PK\x05\x06")
    directory = content.index(b"PK\x01\x02")
    size, offset = struct.pack("<I", end - directory), struct.pack("<I", directory)
    content = content[: end + 12] + size + offset + content[end + 20 :]
    (tmp_path / "b.zip").write_bytes(content)

    reading = read(tmp_path / "b.zip")

    assert reading.layer == "街道"


def test_files_that_are_not_what_their_name_says(tmp_path: Path) -> None:
    for name in ("a.gpkg", "a.xlsx", "a.zip", "a.shp", "a.geojson.gz"):
        (tmp_path / name).write_bytes(b"\x00\x01\x02 not at all" * 20)

        reading = read(tmp_path / name)

        assert reading.frame is None, name
        assert reading.findings.file_refused, name
    assert read(tmp_path / "none.shp").findings.codes() == {"file.missing": 1}


def test_curves_of_a_geopackage_become_segments_and_that_is_told(tmp_path: Path) -> None:
    file = tmp_path / "curve.gpkg"
    plain = gpd.GeoDataFrame(
        {"code": ["1"]}, geometry=[square(120.6, 31.3, 0.01)], crs=STORAGE_SRID
    )
    plain.to_file(file, driver="GPKG")
    circle = [(120.6, 31.3), (120.61, 31.31), (120.62, 31.3), (120.61, 31.29), (120.6, 31.3)]
    # GeoPackage head, CurvePolygon (10) with one CircularString (8), little endian.
    blob = b"GP\x00\x01" + struct.pack("<iBIIBII", STORAGE_SRID, 1, 10, 1, 1, 8, len(circle))
    blob += b"".join(struct.pack("<dd", *place) for place in circle)
    with contextlib.closing(sqlite3.connect(file)) as package:
        triggers = package.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            package.execute(f'DROP TRIGGER "{name}"')
        package.execute("UPDATE curve SET geom = ?", [blob])
        package.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = 'CURVEPOLYGON'")
        package.commit()

    reading = read(file)

    assert reading.findings.codes() == {"geometry.curve": 1}
    assert reading.frame is not None
    shape = reading.frame.geometry.iloc[0]
    assert shape.geom_type == "Polygon"
    assert shape.area == pytest.approx(math.pi * 0.01**2, rel=0.001)


def records_of(shapes: list[object], **columns: list[object]) -> gpd.GeoDataFrame:
    names = ("code", "name", "name_en", "parent", "kind", "households", "floors", "height", "usage")
    data = {
        name: pd.Series(columns.get(name, [None] * len(shapes)), dtype=object) for name in names
    }
    data["row"] = pd.Series(range(1, len(shapes) + 1))
    return gpd.GeoDataFrame(data, geometry=shapes, crs=STORAGE_SRID)


def square(x: float, y: float, side: float) -> shapely.Polygon:
    return shapely.box(x, y, x + side, y + side)


def test_a_bow_tie_is_mended_and_its_change_told() -> None:
    tie = shapely.Polygon([(120, 31), (120.001, 31.001), (120.001, 31), (120, 31.001)])
    findings = Findings("f")

    rows = validate_areas(
        records_of([tie], code=["320508001"], name=["甲"]), Level.STREET, findings
    )

    assert findings.codes() == {"geometry.repaired": 1}
    assert rows.geometry.iloc[0].is_valid and rows.geometry.iloc[0].geom_type == "MultiPolygon"


def test_overlaps_and_gaps_are_measured() -> None:
    # 0.001° is 95.3 m east and 110.9 m north here; the strips are 0.00001° wide.
    a, b = square(120, 31, 0.001), square(120.00099, 31, 0.001)
    frame = [
        shapely.box(121, 31, 121.001, 31.0005),
        shapely.box(121, 31.00051, 121.001, 31.001),
        shapely.box(120.999, 31, 121, 31.001),
        shapely.box(121.001, 31, 121.002, 31.001),
    ]
    codes: list[object] = [f"32050800{n}" for n in range(1, 7)]
    findings = Findings("f")

    validate_areas(records_of([a, b, *frame], code=codes, name=codes), Level.STREET, findings)

    told = {f.code: float(f.value or 0) for f in findings if f.code in {"overlap", "gap"}}
    assert told["overlap"] == pytest.approx(106, rel=0.02)
    assert told["gap"] == pytest.approx(106, rel=0.02)


def test_buildings_small_narrow_inside_and_derived_heights() -> None:
    shapes: list[object] = [
        shapely.box(120, 31, 120.0001, 31.0001),
        shapely.box(120.00001, 31.00001, 120.00003, 31.00001 + 0.00001),  # 2 m²
        shapely.box(120.001, 31, 120.0011, 31.000015),  # 1.7 m wide
        shapely.box(120.00002, 31.00002, 120.00008, 31.00008),  # lies on the first
        shapely.Point(120, 31),
    ]
    findings = Findings("f")
    rows = records_of(
        shapes, code=["1", "2", "3", "4", "5"], floors=[2, 1, 3, 4, 1], height=[6, 3, 8, 12, 3]
    )

    validate_buildings(rows, findings)

    told = [(f.code, f.row) for f in findings]
    assert ("area.small", 2) in told
    assert ("shape.narrow", 3) in told
    assert ("shape.inside", 4) in told
    assert ("geometry.type", 5) in told
    assert [row for code, row in told if code == "height.derived"] == [1, 2, 4, 5]
    assert findings.refused_rows == {2, 5}


def test_a_code_used_for_two_places_stays_with_the_first() -> None:
    first, second = square(120, 31, 0.001), square(120.1, 31, 0.001)
    shapes: list[object] = [first, second, first, square(120.2, 31, 0.001)]
    codes: list[object] = ["320508001", "320508001", "320508001", "320508002"]
    findings = Findings("f")

    rows = validate_areas(records_of(shapes, code=codes, name=codes), Level.STREET, findings)

    assert list(rows["code"]) == ["320508001", None, "320508001", "320508002"]
    assert [(f.code, f.row) for f in findings if f.code.startswith("key.")] == [
        ("key.shared", 2),
        ("key.duplicate", 3),
    ]


def test_provisional_codes_skip_what_is_taken() -> None:
    import numpy as np

    shapes = np.array([square(120.2, 31, 0.1), square(120, 31, 0.1)], dtype=object)
    taken = {"320508901"}

    assert area_codes_for(Level.STREET, ["320508", "320508"], shapes, taken, "X") == [
        ("320508903", True),
        ("320508902", True),
    ]
    assert area_codes_for(Level.STREET, [None, "A67"], shapes, set(), "X1") == [
        ("X1-T001", False),
        ("A67-T001", False),
    ]
    grid = "320508001001Z001001"
    assert building_codes_for([grid, grid], shapes, {f"{grid}B001"}) == [
        f"{grid}B003",
        f"{grid}B002",
    ]


@pytest.mark.parametrize(
    ("values", "header", "reason"),
    [
        (["0", "0", "0", "0"], "编号", "always '0': no code"),
        ([None, "", None, None], "编号", "the column is empty: no code"),
        (["a", "a", "b", "b", "b"], "编号", "rows share their values: no code"),
        (["7", "8", "9", "9"], "Id", "rows share their values: no code"),
        (["7", "8", "9", "9"], "编号", None),
        (["6", "7", "8", "9"], "Id", None),
    ],
)
def test_a_column_that_tells_no_rows_apart_is_no_code(
    values: list[str | None], header: str, reason: str | None
) -> None:
    floors = list(range(1, len(values) + 1))
    frame = table(**{header: values, "层数": floors, "涂色": floors})

    found = guess_columns(frame, Kind.BUILDINGS, {}, Findings("f"))

    assert found.columns == {"floors": "层数", **({} if reason else {"code": header})}
    unused = [(e.value, e.basis_en) for e in found.evidence() if e.what == "unused"]
    assert unused == [*([(header, reason)] if reason else []), ("涂色", "no field takes them")]


def test_another_code_column_stands_in_for_an_unusable_one() -> None:
    frame = table(编码=["0", "0", "0"], Id=["1", "2", "3"])

    found = guess_columns(frame, Kind.BUILDINGS, {}, Findings("f"))

    assert found.columns == {"code": "Id"}
    assert list(found.unused) == ["编码"]


def test_a_person_may_insist_on_a_column_that_guessing_leaves_out() -> None:
    frame = table(Id=["1", "1", "2"])

    found = guess_columns(frame, Kind.BUILDINGS, {"code": "Id"}, Findings("f"))

    assert (found.columns, found.unused) == ({"code": "Id"}, {})
