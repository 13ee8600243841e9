"""A file of buildings comes in: ours beside a raw binary COPY with an index, and beside ogr2ogr.

Our side does what the import does before a person decides: validity, repair, findings, micro-grid,
difference to live, in an indexed table. The peers only fill a table and build the index. Each run of
ours is a process of its own, so that its memory can be told.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import pyogrio
import shapely

from bench.figures import Bound, Figure, same
from bench.site import Site
from gridcenter import codes
from gridcenter.actor import SYSTEM, act_as
from gridcenter.areas.operations import stage_areas, write_areas
from gridcenter.codes import Level
from gridcenter.database import Database, Transaction, connect, upgrade
from gridcenter.errors import Words
from gridcenter.provision import create_database, drop_database
from gridcenter.reference_data import load_reference_data
from gridcenter.settings import Settings

MOST, LEAST, MOST_MB = 2.0, 1.3, 600.0
SIZES = (100_000, 1_000_000)
MICROGRIDS = 8_000
SEED = 7
WEST, SOUTH = 119.9, 31.0
STEP_LON, STEP_LAT = 0.00022, 0.00018
_SPOILT = 0.005  # of all outlines cross themselves
_MOVED, _CHANGED = 0.01, 0.01

_TABLE = """
CREATE TABLE raw_building (code text, name text, floors integer, height double precision,
                           geom geometry(Polygon, 4490))
"""
_COPY = "COPY raw_building FROM STDIN (FORMAT BINARY)"
_OURS = """
import json, sys, time
from pathlib import Path
from gridcenter.actor import SYSTEM, act_as
from gridcenter.database import Database
from importers.command import ImportCommand
from importers.examination import examine
from importers.kinds import Kind
file, = sys.argv[1:]
database = Database(sys.stdin.read().strip())
with database.transaction() as tx:
    act_as(tx, SYSTEM)
    began = time.perf_counter()
    examined = examine(tx, ImportCommand(Kind.BUILDINGS, Path(file)))
    took = time.perf_counter() - began
    homes = tx.all("SELECT count(*) AS n, count(DISTINCT target) AS homes, sum(row::bigint * target)"
                   " AS mark FROM import_large WHERE NOT refused")[0]
    tx.connection.rollback()
database.close()
print(json.dumps({
    "seconds": took, "mb": int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
          * 1024 / 1e6,
    "read": examined.read, "refused": examined.refused, "difference": examined.difference,
    "findings": examined.findings.codes(), "homes": {k: int(v or 0) for k, v in homes.items()}}))
