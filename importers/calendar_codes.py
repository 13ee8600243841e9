"""Kinds of findings about the working calendar of a year."""

from __future__ import annotations

from importers.finding_kinds import FILE_REFUSED, NOT_WRITTEN, STORED_CHECK, Code, R, W

CALENDAR_CODES: dict[str, Code] = {
    "calendar.day": Code(
        R,
        "日期读不出：“{value}”，要写成 2027-01-01",
        "unreadable day {value!r}: write it as 2027-01-01",
        *NOT_WRITTEN,
        title=("日期读不出", "unreadable day"),
    ),
    "calendar.kind": Code(
        R,
        "类型“{value}”不认识，要写 holiday（放假）或 make_up（调休上班）",
        "unknown kind {value!r}: holiday or make_up",
        *NOT_WRITTEN,
        title=("类型不认识", "unknown kind"),
    ),
    "calendar.twice": Code(
        R,
        "{value} 与第 {other} 行说法不同",
        "{value} is said otherwise in row {other}",
        *NOT_WRITTEN,
        title=("同一天有两种说法", "two rows say different things of one day"),
    ),
    "calendar.weekday": Code(
        R,
        "{value} 本是工作日，不用调休上班，请核对日期",
        "{value} is a working day anyway; check the date",
        *NOT_WRITTEN,
        title=("调休上班落在工作日", "a make-up day on a working day"),
    ),
    "calendar.incomplete": Code(
        R,
        "{value} 年不像全年的放假安排：{lacking}",
        "this is not the whole of {value}: {lacking}",
        *FILE_REFUSED,
        title=("不是全年的放假安排", "not the holidays of a whole year"),
    ),
    "calendar.kept": Code(
        W,
        "库里有 {count_kept} 天是文件没有的，照旧算数",
        "{count_kept} stored days are not in the file and still hold",
        *STORED_CHECK,
        title=("库里有文件没有的日子", "stored days that the file does not have"),
    ),
}
