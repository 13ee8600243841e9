"""Photos on the phone: what is no picture is refused when chosen; one that the server refused is taken anew."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.browser.conftest import Live, Watched
from tests.browser.desk import Open
from tests.browser.test_field import PLACE, detail, go, outbox_counts, photo_bytes, reported, until

NO_PICTURE = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"no picture at all"}
PICTURE = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photo_bytes(800, 600)}
REFUSED = """{"code": "invalid_input", "detail": "请重拍",
  "errors": [{"field": "photo", "code": "not_a_photo", "detail": "请重拍"}]}"""


def phone(open_page: Open, username: str = "01-001", **options: Any) -> Watched:
    """A phone of an account in the sample place."""
    watched = open_page(
        username,
        "/field",
        390,
        844,
        has_touch=True,
        is_mobile=True,
        geolocation=PLACE,
        permissions=["geolocation"],
        **options,
    )
    watched.page.wait_for_selector("[data-camera]")
    return watched


STORED_MATTER = """async () => {
  const { openStore } = await import('/static/js/field/store.js');
  return (await (await openStore('01-001')).get('draft', 'report'))?.matter ?? null;
}"""


def choose_matter(page: Page) -> None:
    page.wait_for_selector(".field-report-matter .choice")
    page.locator(".field-report-matter .choice").first.tap()
    page.wait_for_selector("[data-send]")


def test_what_is_no_picture_is_refused_when_chosen(live: Live, open_page: Open) -> None:
    page = phone(open_page).page
    with page.expect_file_chooser() as chooser:
        page.locator("[data-camera]").tap()
    chooser.value.set_files(NO_PICTURE)
    page.wait_for_selector(".field-say")
    assert "不是照片" in page.inner_text(".field-say") and "重拍" in page.inner_text(".field-say")
    choose_matter(page)
    assert page.locator(".field-report-photos .photo").count() == 0
    assert "还欠 1 张" in page.inner_text(".field-report-photos")
    assert "欠照片 1 张" in page.inner_text("[data-send]")
    page.locator('[data-photo="near"]').set_input_files(NO_PICTURE)
    page.wait_for_timeout(300)
    assert page.locator(".field-report-photos .photo").count() == 0
    page.locator('[data-photo="near"]').set_input_files(PICTURE)
    page.wait_for_selector(".field-report-photos .photo img")
    assert "已够" in page.inner_text(".field-report-photos")


def test_a_refused_picture_is_taken_anew_and_the_report_has_its_receipt(
    live: Live, open_page: Open
) -> None:
    page = phone(open_page).page
    before = {item["id"] for item in reported(page)}
    refuse = lambda route: route.fulfill(  # noqa: E731 - a name to take it away by
        status=422, content_type="application/problem+json", body=REFUSED
    )
    page.route("**/photos/*", refuse)
    with page.expect_file_chooser() as chooser:
        page.locator("[data-camera]").tap()
    chooser.value.set_files(PICTURE)
    page.wait_for_selector(".field-report-photos .photo img")
    choose_matter(page)
    page.locator("[data-send]").tap()
    until(page, lambda: outbox_counts(page) == [1, 0, 1])
    [fresh] = [item for item in reported(page) if item["id"] not in before]
    card = page.locator(".conflict-card")
    assert "文字已送达" in card.inner_text()
    row = page.locator(f'[data-record="{fresh["id"]}"][data-state="arrived"]')
    assert fresh["number"][4:] in row.inner_text() and "欠照片 1 张" in row.inner_text()
    assert page.locator("[data-retry]").count() == 0  # the same bytes would be refused again
    page.unroute("**/photos/*", refuse)
    with page.expect_file_chooser() as chooser:
        page.locator("[data-retake]").tap()
    chooser.value.set_files(NO_PICTURE)
    page.wait_for_selector(".field-say.banner-over")
    assert outbox_counts(page) == [1, 0, 1]
    with page.expect_file_chooser() as chooser:
        page.locator("[data-retake]").tap()
    chooser.value.set_files(PICTURE)
    until(page, lambda: outbox_counts(page) == [0, 0, 1])
    assert [photo["stage"] for photo in detail(page, fresh["id"])["photos"]] == ["near"]
    go(page, "today")


def test_a_matter_stands_once_after_a_reload(live: Live, open_page: Open) -> None:
    page = phone(open_page).page
    go(page, "report")
    choose_matter(page)
    until(page, lambda: page.evaluate(STORED_MATTER))
    page.reload()
    page.wait_for_selector('.field-report-matter .choice[aria-pressed="true"]')
    page.wait_for_timeout(1500)  # the list of matters comes anew from the server meanwhile
    go(page, "today")
    go(page, "report")
    page.wait_for_selector('.field-report-matter .choice[aria-pressed="true"]')
    names = page.locator(".field-report-matter > .choices .choice").all_inner_texts()
    assert len(names) == len(set(names)) == 5, names
    assert page.locator('.field-report-matter > .choices .choice[aria-pressed="true"]').count() == 1
