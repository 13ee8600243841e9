"""The redraw page: proposals for a division side by side, one looked at and taken, on ground of its own."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Live
from tests.browser.test_redraw import (
    STORED,
    OpenPage,
    buildings,
    clean,
    items,
    until,
)
from tests.gridcenter.redraw.place import OTHER, draw

__all__ = ["buildings"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_community_is_divided_by_a_proposal(
    live: Live, open_page: OpenPage, language: str
) -> None:
    with live.database.transaction() as tx:
        tx.execute(
            "UPDATE account SET locale = %(locale)s WHERE username = 'S-01'", {"locale": language}
        )
    drawn = draw(live.house, OTHER)
    watched = open_page("S-01", f"/redraw/{drawn['id']}")
    page = watched.page
    until(page, "document.querySelectorAll('.redraw-row').length >= 1")
    page.keyboard.press("d")
    until(page, "document.querySelectorAll('.redraw-divide [name=parent] option').length === 1")
    page.fill("[name=households_least]", "900")
    page.fill("[name=households_most]", "950")
    page.click("[data-act=propose]")
    until(page, "document.querySelector('.redraw-divide .field-error') !== null")
    refusal = page.inner_text(".redraw-divide .field-error")
    assert ("无法划分" if language == "zh" else "impossible") in refusal
    page.fill("[name=households_least]", "10")
    page.fill("[name=households_most]", "20")
    page.click("[data-act=propose]")
    until(page, "document.querySelectorAll('.redraw-proposal').length >= 2")
    assert ("未生效" if language == "zh" else "not in force") in page.inner_text(".redraw-found")
    until(page, "document.querySelectorAll('.redraw-row.is-changed').length >= 2")
    page.locator(".redraw-proposal").nth(1).click()
    assert page.locator(".redraw-proposal").nth(1).get_attribute("aria-pressed") == "true"
    assert items(page) == []  # looked at, not taken
    clean(watched)
    page.click("[data-act=take]")
    until(page, STORED)
    (step,) = items(page)
    assert step["operation"] == "replace" and len(step["given"]["areas"]) == 2
    until(page, "document.querySelector('[data-act=check]') !== null")
