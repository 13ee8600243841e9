"""What the desk's browser tests share: incidents at the right state, and how to wait for a page."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.browser.conftest import Live, Watched
from tests.builders import STREET, report, report_json

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
WAIT_S = 20.0
# From the server's receipt to the desk: 2 s are promised; software WebGL on a shared core takes its part.
LIVE_S = 4.0
HOME = f"{STREET}001Z001001"
NEXT_COMMUNITY = f"{STREET}002Z001001"
COUNT_CLICKS = """() => { window.clicks = 0;
  document.addEventListener('click', (e) => { if (e.isTrusted && e.detail > 0) window.clicks += 1; }, true); }"""
Open = Callable[..., Watched]


def until(page: Page, what: Callable[[], Any], seconds: float = WAIT_S) -> Any:
    """The first truthy answer of `what`; the policy of the page forbids wait_for_function."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        page.wait_for_timeout(50)
    raise AssertionError(f"did not happen within {seconds} s; case: {words(page, '.desk-case')}")


def words(page: Page, selector: str) -> str:
    """What stands in the first element, or nothing."""
    found = page.locator(selector)
    return found.first.inner_text() if found.count() else ""


def says(page: Page, selector: str, text: str, seconds: float = WAIT_S) -> None:
    """Wait until an element says something."""
    until(page, lambda: text in words(page, selector), seconds)


def reported(live: Live, microgrid: str = HOME, **given: Any) -> str:
    """The id of a new report by 01-001, or by intake where it came by another channel."""
    report(microgrid)  # fills PLACES with the middles of the micro-grids
    command = report(microgrid, **given)
    reporter = "01-001" if command.channel == "grid_worker" else "I-01"
    answer = live.house.client(reporter).post("/api/v1/incidents", report_json(command))
    assert answer.status_code == 201, answer.json
    return str(command.id)


def filed(live: Live, microgrid: str = HOME, **given: Any) -> str:
    """The id of a case that waits to be dispatched."""
    incident = reported(live, microgrid, **given)
    assert live.house.client("I-01").operate(incident, "file", 1).status_code == 200
    return incident


def case(live: Live, incident: str, username: str = "Z-01") -> dict[str, Any]:
    """The server's answer about a case."""
    found: dict[str, Any] = live.house.client(username).get(f"/api/v1/incidents/{incident}").json
    return found


def state(live: Live, incident: str) -> str:
    return str(case(live, incident)["state"])


def ready(watched: Watched) -> Page:
    """The page when its queue stands."""
    page = watched.page
    until(page, lambda: page.evaluate("'ready' in document.documentElement.dataset"))
    return page


def row(page: Page, incident: str) -> Any:
    return page.locator(f'.queue-row[data-id="{incident}"]')


def opened(page: Page, incident: str) -> None:
    """Wait until the case stands in its panel, and candidates where it can be dispatched."""
    until(page, lambda: page.evaluate("location.pathname").endswith(incident))
    page.wait_for_selector(".case-scroll .steps")
    page.wait_for_selector(".case-foot:not([hidden]), .case-scroll")


def tab_count(page: Page, key: str) -> int:
    return int(page.locator(f'[data-tab="{key}"] .tab-count').inner_text())


def not_written_over(page: Page, selector: str) -> None:
    """Scale bar and attribution of the map end above an element."""
    page.wait_for_selector(".map-attribution")
    box = page.locator(selector).bounding_box()
    controls = page.locator(".maplibregl-ctrl-scale, .map-attribution").all()
    assert box is not None and len(controls) == 2
    for control in controls:
        found = control.bounding_box()
        assert found is not None and found["y"] + found["height"] <= box["y"]


def without_feed(page: Page) -> None:
    """The page hears of nothing that others do."""
    page.route(
        "**/api/v1/journal?**",
        lambda route: route.fulfill(json={"items": [], "next": "0.0"}),
    )
