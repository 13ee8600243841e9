"""The desk while a case waits to be filed: others like it, said to be the same or not; and who changed a case."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.browser.conftest import Live
from tests.browser.desk import (
    Open,
    case,
    filed,
    opened,
    ready,
    reported,
    says,
    state,
    until,
    without_feed,
    words,
)
from tests.builders import STREET

# A micro-grid for each test, so that none finds the cases of another.
PLACES = [f"{STREET}001Z001002", f"{STREET}001Z002001", f"{STREET}001Z002002"]


def near(page: Page) -> list[str]:
    """The ids of the others that the panel shows, nearest first."""
    rows = page.locator(".case-similar .near-list li").all()
    return [str(row.get_attribute("data-near")) for row in rows]


def test_a_case_to_be_filed_shows_others_like_it_and_is_rejected_as_one(
    live: Live, open_page: Open
) -> None:
    first, second = reported(live, PLACES[0]), filed(live, PLACES[0])
    reported(live, PLACES[0], matter="06010")
    incident = reported(live, PLACES[0])
    watched = open_page("I-01", f"/desk/{incident}")
    page = ready(watched)
    page.wait_for_selector(".case-similar .near-list")
    assert set(near(page)) == {first, second}
    told = words(page, ".case-similar")
    assert "有 2 件同类在办" in told and "已立案" in told and "0 米" in told
    assert page.locator(f'.case-similar a[href="/desk/{second}"]').count() == 1
    page.locator(f'[data-same="{second}"]').click()
    number = case(live, second)["number"]
    reason = page.locator("#operation-reason")
    assert reason.input_value() == f"与已有案件 {number} 重复"
    page.locator(".operation-form [type=submit]").click()
    until(page, lambda: state(live, incident) == "rejected")
    assert case(live, incident)["events"][-1]["note"] == f"与已有案件 {number} 重复"
    until(page, lambda: page.locator(".case-similar").count() == 0)
    assert not watched.faults, watched.faults


def test_a_case_that_is_no_duplicate_is_filed_with_that_said(live: Live, open_page: Open) -> None:
    first = reported(live, PLACES[1])
    incident = reported(live, PLACES[1])
    page = open_page("I-01", "/login").page
    asked: list[str] = []
    page.on("request", lambda each: "/nearby" in each.url and asked.append(each.url))
    page.goto(f"{live.url}/desk/{incident}")
    page.locator("[data-different]").click()
    note = f"附近 50 米、24 小时内有 1 件同类（{case(live, first)['number'][4:]}），判定不重复"
    assert page.locator("#operation-note").input_value() == note
    page.locator(".operation-form [type=submit]").click()
    until(page, lambda: state(live, incident) == "filed")
    says(page, ".timeline", "判定不重复")
    asked.clear()  # a filed case asks nobody
    page.goto(f"{live.url}/desk/{incident}")
    opened(page, incident)
    page.wait_for_timeout(500)
    assert asked == []


def test_who_may_not_file_sees_the_others_without_buttons(live: Live, open_page: Open) -> None:
    first, incident = reported(live, PLACES[2]), reported(live, PLACES[2])
    page = ready(open_page("D-01", f"/desk/{incident}"))
    page.wait_for_selector(".case-similar .near-list")
    assert near(page) == [first]
    assert page.locator(".case-similar button").count() == 0


def test_a_conflict_says_who_in_the_language_of_the_reader(live: Live, open_page: Open) -> None:
    incident = filed(live)
    page = open_page("D-01", "/login").page
    without_feed(page)
    page.goto(f"{live.url}/desk/{incident}")
    page.wait_for_selector(".candidate-first")
    other: Any = live.house.client("Z-01")
    assert other.operate(incident, "return", 2, reason="位置不清").status_code == 200
    page.keyboard.press("d")
    page.wait_for_selector(".conflict-card")
    assert "已由值班长 Z-01 在" in words(page, ".conflict-card")
    assert "退回受理" in words(page, ".conflict-card")
    assert "值班长 Z-01" in page.locator(".version").first.inner_text()
