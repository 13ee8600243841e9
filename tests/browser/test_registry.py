"""Buildings and areas in Chromium: search, the dwelling chart by keyboard, the tree beside the map."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from shapely import MultiPolygon, box, to_wkt

from tests import builders
from tests.browser.conftest import Live, Watched
from tests.browser.test_admin import clean

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Watched]
MICROGRID = f"{builders.STREET}001Z001001"
CODE = f"{MICROGRID}B001"


@pytest.fixture(scope="module", autouse=True)
def a_building(live: Live) -> None:
    """One building of two entrances, three floors, two rooms each."""
    x, y = builders.PLACES[MICROGRID]
    with live.database.transaction() as tx:
        tx.execute(
            "INSERT INTO building (code, name, usage, microgrid_id, area_path, geom, floors,"
            " height_m, height_derived, footprint_m2, source, is_example)"
            " SELECT %(code)s, '4 幢', '住宅', n.id, n.path, ST_GeomFromText(%(geom)s, 4490), 3, 9,"
            " true, 400, 'test', true FROM area_now n WHERE n.code = %(microgrid)s",
            {
                "code": CODE,
                "microgrid": MICROGRID,
                "geom": to_wkt(MultiPolygon([box(x, y, x + 0.0002, y + 0.0002)])),
            },
        )
        tx.execute(
            "INSERT INTO dwelling (building_id, area_path, entrance, floor, room, occupancy,"
            " source, confirmed_at) SELECT b.id, b.area_path, e, f, (f * 100 + r)::text,"
            " CASE WHEN r = 1 THEN 'owner' ELSE 'let' END, 'test',"
            " now() - make_interval(days => CASE WHEN f = 3 THEN 200 ELSE 10 END)"
            " FROM building b, generate_series(1, 2) e, generate_series(1, 3) f,"
            " generate_series(1, 2) r WHERE b.code = %(code)s",
            {"code": CODE},
        )


def test_a_building_is_found_and_its_chart_read_by_keyboard(open_page: OpenPage) -> None:
    watched = open_page("D-01", "/registry")
    page = watched.page
    page.locator("[data-find]").fill("4 幢")
    row = page.locator("tbody tr", has_text="4 幢")
    row.wait_for()
    clean(watched)
    row.click()
    page.locator(".chart-cell").first.wait_for()
    assert page.locator(".chart-cell").count() == 12
    expect(page.locator(".chart-legend")).to_contain_text("自住6")
    expect(page.locator("[data-facts]")).to_contain_text("网格员 01-001")
    page.locator(".chart-cell[tabindex='0']").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("[data-facts]")).to_contain_text("2 层 2 单元 201 室")
    page.get_by_role("button", name="核实新旧").click()
    expect(page.locator(".chart-legend")).to_contain_text("超过 180 天4")
    clean(watched)


def test_who_sees_no_dwellings_sees_the_building_without_them(live: Live) -> None:
    card = live.house.client("I-01").get(f"/api/v1/buildings/{CODE}").json
    assert card["counts"]["dwellings"] == 0 and card["entrances"] == []
    assert live.house.client("J-01").get(f"/api/v1/buildings/{CODE}").status_code == 404


def test_an_unknown_building_is_said_in_one_sentence(open_page: OpenPage) -> None:
    watched = open_page("D-01", "/registry/nothing")
    expect(watched.page.locator("[data-chart]")).to_contain_text("没有这个楼栋，或不在您的辖区")


def test_the_tree_leads_to_the_card_and_back(open_page: OpenPage) -> None:
    watched = open_page("D-01", "/areas")
    page = watched.page
    expect(page.locator("[data-card] h2")).to_have_text("示例街道")
    page.locator("[role=treeitem][tabindex='0']").focus()
    page.locator("[role=treeitem]", has_text="示例社区02").first.wait_for()
    for key in ("ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("[data-card] h2")).to_have_text("示例社区01")
    expect(page.locator("[data-card]")).to_contain_text("公顷")
    page.locator("[data-find]").fill(f"{builders.STREET}001Z001")
    page.keyboard.press("Enter")
    expect(page.locator("[data-card] h2")).to_have_text("第1网格")
    expect(page.locator("[data-card]")).to_contain_text("责任人")
    expect(page.locator("[role=treeitem][aria-selected=true] > .areas-node")).to_contain_text(
        "第1网格"
    )
    clean(watched)
