"""The embedded cluster and its databases, on a cluster of this file's own."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from gridcenter import cluster
from gridcenter.provision import (
    LEAKPROOF,
    ServerUnfit,
    create_database,
    drop_database,
    not_leakproof,
    prepare_database,
    server_status,
)
from gridcenter.settings import Settings


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    # pytest's own folders are closed to the account that PostgreSQL runs as.
    home = Path(tempfile.mkdtemp(prefix="gridcenter-test-"))
    home.chmod(0o755)
    found = Settings.from_environment({"GRIDCENTER_HOME": str(home)})
    cluster.ensure(found)
    prepare_database(found)
    yield found
    cluster.stop(found)
    shutil.rmtree(home)


def scalar(url: str, sql: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(sql).fetchone()  # type: ignore[call-overload]
    return row[0]


def test_it_runs_and_says_so(settings: Settings) -> None:
    now = cluster.status(settings)
    assert now.exists
    assert now.running
    assert cluster.ensure(settings) == now
    found = server_status(settings)
    assert found["running"]
    assert found["exists"]
    assert str(found["postgis"]).startswith("3.")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("listen_addresses", ""),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("data_checksums", "on"),
        ("jit", "off"),
        ("password_encryption", "scram-sha-256"),
        ("server_encoding", "UTF8"),
        ("lc_collate", "C.UTF-8"),
    ],
)
def test_server_settings(settings: Settings, name: str, value: str) -> None:
    assert scalar(settings.url("admin"), f"SHOW {name}") == value


def test_a_wrong_password_is_refused(settings: Settings) -> None:
    wrong = settings.url("web").replace(settings.secrets.web_password, "wrong")
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(wrong)


@pytest.mark.parametrize("role", ["owner", "web", "worker"])
def test_roles_are_weak(settings: Settings, role: str) -> None:
    weak = (
        "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication"
        " FROM pg_roles WHERE rolname = current_user"
    )
    url = settings.url(role)  # type: ignore[arg-type]
    assert scalar(url, weak) is False
    assert scalar(url, "SELECT current_user") == f"gridcenter_{role}"


def test_preparing_again_changes_nothing_and_repairs_a_mark(settings: Settings) -> None:
    again = prepare_database(settings)
    assert not again.created
    assert not again.warnings
    with psycopg.connect(settings.url("admin"), autocommit=True) as connection:
        connection.execute("ALTER FUNCTION geometry_overlaps(geometry, geometry) NOT LEAKPROOF")
    assert not_leakproof(settings) == (LEAKPROOF[0],)
    assert prepare_database(settings).warnings == ()
    assert not_leakproof(settings) == ()


def test_a_database_from_a_template_keeps_owner_extensions_and_marks(settings: Settings) -> None:
    create_database(settings, "pattern")
    with psycopg.connect(settings.url("owner", "pattern")) as connection:
        connection.execute("CREATE TABLE thing AS SELECT 7 AS n")
    create_database(settings, "copy", template="pattern")
    assert scalar(settings.url("owner", "copy"), "SELECT n FROM thing") == 7
    marked = (
        "SELECT proleakproof FROM pg_proc WHERE oid = 'ltree_isparent(ltree,ltree)'::regprocedure"
    )
    assert scalar(settings.url("owner", "copy"), marked) is True
    for name in ("copy", "pattern", "pattern"):
        drop_database(settings, name)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(settings.url("owner", "copy"))


def test_strangers_may_not_connect(settings: Settings) -> None:
    with psycopg.connect(settings.url("admin", "postgres"), autocommit=True) as connection:
        connection.execute("CREATE ROLE stranger LOGIN PASSWORD 'x'")
    url = settings.url("web").replace("gridcenter_web", "stranger")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url.replace(settings.secrets.web_password, "x"))


def existing(settings: Settings, user: str, password: str, database: str) -> Settings:
    """The same server as if it were somebody else's: reached by an administrator's URL."""
    where = f"host={settings.socket_dir}&port=54317"
    url = f"postgresql://{user}:{password}@/{database}?{where}"
    return Settings.from_environment(
        {"GRIDCENTER_HOME": str(settings.home), "GRIDCENTER_DATABASE_URL": url}
    )


def test_an_existing_server_with_a_superuser(settings: Settings) -> None:
    password = settings.secrets.password("admin")
    there = existing(settings, "gridcenter_admin", password, "their grid")
    assert prepare_database(there).created
    assert not prepare_database(there).created
    assert scalar(there.url("web"), "SELECT current_database()") == "their grid"
    found = server_status(there)
    assert (found["kind"], found["running"], found["exists"]) == ("existing", True, True)
    drop_database(there, "their grid")


def test_an_existing_server_with_a_weaker_administrator(settings: Settings) -> None:
    with psycopg.connect(settings.url("admin", "postgres"), autocommit=True) as connection:
        connection.execute("CREATE ROLE boss LOGIN CREATEROLE CREATEDB PASSWORD 'secret'")
    there = existing(settings, "boss", "secret", "weak")
    with pytest.raises(ServerUnfit, match="cannot enable the extension postgis"):
        prepare_database(there)
    with psycopg.connect(settings.url("admin", "weak"), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION postgis")
    (warning,) = prepare_database(there).warnings
    assert "LEAKPROOF" in warning.zh
    assert "superuser" in warning.en
    assert scalar(there.url("owner"), "SELECT postgis_version() IS NOT NULL") is True
    drop_database(there, "weak")


def test_what_was_committed_survives_kill_9(settings: Settings) -> None:
    with psycopg.connect(settings.url("owner")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    pid = int((settings.cluster_dir / "data" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    cluster.start(settings)
    assert scalar(settings.url("owner"), "SELECT count(*) FROM kept") == 1000


def test_a_recycled_process_number_does_not_stop_the_start(settings: Settings) -> None:
    note = settings.cluster_dir / "data" / "postmaster.pid"
    before = note.read_text().splitlines()
    assert cluster.stop(settings)
    assert not cluster.status(settings).running
    note.write_text("\n".join([str(os.getpid()), *before[1:]]) + "\n")
    assert cluster.start(settings).running


def test_no_cluster_is_one_clear_sentence(tmp_path: Path) -> None:
    absent = Settings.from_environment({"GRIDCENTER_HOME": str(tmp_path)})
    assert not cluster.status(absent).exists
    assert not cluster.stop(absent)
    with pytest.raises(cluster.ClusterFailed, match="db up"):
        cluster.start(absent)
    with pytest.raises(ServerUnfit, match="cannot connect"):
        prepare_database(absent)


def test_two_starters_do_not_meet(settings: Settings) -> None:
    """As two test processes or two `bin/up` do: one starts, the other finds it running."""
    cluster.stop(settings)
    with ThreadPoolExecutor(4) as starters:
        found = list(starters.map(lambda _: cluster.ensure(settings), range(4)))
        assert all(status.running for status in found)
        list(starters.map(lambda n: prepare_database(settings, f"together_{n}"), range(4)))
