"""A worker whose grid is redrawn reads it on the phone, at once, and once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import Live
from tests.gridcenter.redraw.place import COMMUNITY, GRID_1, come_true, decide, draw, line


def test_the_phone_tells_that_the_own_grid_was_redrawn(
    live: Live, open_page: Callable[..., Any]
) -> None:
    watched = open_page("01-001", "/field", width=390, height=844, has_touch=True, is_mobile=True)
    page = watched.page
    page.wait_for_selector("html[data-field-ready]")
    page.wait_for_selector(".field-age")
    with page.expect_response("**/field/duties"):
        page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator("[data-redrawn]")).to_have_count(0)
    cut = ("split", {"area": GRID_1, "line": line((0.4, -0.1), (0.4, 2.1))})
    decide(live.house, draw(live.house, COMMUNITY, cut))
    assert come_true(live.house)[0]["done"]
    card = page.locator("[data-redrawn]")
    expect(card).to_be_visible(timeout=20_000)
    expect(card).to_contain_text("第1网格")
    expect(card).to_contain_text("第3网格")
    expect(card).to_contain_text("第4网格")
    card.get_by_role("button", name="知道了").click()
    expect(card).to_have_count(0)
    page.reload()
    page.wait_for_selector(".field-age")
    expect(page.locator("[data-redrawn]")).to_have_count(0)
    assert watched.faults == []
