"""`gridcenter up`: database, structure, sample, first logins, then all programs under one roof."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridcenter import cluster
from gridcenter.cli_database import open_database, transaction
from gridcenter.cli_words import bars, say
from gridcenter.provision import prepare_database
from gridcenter.serving import programs, supervise
from gridcenter.settings import Settings

if TYPE_CHECKING:
    from importers.sample import SampleLoaded
    from importers.sample_people import FirstLogin

_IS_EMPTY = "SELECT NOT EXISTS (SELECT FROM account) AND NOT EXISTS (SELECT FROM area) AS empty"
_FIRST_ADMINISTRATORS = (
    ("admin", "system_admin", "系统管理员"),
    ("security", "security_admin", "安全管理员"),
    ("audit", "audit_admin", "审计管理员"),
)


def run_all(settings: Settings, *, empty: bool, setup_only: bool) -> None:
    """Make everything ready and, unless `setup_only`, serve until Ctrl-C or SIGTERM.

    Stops what it started, the embedded cluster too; a cluster that ran before stays.
    """
    was_running = settings.embedded and cluster.status(settings).running
    try:
        _make_ready(settings, empty=empty)
        if setup_only:
            say("准备完成，运行 bin/up 启动", "everything is ready: bin/up starts it")
            return
        say("启动网页、实时推送与后台任务", "starting pages, live stream and job worker")
        supervise(settings, list(programs(settings).values()), say, lambda: _greet(settings))
    finally:
        if settings.embedded and not was_running and cluster.stop(settings):
            say("内置数据库已停止", "the embedded database has stopped")


def _make_ready(settings: Settings, *, empty: bool) -> None:
    from gridcenter.database import connect

    if settings.embedded:
        if not cluster.status(settings).exists:
            say("创建内置数据库", "making the embedded database")
        cluster.ensure(settings)
    upgrade_all(settings)
    with connect(settings.url("owner")) as connection:
        row = connection.execute(_IS_EMPTY).fetchone()
    if row and row["empty"]:
        logins = _first_administrators(settings) if empty else load_sample(settings).logins
        show_first_logins(settings, logins)


def upgrade_all(settings: Settings) -> None:
    """Roles, extensions, structure, derived SQL, reference data: all brought up to date."""
    from gridcenter.database import Database, upgrade
    from gridcenter.reference_data import load_reference_data

    say("检查并升级数据库结构", "bringing the database up to date")
    for warning in prepare_database(settings).warnings:
        say(*warning)
    upgrade(settings)
    database = Database(settings.url("owner"))
    try:
        with database.transaction() as tx:
            load_reference_data(tx)
    finally:
        database.close()


def _greet(settings: Settings) -> None:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    address = f"http://{host}:{settings.port}/"
    say(f"网格指挥中心已启动：{address}", f"gridcenter runs at {address}")
    if _logins_file(settings).exists():
        file = _logins_file(settings)
        say(f"首次登录的账号与密码在 {file}", f"first logins are in {file}")
    say("按 Ctrl-C 停止", "Ctrl-C stops it")


def load_sample(settings: Settings, **scale: Any) -> SampleLoaded:
    """Load the sample street with a progress bar; `scale` is factor and seed of the generator.

    As the owner: only the owner may have the planner's figures taken afterwards.
    """
    from importers import sample

    say("载入示例街道（示例数据，非真实事件）", "loading the sample street (synthetic incidents)")
    with open_database(settings, "owner") as database, bars() as progress:
        return sample.load(database, settings, progress=progress, **scale)


def show_first_logins(settings: Settings, logins: Sequence[FirstLogin]) -> None:
    """Print the logins once and keep them in a file that only this account can read."""
    if not logins:
        return
    width = max(len(login.username) for login in logins)
    lines = [f"{login.username:<{width}}  {login.password}  {login.post}" for login in logins]
    path = _logins_file(settings)
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    say(
        f"首次登录（账号 密码 岗位），也存于 {path}，登录后请改密码：",
        f"first logins (user, password, post), kept in {path}; change them after logging in:",
    )
    for line in lines:
        click.echo("  " + line, err=True)


def _first_administrators(settings: Settings) -> list[FirstLogin]:
    """The three administrators of an empty installation, with random passwords."""
    from gridcenter.accounts.operations import CreateAccount, create_account
    from gridcenter.accounts.passwords import one_time_password
    from gridcenter.actor import SYSTEM
    from importers.sample_people import FirstLogin

    logins = []
    with transaction(settings) as tx:
        for username, post, name in _FIRST_ADMINISTRATORS:
            password = one_time_password(username)
            command = CreateAccount(
                username, password, name, post, locale=settings.locale, one_time=True
            )
            create_account(tx, SYSTEM, command)
            logins.append(FirstLogin(post, username, password))
    return logins


def _logins_file(settings: Settings) -> Path:
    return settings.home / "first-logins.txt"
