"""The archive of the base layers, read back by the format's own library and by GDAL."""

from __future__ import annotations

import gzip

import pyogrio
from pmtiles.reader import MmapSource, Reader

from layers.archive import BASE_LAYERS, covering, write_archive
from tests.builders import PLACES
from tests.layers.conftest import GRID
from tests.layers.test_layers import in_tile, tile_at


def test_the_archive_holds_the_tiles_of_the_base_layers_and_no_case(place, tmp_path):
    file = tmp_path / "base.pmtiles"
    with place.acting("D-01") as tx:
        done = write_archive(tx, file, 15)
    assert done.size == file.stat().st_size and done.tiles >= 13
    with file.open("rb") as stream:
        reader = Reader(MmapSource(stream))
        header, told = reader.header(), reader.metadata()
        data = gzip.decompress(reader.get(*tile_at(GRID, 15)))
        far = reader.get(15, 0, 0)
    names, keys, texts = in_tile(data)
    assert names == set(BASE_LAYERS) and far is None
    assert "open_count" not in keys and "households" not in keys
    assert f"{GRID}001" in texts
    assert [each["id"] for each in told["vector_layers"]] == list(BASE_LAYERS)
    # From so far that a place is smaller than a step there is nothing to draw.
    assert header["min_zoom"] < 9 and header["max_zoom"] == 15
    lon, lat = PLACES[f"{GRID}001"]
    assert header["min_lon_e7"] < lon * 1e7 < header["max_lon_e7"]
    assert header["min_lat_e7"] < lat * 1e7 < header["max_lat_e7"]


def test_gdal_reads_the_archive(place, tmp_path):
    file = tmp_path / "base.pmtiles"
    with place.acting("D-01") as tx:
        write_archive(tx, file, 14)
    assert {name for name, _ in pyogrio.list_layers(file)} == set(BASE_LAYERS)
    found = pyogrio.read_dataframe(file, layer="microgrid").to_crs(4490)
    assert set(found["code"]) == set(PLACES)
    here = found[found["code"] == f"{GRID}001"].union_all()
    lon, lat = PLACES[f"{GRID}001"]
    assert abs(here.centroid.x - lon) < 2e-5 and abs(here.centroid.y - lat) < 2e-5


def test_covering_tiles_reach_around_the_box():
    assert list(covering([-180, -90, 180, 90], 1)) == [(1, 0, 0), (1, 0, 1), (1, 1, 0), (1, 1, 1)]
    assert len(list(covering([120.6, 31.3, 120.6, 31.3], 16))) == 1
