"""Coordinates: every datum comes in here and leaves as EPSG:4490, (lon, lat), in degrees.

The only Python file that writes SRID numbers. CGCS2000 and WGS 84 agree to 0.1 mm on the ellipsoid
and are taken as equal. GCJ-02 and BD-09, the shifted systems of Chinese web maps,
are undone exactly by a fixed-point iteration (six steps: below 1e-8 m), not by the usual one-step
guess that is up to 4 m off. Metres come from the 3° Gauss-Krüger zone of the place, areas from the
ellipsoid, never from degrees or Web Mercator.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridcenter.errors import BadCoordinate, UnknownDatum, Words

if TYPE_CHECKING:
    from pyproj import CRS, Transformer
    from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]

STORAGE_SRID = 4490
WGS84_SRID = 4326
WEB_MERCATOR_SRID = 3857  # tile addresses only, never measures
FIRST_ZONE_SRID, LAST_ZONE_SRID = 4534, 4554  # 3° Gauss-Krüger, central meridians 75°E … 135°E
FIRST_PREFIXED_ZONE_SRID = 4513  # the same zones with the zone number before the easting

# A shift of Beijing 1954 or Xian 1980 is 50-150 m; PROJ leaves it out silently when it knows none.
_WORST_ACCURACY_M = 5.0
# Five steps leave 1e-7 m in BD-09; on 105°E, where the formula has a kink, six leave 2e-7 m.
_STEPS = 6
# Coordinates this far outside of a projection's area of use are a mistake, not a border case.
_AREA_MARGIN_DEG = 6.0


class Datum(StrEnum):
    """Coordinate systems with a name of their own; all others are EPSG codes."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"


_ALIASES = {
    "wgs84": Datum.WGS84,
    "gps": Datum.WGS84,
    "crs84": Datum.WGS84,
    "cgcs2000": Datum.CGCS2000,
    "gcj02": Datum.GCJ02,
    "bd09": Datum.BD09,
    "bd09ll": Datum.BD09,
}
_NAMED_CODES = {WGS84_SRID: Datum.WGS84, STORAGE_SRID: Datum.CGCS2000}


def parse_datum(text: str) -> Datum | int:
    """The datum a text names: a `Datum`, or an EPSG code as int.

    Understands ``wgs84``, ``WGS 84``, ``CGCS2000``, ``gcj-02``, ``bd09``, ``4549``, ``EPSG:4549``,
    ``urn:ogc:def:crs:EPSG::4549``. Raises UnknownDatum for anything else, for codes that are not
    horizontal coordinates, and for systems such as Xian 1980 that PROJ cannot convert to 5 m.
    """
    plain = text.strip().lower()
    named = _ALIASES.get(plain.replace("-", "").replace("_", "").replace(" ", ""))
    if named is not None:
        return named
    digits = (
        plain.rsplit(":", 1)[-1] if plain.startswith(("epsg:", "urn:ogc:def:crs:epsg:")) else plain
    )
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 6):
        raise UnknownDatum(text)
    code = int(digits)
    if code in _NAMED_CODES:
        return _NAMED_CODES[code]
    _to_degrees(code)
    return code


def datum_name(datum: Datum | int) -> str:
    """The one spelling under which a datum is stored beside what was given."""
    return datum.value if isinstance(datum, Datum) else f"EPSG:{datum}"


# --- into and out of storage -------------------------------------------------------------------


@overload
def to_storage(x: float, y: float, datum: Datum | int | str) -> tuple[float, float]: ...
@overload
def to_storage(x: Floats, y: Floats, datum: Datum | int | str) -> tuple[Floats, Floats]: ...
def to_storage(x: Any, y: Any, datum: Datum | int | str) -> tuple[Any, Any]:
    """(lon, lat) in EPSG:4490 of coordinates given in `datum`; floats give floats, arrays arrays.

    x is longitude or easting, y latitude or northing, whatever order the registry prescribes.
    Empty arrays stay empty. Raises BadCoordinate when any is not finite, is off the globe, is far
    outside of the projection's area, or looks swapped; UnknownDatum as `parse_datum`.
    """
    datum = parse_datum(datum) if isinstance(datum, str) else datum
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    _refuse(~(np.isfinite(xs) & np.isfinite(ys)), xs, ys, _NOT_FINITE)
    if isinstance(datum, Datum):
        _refuse_off_globe(xs, ys)
        lon, lat = _UNSHIFT[datum](xs, ys)
    else:
        lon, lat = _unproject(xs, ys, datum)
    return (float(lon), float(lat)) if np.ndim(x) == 0 else (lon, lat)


