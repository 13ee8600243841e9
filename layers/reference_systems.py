"""Coordinate systems by reference, with the axis order that each of them prescribes.

CRS84 is longitude, latitude. The EPSG systems are used as the registry declares them: 4326 and 4490
latitude, longitude; 4549 (CGCS2000 / 3-degree Gauss-Krüger, central meridian 120°E) northing, easting.
Storage is longitude, latitude in EPSG:4490, taken as equal to WGS 84 (see gridcenter/geo.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from gridcenter.errors import InvalidInput
from gridcenter.geo import STORAGE_SRID, WGS84_SRID, to_storage

GK_120_SRID = 4549
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class ReferenceSystem:
    """A system that may be asked for: its URI, EPSG code, axis order, and decimals of 1 cm or less."""

    uri: str
    srid: int
    northing_first: bool
    decimals: int

    def geometry_sql(self, column: str) -> str:
        """The stored geometry in this system and axis order, as an SQL expression."""
        moved = column
        if self.srid not in (STORAGE_SRID, WGS84_SRID):
            moved = f"ST_Transform({column}, {self.srid})"
        return f"ST_FlipCoordinates({moved})" if self.northing_first else moved

    def stored_box(self, box: Box) -> Box:
        """A box given in this system as (west, south, east, north) of storage.

        The box of the four corners and the middles of the sides: between Gauss-Krüger and degrees a
        side bends by less than its middle shows. Raises BadCoordinate.
        """
        if self.northing_first:
            box = (box[1], box[0], box[3], box[2])
        if self.srid in (STORAGE_SRID, WGS84_SRID):
            return box
        west, south, east, north = box
        xs = [west, (west + east) / 2, east]
        ys = [south, (south + north) / 2, north]
        around = [to_storage(x, y, f"EPSG:{self.srid}") for x in xs for y in ys]
        lons, lats = [lon for lon, _ in around], [lat for _, lat in around]
        return min(lons), min(lats), max(lons), max(lats)


SYSTEMS: dict[str, ReferenceSystem] = {
    system.uri: system
    for system in (
        ReferenceSystem(CRS84, WGS84_SRID, False, 7),
        ReferenceSystem(f"{_EPSG}{WGS84_SRID}", WGS84_SRID, True, 7),
        ReferenceSystem(f"{_EPSG}{STORAGE_SRID}", STORAGE_SRID, True, 7),
        ReferenceSystem(f"{_EPSG}{GK_120_SRID}", GK_120_SRID, True, 3),
    )
}
STORAGE_URI = f"{_EPSG}{STORAGE_SRID}"


def system_named(uri: str | None, field: str = "crs") -> ReferenceSystem:
    """The system of a URI (CRS84 for None). Raises InvalidInput for one that is not offered."""
    found = SYSTEMS.get(uri or CRS84)
    if found is None:
        raise InvalidInput.of(
            field,
            "unknown_crs",
            "没有这个坐标系，集合说明里列有可用的",
            "This coordinate system is not offered; the collection lists those that are",
        )
    return found
