"""The command ``gridcenter division``: proposals for dividing an area, compared by measures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridcenter.cli_database import transaction
from gridcenter.cli_words import as_json, give_json, language, say, t
from gridcenter.errors import InvalidInput
from gridcenter.settings import Settings

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from gridcenter.redraw.division.proposing import Planned


@click.group("division", help=t("划分网格", "Divide areas."))
def division() -> None: ...


@division.command(
    "propose",
    help=t(
        "按户数把社区划成网格、把网格划成微网格：给出几个方案，楼栋不切开",
        "Propose grids of a community or micro-grids of a grid by households; no building is cut.",
    ),
)
@click.option("--parent", required=True, help=t("要划分的区域代码", "code of the area to divide"))
@click.option("--level", type=click.Choice(["grid", "microgrid"]), required=True)
@click.option(
    "--households",
    type=click.IntRange(1, 1_000_000),
    nargs=2,
    required=True,
    metavar="MIN MAX",
    help=t("每个区域的户数下限和上限", "least and most households of an area"),
)
@click.option("--seed", type=int, default=1, show_default=True, help=t("随机种子", "seed"))
@click.option("--proposals", type=click.IntRange(1, 8), default=3, show_default=True)
@click.option(
    "--time-limit",
    type=click.FloatRange(0.1, 3600),
    default=20.0,
    show_default=True,
    help=t("秒", "seconds"),
)
@click.option("--lock", multiple=True, help=t("保持不变的区域代码", "code of an area to keep"))
@click.option(
    "--whole-microgrids/--cut-microgrids",
    default=None,
    help=t(
        "划网格时不拆开 / 可拆开现有微网格；不写则可信时不拆",
        "grids: keep the micro-grids of today whole, or cut them; else whole where they can be trusted",
    ),
)
@click.option(
    "--lines",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=t(
        "边界要沿的线的矢量文件；不给则用已导入的道路、水系、围墙",
        "file of lines for borders to follow; else the imported roads, water and walls",
    ),
)
@click.option("--choose", type=click.IntRange(1), default=1, show_default=True)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help=t("把所选方案写成 GeoJSON", "write the chosen proposal as GeoJSON"),
)
@click.option("--plan", help=t("用所选方案新建调整方案的名称", "make a redraw plan of this title"))
@as_json
@click.pass_obj
def propose(
    settings: Settings,
    /,
    parent: str,
    level: str,
    households: tuple[int, int],
    lock: tuple[str, ...],
    whole_microgrids: bool | None,
    lines: Path | None,
    choose: int,
    out: Path | None,
    plan: str | None,
    as_json: bool,
    **effort: Any,
) -> None:
    from gridcenter.redraw.division.planner import Wish
    from gridcenter.redraw.division.proposing import Request, document, planned, prepared
    from importers.reference import reference_lines

    wish = Wish(
        *households, effort["proposals"], seed=effort["seed"], time_limit_s=effort["time_limit"]
    )
    with transaction(settings, read_only=True) as tx:
        drawn = _lines_of(lines) if lines else reference_lines(tx, parent)
        ready = prepared(tx, Request(parent, level, wish, lock, whole_microgrids, drawn))
    done = planned(ready, wish)
    if choose > len(done.proposals):
        raise InvalidInput.of(
            "choose",
            "no_such_proposal",
            f"只有 {len(done.proposals)} 个方案",
            f"There are only {len(done.proposals)} proposals",
        )
    told = document(done, language())
    if as_json:
        give_json(told)
    else:
        _print(told)
    if out:
        out.write_text(json.dumps(told["proposals"][choose - 1]["areas"], ensure_ascii=False))
        say(f"方案 {choose} 已写入 {out}", f"proposal {choose} was written to {out}")
    if plan:
        _make_plan(settings, done, choose - 1, plan)


def _lines_of(file: Path) -> tuple[BaseGeometry, ...]:
    """The lines of a vector file, and the outlines of its polygons, in stored degrees."""
    import pyogrio
    import shapely

    from gridcenter.geo import STORAGE_SRID

    frame = pyogrio.read_dataframe(file, columns=[])
    if frame.crs is None:
        raise InvalidInput.of(
            "lines",
            "no_datum",
            f"{file.name} 没有坐标系，请补上 .prj 或另存为 GeoPackage",
            f"{file.name} names no coordinate system: add its .prj or save it as GeoPackage",
        )
    shapes = frame.to_crs(STORAGE_SRID).geometry
    parts = shapely.get_parts(shapely.force_2d([shape for shape in shapes if shape is not None]))
    kinds = shapely.get_dimensions(parts)
    return (*parts[kinds == 1], *shapely.boundary(parts[kinds == 2]))


def _print(told: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(show_edge=False)
    for title in (
        "",
        t("方案", "proposal"),
        t("个数", "areas"),
        t("户数", "households"),
        t("离散", "spread"),
        t("规整", "compact"),
        t("边界沿道路", "on roads"),
        t("切楼", "cut"),
        t("变动户", "moved"),
        t("超限", "outside"),
    ):
        table.add_column(title)
    for each in told["proposals"]:
        found = each["measures"]
        table.add_row(
            str(each["number"]),
            each["name"] + ("" if each["complete"] else t("（时间到）", " (time over)")),
            str(found["areas"]),
            f"{found['least']}–{found['most']}",
            f"{found['spread']:.3f}",
            f"{found['compactness']:.3f}",
            "–" if found["border_on_roads"] is None else f"{found['border_on_roads']:.0%}",
            str(found["buildings_cut"]),
            "–" if found["households_moved"] is None else str(found["households_moved"]),
            str(found["outside"]),
        )
    Console().print(table)
    if told["microgrids"]:
        cut = "、".join(str(each["measures"]["microgrids_cut"]) for each in told["proposals"])
        say(
            f"{told['microgrids']}。各方案切开的微网格：{cut}",
            f"{told['microgrids']}. Micro-grids cut: {cut}",
        )
    for each in told["proposals"]:
        for feature in each["areas"]["features"]:
            area = feature["properties"]
            if area["reason"]:
                head = f"{each['number']} · {area['code']} · {area['households']}"
                click.echo(f"{head}：{area['reason']}")


def _make_plan(settings: Settings, done: Planned, number: int, title: str) -> None:
    from gridcenter import clock
    from gridcenter.actor import SYSTEM
    from gridcenter.redraw.division.operations import plan_of_proposal

    with transaction(settings) as tx:
        plan = plan_of_proposal(tx, SYSTEM, done, number, title, clock.now())
    say(f"已建调整方案 {plan}，请校核", f"redraw plan {plan} was made; check it next")


COMMANDS = (division,)
