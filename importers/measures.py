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


_A_M, _E2 = 6378137.0, 0.0066943800229  # CGCS2000 (GRS 80)


def local_scale(lon: Floats, lat: Floats) -> tuple[Floats, Floats, Floats]:
    """Metres of a degree eastward and northward at these places, and the scale of their zone there.

    On the ellipsoid (Snyder 1987, 8-1 to 8-4); the scale is NaN outside all zones.
    """
    curve = 1 - _E2 * np.sin(np.radians(lat)) ** 2
    cosine = np.cos(np.radians(lat))
    north = np.radians(_A_M * (1 - _E2) / curve**1.5)
    east = np.radians(_A_M * cosine / np.sqrt(curve))
    off = np.radians((lon - _WEST) % 3 - 1.5) * cosine
    scale = 1 + off**2 / 2 * (1 + _E2 / (1 - _E2) * cosine**2)
    scale[(lon < _WEST) | (lon >= _EAST)] = np.nan
    return east, north, scale


def local_measures(geometry: Geometries) -> tuple[Floats, Floats]:
    """Area in m² and perimeter in m of things of a building's size, ten times as quick as projecting.

    Degrees are scaled at the middle of each box (see `local_scale`); within 1e-5 of the projected
    value for outlines of up to 300 m. NaN outside all zones.
    """
    bounds = shapely.bounds(geometry)
    east, north, scale = local_scale(
        (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    )
    coordinates, owner = shapely.get_coordinates(geometry, return_index=True)
    step = np.diff(coordinates, axis=0)
    within = owner[1:] == owner[:-1]
    of = owner[1:][within]
    metres = np.hypot(step[within, 0] * east[of], step[within, 1] * north[of])
    length = np.bincount(of, weights=metres, minlength=len(geometry)) * scale
    several = several_rings(geometry)
    if several.any():  # the jump from ring to ring is no edge
        length[several] = shapely.length(in_metres(geometry[several]))
    return shapely.area(geometry) * east * north * scale**2, length


def several_rings(geometry: Geometries) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Mask of polygons with holes or in several parts."""
    parts = np.asarray(shapely.get_num_geometries(geometry))
    single = np.asarray(shapely.get_geometry(geometry, 0), dtype=object)
    kept = parts == 1
    single[~kept] = None
    return np.asarray(~kept | (shapely.get_num_interior_rings(single) > 0))
