"""Photos of a case: re-encoded so that nothing hidden travels with them, EXIF read and stripped.

The file is named by the checksum of what is stored and written before its row, so a crash leaves at
worst a file without a row. Sizes in pixels; the longer side becomes at most 1920.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
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
QUALITY = 82
PHOTO = Words("照片", "photo")
# Who works on cases; the same list stands in the row policy of attachments.
WITNESSES = frozenset({"grid_worker", "intake", "dispatcher", "duty_officer", "handler"})

# A decompression bomb is refused by Pillow itself beyond this.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS


@dataclass(frozen=True)
class Reencoded:
    """A clean JPEG and what its EXIF said: when and where it was taken (WGS 84), or None."""

    content: bytes
    width_px: int
    height_px: int
    taken_at: datetime | None
    taken_lon: float | None
    taken_lat: float | None


def reencode(content: bytes, zone: ZoneInfo) -> Reencoded:
    """A JPEG without metadata, turned upright, its longer side at most 1920 px.

    EXIF times carry no zone and are taken as local time of `zone`. Raises InvalidInput for what is
    not a picture, is broken, or is larger than 60 megapixels.
    """
    try:
        with Image.open(io.BytesIO(content)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise Image.DecompressionBombError
            exif = picture.getexif()
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            upright.thumbnail((LONGER_SIDE_PX, LONGER_SIDE_PX), Image.Resampling.LANCZOS)
    except Image.DecompressionBombError:
        raise _refused(
            "too_large", "照片超过 6000 万像素", "The photo has over 60 megapixels"
        ) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise _refused(
            "not_a_photo",
            "这不是能打开的照片（支持 JPEG、PNG、WebP），请重拍",
            "This is not a picture that can be opened (JPEG, PNG, WebP); take it again",
        ) from error
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=QUALITY, optimize=True)
    lon, lat = _taken_where(exif)
    return Reencoded(out.getvalue(), upright.width, upright.height, _taken_at(exif, zone), lon, lat)


def _refused(code: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput.of("photo", code, zh, en)


def _taken_at(exif: Image.Exif, zone: ZoneInfo) -> datetime | None:
    text = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
    try:
        naive = datetime.strptime(str(text), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - EXIF has no zone
    except ValueError:
        return None
    return naive.replace(tzinfo=zone)


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
    """A photo as it arrives; `id` was made where it was taken."""

    id: UUID
    case_id: UUID
    stage: str
    content: bytes


def add_photo(
    tx: Transaction, actor: Actor, command: AddPhoto, folder: Path, zone: ZoneInfo
) -> tuple[Row, bool]:
    """The stored photo's row and whether it is new; the same photo again changes nothing.

    Row: id, stage, width_px, height_px, size_bytes, sha256, taken_at. Raises NotFound for a case
    outside the scope, NotYours for posts that only read, MoveNotAllowed for a case that has ended,
    Conflict for the same id with another picture, InvalidInput.
    """
    if command.stage not in PHOTO_KINDS:
        known = ", ".join(PHOTO_KINDS)
        raise InvalidInput.of("stage", "unknown_stage", f"照片类别：{known}", f"One of: {known}")
    case = tx.one(_CASE, {"id": command.case_id})
    if case is None:
        raise NotFound()
    if actor.posts.isdisjoint(WITNESSES):
        raise NotYours(_ADD, [Words("您的岗位只看不写", "your post reads and does not write")])
    received = sha256(command.content).digest()
    known_row = _row(tx, command.id)
    if known_row is None and not case["open"]:
        raise MoveNotAllowed(_ADD, [Words(f"案件{case['name']}", f"the case: {case['name_en']}")])
    if known_row is None:
        clean = reencode(command.content, zone)
        digest = sha256(clean.content).digest()
        _write_file(folder, digest, clean.content)
        if _insert(tx, actor, command, clean, digest, received):
            row = _row(tx, command.id)
            assert row is not None
            _note(tx, actor, row)
            _tell(tx, command.case_id)
            return row, True
        known_row = _row(tx, command.id)
    same = known_row is not None and bytes(known_row["received_sha256"]) == received
    if known_row is None or not same or known_row["case_id"] != command.case_id:
        raise Conflict({}, Words("这个编号已是另一张照片", "this id belongs to another photo"))
    return known_row, False


def _row(tx: Transaction, photo_id: UUID) -> Row | None:
    return tx.one(
        "SELECT id, case_id, stage, width_px, height_px, size_bytes,"
        " encode(sha256, 'hex') AS sha256, received_sha256, taken_at FROM attachment"
        " WHERE id = %(id)s",
        {"id": photo_id},
    )


def _insert(
    tx: Transaction,
    actor: Actor,
    command: AddPhoto,
    clean: Reencoded,
    digest: bytes,
    received: bytes,
) -> int:
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
            "digest": digest,
            "received": received,
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
