"""The redraw page: split by drawing, merge, faults, a second person, and the new grids on the map."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import log, pi, tan
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests import builders
from tests.browser.conftest import Live, Watched
from tests.gridcenter.redraw.place import (
    COMMUNITY,
    GRID_1,
    GRID_2,
    OTHER,
    SOUTH,
    STEP,
    come_true,
    corner,
    draw,
)

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
OpenPage = Callable[..., Watched]
STORED = "document.querySelectorAll('.redraw-step:not(.redraw-step-waiting)').length === 1"
ROW = ".redraw-row[data-key='{}']"


@pytest.fixture(scope="module", autouse=True)
def buildings(live: Live) -> None:
    """Houses in the grids, so that there is something to balance."""
    with live.database.transaction() as tx:
        builders.make_buildings(tx, *builders.PLACES)


def until(page: Page, asked: str, seconds: float = 20) -> Any:
    """What a script gives as soon as it gives something true; the policy forbids waiting in the page."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = page.evaluate(asked)
        if found:
            return found
        page.wait_for_timeout(100)
    raise AssertionError(f"not seen within {seconds} s: {asked}")


def waited(page: Page, what: Callable[[], Any], seconds: float = 20) -> Any:
    """What is given as soon as it is something true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        page.wait_for_timeout(50)
    raise AssertionError(f"not within {seconds} s")


def spot(page: Page, bbox: list[float], lon: float, lat: float) -> tuple[float, float]:
    """Where a place stands on the screen while the map shows the plan's area as it opened."""
    box = page.locator(".redraw-map").bounding_box()
    assert box is not None
    west, south, east, north = bbox

    def upward(degrees: float) -> float:
        return log(tan(pi / 4 + degrees * pi / 360)) * 180 / pi

    room_x, room_y = box["width"] - 48 - 116, box["height"] - 96
    scale = min(room_x / (east - west), room_y / (upward(north) - upward(south)))
    middle_x, middle_y = box["x"] + 48 + room_x / 2, box["y"] + 48 + room_y / 2
    return (
        middle_x + (lon - (west + east) / 2) * scale,
        middle_y - (upward(lat) - (upward(south) + upward(north)) / 2) * scale,
    )


def rows(page: Page) -> list[str]:
    return list(
        page.eval_on_selector_all(
            ".redraw-row:not(.is-retired)", "all => all.map((row) => row.dataset.key)"
        )
    )


def clean(watched: Watched) -> None:
    watched.page.evaluate(AXE.read_text("utf-8"))
    told = watched.page.evaluate(
        "axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations"
        ".map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' ')}`))"
    )
    assert told == []
    assert watched.faults == []


def begin(watched: Watched, title: str) -> Any:
    """Begin a plan for the street in the form; the plan as the API tells it."""
    page = watched.page
    page.fill("input[name=title]", title)
    page.select_option("select[name=area]", builders.STREET)
    page.click(".redraw-form .button-primary")
    page.wait_for_url("**/redraw/*-*")
    until(page, "document.querySelectorAll('.redraw-row').length >= 4")
    until(page, "document.querySelector('.redraw-map canvas') !== null")
    page.wait_for_timeout(1500)
    return page.evaluate(
        "fetch('/api/v1' + location.pathname.replace('/redraw/', '/redraw/plans/')).then((r) => r.json())"
    )


