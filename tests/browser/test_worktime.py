"""What is left of a limit in working time, in Chromium whose own clock is on the other side of the earth."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page

from gridcenter.deadlines.queries import calendar
from gridcenter.deadlines.rules import due
from gridcenter.settings import Settings
from tests.browser.conftest import Live, Pages, Watched, serve
from tests.browser.desk import filed, opened, ready, row, until, words

FOUR = re.compile(r"^剩[\s\u00a0](4 工作时|3 工作时)$")
Show = Callable[[Live, str, str], Watched]


@pytest.fixture
def show(pages: Pages) -> Show:
    """A page of an account in New York."""

    def open_it(live: Live, username: str, path: str) -> Watched:
        size = (390, 844) if path == "/field" else (1440, 900)
        return pages.open(live, username, path, *size, timezone_id="America/New_York")

    return open_it


def _held(live: Live) -> str:
    """A case that 01-001 has accepted, with four working hours left from now."""
    incident = filed(live)
    desk, worker = live.house.client("D-01"), live.house.client("01-001")
    assert desk.operate(incident, "dispatch", 2, to="01-001").status_code == 200
    assert worker.operate(incident, "accept", 3).status_code == 200
    with live.database.transaction() as tx:
        now = datetime.now(tx.zone)
        for year in (now.year, now.year + 1):
            tx.execute(
                "INSERT INTO calendar_day (day, working, source) VALUES (%(day)s, false, 'test')"
                " ON CONFLICT DO NOTHING",
                {"day": date(year, 1, 1)},
            )
        given = {"id": incident, "now": now, "due": due(now, 4, "work_hour", calendar(tx))}
        tx.execute(
            "UPDATE case_timer SET limit_amount = 4, limit_unit = 'work_hour', due_at = %(due)s"
            " WHERE case_id = %(id)s AND stage = 'handle' AND stopped_at IS NULL",
            given,
        )
        tx.execute(
            "UPDATE case_file SET due_at = %(due)s, limit_unit = 'work_hour', stage = 'handle',"
            " stage_started_at = %(now)s WHERE id = %(id)s",
            given,
        )
    return incident


def _plain(text: str) -> str:
    return text.replace("\u00a0", " ").strip()


def _queue_says(page: Page, incident: str) -> str:
    page.click('[data-tab="handle"]')
    return _plain(row(page, incident).locator(".queue-time").inner_text())


def test_desk_and_phone_say_working_hours(live: Live, show: Show) -> None:
    incident = _held(live)
    page = ready(show(live, "D-01", f"/desk/{incident}"))
    opened(page, incident)
    assert FOUR.match(_queue_says(page, incident))
    assert re.match(r"^处理剩 [34] 工作时，至.+ \d\d:\d\d$", _plain(words(page, "[data-chip]")))
    phone = show(live, "01-001", "/field").page
    until(phone, lambda: words(phone, ".queue-time"))
    left = phone.locator(".queue-time").first.inner_text().splitlines()[0]
    assert FOUR.match(_plain(left))


def test_pages_show_the_places_clock_not_the_browsers(live: Live, show: Show) -> None:
    page = show(live, "B-01", "/wall").page
    until(page, lambda: words(page, "[data-clock]"))
    hour = int(words(page, "[data-clock]").split(":")[0])
    here = datetime.now(live.house.settings.timezone)
    assert hour in (here.hour, (here.hour - 1) % 24)
    admin = show(live, "A-01", "/admin").page
    assert admin.evaluate("document.documentElement.dataset.zone") == "Asia/Shanghai"


@pytest.fixture
def unknown(settings: Settings, template_name: str, tmp_path: Path) -> Iterator[Live]:
    """A house in which nobody has imported any calendar."""
    house = serve(settings, template_name, tmp_path)
    live = next(house)
    with live.database.transaction() as tx:
        tx.execute("DELETE FROM calendar_day")
    yield live
    next(house, None)


def _bar(page: Page) -> str:
    return _plain(words(page, "[data-calendar-missing]"))


def test_a_missing_year_is_said_loudly_and_beside_the_clock(unknown: Live, show: Show) -> None:
    incident = filed(unknown, matter="06001")  # 4 working hours
    desk, worker = unknown.house.client("D-01"), unknown.house.client("01-001")
    assert desk.operate(incident, "dispatch", 2, to="01-001").status_code == 200
    assert worker.operate(incident, "accept", 3).status_code == 200
    year = datetime.now(unknown.house.settings.timezone).year
    watched = show(unknown, "D-01", f"/desk/{incident}")
    page = ready(watched)
    opened(page, incident)
    assert _bar(page).startswith(f"{year} 年工作日历未导入，不承诺 12月31日后的工作日时限")
    assert _queue_says(page, incident) == f"缺 {year} 年日历"
    assert _plain(words(page, "[data-chip]")) == f"{year} 年工作日历未导入"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert _bar(show(unknown, "A-01", "/admin").page).startswith(f"{year} 年工作日历未导入")
    assert _bar(show(unknown, "D-01", "/statistics").page) == ""
    assert watched.faults == []
