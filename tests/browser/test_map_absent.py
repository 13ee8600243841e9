"""A computer without WebGL (an old machine, a remote desktop): pages say so and work without their map."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Live
from tests.browser.desk import Open, reported, state, until

WITHOUT = """
const real = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind.startsWith('webgl') ? null : real.call(this, kind, ...rest);
};
"""
PAGES = [
    ("D-01", "/desk"),
    ("B-01", "/wall"),
    ("01-001", "/field/grid"),
    ("01-001", "/field/report"),
    ("S-01", "/areas"),
    ("S-01", "/registry"),
]


def test_a_case_is_filed_without_a_map(live: Live, open_page: Open) -> None:
    incident = reported(live)
    watched = open_page("Z-01", "/login")
    page = watched.page
    page.add_init_script(WITHOUT)
    page.goto(f"{live.url}/desk/{incident}")
    page.wait_for_selector('[data-operation="file"]')
    assert "WebGL" in page.inner_text(".map-absent")
    page.keyboard.press("f")
    until(page, lambda: state(live, incident) == "filed")
    page.wait_for_selector(".candidate-first")
    assert watched.faults == []


@pytest.mark.parametrize(("username", "path"), PAGES)
def test_pages_say_that_they_have_no_map(
    live: Live, open_page: Open, username: str, path: str
) -> None:
    watched = open_page(username, "/login", width=1440, height=900)
    page = watched.page
    page.add_init_script(WITHOUT)
    page.goto(live.url + path)
    page.wait_for_selector(".map-absent", state="attached")
    # What the page does with its map comes in the same moment, or with the first answers.
    page.evaluate(
        "() => new Promise((resolve) => requestIdleCallback(() => setTimeout(resolve, 300)))"
    )
    page.evaluate("() => new Promise((resolve) => requestIdleCallback(resolve))")
    assert watched.faults == []
