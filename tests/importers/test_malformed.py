"""Every broken file we know ends in a right frame or in findings, and is never half stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely

from gridcenter.actor import SYSTEM
from gridcenter.codes import Level
from gridcenter.database import Database, Transaction
from importers.command import ImportCommand
from importers.findings import CODES, Severity
from importers.kinds import Kind
from importers.operations import run_import
from importers.reading import ReadOptions, read

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "malformed"
FILES = sorted(FOLDER.rglob("*.*")) if FOLDER.is_dir() else []

# What must be found, by file name without suffix where all parts of a shapefile agree.
# An empty set: the file reads right as it is, with so many rows.
EXPECTED: dict[str, tuple[set[str], int]] = {
    "!test.geojson": (set(), 1),
    "gre": (set(), 1),
    "issue627.geojson": (set(), 3),
    "multicurve": ({"format.unsupported"}, 0),
    "null_geom.geojson": ({"geometry.missing"}, 2),
    "test_tin": ({"geometry.surface"}, 1),
    "bad-duplicate-properties.geojson": ({"json.duplicate_key", "geometry.missing"}, 1),
    "bad-json.geojson": ({"json.invalid"}, 0),
    "bad-polygon-interiorring-rhr.geojson": (set(), 1),
    "bad-properties-as-array.geojson": ({"feature.invalid"}, 1),
    "badcoordtype.geojson": ({"feature.invalid"}, 1),
    "badfeatureid.geojson": ({"feature.invalid"}, 1),
    "bbox-contains-string.geojson": (set(), 1),
    "different-first-last.geojson": ({"geometry.unclosed"}, 1),
    "excessive_precision_truncated.geojson": (set(), 1),
    "false.geojson": ({"feature.invalid"}, 1),
    "featurecollection-obj.geojson": ({"geojson.invalid"}, 0),
    "featurecollection.geojson": ({"geojson.invalid"}, 0),
    "geometry_changed_semantics.geojson": (set(), 1),
    "geometrycollection_single.geojson": (set(), 1),
    "multipoint-multidimension.geojson": ({"feature.invalid"}, 1),
    "nofeaturetype.geojson": ({"feature.invalid"}, 1),
    "point-labeled-as-a-multipolygon.geojson": ({"feature.invalid"}, 1),
    "point-toofew.geojson": ({"geometry.few_points"}, 1),
    "point.geojson": ({"feature.invalid"}, 1),
    "rootstring.geojson": ({"geojson.invalid"}, 0),
    "short-linearring.geojson": ({"geometry.unclosed"}, 1),
    "stringcoord.geojson": ({"feature.invalid"}, 2),
    "AllNulls": ({"shx.rebuilt", "datum.missing"}, 0),
    "EmptyShapeFile": ({"file.empty"}, 0),
    "Sept_polygones": ({"encoding.guessed", "shx.rebuilt", "datum.missing"}, 0),
    "UnifiedChecksMaterialNullInMiddle": (
        {"dbf.missing", "shx.rebuilt", "geometry.missing", "datum.missing"},
        0,
    ),
    "Victoria North": ({"geometry.few_points", "datum.missing"}, 0),
    "__emptyShapefile": ({"file.empty"}, 0),
    "chinese_encoding": ({"datum.guessed"}, 78),
    "crustal_test": ({"shx.rebuilt", "datum.missing"}, 0),
    "crustal_test_bugged": ({"encoding.guessed", "shx.rebuilt", "datum.missing"}, 0),
    "date": ({"shp.missing"}, 0),
    "error_union": ({"dbf.missing", "shx.rebuilt", "datum.missing"}, 0),
    "polygon intersecting line": (
        {
            *("dbf.missing", "shx.rebuilt", "geometry.ring_closed", "geometry.few_points"),
            "datum.missing",
        },
        0,
    ),
    "tnp_pol": ({"dbf.missing", "shx.rebuilt", "datum.missing"}, 0),
    "blockgroups_multishapefile": ({"layer.choose"}, 0),
    "corrupt_too_long": ({"shp.length", "datum.missing"}, 0),
    "empty_zipfile": ({"file.empty"}, 0),
    "latin1": ({"encoding.guessed", "shx.rebuilt", "datum.missing"}, 0),
    "multi_polygon": ({"dbf.missing", "shx.rebuilt", "datum.missing"}, 0),
    "multipatch": ({"shx.rebuilt", "geometry.surface"}, 1),
    "polygon_hole": ({"dbf.missing", "datum.missing"}, 0),
    "polygonz": ({"dbf.missing", "shx.rebuilt", "geometry.z_dropped", "datum.missing"}, 0),
}


def _cases() -> Iterator[object]:
    if not FILES:
        yield pytest.param(
            FOLDER, marks=pytest.mark.skip(reason="../shared/data/malformed is not here")
        )
    for file in FILES:
        yield pytest.param(file, id=f"{file.parent.name}/{file.name}")


CASES = list(_cases())


def _expected(file: Path) -> tuple[set[str], int]:
    return EXPECTED[file.name] if file.name in EXPECTED else EXPECTED[file.stem]


@pytest.mark.parametrize("file", CASES)
def test_reading_gives_a_right_frame_or_findings(file: Path) -> None:
    codes, rows = _expected(file)

    reading = read(file)

    assert set(reading.findings.codes()) == codes
    for finding in reading.findings:
        assert finding.file == file.name
        assert finding.zh and finding.en and "{" not in finding.zh + finding.en
        assert finding.code in CODES
    if rows == 0:
        assert reading.frame is None
        assert any(f.row is None and f.severity is Severity.REFUSE for f in reading.findings)
        return
    assert reading.frame is not None and len(reading.frame) == rows
    shapes = reading.frame.geometry.to_numpy()
    unplaced = set(reading.frame["import_row"][shapely.is_missing(shapes)])
    assert unplaced <= reading.findings.refused_rows
    xy = shapely.get_coordinates(shapes)
    assert np.isfinite(xy).all()
    assert (np.abs(xy) <= (180, 90)).all()


@pytest.mark.parametrize("file", CASES)
@pytest.mark.parametrize("kind", [Kind.AREAS, Kind.BUILDINGS])
def test_importing_never_breaks_and_never_half_stores(
    file: Path, kind: Kind, database: Database, tx: Transaction
) -> None:
    level = Level.DISTRICT if kind is Kind.AREAS else None

    outcome = run_import(database, SYSTEM, ImportCommand(kind, file, level=level))

    stored = tx.scalar(
        "SELECT (SELECT count(*) FROM area_version) + (SELECT count(*) FROM building)"
    )
    assert stored == outcome.writable
    if not stored:
        assert any(f.severity is Severity.REFUSE for f in outcome.findings)


def test_the_gbk_counties_of_anhui_are_readable() -> None:
    file = FOLDER / "shapefile_lgpl" / "chinese_encoding.shp"
    if not file.exists():
        pytest.skip("../shared/data/malformed is not here")

    frame = read(file).frame

    assert frame is not None
    assert "安徽省" in set(frame["PRO_NAME"].dropna().str.strip()) | set(
        frame["PRO_NAME"].dropna().str.strip() + "省"
    )


def test_a_named_layer_of_an_archive_is_read_when_its_datum_is_said() -> None:
    file = FOLDER / "shapefile_mit" / "blockgroups_multishapefile.zip"
    if not file.exists():
        pytest.skip("../shared/data/malformed is not here")

    reading = read(file, ReadOptions(layer="blockgroups2", datum="wgs84"))

    assert reading.frame is not None and len(reading.frame) == 663
    assert reading.layer == "blockgroups2"
