"""A written batch is taken back, unless something was built on it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from gridcenter.actor import ANONYMOUS, SYSTEM
from gridcenter.codes import Level
from gridcenter.database import Database, Transaction
from gridcenter.errors import BoundaryRefused, Conflict, NotFound, NothingToDo
from importers.command import ImportCommand
from importers.kinds import Kind
from importers.operations import discard, run_import, stage
from importers.undoing import undo
from tests.importers.test_operations import EAST, STREET, WEST, areas, geojson

GRID, MICROGRID = "320508001001Z001", "320508001001Z001001"
Bring = Callable[[ImportCommand], UUID]


@pytest.fixture
def bring(database: Database, tx: Transaction) -> Bring:
    """Imports a file, as if in the past, and gives its batch."""

    def run(command: ImportCommand) -> UUID:
        tx.execute(
            "UPDATE area_version SET valid = tstzrange(lower(valid) - interval '1 day', upper(valid))"
        )
        outcome = run_import(database, SYSTEM, command)
        assert outcome.applied and outcome.batch
        return outcome.batch

    return run


@pytest.fixture
def town(bring: Bring, tmp_path: Path) -> list[UUID]:
    """A street with two communities, a grid and a micro-grid in the west."""
    files = (
        (Level.STREET, [({"code": "320508001", "name": "甲街道"}, STREET)]),
        (
            Level.COMMUNITY,
            [
                ({"code": "320508001001", "name": "西社区", "parent_code": "320508001"}, WEST),
                ({"code": "320508001002", "name": "东社区", "parent_code": "320508001"}, EAST),
            ],
        ),
        (Level.GRID, [({"code": GRID, "name": "一网格", "parent_code": "320508001001"}, WEST)]),
        (Level.MICROGRID, [({"code": MICROGRID, "name": "一", "parent_code": GRID}, WEST)]),
    )
    return [bring(areas(geojson(tmp_path, rows, level.value), level)) for level, rows in files]  # type: ignore[arg-type]


def house(folder: Path, file: str, **said: object) -> ImportCommand:
    ring = [[120.61, 31.31], [120.6103, 31.31], [120.6103, 31.3103], [120.61, 31.3103],
            [120.61, 31.31]]  # fmt: skip
    return ImportCommand(Kind.BUILDINGS, geojson(folder, [({"code": "L1", **said}, ring)], file))


def workers(folder: Path, name: str, *lines: str) -> ImportCommand:
    file = folder / f"{name}.csv"
    file.write_text("工号,姓名,负责网格\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return ImportCommand(Kind.WORKERS, file)


def test_new_areas_go_from_the_lowest_up(tx: Transaction, town: list[UUID]) -> None:
    with pytest.raises(Conflict) as refused:
        undo(tx, SYSTEM, town[0])
    assert "社区" in str(refused.value)

    for batch in reversed(town):
        undo(tx, SYSTEM, batch)

    assert tx.scalar("SELECT count(*) FROM area") == 0
    states = {row["state"] for row in tx.all("SELECT state FROM import_batch")}
    assert states == {"undone"}
    with pytest.raises(NothingToDo) as told:
        undo(tx, SYSTEM, town[0])
    assert re.fullmatch(
        r"没有改动：这次导入已在 \d{4}-\d\d-\d\d \d\d:\d\d 撤销", told.value.detail("zh")
    )


def test_changed_areas_are_as_before(
    tx: Transaction, bring: Bring, town: list[UUID], tmp_path: Path
) -> None:
    for lower in (town[3], town[2]):
        undo(tx, SYSTEM, lower)
    old = tx.one("SELECT name, ST_AsText(geom) AS geom FROM area_now WHERE code = '320508001001'")
    west, east = ([[x + 0.0002 if x == 120.62 else x, y] for x, y in ring] for ring in (WEST, EAST))
    rows: list[tuple[dict[str, object], object]] = [
        ({"code": "320508001001", "name": "新西社区"}, west),
        ({"code": "320508001002", "name": "东社区"}, east),
    ]
    batch = bring(areas(geojson(tmp_path, rows, "moved"), Level.COMMUNITY))
    assert tx.scalar("SELECT name FROM area_now WHERE code = '320508001001'") == "新西社区"

    undo(tx, SYSTEM, batch)

    now = tx.one("SELECT name, ST_AsText(geom) AS geom FROM area_now WHERE code = '320508001001'")
    assert now == old
    assert tx.scalar("SELECT count(*) FROM area_version WHERE level = 'community'") == 2


def test_an_area_that_filled_a_hole_goes_and_leaves_the_hole(
    tx: Transaction, bring: Bring, tmp_path: Path
) -> None:
    """What was nobody's before the batch is nobody's again: no new fault."""
    street: list[tuple[dict[str, object], object]] = [({"code": "320508001", "name": "甲"}, STREET)]
    west = {"code": "320508001001", "name": "西社区", "parent_code": "320508001"}
    east = {"code": "320508001002", "name": "东社区", "parent_code": "320508001"}
    bring(areas(geojson(tmp_path, street, "street"), Level.STREET))
    bring(areas(geojson(tmp_path, [(west, WEST)], "west"), Level.COMMUNITY))
    batch = bring(areas(geojson(tmp_path, [(east, EAST)], "east"), Level.COMMUNITY))

    undo(tx, SYSTEM, batch)

    left = tx.all("SELECT code FROM area_now WHERE level = 'community'")
    assert [row["code"] for row in left] == ["320508001001"]


def test_a_batch_is_not_taken_back_where_its_old_borders_fit_no_longer(
    tx: Transaction, bring: Bring, town: list[UUID], tmp_path: Path
) -> None:
    """Two batches moved one border, each on its side: the first alone cannot go back."""
    for lower in (town[3], town[2]):
        undo(tx, SYSTEM, lower)
    west, east = ([[x + 0.0002 if x == 120.62 else x, y] for x, y in ring] for ring in (WEST, EAST))
    file = geojson(tmp_path, [({"code": "320508001001", "name": "西社区"}, west),
                              ({"code": "320508001002", "name": "东社区"}, east)], "moved")  # fmt: skip
    batch = bring(areas(file, Level.COMMUNITY))
    tx.execute("UPDATE area_version SET batch_id = NULL WHERE batch_id = %(b)s AND path ~ '*.002'",
               {"b": str(batch)})  # fmt: skip

    with pytest.raises(BoundaryRefused, match="belong to no area"):
        undo(tx, SYSTEM, batch)


def test_areas_with_buildings_stay(
    tx: Transaction, bring: Bring, town: list[UUID], tmp_path: Path
) -> None:
    bring(house(tmp_path, "b", name="一号楼"))

    with pytest.raises(Conflict, match="L1"):
        undo(tx, SYSTEM, town[-1])
    assert tx.scalar("SELECT count(*) FROM area_now WHERE level = 'microgrid'") == 1


def test_a_street_that_takes_in_what_lies_outside_stays(
    tx: Transaction, bring: Bring, tmp_path: Path
) -> None:
    rows = [({"code": "320508001", "name": "甲街道"}, STREET)]
    street = bring(areas(geojson(tmp_path, rows, "street"), Level.STREET))
    file = tmp_path / "history.csv"
    file.write_text(
        "案卷编号,事项,上报时间,状态,描述,经度,纬度\nA1,06001,2026-02-03 09:00,处理中,域外,121.9,31.3\n",
        encoding="utf-8",
    )
    bring(ImportCommand(Kind.INCIDENTS, file, datum="cgcs2000"))
    number = tx.scalar("SELECT number FROM case_file WHERE area_path IS NULL")

    with pytest.raises(Conflict, match=number):
        undo(tx, SYSTEM, street)


@pytest.mark.usefixtures("town")
def test_buildings_are_as_before(tx: Transaction, bring: Bring, tmp_path: Path) -> None:
    first = bring(house(tmp_path, "1", name="一号楼", floors=6))
    second = bring(house(tmp_path, "2", name="改名楼", floors=7))

    with pytest.raises(Conflict, match="L1"):
        undo(tx, SYSTEM, first)  # the second was built on it
    undo(tx, SYSTEM, second)

    row = tx.one("SELECT name, floors, batch_id FROM building WHERE upper_inf(valid)")
    assert row is not None
    assert (row["name"], row["floors"], row["batch_id"]) == ("一号楼", 6, str(first))


@pytest.mark.usefixtures("town")
def test_new_buildings_go_unless_people_live_there(
    tx: Transaction, bring: Bring, tmp_path: Path
) -> None:
    batch = bring(house(tmp_path, "1", name="一号楼"))
    with tx.connection.transaction(force_rollback=True):
        tx.execute(
            "INSERT INTO dwelling (building_id, entrance, floor, room, area_path, source)"
            " SELECT id, 1, 1, '101', area_path, 'test' FROM building"
        )
        with pytest.raises(Conflict, match="L1"):
            undo(tx, SYSTEM, batch)

    undo(tx, SYSTEM, batch)

    assert tx.scalar("SELECT count(*) FROM building") == 0


@pytest.mark.usefixtures("town")
def test_workers_and_duties_are_as_before(tx: Transaction, bring: Bring, tmp_path: Path) -> None:
    first = bring(workers(tmp_path, "1", f"01-001,张三,{GRID}"))
    second = bring(
        workers(tmp_path, "2", f"01-001,张三丰,{GRID} {MICROGRID}", "01-002,李四,320508001002")
    )

    undo(tx, SYSTEM, second)

    told = tx.all("SELECT code, display_name, batch_id FROM grid_worker")
    assert told == [{"code": "01-001", "display_name": "张三", "batch_id": str(first)}]
    assert tx.scalar("SELECT count(*) FROM duty") == 1
    tx.execute("UPDATE grid_worker SET capacity = 3")
    with pytest.raises(Conflict, match="01-001"):
        undo(tx, SYSTEM, first)
    tx.execute("UPDATE grid_worker SET capacity = 10")
    undo(tx, SYSTEM, first)
    assert tx.scalar("SELECT count(*) FROM grid_worker") == 0


def test_what_was_not_written_cannot_be_taken_back(tx: Transaction, tmp_path: Path) -> None:
    file = geojson(tmp_path, [({"code": "320508001", "name": "甲街道"}, STREET)])
    staged = stage(tx, SYSTEM, areas(file, Level.STREET))

    with pytest.raises(Conflict):
        undo(tx, SYSTEM, staged.id)
    discard(tx, SYSTEM, staged.id)
    with pytest.raises(Conflict):
        undo(tx, SYSTEM, staged.id)
    with pytest.raises(NotFound):
        undo(tx, SYSTEM, uuid4())
    with pytest.raises(NotFound):
        undo(tx, ANONYMOUS, staged.id)
