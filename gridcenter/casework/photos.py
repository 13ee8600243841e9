"""Photos of a case: re-encoded so that nothing hidden travels with them, EXIF read and stripped.

`expect_photo` (may it come?), `keep_photo` (decode, write the file; no transaction), `add_photo` (its row):
the file is named by the checksum of what is stored and written before its row, so a crash leaves at worst a
file without a row. Sizes in pixels; the longer side becomes at most 1920.
"""

from __future__ import annotations

import io
import os
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from math import ceil
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError
from psycopg.types.json import Jsonb

from gridcenter.actor import Actor
from gridcenter.casework.photo_kinds import PHOTO_KINDS
from gridcenter.database import Row, Transaction
from gridcenter.errors import (
    Conflict,
    InvalidInput,
    MoveNotAllowed,
    NotFound,
    NotYours,
    Words,
)

LONGER_SIDE_PX = 1920
MOST_PIXELS = 60_000_000
# A baseline JPEG, as cameras make them, is decoded at a fraction of its size: 60 megapixels cost 38 MB. All
# others are decoded whole; what a pixel of them costs at the peak was measured with Pillow 13.
MOST_WHOLE_BYTES = 125_000_000
BYTES_PER_PIXEL = {"PNG": 10, "JPEG": 10, "MPO": 10, "WEBP": 18}
FORMATS = ("JPEG", "PNG", "WEBP")
QUALITY = 82
# EXIF times outside are clocks that were never set, or worse.
EARLIEST_YEAR = 1990
PHOTO = Words("照片", "photo")
# Who works on cases; the same list stands in the row policy of attachments.
WITNESSES = frozenset({"grid_worker", "intake", "dispatcher", "duty_officer", "handler"})

# One process decodes one picture at a time, or eight threads would hold eight of them; others wait.
_gate = threading.BoundedSemaphore(1)
# Pillow would warn at one number of pixels and refuse at twice that; here each format has its own bound.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True)
class Reencoded:
    """A clean JPEG and what its EXIF said: when and where it was taken (WGS 84), or None."""

    content: bytes
    width_px: int
    height_px: int
    taken_at: datetime | None
    taken_lon: float | None
    taken_lat: float | None


def reencode(content: bytes, zone: ZoneInfo, now: datetime) -> Reencoded:
    """A JPEG without metadata, turned upright, its longer side at most 1920 px.

    EXIF times carry no zone and are taken as local time of `zone`; those before 1990 or more than a day
    after `now` are dropped. Raises InvalidInput for what is not a picture, is broken, or has more than 60
    megapixels (12 as PNG or progressive JPEG, 6 as WebP).
    """
    try:
        with _gate, Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            _refuse_large(picture)
            exif = picture.getexif()
            upright = ImageOps.exif_transpose(_small(picture))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise _refused(
            "not_a_photo",
            "这不是能打开的照片（支持 JPEG、PNG、WebP），请重拍",
            "This is not a picture that can be opened (JPEG, PNG, WebP); take it again",
        ) from error
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=QUALITY, optimize=True)
    lon, lat = _taken_where(exif)
    taken = _taken_at(exif, zone, now)
    return Reencoded(out.getvalue(), upright.width, upright.height, taken, lon, lat)


def _refuse_large(picture: Image.Image) -> None:
    most = MOST_PIXELS
    if not _drafts(picture):
        most = MOST_WHOLE_BYTES // BYTES_PER_PIXEL[picture.format or "WEBP"]
    if picture.width * picture.height > most:
        millions = most // 1_000_000
        raise _refused(
            "too_large",
            f"照片超过 {millions} 百万像素，请拍小一些或另存为普通 JPEG",
            f"The photo has over {millions} megapixels; take a smaller one or save it as a plain JPEG",
        )


def _drafts(picture: Image.Image) -> bool:
    """Whether the decoder can give the picture at a half, a quarter or an eighth of its size."""
    return picture.format in ("JPEG", "MPO") and "progressive" not in picture.info


