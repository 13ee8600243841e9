"""Tiles and features: the right things, for the right reader, by their index."""

from __future__ import annotations

import json
import math
import re

import pytest

from gridcenter.errors import InvalidInput, NotFound
from gridcenter.incidents.summary import TIME_STATE
from layers.catalog import LAYERS, layer_named
from layers.queries import geojson, layer_version, shared_version, stamped_tile, tile, tile_version
from layers.statements import tile_statement
from tests.builders import PLACES, STREET, report, report_json
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
    ("name", "zoom", "index"),
    [
        ("microgrid", 13, "area_version_geom_now_idx"),
        ("microgrid", 16, "area_version_geom_now_idx"),
        ("building", 16, "building_geom_idx"),
        ("incident", 11, "case_file_open_location_idx"),
        ("incident", 16, "case_file_open_location_idx"),
    ],
)
def test_tiles_go_by_the_spatial_index_under_row_rights(place, name, zoom, index):
    z, x, y = tile_at(GRID, zoom)
    with place.acting("D-01") as tx:
        # The tables of a test are small enough to be read whole; what is asked is whether the index
        # may serve at all, which a function that is not leakproof prevents.
        tx.execute("SET LOCAL enable_seqscan = off")
        asked = "EXPLAIN (FORMAT JSON) " + tile_statement(name, z, None)
        plan = json.dumps(tx.all(asked, {"z": z, "x": x, "y": y}))
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


# --- generalisation, clusters, whitelists, versions --------------------------------------------


def features_of(tx, name, z, x, y, posts=None):
    """The features of a tile with their attributes, as GDAL reads them."""
    import pyogrio

    data = tile(tx, name, z, x, y, posts)
    return pyogrio.read_dataframe(data) if data else None


def test_calm_cases_are_counted_together_and_pressing_ones_stay(place):
    with place.owner.transaction() as tx:
        tx.execute(
            "UPDATE case_file SET due_at = now() - interval '1 hour' WHERE id ="
            " (SELECT id FROM case_file WHERE kind = 'incident' ORDER BY id LIMIT 1)"
        )
    with place.acting("D-01") as tx:
        total = json.loads(geojson(tx, "incident"))["numberReturned"]
        near = features_of(tx, "incident", *tile_at(GRID, 14))
        afar = features_of(tx, "incident", *tile_at(GRID, 11))
    assert "count" not in near or near["count"].isna().all()
    clusters = afar[afar["count"].notna()]
    alone = afar[afar["count"].isna()]
    assert set(alone["time_state"]) == {"overdue"} and len(alone) == 1
    assert clusters["count"].sum() == total - 1 and clusters["over"].sum() == 1
    assert clusters["id"].isna().all() if "id" in clusters else True
    with place.owner.transaction() as tx:
        tx.execute("UPDATE case_file SET due_at = now() + interval '1 day' WHERE due_at < now()")


def test_no_case_is_counted_in_two_tiles(place):
    """Cells do not reach across tiles, at any zoom: the sums over all tiles are the number of cases."""
    with place.acting("D-01") as tx:
        total = json.loads(geojson(tx, "incident"))["numberReturned"]
        for zoom in (9, 13):
            tiles = {tile_at(code[:16], zoom)[1:] for code in PLACES}
            around = {(x + i, y + j) for x, y in tiles for i in (-1, 0, 1) for j in (-1, 0, 1)}
            found = [features_of(tx, "incident", zoom, *xy) for xy in around]
            counts = [f["count"].sum() for f in found if f is not None and "count" in f]
            assert sum(counts) == total


def test_attributes_follow_the_posts(place):
    with place.acting("D-01") as tx:
        for layer, posts, without in (
            ("building", {"grid_worker"}, {"usage", "households", "footprint_m2"}),
            ("building", {"official"}, set()),
            ("microgrid", {"wall"}, {"area_m2", "households"}),
            ("incident", {"wall"}, {"number", "matter", "matter_en"}),
        ):
            posts = frozenset(posts)
            allowed = {f.name for f in LAYERS[layer].fields_for(posts)}
            assert {f.name for f in LAYERS[layer].fields} - allowed == without
            for feature in json.loads(geojson(tx, layer, posts=posts))["features"]:
                assert set(feature["properties"]) == allowed
            _, keys, _ = in_tile(tile(tx, layer, *tile_at(GRID, 16), posts))
            assert keys and keys <= allowed


