"""A dedicated grid (专属网格) nested in a general one: buildings belong to it wherever they are assigned."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gridcenter.actor import SYSTEM
from gridcenter.areas.area_settings import set_area_setting
from gridcenter.areas.queries import locate
from gridcenter.codes import Level
from gridcenter.database import Database, Transaction
from gridcenter.registry.queries import building_card
from importers.command import ImportCommand
from importers.kinds import Kind
from importers.operations import run_import
from tests.importers.test_operations import EAST, STREET, WEST, areas, geojson

COMMUNITY = "320508001001"
GRID, MICRO, SCHOOL = f"{COMMUNITY}Z001", f"{COMMUNITY}Z001001", f"{COMMUNITY}S001"


def square(west: float, south: float, side: float) -> list[list[float]]:
    east, north = west + side, south + side
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


GROUNDS = square(120.605, 31.305, 0.003)
INSIDE, BESIDE = square(120.606, 31.306, 0.0003), square(120.615, 31.306, 0.0003)


@pytest.fixture
def town(database: Database, tx: Transaction, tmp_path: Path) -> None:
    """A street with two communities; in the west one grid with one micro-grid, dedicated grids nested."""
    files: list[tuple[Level, list[tuple[dict[str, object], object]]]] = [
        (Level.STREET, [({"code": "320508001", "name": "甲街道"}, STREET)]),
        (
            Level.COMMUNITY,
            [({"code": COMMUNITY, "name": "西社区"}, WEST),
             ({"code": "320508001002", "name": "东社区"}, EAST)],
        ),
        (Level.GRID, [({"code": GRID, "name": "一网格"}, WEST)]),
        (Level.MICROGRID, [({"code": MICRO, "name": "一"}, WEST)]),
    ]  # fmt: skip
    for level, rows in files:
        assert run_import(
            database, SYSTEM, areas(geojson(tmp_path, rows, level.value), level)
        ).applied
    set_area_setting(tx, SYSTEM, COMMUNITY, "topology", '{"dedicated": "nested"}')
    back_a_day(tx)


def back_a_day(tx: Transaction) -> None:
    """A test is one transaction, and so one moment: a version may not end when it begins."""
    tx.execute(
        "UPDATE area_version SET valid = tstzrange(lower(valid) - interval '1 day',"
        " upper(valid) - interval '1 day')"
    )


def school(database: Database, folder: Path) -> None:
    row: dict[str, object] = {"code": SCHOOL, "name": "小学", "kind": "dedicated_grid",
                              "parent_code": COMMUNITY}  # fmt: skip
    file = geojson(folder, [(row, GROUNDS)], "school")
    outcome = run_import(database, SYSTEM, areas(file, Level.GRID))
    assert outcome.applied and outcome.applied.new == 1, [f.en for f in outcome.findings]


def buildings(database: Database, folder: Path) -> Any:
    rows: list[tuple[dict[str, object], object]] = [
        ({"code": "L1"}, INSIDE),
        ({"code": "L2"}, BESIDE),
    ]
    command = ImportCommand(Kind.BUILDINGS, geojson(folder, rows, "buildings"))
    return run_import(database, SYSTEM, command).applied


def homes(tx: Transaction) -> dict[str, str]:
    rows = tx.all(
        "SELECT b.code, a.code AS home, b.area_path = n.path AS agrees FROM building b"
        " JOIN area a ON a.id = b.microgrid_id JOIN area_now n ON n.id = a.id"
    )
    assert all(row["agrees"] for row in rows)
    return {row["code"]: row["home"] for row in rows}


@pytest.mark.usefixtures("town")
def test_a_building_comes_into_the_nested_grid_that_locate_names(
    database: Database, tx: Transaction, tmp_path: Path
) -> None:
    school(database, tmp_path)
    buildings(database, tmp_path)

    assert homes(tx) == {"L1": SCHOOL, "L2": MICRO}
    for code, (lon, lat) in {"L1": (120.60615, 31.30615), "L2": (120.61515, 31.30615)}.items():
        found, then = locate(tx, lon, lat), locate(tx, lon, lat, at=datetime.now(UTC))
        path = tx.scalar("SELECT area_path::text FROM building WHERE code = %(c)s", {"c": code})
        assert found.path == then.path == path
    card = json.loads(building_card(tx, "L1", datetime.now(UTC)))
    assert [area["code"] for area in card["areas"]][-1] == SCHOOL
    assert card["microgrid"] is None
    assert json.loads(building_card(tx, "L2", datetime.now(UTC)))["microgrid"] == MICRO
    again = buildings(database, tmp_path)
    assert (again.new, again.changed, again.same) == (0, 0, 2)


@pytest.mark.usefixtures("town")
def test_a_nested_grid_that_comes_later_takes_its_buildings_over(
    database: Database, tx: Transaction, tmp_path: Path
) -> None:
    """Dwellings and households follow; where the grid gets micro-grids, they are the home."""
    buildings(database, tmp_path)
    assert homes(tx) == {"L1": MICRO, "L2": MICRO}
    tx.execute(
        "INSERT INTO dwelling (building_id, entrance, floor, room, area_path, source)"
        " SELECT id, 1, 1, '101', area_path, 'test' FROM building"
    )
    school(database, tmp_path)
    assert homes(tx) == {"L1": SCHOOL, "L2": MICRO}
    strayed = (
        "SELECT count(*) FROM dwelling d JOIN building b ON b.id = d.building_id"
        " WHERE d.area_path <> b.area_path"
    )
    assert tx.scalar(strayed) == 0
    back_a_day(tx)
    inner: dict[str, object] = {"code": f"{SCHOOL}001", "name": "校内", "parent_code": SCHOOL}
    file = geojson(tmp_path, [(inner, GROUNDS)], "inner")
    assert run_import(database, SYSTEM, areas(file, Level.MICROGRID)).applied
    assert homes(tx) == {"L1": f"{SCHOOL}001", "L2": MICRO}
    assert tx.scalar(strayed) == 0


@pytest.mark.usefixtures("town")
def test_cut_out_grids_are_refused_where_they_would_be_nested(
    database: Database, tx: Transaction, tmp_path: Path
) -> None:
    set_area_setting(tx, SYSTEM, COMMUNITY, "topology", '{"dedicated": "cut_out"}')
    row: dict[str, object] = {"code": SCHOOL, "name": "小学", "kind": "dedicated_grid"}
    file = geojson(tmp_path, [(row, GROUNDS)], "school")
    outcome = run_import(database, SYSTEM, areas(file, Level.GRID))
    assert outcome.applied is None and outcome.findings[0].code == "boundary.refused"
