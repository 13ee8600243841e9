"""Buildings are written in sets and stand in exactly one micro-grid."""

from __future__ import annotations

import pytest
from psycopg import errors

from gridcenter.database import Transaction
from gridcenter.registry.operations import (
    BuildingCounts,
    stage_buildings,
    write_buildings,
)
from tests.builders import (
    PLACES,
    SOUTH,
    STEP,
    STREET,
    WEST,
    square,
    stage_building,
)
from tests.gridcenter.registry.conftest import HERE, NEXT, furnish

CODE = f"{HERE}B001"


def _write(
    tx: Transaction, *rows: tuple[str, tuple[float, float]], **columns: object
) -> BuildingCounts:
    stage_buildings(tx)
    for code, place in rows:
        stage_building(tx, code, square(*place), **columns)
    return write_buildings(tx)


def test_the_same_rows_twice_change_nothing(owner_tx: Transaction) -> None:
    assert _write(owner_tx, (CODE, PLACES[HERE])) == BuildingCounts(1, 0, 0, ())
    assert _write(owner_tx, (CODE, PLACES[HERE])) == BuildingCounts(0, 0, 1, ())
    row = owner_tx.one("SELECT version, footprint_m2 FROM building WHERE code = %(c)s", {"c": CODE})
    assert row is not None
    assert row["version"] == 1
    # 0.0002° square at 31.3° N: 19.04 m by 22.17 m.
    assert row["footprint_m2"] == pytest.approx(422.1, abs=1.0)


def test_a_changed_row_is_changed_and_what_is_not_said_stays(owner_tx: Transaction) -> None:
    _write(owner_tx, (CODE, PLACES[HERE]), floors=2)
    assert _write(owner_tx, (CODE, PLACES[HERE]), floors=3, name=None).changed == 1
    row = owner_tx.one("SELECT name, floors, version FROM building WHERE code = %(c)s", {"c": CODE})
    assert row == {"name": "1 幢", "floors": 3, "version": 2}


def test_empty_staging_writes_nothing(owner_tx: Transaction) -> None:
    assert _write(owner_tx) == BuildingCounts(0, 0, 0, ())


def test_a_building_on_the_border_gets_the_smaller_code(owner_tx: Transaction) -> None:
    middle_of_border = (WEST + STEP, SOUTH + 1.5 * STEP)
    _write(owner_tx, (CODE, middle_of_border))
    home = "SELECT a.code FROM building b JOIN area a ON a.id = b.microgrid_id WHERE b.code = %(c)s"
    assert owner_tx.scalar(home, {"c": CODE}) == HERE


def test_a_building_outside_every_area_is_named_and_left_out(owner_tx: Transaction) -> None:
    counts = _write(owner_tx, (CODE, PLACES[HERE]), (f"{HERE}B002", (WEST - 1, SOUTH)))
    assert counts == BuildingCounts(1, 0, 0, (f"{HERE}B002",))


def test_another_datum_is_refused_by_the_column(owner_tx: Transaction) -> None:
    stage_buildings(owner_tx)
    with pytest.raises(errors.InvalidParameterValue, match="SRID"):
        owner_tx.execute(
            "INSERT INTO building_incoming (code, geom, source, is_example)"
            " VALUES ('x', ST_Multi(ST_MakeEnvelope(0, 0, 1, 1, 4326)), 'test', true)"
        )


def test_dwellings_move_with_their_building(owner_tx: Transaction) -> None:
    furnish(owner_tx)
    counts = _write(owner_tx, (CODE, PLACES[NEXT]))
    assert counts.changed == 1
    paths = owner_tx.all(
        "SELECT DISTINCT d.area_path::text AS dwelling, h.area_path::text AS household,"
        " b.area_path::text AS building"
        " FROM building b JOIN dwelling d ON d.building_id = b.id"
        " JOIN household h ON h.dwelling_id = d.id WHERE b.code = %(c)s",
        {"c": CODE},
    )
    path = f"{STREET}.001.Z002.001"
    assert paths == [{"dwelling": path, "household": path, "building": path}]
