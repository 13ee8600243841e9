"""The phone's page in Chromium: three taps to report, nothing lost without a network, one record on the server.

The checks are functions of (page, base_url) on a page that is logged in; the fixture `live` starts the server.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page
from shapely.geometry import shape

from tests import builders
from tests.browser.conftest import Live

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
# The middle of the first micro-grid of 01-001.
PLACE = {"longitude": 120.601, "latitude": 31.303, "accuracy": 8}
PHONE = {"width": 390, "height": 844}
WAIT_S = 25
SERIOUS = ("serious", "critical")
SMALLEST_TARGET_PX = 44
# What a target may be by the standard when it stands in a line of text or belongs to the map's foot.
NOT_A_TARGET = ".skip-link, .maplibregl-ctrl button, .visually-hidden, canvas"


def photo_bytes(width: int = 3000, height: int = 2250) -> bytes:
    """A JPEG as large as phones make them."""
    out = io.BytesIO()
    Image.effect_noise((width // 4, height // 4), 60).resize((width, height)).convert("RGB").save(
        out, "JPEG", quality=85
    )
    return out.getvalue()


def until(page: Page, what: Callable[[], Any], seconds: float = WAIT_S) -> Any:
    """The first truthy answer of `what`; the policy of the page forbids wait_for_function."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        page.wait_for_timeout(150)
    raise AssertionError(f"did not happen within {seconds} s: {what}")


def reported(page: Page) -> list[dict[str, Any]]:
    """What the server holds of this account's reports, newest first."""
    response = page.context.request.get(f"{origin(page)}/api/v1/incidents?reported=true&limit=200")
    assert response.status == 200
    found: list[dict[str, Any]] = response.json()["items"]
    return found


def detail(page: Page, incident_id: str) -> dict[str, Any]:
    """The server's whole answer about one incident."""
    found: dict[str, Any] = page.context.request.get(
        f"{origin(page)}/api/v1/incidents/{incident_id}"
    ).json()
    return found


def origin(page: Page) -> str:
    """Scheme, host and port of the page."""
    return "/".join(page.url.split("/")[:3])


def outbox_counts(page: Page) -> list[int]:
    """Needs you, waiting, arrived today, as shown."""
    page.evaluate("location.hash = 'outbox'")
    page.wait_for_selector(".field-counts")
    return [int(text) for text in page.locator(".field-counts b").all_inner_texts()]


def go(page: Page, view: str) -> None:
    """Another view of the same page."""
    page.evaluate("view => { location.hash = view }", view)