@pytest.mark.parametrize("zoom", [12, 13, 14, 16])
def test_scaled_degrees_fall_on_the_same_steps_as_mercator(place, zoom):
    """Without a transform a corner is at most one of the tile's 4096 steps from where PROJ puts it."""
    z, x, y = tile_at(GRID, zoom)
    with place.acting("D-01") as tx:
        row = tx.one(
            "SELECT max(abs(a.x - b.x)) AS dx, max(abs(a.y - b.y)) AS dy, count(*) AS n FROM ("
            " SELECT (p).path, ST_X((p).geom) AS x, ST_Y((p).geom) AS y, code FROM (SELECT b.code,"
            "  ST_DumpPoints(ST_AsMVTGeom(geom, Box2D(tile_degrees(%(z)s, %(x)s, %(y)s)), 4096, 64,"
            "  false)) AS p FROM building b) q) a JOIN ("
            " SELECT (p).path, ST_X((p).geom) AS x, ST_Y((p).geom) AS y, code FROM (SELECT b.code,"
            "  ST_DumpPoints(ST_AsMVTGeom(ST_Transform(geom, 3857),"
            "  ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64, false)) AS p FROM building b) q) b"
            " USING (code, path)",
            {"z": z, "x": x, "y": y},
        )
    assert row["n"] > 1000 and row["dx"] <= 1 and row["dy"] <= 1


def test_an_edit_changes_the_versions_of_its_tiles_and_of_no_other(place):
    def versions(zoom=17):
        with place.acting("S-01") as tx:
            return {
                code: tile_version(tx, "microgrid", *_middle_tile(code, zoom)) for code in PLACES
            }

    before = versions()
    assert len({_middle_tile(code, 17) for code in PLACES}) > 4
    code = f"{GRID}001"
    with place.owner.transaction() as tx:
        tx.execute(
            "UPDATE area_version SET name = '改名' WHERE level = 'microgrid' AND"
            " area_id = (SELECT id FROM area WHERE code = %(c)s)",
            {"c": code},
        )
    after = versions()
    assert after[code] != before[code]
    unchanged = [c for c in PLACES if c[:16] != GRID]
    assert unchanged and all(after[c] == before[c] for c in unchanged)
    with place.acting("S-01") as tx:
        _, _, texts = in_tile(tile(tx, "microgrid", *_middle_tile(code, 17)))
    assert "改名" in texts


def _middle_tile(code, z):
    lon, lat = PLACES[code]
    n = 2**z
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n
    return z, int((lon + 180) / 360 * n), int(y)


def test_shared_versions_are_one_for_an_audience(place):
    def shared(who, layer, posts):
        with place.acting(who) as tx:
            return shared_version(tx, layer, frozenset(posts))

    assert shared("01-001", "microgrid", {"grid_worker"}) == shared(
        "01-002", "microgrid", {"grid_worker"}
    )
    assert shared("01-001", "building", {"grid_worker"}) != shared(
        "01-002", "building", {"grid_worker"}
    )
    assert shared("D-01", "microgrid", {"dispatcher"}) != shared("B-01", "microgrid", {"wall"})
    assert shared("D-01", "grid", {"dispatcher"}) is None  # counts of cases are the reader's own


def test_areas_are_drawn_as_they_were(place):
    from datetime import UTC, datetime

    with place.owner.transaction() as tx:
        tx.execute(
            "INSERT INTO area_version (area_id, parent_id, level, name, path, geom, area_m2,"
            " perimeter_m, valid, source) SELECT area_id, parent_id, level, '旧网格', path, geom,"
            " area_m2, perimeter_m, tstzrange('2020-01-01', '2021-01-01'), 'test'"
            " FROM area_version WHERE path = %(p)s",
            {"p": f"{STREET}.001.Z001"},
        )
    address = tile_at(GRID, 14)
    with place.acting("S-01") as tx:
        _, keys, then = in_tile(tile(tx, "grid", *address, at=datetime(2020, 6, 1, tzinfo=UTC)))
        _, _, now = in_tile(tile(tx, "grid", *address))
    assert "旧网格" in then and "旧网格" not in now and "open_count" not in keys


def test_a_tile_is_never_kept_under_a_version_newer_than_it(house, monkeypatch):
    asked = ("grid", *tile_at(GRID, 14))
    reporter = house.client("01-001")
    with house.acting("D-01") as tx:
        ask = tx.sent_binary

        def and_then_a_report(*given):
            row = ask(*given)
            body = report_json(report(f"{GRID}001"))
            assert reporter.post("/api/v1/incidents", body).status_code == 201
            return row

        monkeypatch.setattr(tx, "sent_binary", and_then_a_report)
        _, version = stamped_tile(tx, *asked)
        assert tile_version(tx, *asked) != version
