"""The command line ``bin/gridcenter``: it parses, calls one operation, prints; it holds no rule.

Operations are imported inside the commands, so that ``--help`` answers in half a second.
"""

from __future__ import annotations

import sys

import click

from gridcenter import (
    cli_areas,
    cli_data,
    cli_division,
    cli_import,
    cli_layers,
    cli_redraw,
    cli_run,
)
from gridcenter.cli_words import as_json, fail, give_json, say, speak, t
from gridcenter.settings import Settings


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help=t("网格指挥中心的命令行。", "The command line of gridcenter."),
)
@click.option("--lang", type=click.Choice(["zh", "en"]), help=t("语言", "language"))
@click.option("--debug", is_flag=True, help=t("出错时显示调用栈", "show tracebacks of errors"))
@click.pass_context
def cli(context: click.Context, lang: str | None, debug: bool) -> None:
    if lang:
        speak(lang)
    context.obj = Settings.from_environment()


@cli.group(help=t("数据库", "The database."))
def db() -> None: ...


@db.command("up", help=t("启动内置数据库并做好准备", "Start the embedded database, ready for use."))
@click.pass_obj
def db_up(settings: Settings) -> None:
    from gridcenter.cluster import ensure
    from gridcenter.provision import prepare_database

    if settings.embedded:
        now = ensure(settings)
        say(f"内置数据库已运行：{now.data_dir}", f"embedded database runs: {now.data_dir}")
    done = prepare_database(settings)
    for warning in done.warnings:
        say(*warning)
    say(f"数据库 {settings.database} 已就绪", f"database {settings.database} is ready")


@db.command("down", help=t("停止内置数据库", "Stop the embedded database."))
@click.pass_obj
def db_down(settings: Settings) -> None:
    from gridcenter.cluster import stop

    if not settings.embedded:
        say("使用的是已有服务器，未停止任何东西", "an existing server is used; nothing was stopped")
    elif stop(settings):
        say("内置数据库已停止", "the embedded database has stopped")
    else:
        say("内置数据库本来就没有运行", "the embedded database was not running")


@db.command("status", help=t("数据库状态", "What there is and whether it runs."))
@as_json
@click.pass_obj
def db_status(settings: Settings, as_json: bool) -> None:
    from gridcenter.provision import server_status

    found = server_status(settings)
    if as_json:
        give_json(found)
    else:
        for name, value in found.items():
            click.echo(f"{name:<12} {value}")
    if not found["running"]:
        raise SystemExit(1)


@db.command("upgrade", help=t("升级数据库结构", "Bring the database's structure up to date."))
@click.pass_obj
def db_upgrade(settings: Settings) -> None:
    from gridcenter.cli_up import upgrade_all

    upgrade_all(settings)
    say("数据库结构已是最新", "the database is up to date")


for command in (
    cli_areas.areas,
    *cli_run.COMMANDS,
    cli_import.import_command,
    *cli_data.COMMANDS,
    *cli_division.COMMANDS,
    *cli_layers.COMMANDS,
    *cli_redraw.COMMANDS,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line; any error becomes one sentence and an exit code."""
    try:
        code = cli.main(standalone_mode=False, prog_name="gridcenter")
    except (click.exceptions.Abort, KeyboardInterrupt):
        raise SystemExit(130) from None
    except Exception as error:  # the edge: whatever went wrong, a person reads one sentence
        if "--debug" in sys.argv:
            raise
        fail(error)
    raise SystemExit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
