"""The small place with two buildings and their dwellings, committed so that the web role sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime

import pytest

from gridcenter.actor import Actor
from gridcenter.database import Database, Transaction
from tests.builders import STREET, make_buildings
from tests.conftest import Copy

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
HERE, NEXT = f"{STREET}001Z001001", f"{STREET}001Z002001"


def furnish(tx: Transaction) -> None:
    """A building in HERE and one in NEXT, each with two entrances of two floors and two rooms."""
    make_buildings(tx, HERE, NEXT)
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
def furnished(shared_copy: Copy) -> Copy:
    """The furnished copy."""
    with shared_copy.owner.transaction() as tx:
        furnish(tx)
    return shared_copy


@pytest.fixture
def owner(furnished: Copy) -> Database:
    """The copy as the owner."""
    return furnished.owner


Become = Callable[[str], AbstractContextManager[tuple[Transaction, Actor]]]


@pytest.fixture
def become(furnished: Copy) -> Become:
    """`with become("01-001") as (tx, actor)`: a transaction of the web role, rolled back."""

    @contextmanager
    def acting(username: str) -> Iterator[tuple[Transaction, Actor]]:
        with furnished.acting(username, read_only=False) as tx:
            yield tx, furnished.actor(username)
            tx.connection.rollback()

    return acting
