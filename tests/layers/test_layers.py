"""Tiles and features: the right things, for the right reader, by their index."""

from __future__ import annotations

import json
import math
import re

import pytest

from gridcenter.errors import InvalidInput, NotFound
from gridcenter.incidents.queries import TIME_STATE
from layers.catalog import LAYERS, layer_named
from layers.queries import geojson, layer_version, tile
from tests.builders import PLACES, STREET
from tests.layers.conftest import GRID, NEXT_GRID


def tile_at(grid, z):
    """The address of the tile in which the middle of the first micro-grid of a grid lies."""
    lon, lat = PLACES[f"{grid}001"]
    n = 2**z
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n
    return z, int((lon + 180) / 360 * n), int(y)


def in_tile(data):
    """Layer names, attribute names and texts of a vector tile, read from its protobuf."""
    names, keys, values = set(), set(), []
    for layer in fields(data, 3):
        names |= {v.decode() for v in fields(layer, 1)}
        keys |= {v.decode() for v in fields(layer, 3)}
        values += [t.decode() for v in fields(layer, 4) for t in fields(v, 1)]
    return names, keys, values


def fields(data, wanted):
    at, found = 0, []

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        tag = varint()
        if tag & 7 == 2:
            size = varint()
            if tag >> 3 == wanted:
                found.append(data[at : at + size])
            at += size
        elif tag & 7 == 0:
            varint()
        else:
            at += {1: 8, 5: 4}[tag & 7]
    return found


@pytest.mark.parametrize("name", LAYERS)
def test_a_tile_holds_its_layer_and_no_other_attribute(place, name):
    with place.acting("D-01") as tx:
        names, keys, _ = in_tile(tile(tx, name, *tile_at(GRID, 16)))
    assert names == {name}
    assert keys <= set(LAYERS[name].attributes)


@pytest.mark.parametrize("name", LAYERS)
def test_features_have_the_declared_attributes_only(place, name):
    with place.acting("D-01") as tx:
        found = json.loads(geojson(tx, name, None, 5000))
    assert found["numberReturned"] == len(found["features"]) > 0
    for feature in found["features"]:
        assert set(feature["properties"]) <= set(LAYERS[name].attributes)
        assert feature["id"]


def test_counts_of_the_small_place(place):
    with place.acting("D-01") as tx:
        counts = {n: json.loads(geojson(tx, n, None, 5000))["numberReturned"] for n in LAYERS}
    assert counts == {
        "street": 1, "community": 2, "grid": 4, "microgrid": 8, "building": 800,
        "incident": 6, "worker": 2,
    }  # fmt: skip


def test_a_worker_gets_nothing_of_the_next_grid(place):
    z, x, y = tile_at(NEXT_GRID, 14)
    with place.owner.transaction(read_only=True) as tx:
        theirs = {
            str(r["id"])
            for r in tx.all(
                "SELECT id FROM case_file WHERE area_path <@ %(p)s::ltree",
                {"p": f"{STREET}.001.Z002"},
            )
        }
    with place.acting("01-001") as tx:
        _, _, texts = in_tile(tile(tx, "incident", z, x, y))
        assert len(theirs) == 3 and not theirs & set(texts)
        features = json.loads(geojson(tx, "incident"))["features"]
        assert len(features) == 3 and not theirs & {f["id"] for f in features}
        buildings = json.loads(geojson(tx, "building", None, 5000))["features"]
        assert buildings and all(f["id"].startswith(GRID) for f in buildings)
        assert in_tile(tile(tx, "building", z, x, y))[2]
        assert all(t.startswith(GRID) for t in in_tile(tile(tx, "building", z, x, y))[2])
        counts = {
            f["id"]: f["properties"]["open_count"]
            for f in json.loads(geojson(tx, "grid"))["features"]
        }
        assert counts[GRID] == 3 and counts[NEXT_GRID] == 0
        assert tile(tx, "worker", z, x, y) == b""
        assert json.loads(geojson(tx, "worker"))["features"] == []


@pytest.mark.parametrize("name", LAYERS)
def test_without_a_scope_everything_is_empty(place, name):
    z, x, y = tile_at(GRID, 16)
    with place.acting("D-01") as tx:
        assert tile(tx, name, z, x, y)
    # The same pooled connection: a scope must not outlive its transaction.
    with place.acting(None) as tx:
        assert tile(tx, name, z, x, y) == b""
        assert json.loads(geojson(tx, name))["features"] == []


