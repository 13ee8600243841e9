"""``gridcenter import calendar``: the holidays and make-up days of a year go in."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridcenter.cli_database import open_database
from gridcenter.cli_findings import check_writable, tell_findings, write_report
from gridcenter.cli_words import as_json, give_json, say, t
from gridcenter.settings import Settings

if TYPE_CHECKING:
    from importers.calendar import CalendarOutcome


@click.command(
    "calendar",
    help=t(
        "导入一年的放假和调休（CSV、Excel、JSON：day, kind, name, source）",
        "Import the holidays and make-up days of a year (CSV, Excel, JSON: day, kind, name, source).",
    ),
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", help=t("来源，如放假通知的文号", "source, as the number of the notice"))
@click.option("--dry-run", is_flag=True, help=t("只检查，不写入", "check only"))
@click.option(
    "--report",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help=t("把问题清单写入 .csv 或 .json", "write findings"),
)
@as_json
@click.pass_obj
def import_calendar(
    settings: Settings,
    file: Path,
    source: str | None,
    dry_run: bool,
    report: Path | None,
    as_json: bool,
) -> None:
    from importers import calendar

    if report:
        check_writable(report)
    with open_database(settings) as database:
        outcome = calendar.import_calendar(database, file, source, dry_run=dry_run)
    if as_json:
        give_json(asdict(outcome))
    else:
        tell_findings(outcome.findings)
        _tell(outcome)
    if report:
        write_report(report, outcome.findings)
    if outcome.refused_whole:
        raise SystemExit(2)


def _tell(outcome: CalendarOutcome) -> None:
    if outcome.refused_whole:
        say("整个文件没有导入，未写入任何数据", "the whole file was refused; nothing was stored")
        return
    counts = (
        f"{outcome.read} 行：新增 {outcome.new} 天，更改 {outcome.changed}，相同 {outcome.same}，"
        f"拒绝 {outcome.refused}",
        f"{outcome.read} rows: {outcome.new} days new, {outcome.changed} changed,"
        f" {outcome.same} the same, {outcome.refused} refused",
    )
    if not outcome.written:
        say(f"检查完毕，未写入：{counts[0]}", f"checked, nothing was stored: {counts[1]}")
        return
    say(*counts)
    say(
        f"{outcome.promised} 件等待日历的案件已算出到期时间",
        f"{outcome.promised} cases that waited for the calendar have their due time now",
    )
