"""``gridcenter areas``: check how the boundaries fit, mend them, set the tolerances."""

from __future__ import annotations

import json

import click

from gridcenter.cli_database import transaction
from gridcenter.cli_words import as_json, language, say, t
from gridcenter.settings import Settings

_SHOWN = 50


@click.group("areas", help=t("区域与边界", "Areas and their boundaries."))
def areas() -> None: ...


@areas.command(
    "check",
    help=t(
        "检查边界：重叠、空隙、细缝、越界、大小；有必须改的则退出码为 1",
        "Check boundaries: overlaps, gaps, slivers, sizes; exit 1 when something refuses.",
    ),
)
@click.option("--parent", help=t("只查这个区域的下级（代码）", "only below this area (code)"))
@as_json
@click.pass_obj
def areas_check(settings: Settings, parent: str | None, as_json: bool) -> None:
    from gridcenter.areas.fault_queries import fault_list
    from gridcenter.areas.inspection import inspect, parent_id_of

    with transaction(settings) as tx:
        id_ = parent_id_of(tx, parent) if parent else None
        done = inspect(tx, None if id_ is None else [id_])
        faults = fault_list(tx, id_, language())
    if as_json:
        click.echo(faults)
    else:
        listed = json.loads(faults)
        for fault in listed[:_SHOWN]:
            mark = "✗" if fault["severity"] == "refuse" else "·"
            click.echo(f"{mark} {fault['id']}\t{fault['sentence']}")
        if len(listed) > _SHOWN:
            more = len(listed) - _SHOWN
            say(f"另有 {more} 条，用 --json 看全部", f"{more} more; --json shows all")
    say(
        f"查了 {done.areas} 个区域，发现 {sum(done.by_kind.values())} 处，必须改的 {done.refusing} 处",
        f"{done.areas} areas checked, {sum(done.by_kind.values())} faults, {done.refusing} refuse",
    )
    if done.refusing:
        raise SystemExit(1)


@areas.command("repair", help=t("按建议修复一处问题", "Mend one fault as proposed."))
@click.argument("fault", type=int)
@click.option("--dry-run", is_flag=True, help=t("只显示会怎么改", "only show what would change"))
@click.pass_obj
def areas_repair(settings: Settings, fault: int, dry_run: bool) -> None:
    from gridcenter.actor import SYSTEM
    from gridcenter.areas.mending import propose, repair

    with transaction(settings, read_only=dry_run) as tx:
        done = propose(tx, fault) if dry_run else repair(tx, SYSTEM, fault)
    click.echo(done.as_json())


@areas.command(
    "set",
    help=t(
        "为区域及其下级设置容差或大小，如 topology '{\"edge_m\": 0.02}'",
        "Set tolerances or sizes for an area and all below, e.g. topology '{\"edge_m\": 0.02}'.",
    ),
)
@click.argument("area")
@click.argument("key", type=click.Choice(["topology", "sizes"]))
@click.argument("value")
@click.pass_obj
def areas_set(settings: Settings, area: str, key: str, value: str) -> None:
    from gridcenter.actor import SYSTEM
    from gridcenter.areas.area_settings import set_area_setting

    with transaction(settings) as tx:
        set_area_setting(tx, SYSTEM, area, key, value)
    say("已设置", "done")