"""


def measure(site: Site) -> list[Figure]:
    """Both sizes: first into an empty town, then the same file against as many live buildings."""
    scale = min(1.0, site.size.copies / 6)
    figures: list[Figure] = []
    folder = Path(tempfile.mkdtemp(prefix="gridcenter-bench-import-"))
    try:
        for size in SIZES:
            count = max(2_000, round(size * scale))
            with _town(site.settings, f"{site.name}_import", count) as place:
                figures += _Size(site, place, folder, count).figures()
    finally:
        shutil.rmtree(folder)
    return figures


class _Size:
    """All lines of one size."""

    def __init__(self, site: Site, name: str, folder: Path, count: int) -> None:
        self.settings, self.name, self.count = site.settings, name, count
        self.rounds = min(3, site.effort.rounds)
        self.file = folder / f"{count}.gpkg"
        self.again = folder / f"{count}_again.gpkg"
        self.rows = folder / f"{count}.copy"
        write_files(self.file, self.again, self.rows, count)

    def figures(self) -> list[Figure]:
        """First import and the one after it, against both peers, and the memory."""
        raw, ours, others, told = [], [], [], []
        for _ in range(self.rounds):
            raw.append(self._raw())
            told.append(self._ours(self.file))
            ours.append(told[-1]["seconds"])
            others.append(self._ogr2ogr())
        self._check(told[0])
        written = self._into_force()
        later = [self._ours(self.again) for _ in range(self.rounds)]
        self._check_again(later[0])
        size = f"{self.count:,}"
        memory = [max(one["mb"], two["mb"]) for one, two in zip(told, later, strict=True)]
        common = {"into_force_s": round(written, 2), "findings": told[0]["findings"]}
        figures = [
            Figure(
                f"import-{self.count}",
                Words(f"导入 {size} 栋楼，比 COPY＋索引", f"import {size} buildings ÷ COPY + GiST"),
                "s", ours, raw, Bound(most=MOST), common,
            ),
            Figure(
                f"import-again-{self.count}",
                Words(f"再导入 {size} 栋楼，与现有比对", f"the same against {size} live ÷ COPY + GiST"),
                "s", [one["seconds"] for one in later], raw, Bound(most=MOST),
                {"difference": later[0]["difference"]},
            ),
            Figure(
                f"import-memory-{self.count}",
                Words(f"导入 {size} 栋楼的内存", f"memory of importing {size}"),
                "MB", memory, (), Bound(most=MOST_MB),
            ),
        ]  # fmt: skip
        if all(seconds is not None for seconds in others):
            figures.append(
                Figure(
                    f"import-ogr2ogr-{self.count}",
                    Words(f"比 ogr2ogr COPY 快几倍（{size}）", f"ogr2ogr COPY ÷ ours, {size}"),
                    "s",
                    [s for s in others if s],
                    ours,
                    Bound(least=LEAST),
                    {"peer_and_ours": "columns are swapped: times faster"},
                )
            )
        return figures

    def _url(self, role: str) -> str:
        return self.settings.url(role, self.name)  # type: ignore[arg-type]

    def _raw(self) -> float:
        """Seconds of the binary COPY of ready-made rows and the index."""
        with connect(self._url("owner"), autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS raw_building")
            connection.execute(_TABLE)
            connection.execute("CHECKPOINT") if _may_checkpoint(connection) else None
            began = time.perf_counter()
            with (
                self.rows.open("rb") as rows,
                connection.cursor() as cursor,
                cursor.copy(_COPY) as copy,
            ):
                while block := rows.read(1 << 18):
                    copy.write(block)
            connection.execute("CREATE INDEX ON raw_building USING gist (geom)")
            took = time.perf_counter() - began
            row = connection.execute("SELECT count(*) AS n FROM raw_building").fetchone()
            same("rows copied", self.count, row["n"] if row else None)
            connection.execute("DROP TABLE raw_building")
        return took

    def _ogr2ogr(self) -> float | None:
        """Seconds of ogr2ogr from the same file with COPY and index; None when it is not here."""
        tool = shutil.which("ogr2ogr")
        if tool is None:
            print("ogr2ogr: not installed (apt: gdal-bin), skipped", file=sys.stderr)  # noqa: T201
            return None
        command = [tool, "-f", "PostgreSQL", "PG:" + self._pg(), str(self.file)]
        command += ["-nln", "ogr_building", "-overwrite", "-lco", "SPATIAL_INDEX=GIST"]
        command += ["-lco", "GEOMETRY_NAME=geom", "--config", "PG_USE_COPY", "YES"]
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=self._environment())
        took = time.perf_counter() - began
        with connect(self._url("owner"), autocommit=True) as connection:
            connection.execute("DROP TABLE ogr_building")
        return took

    def _pg(self) -> str:
        parts = psycopg.conninfo.conninfo_to_dict(self._url("owner"))
        return " ".join(f"{k}='{v}'" for k, v in parts.items() if k != "password")

    def _environment(self) -> dict[str, str]:
        parts = psycopg.conninfo.conninfo_to_dict(self._url("owner"))
        return {**os.environ, "PGPASSWORD": str(parts.get("password") or "")}

    def _ours(self, file: Path) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-c", _OURS, str(file)], check=True, text=True,
            capture_output=True, input=self._url("worker"), cwd=self.settings.root,
        )  # fmt: skip
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    def _check(self, told: dict[str, Any]) -> None:
        """Every row read; what was spoilt was mended; every home is the one PostGIS says."""
        same("rows read", self.count, told["read"])
        same("rows new", self.count - told["refused"], told["difference"]["new"])
        spoilt = int(spoilt_rows(self.count).sum())
        mended = told["findings"].get("geometry.repaired", 0)
        same("outlines mended", spoilt, mended + told["findings"].get("geometry.unrepairable", 0))

    def _check_again(self, told: dict[str, Any]) -> None:
        moved, changed = later_rows(self.count)
        same("rows changed", True, told["difference"]["changed"] >= changed.sum() * 0.95)
        same("rows moved", True, told["difference"]["moved"] >= (moved & ~changed).sum() * 0.9)
        same("rows new", 0, told["difference"]["new"])

    def _into_force(self) -> float:
        """Seconds of the whole import through to the registry: rows kept, five indexes, checks."""
        from importers.command import ImportCommand
        from importers.kinds import Kind
        from importers.operations import run_import

        database = Database(self._url("worker"))
        try:
            began = time.perf_counter()
            outcome = run_import(database, SYSTEM, ImportCommand(Kind.BUILDINGS, self.file))
            took = time.perf_counter() - began
        finally:
            database.close()
        assert outcome.applied is not None
        with connect(self._url("owner")) as connection:
            row = connection.execute("SELECT count(*) AS n FROM building").fetchone()
        same("buildings in force", outcome.writable, row["n"] if row else None)
        with connect(self._url("admin"), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE building")
        return took


def _may_checkpoint(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute(
        "SELECT pg_has_role(current_user, 'pg_checkpoint', 'member') AS may"
    ).fetchone()
    return bool(row and row["may"])


# --- the town -----------------------------------------------------------------------------------


@contextmanager
def _town(settings: Settings, name: str, count: int) -> Iterator[str]:
    """A database with a street of square micro-grids under `count` buildings."""
    drop_database(settings, name)
    create_database(settings, name)
    try:
        upgrade(settings, settings.url("owner", name))
        database = Database(settings.url("owner", name))
        try:
            with database.transaction() as tx:
                act_as(tx, SYSTEM)
                load_reference_data(tx)
                make_microgrids(tx, count, min(MICROGRIDS, max(4, count // 12)))
        finally:
            database.close()
        yield name
    finally:
        drop_database(settings, name)


def extent(count: int) -> tuple[float, float, float, float]:
    """West, south, east, north of a town of `count` buildings."""
    side = int(np.ceil(np.sqrt(count)))
    return WEST, SOUTH, WEST + side * STEP_LON, SOUTH + side * STEP_LAT


def make_microgrids(tx: Transaction, count: int, microgrids: int) -> None:
    """A street, communities, grids and about `microgrids` micro-grids that share their edges."""
    west, south, east, north = extent(count)
    columns = int(np.sqrt(microgrids))
    rows = -(-microgrids // columns)
    # Borders run between houses, but for every hundredth, which is drawn through them.
    side = int(np.ceil(np.sqrt(count)))
    x = west + np.round(np.linspace(0, side, columns + 1)) * STEP_LON
    y = south + np.round(np.linspace(0, side, rows + 1)) * STEP_LAT
    y[50:-1:100] += STEP_LAT / 2
    street = "320508001"
    everything: dict[Level, list[tuple[str, str | None, Any]]] = {level: [] for level in _LEVELS}
    everything[Level.STREET].append((street, None, shapely.box(west, south, east, north)))
    for column in range(columns):
        community = f"{street}{column + 1:03d}"
        grid = f"{community}Z001"
        strip = shapely.box(x[column], south, x[column + 1], north)
        corners = [(x[column], value) for value in y] + [
            (x[column + 1], value) for value in y[::-1]
        ]
        strip = shapely.Polygon(corners)
        everything[Level.COMMUNITY].append((community, street, strip))
        everything[Level.GRID].append((grid, community, strip))
        for row in range(rows):
            box = shapely.box(x[column], y[row], x[column + 1], y[row + 1])
            everything[Level.MICROGRID].append((f"{grid}{row + 1:03d}", grid, box))
    for level, areas in everything.items():
        _write(tx, level, areas)
    tx.execute("ANALYZE area, area_version")


_LEVELS = (Level.STREET, Level.COMMUNITY, Level.GRID, Level.MICROGRID)
_AREA_COPY = (
    "COPY area_incoming (code, code_scheme, kind, label, name, parent_code, geom, source,"
    " is_example) FROM STDIN"
)


def _write(tx: Transaction, level: Level, areas: list[tuple[str, str | None, Any]]) -> None:
    stage_areas(tx)
    kind = "general_grid" if level is Level.GRID else None
    with tx.connection.cursor() as cursor, cursor.copy(_AREA_COPY) as copy:
        for code, parent, shape in areas:
            geom = shapely.to_wkb(shapely.MultiPolygon([shape]), hex=True)
            label = codes.path_label(code, parent)
            copy.write_row((code, "governance", kind, label, code, parent, geom, "bench", True))
    write_areas(tx, level.value)


def spoilt_rows(count: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Mask of the outlines that cross themselves."""
    return np.asarray(np.random.default_rng(SEED + 1).random(count) < _SPOILT)


