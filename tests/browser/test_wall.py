"""The wall in Chromium: says what is open, live and without reload; is old when it is old; leaks nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests import builders
from tests.browser.conftest import Live, Watched
from tests.browser.test_field import SERIOUS, until

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
WALL = {"width": 1920, "height": 1080}
SMALLEST_PX = 28
LEGAL_PX = 22
LIVE_WITHIN_MS = 2000
# The text of the page and the size in which it is read; nothing may be smaller than a wall can carry.
SMALL_WORDS = """
() => [...document.querySelectorAll('.wall *')].filter((node) => {
  const own = [...node.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  const box = node.getBoundingClientRect();
  if (!own || !box.width || node.closest('svg.symbol, .symbol, [hidden]')) return false;
  const px = parseFloat(getComputedStyle(node).fontSize);
  const least = node.closest('.wall-legal, .maplibregl-ctrl') ? 22 : 28;
  return px < least;
}).map((node) => node.className + ': ' + node.textContent)
"""
SCROLLS = """
() => [document.documentElement, document.body].some((n) => n.scrollHeight > innerHeight + 1
  && getComputedStyle(n).overflowY !== 'hidden')
"""


def report(live: Live, number: int = 1, **more: Any) -> dict[str, Any]:
    """Report one incident as the worker of the first grid; what the server answered."""
    command = builders.report(f"{builders.STREET}001Z001001", **more)
    answer = live.house.client(f"01-{number:03d}").post(
        "/api/v1/incidents", builders.report_json(command)
    )
    assert answer.status_code == 201
    found: dict[str, Any] = answer.get_json()
    return found


def open_now(page: Page) -> int:
    """The figure 此刻在办; -1 while there is none."""
    text = page.inner_text("[data-open]").replace(",", "")
    return int(text) if text.isdigit() else -1


def reload_and_rest(page: Page) -> None:
    """Load anew and wait until the map has its tiles and nothing was asked for a second: drawing them
    keeps a processor busy, and what is measured meanwhile is the machine."""
    asked: list[tuple[float, str]] = []
    page.on("request", lambda request: asked.append((time.monotonic(), request.url)))
    page.reload()
    until(page, lambda: any("/tiles/" in url for _, url in asked))
    until(page, lambda: time.monotonic() - asked[-1][0] > 1)


def serious(page: Page) -> list[str]:
    """What axe calls serious or critical."""
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "axe.run(document).then((r) => r.violations.map((v) => [v.impact, v.id]))"
    )
    return [name for impact, name in found if impact in SERIOUS]


def late(live: Live, incident_id: str) -> None:
    """Let the running limit of a case lie half an hour back."""
    with live.database.transaction() as tx:
        tx.execute(
            "UPDATE case_file SET stage_started_at = now() - interval '2 hours',"
            " due_at = now() - interval '30 minutes' WHERE id = %(id)s",
            {"id": incident_id},
        )


def test_an_empty_wall_says_that_all_is_well(live: Live, open_page: Callable[..., Watched]) -> None:
    watched = open_page("B-01", "/wall", **WALL)
    page = watched.page
    until(page, lambda: open_now(page) == 0)
    assert page.inner_text("[data-overdue-none]") == "目前没有超期案件 ✓"
    assert page.inner_text("[data-rate]") == "—"
    assert page.inner_text("[data-rate-note]") == "本期无应结案"
    assert page.evaluate(SMALL_WORDS) == []
    assert page.evaluate(SCROLLS) is False
    assert serious(page) == []
    assert watched.faults == []


def test_a_report_is_on_the_wall_within_two_seconds_without_reload(
    live: Live, open_page: Callable[..., Watched]
) -> None:
    watched = open_page("B-01", "/wall", **WALL)
    page = watched.page
    reload_and_rest(page)
    before = until(page, lambda: open_now(page) + 1) - 1
    until(page, lambda: page.inner_text("[data-age-text]"))
    page.evaluate("window.loadedOnce = true")
    page.evaluate(
        """() => {
          const look = new MutationObserver(() => { window.changedAt ??= Date.now(); });
          look.observe(document.querySelector('[data-open]'), {subtree: true, childList: true, characterData: true});
        }"""
    )
    sent = page.evaluate("Date.now()")
    report(live)
    until(page, lambda: page.evaluate("window.changedAt ?? 0"))
    assert page.evaluate("window.changedAt") - sent <= LIVE_WITHIN_MS
    assert open_now(page) == before + 1
    assert "占用消防通道" in page.inner_text("[data-recent]")
    assert page.evaluate("window.loadedOnce") is True
    assert watched.faults == []


def test_overdue_cases_stand_worst_first_and_name_nobody(
    live: Live, open_page: Callable[..., Watched]
) -> None:
    found = report(live, matter="06010")
    late(live, found["id"])
    time.sleep(1.1)  # walls of one scope share an answer for a second
    watched = open_page("B-01", "/wall", **WALL)
    page = watched.page
    until(page, lambda: page.locator(".wall-case").count())
    assert "超 30 分钟" in page.inner_text(".wall-case").replace("\u00a0", " ")
    shown = page.inner_text(".wall")
    assert "01-001" not in shown and "网格员" not in shown
    answer = json.dumps(
        live.house.client("B-01").get("/api/v1/statistics/wall").get_json(), ensure_ascii=False
    )
    assert "01-001" not in answer and "车停在楼间通道" not in answer


def test_the_wall_grows_old_in_sight_and_comes_back(
    live: Live, open_page: Callable[..., Watched]
) -> None:
    page = open_page("B-01", "/wall", **WALL).page
    before = until(page, lambda: open_now(page) + 1) - 1
    level = "document.querySelector('[data-wall]').dataset.level"
    page.context.set_offline(True)
    page.route("**/api/v1/**", lambda route: route.abort())
    for minutes, expected in ((2, "stale"), (15, "dead")):
        page.evaluate(
            "(ms) => { const real = Date.now; const base = real.call(Date);"
            " const from = performance.now(); Date.now = () => base + ms + performance.now() - from; }",
            minutes * 60_000,
        )
        until(page, lambda wanted=expected: page.evaluate(level) == wanted)
        assert page.is_visible("[data-bar]")
        assert "数据停在" in page.inner_text("[data-bar-text]")
        assert open_now(page) == before  # the last picture stays
    page.unroute("**/api/v1/**")
    page.context.set_offline(False)
    until(page, lambda: page.evaluate(level) == "fresh", 45)
    assert not page.is_visible("[data-bar]")


def test_a_touch_shows_what_a_figure_means(live: Live, open_page: Callable[..., Watched]) -> None:
    page = open_page("B-01", "/wall", **WALL).page
    until(page, lambda: open_now(page) >= 0)
    page.click('[data-define="on_time_closure_rate"]')
    words = page.inner_text("[data-definition]")
    for line in ("按期结案率", "分子", "分母", "期间", "不计", "边界"):
        assert line in words
    page.click("[data-clock]")
    assert not page.is_visible("[data-definition]")


def test_the_scale_of_a_screen_enlarges_words_and_never_scrolls(
    live: Live, open_page: Callable[..., Watched]
) -> None:
    size = "document.querySelector('[data-open]').getBoundingClientRect().height"
    plain = open_page("B-01", "/wall", **WALL).page
    larger = open_page("B-01", "/wall?scale=1.15", **WALL).page
    double = open_page("B-01", "/wall", width=3840, height=2160).page
    for page in (plain, larger, double):
        until(page, lambda p=page: open_now(p) >= 0)
        assert page.evaluate(SCROLLS) is False
    assert larger.evaluate(size) == pytest.approx(plain.evaluate(size) * 1.15, rel=0.02)
    assert double.evaluate(size) == pytest.approx(plain.evaluate(size) * 2, rel=0.02)


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_what_was_done_has_room_for_its_longest_word(
    live: Live, open_page: Callable[..., Watched], locale: str
) -> None:
    found = report(live, matter="09005")
    rejected = live.house.client("I-01").operate(found["id"], "reject", 1, reason="不属受理范围")
    assert rejected.status_code == 200
    change = "UPDATE account SET locale = %(locale)s WHERE username = 'B-01'"
    with live.database.transaction() as tx:
        tx.execute(change, {"locale": locale})
    page = open_page("B-01", "/wall", **WALL).page
    with live.database.transaction() as tx:
        tx.execute(change, {"locale": "zh"})
    word = {"zh": "不予受理", "en": "Rejected"}[locale]
    until(page, lambda: word in page.inner_text("[data-recent]"))
    narrow = """() => [...document.querySelectorAll('.wall-event')].flatMap((row) => [...row.children])
      .filter((cell) => cell.offsetWidth && !cell.matches('.cut') && cell.scrollWidth > cell.clientWidth)
      .map((cell) => cell.textContent)"""
    assert page.evaluate(narrow) == []
    assert page.evaluate(
        "[...document.querySelectorAll('.wall-event .cut')].every((c) => c.clientWidth >= 130)"
    )


def test_a_long_day_leaves_no_more_nodes_than_a_short_one(
    live: Live, open_page: Callable[..., Watched]
) -> None:
    page = open_page("B-01", "/wall", **WALL).page
    before = until(page, lambda: open_now(page) + 1) - 1
    for _ in range(6):
        report(live)
    until(page, lambda: open_now(page) == before + 6)
    nodes = page.evaluate("document.querySelectorAll('.wall-left *, .wall-right *').length")
    for _ in range(12):
        report(live)
    until(page, lambda: open_now(page) == before + 18)
    after = page.evaluate("document.querySelectorAll('.wall-left *, .wall-right *').length")
    assert after == nodes
    assert page.locator(".wall-event").count() <= 4
