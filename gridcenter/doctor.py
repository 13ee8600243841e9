"""What `gridcenter doctor` looks at: is this machine, and its database, as the product needs it?

Each check is one sentence. A warning works but is slower or poorer; a failure does not work.
"""

from __future__ import annotations

import shutil
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from gridcenter import clock
from gridcenter.errors import GridcenterError, Words
from gridcenter.provision import EXTENSIONS, not_leakproof, server_status
from gridcenter.settings import Settings

if TYPE_CHECKING:
    from gridcenter.database import Transaction

State = Literal["ok", "warning", "failed"]
_DISK_BYTES = 2 * 10**9
AHEAD = timedelta(days=60)


@dataclass(frozen=True)
class Check:
    """One thing looked at; `name` is stable and meant for programs."""

    name: str
    state: State
    sentence: Words

    def as_dict(self, locale: str) -> dict[str, str]:
        """name, state, sentence in the reader's language."""
        sentence = self.sentence.in_locale(locale)
        return {"name": self.name, "state": self.state, "sentence": sentence}


def examine(settings: Settings) -> list[Check]:
    """All checks in reading order; those of the database only when it answers."""
    checks = [_python(), _secrets(settings), _disk(settings), _assets(settings)]
    found = server_status(settings)
    checks.append(_server(found))
    if found["running"] and found["exists"]:
        try:
            checks.extend(_database(settings))
        except GridcenterError as error:
            words = Words(error.detail("zh"), error.detail("en"))
            checks.append(Check("database", "failed", words))
    return checks


def _check(name: str, state: State, zh: str, en: str) -> Check:
    return Check(name, state, Words(zh, en))


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return _check("python", "ok", f"Python {version}", f"Python {version}")


def _secrets(settings: Settings) -> Check:
    path = settings.home / "secrets.json"
    if not path.exists():
        zh, en = "密钥文件将在首次启动时生成", "secrets will be made at first start"
        return _check("secrets", "warning", zh, en)
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return _check(
            "secrets",
            "failed",
            f"密钥文件 {path} 别人也能读，请运行 chmod 600 {path}",
            f"others can read the secrets in {path}: run chmod 600 {path}",
        )
    return _check("secrets", "ok", "密钥文件只有本账户能读", "only this account can read secrets")


def _disk(settings: Settings) -> Check:
    folder = next(f for f in (settings.home, *settings.home.parents) if f.exists())
    free = shutil.disk_usage(folder).free
    gb = f"{free / 1e9:.1f} GB"
    state: State = "ok" if free > _DISK_BYTES else "warning"
    return _check("disk", state, f"{folder} 剩余空间 {gb}", f"{gb} are free at {folder}")


def _assets(settings: Settings) -> Check:
    static = settings.root / "dashboards" / "static"
    if (static / "vendor" / "manifest.json").exists():
        return _check("assets", "ok", "前端库已就位", "browser libraries are in place")
    return _check(
        "assets",
        "failed",
        "缺少前端库，请运行 npm ci --ignore-scripts 和 bin/gridcenter assets build",
        "browser libraries are missing: run npm ci --ignore-scripts, bin/gridcenter assets build",
    )


def _server(found: dict[str, object]) -> Check:
    if not found["running"]:
        return _check(
            "server",
            "failed",
            f"数据库服务器 {found['place']} 没有应答，请运行 bin/gridcenter db up",
            f"the database server at {found['place']} does not answer: run bin/gridcenter db up",
        )
    if not found["exists"] or not found["postgis"]:
        return _check(
            "server",
            "failed",
            f"数据库 {found['database']} 还没有建好，请运行 bin/gridcenter db upgrade",
            f"database {found['database']} is not set up: run bin/gridcenter db upgrade",
        )
    versions = f"PostgreSQL {found['postgresql']}, PostGIS {found['postgis']}"
    return _check("server", "ok", versions, versions)


