"""The wall's page is of the account's own area, wherever that lies in the installation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from shapely import MultiPolygon, box, to_wkb

from gridcenter.areas.operations import stage_areas, write_areas
from gridcenter.settings import Settings
from tests import builders
from tests.conftest import House, close, make_house

FIRST = "320508001"  # before the small place of the builders, which was the first street till now
OF_WALLS = {
    "B-01": (builders.STREET, "示例街道"),
    "B-02": (FIRST, "另一街道"),
    "B-03": (f"{builders.STREET}002", "示例社区02"),
}


@pytest.fixture(scope="module")
def city(
    settings: Settings, template_name: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """Two streets, with a wall for each and for one community; a report in each community of the second."""
    made = make_house(settings, template_name, tmp_path_factory.mktemp("city"))
    west = box(builders.WEST - 0.02, builders.SOUTH, builders.WEST - 0.01, builders.SOUTH + 0.004)
    with made.owner.transaction() as tx:
        stage_areas(tx)
        tx.execute(
            "INSERT INTO area_incoming (code, code_scheme, label, name, geom, source, is_example)"
            " VALUES (%(code)s, 'governance', %(code)s, %(name)s, ST_GeomFromWKB(%(geom)s, 4490),"
            " 'test', true)",
            {"code": FIRST, "name": OF_WALLS["B-02"][1], "geom": to_wkb(MultiPolygon([west]))},
        )
        write_areas(tx, "street")
        for username in ("B-02", "B-03"):
            builders.make_account(tx, username, "wall", OF_WALLS[username][0])
    for microgrid, worker in (("001Z001001", "01-001"), ("002Z001001", "01-003")):
        told = builders.report_json(builders.report(f"{builders.STREET}{microgrid}"))
        assert made.client(worker).post("/api/v1/incidents", told).status_code == 201
    yield made
    close(made)


def page(city: House, username: str, path: str = "/wall") -> str:
    headers = city.client(username).headers | {"Accept": "text/html"}
    answer = city.app.test_client().get(path, headers=headers)
    assert answer.status_code == 200
    return str(answer.text)


@pytest.mark.parametrize("username", OF_WALLS)
def test_a_wall_shows_its_own_area(city: House, username: str) -> None:
    code, name = OF_WALLS[username]
    shown = page(city, username)
    assert f'data-area="{code}"' in shown
    assert f"data-name>{name}</h1>" in shown
    # What the page asks for answers about the same area.
    figures = city.client(username).get("/api/v1/statistics/wall", area=code)
    assert figures.status_code == 200


def test_another_area_can_be_asked_for_by_its_code(city: House) -> None:
    code, name = OF_WALLS["B-03"]
    shown = page(city, "B-01", f"/wall?area={code}")
    assert f'data-area="{code}"' in shown
    assert f"data-name>{name}</h1>" in shown
    missing = city.client("B-01").get("/wall", area="nowhere")
    assert missing.status_code == 404


def test_figures_of_a_wall_are_those_of_its_area(city: House) -> None:
    for username, open_cases in (("B-01", 2), ("B-02", 0), ("B-03", 1)):
        shown = city.client(username).get("/api/v1/statistics/wall").json
        assert shown["open"]["total"] == open_cases, username
