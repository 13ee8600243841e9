"""Roads, water, walls and places come in, change, and go again; unit grids come in as areas."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from gridcenter.actor import SYSTEM
from gridcenter.codes import Level
from gridcenter.database import Database, Transaction
from gridcenter.errors import InvalidInput
from importers.command import ImportCommand
from importers.kinds import Kind
from importers.operations import Outcome, run_import
from importers.undoing import undo

ROADS = [
    shapely.LineString([(120.60, 31.30), (120.62, 31.30)]),
    shapely.MultiLineString(
        [[(120.60, 31.31), (120.61, 31.31)], [(120.61, 31.31), (120.62, 31.32)]]
    ),
    shapely.Point(120.6, 31.3),
]


def roads(folder: Path, file: str, shapes: list[object], **columns: list[object]) -> Path:
    path = folder / f"{file}.gpkg"
    gpd.GeoDataFrame(columns, geometry=shapes, crs=4326).to_file(path, driver="GPKG")
    return path


def bring(database: Database, file: Path, into: str | None = "road") -> Outcome:
    return run_import(database, SYSTEM, ImportCommand(Kind.REFERENCE, file, into=into))


def test_roads_come_in_once_and_change_by_code(
    database: Database, tx: Transaction, tmp_path: Path
) -> None:
    first = bring(
        database,
        roads(tmp_path, "1", [*ROADS], osm_id=["1", "2", "3"], name=["甲路", "乙路", "丙"],
              fclass=["primary", None, "poi"]),
    )  # fmt: skip
    moved = shapely.affinity.translate(ROADS[0], 0, 0.0001)
    second = bring(
        database,
        roads(tmp_path, "2", [moved, ROADS[1]], osm_id=["1", "2"], name=["甲路", "乙路"],
              fclass=["primary", None]),
    )  # fmt: skip

    assert first.applied and (first.applied.new, first.refused) == (2, 1)
    assert {f.code for f in first.findings if f.row == 3} == {"geometry.type"}
    assert second.difference == {"new": 0, "changed": 0, "moved": 1, "same": 1}
    rows = tx.all("SELECT code, name, kind, attributes->>'fclass' AS a FROM reference_feature"
                  " ORDER BY code")  # fmt: skip
    assert rows[0] == {"code": "1", "name": "甲路", "kind": "primary", "a": "primary"}
    assert tx.scalar("SELECT batch_id FROM reference_feature WHERE code = '1'") == second.batch


def test_what_has_no_code_is_known_by_its_content(
    database: Database, tx: Transaction, tmp_path: Path
) -> None:
    file = roads(tmp_path, "1", ROADS[:2], name=["甲路", None])
    first = bring(database, file)
    again = bring(database, file)

    assert first.applied and first.applied.new == 2
    assert again.difference["same"] == 2
    assert first.batch
    undo(tx, SYSTEM, first.batch)
    assert tx.scalar("SELECT count(*) FROM reference_feature") == 0


def test_the_layer_must_be_named_and_shapes_fit_it(database: Database, tmp_path: Path) -> None:
    file = roads(tmp_path, "1", [*ROADS], name=["甲", "乙", "丙"])

    with pytest.raises(InvalidInput):
        bring(database, file, None)
    with pytest.raises(InvalidInput):
        bring(database, file, "moon")
    assert bring(database, file, "poi").difference["new"] == 1


def test_a_line_drawing_of_roads_stays_lines(
    database: Database, tx: Transaction, tmp_path: Path
) -> None:
    ring = shapely.LineString([(120.60, 31.30), (120.61, 31.30), (120.61, 31.31), (120.60, 31.30)])
    metres = gpd.GeoSeries([ring], crs=4326).to_crs(4549)
    gpd.GeoDataFrame({"Layer": ["DL"]}, geometry=list(metres), crs=4549).to_file(
        tmp_path / "a.dxf", driver="DXF"
    )
    outcome = run_import(
        database, SYSTEM,
        ImportCommand(Kind.REFERENCE, tmp_path / "a.dxf", into="road", datum="EPSG:4549"),
    )  # fmt: skip

    assert outcome.applied and outcome.applied.new == 1
    assert tx.scalar("SELECT GeometryType(geom) FROM reference_feature") == "LINESTRING"


def test_unit_grids_come_in_under_their_code_of_fifteen_characters(
    database: Database, tx: Transaction, tmp_path: Path
) -> None:
    whole = shapely.box(120.60, 31.30, 120.62, 31.31)
    halves = [shapely.box(120.60, 31.30, 120.61, 31.31), shapely.box(120.61, 31.30, 120.62, 31.31)]
    top = roads(tmp_path, "s", [whole], code=["320508001"], name=["甲街道"])
    below = roads(
        tmp_path, "c", [whole], code=["320508001001"], name=["甲社区"], parent=["320508001"]
    )
    units = roads(tmp_path, "u", halves, 单元网格编码=["320508001001001", "320508001001002"])
    for level, file in ((Level.STREET, top), (Level.COMMUNITY, below), (Level.UNIT_GRID, units)):
        outcome = run_import(database, SYSTEM, ImportCommand(Kind.AREAS, file, level))
        assert outcome.applied, list(outcome.findings)

    rows = tx.all(
        "SELECT n.code, n.code_scheme, p.code AS parent FROM area_now n JOIN area p"
        " ON p.id = n.parent_id WHERE n.level = 'unit_grid' ORDER BY 1"
    )
    assert [row["code"] for row in rows] == ["320508001001001", "320508001001002"]
    assert {row["code_scheme"] for row in rows} == {"unit"}
    assert {row["parent"] for row in rows} == {"320508001001"}
