"""A database of its own for the importer's tests, made once; each test rolls back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gridcenter import cluster
from gridcenter.actor import SYSTEM, act_as
from gridcenter.database import Database, Transaction, connect, upgrade
from gridcenter.provision import create_database, drop_database
from gridcenter.reference_data import load_reference_data
from gridcenter.settings import Settings

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


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
def shared() -> Path:
    """The folder of real and broken files; tests that need it are skipped without it."""
    if not SHARED.is_dir():
        pytest.skip("the collection of real files (../shared/data) is not here")
    return SHARED


@pytest.fixture(scope="session")
def import_settings() -> Settings:
    settings = Settings.from_environment()
    if settings.embedded:
        cluster.ensure(settings)
    return settings


@pytest.fixture(scope="session")
def import_database_name(import_settings: Settings) -> Iterator[str]:
    name = f"gridcenter_test_importers_{os.getpid()}"
    create_database(import_settings, name)
    upgrade(import_settings, import_settings.url("owner", name))
    database = Database(import_settings.url("worker", name))
    with database.transaction() as tx:
        act_as(tx, SYSTEM)
        load_reference_data(tx)
    database.close()
    yield name
    drop_database(import_settings, name)


@pytest.fixture
def tx(import_settings: Settings, import_database_name: str) -> Iterator[Transaction]:
    """A transaction of the worker role, as commands and jobs use it; rolled back at the end."""
    connection = connect(import_settings.url("worker", import_database_name))
    try:
        transaction = Transaction(connection)
        act_as(transaction, SYSTEM)
        yield transaction
    finally:
        connection.rollback()
        connection.close()


@pytest.fixture
def database(
    import_settings: Settings, import_database_name: str, tx: Transaction
) -> OneTransaction:
    return OneTransaction(import_settings.url("worker", import_database_name), tx)
