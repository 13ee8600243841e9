"""What is taken as a photo, how large it may be, what of its EXIF is believed."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image

from gridcenter.casework.photos import MOST_PIXELS, reencode
from gridcenter.errors import InvalidInput
from tests import builders

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def encoded(image: Image.Image, kind: str, **how: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def corners(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Red at the top left, white elsewhere: tells which way is up."""
    image = Image.new(mode, (width, height), "white")
    image.paste("red", (0, 0, width // 2, height // 2))
    return image


def stretched(jpeg: bytes, width: int, height: int) -> bytes:
    """The same file that claims another size in its frame header (SOF0 or SOF2)."""
    start = max(jpeg.find(b"\xff\xc0"), jpeg.find(b"\xff\xc2")) + 5
    size = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return jpeg[:start] + size + jpeg[start + 4 :]


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "RGB"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("WEBP", "RGB"),
    ],
)
def test_what_cameras_and_screens_make_comes_in(kind: str, mode: str) -> None:
    clean = reencode(encoded(corners(2400, 1200).convert(mode), kind), builders.ZONE, NOW)
    assert (clean.width_px, clean.height_px, clean.taken_at) == (1920, 960, None)
    with Image.open(io.BytesIO(clean.content)) as image:
        assert (image.format, image.mode) == ("JPEG", "RGB")


@pytest.mark.parametrize("kind", ["TIFF", "ICO", "TGA", "BMP", "GIF", "EPS", "PDF", "JPEG2000"])
def test_other_formats_are_refused(kind: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        reencode(encoded(corners(64, 64), kind), builders.ZONE, NOW)
    assert refused.value.errors[0].code == "not_a_photo"


@pytest.mark.parametrize("side", [1000, 4100, 6900])
@pytest.mark.parametrize(("kind", "progressive"), [("JPEG", False), ("JPEG", True), ("PNG", False)])
def test_a_photo_stands_upright_at_any_size(kind: str, progressive: bool, side: int) -> None:
    """Orientation 6: lies on its left side in the file."""
    tags = Image.Exif()
    tags[0x0112] = 6
    how = {"progressive": True} if progressive else {}
    sent = encoded(corners(side, side // 4), kind, exif=tags, **how)
    clean = reencode(sent, builders.ZONE, NOW)
    longer = min(side, 1920)
    assert (clean.width_px, clean.height_px) == (longer // 4, longer)
    with Image.open(io.BytesIO(clean.content)) as image:
        right, left = (image.getpixel((x, longer // 4)) for x in (longer // 5, longer // 20))
    assert right[1] < 30, right
    assert left[1] > 225, left


def test_too_many_pixels_are_refused_by_what_decoding_costs() -> None:
    plain = encoded(corners(64, 64), "JPEG")
    progressive = encoded(corners(64, 64), "JPEG", progressive=True)
    wide = MOST_PIXELS // 6000
    for sent in (
        stretched(plain, 6000, wide + 1),
        stretched(progressive, 4000, 3126),
        encoded(Image.new("1", (4000, 3126)), "PNG"),
        encoded(Image.new("L", (2700, 2600)), "WEBP"),
        encoded(Image.new("1", (14_000, 14_000)), "PNG"),
    ):
        with pytest.raises(InvalidInput) as refused:
            reencode(sent, builders.ZONE, NOW)
        assert refused.value.errors[0].code == "too_large"
    largest = reencode(encoded(Image.new("L", (6000, wide)), "JPEG"), builders.ZONE, NOW)
    assert max(largest.width_px, largest.height_px) == 1920


@pytest.mark.parametrize(
    ("told", "taken"),
    [
        ("2026:11:20 14:09:00", "2026-11-20T14:09:00+08:00"),
        ("2026:11:21 19:59:00", "2026-11-21T19:59:00+08:00"),  # a clock that is a day ahead
        ("2026:11:21 20:01:00", None),
        ("1990:01:01 00:00:00", "1990-01-01T00:00:00+08:00"),
        ("1989:12:31 23:59:59", None),
        ("0001:01:01 00:00:00", None),  # in UTC that is before the year 1
        ("9999:12:31 23:59:59", None),
        ("yesterday", None),
    ],
)
def test_times_that_cannot_be_are_dropped(told: str, taken: str | None) -> None:
    tags = Image.Exif()
    tags.get_ifd(0x8769)[0x9003] = told
    clean = reencode(encoded(corners(64, 64), "JPEG", exif=tags), builders.ZONE, NOW)
    assert (clean.taken_at.isoformat() if clean.taken_at else None) == taken