def test_a_plan_is_drawn_checked_by_another_and_seen_on_the_map(
    live: Live, open_page: OpenPage
) -> None:
    drawer = open_page("S-01", "/redraw")
    page = drawer.page
    plan = begin(drawer, "拆一并一")
    bbox = plan["area"]["bbox"]

    page.keyboard.press("s")
    for lon, lat in (corner(0.4, -0.2), corner(0.4, 1.0), corner(0.4, 2.2)):
        x, y = spot(page, bbox, lon, lat)
        page.mouse.move(x - 3, y, steps=2)
        page.mouse.click(x, y)
        page.wait_for_timeout(350)
    # Live: the grids that would come stand in the balance before anything is stored.
    until(page, "document.querySelectorAll('.redraw-row.is-changed').length >= 2")
    assert page.locator(".redraw-step").count() == 0
    page.keyboard.press("Enter")
    until(page, "document.querySelectorAll('.redraw-step').length === 1")
    until(page, f'!document.querySelector("{ROW.format(GRID_1)}:not(.is-retired)")')

    page.keyboard.press("m")
    for code in (f"{OTHER}Z001", f"{OTHER}Z002"):
        page.click(ROW.format(code))
    page.locator(".redraw-map canvas").first.focus()
    page.keyboard.press("Enter")
    until(page, "document.querySelectorAll('.redraw-step').length === 2")

    # A step that cannot be done is a fault at once, and holds the check up.
    page.keyboard.press("m")
    until(page, f'document.querySelector("{ROW.format(GRID_2)}") !== null')
    page.click(ROW.format(GRID_2))
    merged = next(key for key in rows(page) if key.startswith("@2"))
    page.click(ROW.format(merged))
    until(page, "document.querySelectorAll('.redraw-fault.is-refused').length === 1")
    page.keyboard.press("Escape")
    until(page, "document.querySelectorAll('.redraw-fault.is-refused').length === 0")

    page.keyboard.press("z")
    until(page, "document.querySelectorAll('.redraw-step').length === 1")
    page.keyboard.press("Shift+Z")
    until(page, "document.querySelectorAll('.redraw-step').length === 2")
    clean(drawer)
    page.click("[data-act=check]")
    until(page, "document.querySelector('.redraw-path [aria-current]')?.textContent === '校核通过'")
    assert page.locator("[data-act=approve]").count() == 0  # not by who drew it

    other = open_page("Z-01", f"/redraw/{plan['id']}")
    until(other.page, "document.querySelector('[data-act=approve]') !== null")
    assert other.page.locator(".redraw-tool").count() == 0
    assert other.page.locator(".redraw-handle").is_visible()
    other.page.locator(".redraw-handle").focus()
    before = other.page.get_attribute(".redraw-handle", "aria-valuenow")
    other.page.keyboard.press("ArrowRight")
    assert other.page.get_attribute(".redraw-handle", "aria-valuenow") != before
    other.page.click("[data-act=approve]")
    other.page.click("dialog button.button-primary")
    until(other.page, "document.querySelector('.redraw-path .is-done:nth-child(2)') !== null")
    clean(other)
    time.sleep(1)
    with live.database.transaction() as tx:
        tx.execute("UPDATE redraw_plan SET effective_at = now() - interval '1 minute'")
    assert [told["done"] for told in come_true(live.house)] == [True]

    page.reload()
    until(page, "document.querySelectorAll('.redraw-row').length === 4")
    assert set(rows(page)) == {GRID_2, f"{COMMUNITY}Z003", f"{COMMUNITY}Z004", f"{OTHER}Z003"}
    assert page.locator("[data-act=reverse]").is_visible()
    clean(drawer)
    # The page is another one then: a script that runs meanwhile would lose its ground.
    page.click("[data-act=reverse]")
    page.wait_for_url(lambda address: not address.endswith(plan["id"]))
    until(page, "document.querySelectorAll('.redraw-step').length === 1")


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press at one place of the screen, let go at another."""
    page.mouse.move(start[0] - 4, start[1], steps=2)
    page.mouse.move(*start, steps=2)
    page.wait_for_timeout(200)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=4)
    page.mouse.move(*end, steps=4)
    page.wait_for_timeout(200)
    page.mouse.up()


def items(page: Page) -> Any:
    """The steps of the plan as the server has them."""
    found = page.evaluate(
        "fetch('/api/v1' + location.pathname.replace('/redraw/', '/redraw/plans/')).then((r) => r.json())"
    )
    return found["items"]


def test_a_shared_border_is_dragged_and_the_neighbour_follows(
    live: Live, open_page: OpenPage
) -> None:
    watched = open_page("S-01", "/redraw")
    page = watched.page
    plan = begin(watched, "移界")
    bbox = plan["area"]["bbox"]
    # The easternmost grid of the community: its west side is shared with another one.
    caller = live.house.client("S-01")
    found = [caller.get(f"/api/v1/areas/{key}").json for key in rows(page) if COMMUNITY in key]
    told = max(found, key=lambda area: area["bbox"][0])
    key, west = told["code"], told["bbox"][0]
    ring = told["geometry"]["coordinates"][0]
    ring = ring[0] if isinstance(ring[0][0], list) else ring
    lon, lat = next(
        p for p in ring if abs(p[0] - west) < 1e-9 and bbox[1] + 1e-4 < p[1] < bbox[3] - 1e-4
    )
    page.keyboard.press("b")
    page.mouse.click(*spot(page, bbox, west + STEP / 2, SOUTH + STEP / 2))
    page.wait_for_timeout(500)
    to = spot(page, bbox, lon - STEP / 4, lat)
    drag(page, spot(page, bbox, lon, lat), to)
    changed = "document.querySelectorAll('.redraw-row.is-changed').length"
    until(page, f"{changed} === 2")  # the area and the neighbour that follows
    page.keyboard.press("z")  # the drag is taken back, the tool stays
    until(page, f"{changed} === 0")
    assert page.get_attribute("[data-tool=border]", "aria-pressed") == "true"
    page.keyboard.press("Shift+Z")
    until(page, f"{changed} === 2")
    page.keyboard.press("Enter")
    until(page, STORED)
    until(page, f"{changed} === 2")
    (step,) = items(page)
    moved = step["given"]["geometry"]["coordinates"][0]
    assert step["operation"] == "move_border" and step["given"]["area"] == key
    assert min(x for x, _ in moved) == pytest.approx(lon - STEP / 4, abs=STEP / 40)
    assert page.locator(".redraw-fault.is-refused").count() == 0
    clean(watched)


def test_a_new_area_is_drawn_and_told_while_it_is(live: Live, open_page: OpenPage) -> None:
    watched = open_page("S-01", "/redraw")
    page = watched.page
    plan = begin(watched, "新建")
    page.keyboard.press("n")
    places = ((2.2, 0.4), (2.7, 0.4), (2.7, 1.2), (2.2, 1.2))
    for place in places:
        x, y = spot(page, plan["area"]["bbox"], *corner(*place))
        page.mouse.move(x - 3, y, steps=2)
        page.mouse.click(x, y)
        page.wait_for_timeout(350)
    until(page, "document.querySelectorAll('.redraw-row.is-changed').length >= 2")
    assert page.locator(".redraw-step").count() == 0  # told before it is stored
    page.keyboard.press("Enter")
    until(page, STORED)
    (step,) = items(page)
    assert step["operation"] == "create" and step["given"]["parent"] == OTHER
    drawn = step["given"]["geometry"]["coordinates"][0]
    assert len(drawn) == len(places) + 1
    clean(watched)


def test_a_slow_page_does_not_begin_a_plan_twice(live: Live, open_page: OpenPage) -> None:
    page = open_page("S-01", "/redraw").page
    asked: list[str] = []
    page.on("request", lambda r: r.method == "POST" and asked.append(r.url))
    held: list[Any] = []
    page.route("**/redraw/*-*", lambda route: held.append(route))
    page.fill("input[name=title]", "一次就好")
    box = page.locator(".redraw-form .button-primary").bounding_box()
    assert box is not None
    for _ in range(3):  # by the mouse: the driver would wait for the page that is on its way
        page.mouse.click(box["x"] + 10, box["y"] + 10)
        waited(page, lambda: held)
        page.wait_for_timeout(100)
    assert [url.rsplit("/", 1)[1] for url in asked] == ["plans"]
    held[0].continue_()
    page.wait_for_url("**/redraw/*-*")


def test_a_step_drawn_without_a_connection_is_kept_and_sent(
    live: Live, open_page: OpenPage
) -> None:
    drawn = draw(live.house, OTHER)
    watched = open_page("S-01", f"/redraw/{drawn['id']}")
    page = watched.page
    until(page, "document.querySelectorAll('.redraw-row').length >= 1")
    first = rows(page)[0]
    page.context.set_offline(True)
    page.click(ROW.format(first))
    page.click("text=分东西")
    until(page, "document.querySelectorAll('.redraw-step-waiting').length === 1")
    page.context.set_offline(False)
    until(page, STORED)


def test_a_plan_changed_by_another_is_not_overwritten(live: Live, open_page: OpenPage) -> None:
    drawn = draw(live.house, OTHER)
    page = open_page("S-01", f"/redraw/{drawn['id']}").page
    until(page, "document.querySelectorAll('.redraw-row').length >= 1")
    first = rows(page)[0]
    caller = live.house.client("S-01")
    changed = caller.post(
        f"/api/v1/redraw/plans/{drawn['id']}/items",
        {"version": 1, "operation": "rename", "given": {"area": first, "name": "新名"}},
    )
    assert changed.status_code == 201, changed.text
    page.click(ROW.format(first))
    page.click("text=分东西")
    until(page, "document.querySelector('.redraw-say .banner-over') !== null")
    # Theirs, and ours that waits.
    until(page, "document.querySelectorAll('.redraw-step').length === 2")
    page.click("text=加到最新一版")
    until(page, "document.querySelectorAll('.redraw-step:not(.redraw-step-waiting)').length === 2")
