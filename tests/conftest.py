"""One database per run, made through the migrations; tests that commit get a copy of it (0.1 s)."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gridcenter import cluster
from gridcenter.accounts.sessions import LogIn, open_session
from gridcenter.actor import Actor, act_as
from gridcenter.database import Database, Pooling, Transaction, connect, upgrade
from gridcenter.provision import create_database, drop_database
from gridcenter.reference_data import load_reference_data
from gridcenter.settings import Settings
from tests import builders

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything below tests/browser drives Chromium: it runs after the rest, one at a time."""
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real and broken files; tests that need it are skipped without it."""
    if not SHARED.is_dir():
        pytest.skip("the collection of real files (../shared/data) is not here")
    return SHARED


@pytest.fixture(scope="session")
def settings() -> Settings:
    """This installation's settings, its embedded cluster running."""
    found = Settings.from_environment()
    if found.embedded:
        cluster.ensure(found)
    return found


@pytest.fixture(scope="session")
def template_name(settings: Settings) -> Iterator[str]:
    """A migrated database with the words of the trade and the small place of builders.py."""
    name = f"gridcenter_test_{os.getpid()}"
    create_database(settings, name)
    upgrade(settings, settings.url("owner", name))
    database = Database(settings.url("owner", name))
    with database.transaction() as tx:
        load_reference_data(tx)
        builders.make_place(tx)
        builders.make_staff(tx)
    database.close()
    yield name
    drop_database(settings, name)


@pytest.fixture
def owner_tx(settings: Settings, template_name: str) -> Iterator[Transaction]:
    """A transaction as the owner on the template, rolled back at the end."""
    yield from _rolled_back(settings.url("owner", template_name))


@pytest.fixture
def web_tx(settings: Settings, template_name: str) -> Iterator[Transaction]:
    """A transaction as the web role on the template, rolled back at the end; nobody acts yet."""
    yield from _rolled_back(settings.url("web", template_name))


def _rolled_back(url: str) -> Iterator[Transaction]:
    connection = connect(url)
    try:
        yield Transaction(connection)
    finally:
        connection.rollback()
        connection.close()


@pytest.fixture
def act(web_tx: Transaction, settings: Settings, template_name: str) -> Callable[[str], Actor]:
    """Become an account in `web_tx`: `actor = act("D-01")`."""

    def become(username: str) -> Actor:
        with connect(settings.url("owner", template_name)) as connection:
            actor = builders.actor_named(Transaction(connection), username)
        act_as(web_tx, actor)
        return actor

    return become


@dataclass
class Copy:
    """A copy of the template as the web role and as the owner: what is done in it is committed."""

    settings: Settings
    database: Database
    owner: Database
    name: str

    def actor(self, username: str) -> Actor:
        """Who an account is."""
        with self.owner.transaction(read_only=True) as tx:
            return builders.actor_named(tx, username)

    @contextmanager
    def acting(self, username: str | None, *, read_only: bool = True) -> Iterator[Transaction]:
        """A transaction of the web role in the scope of an account; in nobody's for None."""
        actor = self.actor(username) if username is not None else None
        with self.database.transaction(read_only=read_only) as tx:
            if actor is not None:
                act_as(tx, actor)
            yield tx


@dataclass
class House(Copy):
    """The whole application on a copy of its own."""

    app: Flask

    def client(self, username: str | None = None) -> Caller:
        """A caller of the API, logged in by token as `username`."""
        caller = Caller(self.app.test_client(), {})
        if username is not None:
            caller.headers["Authorization"] = f"Bearer {self.token(username)}"
        return caller

    def token(self, username: str, kind: str = "api") -> str:
        """A session's token without asking for the password, whose check is slow on purpose."""
        with self.owner.transaction() as tx:
            account = tx.one("SELECT id FROM account WHERE username = %(u)s", {"u": username})
            assert account is not None
            return open_session(tx, account["id"], LogIn(username, "", kind)).token


@dataclass
class Caller:
    """A client that sends JSON with its headers."""

    flask: FlaskClient
    headers: dict[str, str]

    def get(self, path: str, **query: Any) -> Any:
        """GET with a query."""
        return self.flask.get(path, query_string=query, headers=self.headers)

    def post(self, path: str, body: Any = None) -> Any:
        """POST a JSON body."""
        return self.flask.post(path, json=body, headers=self.headers)

    def put(self, path: str, data: bytes, **query: Any) -> Any:
        """PUT bytes."""
        return self.flask.put(path, data=data, query_string=query, headers=self.headers)

    def delete(self, path: str) -> Any:
        """DELETE."""
        return self.flask.delete(path, headers=self.headers)

    def operate(self, incident: str, operation: str, version: int, **given: Any) -> Any:
        """An operation on an incident."""
        path = f"/api/v1/incidents/{incident}/operations/{operation}"
        return self.post(path, {"version": version, **given})


def make_copy(settings: Settings, template: str) -> Copy:
    """A fresh copy of the template."""
    name = f"gridcenter_test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    create_database(settings, name, template)
    web = Database(settings.url("web", name), Pooling(1, 12))
    return Copy(settings, web, Database(settings.url("owner", name)), name)


def make_house(settings: Settings, template: str, folder: Path) -> House:
    """A House on a fresh copy of the template."""
    from dashboards.app import create_app

    own = replace(settings, attachments_dir=folder / "attachments", log_level="error")
    copy = make_copy(own, template)
    app = create_app(own, database=copy.database)
    app.testing = True
    return House(own, copy.database, copy.owner, copy.name, app)


def close(copy: Copy) -> None:
    """Close its connections and drop its database."""
    copy.database.close()
    copy.owner.close()
    drop_database(copy.settings, copy.name)


@pytest.fixture(scope="module")
def shared_copy(settings: Settings, template_name: str) -> Iterator[Copy]:
    """A Copy for the tests of one module, which leave it as they found it."""
    made = make_copy(settings, template_name)
    yield made
    close(made)


@pytest.fixture
def house(settings: Settings, template_name: str, tmp_path: Path) -> Iterator[House]:
    """A House of the test's own."""
    made = make_house(settings, template_name, tmp_path)
    yield made
    close(made)


@pytest.fixture(scope="module")
def shared_house(
    settings: Settings, template_name: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """A House for the reading tests of one module."""
    made = make_house(settings, template_name, tmp_path_factory.mktemp("house"))
    yield made
    close(made)