@overload
def from_storage(lon: float, lat: float, datum: Datum | int | str) -> tuple[float, float]: ...
@overload
def from_storage(lon: Floats, lat: Floats, datum: Datum | int | str) -> tuple[Floats, Floats]: ...
def from_storage(lon: Any, lat: Any, datum: Datum | int | str) -> tuple[Any, Any]:
    """(x, y) in `datum` of stored (lon, lat): the inverse of `to_storage`, for exports."""
    datum = parse_datum(datum) if isinstance(datum, str) else datum
    lons, lats = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if isinstance(datum, Datum):
        x, y = _SHIFT[datum](lons, lats)
    else:
        x, y = _to_degrees(datum).transform(lons, lats, direction="INVERSE")
    return (float(x), float(y)) if np.ndim(lon) == 0 else (np.asarray(x), np.asarray(y))


def zone_of(lon: float) -> int:
    """The EPSG code 4534…4554 of the 3° Gauss-Krüger zone (CGCS2000, no prefix) around a longitude.

    A zone reaches from 1.5° west of its meridian (included) to 1.5° east. Raises BadCoordinate
    outside of 73.5°E…136.5°E, where China has no zone.
    """
    if not (math.isfinite(lon) and 73.5 <= lon < 136.5):
        raise BadCoordinate(lon, math.nan, _NO_ZONE)
    return FIRST_ZONE_SRID + math.floor((lon - 73.5) / 3)


# --- measures ----------------------------------------------------------------------------------


def geodesic_area_m2(geometry: BaseGeometry) -> float:
    """Area on the CGCS2000 ellipsoid in m² of a (multi)polygon in EPSG:4490; 0.0 when empty."""
    import shapely

    oriented = shapely.orient_polygons(geometry)
    return abs(float(_geod().geometry_area_perimeter(oriented)[0]))


