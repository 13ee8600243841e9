"""Files of a layer: read back by GDAL, in the asked system, with the rows and fields of the reader."""

from __future__ import annotations

import zipfile

import geopandas as gpd
import openpyxl
import pytest

from gridcenter.actor import SYSTEM
from gridcenter.errors import InvalidInput, NotFound, NotYours
from layers.export import SUFFIX, ExportLayer, Format, export_layer
from tests.builders import PLACES, STREET
from tests.layers.conftest import GRID

MICROGRID = f"{GRID}001"


def taken(place, tmp_path, who, layer, form, **more):
    """The written file and what was said about it."""
    target = tmp_path / f"{layer}{SUFFIX[form]}"
    with place.acting(who, read_only=False) as tx:
        done = export_layer(tx, place.actor(who), ExportLayer(layer, form, **more), target)
    return target, done


@pytest.mark.parametrize("form", [Format.GPKG, Format.GEOJSON, Format.SHAPEFILE])
@pytest.mark.parametrize("crs", ["4326", "4490", "4549", "zone"])
def test_gis_files_come_back_where_they_were(place, tmp_path, form, crs):
    file, done = taken(place, tmp_path, "S-01", "microgrid", form, crs=crs)
    frame = gpd.read_file(f"zip://{file}" if form is Format.SHAPEFILE else file)
    assert done.rows == len(frame) == 8
    assert frame.crs.to_epsg() == done.srid
    back = frame.to_crs(4490).set_index("code")
    lon, lat = PLACES[MICROGRID]
    middle = back.loc[MICROGRID].geometry.centroid
    assert (middle.x, middle.y) == pytest.approx((lon, lat), abs=2e-6)
    assert frame.loc[frame["code"] == MICROGRID, "name"].item().startswith("微网格")
    if crs in ("4549", "zone"):
        assert frame.total_bounds[0] > 1000 and frame.geometry.is_valid.all()


def test_a_shapefile_speaks_gbk_and_says_so(place, tmp_path):
    file, _ = taken(place, tmp_path, "S-01", "microgrid", Format.SHAPEFILE)
    with zipfile.ZipFile(file) as archive:
        names = {name.rpartition(".")[2] for name in archive.namelist()}
        assert {"shp", "shx", "dbf", "prj", "cpg"} <= names
        assert "微网格".encode("gbk") in archive.read("microgrid.dbf")
        assert archive.read("microgrid.cpg").decode().strip().upper() in ("GBK", "CP936")


def test_excel_keeps_codes_as_text(place, tmp_path):
    file, _ = taken(place, tmp_path, "S-01", "grid", Format.XLSX, crs="4549")
    book = openpyxl.load_workbook(file)
    rows = list(book.active.values)
    book.close()
    assert rows[0][:2] == ("代码", "名称") and rows[0][-1] == "WKT"
    assert rows[1][0] == GRID and rows[1][-1].startswith("MULTIPOLYGON")
    east, north = rows[1][-3:-1]
    assert 100_000 < east < 900_000 and 3_000_000 < north < 4_000_000


def test_dxf_holds_outlines_and_codes(place, tmp_path):
    file, done = taken(place, tmp_path, "S-01", "microgrid", Format.DXF, crs="zone")
    frame = gpd.read_file(file)
    outlines = frame[frame["Layer"] == "microgrid"]
    texts = frame[frame["Layer"] == "microgrid_text"]
    assert len(outlines) == len(texts) == done.rows == 8
    assert MICROGRID in set(texts["Text"])


def test_an_area_limits_what_is_taken(place, tmp_path):
    file, done = taken(place, tmp_path, "S-01", "building", Format.GPKG, area=GRID)
    assert done.rows == 400
    assert gpd.read_file(file)["code"].str.startswith(GRID).all()
    with pytest.raises(NotFound):
        taken(place, tmp_path, "S-01", "building", Format.GPKG, area="nowhere")


def test_people_never_leave_and_posts_decide(place, tmp_path):
    for who, layer in (("Z-01", "worker"), ("01-001", "building"), ("A-01", "incident")):
        with pytest.raises((NotYours, NotFound)):
            taken(place, tmp_path, who, layer, Format.GPKG)
    with place.owner.transaction() as tx, pytest.raises(NotYours):
        export_layer(tx, SYSTEM, ExportLayer("worker", Format.GPKG), tmp_path / "w.gpkg")
    with pytest.raises(InvalidInput):
        taken(place, tmp_path, "S-01", "grid", Format.GPKG, crs="2154")


def test_an_export_is_written_down(place, tmp_path):
    taken(place, tmp_path, "Z-01", "grid", Format.GEOJSON, area=STREET)
    with place.owner.transaction(read_only=True) as tx:
        row = tx.one(
            "SELECT e.detail, a.username FROM account_event e JOIN account a"
            " ON a.id = e.actor_account_id WHERE event = 'layer_exported' ORDER BY e.id DESC LIMIT 1"
        )
    assert row == {"detail": f"grid geojson EPSG:4490 {STREET} 4", "username": "Z-01"}


def test_an_empty_layer_gives_an_empty_file(place, tmp_path):
    with place.owner.transaction() as tx:
        empty = tx.scalar("SELECT count(*) FROM area_version WHERE level = 'unit_grid'")
    assert empty == 0
    for form in Format:
        file, done = taken(
            place, tmp_path, "S-01", "incident", form, area=f"{STREET}002Z002002", crs="zone"
        )
        assert done.rows == 0 and file.exists()
