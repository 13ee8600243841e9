"""Datums: exact there and back, and no absurd coordinate gets in."""

import math

import numpy as np
import prcoords
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from gridcenter import geo
from gridcenter.errors import BadCoordinate, UnknownDatum
from gridcenter.geo import Datum

LONS = st.floats(73.0, 135.0)
LATS = st.floats(3.0, 54.0)
SUZHOU = (120.6, 31.3)


def metres(lon1, lat1, lon2, lat2):
    return math.hypot(
        (lon1 - lon2) * 111_320 * math.cos(math.radians(lat1)), (lat1 - lat2) * 110_600
    )


@given(LONS, LATS)
@example(105.0, 28.0)
def test_gcj02_comes_back_exactly(lon, lat):
    there = geo.from_storage(lon, lat, Datum.GCJ02)
    assert metres(*geo.to_storage(*there, Datum.GCJ02), lon, lat) < 1e-6
    assert 30 < metres(*there, lon, lat) < 2000


@given(LONS, LATS)
@example(105.0, 28.0)  # the shift formula has a kink here
def test_bd09_comes_back_exactly(lon, lat):
    there = geo.from_storage(lon, lat, Datum.BD09)
    assert metres(*geo.to_storage(*there, Datum.BD09), lon, lat) < 1e-6


@given(LONS, LATS)
def test_forward_agrees_with_prcoords(lon, lat):
    gcj = prcoords.wgs_gcj((lat, lon))
    assert metres(*geo.from_storage(lon, lat, "gcj02"), gcj.lon, gcj.lat) < 1e-6
    bd = prcoords.wgs_bd((lat, lon))
    assert metres(*geo.from_storage(lon, lat, "bd09"), bd.lon, bd.lat) < 1e-6


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
@pytest.mark.parametrize("place", [(-87.63, 41.88), (14.5, 46.05), (139.69, 35.69)])
def test_outside_of_china_nothing_is_shifted(datum, place):
    assert geo.to_storage(*place, datum) == place
    assert geo.from_storage(*place, datum) == place


def test_the_border_of_the_shift_box_comes_back():
    for place in [(72.0041, 30.0), (137.8346, 30.0), (110.0, 0.8294), (110.0, 55.8270)]:
        there = geo.from_storage(*place, Datum.GCJ02)
        assert metres(*geo.to_storage(*there, Datum.GCJ02), *place) < 1e-3


def test_arrays_give_arrays_of_the_same_shape():
    lons, lats = np.array([[120.6, 116.4]]), np.array([[31.3, 39.9]])
    lon, lat = geo.to_storage(lons, lats, "gcj02")
    assert lon.shape == lat.shape == (1, 2)
    assert (lon[0, 0], lat[0, 0]) == pytest.approx(geo.to_storage(120.6, 31.3, "gcj02"), abs=1e-13)
    empty_lon, empty_lat = geo.to_storage(np.array([]), np.array([]), "bd09")
    assert empty_lon.size == empty_lat.size == 0


@pytest.mark.parametrize(("code", "easting"), [("4549", 557122.865), ("EPSG:4528", 40557122.865)])
def test_gauss_krueger_vector(code, easting):
    assert geo.from_storage(*SUZHOU, code) == pytest.approx((easting, 3464391.326), abs=5e-4)
    lon, lat = geo.to_storage(easting, 3464391.326, code)
    assert metres(lon, lat, *SUZHOU) < 1e-3


@pytest.mark.parametrize(
    ("text", "datum"),
    [
        ("wgs84", Datum.WGS84), (" WGS 84 ", Datum.WGS84), ("EPSG:4326", Datum.WGS84),
        ("GCJ-02", Datum.GCJ02), ("bd09", Datum.BD09), ("4490", Datum.CGCS2000),
        ("4549", 4549), ("epsg:4528", 4528), ("urn:ogc:def:crs:EPSG::4548", 4548),
    ],
)  # fmt: skip
def test_datum_names(text, datum):
    assert geo.parse_datum(text) == datum
    assert geo.parse_datum(geo.datum_name(datum)) == datum


