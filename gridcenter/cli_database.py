"""The database for commands: it must be ready, and it is closed when the command is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gridcenter.settings import Role, Settings

if TYPE_CHECKING:
    from gridcenter.database import Database, Transaction


@contextmanager
def open_database(settings: Settings, role: Role = "worker") -> Iterator[Database]:
    """The database as the owner's or the worker's role, which the house policy lets see every row."""
    from gridcenter.database import Database
    from gridcenter.provision import require_database

    require_database(settings)
    database = Database(settings.url(role))
    try:
        yield database
    finally:
        database.close()


@contextmanager
def transaction(settings: Settings, *, read_only: bool = False) -> Iterator[Transaction]:
    """One transaction of the worker's role."""
    with open_database(settings) as database, database.transaction(read_only=read_only) as tx:
        yield tx
