"""A copy of the small place with two buildings and their dwellings, committed so that the web role
sees them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime

import pytest
import shapely
from shapely import MultiPolygon, box

from gridcenter.actor import Actor, act_as
from gridcenter.database import Database, Transaction
from gridcenter.provision import create_database, drop_database
from gridcenter.registry.operations import stage_buildings, write_buildings
from gridcenter.settings import Settings
from tests.builders import PLACES, STREET, actor_named

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
HERE, NEXT = f"{STREET}001Z001001", f"{STREET}001Z002001"


def square(lon: float, lat: float, side: float = 0.0002) -> MultiPolygon:
    """A square around a point, degrees."""
    half = side / 2
    return MultiPolygon([box(lon - half, lat - half, lon + half, lat + half)])


def stage(tx: Transaction, code: str, shape: MultiPolygon, **columns: object) -> None:
    """One row of building_incoming."""
    row = {"name": "1 幢", "floors": 2, "households": 8, **columns}
    tx.execute(
        "INSERT INTO building_incoming (code, geom, name, floors, height_m, households, source,"
        " is_example) VALUES (%(code)s, ST_GeomFromWKB(%(geom)s, 4490), %(name)s, %(floors)s,"
        " 6, %(households)s, 'test', true)",
        {**row, "code": code, "geom": shapely.to_wkb(shape)},
    )


def furnish(tx: Transaction) -> None:
    """A building in HERE and one in NEXT, each with two entrances of one floor and two rooms."""
    stage_buildings(tx)
    for microgrid in (HERE, NEXT):
        stage(tx, f"{microgrid}B001", square(*PLACES[microgrid]))
    write_buildings(tx)
    tx.execute(
        "INSERT INTO dwelling (building_id, area_path, entrance, floor, room, occupancy, source,"
        " confirmed_at)"
        " SELECT b.id, b.area_path, e, f, f || '0' || r,"
        "        CASE WHEN r = 1 THEN 'owner' ELSE 'empty' END, 'test',"
        "        %(now)s - make_interval(days => CASE WHEN e = 1 THEN 180 ELSE 181 END)"
        "   FROM building b, generate_series(1, 2) e, generate_series(1, 2) f,"
        "        generate_series(1, 2) r",
        {"now": NOW},
    )
    tx.execute(
        "INSERT INTO household (dwelling_id, area_path, size, source)"
        " SELECT id, area_path, 3, 'test' FROM dwelling WHERE occupancy = 'owner'"
    )


@pytest.fixture(scope="module")
def database_name(settings: Settings, template_name: str) -> Iterator[str]:
    """The furnished copy of the template."""
    name = f"gridcenter_test_registry_{os.getpid()}"
    create_database(settings, name, template_name)
    database = Database(settings.url("owner", name))
    with database.transaction() as tx:
        furnish(tx)
    database.close()
    yield name
    drop_database(settings, name)


@pytest.fixture
def owner(settings: Settings, database_name: str) -> Iterator[Database]:
    """The copy as the owner."""
    database = Database(settings.url("owner", database_name))
    yield database
    database.close()


Become = Callable[[str], AbstractContextManager[tuple[Transaction, Actor]]]


@pytest.fixture
def become(settings: Settings, database_name: str, owner: Database) -> Iterator[Become]:
    """`with become("01-001") as (tx, actor)`: a transaction of the web role, rolled back."""
    web = Database(settings.url("web", database_name))

    @contextmanager
    def acting(username: str) -> Iterator[tuple[Transaction, Actor]]:
        with owner.transaction() as tx:
            actor = actor_named(tx, username)
        with web.transaction() as tx:
            act_as(tx, actor)
            yield tx, actor
            tx.connection.rollback()

    yield acting
    web.close()
