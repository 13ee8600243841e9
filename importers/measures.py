"""Metres and square metres of many geometries at once, each in the Gauss-Krüger zone of its place.

Within a zone the projected area is at most 0.05 % larger than the ellipsoid's (1.5° from the
middle).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from gridcenter.geo import from_storage, zone_of
from importers.raw import Geometries

Floats = np.ndarray[Any, np.dtype[np.float64]]
Integers = np.ndarray[Any, np.dtype[np.int64]]
_WEST, _EAST = 73.5, 136.5


def zones(geometry: Geometries) -> Integers:
    """The zone of each geometry's middle, by EPSG code; 0 where there is none (or no geometry)."""
    bounds = shapely.bounds(geometry)
    middle = (bounds[:, 0] + bounds[:, 2]) / 2
    found = np.zeros(len(geometry), dtype=np.int64)
    inside = (middle >= _WEST) & (middle < _EAST)
    found[inside] = zone_of(_WEST) + np.floor((middle[inside] - _WEST) / 3).astype(np.int64)
    return found


def in_metres(geometry: Geometries, zone: Integers | None = None) -> Geometries:
    """The geometries (EPSG:4490) in metres of `zone` (default: their own); None outside all."""
    zone = zones(geometry) if zone is None else zone
    result = np.full(len(geometry), None, dtype=object)
    for code in np.unique(zone[zone > 0]):
        chosen = zone == code
        result[chosen] = in_zone(geometry[chosen], int(code))
    return result


def in_zone(geometry: Geometries, zone: int) -> Geometries:
    """The geometries (EPSG:4490) in metres of one zone; None stays None."""
    projected = shapely.transform(
        geometry, lambda xy: np.column_stack(from_storage(xy[:, 0], xy[:, 1], zone))
    )
    return np.asarray(projected, dtype=object)


def common_zone(geometry: Geometries) -> int:
    """The zone that most of the geometries lie in; 0 when none lies in any."""
    found = zones(geometry)
    found = found[found > 0]
    return int(np.bincount(found).argmax()) if len(found) else 0
