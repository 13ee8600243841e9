"""The desk's queue in Chromium: found, filtered, paged, walked by keys, and it fits every screen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import DRAWN, STILL, Live
from tests.browser.desk import (
    AXE,
    LIVE_S,
    NEXT_COMMUNITY,
    Open,
    case,
    filed,
    opened,
    ready,
    reported,
    row,
    says,
    tab_count,
    until,
    words,
)
from tests.builders import PLACES, STREET


def test_a_hotline_call_becomes_a_case(live: Live, open_page: Open) -> None:
    lon, lat = PLACES.get(NEXT_COMMUNITY) or (120.605, 31.303)
    near = reported(live, NEXT_COMMUNITY)
    watched = open_page("I-01", "/desk")
    page = ready(watched)
    page.keyboard.press("n")
    page.keyboard.type("zyxftd")
    page.wait_for_selector(".suggest-item:has-text('09012')")
    page.keyboard.press("Enter")
    assert page.locator("#report-condition option").count() >= 1
    assert page.locator("#report-channel").input_value() == "hotline_12345"
    page.keyboard.press("Control+Enter")
    says(page, ".report-form", "还没有位置")
    page.wait_for_timeout(1200)
    canvas = page.locator(".maplibregl-canvas").bounding_box()
    assert canvas is not None
    middle = live.house.client("I-01").get("/api/v1/areas/" + STREET).json["bbox"]
    # The map shows the street in full: from its middle to the place by the scale of the wider side.
    scale = (canvas["width"] - 48) / (middle[2] - middle[0])
    x = canvas["x"] + canvas["width"] / 2 + (lon - (middle[0] + middle[2]) / 2) * scale
    y = canvas["y"] + canvas["height"] / 2 - (lat - (middle[1] + middle[3]) / 2) * scale * 1.17
    page.mouse.click(x, y)
    says(page, ".report-where", "示例社区02")
    says(page, ".report-near", "同类在办")
    assert case(live, near)["number"][4:] in words(page, ".report-near")
    page.fill("#report-address", "人民路 1 号")
    page.fill("#report-description", "来电反映")
    page.keyboard.press("Control+Enter")
    until(page, lambda: "/desk/" in page.evaluate("location.pathname"))
    made = case(live, page.evaluate("location.pathname.split('/').pop()"))
    assert (made["channel"], made["matter"]["code"]) == ("hotline_12345", "09012")
    assert (made["address"], made["description"]) == ("人民路 1 号", "来电反映")
    assert made["area_path"].startswith(f"{STREET}.002")
    assert not watched.faults, watched.faults


def test_a_case_is_found_by_number_and_by_pinyin(live: Live, open_page: Open) -> None:
    incident = filed(live, matter="06036")
    number = case(live, incident)["number"]
    page = ready(open_page("D-01", "/desk"))
    page.keyboard.press("/")
    page.keyboard.type(number[4:])
    page.keyboard.press("Enter")
    opened(page, incident)
    assert number[4:] in words(page, ".case-number")
    page.keyboard.press("/")
    page.keyboard.press("Control+a")
    page.keyboard.type("ldzw")
    page.keyboard.press("Enter")
    until(page, lambda: "q=ldzw" in page.evaluate("location.search"))
    until(page, lambda: row(page, incident).count() == 1)
    assert set(page.locator(".queue-matter").all_inner_texts()) and all(
        "乱堆杂物" in text for text in page.locator(".queue-matter").all_inner_texts()
    )


def test_filters_and_groups_are_counted_by_the_server(live: Live, open_page: Open) -> None:
    here = filed(live, channel="video")
    there = filed(live, NEXT_COMMUNITY, channel="sensor")
    page = ready(open_page("D-01", "/desk"))
    page.select_option("[data-channel]", "sensor")
    until(page, lambda: row(page, here).count() == 0 and row(page, there).count() == 1)
    page.select_option("[data-channel]", "")
    page.select_option("[data-area]", f"{STREET}001")
    until(page, lambda: row(page, there).count() == 0 and row(page, here).count() == 1)
    shown = page.locator(".queue-row").count()
    heads = [int(text.split()[-1]) for text in page.locator(".queue-group").all_inner_texts()]
    assert sum(heads) == shown == tab_count(page, "dispatch")


def test_a_late_answer_of_another_filter_changes_nothing(live: Live, open_page: Open) -> None:
    here = filed(live, channel="video")
    there = filed(live, NEXT_COMMUNITY, channel="sensor")
    page = ready(open_page("D-01", "/desk"))
    held: list[Any] = []
    page.route("**/incidents/counts?*channel=sensor*", lambda route: held.append(route))
    with page.expect_response("**/api/v1/incidents?*channel=sensor*"):
        page.select_option("[data-channel]", "sensor")
    until(page, lambda: held)
    with page.expect_response("**/incidents/counts?*channel=video*") as own:
        page.select_option("[data-channel]", "video")
    own.value.finished()
    until(page, lambda: row(page, there).count() == 0 and row(page, here).count() == 1)
    page.evaluate(DRAWN)
    shown, counted = page.locator(".queue-row").count(), tab_count(page, "dispatch")
    for route in held:
        route.continue_()
    page.wait_for_timeout(500)  # what was overtaken is broken off: mostly no answer comes at all
    page.evaluate(DRAWN)
    assert row(page, there).count() == 0 and row(page, here).count() == 1
    assert page.locator(".queue-row").count() == shown and tab_count(page, "dispatch") == counted


def test_what_happens_while_the_queue_loads_is_seen(live: Live, open_page: Open) -> None:
    filed(live)
    page = ready(open_page("D-01", "/desk"))
    before = tab_count(page, "dispatch")
    held: list[Any] = []
    page.route(
        "**/api/v1/incidents?*order=opened*",
        lambda route: held.append((route, route.fetch())),
        times=1,
    )
    page.select_option("[data-order]", "opened")
    until(page, lambda: held)
    heard: list[Any] = []
    page.on("response", lambda answer: "/journal?" in answer.url and heard.append(answer))
    arrived = filed(live)
    until(page, lambda: sum(answer.text().count(arrived) for answer in heard) >= 2)
    page.wait_for_timeout(500)  # both steps were heard; the queue still waits for its older answer
    route, answer = held[0]
    route.fulfill(response=answer)
    until(page, lambda: row(page, arrived).count() == 1, LIVE_S)
    assert tab_count(page, "dispatch") == before + 1


def test_long_queues_come_by_pages(live: Live, open_page: Open) -> None:
    for _ in range(60):
        reported(live)
    page = ready(open_page("I-01", "/desk"))
    total = tab_count(page, "intake")
    assert total > 50 and page.locator(".queue-row").count() <= total
    page.locator(".queue-row").last.scroll_into_view_if_needed()
    until(page, lambda: page.locator(".queue-row").count() == total)
    ids = page.locator(".queue-row").evaluate_all("rows => rows.map((r) => r.dataset.id)")
    assert len(set(ids)) == total


def test_j_and_k_walk_the_queue(live: Live, open_page: Open) -> None:
    filed(live), filed(live)
    page = ready(open_page("D-01", "/desk"))
    order = page.locator(".queue-row").evaluate_all("rows => rows.map((r) => r.dataset.id)")
    page.keyboard.press("j")
    opened(page, order[0])
    page.keyboard.press("j")
    opened(page, order[1])
    page.keyboard.press("k")
    opened(page, order[0])
    page.keyboard.press("?")
    assert page.locator(".dialog-keys").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    until(page, lambda: page.evaluate("location.pathname") == "/desk")


@pytest.mark.parametrize(
    ("width", "queue", "switch"), [(1440, 320, False), (1280, 300, True), (1024, 64, True)]
)
def test_columns_fit_the_screen(
    live: Live, open_page: Open, width: int, queue: int, switch: bool
) -> None:
    incident = filed(live)
    page = ready(open_page("D-01", f"/desk/{incident}", width=width, height=800))
    page.wait_for_selector(".candidate-first", state="attached")
    assert page.locator(".desk-queue").evaluate("e => e.offsetWidth") == queue
    assert page.locator(".desk-switch").is_visible() is switch
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if switch:
        assert page.locator(".desk-candidates").is_hidden()
        page.locator('.desk-switch [data-view="candidates"]').click()
        assert page.locator(".candidate-first").is_visible()
    else:
        assert page.locator(".desk-case").evaluate("e => e.offsetWidth") == 516


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(live: Live, open_page: Open, theme: str) -> None:
    incident = filed(live)
    watched = open_page("D-01", f"/desk/{incident}")
    page = ready(watched)
    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
    page.wait_for_selector(".candidate-first")
    page.keyboard.press("r")
    for press in (None, "Escape", "n"):
        if press:
            page.keyboard.press(press)
        until(page, lambda: page.evaluate(STILL))
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        bad = [
            (each["id"], [node["html"][:160] for node in each["nodes"]])
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
        ]
        assert not bad, bad
    assert not watched.faults, watched.faults
