"""The catalogue that ships: whole, consistent, and bilingual."""

import csv
import re
from collections import Counter
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import pytest

import gridcenter.catalogue
from gridcenter import text
from gridcenter.deadlines.rules import ClockUnit

DATA = Path(gridcenter.catalogue.__file__).parent / "data"
SEVERITIES = {"simple", "general", "prominent", "major"}
CITY = "GB/T 47678.5-2026"


def rows(name):
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


MATTERS, KINDS = rows("matters"), rows("governance_kinds")
CONDITIONS, DEPARTMENTS, CHANNELS = (
    rows("filing_conditions"), rows("departments"), rows("channels"),
)  # fmt: skip
ITEMS = MATTERS + KINDS
BY_CODE = {row["code"]: row for row in ITEMS}


def conditions_of(code):
    return [row for row in CONDITIONS if row["item_code"] == code]


def test_97_matters_in_five_classes_with_the_gaps_of_the_standard():
    codes = [row["code"] for row in MATTERS]
    assert codes == sorted(set(codes))
    assert Counter(code[:2] for code in codes) == {"06": 51, "07": 7, "08": 16, "09": 21, "10": 2}
    last = {"06": 52, "07": 8, "08": 16, "09": 22, "10": 2}
    every = {f"{cls}{n:03}" for cls, top in last.items() for n in range(1, top + 1)}
    assert every - set(codes) == {"06031", "07005", "09007"}


@pytest.mark.parametrize(
    ("code", "name"),
    [("06001", "私搭乱建"), ("06052", "无障碍坡道破损"), ("07001", "非法小广告"),
     ("08016", "无证建设"), ("09012", "占用消防通道"), ("10002", "架空线缆脱落")],
)  # fmt: skip
def test_names_of_the_standard(code, name):
    assert BY_CODE[code]["name"] == name


def test_matters_say_where_they_come_from():
    assert {(row["scheme"], row["class_code"] == row["code"][:2]) for row in MATTERS} == {
        (CITY, True)
    }
    assert {row["source"] for row in MATTERS} == {"GB/T 47678.5-2026 附录C（转录，未经官方核对）"}


def test_governance_kinds_stand_beside_the_city_matters():
    assert {row["class_code"] for row in KINDS} == set("ABCDEFGH")
    for row in KINDS:
        assert re.fullmatch(r"[A-H][0-9]{2}", row["code"]) and row["code"][0] == row["class_code"]
        assert row["confidentiality"] == ("1" if row["class_code"] in "AF" else "0")
        assert row["scheme"] == "governance"


def test_classes_have_one_name():
    for code, group in groupby(ITEMS, key=lambda row: row["class_code"]):
        assert len({(row["class_name"], row["class_name_en"]) for row in group}) == 1, code


@pytest.mark.parametrize("row", ITEMS, ids=lambda row: row["code"])
def test_each_item_is_whole(row):
    assert row["severity"] in SEVERITIES
    assert row["default_department"] in {each["code"] for each in DEPARTMENTS}
    assert row["name"] == row["name"].strip() and row["name_en"][0].isupper()
    aliases = row["aliases"].split(";")
    assert aliases == [alias.strip() for alias in aliases] and all(aliases)
    assert len(set(aliases)) == len(aliases) and row["name"] not in aliases
    assert text.pinyin(row["name"]) and text.initials(row["name"])
    conditions = conditions_of(row["code"])
    assert [each["code"] for each in conditions] == [str(n + 1) for n in range(len(conditions))]
    assert [each["is_default"] for each in conditions].count("true") == 1


def test_names_are_unique_in_both_languages():
    for column in ("name", "name_en"):
        names = Counter(row[column] for row in ITEMS)
        assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("row", CONDITIONS, ids=lambda row: f"{row['item_code']}-{row['code']}")
def test_each_condition_is_whole(row):
    assert row["item_code"] in BY_CODE
    assert row["severity"] in SEVERITIES
    assert 0 < Decimal(row["limit_amount"]) <= 60 and ClockUnit(row["limit_unit"])
    assert row["evidence"] in {"", "near", "near;after"}
    for column in ("name", "name_en", "closing_condition", "closing_condition_en", "source"):
        assert row[column].strip()
    assert row["source"].endswith("请按当地规定修改")


def limits(code):
    return [(row["limit_amount"], row["limit_unit"]) for row in conditions_of(code)]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("06001", [("4", "work_hour"), ("7", "work_day"), ("20", "work_day")]),
        ("06010", [("4", "work_hour")]),
        ("06011", [("4", "work_hour"), ("2", "work_day")]),
        ("06012", [("2", "work_hour")]),
        ("06017", [("4", "work_hour"), ("5", "work_day")]),
        ("06025", [("15", "work_day")]),
    ],
)
def test_published_limits_are_kept(code, expected):
    assert limits(code) == expected
    assert all("公开样本" in row["source"] for row in conditions_of(code))


def test_a_blocked_fire_lane_has_two_conditions_with_two_limits():
    short, long = conditions_of("09012")
    assert short["name"] == "车辆滞留楼间通道"
    assert (short["limit_amount"], short["limit_unit"]) == ("2", "urgent_hour")
    assert short["severity"] == "prominent"
    assert long["name"] == "长期堵塞消防车通道"
    assert long["closing_condition"] != short["closing_condition"]


@pytest.mark.parametrize(
    ("code", "old"),
    [("06001", "01-01"), ("06010", "01-10"), ("07001", "02-01"), ("09009", "04-09")],
)
def test_old_codes_find_the_new_matter(code, old):
    assert old in BY_CODE[code]["aliases"].split(";")


def test_an_old_code_belongs_to_one_matter():
    old = [a for row in MATTERS for a in row["aliases"].split(";") if re.fullmatch(r"[\d-]+", a)]
    assert len(old) == 12 and len(set(old)) == 12


def test_departments_and_channels():
    assert 12 <= len(DEPARTMENTS) <= 15
    assert len({row["code"] for row in DEPARTMENTS}) == len(DEPARTMENTS)
    seen = set()
    for row in CHANNELS:  # parents come first, so that rows can be inserted in order
        assert row["parent"] in seen | {""} and row["name"] and row["name_en"]
        seen.add(row["code"])
    assert len(seen) == len(CHANNELS)
    assert {"grid_worker", "microgrid", "hotline_12345", "letter", "video", "sensor", "superior",
            "department", "resident", "media", "emergency", "desk"} <= seen  # fmt: skip
