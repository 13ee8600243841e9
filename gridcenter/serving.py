"""The programs that serve: pages and API, the live stream, the job worker; and their supervisor.

Streams live in a gevent process of their own: a thread server stops when as many streams are open
as it has threads (docs/decisions). All programs are children of one supervisor that starts them
again when they die and takes them along when it ends.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gridcenter import cluster
from gridcenter.errors import GridcenterError, Words
from gridcenter.settings import Settings

Say = Callable[[str, str], None]

_GRACE_S = 15  # a request in hand may finish
_STREAM_GRACE_S = 2  # a stream never finishes by itself; browsers reconnect
_WATCH_S = 0.5
_DATABASE_WATCH_S = 3.0
# A program that dies so many times in a row, each within this time, will not come up.
_TRIES, _SHORT_LIFE_S = 5, 10.0
_LONGEST_WAIT_S = 30.0
_BACKOFF_BASE = 2.0  # it is started again after 2, 4, 8 … seconds


class ServingFailed(GridcenterError):
    """A server program cannot run here; says why."""

    code = "serving_failed"
    zh = "{reason}"
    en = "{reason}"
    machine_at_fault = True

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(reason=Words(zh, en))


@dataclass
class Program:
    """One child: its name, its command, the ports it needs; what the supervisor knows of it."""

    name: str
    command: list[str]
    ports: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    not_before: float = 0.0
    short_lives: int = 0
    proved: bool = False


def programs(settings: Settings) -> dict[str, Program]:
    """web, stream and worker, by name."""
    python = [sys.executable, "-m"]
    gunicorn = [*python, "gunicorn", "--no-control-socket", "--keep-alive", "15"]
    gunicorn += ["--worker-tmp-dir", _memory_folder(), "--log-level", settings.log_level]
    web = [*gunicorn, "--worker-class", "gthread", "--bind", f"{settings.host}:{settings.port}"]
    web += ["--workers", str(settings.web_workers), "--threads", str(settings.web_threads)]
    web += ["--timeout", "120", "--graceful-timeout", str(_GRACE_S), "dashboards.wsgi:web()"]
    stream = [*gunicorn, "--worker-class", "gevent", "--workers", "1"]
    stream += ["--bind", f"{settings.host}:{settings.stream_port}"]
    stream += ["--graceful-timeout", str(_STREAM_GRACE_S), "dashboards.wsgi:stream()"]
    return {
        "web": Program("web", web, (settings.port,)),
        "stream": Program("stream", stream, (settings.stream_port,)),
        "worker": Program("worker", [*python, "gridcenter.cli", "worker"]),
    }


def supervise(
    settings: Settings,
    running: list[Program],
    say: Say,
    when_ready: Callable[[], None] | None = None,
) -> None:
    """Run `running` until SIGINT or SIGTERM, then end them, requests in hand first.

    `when_ready` is called once, when the web program answers. A program that dies is started
    again, and so is the embedded database. Raises ServingFailed when a port is taken or a program
    does not stay up.
    """
    _refuse_taken_ports(settings, running)
    end = _Ending()
    _fresh_metrics(settings)
    looked_at_database = time.monotonic()
    try:
        while not end.asked:
            now = time.monotonic()
            if settings.embedded and now - looked_at_database > _DATABASE_WATCH_S:
                looked_at_database = now
                _revive_database(settings, say)
            for program in running:
                _keep(program, settings, say, now)
            if when_ready and _web_answers(settings):
                when_ready()
                when_ready = None
            time.sleep(_WATCH_S if when_ready is None else _WATCH_S / 5)
    finally:
        _end_all(running)


class _Ending:
    """Whether somebody asked us to end; Ctrl-C and SIGTERM set it."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked = True


def _keep(program: Program, settings: Settings, say: Say, now: float) -> None:
    """Start `program` when it does not run and its waiting time is over."""
    if program.process is not None:
        code = program.process.poll()
        if code is None:
            return
        _note_death(program, code, now)
        say(
            f"{program.name} 意外退出（{code}），重新启动",
            f"{program.name} died ({code}), restarting",
        )
    if now >= program.not_before:
        program.started = now
        program.process = subprocess.Popen(
            # The web processes share their counters through this folder (prometheus_client).
            ["env", f"PROMETHEUS_MULTIPROC_DIR={_metrics(settings)}", *program.command],
            cwd=settings.root,
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which ends us in order
            preexec_fn=die_with_parent,
        )


def _note_death(program: Program, code: int, now: float) -> None:
    """Decide when to start `program` again; raises ServingFailed when it never stayed up."""
    short = now - program.started < _SHORT_LIFE_S
    program.short_lives = program.short_lives + 1 if short else 0
    program.proved = program.proved or not short
    # What once ran will run again when its trouble is over; giving up would take the pages along.
    if program.short_lives >= _TRIES and not program.proved:
        raise ServingFailed(
            f"程序 {program.name} 无法保持运行（退出码 {code}），原因见上方日志",
            f"program {program.name} does not stay up (exit code {code}); see the log above",
        )
    program.process = None
    wait_s = min(_LONGEST_WAIT_S, _BACKOFF_BASE**program.short_lives) if short else 0.0
    program.not_before = now + wait_s


def die_with_parent() -> None:
    """Have the kernel send SIGTERM to this child when the supervisor is killed."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def _end_all(running: list[Program]) -> None:
    """SIGTERM to all, SIGKILL to what is still there when the grace is over."""
    alive = [p.process for p in running if p.process is not None and p.process.poll() is None]
    for process in alive:
        process.terminate()
    deadline = time.monotonic() + _GRACE_S + 5
    for process in alive:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _revive_database(settings: Settings, say: Say) -> None:
    """Start the embedded cluster again when it was killed under us."""
    if cluster.status(settings).running:
        return
    say("内置数据库不应答，重新启动", "the embedded database does not answer, restarting it")
    try:
        cluster.start(settings)
    except cluster.ClusterFailed as error:
        say(error.detail("zh"), error.detail("en"))


def _refuse_taken_ports(settings: Settings, running: list[Program]) -> None:
    for port in (port for program in running for port in program.ports):
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.host, port))
            except OSError as error:
                raise ServingFailed(
                    f"不能监听 {settings.host}:{port}（{error.strerror}）；可用 --port 换一个端口",
                    f"cannot listen on {settings.host}:{port} ({error.strerror}); choose another"
                    " port with --port",
                ) from error


def _web_answers(settings: Settings) -> bool:
    """Whether the web program accepts connections and says that it is ready."""
    from urllib.request import ProxyHandler, build_opener

    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    opener = build_opener(ProxyHandler({}))  # a proxy of the machine knows nothing of us
    try:
        with opener.open(f"http://{host}:{settings.port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _fresh_metrics(settings: Settings) -> None:
    """Empty the folder where the web processes share their counters: old ones would add up."""
    folder = _metrics(settings)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _metrics(settings: Settings) -> Path:
    return settings.home / "metrics"


def _memory_folder() -> str:
    """Where gunicorn's heartbeat files lie: in memory, a busy disk must not look like a hang."""
    shared = Path("/dev/shm")  # noqa: S108
    return str(shared if os.access(shared, os.W_OK) else "/tmp")  # noqa: S108
