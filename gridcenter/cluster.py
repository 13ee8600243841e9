"""The embedded PostgreSQL cluster under ``<home>/postgres``: made, started, stopped, looked at.

Debian's own server programs are driven; Debian's own ``main`` cluster is left alone. Only a socket
is opened, every login needs a password (scram). PostgreSQL refuses to run as root, so for root all
of its programs run as the system account ``postgres``.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import re
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from shutil import which
from tempfile import NamedTemporaryFile

from gridcenter.errors import GridcenterError, Words
from gridcenter.settings import ADMIN_ROLE, EMBEDDED_PORT, Settings

SYSTEM_ACCOUNT = "postgres"
# Where root puts the cluster when that account cannot walk into the home folder.
SYSTEM_AREA = Path("/var/lib/gridcenter")
_START_S = 120
_STOP_S = 60
_ORPHANS_S = 20.0
_NO_PROCESS = 2**22 + 1  # Linux numbers processes up to 2^22


class ClusterFailed(GridcenterError):
    """The embedded database, or the machine it needs, is not as it must be; says what to do."""

    code = "cluster_failed"
    zh = "{reason}"
    en = "{reason}"
    machine_at_fault = True

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(reason=Words(zh, en))


@dataclass(frozen=True)
class ClusterStatus:
    """What there is: `version` is the major version, None before the cluster exists."""

    exists: bool
    running: bool
    version: str | None
    data_dir: Path
    socket_dir: Path
    port: int


@dataclass(frozen=True)
class _Account:
    """The system account that PostgreSQL's programs run as; `switch` when we are root."""

    uid: int
    gid: int
    name: str
    switch: bool


def ensure(settings: Settings) -> ClusterStatus:
    """The running cluster, made first when there is none.

    Raises ClusterFailed with the reason and what to do about it.
    """
    if not (settings.cluster_dir / "data").exists():
        create(settings)
    return start(settings)


def create(settings: Settings) -> None:
    """Make the cluster's files; nothing happens when they are there.

    It is made beside its place and moved, so a run that was broken off leaves no half cluster.
    """
    account = _account(settings)
    with _locked(settings):
        _prepare_folders(settings, account)
        data = settings.cluster_dir / "data"
        if data.exists():
            return
        fresh = settings.cluster_dir / f"data.{os.getpid()}"
        with NamedTemporaryFile("w", dir=settings.cluster_dir, prefix=".password-") as password:
            password.write(settings.secrets.password("admin") + "\n")
            password.flush()
            os.chown(password.name, account.uid, account.gid)
            kind = ["-E", "UTF8", "--locale=C.UTF-8", "--data-checksums", "--auth=scram-sha-256"]
            login = ["-U", ADMIN_ROLE, f"--pwfile={password.name}"]
            _run(account, [_tool(settings, "initdb"), "-D", fresh, *kind, *login])
        with (fresh / "postgresql.conf").open("a") as file:
            file.write("\ninclude 'gridcenter.conf'  # rewritten at each start\n")
        fresh.rename(data)


def start(settings: Settings) -> ClusterStatus:
    """The running cluster; recovers by itself from a crash or a kill -9.

    Raises ClusterFailed when there is no cluster or it does not come up.
    """
    now = status(settings)
    if now.running:
        return now
    if not now.exists:
        raise ClusterFailed(
            f"没有内置数据库 {now.data_dir}；请运行 bin/gridcenter db up",
            f"there is no embedded database at {now.data_dir}; run bin/gridcenter db up",
        )
    account = _account(settings)
    with _locked(settings):
        # Another starter may have been faster while this one waited for the lock.
        if not _answers(settings):
            _prepare_folders(settings, account)
            _write_configuration(settings, account)
            _start_postmaster(settings, account)
    return status(settings)


def stop(settings: Settings) -> bool:
    """Whether there was a running cluster to stop; open transactions are rolled back."""
    if not status(settings).running:
        return False
    account = _account(settings)
    with _locked(settings):
        data = settings.cluster_dir / "data"
        command = [_tool(settings, "pg_ctl"), "-D", data, "-w", "-t", _STOP_S, "-m", "fast", "stop"]
        _run(account, command)
    return True


def status(settings: Settings) -> ClusterStatus:
    """What exists and whether it answers on its socket; changes nothing."""
    data = settings.cluster_dir / "data"
    with contextlib.suppress(OSError):
        version = (data / "PG_VERSION").read_text().strip()
        return ClusterStatus(
            True, _answers(settings), version, data, settings.socket_dir, EMBEDDED_PORT
        )
    return ClusterStatus(data.exists(), False, None, data, settings.socket_dir, EMBEDDED_PORT)


# The first message of a client that asks for encryption; a living server answers one byte.
_SSL_REQUEST = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")


