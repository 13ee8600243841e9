"""``gridcenter import``: a file goes in, findings come out; a refused file stores nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from gridcenter.cli_calendar import import_calendar
from gridcenter.cli_database import open_database
from gridcenter.cli_findings import check_writable, tell_findings, write_report
from gridcenter.cli_words import as_json, bars, give_json, say, t
from gridcenter.errors import InvalidInput
from gridcenter.settings import Settings

if TYPE_CHECKING:
    from gridcenter.database import Database
    from importers.command import ImportCommand
    from importers.operations import Outcome

_KINDS = {
    "areas": ("导入区域边界", "Import areas."),
    "buildings": ("导入楼栋", "Import buildings."),
    "workers": ("导入网格员与责任", "Import grid workers and their duties."),
    "incidents": ("导入历史事件", "Import past incidents."),
    "reference": ("导入道路、水系、围墙、地点", "Import roads, water, walls, places."),
}


@click.group(
    "import",
    help=t("导入文件：区域、楼栋、网格员、事件、工作日历", "Import files: areas, buildings, …"),
)
def import_command() -> None: ...


def _known_encoding(_: click.Context, option: click.Parameter, given: str | None) -> str | None:
    """The encoding as it was given. Raises BadParameter for one that nobody knows."""
    from importers.encodings import canonical

    if given is not None and canonical(given) is None:
        raise click.BadParameter(
            t(
                f"没有文字编码 {given}，常用 utf-8、gb18030",
                f"there is no text encoding {given}; common ones are utf-8 and gb18030",
            ),
            param=option,
        )
    return given


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that all four kinds share, in the order of the help."""
    path = click.Path(exists=True, path_type=Path)
    report = click.Path(dir_okay=False, writable=True, path_type=Path)
    for option in reversed(
        (
            click.argument("file", type=path),
            click.option("--layer", help=t("图层名", "layer of the file")),
            click.option("--level", help=t("层级（区域必填）", "level (needed for areas)")),
            click.option("--parent", help=t("上级编码", "code of the parent area")),
            click.option("--datum", help=t("坐标系，如 wgs84、gcj02", "datum of the file")),
            click.option(
                "--encoding",
                callback=_known_encoding,
                help=t("文字编码，如 gb18030", "text encoding, e.g. gb18030"),
            ),
            click.option(
                "--map",
                "mapped",
                multiple=True,
                metavar="FIELD=COLUMN",
                help=t("字段对应的列，可多次", "column of a field; may be repeated"),
            ),
            click.option("--into", help=t("参考图层：road water wall poi", "reference layer")),
            click.option("--mapping", help=t("用保存的对应", "use a saved mapping")),
            click.option("--save-mapping", help=t("把这次的对应存为", "save this mapping as")),
            click.option("--dry-run", is_flag=True, help=t("只检查，不写入", "check only")),
            click.option(
                "--report", type=report, help=t("把问题清单写入 .csv 或 .json", "write findings")
            ),
            as_json,
        )
    ):
        command = option(command)
    return click.pass_obj(command)


def _declare(kind: str, help_text: str) -> None:
    """Add the command of one kind to the group."""

    @import_command.command(kind, help=help_text)
    @_options
    def command(settings: Settings, **given: Any) -> None:
        _import(settings, kind, **given)


for _kind, _help in _KINDS.items():
    _declare(_kind, t(*_help))


