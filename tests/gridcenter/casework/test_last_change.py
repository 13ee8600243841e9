"""A version that is not the case's: the answer says who changed it, what and when, to each in their words."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from gridcenter.casework.last_change import _when, who_words
from tests.conftest import House
from tests.journeys.test_incident import filed_incident, reported_incident

ZONE = ZoneInfo("Asia/Shanghai")


def sentence(house: House, who: str, incident: str, version: int, language: str = "zh") -> str:
    """The detail of a 409 to a dispatch."""
    caller = house.client(who)
    caller.headers["Accept-Language"] = language
    answer = caller.operate(incident, "dispatch", version, to="01-002")
    assert answer.status_code == 409, answer.text
    return str(answer.json["detail"])


def test_a_stale_version_says_who_did_what_and_when(house: House) -> None:
    incident = filed_incident(house)
    assert house.client("Z-01").operate(incident, "dispatch", 2, to="01-001").status_code == 200
    told = sentence(house, "D-01", incident, 2)
    assert re.search(r"案件 \d{8}-\d{4} 已由值班长 Z-01 在 \d\d:\d\d 改动（派遣）", told), told
    english = sentence(house, "D-01", incident, 2, "en")
    assert re.search(r"was changed by duty officer Z-01, \d\d:\d\d \(Dispatch\)", english), english
    assert not re.search(r"[\u4e00-\u9fff]", english)


def test_the_own_change_is_called_so(house: House) -> None:
    incident = filed_incident(house)
    assert house.client("D-01").operate(incident, "dispatch", 2, to="01-001").status_code == 200
    assert "您自己在" in sentence(house, "D-01", incident, 2)
    assert "you changed case" in sentence(house, "D-01", incident, 2, "en")


def test_a_version_that_does_not_exist_is_called_wrong(house: House) -> None:
    incident = filed_incident(house)
    assert "现在是第 2 版，没有第 9 版" in sentence(house, "D-01", incident, 9)
    assert "there is no version 9" in sentence(house, "D-01", incident, 9, "en")


def test_a_report_is_named_too(house: House) -> None:
    incident = reported_incident(house)
    refused = house.client("I-01").operate(incident, "file", 2)
    assert "现在是第 1 版，没有第 2 版" in refused.json["detail"]


@pytest.mark.parametrize(
    ("post", "who", "zh", "en"),
    [
        ("intake", "受理员 I-01", "受理员 I-01", "intake I-01"),
        ("grid_worker", "01-001", "网格员 01-001", "grid worker 01-001"),
        ("handler", "环卫所", "承办部门 环卫所", "department 环卫所"),
        (None, None, "系统", "the system"),
    ],
)
def test_people_are_post_and_id(post: str | None, who: str | None, zh: str, en: str) -> None:
    assert who_words(post, who) == (zh, en)


def test_times_carry_their_day_unless_it_is_today() -> None:
    now = datetime(2026, 11, 28, 19, 30, tzinfo=ZONE)
    assert _when(datetime(2026, 11, 28, 9, 5, tzinfo=ZONE), now) == ("09:05", "09:05")
    assert _when(datetime(2026, 11, 20, 9, 5, tzinfo=ZONE), now) == (
        "11月20日 09:05",
        "20 Nov 09:05",
    )
    assert _when(datetime(2025, 11, 20, 9, 5, tzinfo=ZONE), now).zh == "2025-11-20 09:05"
