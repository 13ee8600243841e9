"""Migrated and declared schema are the same; every step goes back; upgrading twice is harmless."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from geoalchemy2 import alembic_helpers
from sqlalchemy import create_engine

from gridcenter.database import Base, Transaction, connect, upgrade
from gridcenter.provision import create_database, drop_database
from gridcenter.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def empty_url(settings: Settings) -> Iterator[str]:
    """The owner's address of a database without tables."""
    name = f"gridcenter_test_migrations_{os.getpid()}"
    create_database(settings, name)
    yield settings.url("owner", name)
    drop_database(settings, name)


def config_for(url: str) -> Config:
    """Alembic's configuration for a database."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = url
    return config


def differences(url: str) -> list[Any]:
    """What Alembic would change to make the tables as declared."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))

    def ours(obj: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
        if kind == "table":
            return name in Base.metadata.tables
        return bool(alembic_helpers.include_object(obj, name, kind, reflected, other))

    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": ours, "compare_type": False}
        )
        found = compare_metadata(context, Base.metadata)
    engine.dispose()
    return list(found)


@pytest.mark.filterwarnings("ignore:Did not recognize type")
def test_migrated_and_declared_schema_are_equal(settings: Settings, empty_url: str) -> None:
    upgrade(settings, empty_url)
    assert differences(empty_url) == []


def test_every_revision_goes_back_and_forth(settings: Settings, empty_url: str) -> None:
    config = config_for(empty_url)
    config.attributes["skip_derived"] = True
    command.upgrade(config, "head")
    command.downgrade(config, "base")
    with connect(empty_url) as connection:
        left = Transaction(connection).all(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace ="
            " 'public'::regnamespace AND relname NOT IN ('spatial_ref_sys', 'alembic_version')"
        )
    assert left == []
    command.upgrade(config, "head")


def test_posts_granted_against_the_rule_are_void_after_the_upgrade(
    settings: Settings, empty_url: str
) -> None:
    """An administrator's other post ends, and a shut account's sessions with it."""
    config = config_for(empty_url)
    config.attributes["skip_derived"] = True
    command.upgrade(config, "0015")
    with connect(empty_url, autocommit=True) as connection:
        for statement in (
            "INSERT INTO post (code, name, name_en, clearance, sort) SELECT code, code, code, 0, 1"
            " FROM unnest('{system_admin,official}'::text[]) code",
            "INSERT INTO account (username, display_name, disabled_at) VALUES ('a', 'a', now())",
            "INSERT INTO posting (account_id, post, area_path) SELECT id, post, '1' FROM account,"
            " unnest('{system_admin,official}'::text[]) WITH ORDINALITY p(post, n) ORDER BY n",
            "INSERT INTO session (account_id, token_hash, kind, expires_at)"
            " SELECT id, 'x', 'api', now() + interval '1 day' FROM account",
        ):
            connection.execute(statement)
    command.upgrade(config, "0016")
    with connect(empty_url) as connection:
        tx = Transaction(connection)
        held = tx.all("SELECT post FROM posting WHERE valid @> CURRENT_DATE")
        told = tx.all("SELECT event, detail FROM account_event")
        assert [row["post"] for row in held] == ["system_admin"]
        assert told == [{"event": "post_ended", "detail": "official"}]
        assert tx.scalar("SELECT count(*) FROM session WHERE revoked_at IS NULL") == 0


def test_upgrading_twice_changes_nothing(settings: Settings, empty_url: str) -> None:
    def shape() -> list[Any]:
        with connect(empty_url) as connection:
            tx = Transaction(connection)
            return [
                tx.all("SELECT tablename, policyname, qual FROM pg_policies ORDER BY 1, 2"),
                tx.all(
                    "SELECT oid::regprocedure::text AS f, md5(prosrc) AS m FROM pg_proc"
                    " WHERE pronamespace = 'public'::regnamespace AND proowner ="
                    " 'gridcenter_owner'::regrole ORDER BY 1"
                ),
                tx.all("SELECT tgrelid::regclass::text AS t, tgname FROM pg_trigger ORDER BY 1, 2"),
            ]

    upgrade(settings, empty_url)
    first = shape()
    upgrade(settings, empty_url)
    assert shape() == first
    assert len(first[0]) > 60


