"""OGC API - Features as the standard has it: links, parameters, paging, systems, times, rights."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.builders import PLACES, STREET, make_buildings

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
GRID = f"{STREET}001Z001"
MICROGRID = f"{GRID}001"


@pytest.fixture(scope="module")
def official(shared_house):
    with shared_house.owner.transaction() as tx:
        make_buildings(tx, MICROGRID, f"{STREET}001Z002001")
    return shared_house.client("S-01")


def items(caller, name="microgrid", **query):
    answer = caller.get(f"/ogc/collections/{name}/items", **query)
    assert answer.status_code == 200, answer.text
    return answer


def codes(answer):
    return [f["properties"]["code"] for f in answer.json["features"]]


def test_every_link_of_the_landing_page_leads_somewhere(official):
    links = official.get("/ogc/").json["links"]
    assert {link["rel"] for link in links} == {"self", "service-desc", "conformance", "data"}
    for link in links:
        answer = official.get("/" + link["href"].split("/", 3)[3])
        assert answer.status_code == 200
        assert answer.content_type.split(";")[0] == link["type"].split(";")[0]


def test_nobody_without_a_session_sees_anything(shared_house):
    stranger = shared_house.client()
    for path in ("/ogc/", "/ogc/collections", "/ogc/collections/grid/items", "/ogc/api"):
        assert stranger.get(path).status_code == 401


def test_collections_are_those_of_the_posts(shared_house, official):
    def names(who):
        return {
            c["id"] for c in shared_house.client(who).get("/ogc/collections").json["collections"]
        }

    assert "worker" in names("D-01") and "worker" not in names("S-01")
    assert "incident" not in names("A-01")
    assert official.get("/ogc/collections/worker").status_code == 404
    assert official.get("/ogc/collections/worker/items").status_code == 404


def test_pages_lead_through_all_features_once(official):
    seen, answer = [], items(official, limit=3)
    while True:
        seen += codes(answer)
        assert answer.json["numberReturned"] == len(answer.json["features"]) <= 3
        following = [link["href"] for link in answer.json["links"] if link["rel"] == "next"]
        if not following:
            break
        parts = urlsplit(following[0])
        answer = official.get(parts.path, **dict(parse_qsl(parts.query)))
    assert seen == sorted(PLACES) and len(seen) == 8


def test_axes_are_those_of_the_system(official):
    lon, lat = PLACES[MICROGRID]
    path = f"/ogc/collections/microgrid/items/{MICROGRID}"

    def first(crs=None):
        answer = official.get(path, **({"crs": crs} if crs else {}))
        used = re.fullmatch("<(.+)>", answer.headers["Content-Crs"])[1]
        return used, answer.json["geometry"]["coordinates"][0][0][0]

    used, place = first()
    assert used.endswith("CRS84") and place == pytest.approx((lon, lat), abs=0.01)
    for code in (4326, 4490):
        used, place = first(f"{EPSG}{code}")
        assert used == f"{EPSG}{code}" and place == pytest.approx((lat, lon), abs=0.01)
    _, (north, east) = first(f"{EPSG}4549")
    assert 3_000_000 < north < 4_000_000 and 300_000 < east < 700_000


@pytest.mark.parametrize("code", [4326, 4490, 4549])
def test_a_box_in_any_system_finds_the_same(official, code):
    lon, lat = PLACES[MICROGRID]
    from gridcenter.geo import from_storage

    x, y = from_storage(lon, lat, str(code))
    given = f"{y},{x},{y},{x}"  # northing or latitude first, as these systems prescribe
    answer = items(official, bbox=given, **{"bbox-crs": f"{EPSG}{code}"})
    assert codes(answer) == [MICROGRID]
    assert codes(items(official, bbox=f"{lon},{lat},{lon},{lat}")) == [MICROGRID]
    assert codes(items(official, bbox=f"{lon},{lat},0,{lon},{lat},9")) == [MICROGRID]
    assert items(official, bbox="0,0,1,1").json["features"] == []


def test_a_time_shows_the_versions_of_that_time(official, shared_house):
    with shared_house.owner.transaction() as tx:
        tx.execute(
            "UPDATE area_version SET valid = tstzrange('2026-01-01', NULL) WHERE level = 'community'"
        )
        tx.execute(
            "INSERT INTO area_version (area_id, parent_id, level, name, path, geom, area_m2,"
            " perimeter_m, valid, source) SELECT area_id, parent_id, level, '旧名', path, geom,"
            " area_m2, perimeter_m, tstzrange('2025-01-01', '2026-01-01'), 'test'"
            " FROM area_version WHERE level = 'community' ORDER BY path LIMIT 1"
        )
    now = items(official, "community")
    old = items(official, "community", datetime="2025-06-01T00:00:00Z")
    both = items(official, "community", datetime="2025-06-01T00:00:00Z/..", limit=50)
    before = items(official, "community", datetime="../2024-12-31")
    assert len(now.json["features"]) == 2
    assert [f["properties"]["name"] for f in old.json["features"]] == ["旧名"]
    assert len(both.json["features"]) == 3 and before.json["features"] == []
    key = old.json["features"][0]["id"]
    assert "@" in key
    again = official.get(f"/ogc/collections/community/items/{key}")
    assert again.json["properties"]["name"] == "旧名"


@pytest.mark.parametrize(
    "query",
    [
        {"bbox": "1,2,3"}, {"bbox": "a,b,c,d"}, {"bbox": "3,3,1,1"}, {"limit": "0"}, {"limit": "x"},
        {"datetime": "yesterday"}, {"datetime": "2026-01-01T00:00:00"}, {"datetime": "../.."},
        {"crs": "EPSG:3857"}, {"bbox": "1,1,2,2", "bbox-crs": "x"}, {"surprise": "1"}, {"f": "html"},
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_400(official, query):
    answer = official.get("/ogc/collections/grid/items", **query)
    assert answer.status_code == 400, answer.text
    assert answer.json["status"] == 400 and answer.json["errors"]


def test_a_large_limit_is_lowered_and_not_refused(official):
    assert len(items(official, limit=999_999).json["features"]) == 8


def test_row_rights_and_whitelists_hold(shared_house, official):
    worker = shared_house.client("01-001")
    mine = items(worker, "building", limit=100)
    assert codes(mine) == [f"{MICROGRID}B001"]
    assert len(items(official, "building").json["features"]) == 2
    assert "households" not in mine.json["features"][0]["properties"]
    assert "households" in items(official, "building").json["features"][0]["properties"]
    theirs = f"/ogc/collections/building/items/{STREET}001Z002001B001"
    assert worker.get(theirs).status_code == 404 and official.get(theirs).status_code == 200


def test_the_definition_names_what_may_be_asked(official):
    document = official.get("/ogc/api").get_json(force=True)
    parameters = document["paths"]["/collections/grid/items"]["get"]["parameters"]
    assert {p["name"] for p in parameters} == {"bbox", "bbox-crs", "crs", "datetime", "limit"}
    assert "/collections/worker/items" not in document["paths"]
