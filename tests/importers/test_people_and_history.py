"""Workers with their duties and incidents of earlier years, from tables as people keep them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridcenter.actor import SYSTEM
from gridcenter.codes import Level
from gridcenter.database import Database, Transaction
from importers.command import ImportCommand
from importers.kinds import Kind
from importers.operations import Outcome, run_import

COMMUNITY = "320508001001"
WORKERS = f"""工号,姓名,专兼职,负责网格,职责
03-001,张三,专职,"{COMMUNITY}Z001、{COMMUNITY}Z002",网格员
03-002,李四,兼职,{COMMUNITY}Z001,B岗
03-003,王五,专职,{COMMUNITY}Z001,网格员
03-004,赵六,专职,999,网格员
03-005,,专职,{COMMUNITY}Z003,网格员
03-006,钱七,神仙,{COMMUNITY}Z003,网格员
03-007,孙八,,{COMMUNITY}Z003,网格长
"""
HISTORY = """案卷编号,事项,上报时间,结案时间,状态,描述,地址,经度,纬度,来源
A1,私搭乱建,2026-01-02 10:00,2026年1月3日 11:30,已结案,搭棚,某街,120.605,31.305,12345 热线
A2,06001,2026/1/5,,处理中,搭棚,某街,120.606,31.305,
A3,不存在,2026/1/5,,处理中,搭棚,某街,120.606,31.305,
A4,06001,昨天,,处理中,搭棚,某街,120.606,31.305,
A5,06001,2026/1/5,,处理中,域外,某街,121.6,31.305,
A5,06001,2026/1/5,,处理中,域外,某街,121.6,31.305,
A6,06001,2026/1/5,,处理中,没有坐标,某街,,,
A7,06001,2026-01-05,2026-01-04,已结案,先结后报,某街,120.606,31.305,
A8,06001,2026-01-05,,不予受理,不是事,某街,120.606,31.305,
"""


@pytest.fixture
def grids(database: Database, tmp_path: Path) -> None:
    """One community with three grids side by side."""
    wkt = "POLYGON(({0} 31.30,{1} 31.30,{1} 31.31,{0} 31.31,{0} 31.30))"
    top = tmp_path / "community.csv"
    top.write_text(f'code,name,wkt\n{COMMUNITY},甲社区,"{wkt.format(120.6, 120.63)}"\n')
    rows = [
        f'{COMMUNITY}Z00{n},第{n}网格,"{wkt.format(120.59 + n / 100, 120.60 + n / 100)}"'
        for n in (1, 2, 3)
    ]
    below = tmp_path / "grids.csv"
    below.write_text("\n".join(["code,name,wkt", *rows]))
    for path, level in ((top, Level.COMMUNITY), (below, Level.GRID)):
        command = ImportCommand(Kind.AREAS, path, level=level, datum="cgcs2000")
        assert run_import(database, SYSTEM, command).applied is not None


def bring_in(database: Database, kind: Kind, folder: Path, text: str) -> Outcome:
    file = folder / "table.csv"
    file.write_bytes(text.encode("gb18030"))
    return run_import(database, SYSTEM, ImportCommand(kind, file))


@pytest.mark.usefixtures("grids")
def test_workers_get_their_duties_once(database: Database, tx: Transaction, tmp_path: Path) -> None:
    outcome = bring_in(database, Kind.WORKERS, tmp_path, WORKERS)

    assert outcome.applied is not None and outcome.applied.new == 3
    refused = {(f.row, f.code) for f in outcome.findings if f.severity == "refuse"}
    assert refused == {
        (3, "duty.taken"), (4, "reference.unknown"), (5, "field.required"), (6, "value.unknown"),
    }  # fmt: skip
    workers = tx.all(
        "SELECT code, display_name, employment, area_path::text AS path FROM grid_worker ORDER BY 1"
    )
    home = COMMUNITY
    assert [tuple(row.values()) for row in workers] == [
        ("03-001", "张三", "full_time", home),
        ("03-002", "李四", "part_time", f"{home}.Z001"),
        ("03-007", "孙八", "full_time", f"{home}.Z003"),
    ]
    duties = tx.all(
        "SELECT w.code, d.kind, d.rank, a.code AS area FROM duty d"
        " JOIN grid_worker w ON w.id = d.worker_id JOIN area a ON a.id = d.area_id ORDER BY 1, 4"
    )
    assert [(row["code"], row["kind"], row["rank"], row["area"][-4:]) for row in duties] == [
        ("03-001", "responsible", 0, "Z001"),
        ("03-001", "responsible", 0, "Z002"),
        ("03-002", "deputy", 1, "Z001"),
        ("03-007", "grid_leader", 0, "Z003"),
    ]

    again = bring_in(database, Kind.WORKERS, tmp_path, WORKERS)

    assert again.applied is not None
    assert (again.applied.new, again.applied.changed, again.applied.same) == (0, 0, 3)
    assert tx.scalar("SELECT count(*) FROM duty") == 4


@pytest.mark.usefixtures("grids")
def test_a_worker_who_moves_on_keeps_the_code(
    database: Database, tx: Transaction, tmp_path: Path
) -> None:
    header = "工号,姓名,负责网格\n"
    bring_in(database, Kind.WORKERS, tmp_path, f"{header}03-001,张三,{COMMUNITY}Z001\n")

    outcome = bring_in(database, Kind.WORKERS, tmp_path, f"{header}03-001,张三丰,{COMMUNITY}Z002\n")

    assert outcome.applied is not None and outcome.applied.changed == 1
    assert tx.scalar("SELECT display_name FROM grid_worker") == "张三丰"


@pytest.mark.usefixtures("grids")
def test_past_incidents_become_cases_once(
    database: Database, tx: Transaction, tmp_path: Path
) -> None:
    outcome = bring_in(database, Kind.INCIDENTS, tmp_path, HISTORY)

    assert outcome.applied is not None and outcome.applied.new == 4
    refused = {(f.row, f.code) for f in outcome.findings if f.severity == "refuse"}
    assert refused == {
        (3, "reference.unknown"), (4, "value.time"), (4, "field.required"), (6, "key.duplicate"),
        (7, "geometry.missing"), (8, "value.time"),
    }  # fmt: skip
    assert [f.row for f in outcome.findings if f.code == "place.unknown"] == [5, 6]
    cases = tx.all(
        "SELECT c.state, c.channel, c.area_path::text AS path, i.outside, c.version,"
        "       c.opened_at::text AS opened, c.closed_at::text AS closed"
        "  FROM case_file c JOIN incident i ON i.case_id = c.id ORDER BY c.number, c.state"
    )
    grid = f"{COMMUNITY}.Z001"
    closed, *others = [tuple(row.values()) for row in cases]
    assert closed == (
        "closed", "hotline_12345", grid, False, 2,
        "2026-01-02 10:00:00+08", "2026-01-03 11:30:00+08",
    )  # fmt: skip
    midnight = "2026-01-05 00:00:00+08"
    assert sorted(others, key=str) == sorted(
        [
            ("reported", "transferred", grid, False, 1, midnight, None),
            ("reported", "transferred", None, True, 1, midnight, None),
            ("rejected", "transferred", grid, False, 2, midnight, midnight),
        ],
        key=str,
    )
    assert tx.scalar("SELECT count(*) FROM case_event") == 6
    # What is still open is in intake's hands from now on: its clock runs, those of the others do not.
    clocks = tx.all(
        "SELECT c.state, c.stage, c.due_at > now() AS ahead, c.due_at = t.due_at AS told"
        "  FROM case_file c LEFT JOIN case_timer t ON t.case_id = c.id AND t.stopped_at IS NULL"
        " WHERE c.due_at IS NOT NULL OR t.id IS NOT NULL"
    )
    assert [tuple(row.values()) for row in clocks] == [("reported", "intake", True, True)] * 2

    again = bring_in(database, Kind.INCIDENTS, tmp_path, HISTORY)

    assert again.applied is not None
    assert (again.applied.new, again.applied.same) == (0, 4)


def test_nothing_is_written_without_the_columns_that_must_be_there(
    database: Database, tx: Transaction, tmp_path: Path
) -> None:
    outcome = bring_in(database, Kind.WORKERS, tmp_path, "甲,乙\n1,2\n")

    assert outcome.refused_whole and outcome.applied is None
    missing = {f.field for f in outcome.findings if f.code == "field.required"}
    assert missing == {"code", "name", "grids"}
    assert tx.scalar("SELECT count(*) FROM grid_worker") == 0
