"""Uploads that come in pieces and survive a lost connection, kept under <home>/uploads until whole.

One folder per upload: what was announced, and a file for each part as far as it has come. A piece is
kept whole or not at all, and only where the part ends, so that what is there is always right.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

from dashboards.uploads import COMING, names_for
from gridcenter.errors import FILE, Conflict, InvalidInput, NotFound, Words
from gridcenter.settings import Settings

PIECE_BYTES = 4 * 1024 * 1024
EXPIRES_S = 24 * 3600  # without a piece for so long, an upload is given up
MOST_UNFINISHED = 4  # of one account: what may lie on the disk is bounded
_PLAN = "announced.json"


@dataclass(frozen=True)
class Part:
    """One file of an upload: its name, its size, and how many bytes have come."""

    name: str
    size: int
    have: int


@dataclass(frozen=True)
class Coming:
    """An upload under way."""

    id: UUID
    folder: Path
    parts: tuple[Part, ...]

    def as_dict(self) -> dict[str, object]:
        """For the interface: id, files with `have`, the size of a piece."""
        files = [{"name": p.name, "size": p.size, "have": p.have} for p in self.parts]
        return {"id": str(self.id), "files": files, "piece_bytes": PIECE_BYTES}


def announce(settings: Settings, account: UUID | None, files: list[tuple[str, int]]) -> Coming:
    """The new upload of files (name, size in bytes).

    Raises InvalidInput for none or too many of them, for sizes beyond the setting, and when the
    account has too many uploads under way.
    """
    names = names_for([name for name, _ in files])
    if sum(size for _, size in files) > settings.max_upload_bytes:
        most = settings.max_upload_bytes // 1_000_000
        raise InvalidInput.of(
            "file",
            "too_large",
            f"合计超过上限 {most} MB。分几次传，或压成 zip",
            f"Together more than {most} MB. Send them one by one, or zipped",
        )
    _expire(settings)
    if len(_of(settings, account)) >= MOST_UNFINISHED:
        raise InvalidInput.of(
            "file",
            "too_many",
            f"已有 {MOST_UNFINISHED} 份没传完的文件，先传完或取消",
            f"{MOST_UNFINISHED} uploads are not finished; finish or cancel them first",
        )
    upload = uuid4()
    folder = _folder(settings, upload)
    folder.mkdir(parents=True, mode=0o700)
    plan = {
        "account": None if account is None else str(account),
        "files": [
            {"name": name, "size": size} for name, (_, size) in zip(names, files, strict=True)
        ],
    }
    (folder / _PLAN).write_text(json.dumps(plan), encoding="utf-8")
    for number in range(len(files)):
        (folder / str(number)).touch(mode=0o600)
    return found(settings, account, upload)


def found(settings: Settings, account: UUID | None, upload: UUID) -> Coming:
    """An upload of this account as far as it has come. Raises NotFound for all others."""
    folder = _folder(settings, upload)
    try:
        plan = json.loads((folder / _PLAN).read_text(encoding="utf-8"))
        if plan["account"] != (None if account is None else str(account)):
            raise NotFound(FILE)
        parts = tuple(
            Part(file["name"], int(file["size"]), (folder / str(number)).stat().st_size)
            for number, file in enumerate(plan["files"])
        )
    except FileNotFoundError:
        raise NotFound(FILE) from None
    return Coming(upload, folder, parts)


def add(coming: Coming, number: int, at: int, data: bytes, crc32: str) -> int:
    """How many bytes of part `number` are there after this piece, which begins at `at`.

    `crc32` are the eight hexadecimal digits of the piece's checksum. The same piece again is
    accepted quietly. Raises NotFound for a part that was not announced, Conflict (with `have`) for a
    piece that begins elsewhere, InvalidInput for one that is damaged or longer than announced.
    """
    if not 0 <= number < len(coming.parts):
        raise NotFound(FILE)
    if f"{zlib.crc32(data):08x}" != crc32.lower():
        raise InvalidInput.of(
            "file",
            "damaged",
            "这一段在路上损坏了，再发一次",
            "The piece was damaged; send it again",
        )
    with _opened(coming, number) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        have = file.seek(0, 2)
        if at + len(data) <= have and _holds(file.fileno(), at, data):
            return have
        if at != have:
            raise Conflict(
                {"have": have}, Words("文件已传到别处", "the file has come to another place")
            )
        if have + len(data) > coming.parts[number].size:
            raise InvalidInput.of(
                "file", "size", "文件比报的大", "The file is larger than was announced"
            )
        try:
            file.seek(at)
            file.write(data)
            file.flush()
        except OSError:
            file.truncate(have)
            raise
        return have + len(data)


def _opened(coming: Coming, number: int) -> BinaryIO:
    try:
        return (coming.folder / str(number)).open("r+b")
    except FileNotFoundError:  # cancelled or completed meanwhile
        raise NotFound(FILE) from None


def _holds(descriptor: int, at: int, data: bytes) -> bool:
    return os.pread(descriptor, len(data), at) == data


def complete(settings: Settings, coming: Coming) -> Path:
    """The folder with the whole files under their names. Raises Conflict while a part is missing."""
    missing = [part.name for part in coming.parts if part.have != part.size]
    if missing:
        raise Conflict(
            {"files": coming.as_dict()["files"]},
            Words(f"还没有传完：{missing[0]}", f"not all has come: {missing[0]}"),
        )
    folder = settings.home / "uploads" / str(uuid4())
    # Whoever comes second finds nothing: the folder is taken away in one step.
    try:
        coming.folder.rename(folder)
    except FileNotFoundError:
        raise NotFound(FILE) from None
    (folder / _PLAN).unlink()
    for number in range(len(coming.parts)):
        (folder / str(number)).rename(folder / f"{number}{COMING}")
    for number, part in enumerate(coming.parts):
        (folder / f"{number}{COMING}").rename(folder / part.name)
    return folder


def cancel(coming: Coming) -> None:
    """Throw away what has come."""
    shutil.rmtree(coming.folder, ignore_errors=True)


def _folder(settings: Settings, upload: UUID) -> Path:
    return settings.home / "uploads" / f"{upload}{COMING}"


def _of(settings: Settings, account: UUID | None) -> list[Path]:
    told = None if account is None else str(account)
    return [
        folder
        for folder in (settings.home / "uploads").glob(f"*{COMING}")
        if (folder / _PLAN).is_file()
        and json.loads((folder / _PLAN).read_text())["account"] == told
    ]


def _expire(settings: Settings) -> None:
    """Throw away uploads to which nothing came for `EXPIRES_S`."""
    before = time.time() - EXPIRES_S
    for folder in (settings.home / "uploads").glob(f"*{COMING}"):
        files = [path.stat().st_mtime for path in folder.iterdir()]
        if max([folder.stat().st_mtime, *files]) < before:
            shutil.rmtree(folder, ignore_errors=True)
