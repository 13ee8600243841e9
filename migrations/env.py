"""Runs revisions as the owner, then replays the derived SQL (functions, views, triggers, rights).

One advisory lock keeps two starters apart; a lock timeout keeps an upgrade from waiting for ever
behind a long reader.
"""

from __future__ import annotations

import importlib
import logging
from pathlib import Path
from typing import Any

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, create_engine, text

from gridcenter.database import Base

ROOT = Path(__file__).resolve().parent.parent
ADVISORY_LOCK = 4490_2026
ROOMS = (
    "areas",
    "accounts",
    "catalogue",
    "casework",
    "deadlines",
    "dispatch",
    "incidents",
    "journal",
    "redraw",
    "registry",
    "statistics",
    "workforce",
)
MODELS = [
    *(f"gridcenter.{room}.models" for room in ROOMS),
    "importers.models",
]
for module in MODELS:
    importlib.import_module(module)

log = logging.getLogger("gridcenter.migrations")


def derived_sql_files(root: Path = ROOT) -> list[Path]:
    """All `sql/NN_name.sql` files of the rooms, in the order of their file names."""
    found = [*root.glob("gridcenter/*/sql/*.sql"), *root.glob("layers/sql/*.sql")]
    return sorted([*found, *root.glob("importers/sql/*.sql")], key=lambda file: file.name)


def include_object(obj: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
    """True for our own tables only: PostGIS and the job queue keep their own."""
    if kind == "table":
        return name in Base.metadata.tables
    return bool(alembic_helpers.include_object(obj, name, kind, reflected, other))


def replay_derived_sql(connection: Connection) -> None:
    """Drop policies and views, then run every derived SQL file again."""
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(
        """
        DO $$ DECLARE r record; BEGIN
          FOR r IN SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'public' LOOP
            EXECUTE format('DROP POLICY %I ON %I', r.policyname, r.tablename);
          END LOOP;
          FOR r IN SELECT c.relname FROM pg_class c
                    WHERE c.relkind = 'v' AND c.relnamespace = 'public'::regnamespace
                      AND NOT EXISTS (SELECT FROM pg_depend d
                                       WHERE d.objid = c.oid AND d.deptype = 'e') LOOP
            EXECUTE format('DROP VIEW IF EXISTS %I CASCADE', r.relname);
          END LOOP;
        END $$"""
    )
    for file in derived_sql_files():
        log.debug("replaying %s", file.name)
        driver.execute(file.read_text(encoding="utf-8"))


def run() -> None:
    url = context.config.attributes["url"].replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.execute(text(f"SELECT pg_advisory_lock({ADVISORY_LOCK})"))
        connection.execute(text("SET lock_timeout = '10s'"))
        connection.execute(text("SET statement_timeout = '15min'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_object=include_object,
            process_revision_directives=alembic_helpers.writer,
            render_item=alembic_helpers.render_item,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()
            if not context.config.attributes.get("skip_derived"):
                replay_derived_sql(connection)
        connection.commit()
        connection.execute(text(f"SELECT pg_advisory_unlock({ADVISORY_LOCK})"))
        connection.commit()
    engine.dispose()


run()
