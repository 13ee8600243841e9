"""The supervisor: starts, revives, gives up, and takes its children along."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridcenter.serving import Program, ServingFailed, _note_death, programs, supervise
from gridcenter.settings import CHECKOUT, Settings

# Two children that write their process ids and sleep; the supervisor runs in a process of its own.
DRIVER = """
import sys
from pathlib import Path
from gridcenter.serving import Program, supervise
from gridcenter.settings import Settings

home = Path(sys.argv[1])
settings = Settings.from_environment({
    "GRIDCENTER_HOME": str(home),
    "GRIDCENTER_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
})
child = "import os, time; open(%r, 'a').write(f'{os.getpid()}\\\\n'); time.sleep(100)"
running = [
    Program(name, [sys.executable, "-c", child % str(home / name)]) for name in ("one", "two")
]
supervise(settings, running, lambda zh, en: print(en, flush=True))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pids(home: Path, name: str, count: int) -> list[int]:
    """The process ids that the child `name` has had, once there are `count` of them."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        file = home / name
        lines = file.read_text().splitlines() if file.exists() else []
        if len(lines) >= count:
            return [int(line) for line in lines]
        time.sleep(0.05)
    raise AssertionError(f"{name} was not started {count} times")


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
        except FileNotFoundError:
            return True
        if state == "Z":  # dead, only not yet looked at by the process that inherited it
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(tmp_path)],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield process
    if process.poll() is None:
        process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_takes_its_children_along(
    supervisor: subprocess.Popen[str], tmp_path: Path, number: signal.Signals
) -> None:
    children = pids(tmp_path, "one", 1) + pids(tmp_path, "two", 1)
    supervisor.send_signal(number)
    assert supervisor.wait(20) == 0
    assert all(gone(pid) for pid in children)


def test_children_do_not_outlive_a_killed_supervisor(
    supervisor: subprocess.Popen[str], tmp_path: Path
) -> None:
    children = pids(tmp_path, "one", 1) + pids(tmp_path, "two", 1)
    supervisor.kill()
    assert all(gone(pid) for pid in children)


def test_a_killed_child_is_started_again(supervisor: subprocess.Popen[str], tmp_path: Path) -> None:
    (first,) = pids(tmp_path, "one", 1)
    (other,) = pids(tmp_path, "two", 1)
    os.kill(first, signal.SIGKILL)
    assert pids(tmp_path, "one", 2)[1] != first
    assert pids(tmp_path, "two", 1) == [other]
    supervisor.terminate()
    assert supervisor.wait(20) == 0


@pytest.fixture
def elsewhere(tmp_path: Path) -> Settings:
    return Settings.from_environment(
        {
            "GRIDCENTER_HOME": str(tmp_path),
            "GRIDCENTER_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
            "GRIDCENTER_PORT": str(free_port()),
        }
    )


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def test_a_taken_port_is_refused_before_anything_starts(elsewhere: Settings) -> None:
    with socket.socket() as squatter:
        squatter.bind((elsewhere.host, elsewhere.port))
        squatter.listen()
        running = [programs(elsewhere)["web"]]
        with pytest.raises(ServingFailed, match=f"{elsewhere.port}.*--port"):
            supervise(elsewhere, running, lambda zh, en: None)
    assert running[0].process is None


def test_a_program_that_never_stays_up_ends_all(
    elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gridcenter.serving._BACKOFF_BASE", 0.0)
    monkeypatch.setattr("gridcenter.serving._WATCH_S", 0.05)
    steady = Program("steady", [sys.executable, "-c", "import time; time.sleep(100)"])
    broken = Program("broken", [sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(ServingFailed, match=r"broken does not stay up \(exit code 3\)"):
        supervise(elsewhere, [steady, broken], lambda zh, en: None)
    assert steady.process is not None
    assert steady.process.returncode == -signal.SIGTERM


def test_a_program_that_once_stayed_up_is_never_given_up() -> None:
    program = Program("worker", ["true"], started=100.0)
    _note_death(program, 1, 200.0)
    assert program.not_before == 200.0
    for attempt in range(1, 12):
        program.started = 300.0 + attempt
        _note_death(program, 1, program.started + 1)
        assert program.not_before - program.started - 1 == min(30.0, 2.0**attempt)


def test_the_commands_of_the_servers(elsewhere: Settings) -> None:
    known = programs(elsewhere)
    web = " ".join(known["web"].command)
    assert "--no-control-socket" in web  # gunicorn would open one in the home folder
    assert f"--bind 127.0.0.1:{elsewhere.port} " in web
    assert "--worker-class gthread" in web
    assert "--workers 2 --threads 8" in web
    stream = " ".join(known["stream"].command)
    assert "--worker-class gevent" in stream
    assert f":{elsewhere.stream_port} " in stream