_UNPROTECTED = """
SELECT c.relname AS name FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
   AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
   AND has_table_privilege('gridcenter_web', c.oid, 'SELECT')
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
 ORDER BY 1
"""
_WEB_ROLE = """
SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb
       OR EXISTS (SELECT FROM pg_class WHERE relowner = r.oid) AS too_strong
  FROM pg_roles r WHERE rolname = 'gridcenter_web'
"""
_MISSING_EXTENSIONS = """
SELECT name FROM unnest(%(wanted)s::text[]) AS name
 WHERE name NOT IN (SELECT extname FROM pg_extension) ORDER BY 1
"""


def _database(settings: Settings) -> Iterator[Check]:
    """What must hold inside the database: extensions, marks, row rights, newest structure."""
    from gridcenter.database import connect

    with connect(settings.url("owner")) as connection:
        rows = connection.execute(_MISSING_EXTENSIONS, {"wanted": list(EXTENSIONS)}).fetchall()
        yield _none_of("extensions", rows, "扩展齐全", "all extensions", "缺少扩展", "missing")
        rows = connection.execute(_UNPROTECTED).fetchall()
        yield _none_of(
            "row_rights",
            rows,
            "网页角色能读的表都有行权限",
            "every table that the web role reads is under row rights",
            "这些表没有行权限",
            "tables without row rights",
        )
        web = connection.execute(_WEB_ROLE).fetchone()
        fit = web is not None and not web["too_strong"]
        yield _check(
            "web_role",
            "ok" if fit else "failed",
            "网页角色不拥有任何对象"
            if fit
            else "网页角色权限过大，请运行 bin/gridcenter db upgrade",
            "the web role owns nothing" if fit else "the web role is too strong: db upgrade",
        )
    unmarked = not_leakproof(settings)
    names = ", ".join(unmarked)
    yield _check(
        "leakproof",
        "warning" if unmarked else "ok",
        f"没有 LEAKPROOF 标记，地图会变慢：{names}" if unmarked else "空间索引在行权限下可用",
        f"no LEAKPROOF mark, maps will be slow: {names}"
        if unmarked
        else "spatial indexes serve under row rights",
    )
    yield from _structure(settings)


def _none_of(
    name: str, rows: Sequence[Mapping[str, object]], zh: str, en: str, bad_zh: str, bad_en: str
) -> Check:
    """ok when `rows` is empty, else failed with the names in it."""
    if not rows:
        return _check(name, "ok", zh, en)
    names = ", ".join(str(row["name"]) for row in rows)
    return _check(name, "failed", f"{bad_zh}：{names}", f"{bad_en}: {names}")


def _structure(settings: Settings) -> Iterator[Check]:
    """Whether the newest revision is in, and the working calendar reaches far enough."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from gridcenter.database import Transaction, connect

    config = Config()
    config.set_main_option("script_location", str(settings.root / "migrations"))
    head = ScriptDirectory.from_config(config).get_current_head()
    with connect(settings.url("owner")) as connection:
        found = connection.execute("SELECT to_regclass('alembic_version') AS name").fetchone()
        row = None
        if found and found["name"]:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        if row is None or row["version_num"] != head:
            yield _check(
                "structure",
                "failed",
                "数据库结构不是最新，请运行 bin/gridcenter db upgrade",
                "the database is not up to date: run bin/gridcenter db upgrade",
            )
            return
        yield _check("structure", "ok", f"结构版本 {head}", f"structure at revision {head}")
        yield _calendar(Transaction(connection))


def _calendar(tx: Transaction) -> Check:
    """Whether every limit in working time has a calendar to end in, also those of two months ahead: the
    notice of a year's holidays comes late in the year before."""
    from gridcenter.casework.waiting import missing_year, waiting_cases

    missing = missing_year(tx, clock.now() + AHEAD)
    if missing is None:
        return _check(
            "calendar",
            "ok",
            "工作日历够用：两个月内开始的时限都能算出到期时间",
            "the working calendar reaches far enough for every limit of the next two months",
        )
    waiting = waiting_cases(tx)
    return _check(
        "calendar",
        "warning",
        f"{missing} 年工作日历未导入，{waiting} 件案件因此没有到期时间；"
        "请按国务院办公厅的放假通知导入：bin/gridcenter import calendar 文件",
        f"the {missing} working calendar is missing and {waiting} cases have no due time for it: import"
        " the State Council's holiday notice with bin/gridcenter import calendar FILE",
    )
