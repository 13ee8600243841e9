"""The working calendar from a file: holidays and make-up days of a year, as the State Council announces them.

A CSV or Excel sheet has one row per day with the columns day, kind (holiday or make_up), name, name_en,
source; a JSON file is a list of such objects. A year counts as known once it has days, so a file that
does not hold the holidays of its whole year is refused: what it lacks would count as working days.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from gridcenter.actor import SYSTEM, act_as
from gridcenter.casework.waiting import promise
from gridcenter.database import Database
from gridcenter.deadlines.operations import Day, compare_days, set_days, stored_days
from importers.findings import Finding, Findings
from importers.headers import plain_header
from importers.tables import read_csv, read_excel

_HEADERS = {
    "day": ("day", "date", "日期"),
    "kind": ("kind", "type", "working", "类型", "安排"),
    "name": ("name", "holiday", "名称", "节日"),
    "name_en": ("nameen", "英文名称"),
    "source": ("source", "来源", "依据", "文号"),
}
_WORKING = {"makeup": True, "true": True, "调休上班": True, "上班": True, "补班": True}
_OFF = {"holiday": False, "false": False, "放假": False, "休息": False, "节假日": False}
_KINDS = {**_WORKING, **_OFF}
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T ]00:00:00)?")
# Days off by 全国年节及纪念日放假办法 whose date the moon does not move; with the others there are 13.
_FIXED = ((1, 1), (5, 1), (10, 1), (10, 2), (10, 3))
_FEWEST_OFF = 13


@dataclass(frozen=True)
class CalendarOutcome:
    """What the command shows. `promised` counts the cases that got the due time they had waited for.

    `written` is False after a dry run or a refusal; then the counts say what would happen.
    """

    file: str
    read: int
    writable: int
    refused: int
    new: int
    changed: int
    same: int
    promised: int
    written: bool
    findings: list[Finding]

    @property
    def refused_whole(self) -> bool:
        """True when the file as a whole is refused."""
        return self.writable == 0


def import_calendar(
    database: Database, path: Path, source: str | None = None, *, dry_run: bool = False
) -> CalendarOutcome:
    """Read, check and, unless `dry_run` or the file is refused, write the days and count the clocks
    that waited for them: one transaction for all. The same file twice changes nothing.

    `source` names the announcement for rows that do not (default: the file's name).
    """
    findings = Findings(path.name)
    rows = list(_rows(path, findings))
    days = _days(rows, source or path.name, findings)
    with database.transaction(read_only=dry_run) as tx:
        act_as(tx, SYSTEM)
        stored = stored_days(tx)
        _check_years(days, stored, findings)
        if findings.file_refused:
            days = {}
        chosen = list(days.values())
        write = bool(chosen) and not dry_run
        counts = set_days(tx, chosen) if write else compare_days(tx, chosen)
        promised = promise(tx) if write else 0
    refused = len(rows) if findings.file_refused else len(findings.refused_rows)
    return CalendarOutcome(
        file=path.name,
        read=len(rows),
        writable=len(chosen),
        refused=refused,
        new=counts.new,
        changed=counts.changed,
        same=counts.same,
        promised=promised,
        written=write,
        findings=list(findings),
    )


def _rows(path: Path, findings: Findings) -> Iterator[tuple[int, dict[str, str | None]]]:
    """(row number from 1, field → trimmed text or None); nothing after a finding that stops all."""
    if path.suffix.lower() == ".json":
        objects = _objects(path, findings)
    else:
        reader = read_excel if path.suffix.lower() == ".xlsx" else None
        raw = reader(path, None, {}, findings) if reader else read_csv(path, None, {}, findings, [])
        objects = [] if raw is None else list(_records(raw))
    known = {plain: field for field, plains in _HEADERS.items() for plain in plains}
    if objects and not any(known.get(plain_header(name)) == "day" for name in objects[0][1]):
        findings.add("field.required", field="day", count=len(objects))
        return
    for number, given in objects:
        row: dict[str, str | None] = dict.fromkeys(_HEADERS)
        for name, value in given.items():
            field = known.get(plain_header(str(name)))
            if field is not None and value is not None:
                row[field] = str(value).strip() or None
        yield number, row


def _records(raw: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, record in zip(raw.rows, raw.table.to_dict("records"), strict=True):
        yield int(number), record


def _objects(path: Path, findings: Findings) -> list[tuple[int, Mapping[str, Any]]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, ValueError) as error:
        findings.add("file.unreadable", value=str(error)[:200])
        return []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        findings.add("file.unreadable", value="[{day, kind, name, source}, …]")
        return []
    if not found:
        findings.add("file.empty", value=path.name)
    return list(enumerate(found, start=1))


def _days(
    rows: list[tuple[int, dict[str, str | None]]], source: str, findings: Findings
) -> dict[date, Day]:
    """The good days by date; a day said twice in the same way counts once."""
    days: dict[date, Day] = {}
    first: dict[date, int] = {}
    for number, row in rows:
        day = _date(row["day"])
        working = _KINDS.get(plain_header(row["kind"] or ""))
        if day is None:
            findings.add("calendar.day", row=number, field="day", value=row["day"] or "")
        elif working is None:
            findings.add("calendar.kind", row=number, field="kind", value=row["kind"] or "")
        elif working and day.weekday() < 5:
            findings.add("calendar.weekday", row=number, field="day", value=day.isoformat())
        elif day in days and days[day].working is not working:
            other = first[day]
            findings.add("calendar.twice", row=number, value=day.isoformat(), other=other)
        elif day not in days:
            first[day] = number
            days[day] = Day(day, working, row["name"], row["name_en"], row["source"] or source)
    return days


def _date(text: str | None) -> date | None:
    found = _DATE.fullmatch(text or "")
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _check_years(days: dict[date, Day], stored: dict[date, Day], findings: Findings) -> None:
    """Refuse the file when one of its years, with what is stored of it, is not a whole year's holidays."""
    for year in sorted({day.year for day in days}):
        both = {day: each for day, each in {**stored, **days}.items() if day.year == year}
        off = {day for day, each in both.items() if not each.working}
        lacking = [f"{year}-{m:02d}-{d:02d}" for m, d in _FIXED if date(year, m, d) not in off]
        if lacking or len(off) < _FEWEST_OFF:
            told = "、".join(lacking) or f"{len(off)} < {_FEWEST_OFF}"
            findings.add("calendar.incomplete", value=year, lacking=told, field="day")
        kept = len(both.keys() - days.keys())
        if kept:
            findings.add("calendar.kept", value=year, count_kept=kept, count=kept)