OLD_CASES = """
SET session_replication_role = replica;
INSERT INTO case_file (id, number, kind, item_id, procedure_id, state, severity, area_path, channel,
                       description, opened_at, location, content_hash)
SELECT gen_random_uuid(), n.number, 'incident', 1, 1, 'reported', 'general', n.path::ltree, 'desk', '',
       now(), ST_SetSRID(ST_MakePoint(n.lon, 31), 4490), ''
  FROM (VALUES ('inside', 'west.001', 120.0), ('near west', NULL, 120.3), ('near east', NULL, 120.7))
    n(number, path, lon);
"""
OLD_AREAS = """
INSERT INTO area_version (area_id, level, name, path, geom, area_m2, perimeter_m, valid, source)
SELECT n, 'street', path, path::ltree, ST_Multi(ST_MakeEnvelope(119.9 + n, 30.9, 120.1 + n, 31.1, 4490)),
       1, 1, '[2026-01-01,)', 'test'
  FROM (VALUES (0, 'west'), (1, 'east')) a(n, path);
"""


@pytest.mark.parametrize("there_are_areas", [True, False])
def test_cases_that_nobody_saw_get_a_way_in(
    settings: Settings, empty_url: str, there_are_areas: bool
) -> None:
    config = config_for(empty_url)
    config.attributes["skip_derived"] = True
    command.upgrade(config, "0012")
    name = empty_url.rpartition("/")[2].partition("?")[0]
    with connect(settings.url("admin", name)) as connection:
        connection.execute(OLD_CASES.encode())
        if there_are_areas:
            connection.execute(OLD_AREAS.encode())
        connection.commit()
    command.upgrade(config, "0013")
    with connect(settings.url("admin", name)) as connection:
        tx = Transaction(connection)
        rows = tx.all("SELECT number, intake_path::text AS path FROM case_file")
        valid = tx.scalar(
            "SELECT convalidated FROM pg_constraint WHERE conname = 'case_file_way_in_check'"
        )
    ways = {row["number"]: row["path"] for row in rows}
    if there_are_areas:
        assert ways == {"inside": "west.001", "near west": "west", "near east": "east"}
    else:
        assert ways == {"inside": "west.001", "near west": None, "near east": None}
    assert valid is there_are_areas


def test_revisions_form_one_line_and_import_no_application_code() -> None:
    script = ScriptDirectory(str(ROOT / "migrations"))
    assert len(script.get_heads()) == 1
    for revision in script.walk_revisions():
        text = Path(str(revision.path)).read_text(encoding="utf-8")
        for package in ("gridcenter", "layers", "importers", "dashboards"):
            assert f"import {package}" not in text
            assert f"from {package}" not in text


def test_the_tables_of_the_job_queue_are_those_the_revision_was_written_for() -> None:
    """A new version of the library with other tables needs a revision (docs/decisions/0002)."""
    module = ScriptDirectory(str(ROOT / "migrations")).get_revision("0003").module
    sql = files("procrastinate").joinpath("sql", "schema.sql").read_text(encoding="utf-8")
    assert version("procrastinate").startswith(module.known_version(sql))
    with pytest.raises(RuntimeError, match="procrastinate"):
        module.known_version(sql + "CREATE TABLE procrastinate_more ();")


def test_derived_sql_has_unique_names_and_comments() -> None:
    spec = importlib.util.find_spec("gridcenter")
    assert spec is not None
    files = [*ROOT.glob("gridcenter/*/sql/*.sql"), *ROOT.glob("layers/sql/*.sql")]
    files += list(ROOT.glob("importers/sql/*.sql"))
    names = [file.name for file in files]
    assert len(names) == len(set(names))
    assert all(name[:2].isdigit() and name[2] == "_" for name in names)
