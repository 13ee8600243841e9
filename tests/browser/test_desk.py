"""The desk in Chromium: few clicks, nothing jumps, what somebody else did is seen and never overwritten."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.conftest import Live
from tests.browser.desk import (
    COUNT_CLICKS,
    LIVE_S,
    Open,
    case,
    filed,
    not_written_over,
    opened,
    ready,
    reported,
    row,
    says,
    state,
    tab_count,
    until,
    without_feed,
    words,
)
from tests.journeys.test_incident import picture


def test_dispatching_the_proposal_is_one_click(live: Live, open_page: Open) -> None:
    incident = filed(live)
    watched = open_page("D-01", "/desk")
    page = ready(watched)
    before = tab_count(page, "dispatch")
    page.evaluate(COUNT_CLICKS)
    row(page, incident).click()
    opened(page, incident)
    primary = page.locator(".case-buttons .button-primary")
    until(page, lambda: "A 01-001" in primary.inner_text())
    primary.click()
    until(page, lambda: state(live, incident) == "dispatched")
    assert page.evaluate("window.clicks") == 2, "one to open from the queue, one to dispatch"
    assert case(live, incident)["holder"]["to"] == "01-001"
    says(page, ".timeline", "派给 网格员 01-001")
    page.mouse.move(700, 300)
    until(page, lambda: tab_count(page, "dispatch") == before - 1)
    until(page, lambda: row(page, incident).count() == 0)
    assert page.locator(".desk-candidates").is_hidden()
    assert not watched.faults, watched.faults


def test_candidates_show_their_arithmetic(live: Live, open_page: Open) -> None:
    incident = filed(live)
    page = ready(open_page("D-01", f"/desk/{incident}"))
    page.wait_for_selector(".candidate")
    told = live.house.client("D-01").get(f"/api/v1/incidents/{incident}/candidates").json
    shown = page.locator(".candidate")
    assert shown.count() == min(3, len(told["workers"]))
    for index, worker in enumerate(told["workers"][:3]):
        text = shown.nth(index).inner_text()
        assert worker["to"] in text and str(worker["sum"]) in text
        assert worker["sum"] == sum(term["got"] for term in worker["terms"])
        assert all(term["fact"] in text for term in worker["terms"])
    page.get_by_role("tab", name="部门").click()
    assert page.locator(".department").count() == len(told["departments"])
    page.locator(".department .button").first.click()
    until(page, lambda: state(live, incident) == "dispatched")
    assert case(live, incident)["department"]["to"] == told["departments"][0]["to"]


def test_letters_dispatch_but_never_while_typing(live: Live, open_page: Open) -> None:
    first, second = filed(live), filed(live)
    page = ready(open_page("D-01", f"/desk/{first}"))
    page.wait_for_selector('[data-letter="B"]')
    page.locator("[data-search]").click()
    page.keyboard.type("abcd")
    page.wait_for_timeout(300)
    assert state(live, first) == "filed"
    page.locator("[data-search]").fill("")
    page.locator("[data-search]").blur()
    page.keyboard.press("b")
    until(page, lambda: state(live, first) == "dispatched")
    told = live.house.client("D-01").get(f"/api/v1/incidents/{second}/candidates").json
    page.goto(f"{live.url}/desk/{second}")
    page.wait_for_selector(".candidate-first")
    page.keyboard.press("d")
    until(page, lambda: state(live, second) == "dispatched")
    assert case(live, second)["holder"]["to"] == told["proposed"]


def test_returning_with_a_reason_is_three_clicks(live: Live, open_page: Open) -> None:
    incident = filed(live)
    page = ready(open_page("D-01", f"/desk/{incident}"))
    page.evaluate(COUNT_CLICKS)
    page.locator('.case-buttons [data-operation="return"]').click()
    page.locator(".operation-form .choice").first.click()
    chosen = page.locator(".operation-form textarea").input_value()
    page.locator(".operation-form [type=submit]").click()
    until(page, lambda: state(live, incident) == "reported")
    assert page.evaluate("window.clicks") == 3
    assert case(live, incident)["events"][-1]["note"] == chosen
    says(page, ".timeline", chosen)


def test_a_reason_that_is_missing_is_asked_for(live: Live, open_page: Open) -> None:
    incident = filed(live)
    page = ready(open_page("D-01", f"/desk/{incident}"))
    page.keyboard.press("r")
    page.locator(".operation-form [type=submit]").click()
    assert "至少 2 个字" in words(page, ".field-error")
    assert page.evaluate("document.activeElement.id") == "operation-reason"
    page.keyboard.press("Escape")
    assert page.locator(".operation-form").count() == 0
    assert state(live, incident) == "filed"


def test_the_whole_way_by_keyboard(live: Live, open_page: Open) -> None:
    incident = reported(live)
    page = ready(open_page("Z-01", f"/desk/{incident}"))
    page.wait_for_selector('[data-operation="file"]')
    page.keyboard.press("f")
    until(page, lambda: state(live, incident) == "filed")
    page.wait_for_selector(".candidate-first")
    page.keyboard.press("a")
    until(page, lambda: state(live, incident) == "dispatched")
    worker = live.house.client(case(live, incident)["holder"]["to"])
    for stage in ("near", "after"):
        path = f"/api/v1/incidents/{incident}/photos/{uuid.uuid4()}"
        assert worker.put(path, picture(), stage=stage).status_code == 201
    for version, operation, given in (
        (3, "accept", {}),
        (4, "handle", {"note": "已劝离"}),
        (5, "feedback", {"note": "已办"}),
    ):
        assert worker.operate(incident, operation, version, **given).status_code == 200
    says(page, ".timeline", "反馈")  # by the feed, without reload
    page.wait_for_selector('[data-operation="check"][data-to="checking"]')
    page.keyboard.press("c")
    until(page, lambda: state(live, incident) == "checking")
    page.wait_for_selector('[data-operation="close"]')
    page.keyboard.press("f")
    until(page, lambda: state(live, incident) == "closed")
    page.wait_for_selector('[data-operation="evaluate"]')
    page.keyboard.press("e")
    page.get_by_text("满意", exact=True).click()
    page.locator(".operation-form [type=submit]").click()
    until(page, lambda: state(live, incident) == "evaluated")
    until(page, lambda: page.locator(".step-done").count() == 7)


def test_what_cannot_be_done_says_why(live: Live, open_page: Open) -> None:
    incident = reported(live)
    page = ready(open_page("Z-01", f"/desk/{incident}"))
    says(page, ".case-reasons", "现在不能：")
    told = [each for each in case(live, incident)["allowed_operations"] if not each["allowed"]]
    assert told
    for each in told:
        assert each["reasons"][0] in words(page, ".case-reasons")
    assert page.locator(".case-buttons .button-primary").count() == 1


def test_a_conflict_shows_both_versions(live: Live, open_page: Open) -> None:
    incident = filed(live)
    watched = open_page("D-01", "/login")
    page = watched.page
    without_feed(page)
    page.goto(f"{live.url}/desk/{incident}")
    page.wait_for_selector(".candidate-first")
    answer = live.house.client("Z-01").operate(incident, "dispatch", 2, to="01-002")
    assert answer.status_code == 200
    page.keyboard.press("d")
    page.wait_for_selector(".conflict-card")
    versions = page.locator(".version").all_inner_texts()
    assert "01-002" in versions[0] and "01-001" in versions[1]
    assert page.evaluate("document.activeElement.textContent") == "保留现有"
    page.keyboard.press("Enter")
    assert page.locator(".conflict-card").count() == 0
    assert case(live, incident)["holder"]["to"] == "01-002"
    assert not watched.faults, watched.faults


def test_a_conflict_can_be_done_again_where_it_is_still_allowed(
    live: Live, open_page: Open
) -> None:
    incident = filed(live)
    page = open_page("D-01", "/login").page
    without_feed(page)
    page.goto(f"{live.url}/desk/{incident}")
    page.wait_for_selector(".candidate-first")
    other = live.house.client("Z-01")
    assert other.operate(incident, "return", 2, reason="位置不清").status_code == 200
    assert other.operate(incident, "file", 3).status_code == 200
    page.keyboard.press("d")
    page.wait_for_selector(".conflict-card")
    page.locator(".conflict-card .button:not(.button-primary)").click()
    until(page, lambda: state(live, incident) == "dispatched")


def test_without_a_network_nothing_is_lost(live: Live, open_page: Open) -> None:
    incident = filed(live)
    watched = open_page("D-01", f"/desk/{incident}")
    page = ready(watched)
    page.wait_for_selector(".candidate-first")
    page.keyboard.press("r")
    page.keyboard.type("门牌写错")
    page.context.set_offline(True)
    page.locator(".operation-form [type=submit]").click()
    says(page, ".case-message", "没存上：没有网络")
    assert page.locator(".operation-form textarea").input_value() == "门牌写错"
    page.context.set_offline(False)
    page.locator(".operation-form [type=submit]").click()
    until(page, lambda: state(live, incident) == "reported")


def test_a_case_of_nobody_and_one_not_mine_say_the_same(live: Live, open_page: Open) -> None:
    incident = filed(live)  # not of H-01's department
    page = ready(open_page("H-01", f"/desk/{incident}"))
    says(page, ".case-body", "没有这个案件，或不在您的辖区")
    page.goto(f"{live.url}/desk/00000000-0000-4000-8000-000000000000")
    says(page, ".case-body", "没有这个案件，或不在您的辖区")
    assert page.locator(".case-foot").is_hidden()


def test_a_handler_sees_and_takes_what_came_to_the_department(live: Live, open_page: Open) -> None:
    mine, other = filed(live), filed(live)
    dispatcher = live.house.client("D-01")
    assert dispatcher.operate(mine, "dispatch", 2, to="zhzf").status_code == 200
    page = ready(open_page("H-01", "/desk"))
    row(page, mine).click()
    assert row(page, other).count() == 0
    page.wait_for_selector('[data-operation="accept"]')
    page.keyboard.press("a")
    until(page, lambda: state(live, mine) == "accepted")


def test_what_arrives_is_seen_and_does_not_push_what_is_pointed_at(
    live: Live, open_page: Open
) -> None:
    pointed = filed(live)
    watched = open_page("D-01", "/desk")
    page = ready(watched)
    box = row(page, pointed).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 20)
    before = tab_count(page, "dispatch")
    arrived = filed(live)
    sent = time.monotonic()
    until(page, lambda: tab_count(page, "dispatch") == before + 1)
    assert time.monotonic() - sent < LIVE_S
    says(page, ".queue-more", "有 1 件新的")
    assert row(page, pointed).bounding_box() == box
    assert row(page, arrived).count() == 0
    page.mouse.move(700, 300)
    until(page, lambda: row(page, arrived).count() == 1)
    assert "is-new" in (row(page, arrived).get_attribute("class") or "")
    assert not watched.faults, watched.faults


def test_what_others_do_to_the_open_case_is_seen(live: Live, open_page: Open) -> None:
    incident = filed(live)
    page = ready(open_page("D-01", f"/desk/{incident}"))
    page.wait_for_selector(".candidate-first")
    page.keyboard.press("r")
    page.keyboard.type("写到一半")
    other = live.house.client("Z-01")
    assert other.operate(incident, "return", 2, reason="位置不清").status_code == 200
    assert other.operate(incident, "file", 3).status_code == 200
    says(page, ".case-message", "写的时候案件变了")
    assert page.locator(".operation-form textarea").input_value() == "写到一半"
    assert other.operate(incident, "dispatch", 4, to="01-002").status_code == 200
    says(page, ".timeline", "派给 网格员 01-002", LIVE_S)
    until(page, lambda: row(page, incident).count() == 0)


def test_one_operation_is_sent_once(live: Live, open_page: Open) -> None:
    incident = reported(live)
    page = ready(open_page("Z-01", f"/desk/{incident}"))
    page.wait_for_selector('[data-operation="file"]')
    box = page.locator('[data-operation="file"]').bounding_box()
    assert box is not None
    sent: list[str] = []
    page.on("request", lambda asked: "/operations/" in asked.url and sent.append(asked.url))
    page.mouse.click(box["x"] + 10, box["y"] + 10)
    page.wait_for_selector(".case-buttons [data-operation=dispatch]")
    page.mouse.down(click_count=2)  # the second click of a double click, on the button that came
    page.mouse.up(click_count=2)
    page.wait_for_timeout(300)
    assert state(live, incident) == "filed" and len(sent) == 1
    held: list[Any] = []
    page.route("**/operations/dispatch", lambda route: held.append(route))
    page.keyboard.press("d")
    until(page, lambda: held)
    page.keyboard.press("a")  # the same candidate, by the other button
    page.locator(".candidate-first .button").click()
    page.wait_for_timeout(300)
    assert len(sent) == 2
    held[0].continue_()
    until(page, lambda: state(live, incident) == "dispatched")
    says(page, ".case-message", "派遣")
    assert page.locator(".conflict-card").count() == 0


def test_what_is_written_stays_when_it_can_no_longer_be_sent(live: Live, open_page: Open) -> None:
    incident = reported(live)
    page = ready(open_page("I-01", f"/desk/{incident}"))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator('.case-buttons [data-operation="reject"]').click()
    page.keyboard.type("不属本街道，已告知来电人")
    duty = live.house.client("Z-01")
    assert duty.operate(incident, "file", 1).status_code == 200
    says(page, ".case-message", "写的时候案件变了")
    assert "Z-01" in words(page, ".case-message") and "已立案" in words(page, ".case-message")
    form = page.locator(".operation-form")
    assert form.locator("textarea").input_value() == "不属本街道，已告知来电人"
    assert "现在的环节不能再不予受理" in form.inner_text()
    assert not form.locator("[type=submit]").is_visible()
    page.get_by_role("button", name="复制您写的").click()
    until(page, lambda: "已复制" in form.inner_text())
    assert page.evaluate("navigator.clipboard.readText()") == "不属本街道，已告知来电人"
    assert duty.operate(incident, "return", 2, reason="地址不清").status_code == 200
    until(page, lambda: form.locator("[type=submit]").is_visible())  # it can be sent again
    assert form.locator("textarea").input_value() == "不属本街道，已告知来电人"
    assert duty.operate(incident, "file", 3).status_code == 200
    page.get_by_role("button", name="不要了").click()
    assert form.count() == 0
    assert state(live, incident) == "filed"


def test_what_is_written_about_a_case_that_left_stays(live: Live, open_page: Open) -> None:
    incident = filed(live)
    dispatcher, handler = live.house.client("D-01"), live.house.client("H-01")
    assert dispatcher.operate(incident, "dispatch", 2, to="zhzf").status_code == 200
    page = ready(open_page("H-01", f"/desk/{incident}"))
    page.locator('.case-buttons [data-operation="return"]').click()
    page.keyboard.type("现场没有发现")
    assert handler.operate(incident, "return", 3, reason="不属本部门").status_code == 200
    assert dispatcher.operate(incident, "dispatch", 4, to="01-002").status_code == 200
    says(page, ".case-body", "没有这个案件，或不在您的辖区")
    assert "离开您的辖区或部门" in words(page, ".case-message")
    assert page.locator(".operation-form textarea").input_value() == "现场没有发现"
    page.get_by_role("button", name="不要了").click()
    assert page.locator(".operation-form").count() == 0


def test_the_timeline_promises_only_what_is_done(live: Live, open_page: Open) -> None:
    incident = filed(live)
    page = ready(open_page("D-01", f"/desk/{incident}"))
    says(page, ".timeline", "到时未办计为超期")
    with live.database.transaction() as tx:
        tx.execute(
            "UPDATE case_file SET due_at = now() - interval '30 minutes' WHERE id = %(id)s",
            {"id": incident},
        )
    page.reload()
    says(page, ".timeline", "已过时限，列在超期里")
    says(page, ".queue-group-overdue", "超期")
    assert "提醒" not in words(page, ".timeline")


def test_the_note_under_the_candidates_is_not_written_over(live: Live, open_page: Open) -> None:
    incident = filed(live)
    page = ready(open_page("D-01", f"/desk/{incident}"))
    page.wait_for_selector(".candidate-foot")
    not_written_over(page, ".candidate-foot")
    # The map keeps its room as soon as there are candidates, whatever else of the page is late.
    page.evaluate("document.querySelector('.desk').classList.remove('has-candidates')")
    not_written_over(page, ".candidate-foot")


@pytest.fixture
def in_english(live: Live) -> Iterator[None]:
    """Z-01 reads English."""
    change = "UPDATE account SET locale = %(locale)s WHERE username = 'Z-01'"
    for locale in ("en", "zh"):
        with live.database.transaction() as tx:
            tx.execute(change, {"locale": locale})
        if locale == "en":
            yield


@pytest.mark.parametrize("width", [1440, 1280, 1024])
@pytest.mark.usefixtures("in_english")
def test_every_tab_is_read_in_full(live: Live, open_page: Open, width: int) -> None:
    page = ready(open_page("Z-01", "/desk", width=width))
    if width == 1024:
        page.locator("[data-unfold]").click()
    queue = page.locator(".desk-queue").bounding_box()
    boxes = [each.bounding_box() for each in page.locator(".desk-queue [role=tab]").all()]
    assert "To close" in words(page, '[data-tab="close"]')
    assert queue is not None and len(boxes) == 5
    assert all(box and box["x"] + box["width"] <= queue["x"] + queue["width"] for box in boxes)
