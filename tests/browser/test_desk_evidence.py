"""The desk and what a case owes: photos, and the area that takes on a case outside."""

from __future__ import annotations

import uuid

from tests.browser.conftest import Live
from tests.browser.test_desk import Open, filed, ready, reported, says, state, until
from tests.builders import STREET
from tests.journeys.test_incident import picture


def test_a_photo_that_arrives_frees_the_check(live: Live, open_page: Open) -> None:
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
    page = ready(open_page("D-01", f"/desk/{incident}"))
    page.wait_for_selector('[data-operation="check"][data-to="rework"]')
    assert page.locator('[data-operation="check"][data-to="checking"]').count() == 0
    for stage in ("near", "after"):
        path = f"/api/v1/incidents/{incident}/photos/{uuid.uuid4()}"
        assert worker.put(path, picture(), stage=stage).status_code == 201
    page.wait_for_selector('[data-operation="check"][data-to="checking"]')  # by the feed
    says(page, ".timeline", "加照片")
    says(page, ".timeline", "处置后")


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
