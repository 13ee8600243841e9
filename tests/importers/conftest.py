"""A database of its own for the importer's tests, made once; each test rolls back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gridcenter.actor import SYSTEM, act_as
from gridcenter.database import Database, Transaction, connect, upgrade
from gridcenter.provision import create_database, drop_database
from gridcenter.reference_data import load_reference_data
from gridcenter.settings import Settings


class OneTransaction(Database):
    """A database whose every transaction is the test's own one: nothing commits."""

    def __init__(self, url: str, tx: Transaction) -> None:
        super().__init__(url)
        self._tx = tx

    @contextmanager
    def transaction(self, *, read_only: bool = False) -> Iterator[Transaction]:
        with self._tx.connection.transaction():
            yield self._tx


@pytest.fixture(scope="session")
def import_database_name(settings: Settings) -> Iterator[str]:
    name = f"gridcenter_test_importers_{os.getpid()}"
    create_database(settings, name)
    upgrade(settings, settings.url("owner", name))
    database = Database(settings.url("worker", name))
    with database.transaction() as tx:
        act_as(tx, SYSTEM)
        load_reference_data(tx)
    database.close()
    yield name
    drop_database(settings, name)


@pytest.fixture
def tx(settings: Settings, import_database_name: str) -> Iterator[Transaction]:
    """A transaction of the worker role, as commands and jobs use it; rolled back at the end."""
    connection = connect(settings.url("worker", import_database_name))
    try:
        transaction = Transaction(connection)
        act_as(transaction, SYSTEM)
        yield transaction
    finally:
        connection.rollback()
        connection.close()


@pytest.fixture
def database(settings: Settings, import_database_name: str, tx: Transaction) -> OneTransaction:
    return OneTransaction(settings.url("worker", import_database_name), tx)
