"""Programs that nobody here wrote read the layers: GDAL and OWSLib over HTTP."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

from gridcenter.geo import from_storage
from tests.builders import PLACES
from tests.layers.conftest import GRID
from tests.layers.test_layers import tile_at

pytestmark = pytest.mark.skipif(
    shutil.which("ogrinfo") is None, reason="GDAL's tools are not installed (apt: gdal-bin)"
)
MICROGRID = f"{GRID}001"


def gdal(served, *words, who="S-01"):
    """The output of one of GDAL's tools that asks with the token of an account."""
    env = {
        **os.environ,
        "GDAL_HTTP_HEADERS": served.header(who),
        "CPL_CURL_VERBOSE": "NO",
        "PROJ_NETWORK": "OFF",
    }
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "ERROR" not in done.stderr, done.stderr
    return done.stdout


def test_gdal_lists_the_collections(served):
    found = gdal(served, "ogrinfo", f"OAPIF:{served.url}/ogc")
    assert "using driver `OAPIF'" in found
    for name in ("street", "community", "grid", "microgrid", "building", "incident"):
        assert name in found
    assert "worker" not in found  # the post of an official has no map of workers


def test_gdal_reads_all_pages_of_a_collection(served, tmp_path):
    file = tmp_path / "microgrids.geojson"
    source = ["-oo", "PAGE_SIZE=3", f"OAPIF:{served.url}/ogc", "microgrid"]
    gdal(served, "ogr2ogr", "-f", "GeoJSON", str(file), *source)
    found = json.loads(file.read_text("utf-8"))["features"]
    assert {f["properties"]["code"] for f in found} == set(PLACES)
    here = next(f for f in found if f["properties"]["code"] == MICROGRID)
    lons = [x for x, _ in here["geometry"]["coordinates"][0][0]]
    assert min(lons) < PLACES[MICROGRID][0] < max(lons)
    assert here["properties"]["name"].startswith("微网格")


def test_gdal_filters_by_box(served, tmp_path):
    lon, lat = PLACES[MICROGRID]
    file = tmp_path / "some.geojson"
    box = [str(v) for v in (lon - 1e-5, lat - 1e-5, lon + 1e-5, lat + 1e-5)]
    gdal(
        served, "ogr2ogr", "-f", "GeoJSON", str(file), "-spat", *box,
        f"OAPIF:{served.url}/ogc", "microgrid",
    )  # fmt: skip
    found = json.loads(file.read_text("utf-8"))["features"]
    assert [f["properties"]["code"] for f in found] == [MICROGRID]


def test_gdal_reads_the_features_of_the_api(served):
    found = gdal(
        served, "ogrinfo", "-al", "-so", f"{served.url}/api/v1/layers/building/features?limit=5000"
    )
    assert "using driver `GeoJSON'" in found and "Feature Count: 2" in found
    assert "height: Real" in found or "height: Integer" in found


@pytest.mark.parametrize("zoom", [10, 12, 13, 14])
def test_gdal_reads_a_tile_in_its_place(served, tmp_path, zoom):
    z, x, y = tile_at(GRID, zoom)
    out = tmp_path / "tile.geojson"
    source = f"MVT:{served.url}/tiles/microgrid/{z}/{x}/{y}.mvt"
    words = ["-oo", f"X={x}", "-oo", f"Y={y}", "-oo", f"Z={z}"]
    gdal(served, "ogr2ogr", "-f", "GeoJSON", "-t_srs", "EPSG:4326", str(out), *words, source)
    found = json.loads(out.read_text("utf-8"))["features"]
    here = next(f for f in found if f["properties"]["code"] == MICROGRID)
    rings = here["geometry"]["coordinates"]
    ring = rings[0][0] if here["geometry"]["type"] == "MultiPolygon" else rings[0]
    lon, lat = PLACES[MICROGRID]
    step = 360 / 2**zoom / 4096  # a step of the tile
    assert (min(p[0] for p in ring) + max(p[0] for p in ring)) / 2 == pytest.approx(lon, abs=step)
    assert (min(p[1] for p in ring) + max(p[1] for p in ring)) / 2 == pytest.approx(lat, abs=step)


def test_gdal_reads_tiles_by_their_tilejson(served):
    caller = served.house.client("S-01")
    told = caller.get("/api/v1/layers/microgrid/tiles.json").json
    z, x, y = tile_at(GRID, 14)
    address = told["tiles"][0].format(z=z, x=x, y=y).partition("/tiles/")[2]
    answer = caller.get(f"/tiles/{address}")
    assert answer.status_code == 200 and "immutable" in answer.headers["Cache-Control"]
    found = gdal(served, "ogrinfo", "-al", "-so", f"MVT:{served.url}/tiles/{address}")
    assert "Layer name: microgrid" in found


def test_owslib_walks_the_service(served):
    features = pytest.importorskip("owslib.ogcapi.features", reason="OWSLib is not installed")
    name, _, value = served.header("S-01").partition(": ")
    service = features.Features(f"{served.url}/ogc/", headers={name: value})
    assert (
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core"
        in (service.conformance()["conformsTo"])
    )
    assert "microgrid" in service.feature_collections()
    assert service.api()["openapi"].startswith("3.0")
    assert service.collection("grid")["itemType"] == "feature"
    lon, lat = PLACES[MICROGRID]
    found = service.collection_items("microgrid", bbox=[lon, lat, lon, lat], limit=5)
    assert [f["id"] for f in found["features"]] == [MICROGRID]
    item = service.collection_item("microgrid", MICROGRID)
    assert item["properties"]["code"] == MICROGRID


def test_gdal_asks_for_metres_with_northing_first(served):
    """What GDAL does with a CRS by reference, done by hand: the pinned version cannot ask for one."""
    uri = "http://www.opengis.net/def/crs/EPSG/0/4549"
    item = served.house.client("S-01").get(f"/ogc/collections/microgrid/items/{MICROGRID}", crs=uri)
    assert item.headers["Content-Crs"] == f"<{uri}>"
    north, east = item.json["geometry"]["coordinates"][0][0][0]
    x, y = from_storage(*PLACES[MICROGRID], "4549")
    assert (east, north) == pytest.approx((x, y), abs=1000)