def _small(picture: Image.Image) -> Image.Image:
    """The picture in RGB, its longer side at most 1920 px; as it lies in the file."""
    if _drafts(picture):
        share = LONGER_SIDE_PX / max(picture.size)
        picture.draft(None, (ceil(picture.width * share), ceil(picture.height * share)))
    else:
        picture = picture.convert("RGB")
    picture.thumbnail((LONGER_SIDE_PX, LONGER_SIDE_PX), Image.Resampling.LANCZOS, None)
    return picture.convert("RGB")


def _refused(code: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput.of("photo", code, zh, en)


def _taken_at(exif: Image.Exif, zone: ZoneInfo, now: datetime) -> datetime | None:
    text = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
    try:
        naive = datetime.strptime(str(text), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - EXIF has no zone
    except ValueError:
        return None
    if naive.year < EARLIEST_YEAR or naive.year > now.year + 1:
        return None
    taken = naive.replace(tzinfo=zone)
    return taken if taken <= now + timedelta(days=1) else None


def _taken_where(exif: Image.Exif) -> tuple[float | None, float | None]:
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)

    def degrees(value: tuple[float, float, float], reference: str) -> float:
        whole = float(value[0]) + float(value[1]) / 60 + float(value[2]) / 3600
        return -whole if reference in ("S", "W") else whole

    try:
        lat = degrees(gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef])
        lon = degrees(gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef])
    except (KeyError, TypeError, ValueError, ZeroDivisionError, IndexError):
        return None, None
    inside = -180 <= lon <= 180 and -90 <= lat <= 90
    return (lon, lat) if inside else (None, None)


_ADD = Words("加照片", "Add a photo")
_CASE = """
SELECT is_open(c.state) AS open, s.name, s.name_en
  FROM case_file c
  JOIN procedure_state s ON s.procedure_id = c.procedure_id AND s.state = c.state
 WHERE c.id = %(id)s
"""


@dataclass(frozen=True)
class AddPhoto:
    """A photo that is to come to a case; `id` was made where it was taken."""

    id: UUID
    case_id: UUID
    stage: str


@dataclass(frozen=True)
class KeptPhoto:
    """What came for a photo: its checksum, and the clean picture whose file is kept by now."""

    received: bytes
    clean: Reencoded
    digest: bytes


def expect_photo(tx: Transaction, actor: Actor, command: AddPhoto) -> Row | None:
    """The photo that is stored under this id already, or None when a new one may come.

    Asked before a picture is read and decoded, which takes no transaction and is nothing to do for
    strangers. Raises NotFound for a case outside the scope, NotYours for posts that only read,
    MoveNotAllowed for a new photo of a case that has ended, InvalidInput for an unknown stage.
    """
    if command.stage not in PHOTO_KINDS:
        known = ", ".join(PHOTO_KINDS)
        raise InvalidInput.of("stage", "unknown_stage", f"照片类别：{known}", f"One of: {known}")
    case = tx.one(_CASE, {"id": command.case_id})
    if case is None:
        raise NotFound()
    if actor.posts.isdisjoint(WITNESSES):
        raise NotYours(_ADD, [Words("您的岗位只看不写", "your post reads and does not write")])
    stored = _row(tx, command.id)
    if stored is None and not case["open"]:
        raise MoveNotAllowed(_ADD, [Words(f"案件{case['name']}", f"the case: {case['name_en']}")])
    return stored


def same_photo(stored: Row | None, command: AddPhoto, content: bytes) -> Row:
    """The stored photo's row, which this is once more. Raises Conflict when it is another."""
    same = stored is not None and bytes(stored["received_sha256"]) == sha256(content).digest()
    if stored is None or not same or stored["case_id"] != command.case_id:
        raise Conflict({}, Words("这个编号已是另一张照片", "this id belongs to another photo"))
    return stored


def keep_photo(content: bytes, folder: Path, zone: ZoneInfo, now: datetime) -> KeptPhoto:
    """The picture, re-encoded and on the disk; no transaction is open meanwhile. Raises InvalidInput."""
    clean = reencode(content, zone, now)
    digest = sha256(clean.content).digest()
    _write_file(folder, digest, clean.content)
    return KeptPhoto(sha256(content).digest(), clean, digest)


