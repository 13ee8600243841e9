"""Large files go another way and give the same: findings, rows, differences, codes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridcenter.actor import SYSTEM
from gridcenter.codes import Level
from gridcenter.database import Database, Transaction
from importers.bulk import copying, reading
from importers.bulk.examination import examine_large
from importers.command import ImportCommand
from importers.examination import examine
from importers.examined import Examined
from importers.kinds import Kind
from importers.operations import apply, run_import, stage
from importers.queries import refused_rows_csv

WEST, SOUTH, STEP = 120.60, 31.30, 0.0006


def quiet(_step: str, _share: float) -> None:
    return None


@pytest.fixture
def ground(database: Database, tx: Transaction, tmp_path: Path) -> None:
    """A street, a community, a grid and 3 × 3 micro-grids of 0.006 degrees."""
    whole = shapely.box(WEST, SOUTH, WEST + 0.018, SOUTH + 0.018)
    rows: list[tuple[Level, str, str | None, Any]] = [
        (Level.STREET, "320508001", None, whole),
        (Level.COMMUNITY, "320508001001", "320508001", whole),
        (Level.GRID, "320508001001Z001", "320508001001", whole),
    ]
    for number in range(9):
        west, south = WEST + number % 3 * 0.006, SOUTH + number // 3 * 0.006
        box = shapely.box(west, south, west + 0.006, south + 0.006)
        rows.append((Level.MICROGRID, f"320508001001Z001{number + 1:03d}", "320508001001Z001", box))
    for level in dict.fromkeys(level for level, *_ in rows):
        chosen = [row for row in rows if row[0] is level]
        frame = gpd.GeoDataFrame(
            {"code": [r[1] for r in chosen], "name": [f"区{r[1][-3:]}" for r in chosen],
             "parent_code": [r[2] for r in chosen]},
            geometry=[r[3] for r in chosen], crs=4490,
        )  # fmt: skip
        file = tmp_path / f"{level.value}.gpkg"
        frame.to_file(file, driver="GPKG")
        outcome = run_import(database, SYSTEM, ImportCommand(Kind.AREAS, file, level=level))
        assert outcome.applied


def town(count: int = 600, *, seed: int = 3) -> gpd.GeoDataFrame:
    """Turned houses on a raster, with every defect that a file of buildings can have."""
    chance = np.random.default_rng(seed)
    place = np.arange(count)
    # Not in columns: the order of provisional codes must not hang on the last bit of a centroid.
    x = WEST + 0.0003 + place % 30 * STEP + chance.uniform(0, 1e-6, count)
    y = SOUTH + 0.0003 + place // 30 * STEP
    shapes = [
        shapely.affinity.rotate(shapely.box(a - w, b - h, a + w, b + h), turn)
        for a, b, w, h, turn in zip(
            x, y, chance.uniform(5e-5, 2e-4, count), chance.uniform(5e-5, 2e-4, count),
            chance.uniform(0, 90, count), strict=True,
        )
    ]  # fmt: skip
    a, b = x[0], y[0]
    shapes[1] = shapely.Polygon([(a, b), (a + 1e-4, b + 1e-4), (a + 1e-4, b), (a, b + 1e-4)])
    shapes[2] = None
    shapes[3] = shapely.Point(x[3], y[3])
    shapes[4] = shapely.box(x[4], y[4], x[4] + 1e-5, y[4] + 1e-5)
    shapes[5] = shapely.box(x[5], y[5], x[5] + 3e-4, y[5] + 1e-5)
    shapes[6] = shapely.box(x[7] - 4e-5, y[7] - 3e-5, x[7] + 3e-5, y[7] + 3e-5)
    shapes[8] = shapely.box(WEST + 0.5, SOUTH, WEST + 0.5002, SOUTH + 0.0002)
    shapes[10] = shapely.Polygon(
        shapely.box(x[10] - 1e-4, y[10] - 1e-4, x[10] + 1e-4, y[10] + 1e-4).exterior,
        [shapely.box(x[10] - 9.5e-5, y[10] - 9.5e-5, x[10] + 9.5e-5, y[10] + 9.5e-5).exterior],
    )
    shapes[9] = shapely.box(WEST + 0.0058, y[9] - 1e-4, WEST + 0.0061, y[9] + 1e-4)
    shapes[11] = shapely.MultiPolygon([shapes[12], shapely.affinity.translate(shapes[12], 3e-4)])
    frame = gpd.GeoDataFrame(
        {
            "楼栋编号": [f"L{n:05d}" for n in place],
            "名称": [f" 示例楼 {n} " for n in place],
            "层数": chance.integers(1, 30, count).astype(float),
            "高度": np.round(chance.uniform(3, 80, count), 1),
            "备注": ["甲" if n % 2 else None for n in place],
        },
        geometry=shapes,
        crs=4490,
    )
    frame.loc[20, "层数"] = 900
    frame.loc[21, "高度"] = np.nan
    frame.loc[22, "高度"] = 3 * frame.loc[22, "层数"]
    frame.loc[23, "楼栋编号"] = "L00024"
    frame.loc[25, ["楼栋编号", "名称"]] = [None, "  "]
    frame.loc[27, "楼栋编号"] = "L00026"
    frame.loc[27, "geometry"] = frame.loc[26, "geometry"]
    return frame


def told(examined: Examined) -> list[tuple[Any, ...]]:
    return sorted(
        (f.code, f.row or 0, f.field or "", f.severity.value, f.zh, f.en, f.value or "", f.count)
        for f in examined.findings
    )


def large_rows(tx: Transaction) -> dict[int, dict[str, Any]]:
    found = tx.all(
        "SELECT l.*, coalesce(c.change, 'new') AS change,"
        " ST_AsText(ST_Normalize(l.geom), 9) AS wkt"
        " FROM import_large l LEFT JOIN import_large_change c USING (row)"
    )
    return {row["row"]: row for row in found}


def compare(tx: Transaction, command: ImportCommand) -> tuple[Examined, Examined]:
    """Both ways, with equal findings, rows and differences."""
    large = examine_large(tx, command, quiet, least=1)
    assert large is not None
    assert large.large is not None
    ours = large_rows(tx)
    frame = examine(tx, command)
    assert frame.rows is not None
    assert told(large) == told(frame)
    assert large.columns.columns == frame.columns.columns
    assert large.difference == {k: v for k, v in frame.difference.items() if k in large.difference}
    assert (large.read, large.refused) == (frame.read, frame.refused)
    refused = frame.findings.refused_rows
    for row in frame.rows.itertuples():
        mine = ours[row.row]
        assert mine["refused"] == (row.row in refused)
        if mine["refused"]:
            continue
        names = ("code", "name", "floors", "height", "households", "target", "change")
        for name in names:
            value = getattr(row, name)
            assert mine[name] == (None if pd.isna(value) else value), (row.row, name)
        there, here = shapely.normalize(row.geometry), shapely.from_wkt(mine["wkt"])
        assert shapely.equals_exact(
            shapely.normalize(there),
            shapely.normalize(
                shapely.multipolygons([here]) if here.geom_type == "Polygon" else here
            ),
            2e-9,
        )
        assert mine["area_m2"] == pytest.approx(row.area_m2, rel=1e-4)
        assert mine["perimeter_m"] == pytest.approx(row.perimeter_m, rel=1e-4)
    return large, frame


def as_gpkg(frame: gpd.GeoDataFrame, path: Path) -> Path:
    frame.to_file(path, driver="GPKG")
    return path


def as_fgb(frame: gpd.GeoDataFrame, path: Path) -> Path:
    frame.to_file(path.with_suffix(".fgb"), driver="FlatGeobuf", SPATIAL_INDEX="NO")
    return path.with_suffix(".fgb")


def as_gbk_shapefile(frame: gpd.GeoDataFrame, path: Path) -> Path:
    keep = frame.geometry.geom_type.isin(["Polygon", "MultiPolygon"]) | frame.geometry.isna()
    shapes = frame[keep].to_crs(4549)
    shapes.to_file(path.with_suffix(".shp"), encoding="GBK", engine="pyogrio")
    path.with_suffix(".cpg").unlink()
    return path.with_suffix(".shp")


@pytest.mark.usefixtures("ground")
@pytest.mark.parametrize("write", [as_gpkg, as_fgb, as_gbk_shapefile])
@pytest.mark.parametrize("batch", [64, 100_000])
def test_both_ways_find_the_same(
    tx: Transaction,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    write: Callable[[gpd.GeoDataFrame, Path], Path],
    batch: int,
) -> None:
    monkeypatch.setattr(reading, "BATCH", batch)
    command = ImportCommand(Kind.BUILDINGS, write(town(), tmp_path / "b.gpkg"))

    large, _ = compare(tx, command)

    codes = large.findings.codes()
    wanted = {"geometry.repaired", "geometry.missing", "area.small", "shape.narrow", "shape.inside",
              "place.outside", "building.cut", "key.shared", "key.duplicate", "key.missing",
              "value.number"}  # fmt: skip
    assert wanted <= set(codes)


@pytest.mark.usefixtures("ground")
def test_both_ways_compare_with_what_is_in_force(
    database: Database, tx: Transaction, tmp_path: Path
) -> None:
    first = town()
    run_import(database, SYSTEM, ImportCommand(Kind.BUILDINGS, as_gpkg(first, tmp_path / "1.gpkg")))
    again = first.copy()
    again.loc[100, "层数"] = 7 if again.loc[100, "层数"] != 7 else 8
    again.loc[101:105, "geometry"] = again.loc[101:105, "geometry"].translate(3e-5, 0)
    again.loc[106, "geometry"] = again.loc[106, "geometry"].buffer(0).simplify(0)

    large, _ = compare(tx, ImportCommand(Kind.BUILDINGS, as_gpkg(again, tmp_path / "2.gpkg")))

    assert large.difference["changed"] >= 1
    assert large.difference["moved"] >= 4
    assert large.difference["same"] > 500


@pytest.mark.usefixtures("ground")
def test_both_ways_make_the_same_codes(database: Database, tx: Transaction, tmp_path: Path) -> None:
    frame = town().drop(columns="楼栋编号")
    file = as_gpkg(frame, tmp_path / "1.gpkg")
    compare(tx, ImportCommand(Kind.BUILDINGS, file))
    run_import(database, SYSTEM, ImportCommand(Kind.BUILDINGS, file))

    large, _ = compare(tx, ImportCommand(Kind.BUILDINGS, file))

    assert large.difference["new"] == 0
    assert large.difference["same"] > 500


@pytest.mark.usefixtures("ground")
def test_a_shifted_file_is_suspected_both_ways(
    database: Database, tx: Transaction, tmp_path: Path
) -> None:
    frame = town(900)
    frame = frame[frame.geometry.geom_type == "Polygon"]
    run_import(database, SYSTEM, ImportCommand(Kind.BUILDINGS, as_gpkg(frame, tmp_path / "1.gpkg")))
    from gridcenter.geo import wgs84_to_gcj02

    shifted = frame.copy()
    shifted["geometry"] = shapely.transform(
        frame.geometry.to_numpy(), lambda xy: np.column_stack(wgs84_to_gcj02(xy[:, 0], xy[:, 1]))
    )
    command = ImportCommand(Kind.BUILDINGS, as_gpkg(shifted, tmp_path / "2.gpkg"))

    large, small = examine_large(tx, command, quiet, least=1), examine(tx, command)

    assert large is not None
    assert large.rows is None
    assert large.large is None
    whole = [item for item in told(large) if item[0] == "datum.suspected"]
    assert whole == [item for item in told(small) if item[0] == "datum.suspected"]
    assert not {"place.outside", "moved.far"} & set(large.findings.codes())
    assert large.findings.codes()["datum.suspected"] == len(shifted)


@pytest.mark.usefixtures("ground")
def test_a_code_column_that_repeats_further_down_is_none(
    tx: Transaction, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_SAMPLE", 100)
    frame = town().rename(columns={"楼栋编号": "Id"})
    frame["Id"] = [str(n % 250) for n in range(len(frame))]
    file = as_gpkg(frame, tmp_path / "1.gpkg")

    large = examine_large(tx, ImportCommand(Kind.BUILDINGS, file), quiet, least=1)

    assert large is not None
    assert "code" not in large.columns.columns
    assert "Id" in large.columns.unused
    assert tx.scalar("SELECT count(*) FROM import_large WHERE code IS NULL AND NOT refused") == 0


@pytest.mark.usefixtures("ground")
def test_a_large_file_is_staged_written_and_gives_back_its_refused_rows(
    tx: Transaction, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importers.examination.LARGE_FROM", 1)
    file = as_gpkg(town(), tmp_path / "1.gpkg")

    staged = stage(tx, SYSTEM, ImportCommand(Kind.BUILDINGS, file))
    row = tx.one(
        "SELECT original FROM import_row WHERE batch_id = %(b)s AND refused ORDER BY row LIMIT 1",
        {"b": staged.id},
    )
    done = apply(tx, SYSTEM, staged.id)

    assert row is not None
    assert row["original"]["备注"] is None or row["original"]["备注"] == "甲"
    assert done.new == staged.examined.writable
    assert tx.scalar("SELECT count(*) FROM building") == done.new
    assert json.dumps(row["original"])


@pytest.mark.usefixtures("ground")
@pytest.mark.parametrize("least", [1, 100_000])
def test_refused_rows_are_corrected_and_brought_again(
    database: Database,
    tx: Transaction,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    least: int,
) -> None:
    monkeypatch.setattr("importers.examination.LARGE_FROM", least)
    frame = town(60)
    first = run_import(
        database, SYSTEM, ImportCommand(Kind.BUILDINGS, as_gpkg(frame, tmp_path / "1.gpkg"))
    )
    assert first.batch is not None
    table = pd.read_csv(io.StringIO(refused_rows_csv(tx, first.batch)), dtype=str)
    again = table[table["拒收原因"].str.contains("重复")].copy()
    assert len(again) == 1
    again["楼栋编号"] = "L90000"
    table.loc[again.index] = again
    table.to_csv(tmp_path / "again.csv", index=False)

    second = run_import(database, SYSTEM, ImportCommand(Kind.BUILDINGS, tmp_path / "again.csv"))
    third = run_import(database, SYSTEM, ImportCommand(Kind.BUILDINGS, tmp_path / "again.csv"))

    assert second.applied is not None
    assert second.applied.new == 1
    assert second.refused == len(table) - 1
    assert third.difference["new"] == 0
    row = tx.one("SELECT ST_AsBinary(geom) AS geom, floors FROM building WHERE code = 'L90000'")
    assert row is not None
    assert row["floors"] == frame.loc[27, "层数"]
    assert shapely.equals_exact(
        shapely.normalize(shapely.from_wkb(bytes(row["geom"]))),
        shapely.normalize(shapely.multipolygons([frame.geometry.iloc[27]])),
        2e-9,
    )


def test_rows_are_the_bytes_that_copy_reads(tx: Transaction) -> None:
    tx.execute("CREATE TEMPORARY TABLE t (a integer, b text, c double precision, d boolean)")
    payload = copying.rows_of(
        [
            copying.fixed([1, -2, 3], ">i4", np.array([False, False, True])),
            copying.text(["甲\x00", None, ""]),
            copying.fixed([0.5, np.inf, -1], ">f8"),
            copying.fixed([True, False, True], ">i1"),
        ]
    )
    with tx.connection.cursor() as cursor, cursor.copy("COPY t FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(copying.HEADER + payload + copying.TRAILER)

    rows = [tuple(row.values()) for row in tx.all("SELECT * FROM t")]
    assert rows == [(1, "甲", 0.5, True), (-2, None, float("inf"), False), (None, "", -1.0, True)]
