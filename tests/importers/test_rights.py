"""Imports through the web role: system administrators may, nobody else sees that there are any."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from gridcenter.actor import Actor, ActorKind, Posting, act_as
from gridcenter.codes import Level
from gridcenter.database import Transaction, connect
from gridcenter.settings import Settings
from importers.command import ImportCommand
from importers.kinds import Kind
from importers.operations import apply, stage

ACCOUNT = UUID("00000000-0000-4000-8000-0000000000a1")
WKT = "POLYGON((120.60 31.30,120.64 31.30,120.64 31.32,120.60 31.32,120.60 31.30))"


def holding(post: str) -> Actor:
    return Actor(
        kind=ActorKind.STAFF,
        account_id=ACCOUNT,
        username="imports",
        postings=(Posting(id=1, post=post, area_path=None, department_id=None, clearance=0),),
    )


@pytest.fixture
def web(settings: Settings, import_database_name: str) -> Iterator[Transaction]:
    """A transaction of the web role, with the administrator's account in place; rolled back."""
    with connect(settings.url("owner", import_database_name)) as owner:
        owner.execute(
            "INSERT INTO account (id, username, display_name, password_hash)"
            " VALUES (%s, 'imports', '导入', 'x') ON CONFLICT DO NOTHING",
            [ACCOUNT],
        )
    connection = connect(settings.url("web", import_database_name))
    try:
        yield Transaction(connection)
    finally:
        connection.rollback()
        connection.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "street.csv"
    path.write_text(f'code,name,wkt\n320508001,甲街道,"{WKT}"\n')
    return path


def test_a_system_administrator_imports_through_the_web_role(web: Transaction, file: Path) -> None:
    actor = holding("system_admin")
    act_as(web, actor)
    command = ImportCommand(Kind.AREAS, file, level=Level.STREET, datum="cgcs2000")

    staged = stage(web, actor, command)

    assert apply(web, actor, staged.id).new == 1
    assert web.scalar("SELECT name FROM area_now WHERE code = '320508001'") == "甲街道"
    again = stage(web, actor, command)
    assert apply(web, actor, again.id).same == 1


@pytest.mark.parametrize("post", ["official", "grid_worker", "audit_admin"])
def test_others_see_no_batch_and_write_none(web: Transaction, file: Path, post: str) -> None:
    administrator = holding("system_admin")
    act_as(web, administrator)
    stage(web, administrator, ImportCommand(Kind.AREAS, file, level=Level.STREET, datum="4490"))

    act_as(web, holding(post))

    for table in ("import_batch", "import_finding", "import_row"):
        assert web.scalar(f"SELECT count(*) FROM {table}") == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege), web.connection.transaction():
        web.execute("INSERT INTO import_batch (kind, file, digest) VALUES ('areas', 'x', 'y')")
