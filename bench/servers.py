"""The real servers on a database of the benchmark's own, started as in production, ended by us."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from gridcenter.serving import die_with_parent, programs
from gridcenter.settings import Settings

WEB_WORKERS = 2
_READY_S, _GRACE_S = 60.0, 25.0


@dataclass(frozen=True)
class Running:
    """Servers that answer: their ports and the process ids of gunicorn's masters."""

    port: int
    stream_port: int
    web_pid: int
    stream_pid: int
    log: Path

    def workers(self) -> list[int]:
        """Process ids of the web server's workers."""
        children = Path(f"/proc/{self.web_pid}/task/{self.web_pid}/children").read_text()
        return [int(pid) for pid in children.split()]


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def for_bench(settings: Settings, database: str) -> Settings:
    """Settings of servers on another database of the same server, on free ports, two workers."""
    return replace(
        settings,
        database_url=settings.url("web", database),
        host="127.0.0.1",
        port=free_port(),
        stream_port=free_port(),
        web_workers=WEB_WORKERS,
    )


@contextmanager
def serving(settings: Settings) -> Iterator[Running]:
    """Web and stream servers with these settings; ready inside the block, gone after it."""
    folder = Path(tempfile.mkdtemp(prefix="gridcenter-bench-"))
    known = programs(settings)
    started: list[subprocess.Popen[bytes]] = []
    log = folder / "servers.log"
    try:
        with log.open("wb") as out:
            for name in ("web", "stream"):
                started.append(
                    subprocess.Popen(
                        known[name].command,
                        cwd=settings.root,
                        env=_environment(settings, folder),
                        stdout=out,
                        stderr=out,
                        start_new_session=True,
                        preexec_fn=die_with_parent,  # a killed benchmark leaves nothing behind
                    )
                )
        for port in (settings.port, settings.stream_port):
            wait_ready(port, log)
        yield Running(settings.port, settings.stream_port, started[0].pid, started[1].pid, log)
    finally:
        end(started)
        shutil.rmtree(folder, ignore_errors=True)


def _environment(settings: Settings, folder: Path) -> dict[str, str]:
    metrics = folder / "metrics"
    metrics.mkdir(exist_ok=True)
    return {
        **os.environ,
        "PYTHONPATH": str(settings.root),
        "GRIDCENTER_HOME": str(settings.home),
        "GRIDCENTER_DATABASE_URL": settings.database_url,
        "GRIDCENTER_HOST": settings.host,
        "GRIDCENTER_PORT": str(settings.port),
        "GRIDCENTER_STREAM_PORT": str(settings.stream_port),
        "GRIDCENTER_WEB_WORKERS": str(settings.web_workers),
        "GRIDCENTER_ATTACHMENTS_DIR": str(folder / "attachments"),
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
    }


def wait_ready(port: int, log: Path | None = None, patience_s: float = _READY_S) -> None:
    """Return when the server at `port` says that it is ready; raises TimeoutError when it does not."""
    opener = build_opener(ProxyHandler({}))
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        with (
            contextlib.suppress(URLError, OSError),
            opener.open(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer,
        ):
            if answer.status == 200:
                return
        time.sleep(0.05)
    said = log.read_text(errors="replace")[-2000:] if log else ""
    raise TimeoutError(f"no server at port {port} after {patience_s:.0f} s. {said}")


def end(processes: list[subprocess.Popen[bytes]]) -> None:
    """End exactly these processes: politely, then with their whole group."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + _GRACE_S
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
