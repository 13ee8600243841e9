"""The databases of a server: roles, extensions, marks; works on our cluster and on any other.

Everything here runs as the administrator and may be repeated.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import psycopg
from psycopg import sql

from gridcenter.cluster import status
from gridcenter.errors import GridcenterError, Words
from gridcenter.settings import Settings

ROLES = ("owner", "web", "worker")
_ROLES_LOCK = 4490_0001
_MAINTENANCE = "postgres"  # exists on every server
EXTENSIONS = ("postgis", "ltree", "btree_gist", "pg_trgm")
# Row policies stop the planner from using an index for a function that might leak a hidden row's
# value. These four compare boxes, shapes and paths only; with the mark, tiles and lists keep their
# indexes under row rights (measured: docs/decisions/0004-row-rights.md).
LEAKPROOF = (
    "geometry_overlaps(geometry, geometry)",
    "st_intersects(geometry, geometry)",
    "ltree_isparent(ltree, ltree)",
    "ltree_risparent(ltree, ltree)",
)


class ServerUnfit(GridcenterError):
    """The database server lacks something that only its administrator can give."""

    code = "server_unfit"
    zh = "{reason}"
    en = "{reason}"
    machine_at_fault = True

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(reason=Words(zh, en))


@dataclass(frozen=True)
class Preparation:
    """What prepare_database did: whether the database is new, and what it could not do."""

    created: bool
    warnings: tuple[Words, ...]


def prepare_database(settings: Settings, name: str | None = None) -> Preparation:
    """Make the roles and the database `name` (default: the product's) ready for the migrations.

    Idempotent. Passwords of the three roles are set to this installation's secrets each time.
    Raises ServerUnfit when the administrator cannot connect, or may not do what is needed.
    """
    name = name or settings.database
    with _admin(settings, _MAINTENANCE) as connection:
        # Roles belong to the whole server: two starters take turns. Freed with the connection.
        connection.execute("SELECT pg_advisory_lock(%s)", [_ROLES_LOCK])
        _make_roles(connection, settings)
        created = _make_database(connection, name, template=None)
    with _admin(settings, name) as connection:
        _make_extensions(connection)
        missing = _mark_leakproof(connection)
    warnings = (Words(*_not_leakproof(missing)),) if missing else ()
    return Preparation(created, warnings)


def create_database(settings: Settings, name: str, template: str | None = None) -> None:
    """Make the database `name`, ready for migrations or as a copy of the database `template`.

    For tests: 0.1 s from a template. Nobody may be connected to the template.
    """
    if template is None:
        prepare_database(settings, name)
        return
    with _admin(settings, _MAINTENANCE) as connection:
        _make_database(connection, name, template)


def drop_database(settings: Settings, name: str) -> None:
    """Remove the database `name` with everybody connected to it; none is fine."""
    with _admin(settings, _MAINTENANCE) as connection:
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        connection.execute(statement.format(sql.Identifier(name)))


def not_leakproof(settings: Settings) -> tuple[str, ...]:
    """The functions of LEAKPROOF that lack the mark in the product's database, for `doctor`."""
    with _admin(settings, settings.database) as connection:
        return _unmarked(connection)


def server_status(settings: Settings) -> dict[str, object]:
    """kind (embedded, existing), running, place, database, and versions when it answers."""
    now = status(settings) if settings.embedded else None
    found: dict[str, object] = {
        "kind": "embedded" if now else "existing",
        "running": False,
        "place": str(now.data_dir) if now else _host(settings.database_url),
        "database": settings.database,
        "exists": False,
        "postgresql": None,
        "postgis": None,
    }
    if now and not now.running:
        return found
    with contextlib.suppress(ServerUnfit), _admin(settings, _MAINTENANCE) as connection:
        found["running"] = True
        found["postgresql"] = connection.info.parameter_status("server_version")
        row = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [settings.database]
        ).fetchone()
        found["exists"] = row is not None
    if found["exists"]:
        with contextlib.suppress(ServerUnfit), _admin(settings, settings.database) as connection:
            row = connection.execute(
                "SELECT extversion FROM pg_extension WHERE extname = 'postgis'"
            ).fetchone()
            found["postgis"] = row[0] if row else None
    return found


def _host(url: str) -> str:
    parts = urlsplit(url)
    return parts.hostname or parse_qs(parts.query).get("host", ["localhost"])[0]