def add_photo(tx: Transaction, actor: Actor, command: AddPhoto, kept: KeptPhoto) -> Row | None:
    """The new photo's row; None when its id came to be taken meanwhile (see `same_photo`).

    Row: id, case_id, stage, width_px, height_px, size_bytes, sha256, received_sha256, taken_at. Raises
    what `expect_photo` raises, for the case may have moved on while the picture was read.
    """
    if expect_photo(tx, actor, command) is not None or not _insert(tx, actor, command, kept):
        return None
    row = _row(tx, command.id)
    assert row is not None
    _note(tx, actor, row)
    _tell(tx, command.case_id)
    return row


def _row(tx: Transaction, photo_id: UUID) -> Row | None:
    return tx.one(
        "SELECT id, case_id, stage, width_px, height_px, size_bytes,"
        " encode(sha256, 'hex') AS sha256, received_sha256, taken_at FROM attachment"
        " WHERE id = %(id)s",
        {"id": photo_id},
    )


def _insert(tx: Transaction, actor: Actor, command: AddPhoto, kept: KeptPhoto) -> int:
    clean = kept.clean
    return tx.execute(
        "INSERT INTO attachment (id, case_id, stage, media_type, sha256, received_sha256,"
        " size_bytes, width_px, height_px, taken_at, taken_lon, taken_lat, account_id)"
        " VALUES (%(id)s, %(case)s, %(stage)s, 'image/jpeg', %(digest)s, %(received)s, %(size)s,"
        " %(width)s, %(height)s, %(taken)s, %(lon)s, %(lat)s, %(account)s)"
        " ON CONFLICT (id) DO NOTHING",
        {
            "id": command.id,
            "case": command.case_id,
            "stage": command.stage,
            "digest": kept.digest,
            "received": kept.received,
            "size": len(clean.content),
            "width": clean.width_px,
            "height": clean.height_px,
            "taken": clean.taken_at,
            "lon": clean.taken_lon,
            "lat": clean.taken_lat,
            "account": actor.account_id,
        },
    )


def _note(tx: Transaction, actor: Actor, row: Row) -> None:
    """Say in the history who added which photo; the version stays (docs/decisions/0012)."""
    posting = actor.posting_for(WITNESSES)
    tx.execute(
        "INSERT INTO case_event (case_id, version, operation, from_state, to_state, happened_at,"
        " account_id, posting_id, post, data) SELECT id, version, 'photo', state, state,"
        " now(), %(account)s, %(posting)s, %(post)s, %(data)s"
        " FROM case_file WHERE id = %(id)s",
        {
            "id": row["case_id"],
            "account": actor.account_id,
            "posting": posting.id if posting else None,
            "post": posting.post if posting else None,
            "data": Jsonb(
                {"photo": str(row["id"]), "stage": row["stage"], "sha256": row["sha256"]}
            ),
        },
    )


def _tell(tx: Transaction, case_id: UUID) -> None:
    tx.execute(
        "INSERT INTO journal (topic, subject_id, area_path, intake_path, department_id,"
        " reporter_account_id, holder_account_id, confidentiality, data)"
        " SELECT 'photo', id, area_path, intake_path, department_id, reporter_account_id,"
        " holder_account_id, confidentiality, jsonb_build_object('number', number,"
        " 'version', version) FROM case_file WHERE id = %(id)s",
        {"id": case_id},
    )


def photo_file(tx: Transaction, case_id: UUID, photo_id: UUID, folder: Path) -> tuple[Path, str]:
    """Path and checksum (hex) of a stored photo. Raises NotFound outside the scope."""
    row = tx.one(
        "SELECT sha256 FROM attachment WHERE id = %(id)s AND case_id = %(case)s",
        {"id": photo_id, "case": case_id},
    )
    if row is None:
        raise NotFound(PHOTO)
    path = _path(folder, bytes(row["sha256"]))
    if not path.exists():
        raise NotFound(PHOTO)
    return path, bytes(row["sha256"]).hex()


def _path(folder: Path, digest: bytes) -> Path:
    name = digest.hex()
    return folder / name[:2] / name[2:4] / f"{name}.jpg"


def _write_file(folder: Path, digest: bytes, content: bytes) -> None:
    """Write and sync under a temporary name, then rename: a file is whole or not there."""
    path = _path(folder, digest)
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.{id(content)}.part")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