def _answers(settings: Settings) -> bool:
    """Whether a server answers on the socket and has finished starting.

    Neither a process id (it may be recycled) nor an accepted connection (orphans of a killed
    server hold the socket for a moment) proves that.
    """
    with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError, IndexError):
        probe.settimeout(5)
        probe.connect(str(settings.socket_dir / f".s.PGSQL.{EMBEDDED_PORT}"))
        probe.sendall(_SSL_REQUEST)
        note = (settings.cluster_dir / "data" / "postmaster.pid").read_text()
        return probe.recv(1) in (b"N", b"S") and note.splitlines()[7].strip() == "ready"
    return False


def _start_postmaster(settings: Settings, account: _Account) -> None:
    data, log = settings.cluster_dir / "data", settings.cluster_dir / "startup.log"
    command = [_tool(settings, "pg_ctl"), "-D", data, "-w", "-t", _START_S, "-l", log, "start"]
    patience = time.monotonic() + _ORPHANS_S
    while True:
        log.unlink(missing_ok=True)
        for note in (
            data / "postmaster.pid",
            settings.socket_dir / f".s.PGSQL.{EMBEDDED_PORT}.lock",
        ):
            _disown_dead_pid(note)
        try:
            return _run(account, command)
        except ClusterFailed as failure:
            said = _last_words(settings)
            # After kill -9 of the postmaster its children need a moment to notice and leave.
            if ("still in use" in said or "already exists" in said) and time.monotonic() < patience:
                time.sleep(0.3)
                continue
            raise ClusterFailed(
                f"内置数据库没有启动：{said or failure}",
                f"the embedded database did not start: {said or failure}",
            ) from failure


def _last_words(settings: Settings) -> str:
    """Why the server did not start, from its start-up output and its newest log."""
    logs = sorted((settings.cluster_dir / "log").glob("*.log"), key=lambda log: log.stat().st_mtime)
    lines = []
    for log in (*logs[-1:], settings.cluster_dir / "startup.log"):
        with contextlib.suppress(OSError):
            lines += log.read_text(errors="replace").splitlines()[-12:]
    telling = [line for line in lines if re.search(r"FATAL|PANIC|ERROR|HINT|DETAIL", line)]
    return " ".join(telling[-6:])


def _disown_dead_pid(note: Path) -> None:
    """Keep a lock file from naming a process that is dead or another program.

    A number is reused after a reboot, and a killed server stays a zombie until its parent looks;
    PostgreSQL would take either for a running server. Only the number is replaced, by one that no
    process can have: the rest of the file still guards against orphans that use the shared memory.
    """
    with contextlib.suppress(OSError, ValueError):
        first, *rest = note.read_text().splitlines()
        with contextlib.suppress(FileNotFoundError):
            about = Path(f"/proc/{int(first)}/stat").read_text()
            name, state = about.partition("(")[2].rpartition(") ")[::2]
            if name != "postgres" or state.startswith("Z"):
                note.write_text("\n".join([str(_NO_PROCESS), *rest]) + "\n")


def _account(settings: Settings) -> _Account:
    """Ourselves, or for root the owner of the cluster, else the account ``postgres``."""
    if os.geteuid() != 0:
        me = pwd.getpwuid(os.geteuid())
        data = settings.cluster_dir / "data"
        if data.exists() and data.stat().st_uid != me.pw_uid:
            owner = data.stat().st_uid
            raise ClusterFailed(
                f"{data} 属于另一账户（uid {owner}），请用原来的账户运行，"
                "或用 GRIDCENTER_HOME 另选目录",
                f"{data} belongs to another account (uid {owner}): run as that account, or choose"
                " another folder with GRIDCENTER_HOME",
            )
        return _Account(me.pw_uid, me.pw_gid, me.pw_name, switch=False)
    try:
        owner = (settings.cluster_dir / "data").stat().st_uid
        found = pwd.getpwuid(owner) if owner else pwd.getpwnam(SYSTEM_ACCOUNT)
    except OSError:
        found = _system_account()
    return _Account(found.pw_uid, found.pw_gid, found.pw_name, switch=True)


def _system_account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_ACCOUNT)
    except KeyError as error:
        raise ClusterFailed(
            "没有系统账户 postgres；请安装 postgresql-postgis（bin/up 会安装）",
            "there is no system account postgres; install PostgreSQL (bin/up does)",
        ) from error