def require_database(settings: Settings) -> None:
    """Nothing when the product's database is ready; raises ServerUnfit, saying what to do, if not."""
    if settings.embedded and not status(settings).running:
        raise ServerUnfit(
            "内置数据库没有运行，请先运行 bin/gridcenter db up",
            "the embedded database does not run: first run bin/gridcenter db up",
        )
    try:
        with psycopg.connect(settings.url("worker"), connect_timeout=10) as connection:
            row = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
    except psycopg.OperationalError:
        row = None
    if row is None or row[0] is None:
        raise ServerUnfit(
            f"数据库 {settings.database} 连不上或还没有建好，请先运行 bin/gridcenter db upgrade",
            f"database {settings.database} does not answer or is not set up: first run"
            " bin/gridcenter db upgrade",
        )


def _admin(settings: Settings, name: str) -> psycopg.Connection[tuple[object, ...]]:
    try:
        return psycopg.connect(settings.url("admin", name), autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        said = " ".join(str(error).split())[:300]
        raise ServerUnfit(
            f"管理员连不上数据库 {name}：{said}",
            f"the administrator cannot connect to database {name}: {said}",
        ) from error


def _make_roles(connection: psycopg.Connection[tuple[object, ...]], settings: Settings) -> None:
    """Make or reset the three roles: they log in, own no rights over the server, skip no policy."""
    for role in ROLES:
        name = f"gridcenter_{role}"
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
        # The verifier is computed here, so no password reaches the server's log.
        password = connection.pgconn.encrypt_password(
            settings.secrets.password(role).encode(), name.encode(), b"scram-sha-256"
        ).decode()
        superuser = connection.info.parameter_status("is_superuser") == "on"
        # Only a superuser may speak of SUPERUSER and BYPASSRLS, even to deny them.
        limits = "NOSUPERUSER NOBYPASSRLS NOREPLICATION" if superuser else ""
        connection.execute(
            sql.SQL(
                "{verb} ROLE {name} LOGIN NOCREATEDB NOCREATEROLE {limits} PASSWORD {pw}"
            ).format(
                verb=sql.SQL("ALTER" if known else "CREATE"),
                name=sql.Identifier(name),
                limits=sql.SQL(limits),
                pw=sql.Literal(password),
            )
        )
        if not superuser and role == "owner":
            connection.execute("GRANT gridcenter_owner TO CURRENT_USER")


def _make_database(
    connection: psycopg.Connection[tuple[object, ...]], name: str, template: str | None
) -> bool:
    """Whether the database had to be made. Strangers to our roles may not connect to it."""
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        return False
    base = sql.SQL("TEMPLATE {}").format(sql.Identifier(template or "template0"))
    encoding = sql.SQL("" if template else "ENCODING 'UTF8' LOCALE 'C.UTF-8'")
    words = sql.SQL("CREATE DATABASE {} OWNER gridcenter_owner {} {}")
    connection.execute(words.format(sql.Identifier(name), base, encoding))
    for right in (
        "REVOKE ALL ON DATABASE {} FROM PUBLIC",
        # Imports fill temporary tables first, because COPY cannot write under row rights.
        "GRANT CONNECT, TEMPORARY ON DATABASE {} TO gridcenter_web, gridcenter_worker",
    ):
        connection.execute(sql.SQL(right).format(sql.Identifier(name)))
    return True


def _make_extensions(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    for extension in EXTENSIONS:
        try:
            connection.execute(
                sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension))
            )
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported) as error:
            raise ServerUnfit(
                f"数据库服务器不能启用扩展 {extension}，请其管理员先安装并启用",
                f"the server cannot enable the extension {extension}; its administrator must"
                " install and enable it first",
            ) from error


def _mark_leakproof(connection: psycopg.Connection[tuple[object, ...]]) -> tuple[str, ...]:
    """The functions that still lack the mark; only a superuser can give it."""
    for function in _unmarked(connection):
        try:
            connection.execute(sql.SQL("ALTER FUNCTION {} LEAKPROOF").format(sql.SQL(function)))
        except psycopg.errors.InsufficientPrivilege:
            break
    return _unmarked(connection)


def _unmarked(connection: psycopg.Connection[tuple[object, ...]]) -> tuple[str, ...]:
    found = connection.execute(
        "SELECT name FROM unnest(%s::text[]) WITH ORDINALITY AS wanted (name, place)"
        " WHERE NOT (SELECT proleakproof FROM pg_proc WHERE oid = name::regprocedure)"
        " ORDER BY place",
        [list(LEAKPROOF)],
    ).fetchall()
    return tuple(str(row[0]) for row in found)


def _not_leakproof(functions: tuple[str, ...]) -> tuple[str, str]:
    names = "、".join(functions)
    return (
        f"没有 LEAKPROOF 标记：{names}。地图和列表在行权限下会变慢；请超级用户执行"
        " ALTER FUNCTION … LEAKPROOF",
        f"no LEAKPROOF mark on {names}: maps and lists will be slow under row rights; a superuser"
        " should run ALTER FUNCTION … LEAKPROOF",
    )
