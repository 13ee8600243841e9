"""Why an area is outside of the limits, and why a division is impossible: in sentences with numbers."""

from __future__ import annotations

import math
from dataclasses import replace

from gridcenter.errors import InvalidInput, Words
from gridcenter.redraw.division.graph import CellGraph
from gridcenter.redraw.division.measures import AreaFigures, owners


class DivisionImpossible(InvalidInput):
    """No division can keep the limits; ``reason`` says why and what would do."""

    code = "division_impossible"
    zh = "无法划分：{reason}"
    en = "This division is impossible: {reason}"

    def __init__(self, reason: Words) -> None:
        self.reason = reason
        super().__init__(reason=reason)


def possible_numbers(households: int, least: int, most: int) -> range:
    """Numbers of areas whose mean is within the limits; empty when there is none."""
    return range(max(1, math.ceil(households / most)), households // max(least, 1) + 1)


def no_number(households: int, least: int, most: int) -> Words:
    """Why no number of areas brings `households` within the limits, and which limits would do."""
    if households < least:
        return Words(
            f"总共只有 {households} 户，不够一个不少于 {least} 户的区域；下限改为 {households} 以下才行",
            f"there are only {households} households, fewer than one area of {least} needs;"
            f" the lower limit would have to be {households} or less",
        )
    few = households // most
    many = few + 1
    return Words(
        f"共 {households} 户：分 {few} 个每个约 {_mean(households, few)} 户，超过 {most}；"
        f"分 {many} 个每个约 {_mean(households, many)} 户，不足 {least}。"
        f"上限改为 {math.ceil(households / few)}，或下限改为 {households // many} 才行",
        f"{households} households: {few} areas would have about {_mean(households, few)} each, more"
        f" than {most}; {many} about {_mean(households, many)}, fewer than {least}. An upper limit of"
        f" {math.ceil(households / few)} or a lower limit of {households // many} would do",
    )


def _mean(households: int, areas: int) -> str:
    return f"{households / areas:.0f}"


def with_reasons(
    graph: CellGraph, areas: list[AreaFigures], limits: tuple[int, int], complete: bool
) -> list[AreaFigures]:
    """The areas, those outside of the limits with the reason that can be shown."""
    owner = owners(graph, [list(area.cells) for area in areas])
    found = []
    for number, area in enumerate(areas):
        said = _reason(graph, areas, owner, number, limits, complete)
        found.append(area if said is None else replace(area, reason_code=said[0], reason=said[1]))
    return found


def _reason(
    graph: CellGraph,
    areas: list[AreaFigures],
    owner: list[int],
    number: int,
    limits: tuple[int, int],
    complete: bool,
) -> tuple[str, Words] | None:
    least, most = limits
    area = areas[number]
    if least <= area.households <= most:
        return None
    if area.locked:
        return "locked", Words("按要求保持不变", "kept as it is, as was asked")
    largest = max(graph.households[cell] for cell in area.cells)
    if largest > most:
        return "one_cell", Words(
            f"其中一处不可分割的楼栋或地块就有 {largest} 户，超过上限 {most}",
            f"one building or block that cannot be divided has {largest} households, above {most}",
        )
    around = {
        owner[other]
        for cell in area.cells
        for other, _, _ in graph.neighbours[cell]
        if owner[other] not in (number, -1) and not areas[owner[other]].locked
    }
    if not around:
        return "cut_off", Words(
            "被边界或保持不变的区域隔开，没有可以互相调整的相邻区域",
            "cut off by the rim or by areas that are kept: no neighbour to exchange with",
        )
    if not complete:
        return "time", Words("时间到，尚未调整完", "the time was over before it was balanced")
    return "neighbours", _neighbours(areas, sorted(around), area, limits)


def _neighbours(
    areas: list[AreaFigures], around: list[int], area: AreaFigures, limits: tuple[int, int]
) -> Words:
    least, most = limits
    counts = [areas[other].households for other in around]
    low, high = min(counts), max(counts)
    if area.households < least:
        return Words(
            f"差 {least - area.households} 户：相邻区域有 {low} 至 {high} 户，"
            "再让出任何一处整栋楼，要么使其断开或不足，要么使边界失去规整",
            f"{least - area.households} short: its neighbours have {low} to {high} households, and"
            " giving up any whole building would break or starve them, or make the borders ragged",
        )
    return Words(
        f"多 {area.households - most} 户：相邻区域有 {low} 至 {high} 户，"
        "再接收任何一处整栋楼，要么使其超出，要么使本区域断开",
        f"{area.households - most} too many: its neighbours have {low} to {high} households, and"
        " taking any whole building would overfill them or break this area",
    )
