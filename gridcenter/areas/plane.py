"""A plane of metres around a place, in which straight lines of the stored map stay straight.

A border from corner to corner is straight in degrees, as PostGIS sees it. In a Gauss-Krüger zone the
same line bends: a corner in the middle of a neighbour's long edge moves off it, by 1 cm on 1 km and
30 cm on 5 km, and a gap seems to open that is none. Hence topology is checked in degrees stretched
to metres. Lengths are true in the middle and within 0.1 % in a place of 15 km; measures that people
read are taken in the Gauss-Krüger zone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

Shapes = NDArray[np.object_]
Floats = NDArray[np.float64]
_AXIS_M = 6_378_137.0  # CGCS2000
_E2 = 0.006_694_380_022_9


class Corners:
    """Corners and what stands for each of them; found by equal bits."""

    def __init__(self, corners: Floats, values: Floats) -> None:
        keys = _keys(corners)
        order = np.argsort(keys)
        self._keys, self._values = keys[order], values[order]

    def put(self, xy: Floats, otherwise: Floats) -> Floats:
        """For each of `xy` what stands for it, or the row of `otherwise`."""
        if not len(self._keys):
            return otherwise
        at = np.searchsorted(self._keys, _keys(xy)).clip(max=len(self._keys) - 1)
        found = self._keys[at] == _keys(xy)
        return np.where(found[:, None], self._values[at], otherwise)


def _keys(xy: Floats) -> NDArray[np.complex128]:
    return np.ascontiguousarray(xy, dtype=np.float64).view(np.complex128).ravel()


@dataclass(frozen=True)
class Plane:
    """Middle in degrees (lon, lat) and metres per degree there, east and north."""

    middle: tuple[float, float]
    metres: tuple[float, float]

    @classmethod
    def around(cls, shapes: Shapes) -> Plane:
        """The plane around the middle of geometries in EPSG:4490."""
        west, south, east, north = shapely.total_bounds(shapes)
        lon, lat = (west + east) / 2, (south + north) / 2
        bend = 1 - _E2 * math.sin(math.radians(lat)) ** 2
        degree = math.pi / 180
        east_m = _AXIS_M * math.cos(math.radians(lat)) / math.sqrt(bend) * degree
        north_m = _AXIS_M * (1 - _E2) / bend**1.5 * degree
        return cls((lon, lat), (east_m, north_m))

    def to_metres(self, shapes: Any) -> Any:
        """The geometries (EPSG:4490) in metres east and north of the middle."""
        return shapely.transform(shapes, self._forth)

    def to_degrees(self, shape: BaseGeometry, known: Corners | None = None) -> BaseGeometry:
        """The geometry in EPSG:4490; known corners come back to the bit.

        Going forth and back changes the last digit, and then a border would not be shared any more.
        """

        def back(xy: Floats) -> Floats:
            lonlat = xy / self.metres + self.middle
            return lonlat if known is None else known.put(xy, lonlat)

        result: BaseGeometry = shapely.transform(shape, back)
        return result

    def corners(self, shapes: Shapes) -> Corners:
        """The corners of geometries in EPSG:4490, to be recognised by their metres."""
        lonlat = np.unique(shapely.get_coordinates(shapes), axis=0)
        return Corners(self._forth(lonlat), lonlat)

    def _forth(self, lonlat: Floats) -> Floats:
        return np.asarray((lonlat - self.middle) * self.metres)
