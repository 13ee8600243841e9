"""The desk when answers are late, overtake one another or do not come: nothing is lost, what failed is asked again."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.browser.conftest import Live
from tests.browser.desk import (
    Open,
    filed,
    not_written_over,
    ready,
    reported,
    row,
    state,
    tab_count,
    until,
    without_feed,
    words,
)

PRIMARY = ".case-buttons .button-primary"
DISPATCH = '.case-buttons [data-operation="dispatch"]'
# A late answer is waited for one second, a failed one is asked for again after five.
SOON_MS = 10_000


def refused(page: Page, pattern: str, times: int = 1) -> None:
    """The server is out of order for the next calls of an address."""
    page.route(pattern, lambda route: route.fulfill(status=503, json={}), times=times)


def test_a_filed_case_is_drawn_before_it_is_known_who_could_go(live: Live, open_page: Open) -> None:
    incident = reported(live)
    page = ready(open_page("Z-01", f"/desk/{incident}"))
    page.wait_for_selector('[data-operation="file"]')
    late, held = [True], list[Any]()
    # Whichever load asks, its answer is late.
    page.route("**/candidates", lambda route: held.append(route) if late else route.continue_())
    page.keyboard.press("f")
    until(page, lambda: held)
    page.wait_for_selector(DISPATCH, timeout=SOON_MS)
    assert page.locator('[data-operation="file"]').count() == 0
    assert "待派遣" in words(page, ".timeline")
    assert "正在算谁可以去" in words(page, ".desk-candidates")
    late.clear()
    for route in held:
        route.continue_()
    page.wait_for_selector(".candidate-first", timeout=SOON_MS)
    until(page, lambda: "派遣给 A" in words(page, PRIMARY))
    not_written_over(page, ".candidate-foot")
    page.keyboard.press("d")
    until(page, lambda: state(live, incident) == "dispatched")


def test_candidates_that_did_not_come_are_asked_for_again(live: Live, open_page: Open) -> None:
    incident = filed(live)
    page = open_page("D-01", "/login").page
    refused(page, "**/candidates")
    page.goto(f"{live.url}/desk/{incident}")
    page.wait_for_selector(DISPATCH, timeout=SOON_MS)
    until(page, lambda: "没能取到候选" in words(page, ".desk-candidates"))
    page.wait_for_selector(".candidate-first", timeout=SOON_MS)
    until(page, lambda: "派遣给 A" in words(page, PRIMARY))


def test_a_case_that_could_not_be_fetched_after_a_step_is_fetched_again(
    live: Live, open_page: Open
) -> None:
    incident = reported(live)
    page = open_page("Z-01", "/login").page
    without_feed(page)
    page.goto(f"{live.url}/desk/{incident}")
    page.wait_for_selector('[data-operation="file"]')
    refused(page, f"**/api/v1/incidents/{incident}")
    page.keyboard.press("f")
    page.wait_for_selector(DISPATCH, timeout=SOON_MS)
    assert page.locator('[data-operation="file"]').count() == 0


def test_a_queue_that_could_not_be_refreshed_is_refreshed_again(
    live: Live, open_page: Open
) -> None:
    page = ready(open_page("D-01", "/desk"))
    before = tab_count(page, "dispatch")
    refused(page, "**/api/v1/incidents/counts?*", times=2)  # reporting and filing are heard each
    refused(page, "**/api/v1/incidents?*", times=2)
    arrived = filed(live)
    until(page, lambda: row(page, arrived).count() == 1)
    assert tab_count(page, "dispatch") == before + 1


def test_a_case_that_was_left_does_not_come_back(live: Live, open_page: Open) -> None:
    incident = reported(live, accuracy_m=5000.0)
    page = ready(open_page("I-01", "/desk"))
    held: list[Any] = []
    page.route("**/api/v1/locate?*", lambda route: held.append(route), times=1)
    row(page, incident).click()
    until(page, lambda: held)
    page.keyboard.press("Escape")
    until(page, lambda: page.evaluate("location.pathname") == "/desk")
    with page.expect_response("**/api/v1/locate?*"):
        held[0].continue_()
    page.wait_for_timeout(1500)
    assert page.locator(".case-scroll").count() == 0
    assert page.locator(".desk-candidates").is_hidden()
