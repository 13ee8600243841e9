"""Time in: the one clock and RFC 3339."""

from datetime import UTC, datetime

import pytest

from gridcenter import clock
from gridcenter.errors import InvalidInput

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai


def test_now_is_utc():
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)
    assert clock.now().tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T12:00:00+08:00", NOON),
        ("2026-11-23t04:00:00z", NOON),
        ("2026-11-23 04:00:00Z", NOON),
        ("2026-11-23T04:00:00.123456789Z", NOON.replace(microsecond=123456)),
        ("2026-11-23T04:00:00.5Z", NOON.replace(microsecond=500000)),
    ],
)
def test_parse(text, expected):
    assert clock.parse_rfc3339(text) == expected
    assert clock.parse_rfc3339(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    ["", "2026-11-23", "2026-11-23T12:00:00", "2026-13-01T00:00:00Z", "2026-11-23T25:00:00Z",
     "20261123T120000Z", "2026-W48-1T12:00:00Z", "٢٠٢٦-11-23T12:00:00Z", "now",
     "0001-01-01T00:00:00+14:00", "2026-11-23T12:00:00+99:99", "2026-11-23T12:00:00Z\n"],
)  # fmt: skip
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(InvalidInput) as caught:
        clock.parse_rfc3339(text, "reported_at")
    assert caught.value.errors[0].field == "reported_at"
