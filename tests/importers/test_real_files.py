"""Real places come in whole: counts, names, square metres, and again without any change."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridcenter.actor import SYSTEM
from gridcenter.codes import Level
from gridcenter.database import Database, Transaction
from gridcenter.geo import geodesic_area_m2, wgs84_to_gcj02
from importers.command import ImportCommand
from importers.kinds import Kind
from importers.measures import common_zone, in_zone
from importers.operations import Outcome, run_import
from importers.reading import ReadOptions, read

VARIANTS = [
    ("streets_gbk_no_cpg", "街道名称", None),
    ("streets_gb18030_4490", "街道名称", None),
    ("streets_gbk_cgcs2000_gk117_no_prj", "街道名称", None),
    ("streets_cgcs2000_zone39_4527.gpkg", "街道名称", None),
    ("streets_gcj02_labelled_4326.geojson", "street", "gcj02"),
]


def _areas(
    database: Database, path: Path, level: Level, layer: str | None = None, **said: object
) -> Outcome:
    command = ImportCommand(Kind.AREAS, path, level=level, layer=layer, **said)  # type: ignore[arg-type]
    return run_import(database, SYSTEM, command)


def _written(outcome: Outcome) -> tuple[int, int, int]:
    assert outcome.applied is not None, [f.zh for f in outcome.findings]
    return outcome.applied.new, outcome.applied.changed, outcome.applied.same


def _worst_area_error(tx: Transaction, level: Level) -> float:
    """The largest relative difference between stored square metres and the ellipsoid's."""
    rows = tx.all(
        "SELECT area_m2, ST_AsBinary(geom) AS geom FROM area_now WHERE level = %(level)s",
        {"level": level.value},
    )
    truth = np.array([geodesic_area_m2(shapely.from_wkb(bytes(row["geom"]))) for row in rows])
    return float(np.abs(np.array([row["area_m2"] for row in rows]) / truth - 1).max())


@pytest.mark.parametrize(("variant", "name", "datum"), VARIANTS)
def test_each_variant_reads_as_the_original(
    shared: Path, variant: str, name: str, datum: str | None
) -> None:
    original = gpd.read_file(shared / "beijing" / "beijing_streets.gpkg", layer="streets")

    frame = read(shared / "beijing" / "variants" / variant, ReadOptions(datum=datum)).frame

    assert frame is not None and len(frame) == 134
    # A name occurs in several districts; the right one is where the shapes meet.
    shapes, known = frame.geometry.to_numpy(), original.geometry.to_numpy()
    mine, theirs = shapely.STRtree(known).query(shapely.point_on_surface(shapes), "within")
    assert list(mine) == list(range(134))
    assert list(frame[name]) == list(original["street"].iloc[theirs])
    zone = common_zone(shapes)
    ours, truth = in_zone(shapes, zone), in_zone(known[theirs], zone)
    assert shapely.hausdorff_distance(ours, truth).max() < 1.0
    areas = np.array([geodesic_area_m2(shape) for shape in known[theirs]])
    assert np.abs(shapely.area(ours) / areas - 1).max() < 0.001


def test_beijing_streets_hang_under_their_districts(
    shared: Path, database: Database, tx: Transaction
) -> None:
    file = shared / "beijing" / "beijing_streets.gpkg"

    assert _written(_areas(database, file, Level.DISTRICT, "districts")) == (16, 0, 0)
    assert _written(_areas(database, file, Level.STREET, "streets")) == (331, 0, 0)

    assert _worst_area_error(tx, Level.STREET) < 0.001
    assert tx.scalar("SELECT count(*) FROM area_now WHERE level = 'street'") == 331
    row = tx.one("SELECT name, path::text AS path FROM area_now WHERE code = '110105001'")
    assert row == {"name": "建外街道", "path": "110105.001"}
    # Seven streets have no code in the file: they get one of their district's free range.
    made = tx.scalar("SELECT count(*) FROM area_now WHERE code ~ '^1101[01][0-9]90[1-9]$'")
    assert made == 7
    assert _written(_areas(database, file, Level.STREET, "streets")) == (0, 0, 331)


def test_beijing_streets_come_in_alone_too(
    shared: Path, database: Database, tx: Transaction
) -> None:
    outcome = _areas(database, shared / "beijing" / "beijing_streets.gpkg", Level.STREET, "streets")

    assert _written(outcome) == (331, 0, 0)
    assert "parent.none" in {f.code for f in outcome.findings}


@pytest.mark.parametrize(("variant", "_name", "datum"), VARIANTS)
def test_each_variant_changes_nothing_beside_the_original(
    shared: Path, database: Database, variant: str, _name: str, datum: str | None
) -> None:
    file = shared / "beijing" / "beijing_streets.gpkg"
    _areas(database, file, Level.DISTRICT, "districts")
    _areas(database, file, Level.STREET, "streets")

    outcome = _areas(database, shared / "beijing" / "variants" / variant, Level.STREET, datum=datum)

    assert _written(outcome) == (0, 0, 134)


