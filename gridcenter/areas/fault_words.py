"""The sentences of faults, Chinese and English, from kind, names and measure."""

from __future__ import annotations

from collections.abc import Sequence

from gridcenter.areas.fault_kinds import Fault, FaultKind, Unit, Unsafe
from gridcenter.errors import Words

# More names than this are counted.
_NAMED = 3
NAMES = {
    FaultKind.OVERLAP: Words("重叠", "overlap"),
    FaultKind.GAP: Words("空隙", "gap"),
    FaultKind.SLIVER: Words("细缝", "sliver"),
    FaultKind.UNMATCHED_EDGE: Words("公共边不一致", "unmatched edge"),
    FaultKind.OUTSIDE_PARENT: Words("超出上级", "outside the parent"),
    FaultKind.MULTI_PART: Words("不连成一片", "several parts"),
    FaultKind.BUILDING_CUT: Words("楼栋被切开", "building cut"),
    FaultKind.EMPTY_AREA: Words("空区域", "empty area"),
    FaultKind.TOO_SMALL: Words("过小", "too small"),
    FaultKind.TOO_LARGE: Words("过大", "too large"),
}
_UNITS = {
    Unit.M2: Words("平方米", "m²"),
    Unit.M: Words("米", "m"),
    Unit.HOUSEHOLDS: Words("户", "households"),
    Unit.PERSONS: Words("人", "persons"),
}
_SENTENCES = {
    FaultKind.OVERLAP: Words("{all}重叠 {measure}", "{all} overlap by {measure}"),
    FaultKind.GAP: Words(
        "{parent}内有 {measure} 没有划入任何区域（邻近{all}）",
        "{measure} of {parent} belong to no area (beside {all})",
    ),
    FaultKind.SLIVER: Words(
        "{all}之间有一条约 {width} 米宽的细缝或重叠，共 {measure}",
        "a strip about {width} m wide, {measure}, is doubly or not covered between {all}",
    ),
    FaultKind.UNMATCHED_EDGE: Words(
        "{all}的边界有 {measure} 折点不一致，一侧移动时会裂开",
        "{all} have different corners along {measure} of border; it would tear when one moves",
    ),
    FaultKind.OUTSIDE_PARENT: Words(
        "{all}有 {measure} 在{parent}之外", "{measure} of {all} lie outside of {parent}"
    ),
    FaultKind.MULTI_PART: Words(
        "{all}不连成一片，另有 {measure} 与主体分开",
        "{all} is not in one piece; {measure} lie apart",
    ),
    FaultKind.BUILDING_CUT: Words(
        "楼栋 {building} 被{all}的边界切开，{measure} 在另一侧",
        "building {building} is cut by the border of {all}; {measure} lie on the other side",
    ),
    FaultKind.EMPTY_AREA: Words(
        "{all}内没有住户和楼栋", "{all} holds no household and no building"
    ),
    FaultKind.TOO_SMALL: Words(
        "{all}只有 {measure}，少于 {limit}", "{all} has only {measure}, less than {limit}"
    ),
    FaultKind.TOO_LARGE: Words(
        "{all}有 {measure}，超过 {limit}", "{all} has {measure}, more than {limit}"
    ),
}
_UNSAFE = {
    None: Words("", ""),
    Unsafe.ALONE: Words("，四周没有可归入的区域", "; no area lies along it that could take it"),
    Unsafe.LARGE: Words(
        "，面积较大，请用调整方案", "; it is too large for a repair, use a redraw plan"
    ),
    Unsafe.TORN: Words("，先修好四周的公共边", "; mend the borders around it first"),
}


def sentence(
    fault: Fault, names: Sequence[Words], parent: Words | None, building: str | None = None
) -> Words:
    """What is wrong, for a person; `names` are those of the fault's areas, in their order."""
    parent = parent or Words("上级区域", "the parent")
    numbers = [_number(float(value or 0)) for value in (fault.measure, fault.limit, fault.width_m)]
    unit, template = _UNITS[fault.unit], _SENTENCES[fault.kind]
    plain = {"width": numbers[2], "building": building or ""}
    unsafe = _UNSAFE[fault.unsafe]
    return Words(
        template.zh.format(
            all=_listed([name.zh for name in names], "zh"),
            parent=_quoted(parent.zh),
            measure=f"{numbers[0]} {unit.zh}",
            limit=f"{numbers[1]} {unit.zh}",
            **plain,
        )
        + unsafe.zh,
        template.en.format(
            all=_listed([name.en for name in names], "en"),
            parent=_quoted(parent.en),
            measure=f"{numbers[0]} {unit.en}",
            limit=f"{numbers[1]} {unit.en}",
            **plain,
        )
        + unsafe.en,
    )


def _number(value: float) -> str:
    """Three digits that count; whole numbers from 100 on, and where they are."""
    if value >= 100 or value.is_integer():
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3g}"


def _quoted(name: str) -> str:
    return f"“{name}”"


def _listed(names: Sequence[str], locale: str) -> str:
    shown = [_quoted(name) for name in names[:_NAMED]]
    more = len(names) - len(shown)
    if locale == "zh":
        listed = "、".join(shown) or "无"
        return f"{listed}等 {len(names)} 个区域" if more else listed
    if more:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown) or "none"