def later_rows(count: int) -> tuple[Any, Any]:
    """Masks of what the second file moves by three metres, and of what it gives other floors."""
    chance = np.random.default_rng(SEED + 2)
    return chance.random(count) < _MOVED, chance.random(count) < _CHANGED


def write_files(file: Path, again: Path, rows: Path, count: int) -> None:
    """The town as GeoPackage, the same a year later, and the rows a raw COPY takes."""
    frame = _frame(count)
    pyogrio.write_dataframe(frame, file, layer="building", driver="GPKG")
    _write_copy(frame, rows)
    moved, changed = later_rows(count)
    shapes = frame.geometry.to_numpy().copy()
    shapes[moved] = shapely.transform(shapes[moved], lambda xy: xy + np.array([3e-5, 0.0]))
    frame["geometry"] = shapes
    frame["floors"] = np.where(changed, frame["floors"] % 30 + 1, frame["floors"])
    pyogrio.write_dataframe(frame, again, layer="building", driver="GPKG")


def _frame(count: int) -> gpd.GeoDataFrame:
    chance = np.random.default_rng(SEED)
    side = int(np.ceil(np.sqrt(count)))
    place = np.arange(count)
    x, y = WEST + (place % side + 0.5) * STEP_LON, SOUTH + (place // side + 0.5) * STEP_LAT
    wide, deep = chance.uniform(4e-5, 8e-5, count), chance.uniform(3e-5, 7e-5, count)
    turn = chance.uniform(0, np.pi / 2, count)
    cos, sin = np.cos(turn), np.sin(turn)
    corners = [(-1, -1), (1, -1), (1, 1), (0, 1.2), (-1, 1), (-1, -1)]
    ring = np.stack(
        [
            np.stack([x + u * wide * cos - v * deep * sin,
                      y + 0.85 * (u * wide * sin + v * deep * cos)], axis=1)
            for u, v in corners
        ],
        axis=1,
    )  # fmt: skip
    spoilt = spoilt_rows(count)
    ring[spoilt, 1], ring[spoilt, 2] = ring[spoilt, 2].copy(), ring[spoilt, 1].copy()
    columns = {
        "code": [f"B{number:08d}" for number in place],
        "name": [f"示例路 {number % 500} 号" for number in place],
        "floors": chance.integers(1, 30, count),
        "height": np.round(chance.uniform(3, 90, count), 1),
    }
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=shapely.polygons(ring), crs=4490)


def _write_copy(frame: gpd.GeoDataFrame, path: Path) -> None:
    from importers.bulk import copying
    from importers.bulk.packed import Packed

    columns = [
        copying.text(frame["code"].to_list()), copying.text(frame["name"].to_list()),
        copying.fixed(frame["floors"], ">i4"), copying.fixed(frame["height"], ">f8"),
        Packed.of(list(shapely.to_wkb(frame.geometry.to_numpy()))),
    ]  # fmt: skip
    path.write_bytes(copying.HEADER + copying.rows_of(columns) + copying.TRAILER)
