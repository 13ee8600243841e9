"""Kinds of findings about outlines: one geometry, and the coverage of one level."""

from __future__ import annotations

from importers.finding_kinds import KEEPS_OUT, NOT_WRITTEN, STORED, STORED_CHECK, Code, I, R, W

SHAPE_CODES: dict[str, Code] = {
    "geometry.missing": Code(R, "没有图形", "there is no geometry", *NOT_WRITTEN),
    "geometry.empty": Code(R, "图形为空", "the geometry is empty", *NOT_WRITTEN),
    "geometry.broken": Code(
        R,
        "图形读不出：{value}",
        "the geometry cannot be read: {value}",
        *NOT_WRITTEN,
        title=("图形读不出", "the geometry cannot be read"),
    ),
    "geometry.unclosed": Code(R, "边界环首尾不相接", "a ring is not closed", *NOT_WRITTEN),
    "geometry.ring_closed": Code(
        W, "有边界环首尾不相接，已补合", "a ring was not closed and has been closed", *STORED_CHECK
    ),
    "geometry.few_points": Code(R, "边界环的点太少", "a ring has too few points", *NOT_WRITTEN),
    "geometry.type": Code(
        R,
        "图形类型不对：{value}",
        "wrong geometry type: {value}",
        *NOT_WRITTEN,
        title=("图形类型不对", "wrong geometry type"),
    ),
    "geometry.surface": Code(
        R,
        "三维面片（TIN 或 MultiPatch）不是平面范围",
        "a three-dimensional surface (TIN or multipatch) is not a plane area",
        *NOT_WRITTEN,
    ),
    "geometry.curve": Code(
        W, "弧线已化为折线", "curves were made into straight segments", *STORED_CHECK
    ),
    "geometry.z_dropped": Code(I, "高程坐标已略去", "the third coordinate was dropped", *STORED),
    "geometry.not_finite": Code(
        R, "坐标不是有限数", "a coordinate is not a finite number", *NOT_WRITTEN
    ),
    "geometry.outside_world": Code(
        R,
        "坐标不在可量算的范围内（国家 2000 投影带，东经 73.5°–136.5°），请检查坐标系和列",
        "coordinates lie outside the zones of CGCS2000 (73.5-136.5° E); check datum and columns",
        *NOT_WRITTEN,
    ),
    "geometry.repaired": Code(
        W,
        "图形自相交，已修复，面积变化 {value} 平方米",
        "an invalid shape was repaired; its area changed by {value} m²",
        *STORED_CHECK,
        title=("图形自相交，已修复", "an invalid shape was repaired"),
    ),
    "geometry.unrepairable": Code(
        R,
        "图形自相交且修复后无面：{value}",
        "invalid and not repairable: {value}",
        *NOT_WRITTEN,
        title=("图形自相交，无法修复", "invalid and not repairable"),
    ),
    "area.small": Code(
        R,
        "轮廓只有 {value} 平方米，不到 {limit} 平方米",
        "the outline has {value} m², less than {limit} m²",
        *NOT_WRITTEN,
        title=("轮廓太小", "the outline is too small"),
    ),
    "shape.narrow": Code(
        W,
        "最宽处 {value} 米，不到 {limit} 米",
        "{value} m at its widest, less than {limit} m",
        "照常写入，进入核对清单",
        "stored and put on the list to check",
        title=("轮廓太窄", "the outline is too narrow"),
    ),
    "shape.inside": Code(
        W,
        "轮廓大部分压在第 {other} 行上",
        "most of the outline lies on row {other}",
        *STORED_CHECK,
        title=("轮廓大部分压在另一行上", "most of the outline lies on another row"),
    ),
    "overlap": Code(
        W,
        "与“{other}”重叠 {value} 平方米",
        "overlaps {other!r} by {value} m²",
        *KEEPS_OUT,
        title=("与别的区域重叠", "overlaps another area"),
    ),
    "overlap.large": Code(
        R,
        "与“{other}”重叠 {value} 平方米，超过自身一半",
        "overlaps {other!r} by {value} m², more than half of itself",
        *NOT_WRITTEN,
        title=("与别的区域重叠过半", "overlaps another area by more than half of itself"),
    ),
    "gap": Code(
        W,
        "与相邻区域之间有缝隙 {value} 平方米",
        "a gap of {value} m² to its neighbours",
        *KEEPS_OUT,
        title=("与相邻区域之间有缝隙", "a gap to the neighbouring areas"),
    ),
    "edge.unmatched": Code(
        I,
        "与相邻区域的边不完全重合（错位不到 {value} 米）",
        "an edge does not quite match its neighbour's (by less than {value} m)",
        *STORED,
        title=("与相邻区域的边不完全重合", "edges do not quite match the neighbours'"),
    ),
    "feature.invalid": Code(
        R,
        "不是有效的要素：{value}",
        "not a valid feature: {value}",
        *NOT_WRITTEN,
        title=("不是有效的要素", "not a valid feature"),
    ),
}
