"""Commands that run the product: up, serve, worker, assets, doctor."""

from __future__ import annotations

from pathlib import Path

import click

from gridcenter.cli_words import as_json, give_json, language, say, t
from gridcenter.settings import Settings


@click.command("up", help=t("启动全部：数据库、网页、推送、后台任务", "Start everything."))
@click.option("--empty", is_flag=True, help=t("不载入示例", "do not load the sample"))
@click.option("--setup-only", is_flag=True, help=t("只做准备，不启动网页", "prepare, do not serve"))
@click.pass_obj
def up(settings: Settings, empty: bool, setup_only: bool) -> None:
    from gridcenter.cli_up import run_all

    run_all(settings, empty=empty, setup_only=setup_only)


@click.command("serve", help=t("运行网页与实时推送", "Run the web and stream servers."))
@click.option(
    "--only", type=click.Choice(["web", "stream"]), help=t("只运行其中一个", "one of them only")
)
@click.pass_obj
def serve(settings: Settings, only: str | None) -> None:
    from gridcenter.serving import programs, supervise

    known = programs(settings)
    chosen = [known[only]] if only else [known["web"], known["stream"]]
    supervise(settings, chosen, say)


@click.command("worker", help=t("运行后台任务", "Run the job worker."))
@click.pass_obj
def worker(settings: Settings) -> None:
    from gridcenter import jobs

    jobs.run(settings)


@click.group("assets", help=t("前端库与译文", "Browser libraries and translations."))
def assets() -> None: ...


@assets.command(
    "build",
    help=t("从 node_modules 复制前端库，编译译文", "Copy browser libraries, compile translations."),
)
@click.option(
    "--packages",
    type=click.Path(file_okay=False, path_type=Path),
    help=t("npm 包目录，默认 node_modules", "folder of npm packages, default node_modules"),
)
@as_json
@click.pass_obj
def assets_build(settings: Settings, packages: Path | None, as_json: bool) -> None:
    from dashboards.assets import build, compile_translations

    manifest = build(packages or settings.root / "node_modules")
    catalogues = compile_translations()
    if as_json:
        give_json(manifest)
        return
    count = len(manifest["libraries"])
    say(
        f"前端库 {count} 个已就位，译文 {catalogues} 份已编译",
        f"{count} browser libraries are in place, {catalogues} translations compiled",
    )


@click.command("doctor", help=t("检查这台机器与数据库", "Check this machine and its database."))
@as_json
@click.pass_obj
def doctor(settings: Settings, as_json: bool) -> None:
    from gridcenter.doctor import examine

    checks = examine(settings)
    if as_json:
        give_json([check.as_dict(language()) for check in checks])
    else:
        marks = {"ok": "✓", "warning": "!", "failed": "✗"}
        for check in checks:
            click.echo(f"{marks[check.state]} {check.sentence.in_locale(language())}")
    if any(check.state == "failed" for check in checks):
        raise SystemExit(1)


COMMANDS = (up, serve, worker, assets, doctor)
