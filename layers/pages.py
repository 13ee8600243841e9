"""Features page by page, for programs that read a whole layer: GeoJSON objects as text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from gridcenter.database import Transaction
from gridcenter.errors import InvalidInput, NotFound, Words
from layers.catalog import layer_named
from layers.queries import Posts, box_params
from layers.reference_systems import Box, ReferenceSystem, system_named
from layers.statements import feature_statement

FEATURE = Words("要素", "feature")
MOST = 10_000
_FEATURE = """json_build_object('type', 'Feature', 'id', f.id,
  'geometry', ST_AsGeoJSON({geom}, {decimals}, 0)::json, 'properties', f.properties)"""
_PAGE = """
SELECT f.id, {feature}::text AS feature FROM ({features}) f ORDER BY f.id
"""


@dataclass(frozen=True)
class Wanted:
    """Which features: a stored box, a span of time, the key after which to go on, how many."""

    bbox: Box | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: str = ""
    limit: int = 10

    @property
    def dated(self) -> bool:
        """Whether a time was asked for."""
        return self.since is not None or self.until is not None


@dataclass(frozen=True)
class Page:
    """Features as texts, and the key after which the next page begins (None at the end)."""

    features: list[str]
    next: str | None


EARLIEST, LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


def page(tx: Transaction, name: str, wanted: Wanted, crs: ReferenceSystem, posts: Posts) -> Page:
    """One page of a layer in the order of its keys.

    Raises NotFound for an unknown layer, InvalidInput for a box that is none or a time of a layer that
    has no time.
    """
    layer = layer_named(name)
    if wanted.dated and layer.during is None:
        # Part 1, requirement /req/core/fc-time-response: what has no time is not left out by it.
        wanted = Wanted(wanted.bbox, None, None, wanted.after, wanted.limit)
    features = feature_statement(
        name, posts, boxed=wanted.bbox is not None, dated=wanted.dated, paged=True
    )
    params: dict[str, Any] = {
        "limit": wanted.limit + 1,
        "after": wanted.after,
        "since": wanted.since or EARLIEST,
        "until": wanted.until or LATEST,
        **box_params(wanted.bbox),
    }
    rows = tx.all(_PAGE.format(feature=_in(crs), features=features), params)
    more = len(rows) > wanted.limit
    rows = rows[: wanted.limit]
    return Page([row["feature"] for row in rows], rows[-1]["id"] if more else None)


def feature(tx: Transaction, name: str, key: str, crs: ReferenceSystem, posts: Posts) -> str:
    """One feature as text. Raises NotFound where there is none that the reader may see."""
    layer_named(name)
    features = feature_statement(name, posts, keyed=True)
    rows = tx.all(_PAGE.format(feature=_in(crs), features=features), {"id": key, "limit": 1})
    if not rows:
        raise NotFound(FEATURE)
    return str(rows[0]["feature"])


def _in(crs: ReferenceSystem) -> str:
    return _FEATURE.format(geom=crs.geometry_sql("f.geom"), decimals=crs.decimals)


def collection_text(found: Page, members: dict[str, Any]) -> str:
    """A FeatureCollection as text with further members such as links."""
    head = json.dumps(
        {"type": "FeatureCollection", **members, "numberReturned": len(found.features)},
        ensure_ascii=False,
    )
    return f'{head[:-1]}, "features": [{",".join(found.features)}]}}'


def parse_box(text: str, crs_uri: str | None) -> Box:
    """The stored box of four numbers (or six, whose heights do not count) in a named system.

    Raises InvalidInput.
    """
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 6:
        numbers = [numbers[i] for i in (0, 1, 3, 4)]
    if len(numbers) != 4 or not all(abs(n) < 1e9 for n in numbers):
        raise InvalidInput.of(
            "bbox",
            "bad_bbox",
            "范围应为四个数，顺序同所用坐标系",
            "A box is four numbers in the axis order of its coordinate system",
        )
    box = system_named(crs_uri, "bbox-crs").stored_box(
        (numbers[0], numbers[1], numbers[2], numbers[3])
    )
    box_params(box)
    return box


def parse_span(text: str, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """(since, until) of an RFC 3339 moment, a date, or an interval ``a/b``, ``../b``, ``a/..``.

    A moment gives itself twice, a date its whole day in `zone`. Raises InvalidInput.
    """
    parts = text.split("/")
    if len(parts) > 2 or (len(parts) == 2 and all(p in ("", "..") for p in parts)):
        raise _bad_span()
    first, last = parts[0], parts[-1]
    since = None if first in ("", "..") else _moment(first, zone, end=False)
    until = None if last in ("", "..") else _moment(last, zone, end=True)
    if (len(parts) == 1 and since is None) or (since and until and since > until):
        raise _bad_span()
    return since, until


def _moment(text: str, zone: tzinfo, *, end: bool) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _bad_span() from None
    if len(text) == 10:
        found = found.replace(hour=23, minute=59, second=59) if end else found
        return found.replace(tzinfo=zone)
    if found.tzinfo is None:
        raise _bad_span()
    return found


def _bad_span() -> InvalidInput:
    return InvalidInput.of(
        "datetime",
        "bad_datetime",
        "时间应为带时区的时刻、日期，或用 / 隔开的起止，如 2026-01-01T00:00:00Z/..",
        "A time is a moment with its zone, a date, or two of them with / between,"
        " such as 2026-01-01T00:00:00Z/..",
    )
