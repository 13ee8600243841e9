"""The desk and what a case owes: photos, and the area that takes on a case outside."""

from __future__ import annotations

import uuid

from tests.browser.conftest import Live
from tests.browser.desk import Open, filed, ready, reported, says, state, until
from tests.builders import STREET
from tests.journeys.test_incident import picture


def fed_back(live: Live) -> str:
    """The id of a case that waits for its check, without any photo."""
    incident = filed(live)
    assert (
        live.house.client("D-01").operate(incident, "dispatch", 2, to="01-001").status_code == 200
    )
    worker = live.house.client("01-001")
    for version, operation, given in (
        (3, "accept", {}),
        (4, "handle", {"note": "已劝离"}),
        (5, "feedback", {"note": "已办"}),
    ):
        assert worker.operate(incident, operation, version, **given).status_code == 200
    return incident


def test_photos_that_arrive_leave_nothing_to_ask(live: Live, open_page: Open) -> None:
    incident = fed_back(live)
    page = ready(open_page("D-01", f"/desk/{incident}"))
    page.locator('[data-operation="check"][data-to="checking"]').click()
    says(page, ".photos-owed", "缺照片：近景、处置后")
    for stage in ("near", "after"):
        path = f"/api/v1/incidents/{incident}/photos/{uuid.uuid4()}"
        assert live.house.client("01-001").put(path, picture(), stage=stage).status_code == 201
    page.locator(".photos-owed").wait_for(state="hidden")  # by the feed
    page.locator(".operation-form [type=submit]").click()
    until(page, lambda: state(live, incident) == "checking")
    says(page, ".timeline", "加照片")
    says(page, ".timeline", "处置后")
    assert "缺照片" not in page.locator(".timeline").inner_text()


def test_a_check_without_photos_says_so_in_the_timeline(live: Live, open_page: Open) -> None:
    incident = fed_back(live)
    page = ready(open_page("I-01", f"/desk/{incident}"))
    page.locator('[data-operation="check"][data-to="checking"]').click()
    page.locator(".operation-form [type=submit]").click()  # the reason may be left out
    until(page, lambda: state(live, incident) == "checking")
    says(page, ".timeline", "缺照片：近景、处置后")
    page.locator('[data-operation="close"]').click()
    says(page, ".photos-owed", "缺照片：近景、处置后")
    page.locator("#operation-without_evidence").fill("地下室无光")
    page.locator(".operation-form [type=submit]").click()
    until(page, lambda: state(live, incident) == "closed")
    says(page, ".timeline", "没有照片的理由：地下室无光")
    assert page.locator(".timeline").inner_text().count("缺照片：近景、处置后") == 2


def test_filing_a_case_outside_asks_who_takes_it_on(live: Live, open_page: Open) -> None:
    incident = reported(live, lon=120.7, lat=31.3)
    page = ready(open_page("I-01", f"/desk/{incident}"))
    page.locator('[data-operation="file"]').click()
    choice = page.locator("#operation-area")
    choice.locator(f'option[value="{STREET}001"]').wait_for(state="attached")
    choice.select_option(f"{STREET}001")
    page.locator(".operation-form [type=submit]").click()
    until(page, lambda: state(live, incident) == "filed")
    says(page, ".timeline", f"辖区外，指定由 {STREET}001 承办")
