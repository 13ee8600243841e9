"""Who takes in what lies outside every area, in an installation with several top areas."""

from __future__ import annotations

import pytest
from shapely import MultiPolygon, box, to_wkb

from gridcenter.actor import INTAKE_POSTS
from gridcenter.areas.operations import stage_areas, write_areas
from gridcenter.database import Transaction
from tests import builders
from tests.builders import STREET

SECOND = "320508997"  # ten kilometres to the east of the street of builders.py
GRID = f"{STREET}.001.Z001"
NEAR_FIRST, NEAR_SECOND = (120.63, 31.3), (120.69, 31.3)


@pytest.fixture
def two_streets(owner_tx: Transaction) -> Transaction:
    """The small place and a second street with a desk of its own."""
    stage_areas(owner_tx)
    owner_tx.execute(
        "INSERT INTO area_incoming (code, code_scheme, label, name, geom, source, is_example)"
        " VALUES (%(code)s, 'governance', %(code)s, '东街道', ST_GeomFromWKB(%(geom)s, 4490), 'test',"
        " true)",
        {"code": SECOND, "geom": to_wkb(MultiPolygon([box(120.7, 31.3, 120.71, 31.31)]))},
    )
    write_areas(owner_tx, "street")
    builders.make_account(owner_tx, "I-02", "intake", SECOND)
    return owner_tx


def intake(tx: Transaction, place: tuple[float, float], own: str | None = None) -> str | None:
    """The path that takes a report in."""
    path = tx.scalar(
        "SELECT intake_outside(ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4490), %(own)s::ltree,"
        " %(desks)s)::text",
        {"lon": place[0], "lat": place[1], "own": own, "desks": sorted(INTAKE_POSTS)},
    )
    return None if path is None else str(path)


def desks_at(tx: Transaction, path: str | None) -> None:
    """Let every desk stand in one area; None for no desk at all."""
    if path is None:
        tx.execute("UPDATE account SET disabled_at = now()")
    tx.execute(
        "UPDATE posting SET area_path = coalesce(%(p)s::ltree, area_path)"
        " WHERE post IN ('intake', 'duty_officer')",
        {"p": path},
    )


def test_the_nearest_desk_takes_it_in(two_streets: Transaction) -> None:
    assert intake(two_streets, NEAR_FIRST) == STREET
    assert intake(two_streets, NEAR_SECOND) == SECOND


def test_the_reporters_own_desk_comes_first(two_streets: Transaction) -> None:
    assert intake(two_streets, NEAR_SECOND, GRID) == GRID  # seen by the desk of its street


def test_no_path_that_no_desk_reads(two_streets: Transaction) -> None:
    desks_at(two_streets, f"{STREET}.001")
    for own in (None, STREET, f"{STREET}.002.Z001"):
        assert intake(two_streets, NEAR_SECOND, own) == f"{STREET}.001"


def test_of_equally_near_desks_the_highest(two_streets: Transaction) -> None:
    builders.make_account(two_streets, "I-03", "intake", f"{STREET}002")
    assert intake(two_streets, NEAR_FIRST) == STREET


def test_without_a_desk_the_first_one_to_come_finds_it(two_streets: Transaction) -> None:
    desks_at(two_streets, None)
    assert intake(two_streets, NEAR_SECOND, GRID) == GRID
    assert intake(two_streets, NEAR_SECOND) == SECOND
