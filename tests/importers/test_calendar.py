"""A year's holidays come from a file: whole or not at all, and twice is once. The days are made up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from gridcenter.database import Transaction
from gridcenter.deadlines.queries import calendar
from gridcenter.incidents.detail import incident_detail
from importers.calendar import CalendarOutcome, import_calendar
from tests.builders import STREET
from tests.conftest import close, make_copy
from tests.gridcenter.statistics.place import Place, at
from tests.importers.conftest import OneTransaction

OFF = [
    *[f"2027-01-{n:02d}" for n in (1, 2, 3)],
    *[f"2027-02-{n:02d}" for n in (5, 6, 7, 8, 9)],
    "2027-05-01", "2027-05-02", "2027-10-01", "2027-10-02", "2027-10-03",
]  # fmt: skip
MADE_UP = "2027-01-09"


def _lines(days: list[str] = OFF, *more: str) -> str:
    return "\n".join(
        ["day,kind,name", *[f"{day},holiday,假" for day in days], f"{MADE_UP},make_up,班", *more]
    )


def _file(folder: Path, text: str, name: str = "2027.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _bring(database: OneTransaction, path: Path, **options: Any) -> CalendarOutcome:
    return import_calendar(database, path, **options)


def _codes(outcome: CalendarOutcome) -> list[tuple[int | None, str]]:
    return [(f.row, f.code) for f in outcome.findings]


def test_a_whole_year_goes_in_once(
    database: OneTransaction, tx: Transaction, tmp_path: Path
) -> None:
    path = _file(tmp_path, _lines())
    assert 2027 not in calendar(tx).years
    first = _bring(database, path, source="通知")
    assert (first.new, first.changed, first.same, first.refused) == (14, 0, 0, 0)
    assert first.written and first.findings == []
    known = calendar(tx)
    assert 2027 in known.years
    assert not known.is_working(datetime(2027, 1, 1).date())
    assert known.is_working(datetime(2027, 1, 9).date())
    assert tx.scalar("SELECT DISTINCT source FROM calendar_day WHERE day >= '2027-01-01'") == "通知"
    again = _bring(database, path, source="通知")
    assert (again.new, again.changed, again.same) == (0, 0, 14)


def test_a_dry_run_tells_and_writes_nothing(
    database: OneTransaction, tx: Transaction, tmp_path: Path
) -> None:
    told = _bring(database, _file(tmp_path, _lines()), dry_run=True)
    assert (told.new, told.written) == (14, False)
    assert 2027 not in calendar(tx).years


@pytest.mark.parametrize(
    ("days", "lacking"),
    [(OFF[:-1], "2027-10-03"), (OFF[1:], "2027-01-01"), ([*OFF[:7], *OFF[8:]], "12 < 13")],
)
def test_a_part_of_a_year_is_refused_as_a_whole(
    database: OneTransaction, tx: Transaction, tmp_path: Path, days: list[str], lacking: str
) -> None:
    outcome = _bring(database, _file(tmp_path, _lines(days)))
    assert _codes(outcome) == [(None, "calendar.incomplete")]
    assert lacking in outcome.findings[0].zh
    assert outcome.refused_whole and not outcome.written
    assert 2027 not in calendar(tx).years


def test_wrong_rows_are_told_and_left_out(database: OneTransaction, tmp_path: Path) -> None:
    more = (
        "2027-02-30,holiday,", "3月1日,holiday,", "2027-03-02,free,", "2027-03-03,make_up,",
        "2027-01-01,holiday,再说一遍", f"{MADE_UP},holiday,",
    )  # fmt: skip
    outcome = _bring(database, _file(tmp_path, _lines(OFF, *more)))
    assert _codes(outcome) == [
        (15, "calendar.day"), (16, "calendar.day"), (17, "calendar.kind"),
        (18, "calendar.weekday"), (20, "calendar.twice"),
    ]  # fmt: skip
    assert (outcome.read, outcome.writable, outcome.refused) == (20, 14, 5)
    assert outcome.written


def test_a_correction_changes_its_day_and_names_what_stays(
    database: OneTransaction, tx: Transaction, tmp_path: Path
) -> None:
    _bring(database, _file(tmp_path, _lines()), source="通知")
    text = f"日期,类型,名称,来源\n2027年1月2日,调休上班,班,更正\n{MADE_UP},放假,假,更正\n2027/2/10,放假,假,更正"
    outcome = _bring(database, _file(tmp_path, text, "correction.csv"))
    assert (outcome.new, outcome.changed, outcome.same) == (1, 2, 0)
    assert _codes(outcome) == [(None, "calendar.kept")]
    assert outcome.findings[0].count == 12
    assert calendar(tx).is_working(datetime(2027, 1, 2).date())


def test_json_and_excel_say_the_same(database: OneTransaction, tmp_path: Path) -> None:
    rows = [{"day": d, "kind": "holiday", "name": "假"} for d in OFF]
    rows.append({"day": MADE_UP, "kind": "make_up", "name": "班"})
    _bring(database, _file(tmp_path, _lines()), source="通知")
    as_json = _file(tmp_path, json.dumps(rows), "2027.json")
    assert _bring(database, as_json, source="通知").same == 14
    book = openpyxl.Workbook()
    book.active.append(["日期", "类型", "名称"])
    for row in rows:
        book.active.append([datetime.fromisoformat(row["day"]), row["kind"], row["name"]])
    book.save(tmp_path / "2027.xlsx")
    assert _bring(database, tmp_path / "2027.xlsx", source="通知").same == 14


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("a.csv", "", "file.empty"),
        ("a.csv", "when,what\n2027-01-01,holiday", "field.required"),
        ("a.json", "{", "file.unreadable"),
        ("a.json", '{"day": "2027-01-01"}', "file.unreadable"),
        ("a.json", "[]", "file.empty"),
        ("a.xlsx", "no workbook", "file.unreadable"),
    ],
)
def test_what_is_no_calendar_is_refused(
    database: OneTransaction, tmp_path: Path, name: str, text: str, code: str
) -> None:
    outcome = _bring(database, _file(tmp_path, text, name))
    assert _codes(outcome) == [(None, code)]
    assert outcome.refused_whole


@pytest.fixture
def place(settings: Any, template_name: str) -> Iterator[Place]:
    made = make_copy(settings, template_name)
    yield Place.of(made)
    close(made)


def test_the_cases_that_waited_get_their_due_time(place: Place, tmp_path: Path) -> None:
    filed = at("2026-12-10 10:00")
    case = place.report("01-001", f"{STREET}001Z001001", filed - timedelta(minutes=9))
    place.do("I-01", case, "file", filed, filing_condition="3")  # 20 working days
    assert import_calendar(place.owner, _file(tmp_path, _lines())).promised == 1
    with place.acting("D-01") as tx:
        item = incident_detail(tx, place.actor("D-01"), case, "zh")
    # 15 working days to the end of December, five from 4 to 8 January.
    assert datetime.fromisoformat(item["close_due_at"]) == at("2027-01-08 16:00")
    assert import_calendar(place.owner, _file(tmp_path, _lines())).promised == 0
