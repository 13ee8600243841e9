"""The administrators' page: an account in three clicks, posts, duties and log-ins, only what is theirs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import builders
from tests.browser.conftest import STILL, Live, Watched
from tests.browser.test_field import until

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
GRID = f"{builders.STREET}001Z001"
OpenPage = Callable[..., Watched]


def clean(watched: Watched) -> None:
    """No console error, no foreign request, nothing serious for assistive technology."""
    page = watched.page
    until(page, lambda: page.evaluate(STILL))  # contrast is measured when colours have changed
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa']})")
    serious = [
        (v["id"], [n["target"] for n in v["nodes"]][:3])
        for v in found["violations"]
        if v["impact"] in ("serious", "critical")
    ]
    assert serious == []
    assert watched.faults == []


def tabs_of(page: Page) -> list[str]:
    """The names of the tabs of the page."""
    page.locator("[data-tabs] [role=tab]").first.wait_for()
    return page.locator("[data-tabs] [role=tab]").all_inner_texts()


def row_of(page: Page, words: str) -> Any:
    """The table's row that holds these words."""
    return page.locator("tbody tr", has_text=words).first


def test_a_new_account_takes_three_clicks_and_shows_its_password_once(
    open_page: OpenPage, live: Live
) -> None:
    watched = open_page("A-01", "/admin")
    page = watched.page
    assert tabs_of(page) == ["账号", "网格员", "责任分工", "部门"]
    page.get_by_role("button", name="新建账号").click()
    page.locator("input[name=username]").fill("D 01")
    page.locator("form button[type=submit]").click()
    expect(page.locator(".field-error")).to_contain_text("不含空格")
    page.locator("input[name=username]").fill("D-55")
    page.locator("form button[type=submit]").click()
    password = page.locator(".admin-password output")
    expect(password).to_have_text(re.compile(r"^(\w{4}-){2}\w{4}$"))
    expect(page.locator("tbody tr[aria-selected=true]")).to_contain_text("D-55")
    clean(watched)
    with live.database.transaction() as tx:
        assert tx.scalar("SELECT count(*) FROM account WHERE username = 'D-55'") == 1


def test_the_security_administrator_posts_and_ends_log_ins(open_page: OpenPage, live: Live) -> None:
    worker = live.house.client("01-003")
    watched = open_page("Q-01", "/admin")
    page = watched.page
    assert tabs_of(page) == ["账号", "登录记录"]
    assert page.get_by_role("button", name="新建账号").count() == 0
    row_of(page, "I-01").click()
    page.locator("select[name=post]").select_option("dispatcher")
    page.locator("input[name=area]").fill("nowhere")
    page.locator("form button[type=submit]").click()
    expect(page.locator("[data-field=area] .field-error")).to_contain_text("nowhere")
    page.locator("input[name=area]").fill(builders.STREET)
    page.locator("form button[type=submit]").click()
    expect(page.locator(".admin-posts li")).to_have_count(2)
    clean(watched)
    page.get_by_role("tab", name="登录记录").click()
    row_of(page, "01-003").click()
    page.get_by_role("button", name="结束这次登录…").click()
    page.locator("dialog").get_by_role("button", name="结束登录").click()
    expect(row_of(page, "01-003")).to_have_count(0)
    assert worker.get("/api/v1/sessions/current").status_code == 401
    assert watched.faults == []


def test_the_audit_administrator_reads_and_changes_nothing(open_page: OpenPage) -> None:
    watched = open_page("J-01", "/admin#events")
    page = watched.page
    assert tabs_of(page) == ["账号", "审计记录"]
    page.locator("tbody tr").first.click()
    expect(page.locator("[data-side] h2")).to_be_visible()
    assert page.locator("[data-side] button, [data-side] form").count() == 0
    clean(watched)


def test_a_deputy_is_set_from_the_worker(open_page: OpenPage, live: Live) -> None:
    watched = open_page("A-01", "/admin#workers")
    page = watched.page
    row_of(page, "01-002").click()
    page.locator("form input[name=area]").fill(GRID)
    page.locator("form select[name=kind]").select_option("deputy")
    page.locator("form button[type=submit]").click()
    expect(page.locator(".admin-posts")).to_contain_text("第 1 代理人")
    clean(watched)
    with live.database.transaction() as tx:
        assert tx.scalar("SELECT count(*) FROM duty WHERE kind = 'deputy'") == 1


def test_others_have_no_such_page(open_page: OpenPage) -> None:
    watched = open_page("D-01", "/admin")
    assert watched.page.locator("[data-admin]").count() == 0
    expect(watched.page.locator("h1")).to_contain_text("没有找到")
