"""The one way to the database: tables' base class, connections, transactions, upgrades.

A request or job is one transaction. Reads run READ ONLY. Sessions have the place's time zone, which
`Settings.url` asks for: CURRENT_DATE is the local day. `commit` happens here and nowhere else.
Statements are SQL constants with ``%(name)s`` parameters or SQLAlchemy Core expressions; both run on
psycopg directly, because building rows through an ORM was measured to cost two thirds of the
throughput of a report (docs/decisions/0003-psycopg-and-core.md).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString, TypeVar, cast
from zoneinfo import ZoneInfo

import psycopg
import structlog
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool
from sqlalchemy import MetaData
from sqlalchemy.dialects.postgresql import psycopg as psycopg_dialect
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql import ClauseElement
from sqlalchemy.types import UserDefinedType

from gridcenter.errors import DatabaseUnavailable, WroteAtOnce

if TYPE_CHECKING:
    from gridcenter.settings import Settings

Row = dict[str, Any]
Statement = str | ClauseElement
T = TypeVar("T")

# Values kept between transactions; some keys name a reader's scope, so their number has no end.
MOST_RECENT = 1000
log = structlog.get_logger(__name__)
_DIALECT = psycopg_dialect.dialect()  # type: ignore[no-untyped-call]


class Base(DeclarativeBase):
    """Base of every table; constraint names follow one convention so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s_check",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "pk": "%(table_name)s_pkey",
        }
    )


class Ltree(UserDefinedType[str]):
    """PostgreSQL's ltree: a path of labels such as ``320508999.001.Z001.001``."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "ltree"


class Recent:
    """What was read a short while ago, by key: at most `MOST_RECENT`, what was read first goes first."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> tuple[float, Any] | None:
        """When (monotonic seconds) and what was read, or None."""
        return self._held.get(key)

    def keep(self, key: str, value: Any) -> None:
        """Hold `value` as read now."""
        with self._lock:
            self._held.pop(key, None)
            self._held[key] = (time.monotonic(), value)
            while len(self._held) > MOST_RECENT:
                del self._held[next(iter(self._held))]


class Transaction:
    """One open database transaction; rows come back as dictionaries."""

    def __init__(self, connection: psycopg.Connection[Row], recent: Recent | None = None) -> None:
        self.connection = connection
        self._recent = recent if recent is not None else Recent()
        self._afterwards: list[Callable[[], None]] = []
        # Whose rights hold in this transaction, as text for cache keys; set by actor.act_as.
        self.scope = ""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which this transaction's days begin: the place's (`Settings.url`)."""
        return cast(ZoneInfo, self.connection.info.timezone)

    def recent(self, key: str, read: Callable[[Transaction], T], seconds: float = 30.0) -> T:
        """What `read` gave less than `seconds` ago on this database, or reads again.

        For words and rules that change by upgrades only; an empty answer is never kept, because it
        may come from a reader without rights.
        """
        held = self._recent.get(key)
        if held is not None and time.monotonic() - held[0] < seconds:
            return cast(T, held[1])
        value = read(self)
        if value:
            self._recent.keep(key, value)
        return value

    def after_commit(self, action: Callable[[], None]) -> None:
        """Do `action` once this transaction was committed, and never if it was not: for what no rollback
        takes back, such as deleting files. It must not count on being done: the process may end first."""
        self._afterwards.append(action)

    def committed(self) -> None:
        """Do what was to be done after the commit; what fails is logged, for what was written stands."""
        for action in self._afterwards:
            try:
                action()
            except Exception:
                log.exception("transaction.afterwards_failed")

    def blob(self, statement: str, params: Mapping[str, Any] | None = None) -> bytes:
        """The first column of the first row as bytes, sent in binary; empty when there is none."""
        row = self.sent_binary(statement, params)
        value = None if row is None else next(iter(row.values()))
        return bytes(value or b"")

    def sent_binary(self, statement: str, params: Mapping[str, Any] | None = None) -> Row | None:
        """The first row, sent in binary: bytes need not travel as twice as many digits."""
        return self._run(statement, params, binary=True).fetchone()

    def execute(self, statement: Statement, params: Mapping[str, Any] | None = None) -> int:
        """The number of rows touched."""
        return self._run(statement, params).rowcount

    def one(self, statement: Statement, params: Mapping[str, Any] | None = None) -> Row | None:
        """The first row, or None when there is none."""
        return self._run(statement, params).fetchone()

    def all(self, statement: Statement, params: Mapping[str, Any] | None = None) -> list[Row]:
        """All rows, an empty list when there is none."""
        return self._run(statement, params).fetchall()

    def scalar(self, statement: Statement, params: Mapping[str, Any] | None = None) -> Any:
        """The first column of the first row, or None when there is no row."""
        row = self.one(statement, params)
        return None if row is None else next(iter(row.values()))

    def many(self, statement: Statement, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run one statement for each set of parameters, pipelined by the driver."""
        with self.connection.cursor() as cursor:
            cursor.executemany(cast(LiteralString, statement), rows)

    def _run(
        self, statement: Statement, params: Mapping[str, Any] | None, *, binary: bool = False
    ) -> psycopg.Cursor[Row]:
        if isinstance(statement, ClauseElement):
            compiled = statement.compile(
                dialect=_DIALECT, compile_kwargs={"render_postcompile": True}
            )
            params = {**compiled.params, **(params or {})}
            statement = str(compiled)
        return self.connection.execute(statement, params, binary=binary)