def _prepare_folders(settings: Settings, account: _Account) -> None:
    """Make the cluster's folders, owned by `account` and closed to others."""
    place = settings.home / "postgres"
    if account.switch and not place.is_symlink() and (wall := _wall(place, account)):
        if place.exists():
            raise ClusterFailed(
                f"账户 {account.name} 不能进入 {wall}；请运行 chmod o+x {wall}",
                f"account {account.name} cannot enter {wall}; run: chmod o+x {wall}",
            )
        # A checkout in /root is closed to the account postgres; the data then lies outside.
        digest = sha256(os.fsencode(settings.home)).hexdigest()[:12]
        outside = SYSTEM_AREA / digest
        outside.mkdir(parents=True, exist_ok=True)
        place.symlink_to(outside)
    settings.cluster_dir.mkdir(parents=True, exist_ok=True)
    settings.socket_dir.mkdir(mode=0o700, exist_ok=True)
    for folder in (settings.cluster_dir, settings.socket_dir):
        found = folder.lstat()
        if account.switch and found.st_uid == 0:
            os.chown(folder, account.uid, account.gid)
            found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid:
            raise ClusterFailed(
                f"{folder} 不是账户 {account.name} 的目录，请移走它",
                f"{folder} is not a folder of account {account.name}: move it away",
            )
        folder.chmod(0o700)


def _wall(place: Path, account: _Account) -> Path | None:
    """The first folder above `place` that `account` cannot walk through, or None."""
    for folder in reversed(place.parents):
        if not folder.exists():
            return None
        found = folder.stat()
        bit = stat.S_IXOTH
        if found.st_uid == account.uid:
            bit = stat.S_IXUSR
        elif found.st_gid == account.gid:
            bit = stat.S_IXGRP
        if not found.st_mode & bit:
            return folder
    return None


def _write_configuration(settings: Settings, account: _Account) -> None:
    """Write gridcenter.conf for this machine's memory; durability is never switched off."""
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    values = {
        "listen_addresses": "",
        "port": EMBEDDED_PORT,
        "unix_socket_directories": settings.socket_dir,
        "unix_socket_permissions": "0700",
        "max_connections": 100,
        "shared_buffers": f"{min(2048, max(256, memory_mb // 8))}MB",
        "effective_cache_size": f"{max(512, memory_mb // 3)}MB",
        "work_mem": "32MB",
        "maintenance_work_mem": "256MB",
        "max_wal_size": "4GB",
        "wal_compression": "on",
        "random_page_cost": 1.1,
        "jit": "off",
        "fsync": "on",
        "synchronous_commit": "on",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "logging_collector": "on",
        "log_directory": "../log",
        "log_filename": "postgresql-%a.log",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
    }
    shared = os.statvfs("/dev/shm")  # noqa: S108 - a mount point, nothing is written by us
    if shared.f_frsize * shared.f_blocks < 256 * 2**20:
        values["dynamic_shared_memory_type"] = "mmap"  # containers give 64 MB
    path = settings.cluster_dir / "data" / "gridcenter.conf"
    path.write_text("".join(f"{name} = '{value}'\n" for name, value in values.items()))
    os.chown(path, account.uid, account.gid)


def _tool(settings: Settings, name: str) -> Path:
    """The path of a server program, of the cluster's own version when it exists already.

    Debian keeps each version in a folder of its own that is not on PATH, and pg_config may speak
    of a version whose server is not installed. Raises ClusterFailed when there is none.
    """
    version = status(settings).version
    debian = Path("/usr/lib/postgresql")
    folders = sorted(debian.glob(f"{version or '*'}/bin"), key=lambda path: -int(path.parts[-2]))
    for folder in folders:
        extensions = Path("/usr/share/postgresql") / folder.parts[-2] / "extension"
        if (folder / name).exists() and (version or (extensions / "postgis.control").exists()):
            return folder / name
    if not folders and (found := which("pg_config")):
        answer = subprocess.run([found, "--bindir"], capture_output=True, text=True, check=False)
        if (other := Path(answer.stdout.strip()) / name).exists():
            return other
    wanted = f"PostgreSQL {version}" if version else "PostgreSQL + PostGIS"
    raise ClusterFailed(
        f"没有找到 {wanted} 的程序 {name}；请安装 postgresql-postgis（bin/up 会安装）",
        f"{wanted}: no program {name} was found; install postgresql-postgis (bin/up does)",
    )


def _run(account: _Account, command: list[object]) -> None:
    """Run a server program as `account`; raises ClusterFailed with its last words."""
    words = [str(word) for word in command]
    who = {"user": account.uid, "group": account.gid, "extra_groups": []} if account.switch else {}
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(  # type: ignore[call-overload]
        words, cwd="/", env=environment, capture_output=True, text=True, check=False, **who
    )
    if done.returncode:
        said = re.sub(r"\s+", " ", (done.stderr or done.stdout)).strip()[-400:]
        name = Path(words[0]).name
        raise ClusterFailed(f"{name} 失败：{said}", f"{name} failed: {said}")


@contextlib.contextmanager
def _locked(settings: Settings) -> Iterator[None]:
    """Only one of our processes at a time makes, starts or stops the cluster."""
    settings.home.mkdir(mode=0o711, parents=True, exist_ok=True)
    with (settings.home / "cluster.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