def test_a_shifted_file_that_claims_wgs84_is_suspected(
    shared: Path, database: Database, tx: Transaction
) -> None:
    file = shared / "beijing" / "beijing_streets.gpkg"
    _areas(database, file, Level.DISTRICT, "districts")
    _areas(database, file, Level.STREET, "streets")
    before = tx.scalar("SELECT count(*) FROM area_version")

    outcome = _areas(
        database,
        shared / "beijing" / "variants" / "streets_gcj02_labelled_4326.geojson",
        Level.STREET,
    )

    assert outcome.refused_whole and outcome.applied is None
    (suspicion,) = [f for f in outcome.findings if f.code == "datum.suspected"]
    assert suspicion.value == "gcj02"
    assert tx.scalar("SELECT count(*) FROM area_version") == before


def test_tainan_nests_in_four_levels(shared: Path, database: Database, tx: Transaction) -> None:
    file = shared / "tainan" / "tainan_hierarchy.gpkg.zip"

    assert _written(_areas(database, file, Level.DISTRICT, "towns")) == (37, 0, 0)
    level2 = _areas(database, file, Level.COMMUNITY, "stat_level2", columns={"parent": "TOWN_ID"})
    assert _written(level2) == (667, 0, 0)
    assert _written(_areas(database, file, Level.GRID, "stat_level1")) == (6322, 0, 0)
    base = _areas(database, file, Level.MICROGRID, "stat_base", columns={"parent": "CODE1"})
    assert _written(base) == (12774, 0, 0)

    assert _worst_area_error(tx, Level.MICROGRID) < 0.001
    households = tx.scalar("SELECT sum(households) FROM area_now WHERE level = 'microgrid'")
    assert households == 677_004
    wrong = tx.scalar(
        "SELECT count(*) FROM area_now m JOIN area_now g ON g.id = m.parent_id"
        " WHERE m.level = 'microgrid' AND (g.level <> 'grid' OR NOT m.path <@ g.path)"
    )
    assert wrong == 0
    # Written by place, not by a column: what the file says elsewhere must agree.
    strayed = tx.scalar(
        "SELECT count(*) FROM area_now g JOIN area_now c ON c.id = g.parent_id"
        " WHERE g.level = 'grid' AND NOT starts_with(g.code, c.code)"
    )
    assert strayed == 0
    again = _areas(database, file, Level.MICROGRID, "stat_base", columns={"parent": "CODE1"})
    assert _written(again) == (0, 0, 12774)


def test_the_sample_street_comes_in_whole_and_once(
    shared: Path, database: Database, tx: Transaction
) -> None:
    file = shared / "suzhou" / "gusu_sample.gpkg"
    counts = {"street": 1, "community": 11, "grid": 69, "microgrid": 408}

    for level, count in counts.items():
        assert _written(_areas(database, file, Level(level), level)) == (count, 0, 0)
    buildings = run_import(database, SYSTEM, ImportCommand(Kind.BUILDINGS, file, layer="building"))
    assert _written(buildings) == (3030, 0, 0)

    for level, count in counts.items():
        assert _written(_areas(database, file, Level(level), level)) == (0, 0, count)
        assert _worst_area_error(tx, Level(level)) < 0.001
    # The file itself says which micro-grid a building belongs to.
    strayed = tx.scalar(
        "SELECT count(*) FROM building b JOIN area a ON a.id = b.microgrid_id"
        " WHERE NOT starts_with(b.code, a.code)"
    )
    assert strayed == 0


def test_buildings_in_gbk_without_key(
    shared: Path, database: Database, tx: Transaction, tmp_path: Path
) -> None:
    sample = shared / "suzhou" / "gusu_sample.gpkg"
    for level in ("street", "community", "grid", "microgrid"):
        _areas(database, sample, Level(level), level)
    file = shared / "suzhou" / "buildings_gbk_4549"

    outcome = run_import(database, SYSTEM, ImportCommand(Kind.BUILDINGS, file))

    assert (outcome.read, outcome.writable, outcome.refused) == (3076, 3030, 46)
    assert _written(outcome) == (3030, 0, 0)
    assert outcome.columns == {"floors": "层数", "height": "高度"}
    unused = [(e["value"], e["basis_zh"]) for e in outcome.evidence if e["what"] == "unused"]
    assert ("Id", "全是“0”，不能作编号") in unused
    told = {
        f.code: sum(g.count for g in outcome.findings if g.code == f.code) for f in outcome.findings
    }
    assert told["area.small"] == 46
    assert told["shape.narrow"] == 35
    assert told["key.missing"] == told["height.derived"] == told["encoding.guessed"] == 3076
    assert tx.scalar("SELECT count(*) FROM building WHERE height_derived") == 3030
    assert tx.scalar("SELECT count(*) FROM building WHERE code !~ 'B[0-9]{3,5}$'") == 0
    shifted = gpd.read_file(file / "建筑物.shp", encoding="gb18030").to_crs(4490)
    shifted.geometry = shapely.transform(
        shifted.geometry.to_numpy(), lambda xy: np.column_stack(wgs84_to_gcj02(*xy.T))
    )
    shifted.to_file(tmp_path / "shifted.gpkg")
    doubtful = run_import(
        database, SYSTEM, ImportCommand(Kind.BUILDINGS, tmp_path / "shifted.gpkg")
    )
    assert doubtful.refused_whole and doubtful.applied is None
    assert [f.value for f in doubtful.findings if f.code == "datum.suspected"] == ["gcj02"]
    # Without any key of its own the same outline is still the same building.
    again = run_import(database, SYSTEM, ImportCommand(Kind.BUILDINGS, file))
    assert _written(again) == (0, 0, 3030)
