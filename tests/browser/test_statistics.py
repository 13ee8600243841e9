"""The statistics page in Chromium: figures with their evidence, the list behind each, map and course."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Frame, Page

from tests import builders
from tests.browser.conftest import STILL, Live, Watched
from tests.browser.test_field import until
from tests.browser.test_wall import report, serious

pytestmark = pytest.mark.browser
FILE_LIMIT = 5_000_000
REPORTED = f'[data-figure="reported"][data-area="{builders.STREET}"]'


def opened(open_page: Callable[..., Watched], path: str = "/statistics") -> Watched:
    """The page with its figures."""
    watched = open_page("S-01", path)
    until(watched.page, lambda: watched.page.locator("tfoot [data-figure]").count())
    return watched


def figure(page: Page, selector: str) -> str:
    """The bold figure of a cell."""
    return page.inner_text(f"{selector} b")


def saved_map(page: Page, folder: Path) -> Path:
    """The file of the staffing map, saved from the page."""
    page.click('th[data-key="staffing"] button')
    with page.expect_download() as waiting:
        page.click("[data-map-save]")
    kept = folder / "map.html"
    waiting.value.save_as(kept)
    return kept


def test_every_figure_has_its_list_with_as_many_rows(
    live: Live, open_page: Callable[..., Watched]
) -> None:
    for number in range(3):
        report(live, 1, description=f"第 {number} 件")
    watched = opened(open_page)
    page = watched.page
    shown = int(figure(page, REPORTED))
    assert shown >= 3
    page.click(REPORTED)
    words = page.inner_text("[data-definition]")
    for line in ("上报数", "分子", "期间", "边界"):
        assert line in words
    page.click('[data-definition] [data-part="numerator"]')
    until(page, lambda: page.locator("a.statistics-row").count() == shown)
    assert page.inner_text("[data-list] [data-sum]") == str(shown)
    href = page.get_attribute("a.statistics-row", "href") or ""
    assert href.startswith("/desk/")
    assert serious(page) == []
    page.keyboard.press("Tab")
    page.click("[data-list] .button-icon")
    assert page.evaluate("document.activeElement.dataset.figure") == "reported"
    assert watched.faults == []


def test_no_denominator_is_a_dash_with_its_reason(
    live: Live, open_page: Callable[..., Watched]
) -> None:
    page = opened(open_page, "/statistics?from=2020-01-01&to=2020-01-31").page
    cell = f'[data-figure="on_time_closure_rate"][data-area="{builders.STREET}"]'
    assert figure(page, cell) == "—"
    assert page.inner_text(f"{cell} small") == "本期无应结案"
    assert page.input_value("[data-period]") == "own"


def test_the_header_chooses_the_figure_and_the_row_its_map(
    live: Live, open_page: Callable[..., Watched]
) -> None:
    watched = opened(open_page)
    page = watched.page
    page.click('th[data-key="staffing"] button')
    assert page.get_attribute('th[data-key="staffing"]', "aria-sort") == "ascending"
    until(page, lambda: "indicator=staffing" in (page.get_attribute("[data-map]", "src") or ""))
    assert "indicator=staffing" in page.url
    until(page, lambda: "没有历周的数" in page.inner_text("[data-trend]"))
    row = page.locator("tbody tr").first
    row.focus()
    page.keyboard.press("Enter")
    code = row.get_attribute("data-key")
    until(page, lambda: f"area={code}" in (page.get_attribute("[data-map]", "src") or ""))
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.index") == "1"
    assert watched.faults == []


def test_a_name_leads_one_level_down_and_the_address_remembers(
    live: Live, open_page: Callable[..., Watched]
) -> None:
    page = opened(open_page).page
    page.click(f'[data-into="{builders.STREET}001"]')
    until(page, lambda: f"area={builders.STREET}001" in page.url)
    until(page, lambda: page.inner_text("[data-count]") == "网格 2")
    options = page.eval_on_selector_all("[data-area] option", "all => all.map((o) => o.value)")
    until(page, lambda: page.input_value("[data-area]") == f"{builders.STREET}001")
    assert options
    page.evaluate("history.back()")
    until(page, lambda: page.inner_text("[data-count]") == "社区 2")


def test_the_map_is_served_here_and_holds_to_its_policy(
    live: Live, open_page: Callable[..., Watched]
) -> None:
    watched = opened(open_page)
    page = watched.page
    page.click('th[data-key="staffing"] button')
    shapes = "path.leaflet-interactive"

    def staffing_map() -> Frame | None:
        """The frame once it has drawn; it is another object after it got a process of its own."""
        return next(
            (f for f in page.frames if "staffing" in f.url and f.locator(shapes).count() == 2), None
        )

    frame = until(page, staffing_map)
    assert frame.evaluate("self.origin") == "null"  # no rights of the page around it
    assert watched.faults == []


def test_the_saved_map_needs_no_network(
    live: Live, open_page: Callable[..., Watched], tmp_path: Path
) -> None:
    page = opened(open_page).page
    kept = saved_map(page, tmp_path)
    assert kept.stat().st_size < FILE_LIMIT
    context = page.context.browser.new_context(offline=True)  # type: ignore[union-attr]
    asked: list[str] = []
    alone = context.new_page()
    alone.on("request", lambda request: asked.append(urlsplit(request.url).scheme))
    alone.goto(kept.as_uri())
    until(alone, lambda: alone.locator("path.leaflet-interactive").count() == 2)
    assert set(asked) <= {"file", "data", "blob"}
    assert "网格员配备率" in alone.inner_text("body")
    context.close()


def drawn_inside(frame: Frame | Page) -> bool:
    """Whether every shape of a saved map stands within its window."""
    return bool(
        frame.evaluate(
            """() => { const all = [...document.querySelectorAll('path.leaflet-interactive')];
              return all.length === 2 && all.every((shape) => {
                const { left, top, right, bottom, width } = shape.getBoundingClientRect();
                return width > 10 && left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
              }); }"""
        )
    )


def test_a_map_that_is_laid_out_late_is_drawn_then(
    live: Live, open_page: Callable[..., Watched]
) -> None:
    watched = opened(open_page)
    page = watched.page
    page.evaluate("""() => { const sheet = new CSSStyleSheet();
      sheet.replaceSync('[data-map] { width: 0 !important; height: 0 !important; }');
      document.adoptedStyleSheets = [sheet]; }""")
    page.click('th[data-key="staffing"] button')

    def staffing_map() -> Frame | None:
        return next((f for f in page.frames if "/map?" in f.url and "staffing" in f.url), None)

    until(page, staffing_map).wait_for_load_state("load")
    page.wait_for_timeout(500)
    assert watched.faults == []
    page.evaluate("document.adoptedStyleSheets = []")
    until(page, lambda: (frame := staffing_map()) and drawn_inside(frame))
    assert watched.faults == []


def test_a_saved_map_opens_in_a_window_narrower_than_its_legend(
    live: Live, open_page: Callable[..., Watched], tmp_path: Path
) -> None:
    page = opened(open_page).page
    kept = saved_map(page, tmp_path)
    context = page.context.browser.new_context(viewport={"width": 360, "height": 640})  # type: ignore[union-attr]
    narrow = Watched(context.new_page()).watch()
    narrow.page.goto(kept.as_uri())
    until(narrow.page, lambda: drawn_inside(narrow.page))
    narrow.page.set_viewport_size({"width": 1200, "height": 800})
    until(narrow.page, lambda: drawn_inside(narrow.page))
    assert narrow.faults == []
    context.close()


def test_the_table_leaves_as_a_file_with_its_evidence(
    live: Live, open_page: Callable[..., Watched]
) -> None:
    page = opened(open_page).page
    with page.expect_download() as waiting:
        page.click("[data-csv]")
    raw = Path(waiting.value.path()).read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    lines = raw.decode("utf-8-sig").split("\r\n")
    assert "按期结案率 · 分子" in lines[2] and "按期结案率 · 分母" in lines[2]
    assert lines[3].startswith(builders.STREET)


def test_outside_the_reader_there_is_nothing(live: Live, open_page: Callable[..., Watched]) -> None:
    page = open_page("S-01", "/statistics?area=999999999").page
    until(page, lambda: "没有这个区域" in page.inner_text("[data-trouble]"))
    page.click("[data-trouble] button")
    until(page, lambda: page.locator("tfoot [data-figure]").count())


def test_it_keeps_its_order_on_a_small_screen_and_in_the_dark(
    live: Live, open_page: Callable[..., Watched]
) -> None:
    watched = open_page("S-01", "/statistics", width=720, height=450)  # 1440 at 200 %
    page = watched.page
    until(page, lambda: page.locator("tfoot [data-figure]").count())
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    until(page, lambda: page.evaluate(STILL))  # colours fade over
    assert serious(page) == []
