"""Commands for redraw plans: which there are, what one would do, and the hour."""

from __future__ import annotations

from uuid import UUID

import click

from gridcenter.cli_database import open_database, transaction
from gridcenter.cli_words import as_json, give_json, say, t
from gridcenter.settings import Settings


@click.group("redraw", help=t("区划与网格调整", "Redraw plans of areas."))
def redraw() -> None: ...


@redraw.command("list", help=t("列出调整方案", "List the plans."))
@click.option("--state", help=t("状态", "state, e.g. approved"))
@as_json
@click.pass_obj
def redraw_list(settings: Settings, state: str | None, as_json: bool) -> None:
    import json

    from gridcenter.redraw.queries import PlanFilter, plan_list

    with transaction(settings, read_only=True) as tx:
        found = json.loads(plan_list(tx, PlanFilter(state=state, limit=200)))
    if as_json:
        give_json(found["items"])
        return
    for plan in found["items"]:
        hour = plan["applied_at"] or plan["effective_at"] or ""
        click.echo(f"{plan['id']}  {plan['state']:<9} {hour:<25} {plan['title']}")


@redraw.command("preview", help=t("预览方案的结果", "Show what a plan would do."))
@click.argument("plan", type=click.UUID)
@as_json
@click.pass_obj
def redraw_preview(settings: Settings, plan: UUID, as_json: bool) -> None:
    from gridcenter.redraw.preview import preview

    with transaction(settings, read_only=True) as tx:
        found = preview(tx, plan)
    if as_json:
        give_json(found)
        return
    for area in found["areas"]:
        m2, homes = area["area_m2"], area["households"]
        click.echo(
            f"{area['change']:<8} {area['code']:<20} {area['name']}"
            f"  m² {m2['before']} → {m2['after']}  户 {homes['before']} → {homes['after']}"
        )
    totals = found["totals"]
    say(
        f"换属：楼栋 {totals['buildings']}，户 {totals['households']}，"
        f"未结事件 {totals['open_incidents']}，责任分工 {totals['duties']}",
        f"moving: {totals['buildings']} buildings, {totals['households']} households, "
        f"{totals['open_incidents']} open incidents, {totals['duties']} duties",
    )
    for finding in found["findings"]:
        say(f"[{finding['severity']}] {finding['zh']}", f"[{finding['severity']}] {finding['en']}")


@redraw.command("apply", help=t("执行到点的方案", "Carry out the plans whose hour has come."))
@as_json
@click.pass_obj
def redraw_apply(settings: Settings, as_json: bool) -> None:
    from gridcenter.jobs import apply_due_plans

    with open_database(settings) as database:
        done = apply_due_plans(database, settings)
    if as_json:
        give_json(done)
        return
    for line in done:
        if line["done"]:
            say(f"方案 {line['plan']} 已生效", f"plan {line['plan']} is in effect")
        else:
            say(
                f"方案 {line['plan']} 与现状不符，已退回草拟",
                f"plan {line['plan']} no longer fits and is a draft again",
            )
    if not done:
        say("没有到点的方案", "no plan is due")


COMMANDS = (redraw,)
