"""kill -9 of web, worker, supervisor and PostgreSQL in the middle of a hundred reports.

An installation of its own in a folder of its own: whatever got its 201 is there afterwards, once, with
its event; and sending everything again, as phones do, completes the hundred without doubles.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gridcenter import cluster
from gridcenter.accounts.sessions import LogIn, open_session
from gridcenter.database import Database
from gridcenter.settings import Settings
from tests import builders

REPORTS, CLIENTS, KILL_AFTER = 100, 4, 40
ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port whose successor is free too: pages and stream."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            if port >= 65000:
                continue
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


@dataclass
class Installation:
    """A gridcenter in a folder of its own, started and killed as an operator and a fate would."""

    environment: dict[str, str]
    settings: Settings
    process: subprocess.Popen[bytes] | None = None

    def up(self) -> None:
        """Start everything and wait until it is ready."""
        command = [sys.executable, "-m", "gridcenter.cli", "up", "--empty"]
        log = self.settings.home / "up.log"
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            assert self.process.poll() is None, log.read_text()[-2000:]
            if self.ready():
                return
            time.sleep(0.2)
        raise AssertionError("not ready after 90 s")

    def ready(self) -> bool:
        """Whether /readyz answers 200."""
        try:
            return call(self.settings.port, "GET", "/readyz")[0] == 200
        except OSError:
            return False

    def kill(self) -> None:
        """kill -9 of the supervisor, its children and the postmaster with its children."""
        assert self.process is not None
        pid_file = self.settings.cluster_dir / "data" / "postmaster.pid"
        postmaster = int(pid_file.read_text().split()[0])
        for victim in [self.process.pid, postmaster]:
            for pid in [victim, *descendants(victim)]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
        self.process.wait(10)
        self.process = None

    def down(self) -> None:
        """Stop what was started."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
        cluster.stop(self.settings)


def descendants(pid: int) -> list[int]:
    """All processes below a process."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    found = [int(word) for word in text.split()]
    return found + [below for child in found for below in descendants(child)]


def call(port: int, method: str, path: str, body: Any = None, token: str = "") -> tuple[int, str]:
    """Status and text of one request; OSError when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()


@pytest.fixture
def installation() -> Iterator[Installation]:
    """A fresh folder and port; everything started is stopped and removed at the end."""
    home = Path(tempfile.mkdtemp(prefix="gridcenter-kill-"))
    home.chmod(0o755)
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GRIDCENTER_")}
    environment |= {
        "GRIDCENTER_HOME": str(home),
        "GRIDCENTER_PORT": str(port),
        "GRIDCENTER_LOG_LEVEL": "error",
        "PYTHONPATH": str(ROOT),
    }
    made = Installation(environment, Settings.from_environment(environment))
    yield made
    made.down()
    shutil.rmtree(home, ignore_errors=True)


@pytest.mark.slow
def test_what_got_a_201_is_there_once(installation: Installation) -> None:
    installation.up()
    owner = Database(installation.settings.url("owner"))
    with owner.transaction() as tx:
        builders.make_place(tx)
        builders.make_worker(tx, "01-001", f"{builders.STREET}001Z001")
        account = tx.one("SELECT account_id FROM grid_worker")
        assert account is not None
        token = open_session(tx, account["account_id"], LogIn("01-001", "", "api")).token
    owner.close()
    port = installation.settings.port
    bodies = [
        builders.report_json(builders.report(id=uuid.uuid4(), description=f"第 {n} 件"))
        for n in range(REPORTS)
    ]
    received = send_and_kill(installation, port, token, bodies)
    assert KILL_AFTER <= len(received) < REPORTS

    installation.up()
    stored = stored_reports(installation.settings)
    assert received <= set(stored)
    # As the phones' outboxes do: everything again until each has its receipt.
    statuses = [call(port, "POST", "/api/v1/incidents", body, token)[0] for body in bodies]
    assert set(statuses) <= {200, 201}
    assert statuses.count(200) == len(stored)
    final = stored_reports(installation.settings)
    assert set(final) == {body["id"] for body in bodies}
    assert all(events == ["report"] for events in final.values())


def send_and_kill(
    installation: Installation, port: int, token: str, bodies: list[dict[str, Any]]
) -> set[str]:
    """The ids that got a 201 while everything was killed after the first forty of them."""
    received: set[str] = set()
    queue, gate, killed = list(bodies), threading.Lock(), threading.Event()

    def work() -> None:
        while not killed.is_set():
            with gate:
                if not queue:
                    return
                body = queue.pop()
            try:
                status, _ = call(port, "POST", "/api/v1/incidents", body, token)
            except OSError:
                return
            if status == 201:
                with gate:
                    received.add(body["id"])

    workers = [threading.Thread(target=work) for _ in range(CLIENTS)]
    for worker in workers:
        worker.start()
    while len(received) < KILL_AFTER and any(worker.is_alive() for worker in workers):
        time.sleep(0.001)
    installation.kill()
    killed.set()
    for worker in workers:
        worker.join(15)
    return received


def stored_reports(settings: Settings) -> dict[str, list[str]]:
    """Operations of every stored case by its id."""
    database = Database(settings.url("owner"))
    with database.transaction(read_only=True) as tx:
        rows = tx.all(
            "SELECT c.id::text AS id, array_agg(e.operation ORDER BY e.version) AS operations"
            " FROM case_file c LEFT JOIN case_event e ON e.case_id = c.id GROUP BY c.id"
        )
    database.close()
    return {row["id"]: row["operations"] for row in rows}
