"""Tiles over HTTP: ETags that hold until an edit, addresses that caches may share, TileJSON, files."""

from __future__ import annotations

import pytest

from gridcenter.database import Recent
from tests.builders import PLACES, STREET, make_buildings
from tests.layers.test_layers import in_tile, tile_at

GRID = f"{STREET}001Z001"
MICROGRID = f"{GRID}001"


@pytest.fixture
def caller(house):
    with house.owner.transaction() as tx:
        make_buildings(tx, MICROGRID, f"{STREET}001Z002001")
    return house.client("S-01")


def address(layer, zoom=16):
    z, x, y = tile_at(GRID, zoom)
    return f"/tiles/{layer}/{z}/{x}/{y}.mvt"


def again(caller, path, answer):
    headers = {**caller.headers, "If-None-Match": answer.headers["ETag"]}
    return caller.flask.get(path, headers=headers)


def test_a_tile_holds_until_an_edit_in_it(house, caller):
    path = address("building")
    first = caller.get(path)
    assert first.status_code == 200 and first.data
    held = again(caller, path, first)
    assert held.status_code == 304 and held.data == b""
    with house.owner.transaction() as tx:
        tx.execute("UPDATE building SET floors = 9, version = version + 1")
    changed = again(caller, path, first)
    assert changed.status_code == 200 and changed.headers["ETag"] != first.headers["ETag"]


def test_a_tile_holds_while_another_place_is_edited(house, caller):
    far, near = f"{STREET}002Z002002", address("microgrid", 17)
    first = caller.get(near)
    with house.owner.transaction() as tx:
        tx.execute(
            "UPDATE area_version SET name = 'x' WHERE area_id = (SELECT id FROM area WHERE code = %(c)s)",
            {"c": far},
        )
    assert far in PLACES and again(caller, near, first).status_code == 304


def test_addresses_for_caches_need_their_seal(house, caller, monkeypatch):
    told = caller.get("/api/v1/layers/building/tiles.json").json
    sealed = told["tiles"][0].partition("/tiles/")[2].split("/")[0]
    z, x, y = tile_at(GRID, 16)

    def asked(who, name):
        return who.get(f"/tiles/{name}/{z}/{x}/{y}.mvt")

    assert sealed.startswith("building@") and len(sealed) > 30
    right = asked(caller, sealed)
    assert right.status_code == 200 and "immutable" in right.headers["Cache-Control"]
    assert right.data == caller.get(address("building")).data
    worker = house.client("01-001")
    # The worker sees a part of it: the same address must not fill the cache with that part.
    assert asked(worker, sealed).headers["Cache-Control"] == "private, no-store"
    assert asked(caller, "building@0").headers["Cache-Control"] == "private, no-store"
    assert asked(house.client(), sealed).status_code == 401
    with house.owner.transaction() as tx:
        tx.execute("UPDATE building SET floors = 9, version = version + 1")
    monkeypatch.setattr(house.database, "_recent", Recent())  # a second later
    newer = caller.get("/api/v1/layers/building/tiles.json").json["tiles"][0]
    assert newer != told["tiles"][0]
    assert asked(caller, sealed).headers["Cache-Control"] == "private, no-store"


def test_layers_of_cases_have_no_shared_address(caller):
    for layer in ("grid", "incident"):
        told = caller.get(f"/api/v1/layers/{layer}/tiles.json").json
        assert "@" not in told["tiles"][0]


def test_tilejson_says_what_is_in_the_tiles(caller):
    told = caller.get("/api/v1/layers/building/tiles.json").json
    assert told["tilejson"] == "3.0.0" and (told["minzoom"], told["maxzoom"]) == (14, 16)
    west, south, east, north = told["bounds"]
    lon, lat = PLACES[MICROGRID]
    assert west < lon < east and south < lat < north
    _, keys, _ = in_tile(caller.get(address("building")).data)
    assert keys <= set(told["vector_layers"][0]["fields"])
    assert caller.get("/api/v1/layers/worker/tiles.json").status_code == 404


def test_a_layer_leaves_as_a_file_and_is_written_down(house, caller):
    body = {"format": "geojson", "crs": "4326", "area": GRID}
    answer = caller.post("/api/v1/layers/building/export", body)
    assert answer.status_code == 200 and answer.headers["X-Row-Count"] == "1"
    assert 'filename="building.geojson"' in answer.headers["Content-Disposition"]
    feature = answer.get_json(force=True)["features"][0]
    assert feature["properties"]["code"] == f"{MICROGRID}B001"
    events = house.client("J-01").get("/api/v1/account-events").json["items"]
    noted = [e for e in events if e["event"] == "layer_exported"]
    assert len(noted) == 1 and noted[0]["detail"].startswith("building geojson EPSG:4326")


@pytest.mark.parametrize(
    ("who", "layer", "body", "status"),
    [
        ("Z-01", "worker", {"format": "gpkg"}, 403),
        ("01-001", "building", {"format": "gpkg"}, 403),
        ("S-01", "worker", {"format": "gpkg"}, 404),
        ("S-01", "grid", {"format": "gpkg", "crs": "2154"}, 422),
        ("S-01", "grid", {"format": "tab"}, 422),
        ("S-01", "grid", {"format": "gpkg", "area": "nowhere"}, 404),
    ],
)
def test_what_may_not_leave_is_refused(house, who, layer, body, status):
    answer = house.client(who).post(f"/api/v1/layers/{layer}/export", body)
    assert answer.status_code == status, answer.text


def test_a_tile_as_it_was(house, caller):
    with house.owner.transaction() as tx:
        tx.execute(
            "INSERT INTO area_version (area_id, parent_id, level, name, path, geom, area_m2,"
            " perimeter_m, valid, source) SELECT area_id, parent_id, level, '旧名', path, geom, area_m2,"
            " perimeter_m, tstzrange('2020-01-01', '2021-01-01'), 'test' FROM area_version"
            " WHERE level = 'community'"
        )
    path = address("community")
    then = caller.get(path, at="2020-06-01T00:00:00Z")
    assert "旧名" in in_tile(then.data)[2] and "旧名" not in in_tile(caller.get(path).data)[2]
    held = again(caller, f"{path}?at=2020-06-01T00:00:00Z", then)
    assert held.status_code == 304
    assert caller.get(path, at="yesterday").status_code == 422
