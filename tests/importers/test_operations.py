"""Staging, choosing rows, applying once, discarding; who may; what a dry run leaves."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from uuid import uuid4

import pytest

from gridcenter.actor import ANONYMOUS, SYSTEM
from gridcenter.codes import Level
from gridcenter.database import Database, Transaction
from gridcenter.errors import BoundaryRefused, Conflict, ImportRefused, InvalidInput, NotFound
from importers.command import ImportCommand
from importers.kinds import Kind
from importers.operations import apply, discard, run_import, stage
from importers.queries import (
    batch_detail,
    batch_list,
    finding_rows,
    refused_rows_csv,
    shapes_near,
)
from importers.redrawing import staged_areas

STREET = [[120.60, 31.30], [120.64, 31.30], [120.64, 31.32], [120.60, 31.32], [120.60, 31.30]]
WEST = [[120.60, 31.30], [120.62, 31.30], [120.62, 31.32], [120.60, 31.32], [120.60, 31.30]]
EAST = [[120.62, 31.30], [120.64, 31.30], [120.64, 31.32], [120.62, 31.32], [120.62, 31.30]]


def geojson(folder: Path, rows: list[tuple[dict[str, object], object]], name: str = "a") -> Path:
    """A GeoJSON file of (properties, ring or None) rows."""
    features = [
        {
            "type": "Feature",
            "properties": properties,
            "geometry": ring and {"type": "Polygon", "coordinates": [ring]},
        }
        for properties, ring in rows
    ]
    file = folder / f"{name}.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return file


def areas(path: Path, level: Level, **said: object) -> ImportCommand:
    return ImportCommand(Kind.AREAS, path, level=level, **said)  # type: ignore[arg-type]


@pytest.fixture
def street(database: Database, tx: Transaction, tmp_path: Path) -> None:
    """A street with two communities, in force since yesterday."""
    top = geojson(tmp_path, [({"code": "320508001", "name": "甲街道"}, STREET)], "street")
    two = geojson(
        tmp_path,
        [
            ({"code": "320508001001", "name": "西社区", "parent_code": "320508001"}, WEST),
            ({"code": "320508001002", "name": "东社区", "parent_code": "320508001"}, EAST),
        ],
        "communities",
    )
    run_import(database, SYSTEM, areas(top, Level.STREET))
    run_import(database, SYSTEM, areas(two, Level.COMMUNITY))
    # A test is one transaction, and so one moment: a version may not end when it begins.
    tx.execute("UPDATE area_version SET valid = tstzrange(now() - interval '1 day', NULL)")


def test_a_staged_batch_is_not_in_force_until_applied(tx: Transaction, tmp_path: Path) -> None:
    file = geojson(tmp_path, [({"code": "320508001", "name": "甲街道"}, STREET)])

    staged = stage(tx, SYSTEM, areas(file, Level.STREET))
    assert tx.scalar("SELECT count(*) FROM area") == 0

    assert apply(tx, SYSTEM, staged.id).new == 1
    assert tx.scalar("SELECT name FROM area_now WHERE code = '320508001'") == "甲街道"
    with pytest.raises(Conflict):
        apply(tx, SYSTEM, staged.id)


def test_only_chosen_rows_are_written(tx: Transaction, tmp_path: Path) -> None:
    rows = [
        ({"code": "320508001", "name": "甲"}, WEST),
        ({"code": "320508002", "name": "乙"}, EAST),
    ]
    staged = stage(tx, SYSTEM, areas(geojson(tmp_path, rows), Level.STREET))

    assert apply(tx, SYSTEM, staged.id, only_rows=[2]).new == 1

    assert [row["code"] for row in tx.all("SELECT code FROM area")] == ["320508002"]


def test_a_refused_row_is_never_written_even_if_chosen(tx: Transaction, tmp_path: Path) -> None:
    rows = [({"code": "320508001", "name": "甲"}, WEST), ({"code": "320508002"}, None)]
    staged = stage(tx, SYSTEM, areas(geojson(tmp_path, rows), Level.STREET))

    assert apply(tx, SYSTEM, staged.id, only_rows=[1, 2]).new == 1


def test_a_discarded_batch_keeps_its_record_and_cannot_be_applied(
    tx: Transaction, tmp_path: Path
) -> None:
    file = geojson(tmp_path, [({"code": "320508001", "name": "甲街道"}, STREET)])
    staged = stage(tx, SYSTEM, areas(file, Level.STREET))

    discard(tx, SYSTEM, staged.id)

    assert tx.scalar("SELECT count(*) FROM import_row") == 0
    assert json.loads(batch_detail(tx, staged.id))["state"] == "discarded"
    with pytest.raises(Conflict):
        apply(tx, SYSTEM, staged.id)


def test_a_dry_run_leaves_nothing(database: Database, tx: Transaction, tmp_path: Path) -> None:
    file = geojson(tmp_path, [({"code": "320508001", "name": "甲街道"}, STREET)])

    outcome = run_import(database, SYSTEM, areas(file, Level.STREET), dry_run=True)

    assert (outcome.writable, outcome.applied, outcome.batch) == (1, None, None)
    assert outcome.difference["new"] == 1
    assert tx.scalar("SELECT count(*) FROM import_batch") == 0
    assert tx.scalar("SELECT count(*) FROM area") == 0


def test_areas_need_their_level(tx: Transaction, tmp_path: Path) -> None:
    file = geojson(tmp_path, [({"code": "1"}, STREET)])

    with pytest.raises(InvalidInput):
        stage(tx, SYSTEM, ImportCommand(Kind.AREAS, file))


def test_for_others_there_are_no_imports(tx: Transaction, tmp_path: Path) -> None:
    file = geojson(tmp_path, [({"code": "1"}, STREET)])

    with pytest.raises(NotFound):
        stage(tx, ANONYMOUS, areas(file, Level.STREET))
    with pytest.raises(NotFound):
        apply(tx, SYSTEM, uuid4())


@pytest.mark.usefixtures("street")
def test_a_moved_border_is_a_new_version_and_the_old_one_is_kept(
    database: Database, tx: Transaction, tmp_path: Path
) -> None:
    west, east = ([[x + 0.0002 if x == 120.62 else x, y] for x, y in ring] for ring in (WEST, EAST))
    rows = [
        ({"code": "320508001001", "name": "西社区"}, west),
        ({"code": "320508001002", "name": "东社区"}, east),
    ]

    outcome = run_import(database, SYSTEM, areas(geojson(tmp_path, rows, "moved"), Level.COMMUNITY))

    assert outcome.difference == {
        "new": 0, "changed": 0, "moved": 2, "same": 0, "vanished": 0, "vanished_codes": [],
    }  # fmt: skip
    row = tx.one("SELECT moved_m FROM import_row WHERE batch_id = %(b)s", {"b": outcome.batch})
    assert row is not None and 18 < row["moved_m"] < 20  # 0.0002° of longitude at 31.3°N


@pytest.mark.usefixtures("street")
def test_a_border_moved_on_one_side_alone_is_told_and_not_written(
    database: Database, tx: Transaction, tmp_path: Path
) -> None:
    moved = [[x + 0.0002 if x == 120.62 else x, y] for x, y in WEST]
    file = geojson(tmp_path, [({"code": "320508001001", "name": "西社区"}, moved)], "moved")

    staged = stage(tx, SYSTEM, areas(file, Level.COMMUNITY))

    # The neighbour is not in the file, so they would overlap.
    assert staged.examined.difference["vanished_codes"] == ["320508001002"]
    (overlap,) = [f for f in staged.examined.findings if f.code == "overlap"]
    assert float(overlap.value or 0) == pytest.approx(42_200, rel=0.01)
    told = json.loads(batch_detail(tx, staged.id))
    (kind,) = [kind for kind in told["findings"] if kind["code"] == "overlap"]
    assert "keeps the whole file out" in kind["then_en"] and "写不进去" in kind["then_zh"]
    with pytest.raises(BoundaryRefused, match=r"nothing was stored.*redraw plan"):
        apply(tx, SYSTEM, staged.id)


@pytest.mark.usefixtures("street")
def test_a_file_whose_borders_do_not_fit_waits_with_the_reason(
    database: Database, tx: Transaction, tmp_path: Path
) -> None:
    """The whole file is kept out, its findings stay, and a redraw plan can be made of it."""
    moved = [[x + 0.0002 if x == 120.62 else x, y] for x, y in WEST]
    file = geojson(tmp_path, [({"code": "320508001001", "name": "西社区"}, moved)], "moved")
    versions = "SELECT count(*) FROM area_version"
    before = tx.scalar(versions)

    outcome = run_import(database, SYSTEM, areas(file, Level.COMMUNITY))

    assert outcome.applied is None and outcome.refused_whole
    refused = outcome.findings[0]
    assert refused.code == "boundary.refused" and refused.row is None
    assert "重叠" in refused.zh and "overlap" in refused.en
    assert {f.code for f in outcome.findings} >= {"boundary.refused", "overlap"}
    assert tx.scalar(versions) == before
    assert outcome.batch is not None
    told = json.loads(batch_detail(tx, outcome.batch))
    assert told["state"] == "staged"
    assert "boundary.refused" in {kind["code"] for kind in told["findings"]}
    rows, _ = staged_areas(tx, outcome.batch)
    assert [row["code"] for row in rows] == ["320508001001"]


@pytest.mark.usefixtures("street")
def test_a_parent_is_found_by_name_and_by_place(
    database: Database, tx: Transaction, tmp_path: Path
) -> None:
    grids = geojson(
        tmp_path,
        [
            ({"网格编码": "320508001001Z001", "网格名称": "一", "所属区域": "西社区"}, WEST),
            ({"网格编码": "320508001002Z001", "网格名称": "二", "所属区域": None}, EAST),
        ],
        "grids",
    )

    run_import(database, SYSTEM, areas(grids, Level.GRID))

    found = tx.all("SELECT path::text AS path FROM area_now WHERE level = 'grid' ORDER BY code")
    assert [row["path"] for row in found] == ["320508001.001.Z001", "320508001.002.Z001"]


@pytest.mark.usefixtures("street")
def test_an_unknown_parent_refuses_the_row_and_only_it(database: Database, tmp_path: Path) -> None:
    rows = [
        ({"code": "320508001001Z001", "name": "一", "parent_code": "320508001001"}, WEST),
        ({"code": "320508009001Z001", "name": "二", "parent_code": "320508009001"}, EAST),
    ]

    outcome = run_import(database, SYSTEM, areas(geojson(tmp_path, rows), Level.GRID))

    assert outcome.applied is not None and outcome.applied.new == 1
    (refused,) = [f for f in outcome.findings if f.code == "parent.missing"]
    assert (refused.row, refused.value) == (2, "320508009001")


@pytest.mark.usefixtures("street")
def test_a_parent_that_went_away_between_staging_and_applying(
    tx: Transaction, tmp_path: Path
) -> None:
    rows = [({"code": "320508001001Z001", "name": "一", "parent_code": "320508001001"}, WEST)]
    staged = stage(tx, SYSTEM, areas(geojson(tmp_path, rows), Level.GRID))
    tx.execute(
        "UPDATE area_version SET valid = tstzrange(lower(valid) - interval '1 day', lower(valid))"
        " WHERE area_id = (SELECT id FROM area WHERE code = '320508001001')"
    )

    with pytest.raises(ImportRefused):
        apply(tx, SYSTEM, staged.id)


@pytest.mark.usefixtures("street")
def test_a_code_of_another_level_or_of_the_past_is_refused(
    database: Database, tx: Transaction, tmp_path: Path
) -> None:
    tx.execute(
        "UPDATE area_version SET valid = tstzrange(lower(valid) - interval '1 day', lower(valid))"
        " WHERE area_id = (SELECT id FROM area WHERE code = '320508001002')"
    )
    rows = [
        ({"code": "320508001001", "name": "一"}, WEST),
        ({"code": "320508001002", "name": "二"}, EAST),
    ]
    as_grids = run_import(database, SYSTEM, areas(geojson(tmp_path, rows), Level.GRID))
    as_communities = run_import(database, SYSTEM, areas(geojson(tmp_path, rows), Level.COMMUNITY))

    assert {f.code for f in as_grids.findings if f.severity == "refuse"} == {"key.level"}
    refused = [(f.row, f.code) for f in as_communities.findings if f.severity == "refuse"]
    assert refused == [(2, "key.retired")]


@pytest.mark.usefixtures("street")
def test_a_child_mostly_outside_of_its_parent_is_refused(
    database: Database, tmp_path: Path
) -> None:
    rows = [({"code": "320508001001Z001", "name": "一", "parent_code": "320508001001"}, EAST)]

    outcome = run_import(database, SYSTEM, areas(geojson(tmp_path, rows), Level.GRID))

    assert outcome.applied is None
    assert [f.code for f in outcome.findings if f.severity == "refuse"] == ["parent.outside"]


@pytest.mark.usefixtures("street")
def test_provisional_codes_count_west_to_east_after_those_in_use(
    database: Database, tx: Transaction, tmp_path: Path
) -> None:
    def strip(west: float) -> list[list[float]]:
        return [[west, 31.30], [west + 0.005, 31.30], [west + 0.005, 31.32], [west, 31.32],
                [west, 31.30]]  # fmt: skip

    rows = [
        ({"name": "丙", "code": None}, strip(120.615)),
        ({"name": "甲", "code": "320508001001Z001"}, strip(120.600)),
        ({"name": "乙", "code": None}, strip(120.605)),
    ]
    file = geojson(tmp_path, rows)

    outcome = run_import(database, SYSTEM, areas(file, Level.GRID, parent="320508001001"))

    found = tx.all("SELECT code, name FROM area_now WHERE level = 'grid' ORDER BY code")
    assert [(row["code"][-4:], row["name"]) for row in found] == [
        ("Z001", "甲"), ("Z002", "乙"), ("Z003", "丙"),
    ]  # fmt: skip
    assert "key.missing" in {f.code for f in outcome.findings}
    again = run_import(database, SYSTEM, areas(file, Level.GRID, parent="320508001001"))
    assert again.applied is not None and again.applied.same == 3


def test_pages_see_batches_findings_rows_and_refused_rows(tx: Transaction, tmp_path: Path) -> None:
    rows = [({"code": "320508001", "name": "=1+1"}, STREET), ({"code": "=cmd", "name": "乙"}, None)]
    staged = stage(tx, SYSTEM, areas(geojson(tmp_path, rows), Level.STREET))

    (listed,) = json.loads(batch_list(tx))["items"]
    assert (listed["file"], listed["rows_read"], listed["rows_refused"]) == ("a.geojson", 2, 1)
    detail = json.loads(batch_detail(tx, staged.id))
    (missing,) = [f for f in detail["findings"] if f["code"] == "geometry.missing"]
    assert (missing["severity"], missing["rows"], missing["then_en"]) == ("refuse", 1, "not stored")
    page = json.loads(finding_rows(tx, staged.id, "geometry.missing"))
    assert [item["row"] for item in page["items"]] == [2] and page["next"] is None
    near = json.loads(shapes_near(tx, staged.id, (120.5, 31.2, 120.7, 31.4)))
    assert [f["id"] for f in near["features"]] == [1]
    assert "crs" not in near["features"][0]["geometry"]
    table = list(csv.reader(io.StringIO(refused_rows_csv(tx, staged.id).removeprefix("\ufeff"))))
    assert table[0][0] == "行" and table[0][-1] == "拒收原因"
    assert table[1][0] == "2" and "'=cmd" in table[1] and "没有图形" in table[1][-1]
    with pytest.raises(NotFound):
        batch_detail(tx, uuid4())


def ring(west: float, east: float, south: float = 31.3) -> list[list[float]]:
    """The boundary of a rectangle between two longitudes, 0.01 degrees high."""
    north = south + 0.01
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def test_a_row_counts_once_however_often_a_kind_concerns_it(
    tx: Transaction, tmp_path: Path
) -> None:
    third = ring(120.595, 120.605, 31.305)  # a quarter of it lies over each of the others
    west, east = ring(120.59, 120.6), ring(120.6, 120.611)
    rows = [
        ({"code": f"32050899{n}", "name": name}, shape)
        for n, (name, shape) in enumerate([("西", west), ("东", east), ("中", third)], start=7)
    ]
    staged = stage(tx, SYSTEM, areas(geojson(tmp_path, rows), Level.STREET))

    detail = json.loads(batch_detail(tx, staged.id))

    for kind in detail["findings"]:
        if not kind["whole"]:
            page = finding_rows(tx, staged.id, kind["code"], severity=kind["severity"])
            numbers = [item["row"] for item in json.loads(page)["items"]]
            assert numbers == sorted(set(numbers)) and len(numbers) == kind["rows"]
    overlaps = [f for f in staged.examined.findings if f.code.startswith("overlap")]
    told = {k["code"]: k for k in detail["findings"]}
    assert len(overlaps) > len({(f.code, f.row) for f in overlaps})
    assert all(told[f.code]["rows"] < len(overlaps) for f in overlaps)
    assert told[overlaps[0].code]["title_en"].startswith("overlaps another area")
