"""One incident in three real browsers: the phone reports, the desk dispatches, the wall shows it live."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests import builders
from tests.browser.conftest import Live, Watched
from tests.browser.test_field import go, outbox_counts, photo_bytes, report_with_three_taps, until

pytestmark = pytest.mark.browser
MICROGRID = f"{builders.STREET}001Z001001"
WALL_WITHIN_MS = 2000

# Notes on the wall when a text first stands in an element; Date.now() is the same on both pages.
WATCH_WALL = """
([selector, words]) => {
  window.shownAt = null;
  const look = () => {
    if (window.shownAt === null && document.querySelector(selector)?.textContent.includes(words)) {
      window.shownAt = Date.now();
    }
  };
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true});
  look();
}
"""
# Notes on the phone when the outbox counts its first receipt.
WATCH_RECEIPT = """
() => {
  window.receiptAt = null;
  window.addEventListener('outbox', () => {});
  const fetched = window.fetch;
  window.fetch = async (...given) => {
    const answer = await fetched(...given);
    const url = String(given[0]?.url ?? given[0]);
    if (answer.status === 201 && url.endsWith('/api/v1/incidents')) window.receiptAt = Date.now();
    return answer;
  };
}
"""


def operate(desk: Page, operation: str) -> None:
    """Press the desk's button of an operation, give what its form asks for, and send."""
    button = desk.locator(f'[data-operation="{operation}"]').first
    button.wait_for()
    button.click()


def case_state(live: Live) -> str:
    """The state of the one case."""
    with live.database.transaction(read_only=True) as tx:
        return str(tx.scalar("SELECT state FROM case_file"))


def test_the_whole_life_of_an_incident(live: Live, open_page: Callable[..., Watched]) -> None:
    lon, lat = builders.PLACES[MICROGRID]
    phone_watch = open_page(
        "01-001",
        "/field",
        width=390,
        height=844,
        has_touch=True,
        is_mobile=True,
        geolocation={"longitude": lon, "latitude": lat, "accuracy": 8},
        permissions=["geolocation"],
    )
    wall_watch = open_page("B-01", "/wall", width=1920, height=1080)
    desk_watch = open_page("Z-01", "/desk")
    phone, wall, desk = phone_watch.page, wall_watch.page, desk_watch.page
    phone.wait_for_selector("[data-camera]")
    until(wall, lambda: wall.inner_text("[data-open]") == "0")
    wall.evaluate("window.loadedOnce = true")

    phone.evaluate(WATCH_RECEIPT)
    wall.evaluate(WATCH_WALL, ["[data-recent]", "占用消防通道"])
    report_with_three_taps(phone)
    until(phone, lambda: phone.evaluate("window.receiptAt"))
    until(wall, lambda: wall.evaluate("window.shownAt"))
    delay = wall.evaluate("window.shownAt") - phone.evaluate("window.receiptAt")
    assert delay <= WALL_WITHIN_MS
    until(wall, lambda: wall.inner_text('[data-today="reported"]') == "1")
    until(wall, lambda: wall.inner_text("[data-open]") == "1")
    until(phone, lambda: outbox_counts(phone)[1] == 0)

    work_it_off(live, phone, desk)
    until(wall, lambda: wall.inner_text('[data-today="closed"]') == "1")
    until(wall, lambda: wall.inner_text("[data-open]") == "0")
    assert wall.evaluate("window.loadedOnce") is True  # never reloaded
    with live.database.transaction(read_only=True) as tx:
        photos = [r["stage"] for r in tx.all("SELECT stage FROM attachment ORDER BY at")]
        satisfaction = tx.scalar(
            "SELECT data->'given'->>'satisfaction' AS s FROM case_event WHERE operation = 'evaluate'"
        )
    assert photos == ["near", "after"]
    assert satisfaction in ("satisfied", "basically_satisfied")
    assert [w.faults for w in (phone_watch, wall_watch, desk_watch)] == [[], [], []]


def work_it_off(live: Live, phone: Page, desk: Page) -> None:
    """From filing to evaluation: desk and phone in turn, by what their screens offer."""
    desk.locator("[data-tab]").filter(has_text="待受理").click()
    row = desk.locator(".queue-row").first
    row.wait_for()
    row.click()
    press(live, desk, "file", "filed")
    desk.locator('[data-letter="A"]').first.wait_for()
    desk.locator('button[data-letter="A"]').first.click()
    until(desk, lambda: case_state(live) == "dispatched")

    go(phone, "today")
    phone.locator(".task-list .queue-row, .field-tasks .queue-row, [data-task]").first.tap()
    phone.locator('[data-operate="accept"]').tap()
    phone.wait_for_selector('[data-photo="after"]', state="attached")
    phone.locator('[data-photo="after"]').set_input_files(
        {"name": "after.jpg", "mimeType": "image/jpeg", "buffer": photo_bytes(1200, 900)}
    )
    until(phone, lambda: phone.locator(".field-task-photos .photo").count() == 2)
    phone.locator(".field-task-form .choice").first.tap()
    phone.locator('[data-operate="handle"]').tap()
    phone.locator('[data-operate="feedback"]').tap()
    until(phone, lambda: case_state(live) == "feedback")
    until(phone, lambda: outbox_counts(phone)[1] == 0)

    press(live, desk, "check", "checking")
    press(live, desk, "close", "closed")
    press(live, desk, "evaluate", "evaluated")


def press(live: Live, desk: Page, operation: str, state: str) -> None:
    """Press an operation and, where it opens a form, its first choice and its own button."""
    operate(desk, operation)
    end = time.monotonic() + 20
    while time.monotonic() < end and case_state(live) != state:
        form: Any = desk.locator(".operation-form").first
        if form.count() and form.is_visible():
            choice = form.locator('.choice, input[type="radio"]').first
            if choice.count():
                choice.click(force=True)
            form.locator('button[type="submit"], .button-primary').first.click()
        desk.wait_for_timeout(300)
    assert case_state(live) == state
