"""Where the sample's incidents happen: points at the outlines of real buildings, a few outside."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

import shapely
from shapely.geometry.base import BaseGeometry

from gridcenter.database import Transaction

# Pins are set on the map; the rest are positions of phones.
PINNED = 0.7
OUTSIDE = 0.015
DEGREES_PER_METRE = 1 / 111_320


@dataclass(frozen=True)
class Place:
    """A point (lon, lat, CGCS2000) with what `locate_point` says of it; `path` None outside."""

    lon: float
    lat: float
    accuracy_m: float | None
    building: str | None
    path: str | None
    border_m: float | None
    certain: bool
    name: str | None


_BUILDINGS = """
SELECT name, ST_AsBinary(geom) AS outline, households_estimated AS households
  FROM building WHERE is_example AND upper_inf(valid) ORDER BY code
"""
_STREET = "SELECT ST_AsBinary(geom) AS outline FROM area_now WHERE level = 'street' AND is_example LIMIT 1"
_LOCATED = """
SELECT s.n, l.path::text AS path, l.border_m, l.certain
  FROM sample_place s,
       locate_point(ST_SetSRID(ST_MakePoint(s.lon, s.lat), 4490), s.accuracy_m) l
 ORDER BY s.n
"""


def choose_places(tx: Transaction, count: int, rng: Random) -> list[Place]:
    """`count` places, located by the same function as a real report. Repeatable for one generator."""
    rows = tx.all(_BUILDINGS)
    outlines = [shapely.from_wkb(bytes(row["outline"])) for row in rows]
    weights = [2 + math.sqrt(row["households"] or 0) for row in rows]
    street = shapely.from_wkb(bytes(tx.scalar(_STREET)))
    chosen = rng.choices(range(len(rows)), weights, k=count)
    points: list[tuple[float, float, str | None]] = []
    for index in chosen:
        if rng.random() < OUTSIDE:
            points.append((*_beyond(street, rng), None))
        else:
            points.append((*_at_wall(outlines[index], rng), rows[index]["name"]))
    accuracies = [_accuracy(rng) for _ in points]
    return _located(tx, points, accuracies)


def _at_wall(outline: BaseGeometry, rng: Random) -> tuple[float, float]:
    """A point on the outline, half a metre outward: at the door, not through the wall."""
    point = outline.boundary.interpolate(rng.random(), normalized=True)
    middle = outline.centroid
    away = math.atan2(point.y - middle.y, point.x - middle.x)
    step = 0.5 * DEGREES_PER_METRE
    return round(point.x + step * math.cos(away), 7), round(point.y + step * math.sin(away), 7)


def _beyond(street: BaseGeometry, rng: Random) -> tuple[float, float]:
    """A point outside the street, up to 400 m beyond its border."""
    middle = street.centroid
    while True:
        border = street.boundary.interpolate(rng.random(), normalized=True)
        away = math.atan2(border.y - middle.y, border.x - middle.x)
        step = rng.uniform(40, 400) * DEGREES_PER_METRE
        lon = round(border.x + step * math.cos(away), 7)
        lat = round(border.y + step * math.sin(away), 7)
        if not street.intersects(shapely.Point(lon, lat)):
            return lon, lat


def _accuracy(rng: Random) -> float | None:
    if rng.random() < PINNED:
        return None
    return round(min(80.0, max(3.0, 7 * math.exp(rng.gauss(0, 0.7)))), 1)


def _located(
    tx: Transaction,
    points: list[tuple[float, float, str | None]],
    accuracies: list[float | None],
) -> list[Place]:
    tx.execute(
        "CREATE TEMPORARY TABLE sample_place (n integer, lon float8, lat float8,"
        " accuracy_m float8) ON COMMIT DROP"
    )
    with tx.connection.cursor() as cursor, cursor.copy("COPY sample_place FROM STDIN") as copy:
        for n, ((lon, lat, _), accuracy) in enumerate(zip(points, accuracies, strict=True)):
            copy.write_row((n, lon, lat, accuracy))
    names = {
        row["path"]: row["name"]
        for row in tx.all(
            "SELECT path::text AS path, place_name(path) AS name FROM area_now WHERE is_example"
        )
    }
    return [
        Place(
            lon,
            lat,
            accuracy,
            building,
            row["path"],
            row["border_m"],
            row["certain"],
            names.get(row["path"]),
        )
        for (lon, lat, building), accuracy, row in zip(
            points, accuracies, tx.all(_LOCATED), strict=True
        )
    ]