class Taps:
    """Counts what a thumb does."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def __call__(self, selector: str) -> None:
        self.page.locator(selector).first.tap()
        self.count += 1


def report_with_three_taps(page: Page) -> int:
    """Report from 今日 with one photo and return the number of taps (the shutter is not a tap here)."""
    taps = Taps(page)
    with page.expect_file_chooser() as chooser:
        taps("[data-camera]")
    chooser.value.set_files(
        {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photo_bytes()}
    )
    page.wait_for_selector(".field-report-photos .photo img")
    page.wait_for_selector(".field-report-matter .choice")
    until(page, lambda: "定位" not in page.inner_text(".field-report-actions"))
    taps(".field-report-matter .choice")
    page.wait_for_selector("[data-send]")
    # Whether something like it lies close by is known before anything is sent.
    page.wait_for_timeout(600)
    taps("[data-send]")
    page.wait_for_selector("[data-camera]")
    return taps.count


def check_report(page: Page) -> None:
    """Three taps and a photo make one case with one photo, made small on the phone."""
    before = {item["id"] for item in reported(page)}
    assert report_with_three_taps(page) == 3
    until(page, lambda: outbox_counts(page)[1] == 0)
    fresh = [item for item in reported(page) if item["id"] not in before]
    assert len(fresh) == 1
    assert fresh[0]["matter"]["code"] == "09012"
    found = detail(page, fresh[0]["id"])
    assert [photo["stage"] for photo in found["photos"]] == ["near"]
    assert max(found["photos"][0]["width_px"], found["photos"][0]["height_px"]) == 1920
    assert found["location"]["datum"] == "wgs84"
    assert found["location"]["accuracy_m"] == 8
    assert found["photos_owed"] == []
    go(page, "today")


def check_offline(page: Page, context: BrowserContext) -> None:
    """Reported without a network, opened anew without a network, sent once when it comes back."""
    before = {item["id"] for item in reported(page)}
    until(page, lambda: page.evaluate("Boolean(navigator.serviceWorker.controller)"))
    until(page, lambda: page.evaluate("caches.has('field-page')"))
    context.set_offline(True)
    until(page, lambda: "无网络" in page.inner_text("#main"))
    assert report_with_three_taps(page) == 3
    page.wait_for_selector(".field-bar-count")
    assert "待发 1" in page.inner_text(".network-bar")
    page.reload()  # the shell, the list and the outbox all lie on the phone
    page.wait_for_selector("[data-camera]")
    assert "清单存于本机" in page.inner_text("#main")
    assert outbox_counts(page)[1] == 1
    go(page, "today")
    context.set_offline(False)
    until(page, lambda: outbox_counts(page)[1] == 0, 40)
    fresh = [item for item in reported(page) if item["id"] not in before]
    assert len(fresh) == 1
    assert len(detail(page, fresh[0]["id"])["photos"]) == 1
    assert page.locator(f'[data-record="{fresh[0]["id"]}"][data-state="arrived"]').count() == 1
    go(page, "today")


def check_two_tabs(page: Page, context: BrowserContext) -> None:
    """Two tabs of one phone send one record once, however often they try."""
    before = {item["id"] for item in reported(page)}
    other = context.new_page()
    other.goto(page.url)
    other.wait_for_selector("[data-camera]")
    posts: list[str] = []
    for each in (page, other):
        each.on(
            "request",
            lambda r: (
                posts.append(r.url)
                if r.method == "POST" and r.url.endswith("/api/v1/incidents")
                else None
            ),
        )
    context.set_offline(True)
    page.bring_to_front()
    report_with_three_taps(page)
    posts.clear()
    context.set_offline(False)
    until(page, lambda: outbox_counts(page)[1] == 0, 40)
    other.close()
    fresh = [item for item in reported(page) if item["id"] not in before]
    assert len(fresh) == 1
    assert len(posts) == 1
    go(page, "today")


def check_server_trouble(page: Page, context: BrowserContext) -> None:
    """A 500 keeps the record waiting, a 422 asks the person in the server's words, the rest goes through."""
    before = {item["id"] for item in reported(page)}
    answers = iter([500])

    def trouble(route: Any) -> None:
        status = next(answers, None)
        if status is None or route.request.method != "POST":
            route.continue_()
            return
        route.fulfill(status=status, content_type="application/problem+json", body="{}")

    context.route("**/api/v1/incidents", trouble)
    report_with_three_taps(page)
    until(page, lambda: outbox_counts(page)[1] == 0, 40)
    assert len([item for item in reported(page) if item["id"] not in before]) == 1
    context.unroute("**/api/v1/incidents", trouble)

    body = '{"code":"invalid_input","detail":"填写的内容有误","errors":[{"field":"matter","detail":"没有事项 X"}]}'
    refuse = lambda route: route.fulfill(  # noqa: E731 - a name to take it away by
        status=422, content_type="application/problem+json", body=body
    )
    context.route("**/api/v1/incidents", refuse)
    go(page, "today")
    report_with_three_taps(page)
    until(page, lambda: outbox_counts(page)[0] == 1)
    assert "没有事项 X" in page.inner_text(".conflict-card")
    context.unroute("**/api/v1/incidents", refuse)
    page.locator("[data-retry]").first.tap()
    until(page, lambda: outbox_counts(page)[:2] == [0, 0])
    go(page, "today")


def task_in(page: Page, state: str) -> dict[str, Any]:
    """One of the own tasks in a state."""
    url = f"{origin(page)}/api/v1/incidents?mine=true&state={state}&limit=1&order=due"
    items: list[dict[str, Any]] = page.context.request.get(url).json()["items"]
    assert items, f"no task is {state}"
    return items[0]