def _import(
    settings: Settings,
    kind: str,
    *,
    file: Path,
    level: str | None,
    mapped: tuple[str, ...],
    mapping: str | None,
    save_mapping: str | None,
    dry_run: bool,
    report: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    from gridcenter.actor import SYSTEM
    from importers.command import ImportCommand
    from importers.kinds import Kind
    from importers.operations import run_import

    command = ImportCommand(
        kind=Kind(kind), path=file, level=_level(level), columns=_columns(mapped), **options
    )
    if report:
        check_writable(report)
    with open_database(settings) as database, bars() as progress:
        if mapping:
            command = _with_mapping(database, command, mapping)
        outcome = run_import(
            database,
            SYSTEM,
            command,
            dry_run=dry_run,
            progress=lambda step, share: progress(step, round(share * 100), 100),
        )
        if save_mapping and outcome.batch:
            _save(database, outcome.batch, save_mapping)
    if as_json:
        give_json(asdict(outcome))
    else:
        _tell(outcome, dry_run)
    if report:
        write_report(report, outcome.findings)
    nothing = outcome.writable == 0 and outcome.read > 0
    if outcome.refused_whole or nothing or (outcome.applied is None and not dry_run):
        raise SystemExit(2)


def _with_mapping(database: Database, command: ImportCommand, name: str) -> ImportCommand:
    from gridcenter.actor import SYSTEM, act_as
    from importers.saved import with_mapping

    with database.transaction(read_only=True) as tx:
        act_as(tx, SYSTEM)
        return with_mapping(tx, command, name)


def _save(database: Database, batch: UUID, name: str) -> None:
    from gridcenter.actor import SYSTEM, act_as
    from importers.saved import save_mapping

    with database.transaction() as tx:
        act_as(tx, SYSTEM)
        save_mapping(tx, SYSTEM, batch, name)


import_command.add_command(import_calendar)


@import_command.command("list", help=t("列出导入过的批次", "List the batches."))
@as_json
@click.pass_obj
def list_batches(settings: Settings, as_json: bool) -> None:
    from gridcenter.actor import SYSTEM, act_as
    from importers.queries import batch_list

    with open_database(settings) as database, database.transaction(read_only=True) as tx:
        act_as(tx, SYSTEM)
        batches = json.loads(batch_list(tx))["items"]
    if as_json:
        give_json(batches)
        return
    for batch in batches:
        written = "" if batch["rows_written"] is None else batch["rows_written"]
        click.echo(
            f"{batch['id']}\t{batch['staged_at'][:16]}\t{batch['kind']}\t{batch['state']}"
            f"\t{written}\t{batch['file']}"
        )


@import_command.command(
    "undo", help=t("撤销一批：恢复到导入以前", "Take a batch back: as it was before the import.")
)
@click.argument("batch", type=click.UUID)
@click.pass_obj
def undo_batch(settings: Settings, batch: UUID) -> None:
    from gridcenter.actor import SYSTEM, act_as
    from importers.undoing import undo

    with open_database(settings) as database, database.transaction() as tx:
        act_as(tx, SYSTEM)
        undo(tx, SYSTEM, batch, settings.timezone)
    say("已撤销，恢复到导入以前", "undone: all is as it was before the import")


@import_command.command("mappings", help=t("列出保存的对应", "List the saved mappings."))
@as_json
@click.pass_obj
def list_mappings(settings: Settings, as_json: bool) -> None:
    from gridcenter.actor import SYSTEM, act_as
    from importers.saved import saved_mappings

    with open_database(settings) as database, database.transaction(read_only=True) as tx:
        act_as(tx, SYSTEM)
        found = saved_mappings(tx)
    if as_json:
        give_json(found)
        return
    for each in found:
        pairs = ", ".join(f"{f}={c}" for f, c in each["options"]["columns"].items() if c)
        click.echo(f"{each['name']}\t{each['kind']}\t{pairs}")


def _level(given: str | None) -> Any:
    """The level of that name. Raises InvalidInput with the names there are."""
    from gridcenter.codes import Level

    if given is None:
        return None
    try:
        return Level(given)
    except ValueError as error:
        names = ", ".join(level.value for level in Level)
        raise InvalidInput.of(
            "level",
            "unknown_level",
            f"没有层级 {given}，可用：{names}",
            f"There is no level {given}; choose from {names}",
        ) from error


def _columns(mapped: tuple[str, ...]) -> dict[str, str]:
    """field → column from FIELD=COLUMN words. Raises InvalidInput for a word without both."""
    found = {}
    for word in mapped:
        name, equals, column = word.partition("=")
        if not (name and equals and column):
            raise InvalidInput.of(
                "map",
                "bad_map",
                f"--map 要写成 字段=列名，而不是 {word}",
                f"--map is written FIELD=COLUMN, not {word}",
            )
        found[name.strip()] = column.strip()
    return found


def _tell(outcome: Outcome, dry_run: bool) -> None:
    """Say what was found and done; the first findings, then how many more there are."""
    tell_findings(outcome.findings)
    if outcome.refused_whole:
        say("整个文件没有导入，未写入任何数据", "the whole file was refused; nothing was stored")
    elif outcome.applied is None and not dry_run:
        say(
            f"没有可写入的行：{outcome.read} 行全部拒绝，未写入任何数据",
            f"no row can be written: all {outcome.read} were refused; nothing was stored",
        )
    elif outcome.applied is None:
        say(
            f"检查完毕，未写入：{outcome.read} 行，可写入 {outcome.writable}，"
            f"拒绝 {outcome.refused}",
            f"checked: {outcome.read} rows, {outcome.writable} may be written,"
            f" {outcome.refused} refused; nothing was stored",
        )
    else:
        done = outcome.applied
        say(
            f"{outcome.read} 行：新增 {done.new}，更改 {done.changed}，相同 {done.same}，"
            f"拒绝 {outcome.refused}",
            f"{outcome.read} rows: {done.new} new, {done.changed} changed, {done.same} the same,"
            f" {outcome.refused} refused",
        )
