"""Time in, time out, and time in words."""

from datetime import UTC, datetime, timedelta, timezone

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
    assert clock.parse_rfc3339(clock.to_rfc3339(expected)) == expected


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


def test_written_in_utc():
    assert clock.to_rfc3339(NOON.astimezone(timezone(timedelta(hours=8)))) == "2026-11-23T04:00:00Z"
    with pytest.raises(ValueError, match="zone"):
        clock.to_rfc3339(datetime(2026, 11, 23))


@pytest.mark.parametrize(
    ("left", "unit", "zh", "en"),
    [
        (timedelta(minutes=17), "urgent_hour", "剩 17 分钟", "17 min left"),
        (timedelta(minutes=17, seconds=59), "natural_day", "剩 17 分钟", "17 min left"),
        (timedelta(0), "urgent_hour", "剩 0 分钟", "0 min left"),
        (timedelta(hours=1, minutes=4), "urgent_hour", "剩 1 小时 04 分", "1 h 04 min left"),
        (timedelta(hours=23, minutes=59), "urgent_hour", "剩 23 小时 59 分", "23 h 59 min left"),
        (timedelta(days=2, hours=3), "natural_day", "剩 2 天 3 小时", "2 d 3 h left"),
        (timedelta(days=2, minutes=30), "natural_day", "剩 2 天", "2 d left"),
        (timedelta(minutes=-26), "urgent_hour", "超 26 分钟", "26 min overdue"),
        (timedelta(seconds=-1), "work_day", "超 1 分钟", "1 min overdue"),
        (timedelta(hours=-3, minutes=-5), "work_hour", "超 3 小时 05 分", "3 h 05 min overdue"),
        (timedelta(days=-2), "work_day", "超 2 天", "2 d overdue"),
        (timedelta(hours=3), "work_hour", "剩 3 工作时", "3 working hours left"),
        (timedelta(hours=12), "work_hour", "剩 12 工作时", "12 working hours left"),
        (timedelta(minutes=64), "work_hour", "剩 1 工作时 04 分", "1 working hour 04 min left"),
        (timedelta(minutes=17), "work_hour", "剩 17 分钟", "17 min left"),
        (timedelta(hours=19), "work_day", "剩 2 工作日 3 工作时",
         "2 working days 3 working hours left"),
        (timedelta(hours=8), "work_day", "剩 1 工作日", "1 working day left"),
    ],
)  # fmt: skip
def test_time_left(left, unit, zh, en):
    assert clock.time_left(left, unit) == (zh, en)


def test_shorter_working_days():
    assert clock.time_left(timedelta(hours=14), "work_day", day_hours=7).zh == "剩 2 工作日"


@pytest.mark.parametrize(
    ("moment", "zh", "en"),
    [
        (NOON + timedelta(hours=2, minutes=32), "14:32", "14:32"),
        (NOON - timedelta(hours=13), "11月22日 23:00", "22 Nov 23:00"),
        (datetime(2025, 11, 20, tzinfo=UTC), "2025-11-20", "2025-11-20"),
        (datetime(2025, 12, 31, 16, tzinfo=UTC), "1月1日 00:00", "1 Jan 00:00"),
    ],
)
def test_moments(moment, zh, en):
    assert clock.moment_words(moment, NOON) == (zh, en)


@pytest.mark.parametrize(
    ("age", "zh"),
    [(timedelta(seconds=30), "刚刚"), (timedelta(minutes=6), "6 分钟前"),
     (timedelta(minutes=59), "59 分钟前"), (timedelta(minutes=60), "11:00"),
     (timedelta(minutes=-5), "12:05")],
)  # fmt: skip
def test_ages(age, zh):
    assert clock.age_words(NOON - age, NOON).zh == zh