def check_task(page: Page) -> None:
    """Accept with one tap; photo, choice and 办结; feedback with one tap; then the own case is not mine to check."""
    task = task_in(page, "dispatched")
    go(page, f"task/{task['id']}")
    taps = Taps(page)
    page.wait_for_selector('[data-operate="accept"]')
    taps('[data-operate="accept"]')
    assert taps.count == 1
    page.wait_for_selector('[data-photo="after"]', state="attached")
    page.locator('[data-photo="after"]').set_input_files(
        {"name": "after.jpg", "mimeType": "image/jpeg", "buffer": photo_bytes(800, 600)}
    )
    page.wait_for_selector(".field-task-photos .photo img")
    taps(".field-task-form .choice")
    taps('[data-operate="handle"]')
    assert taps.count == 3
    page.wait_for_selector('[data-operate="feedback"]')
    taps('[data-operate="feedback"]')
    until(page, lambda: detail(page, task["id"])["state"] == "feedback")
    until(page, lambda: [p["stage"] for p in detail(page, task["id"])["photos"]] == ["after"])
    until(page, lambda: "不能核查自己办的" in page.inner_text(".field-task-note"))
    assert page.locator("[data-operate]").count() == 0
    go(page, "today")


def check_offline_chain(page: Page, context: BrowserContext) -> None:
    """Accept, handle and feedback made without a network arrive in their order."""
    task = task_in(page, "dispatched")
    go(page, f"task/{task['id']}")
    page.wait_for_selector('[data-operate="accept"]')
    context.set_offline(True)
    page.locator('[data-operate="accept"]').tap()
    page.locator(".field-task-form .choice").first.tap()
    page.wait_for_selector('[data-operate="handle-owing"], [data-operate="handle"]')
    page.locator('[data-operate="handle-owing"], [data-operate="handle"]').first.tap()
    page.locator('[data-operate="feedback"]').tap()
    assert outbox_counts(page)[1] == 3
    context.set_offline(False)
    until(page, lambda: outbox_counts(page)[:2] == [0, 0], 40)
    found = detail(page, task["id"])
    assert found["state"] == "feedback"
    assert [event["operation"] for event in found["events"]][-3:] == [
        "accept",
        "handle",
        "feedback",
    ]
    go(page, "today")


def check_conflict(page: Page, context: BrowserContext) -> None:
    """Somebody changed the case meanwhile: both versions side by side, what stands is the safe choice."""
    task = task_in(page, "dispatched")
    go(page, f"task/{task['id']}")
    page.wait_for_selector('[data-operate="accept"]')
    context.set_offline(True)
    page.locator('[data-operate="return"]').tap()
    page.locator(".field-task-form .choice").first.tap()
    page.locator('[data-operate="return-go"]').tap()
    # The same account accepts it beside this page, as from another phone.
    post(page, f"incidents/{task['id']}/operations/accept", version=task["version"])
    context.set_offline(False)
    until(page, lambda: outbox_counts(page)[0] == 1, 40)
    card = page.locator(".conflict-card")
    assert "您的" in card.inner_text() and "现有" in card.inner_text()
    until(page, lambda: "已签收" in card.inner_text())
    page.locator('[data-version="mine"]').tap()
    page.wait_for_selector("[data-mine]")
    page.locator('[data-version="theirs"]').tap()
    page.locator("[data-keep]").tap()
    until(page, lambda: outbox_counts(page)[:2] == [0, 0])
    assert detail(page, task["id"])["state"] == "accepted"
    assert page.locator('[data-state="dropped"]').count() == 1
    go(page, "today")


def check_search(page: Page) -> None:
    """A matter is found by the initials of its pinyin without a network."""
    go(page, "report")
    page.locator("[data-search-open]").tap()
    page.locator("[data-matter-search]").fill("zyxf")
    page.wait_for_selector('[data-matter="09012"]')
    page.locator("[data-matter-search]").fill("baolulaji")
    page.wait_for_selector(".field-matter")
    assert "暴露垃圾" in page.locator(".field-matter").first.inner_text()
    page.locator(".field-leave").tap()


def check_touch(page: Page) -> None:
    """Every target of every view is at least 44 px in both directions, the main action at least 52."""
    for view in ("today", "report", "grid", "outbox", "me"):
        go(page, view)
        page.wait_for_timeout(700)
        small = page.evaluate(
            """([least, skip]) => [...document.querySelectorAll('a[href], button, label.photo-missing, .input')]
              .filter((e) => !e.matches(skip) && e.offsetParent !== null)
              .map((e) => [e.className, e.textContent.trim(), e.getBoundingClientRect()])
              .filter(([, , r]) => r.width < least || r.height < least)
              .map(([c, text, r]) => `${c} ${text} ${r.width}x${r.height}`)""",
            [SMALLEST_TARGET_PX, NOT_A_TARGET],
        )
        assert not small, (view, small)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, (view, wide)
    go(page, "today")
    page.wait_for_selector("[data-camera]")
    assert page.locator("[data-camera]").bounding_box()["height"] >= 52  # type: ignore[index]


