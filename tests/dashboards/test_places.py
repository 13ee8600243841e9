"""Pages begin at the reader's own place, also when another place was imported beside it."""

from __future__ import annotations

import json
import re

import pytest
import shapely

from gridcenter.areas.operations import stage_areas, write_areas
from tests import builders
from tests.conftest import House

PAGE = {"Accept": "text/html"}
ELSEWHERE = "110101001"  # sorts before the builders' street


@pytest.fixture
def two(house: House) -> House:
    """The house with a second street, before its own by code."""
    shape = shapely.to_wkb(shapely.MultiPolygon([shapely.box(116.4, 39.9, 116.41, 39.91)]))
    with house.owner.transaction() as tx:
        stage_areas(tx)
        tx.execute(
            "INSERT INTO area_incoming (code, code_scheme, label, name, geom, source, is_example)"
            " VALUES (%(code)s, 'governance', %(code)s, '别的街道', ST_GeomFromWKB(%(geom)s, 4490),"
            " 'test', false)",
            {"code": ELSEWHERE, "geom": shape},
        )
        write_areas(tx, "street")
    return house


def text(house: House, username: str, path: str) -> str:
    answer = house.client(username).flask.get(
        path, headers={**PAGE, "Authorization": f"Bearer {house.token(username)}"}
    )
    assert answer.status_code == 200, path
    return str(answer.text)


def test_a_wall_shows_its_own_street(two: House) -> None:
    page = text(two, "B-01", "/wall")
    assert f'data-area="{builders.STREET}"' in page and "示例街道" in page
    assert "别的街道" not in page and "示例边界" in page
    assert (
        two.client("B-01").get("/api/v1/statistics/wall", area=builders.STREET).status_code == 200
    )


def test_a_wall_of_a_community_shows_the_community(two: House) -> None:
    community = f"{builders.STREET}002"
    with two.owner.transaction() as tx:
        tx.execute(
            "UPDATE posting SET area_path = (SELECT path FROM area_now WHERE code = %(c)s)"
            " WHERE account_id = (SELECT id FROM account WHERE username = 'B-01')",
            {"c": community},
        )
    assert f'data-area="{community}"' in text(two, "B-01", "/wall")
    assert two.client("B-01").get("/api/v1/statistics/wall").status_code == 200


def test_a_wall_of_an_area_that_is_asked_for(two: House) -> None:
    community = f"{builders.STREET}001"
    page = text(two, "D-01", f"/wall?area={community}")
    assert f'data-area="{community}"' in page and "示例社区01" in page
    caller = two.client("D-01")
    assert caller.flask.get("/wall?area=999", headers={**PAGE, **caller.headers}).status_code == 404


def test_the_desk_begins_at_the_own_street(two: House) -> None:
    bounds = re.search(r'data-bounds="([^"]+)"', text(two, "D-01", "/desk"))
    assert bounds is not None and json.loads(bounds[1])[0] > 120


def test_who_has_no_area_begins_at_the_top(two: House) -> None:
    assert "别的街道" in text(two, "A-01", "/areas") or ELSEWHERE in text(two, "A-01", "/areas")


def test_the_door_names_the_place_while_there_is_one(house: House) -> None:
    assert "示例街道" in house.app.test_client().get("/login").text


def test_the_door_names_no_place_when_there_are_several(two: House) -> None:
    page = two.app.test_client().get("/login").text
    assert "别的街道" not in page and "示例街道" not in page
