"""Time: the one clock, RFC 3339 in, and the words in which time is shown.

Moments are aware datetimes, stored in UTC; days and words are meant in the local zone, which comes
from the settings. Nothing else in the product reads the system clock, so tests pass time in.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from gridcenter.errors import InvalidInput, Words

DEFAULT_ZONE = "Asia/Shanghai"
_RFC3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_MINUTES_PER_DAY = 24 * 60


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def local(moment: datetime, zone: tzinfo | str = DEFAULT_ZONE) -> datetime:
    """The same moment on the local clock; raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a zone")
    return moment.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone)


def parse_rfc3339(text: str, field: str = "time") -> datetime:
    """The moment of a text such as ``2026-11-23T14:32:05.25+08:00``, in UTC.

    The zone is required; digits beyond microseconds are cut. Raises InvalidInput naming `field`.
    """
    try:
        if _RFC3339.fullmatch(text) is None:
            raise ValueError(text)
        whole = re.sub(r"(\.\d{6})\d+", r"\1", text.upper())
        return datetime.fromisoformat(whole).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput.of(
            field,
            "time",
            "时间应带时区，如 2026-11-23T14:32:05+08:00",
            "A time with zone is needed, such as 2026-11-23T14:32:05+08:00",
        ) from None


def to_rfc3339(moment: datetime) -> str:
    """The text of a moment in UTC with a Z, microseconds only when there are any."""
    return local(moment, UTC).isoformat().replace("+00:00", "Z")


# --- words -------------------------------------------------------------------------------------


def time_left(left: timedelta, unit: str = "urgent_hour", day_hours: float = 8) -> Words:
    """Time left or overdue in words: 剩 17 分钟, 剩 1 小时 04 分, 剩 2 天 3 小时, 超 26 分钟.

    `left` as from ``deadlines.rules.left``: negative when overdue. Time left of ``work_hour`` and
    ``work_day`` is working time and says so: 剩 3 工作时, 剩 2 工作日 3 工作时, with `day_hours`
    working hours a day. Minutes are cut, never rounded up to more than there is; a started minute
    of delay counts, so that what is overdue never reads 0.
    """
    seconds = left.total_seconds()
    if seconds < 0:
        return _elapsed(-int(seconds // 60), "超", "{} overdue")
    minutes = int(seconds // 60)
    if unit in ("work_hour", "work_day") and minutes >= 60:
        return _working(minutes, int(day_hours * 60) if unit == "work_day" else 0)
    return _elapsed(minutes, "剩", "{} left")


def _elapsed(minutes: int, zh: str, en: str) -> Words:
    hours, rest = divmod(minutes, 60)
    if minutes < 60:
        return Words(f"{zh} {minutes} 分钟", en.format(f"{minutes} min"))
    if minutes < _MINUTES_PER_DAY:
        return Words(f"{zh} {hours} 小时 {rest:02} 分", en.format(f"{hours} h {rest:02} min"))
    days, hours = divmod(hours, 24)
    zh_hours, en_hours = (f" {hours} 小时", f" {hours} h") if hours else ("", "")
    return Words(f"{zh} {days} 天{zh_hours}", en.format(f"{days} d{en_hours}"))


def _working(minutes: int, day_minutes: int) -> Words:
    days, minutes = divmod(minutes, day_minutes) if day_minutes else (0, minutes)
    hours, minutes = divmod(minutes, 60)
    zh, en = [], []
    if days:
        zh.append(f"{days} 工作日")
        en.append(f"{days} working {'day' if days == 1 else 'days'}")
    if hours:
        zh.append(f"{hours} 工作时")
        en.append(f"{hours} working {'hour' if hours == 1 else 'hours'}")
    if minutes and not days:
        zh.append(f"{minutes:02} 分" if hours else f"{minutes} 分钟")
        en.append(f"{minutes:02} min" if hours else f"{minutes} min")
    return Words(f"剩 {' '.join(zh)}", f"{' '.join(en)} left")


def moment_words(moment: datetime, at: datetime, zone: tzinfo | str = DEFAULT_ZONE) -> Words:
    """A moment as read at `at`: 14:32 today, 11月20日 14:32 this year, else 2025-11-20."""
    there, here = local(moment, zone), local(at, zone)
    clock = f"{there:%H:%M}"
    if there.date() == here.date():
        return Words(clock, clock)
    if there.year == here.year:
        english = f"{there.day} {_MONTHS[there.month - 1]} {clock}"
        return Words(f"{there.month}月{there.day}日 {clock}", english)
    return Words(f"{there:%Y-%m-%d}", f"{there:%Y-%m-%d}")


def age_words(moment: datetime, at: datetime, zone: tzinfo | str = DEFAULT_ZONE) -> Words:
    """How long ago: 刚刚, 6 分钟前 up to 59 minutes, then the moment itself."""
    minutes = int((local(at, zone) - local(moment, zone)).total_seconds() // 60)
    if minutes >= 60 or minutes < 0:
        return moment_words(moment, at, zone)
    if minutes == 0:
        return Words("刚刚", "just now")
    return Words(f"{minutes} 分钟前", f"{minutes} min ago")


_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