def check_axe(page: Page) -> None:
    """No serious finding of axe in any view."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for view in ("today", "report", "grid", "outbox", "me"):
        go(page, view)
        page.wait_for_timeout(700)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        serious = [
            (v["id"], [n["html"][:160] for n in v["nodes"]][:3])
            for v in found["violations"]
            if v["impact"] in SERIOUS
        ]
        assert not serious, (view, serious)
    go(page, "today")


def check_elder(page: Page) -> None:
    """Large type by one tap and back by one; nothing smaller than 20 px, targets at least 60."""
    go(page, "me")
    page.locator('.field-setting .choice:has-text("大字版")').tap()
    page.wait_for_selector(".field-elder-head")
    small = page.evaluate(
        """[...document.querySelectorAll('#main *')].filter((e) => e.offsetParent !== null && !e.closest('svg')
          && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
          .filter((e) => parseFloat(getComputedStyle(e).fontSize) < 20).map((e) => e.outerHTML.slice(0, 120))"""
    )
    assert not small, small
    targets = page.evaluate(
        """[...document.querySelectorAll('#main button, #main a.button')]
          .map((e) => e.getBoundingClientRect().height)"""
    )
    assert min(targets) >= 60
    assert report_with_three_taps(page) == 3
    page.locator(".field-elder-head .button").tap()
    page.wait_for_selector(".phone-nav")


def post(page: Page, path: str, **data: Any) -> dict[str, Any]:
    """What the server answers to the account of this page."""
    token = page.get_attribute('meta[name="csrf-token"]', "content") or ""
    response = page.context.request.post(
        f"{origin(page)}/api/v1/{path}", data=data, headers={"X-CSRF-Token": token}
    )
    assert response.ok, response.text()
    found: dict[str, Any] = response.json()
    return found


def inside_own_area(page: Page) -> tuple[float, float]:
    """A point (lon, lat) inside the first area that the worker of this page answers for."""
    request = page.context.request
    area = request.get(f"{origin(page)}/field/duties").json()["duties"][0]["area"]
    geometry = request.get(f"{origin(page)}/api/v1/areas/{area}").json()["geometry"]
    point = shape({k: geometry[k] for k in ("type", "coordinates")}).representative_point()
    return point.x, point.y


def handled_case(worker: Page, intake: Page, dispatcher: Page, where: tuple[float, float]) -> str:
    """The id of a case at `where` that this worker has handled and that waits for its check."""
    case = str(uuid4())
    post(
        worker,
        "incidents",
        id=case,
        matter="06010",
        lon=where[0],
        lat=where[1],
        datum="cgcs2000",
        accuracy_m=None,
        description="墙角有垃圾",
        channel="grid_worker",
        reported_at=datetime.now(UTC).isoformat(),
    )
    way = f"incidents/{case}/operations"
    version = post(intake, f"{way}/file", version=1)["version"]
    me = worker.context.request.get(f"{origin(worker)}/field/duties").json()["worker"]["code"]
    version = post(dispatcher, f"{way}/dispatch", version=version, to=me)["version"]
    for operation, given in (
        ("accept", {}),
        ("handle", {"note": "完"}),
        ("feedback", {"note": "完"}),
    ):
        version = post(worker, f"{way}/{operation}", version=version, **given)["version"]
    return case


def check_checks(page: Page, case: str) -> None:
    """A case of somebody else's waits under 核查; a failed check needs a note and sends it back."""
    page.locator('.choice[data-value="check"]').tap()
    page.locator(f'[data-task="{case}"]').tap()
    # What the matter asks for is told, with room for a reason; the checker can take the photos.
    page.wait_for_selector('[data-operate="check-passed"]')
    assert page.locator("[data-photos-owed]").inner_text() == "缺照片：近景、处置后"
    page.locator("[data-without-photos]").fill("无")  # too short to be a reason
    page.locator('[data-operate="check-passed"]').wait_for(state="detached")
    for stage in ("near", "after"):
        page.locator(f'.field-task-photos [data-photo="{stage}"]').set_input_files(
            {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": photo_bytes(400, 300)}
        )
    page.wait_for_selector('[data-operate="check-passed"]')
    assert page.locator("[data-photos-owed]").count() == 0
    until(page, lambda: detail(page, case)["photos_owed"] == [])
    page.locator('[data-operate="check-failed"]').tap()
    assert page.locator('[data-operate="check-go"]').count() == 0
    page.locator(".field-task-form .choice").first.tap()
    page.locator('[data-operate="check-go"]').tap()
    until(page, lambda: detail(page, case)["state"] == "rework")


def prepare_tasks(live: Live) -> None:
    """Five tasks dispatched to 01-001, in the own micro-grids."""
    worker, intake, dispatcher = (live.house.client(u) for u in ("01-001", "I-01", "D-01"))
    for number in range(5):
        wanted = builders.report(f"{builders.STREET}001Z00100{number % 2 + 1}", matter="06010")
        incident = worker.post("/api/v1/incidents", builders.report_json(wanted)).json["id"]
        intake.operate(incident, "file", 1)
        answer = dispatcher.operate(incident, "dispatch", 2, to="01-001")
        assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def phone(live: Live, chromium: Browser) -> Iterator[tuple[Page, BrowserContext]]:
    """A phone in the sample place with 01-001 logged in; fails on script errors and foreign requests."""
    prepare_tasks(live)
    context = chromium.new_context(
        viewport=PHONE,  # type: ignore[arg-type]
        device_scale_factor=2,
        has_touch=True,
        is_mobile=True,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        geolocation=PLACE,  # type: ignore[arg-type]
        permissions=["geolocation"],
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda m: wrong.append(m.text) if "Content Security Policy" in m.text else None,
    )
    page.on(
        "request",
        lambda r: (
            wrong.append(r.url) if not r.url.startswith((live.url, "data:", "blob:")) else None
        ),
    )
    live.login(page, "01-001")
    page.goto(f"{live.url}/field")
    page.wait_for_selector("[data-camera]")
    yield page, context
    context.close()
    assert not wrong, wrong


def test_report_in_three_taps(phone: tuple[Page, BrowserContext]) -> None:
    check_report(phone[0])


def test_offline_report_arrives_once(phone: tuple[Page, BrowserContext]) -> None:
    check_offline(*phone)


def test_two_tabs_send_once(phone: tuple[Page, BrowserContext]) -> None:
    check_two_tabs(*phone)


def test_server_trouble_keeps_records(phone: tuple[Page, BrowserContext]) -> None:
    check_server_trouble(*phone)


def test_task_from_accept_to_feedback(phone: tuple[Page, BrowserContext]) -> None:
    check_task(phone[0])


def test_offline_steps_arrive_in_order(phone: tuple[Page, BrowserContext]) -> None:
    check_offline_chain(*phone)


def test_conflict_is_shown_side_by_side(phone: tuple[Page, BrowserContext]) -> None:
    check_conflict(*phone)


def test_check_of_another_worker(phone: tuple[Page, BrowserContext], live: Any) -> None:
    page, context = phone
    browser = context.browser
    assert browser is not None
    others = {}
    for username in ("I-01", "D-01", "01-002"):
        others[username] = browser.new_context(viewport=PHONE, has_touch=True).new_page()  # type: ignore[arg-type]
        live.login(others[username], username)
        others[username].goto(f"{live.url}/field")
    fresh = others["01-002"]
    case = handled_case(page, others["I-01"], others["D-01"], inside_own_area(fresh))
    fresh.goto(f"{live.url}/field")
    fresh.wait_for_selector(f'[data-task="{case}"]')
    check_checks(fresh, case)
    for each in others.values():
        each.context.close()


def test_search_by_pinyin(phone: tuple[Page, BrowserContext]) -> None:
    check_search(phone[0])


def test_targets_fit_a_thumb(phone: tuple[Page, BrowserContext]) -> None:
    check_touch(phone[0])


def test_axe_is_quiet(phone: tuple[Page, BrowserContext]) -> None:
    check_axe(phone[0])


def test_large_type(phone: tuple[Page, BrowserContext]) -> None:
    check_elder(phone[0])
