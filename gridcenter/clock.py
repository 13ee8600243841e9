"""Time: the one clock, and RFC 3339 in.

Moments are aware datetimes, stored in UTC. Nothing else in the product reads the system clock, so
tests pass time in.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from gridcenter.errors import InvalidInput

_RFC3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


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
