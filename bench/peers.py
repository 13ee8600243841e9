"""The peers: pgbench with the very statements of ours, and bare psycopg connections."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any, LiteralString, cast

import psycopg
from psycopg.conninfo import conninfo_to_dict

from gridcenter.accounts.queries import session_of
from gridcenter.database import Row, Transaction
from gridcenter.errors import GridcenterError, Words


class NoPgbench(GridcenterError):
    """pgbench is not installed on this machine."""

    code = "no_pgbench"
    zh = "{reason}"
    en = "{reason}"
    machine_at_fault = True

    def __init__(self) -> None:
        super().__init__(reason=Words("没有找到 pgbench", "pgbench was not found"))


@dataclass(frozen=True)
class Said:
    """One statement that our code sends, with its parameters."""

    statement: str
    params: Mapping[str, Any]


class Overheard(Transaction):
    """A transaction that notes what is sent through it."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        super().__init__(connection)
        self.said: list[Said] = []

    def _run(self, statement: Any, params: Any, *, binary: bool = False) -> psycopg.Cursor[Row]:
        self.said.append(Said(str(statement), dict(params or {})))
        return super()._run(statement, params, binary=binary)


def overhear(
    connection: psycopg.Connection[Row], token: str, use: Callable[[Transaction], Any]
) -> tuple[list[Said], Any]:
    """All statements of a request with this token that does `use`, and what it gave.

    The first asks for the token's session and sets its scope. Runs in a transaction that is rolled back.
    """
    tx = Overheard(connection)
    try:
        session = session_of(tx, token)
        assert session is not None
        result = use(tx)
    finally:
        connection.rollback()
    return tx.said, result


def rendered(
    connection: psycopg.Connection[Row], said: Said, variables: Mapping[str, str] | None = None
) -> str:
    """The statement with literals in place of parameters; `variables` stay pgbench's ``:name``."""
    held = {name: f"\x01{name}\x01" for name in variables or {}}
    text = psycopg.ClientCursor(connection).mogrify(
        cast(LiteralString, said.statement), {**said.params, **held}
    )
    for name, variable in (variables or {}).items():
        text = text.replace(f"'\x01{name}\x01'", variable)
    return " ".join(line.split("--")[0] for line in text.splitlines()).strip()


def pgbench(url: str, script: str, clients: int, seconds: float) -> tuple[float, float]:
    """Transactions per second and mean latency (ms) of the script, prepared protocol, as the web role.

    Raises RuntimeError when a transaction failed.
    """
    tool = _tool()
    with tempfile.NamedTemporaryFile("w", suffix=".pgb", encoding="utf-8") as file:
        file.write(script)
        file.flush()
        command = [tool, "-n", "-M", "prepared", "-c", str(clients), "-j", "2"]
        command += ["-T", str(max(1, round(seconds))), "-f", file.name]
        done = subprocess.run(
            command, env=_environment(url), capture_output=True, text=True, check=False
        )
    rate = re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
    mean = re.search(r"^latency average = ([0-9.]+) ms", done.stdout, re.MULTILINE)
    failed = re.search(r"number of failed transactions: (\d+)", done.stdout)
    if done.returncode or not rate or not mean or (failed and failed[1] != "0"):
        raise RuntimeError(f"pgbench: {done.stdout[-500:]} {done.stderr[-1000:]}")
    return float(rate[1]), float(mean[1])


def _tool() -> str:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"))
    tool = str(found[-1]) if found else which("pgbench")
    if tool is None:
        raise NoPgbench()
    return tool


def pgbench_version() -> str:
    """For example ``pgbench (PostgreSQL) 15.18``."""
    done = subprocess.run([_tool(), "--version"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _environment(url: str) -> dict[str, str]:
    """The connection for libpq; a password in arguments could be read by everybody."""
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
        "sslmode": "PGSSLMODE",
        "options": "PGOPTIONS",
    }
    given = {names[k]: str(v) for k, v in conninfo_to_dict(url).items() if k in names}
    return {**os.environ, **given}