@pytest.mark.parametrize(
    "text",
    ["", "mars", "EPSG:", "epsg:99999", "99999999999", "-4549", "٤٥٤٩", "4549.0", "EPSG:4549; DROP",
     "EPSG:5773", "EPSG:4978"],
)  # fmt: skip
def test_unknown_datums_are_refused(text):
    with pytest.raises(UnknownDatum) as caught:
        geo.parse_datum(text)
    assert caught.value.errors[0].field == "datum"


@pytest.mark.parametrize("text", ["4610", "4214", "2435", "2333"])
def test_old_chinese_datums_are_not_shifted_silently(text):
    with pytest.raises(UnknownDatum, match="no reliable conversion"):
        geo.parse_datum(text)


def test_taiwan_and_utm_are_known():
    lon, lat = geo.to_storage(169_000.0, 2_544_000.0, "3826")
    assert metres(lon, lat, 120.21, 22.99) < 5000
    assert geo.to_storage(500_000.0, 3_540_000.0, "32650")[0] == pytest.approx(117.0)


@pytest.mark.parametrize(
    ("x", "y", "datum", "words"),
    [
        (math.nan, 31.3, "wgs84", "not a finite"),
        (120.6, math.inf, "4549", "not a finite"),
        (120.6, 90.5, "wgs84", "outside longitude"),
        (-180.5, 31.3, "gcj02", "outside longitude"),
        (31.3, 120.6, "wgs84", "longitude and latitude look swapped"),
        (38.9, 77.2, "cgcs2000", "longitude and latitude look swapped"),
        (31.3, 120.6, "bd09", "longitude and latitude look swapped"),
        (3464391.326, 557122.865, "4549", "easting and northing look swapped"),
        (3464391.326, 40557122.865, "4528", "easting and northing look swapped"),
        (40557122.865, 3464391.326, "4549", "zone prefix"),
        (557122.865, 3464391.326, "4528", "zone prefix"),
        (120.6, 31.3, "4549", "outside the area"),
        (1e300, 1e300, "4549", "outside the area"),
    ],
)
def test_absurd_coordinates_are_refused(x, y, datum, words):
    with pytest.raises(BadCoordinate, match=words):
        geo.to_storage(x, y, datum)


def test_all_bad_positions_are_named():
    lons, lats = np.array([120.6, 31.3, 120.7, 500.0]), np.array([31.3, 120.6, 31.2, 31.0])
    with pytest.raises(BadCoordinate) as caught:
        geo.to_storage(lons, lats, "wgs84")
    assert caught.value.indexes == (1,)
    lons[1], lats[1] = 120.6, 31.3
    with pytest.raises(BadCoordinate) as caught:
        geo.to_storage(lons, lats, "wgs84")
    assert caught.value.indexes == (3,)


def test_chicago_and_ljubljana_are_places():
    assert geo.to_storage(-87.63, 41.88, "wgs84") == (-87.63, 41.88)
    assert geo.to_storage(14.5, 46.05, "wgs84") == (14.5, 46.05)


@pytest.mark.parametrize(
    ("lon", "zone"),
    [(116.4, 4548), (118.499999, 4548), (118.5, 4549), (120.6, 4549), (121.5, 4550), (73.5, 4534),
     (136.49, 4554)],
)  # fmt: skip
def test_zone_of(lon, zone):
    assert geo.zone_of(lon) == zone


@pytest.mark.parametrize("lon", [73.4, 136.5, -87.6, math.nan, math.inf])
def test_no_zone_far_from_china(lon):
    with pytest.raises(BadCoordinate):
        geo.zone_of(lon)


def test_areas_by_ellipsoid_and_zone_agree():
    block = shapely.box(120.6, 31.3, 120.61, 31.31)
    hole = shapely.box(120.602, 31.302, 120.604, 31.304)
    holed = block.difference(hole)
    area = geo.geodesic_area_m2(holed)
    assert area == pytest.approx(geo.geodesic_area_m2(block) - geo.geodesic_area_m2(hole))
    assert geo.geodesic_area_m2(holed.reverse()) == pytest.approx(area)
    projected = geo.in_zone(holed, geo.zone_of(120.6))
    assert projected.area == pytest.approx(area, rel=1e-3)
    assert geo.geodesic_area_m2(shapely.Polygon()) == 0.0


def test_distance():
    assert geo.geodesic_distance_m(120.6, 31.3, 120.6, 31.31) == pytest.approx(1108.8, abs=1.0)