@pytest.mark.parametrize(
    ("name", "function", "index"),
    [
        ("microgrid", "tile_areas", "area_version_geom_now_idx"),
        ("building", "tile_building", "building_geom_idx"),
        ("incident", "tile_incident", "case_file_open_location_idx"),
    ],
)
def test_tiles_go_by_the_spatial_index_under_row_rights(place, name, function, index):
    with place.acting("D-01") as tx:
        body = tx.scalar("SELECT prosrc FROM pg_proc WHERE proname = %(f)s", {"f": function})
        numbers = dict(zip("zxy", tile_at(GRID, 16), strict=True))
        body = re.sub(r"\b([zxy])\b(?!\()", lambda m: str(numbers[m[1]]), body)
        body = body.replace("wanted", f"'{name}'")
        # The tables of a test are small enough to be read whole; what is asked is whether the index
        # may serve at all, which a function that is not leakproof prevents.
        tx.execute("SET LOCAL enable_seqscan = off")
        tx.execute("SET LOCAL enable_indexscan = on")
        plan = json.dumps(tx.all("EXPLAIN (FORMAT JSON) " + body.replace("%", "%%"), {}))
    assert f'"Index Name": "{index}"' in plan
    assert "&&" in re.search(r'"Index Cond": "([^"]*&&[^"]*)"', plan)[1]


@pytest.mark.parametrize("address", [(-1, 0, 0), (23, 0, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0)])
def test_an_address_that_is_no_tile_is_refused(place, address):
    with place.acting("D-01") as tx, pytest.raises(InvalidInput):
        tile(tx, "grid", *address)


@pytest.mark.parametrize("box", [(121, 31, 120, 32), (120, 32, 121, 31), (-181, 0, 0, 1)])
def test_a_wrong_box_is_refused(place, box):
    with place.acting("D-01") as tx, pytest.raises(InvalidInput):
        geojson(tx, "grid", box)


def test_unknown_layers_and_those_of_other_posts_are_not_there(place):
    with place.acting("D-01") as tx, pytest.raises(NotFound):
        tile(tx, "grid; drop table account", 0, 0, 0)
    with pytest.raises(NotFound):
        layer_named("worker", frozenset({"official"}))
    assert layer_named("worker", frozenset({"dispatcher"})).name == "worker"


def test_a_box_across_a_border_takes_what_it_touches(place):
    lon, lat = PLACES[f"{GRID}001"]
    with place.acting("D-01") as tx:
        point = json.loads(geojson(tx, "grid", (lon, lat, lon, lat)))
        nowhere = json.loads(geojson(tx, "grid", (0, 0, 1, 1)))
    assert GRID in {f["id"] for f in point["features"]}
    assert nowhere["features"] == []


def test_versions_differ_by_reader_and_change_with_a_report(place):
    from gridcenter.clock import now

    def versions(who):
        with place.acting(who) as tx:
            return {name: layer_version(tx, name) for name in LAYERS}

    mine, theirs = versions("01-001"), versions("01-002")
    assert all(mine[name] != theirs[name] for name in LAYERS)
    place.report("01-002", f"{NEXT_GRID}001", now())
    after = versions("01-001")
    assert after["incident"] != mine["incident"] and after["grid"] != mine["grid"]
    assert all(after[name] == mine[name] for name in ("street", "community", "building"))


def test_time_states_on_the_map_are_those_of_the_lists(place):
    moments = ("now()", "NULL", "now() - interval '1 minute'", "now() + interval '20 minutes'",
               "now() + interval '90 minutes'", "now() + interval '2 days'")  # fmt: skip
    began = ("now() - interval '5 minutes'", "now() - interval '3 days'")
    with place.acting("D-01") as tx:
        for state in ("reported", "closed", "handled"):
            for due in moments:
                for start in began:
                    row = tx.one(
                        f"SELECT {TIME_STATE} AS a, time_state(c.state, c.due_at,"
                        " c.stage_started_at, now()) AS b FROM (SELECT"
                        f" '{state}' AS state, ({due})::timestamptz AS due_at,"
                        f" {start} AS stage_started_at) c"
                    )
                    assert row["a"] == row["b"], (state, due, start)
