"""What the product takes of a machine: memory of a web worker, seconds until it is there."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench import servers
from bench.clients import Request, drive, request
from bench.create import CLIENTS, put_back, report_once
from bench.figures import Bound, Figure, same
from bench.place import ground
from bench.site import DISPATCHER, Site
from bench.tiles import chosen
from gridcenter import cluster
from gridcenter.database import Database, upgrade
from gridcenter.errors import Words
from gridcenter.provision import create_database, drop_database
from gridcenter.settings import Settings
from importers import sample

REQUESTS = 2000
MOST_MB, MOST_HELP_S, MOST_UP_S, MOST_SAMPLE_S = 220.0, 0.5, 15.0, 60.0
FIRST_UP_S = 600.0
PAGES = (
    "/api/v1/incidents?limit=50",
    "/api/v1/incidents?limit=50&overdue=true",
    "/api/v1/incidents/counts",
    "/api/v1/areas?level=grid&geometry=true",
    "/api/v1/matters?q=ljt",
    "/api/v1/layers",
    "/api/v1/layers/building/features?limit=1000",
    "/api/v1/statistics/indicators",
    "/api/v1/locate?lon=120.605&lat=31.3&datum=cgcs2000",
    "/api/v1/journal?limit=50",
)


def measure(site: Site) -> list[Figure]:
    """Memory after mixed requests; seconds of --help, of the sample, and of a second bin/up."""
    # Starting whole installations takes minutes; few rounds are enough for seconds against 15 and 60.
    few = min(3, site.effort.rounds)
    return [memory(site), help_time(site), sample_time(site, few), second_up(site.settings, few)]


def memory(site: Site) -> Figure:
    """Megabytes (PSS: pages shared with its siblings count in parts) of the larger web worker."""
    with site.serving() as running:
        before = [_pss_mb(pid) for pid in running.workers()]
        answers = drive(running.port, CLIENTS, _mixed(site, running), 600.0)
        wrong = {s: n for s, n in answers.failures().items() if s != 201}
        same("answers that are neither 200 nor 201", {}, wrong)
        pss = [_pss_mb(pid) for pid in running.workers()]
        rss = [_rss_mb(pid) for pid in running.workers()]
    put_back(site)
    remarks = {
        "requests": len(answers.statuses),
        "pss_mb": [round(value, 1) for value in pss],
        "rss_mb": [round(value, 1) for value in rss],
        "pss_before_mb": [round(value, 1) for value in before],
    }
    words = Words(
        f"网页进程内存（{REQUESTS} 次混合请求后）", f"web worker after {REQUESTS} mixed requests"
    )
    return Figure("memory", words, "MB", [max(rss)], (), Bound(most=MOST_MB), remarks)


def _mixed(site: Site, running: servers.Running) -> Callable[[], Request | None]:
    """2,000 requests: lists, figures, areas, tiles of all layers, features, and every tenth a report."""
    with site.owner.transaction(read_only=True) as tx:
        box = ground(tx)
    token = site.token(DISPATCHER)
    pages = [request("GET", path, token) for path in PAGES]
    pages += [
        request("GET", f"/tiles/{layer}/{z}/{x}/{y}.mvt", token)
        for layer in ("building", "incident", "grid", "microgrid", "community", "worker")
        for z, x, y in chosen(site)[:12]
    ]
    chance = random.Random(1)  # noqa: S311 - a choice, not a secret
    left = iter(range(REQUESTS))

    def following() -> Request | None:
        number = next(left, None)
        if number is None:
            return None
        if number % 10 == 0:
            return report_once(running, token, box)  # type: ignore[no-any-return]
        return chance.choice(pages), None

    return following


def _pss_mb(pid: int) -> float:
    return _field(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")


def _rss_mb(pid: int) -> float:
    return _field(Path(f"/proc/{pid}/status"), "VmRSS:")


def _field(file: Path, name: str) -> float:
    line = next(line for line in file.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024 / 1e6


def help_time(site: Site) -> Figure:
    """Seconds of ``bin/gridcenter --help``."""
    command = [str(site.settings.root / "bin" / "gridcenter"), "--help"]
    took = []
    for _ in range(site.effort.rounds + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        took.append(time.perf_counter() - began)
    words = Words("bin/gridcenter --help", "bin/gridcenter --help")
    return Figure("help", words, "s", took[1:], (), Bound(most=MOST_HELP_S))


def sample_time(site: Site, rounds: int) -> Figure:
    """Seconds of loading the sample as first starts do, into a new database each time."""
    settings, name = site.settings, f"{site.name}_sample"
    took, counts = [], {}
    for _ in range(rounds):
        drop_database(settings, name)
        create_database(settings, name)
        upgrade(settings, settings.url("owner", name))
        database = Database(settings.url("owner", name))
        try:
            began = time.perf_counter()
            counts = sample.load(database, settings).counts
            took.append(time.perf_counter() - began)
        finally:
            database.close()
            drop_database(settings, name)
    words = Words("载入示例", "sample load")
    return Figure("sample", words, "s", took, (), Bound(most=MOST_SAMPLE_S), {"rows": counts})


def second_up(settings: Settings, rounds: int) -> Figure:
    """Seconds from ``bin/up`` to ready on an installation of its own that was set up before.

    The installation (cluster, secrets, sample) is made under a temporary home and removed again.
    """
    home = Path(tempfile.mkdtemp(prefix="gridcenter-bench-up-"))
    home.chmod(0o711)  # the account of the database must be able to walk through
    began = time.perf_counter()
    took = []
    try:
        _up(settings, home, servers.free_port(), "--setup-only", FIRST_UP_S)
        first = time.perf_counter() - began
        for _ in range(rounds):
            took.append(_up(settings, home, _two_free_ports(), None, FIRST_UP_S))
    finally:
        with contextlib.suppress(cluster.ClusterFailed):
            cluster.stop(Settings.from_environment({"GRIDCENTER_HOME": str(home)}))
        shutil.rmtree(home, ignore_errors=True)
    words = Words("第二次 bin/up 到可用", "second bin/up to ready")
    remarks = {"first_setup_s": round(first, 1)}
    return Figure("up", words, "s", took, (), Bound(most=MOST_UP_S), remarks)


def _two_free_ports() -> int:
    """A free port whose follower, the port of the stream, is free as well."""
    import socket

    while True:
        port = servers.free_port()
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port + 1))
            return port


def _up(settings: Settings, home: Path, port: int, option: str | None, patience_s: float) -> float:
    """Seconds until ready (with an option: until it ended by itself); everything is ended again."""
    gone = ("GRIDCENTER_DATABASE_URL", "GRIDCENTER_STREAM_PORT", "PROMETHEUS_MULTIPROC_DIR")
    environment = {key: value for key, value in os.environ.items() if key not in gone}
    environment["GRIDCENTER_HOME"] = str(home)
    command = [
        str(settings.root / "bin" / "up"),
        "--port",
        str(port),
        *([option] if option else []),
    ]
    log = home / "up.log"
    with log.open("wb") as out:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, stdout=out, stderr=out, start_new_session=True
        )
        try:
            if option is None:
                servers.wait_ready(port, log, patience_s)
            elif process.wait(patience_s):
                raise RuntimeError(log.read_text(errors="replace")[-2000:])
            return time.perf_counter() - began
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(40)
            servers.end([process])