@dataclass(frozen=True)
class Pooling:
    """How many connections one process keeps."""

    smallest: int = 1
    largest: int = 10
    wait_s: float = 10.0


class Database:
    """A pool of connections for one PostgreSQL role.

    Open it after a server has forked its workers: connections do not survive a fork.
    """

    def __init__(self, url: str, pooling: Pooling = Pooling()) -> None:
        self.url = url
        self._recent = Recent()
        self._pool: ConnectionPool[psycopg.Connection[Row]] = ConnectionPool(
            url,
            min_size=pooling.smallest,
            max_size=pooling.largest,
            timeout=pooling.wait_s,
            open=False,
            check=None,
            kwargs={"row_factory": dict_row},
        )

    def open(self) -> Database:
        """The same object, with its pool open; opening twice is harmless."""
        if self._pool.closed:
            self._pool.open()
        return self

    def close(self) -> None:
        """Close every connection of the pool."""
        self._pool.close()

    @contextmanager
    def transaction(self, *, read_only: bool = False) -> Iterator[Transaction]:
        """A transaction that commits at the end of the block and rolls back on any exception.

        Raises DatabaseUnavailable when no connection can be had or the server goes away, WroteAtOnce
        when another transaction stood in the way (deadlock): the caller may do the whole again.
        """
        self.open()
        try:
            with self._pool.connection() as connection:
                if connection.read_only is not read_only:
                    connection.read_only = read_only
                transaction = Transaction(connection, self._recent)
                yield transaction
        except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure) as error:
            raise WroteAtOnce() from error
        except psycopg.OperationalError as error:
            if isinstance(error, psycopg.errors.QueryCanceled | psycopg.errors.LockNotAvailable):
                raise
            raise DatabaseUnavailable() from error
        transaction.committed()


def connect(url: str, *, autocommit: bool = False) -> psycopg.Connection[Row]:
    """One connection outside any pool: LISTEN, COPY jobs, upgrades."""
    return psycopg.Connection[Row].connect(url, autocommit=autocommit, row_factory=dict_row)


def upgrade(settings: Settings, url: str | None = None) -> None:
    """Bring the schema to the newest revision and replay the derived SQL.

    Runs as the owner under an advisory lock, so that two starters do not meet. Raises
    DatabaseUnavailable when the server cannot be reached.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(settings.root / "migrations"))
    config.attributes["url"] = url or settings.url("owner")
    command.upgrade(config, "head")