def geodesic_distance_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Distance on the CGCS2000 ellipsoid in metres between two stored points."""
    return float(_geod().inv(lon1, lat1, lon2, lat2)[2])


def in_zone(geometry: BaseGeometry, zone: int) -> BaseGeometry:
    """The geometry, given in EPSG:4490, in metres of a Gauss-Krüger zone from `zone_of`."""
    import shapely

    return shapely.transform(
        geometry, lambda xy: np.column_stack(from_storage(xy[:, 0], xy[:, 1], zone))
    )


# --- GCJ-02 and BD-09 --------------------------------------------------------------------------
# The formulas are public through reverse engineering only; constants as in PRCoords (CC0), our test
# oracle. Angles in degrees, (lon, lat). Outside of the box nothing is shifted, as the maps do.


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """GCJ-02 (lon, lat) of WGS 84 degrees; outside of China unchanged."""
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    return _where(_in_china(lon, lat), _gcj_forward(lon, lat), (lon, lat))


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """WGS 84 (lon, lat) of GCJ-02 degrees, exact to 1e-8 m; outside of China unchanged."""
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    unshifted = _invert(_gcj_forward, lon, lat)
    # The true place decides, or points within 700 m of the box would not come back.
    return _where(_in_china(*unshifted), unshifted, (lon, lat))


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """BD-09 (lon, lat) of WGS 84 degrees; outside of China unchanged."""
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    return _where(_in_china(lon, lat), _bd_forward(*_gcj_forward(lon, lat)), (lon, lat))


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """WGS 84 (lon, lat) of BD-09 degrees, exact to 1e-8 m; outside of China unchanged."""
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    unshifted = _invert(_gcj_forward, *_invert(_bd_forward, lon, lat))
    return _where(_in_china(*unshifted), unshifted, (lon, lat))


def _as_given(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    return lon, lat


_SHIFT: dict[Datum, Callable[[Floats, Floats], tuple[Floats, Floats]]] = {
    Datum.WGS84: _as_given,
    Datum.CGCS2000: _as_given,
    Datum.GCJ02: wgs84_to_gcj02,
    Datum.BD09: wgs84_to_bd09,
}
_UNSHIFT: dict[Datum, Callable[[Floats, Floats], tuple[Floats, Floats]]] = {
    Datum.WGS84: _as_given,
    Datum.CGCS2000: _as_given,
    Datum.GCJ02: gcj02_to_wgs84,
    Datum.BD09: bd09_to_wgs84,
}

_KRASOVSKY_A, _KRASOVSKY_E2 = 6378245.0, 0.00669342162296594323


def _in_china(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    return (lon >= 72.004) & (lon <= 137.8347) & (lat >= 0.8293) & (lat <= 55.8271)


def _waves(value: Floats, amplitudes: tuple[tuple[float, float], ...]) -> Floats:
    """Sum of ``amplitude * sin(value * pi / length)``."""
    total = np.zeros_like(value)
    for amplitude, length in amplitudes:
        total = total + amplitude * np.sin(value * np.pi / length)
    return total


def _gcj_forward(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = lon - 105.0, lat - 35.0
    common = _waves(x, ((2.0, 1 / 6), (2.0, 1 / 2)))
    root = np.sqrt(np.abs(x))
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north_m = north_m + 20 / 3 * (
        common + _waves(y, ((2.0, 1.0), (4.0, 3.0), (16.0, 12.0), (32.0, 30.0)))
    )
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east_m = east_m + 20 / 3 * (
        common + _waves(x, ((2.0, 1.0), (4.0, 3.0), (15.0, 12.0), (30.0, 30.0)))
    )
    phi = np.radians(lat)
    w2 = 1.0 - _KRASOVSKY_E2 * np.sin(phi) ** 2
    lat_degree_m = np.radians(_KRASOVSKY_A * (1.0 - _KRASOVSKY_E2) / w2**1.5)
    lon_degree_m = np.radians(_KRASOVSKY_A * np.cos(phi) / np.sqrt(w2))
    return lon + east_m / lon_degree_m, lat + north_m / lat_degree_m


def _bd_forward(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    r = np.hypot(lon, lat) + 0.00002 * np.sin(np.radians(lat) * 3000.0)
    theta = np.arctan2(lat, lon) + 0.000003 * np.cos(np.radians(lon) * 3000.0)
    return r * np.cos(theta) + 0.0065, r * np.sin(theta) + 0.0060


def _invert(
    forward: Callable[[Floats, Floats], tuple[Floats, Floats]], lon: Floats, lat: Floats
) -> tuple[Floats, Floats]:
    """What `forward` turns into (lon, lat); each step divides the error by about a hundred."""
    guess_lon, guess_lat = lon, lat
    for _ in range(_STEPS):
        there_lon, there_lat = forward(guess_lon, guess_lat)
        guess_lon, guess_lat = guess_lon + (lon - there_lon), guess_lat + (lat - there_lat)
    return guess_lon, guess_lat


def _where(
    mask: NDArray[np.bool_], yes: tuple[Floats, Floats], no: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    return np.where(mask, yes[0], no[0]), np.where(mask, yes[1], no[1])


# --- what cannot be a place --------------------------------------------------------------------

_NOT_FINITE = Words("不是有限的数", "not a finite number")
_OFF_GLOBE = Words("超出经纬度范围（经度 ±180，纬度 ±90）", "outside longitude ±180, latitude ±90")
_SWAPPED = Words("经度和纬度像是写反了", "longitude and latitude look swapped")
_SWAPPED_XY = Words("东坐标和北坐标像是写反了", "easting and northing look swapped")
_NO_ZONE = Words(
    "不在 3 度带范围内（东经 73.5 至 136.5）", "outside the 3-degree zones, 73.5°E to 136.5°E"
)


def _refuse(bad: NDArray[np.bool_], xs: Floats, ys: Floats, reason: Words) -> None:
    indexes = np.flatnonzero(bad)
    if indexes.size:
        first = indexes[0]
        raise BadCoordinate(
            float(np.ravel(xs)[first]), float(np.ravel(ys)[first]), reason, map(int, indexes)
        )


def _refuse_off_globe(lon: Floats, lat: Floats) -> None:
    # Longitude 3-55 with latitude 72-136 is China the wrong way round; nobody lives there.
    swapped = (np.abs(lat) > 72.0) & (lat < 136.5) & (lon > 3.0) & (lon < 55.0)
    _refuse(swapped & (lat > 0), lon, lat, _SWAPPED)
    _refuse((np.abs(lat) > 90.0) | (np.abs(lon) > 180.0), lon, lat, _OFF_GLOBE)


def _unproject(xs: Floats, ys: Floats, code: int) -> tuple[Floats, Floats]:
    transformer, crs = _to_degrees(code), _crs(code)
    if crs.is_geographic:
        _refuse_off_globe(xs, ys)
    lon, lat = map(np.asarray, transformer.transform(xs, ys))
    outside = ~_in_use(crs, lon, lat)
    if np.any(outside):
        swapped = _in_use(crs, *map(np.asarray, transformer.transform(ys, xs)))
        _refuse(outside & swapped, xs, ys, _SWAPPED if crs.is_geographic else _SWAPPED_XY)
        _refuse(outside, xs, ys, _not_in_area(crs, code))
    return lon, lat


def _in_use(crs: CRS, lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    """Whether points lie in the area a coordinate system is made for, with some margin."""
    area, margin = crs.area_of_use, _AREA_MARGIN_DEG
    finite = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) <= 90.0)
    if area is None or area.west > area.east:  # around the date line: no simple box
        return finite
    inside = (lon >= area.west - margin) & (lon <= area.east + margin)
    inside &= (lat >= area.south - margin) & (lat <= area.north + margin)
    return np.asarray(finite & inside)


def _not_in_area(crs: CRS, code: int) -> Words:
    return Words(
        f"不在 EPSG:{code}（{crs.name}）的使用范围内，请检查坐标系、带号和坐标顺序",
        f"outside the area of EPSG:{code} ({crs.name}); check system, zone prefix and order",
    )


@lru_cache(maxsize=128)
def _crs(code: int) -> CRS:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        crs = CRS.from_epsg(code)
    except CRSError:
        raise UnknownDatum(str(code)) from None
    if not (crs.is_geographic or crs.is_projected):
        raise UnknownDatum(
            str(code), Words("不是平面或经纬度坐标系", "not longitude/latitude or a map projection")
        )
    return crs


@lru_cache(maxsize=128)
def _to_degrees(code: int) -> Transformer:
    """The way from an EPSG system to CGCS2000 degrees, or to WGS 84 where PROJ only knows that."""
    from pyproj import Transformer

    crs = _crs(code)
    for target in (STORAGE_SRID, WGS84_SRID):
        transformer = Transformer.from_crs(crs, target, always_xy=True)
        if 0.0 <= transformer.accuracy <= _WORST_ACCURACY_M:
            return transformer
    raise UnknownDatum(
        f"EPSG:{code} {crs.name}",
        Words(
            "没有到 CGCS2000 的可靠转换，直接用会偏几十到一百多米，请先用本地参数转换",
            "no reliable conversion to CGCS2000 is known; unconverted it is off by up to 150 m. "
            "Convert it with your local parameters first",
        ),
    )


@lru_cache(maxsize=1)
def _geod() -> Any:
    from pyproj import Geod

    return Geod(ellps="GRS80")  # CGCS2000 has the same axis and flattening to 1e-9
