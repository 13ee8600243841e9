"""My grid on the phone and the cases behind its figures; what a narrow screen must show whole."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests import builders
from tests.browser.conftest import Live
from tests.browser.desk import Open, filed, reported
from tests.browser.test_field import go, prepare_tasks, task_in, until
from tests.browser.test_field_photos import choose_matter, phone

OWN = f"{builders.STREET}001Z001002"
# Where the figure of the scale ends (it overflows its bar) and where the words of the origin begin.
OVERLAP = """() => { const range = document.createRange();
  range.selectNodeContents(document.querySelector('.maplibregl-ctrl-scale'));
  const a = range.getBoundingClientRect(), b = document.querySelector('.map-attribution').getBoundingClientRect();
  return a.width === 0 ? 'no scale' : a.right > b.left && a.left < b.right && a.bottom > b.top && a.top < b.bottom; }"""


def elder(page: Page) -> None:
    go(page, "me")
    page.locator('.field-setting .choice:has-text("大字版"), .choice:has-text("Large")').first.tap()
    page.wait_for_selector(".field-elder-head")


def test_the_figure_of_a_grid_leads_to_its_cases(live: Live, open_page: Open) -> None:
    incident = filed(live, OWN)
    elsewhere = reported(live, f"{builders.STREET}001Z001001")
    page = phone(open_page).page
    go(page, "grid")
    duty = page.locator(f'[data-duty="{OWN}"]')
    duty.wait_for()
    assert "在办 1 件" in duty.inner_text()
    duty.tap()
    cases = page.locator(f'[data-cases="{OWN}"] [data-task]')
    cases.first.wait_for()
    assert [row.get_attribute("data-task") for row in cases.all()] == [incident]
    assert "已立案" in cases.first.inner_text()
    assert page.locator(f'[data-task="{elsewhere}"]').count() == 0
    page.context.set_offline(True)  # the list lies on the phone
    go(page, "today")
    go(page, "grid")
    cases.first.wait_for()
    page.context.set_offline(False)
    # The symbol stands in the middle of the chosen micro-grid, which fills the map.
    page.wait_for_timeout(1500)
    box = page.locator(".field-map-grid canvas").bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    until(page, lambda: page.evaluate("location.hash") == f"#task/{incident}")
    page.wait_for_selector(".field-left")


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("locale", ["zh", "en"])
def test_nothing_on_a_narrow_screen_hides_what_must_be_read(
    live: Live, open_page: Open, locale: str, large: bool
) -> None:
    prepare_tasks(live)
    near = builders.report(lon=120.601, lat=31.303)
    assert live.house.client("01-001").post("/api/v1/incidents", builders.report_json(near)).json
    with live.database.transaction() as tx:
        wanted = {"locale": locale, "who": "01-001"}
        tx.execute("UPDATE account SET locale = %(locale)s WHERE username = %(who)s", wanted)
    page = phone(open_page).page
    if large:
        elder(page)
    go(page, "report")
    choose_matter(page)
    card = page.locator(".duplicate-card")
    card.wait_for()
    page.wait_for_timeout(300)
    box, bar = card.bounding_box(), page.locator(".phone-actions").bounding_box()
    assert box is not None and bar is not None
    assert box["y"] + box["height"] <= bar["y"], (box, bar)
    for chip in page.locator(".field-report-matter .choice").all():
        found = chip.bounding_box()
        assert found is not None and found["x"] >= 15 and found["x"] + found["width"] <= 375
    for view in ("report", f"task/{task_in(page, 'dispatched')['id']}", "grid"):
        go(page, view)
        page.wait_for_selector(".maplibregl-ctrl-scale")
        page.wait_for_timeout(700)
        assert page.evaluate(OVERLAP) is False, view
    page.context.set_offline(True)
    go(page, "report")
    page.wait_for_selector("[data-send]")
    page.locator("[data-send]").tap()
    count = page.locator(".field-bar-count")
    count.wait_for()
    size = until(page, count.bounding_box)  # drawn anew while the record is being sent
    assert size["height"] >= (60 if large else 44)
    cut = page.locator(".network-bar .cut").evaluate("e => e.scrollWidth > e.clientWidth")
    assert cut is False
    page.context.set_offline(False)
