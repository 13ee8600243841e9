"""Where benchmarks run: the filled database, its actors and tokens, and the servers on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

from bench import place, servers
from gridcenter import cluster
from gridcenter.accounts.queries import session_of
from gridcenter.accounts.sessions import LogIn, open_session
from gridcenter.actor import Actor
from gridcenter.database import Database, Row, connect, upgrade
from gridcenter.provision import create_database, drop_database
from gridcenter.settings import Settings

DATABASE = "gridcenter_bench"
DISPATCHER, WALL, INTAKE = "D-01", "W-01", "I-01"


@dataclass(frozen=True)
class Effort:
    """How long and how often: `rounds` alternating rounds of `seconds` each (tests take less)."""

    rounds: int = 5
    seconds: float = 5.0
    repeats: int = 100


@dataclass
class Site:
    """A filled database that nobody else uses, and who may be asked in it."""

    settings: Settings
    name: str
    size: place.Size
    effort: Effort
    owner: Database
    counts: dict[str, int] = field(default_factory=dict)

    def connect(self, role: str, *, autocommit: bool = False) -> psycopg.Connection[Row]:
        """A connection outside any pool: as web, owner or admin."""
        return connect(self.url(role), autocommit=autocommit)

    def url(self, role: str) -> str:
        """libpq URL of the benchmark's database."""
        return self.settings.url(role, self.name)  # type: ignore[arg-type]

    def token(self, username: str, kind: str = "api") -> str:
        """A new session's token for an account, without asking for its password."""
        with self.owner.transaction() as tx:
            row = tx.one("SELECT id FROM account WHERE username = %(u)s", {"u": username})
            assert row is not None, username
            return open_session(tx, row["id"], LogIn(username, "", kind)).token

    def actor(self, username: str) -> Actor:
        """The actor as a request of this account would have it."""
        token = self.token(username)
        with self.owner.transaction(read_only=True) as tx:
            session = session_of(tx, token)
        assert session is not None
        return session.actor

    def busiest_worker(self) -> str:
        """The user name of the grid worker whose grid has the most incidents."""
        with self.owner.transaction(read_only=True) as tx:
            return str(
                tx.scalar(
                    "SELECT w.code FROM grid_worker w"
                    " JOIN case_file c ON c.area_path <@ w.area_path"
                    " WHERE w.employment = 'full_time' GROUP BY w.code ORDER BY count(*) DESC LIMIT 1"
                )
            )

    @contextmanager
    def serving(self) -> Iterator[servers.Running]:
        """The real servers on this database."""
        with servers.serving(servers.for_bench(self.settings, self.name)) as running:
            yield running


@contextmanager
def made(
    settings: Settings,
    size: place.Size,
    effort: Effort,
    *,
    keep: bool = False,
    name: str = DATABASE,
) -> Iterator[Site]:
    """A Site on the installation's server; its database is dropped afterwards unless kept.

    With `keep`, a kept database of an earlier run is upgraded and used again.
    """
    if settings.embedded:
        cluster.ensure(settings)
    if not keep or not _is_filled(settings, name):
        drop_database(settings, name)
        create_database(settings, name)
    upgrade(settings, settings.url("owner", name))
    owner = Database(settings.url("owner", name))
    site = Site(settings, name, size, effort, owner)
    try:
        if not _is_filled(settings, name):
            place.fill(owner, settings, size)
            _vacuum(site)
        site.counts = _counts(owner)
        yield site
    finally:
        owner.close()
        if not keep:
            drop_database(settings, name)


def _is_filled(settings: Settings, name: str) -> bool:
    try:
        with connect(settings.url("owner", name)) as connection:
            row = connection.execute("SELECT count(*) AS n FROM case_file").fetchone()
            return bool(row and row["n"])
    except psycopg.Error:
        return False


def _vacuum(site: Site) -> None:
    with site.connect("admin", autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _counts(owner: Database) -> dict[str, int]:
    with owner.transaction(read_only=True) as tx:
        row = tx.one(
            "SELECT (SELECT count(*) FROM case_file) AS incidents,"
            " (SELECT count(*) FROM area_now WHERE level = 'grid') AS grids,"
            " (SELECT count(*) FROM area_now WHERE level = 'microgrid') AS microgrids,"
            " (SELECT count(*) FROM building) AS buildings,"
            " (SELECT count(*) FROM grid_worker) AS workers,"
            " (SELECT count(*) FROM journal) AS journal"
        )
    assert row is not None
    return {key: int(value) for key, value in row.items()}
