"""Findings: what an import noticed, where, how bad it is, and what happens with the row.

Every code has one entry in `CODES`; docs/reference/importing.md lists them all (tested).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How bad: a refused row (or file) is not stored, a warned one is, inform needs no act."""

    REFUSE = "refuse"
    WARN = "warn"
    INFORM = "inform"


@dataclass(frozen=True)
class Code:
    """One kind of finding: sentences with ``{value}`` and details, and what is done about it."""

    severity: Severity
    zh: str
    en: str
    then_zh: str
    then_en: str


@dataclass(frozen=True)
class Finding:
    """One finding. `row` counts data rows from 1; None means the whole file (then `count` rows)."""

    file: str
    row: int | None
    field: str | None
    code: str
    severity: Severity
    zh: str
    en: str
    value: str | None = None
    count: int = 1


R, W, I = Severity.REFUSE, Severity.WARN, Severity.INFORM  # noqa: E741 - a table reads better short
_NOT_WRITTEN = ("不写入", "not stored")
_FILE_REFUSED = ("整份文件不导入", "nothing of the file is stored")
_STORED = ("照常写入", "stored")
_STORED_CHECK = ("照常写入，请核对", "stored, please check")

CODES: dict[str, Code] = {
    # the file itself
    "file.missing": Code(R, "找不到文件", "the file does not exist", *_FILE_REFUSED),
    "file.empty": Code(R, "文件里没有记录", "the file holds no record", *_FILE_REFUSED),
    "file.unreadable": Code(
        R, "文件打不开：{value}", "the file cannot be opened: {value}", *_FILE_REFUSED
    ),
    "file.too_large": Code(
        R, "文件超过上限 {limit}", "the file exceeds the limit of {limit}", *_FILE_REFUSED
    ),
    "format.unsupported": Code(
        R,
        "不支持的文件格式：{value}",
        "this file format is not supported: {value}",
        *_FILE_REFUSED,
    ),
    "archive.empty": Code(
        R, "压缩包里没有可导入的文件", "the archive holds no file to import", *_FILE_REFUSED
    ),
    "archive.unsafe": Code(
        R, "压缩包有越界路径或过大：{value}", "unsafe archive: {value}", *_FILE_REFUSED
    ),
    "layer.choose": Code(
        R,
        "有多个图层，请用 --layer 选一个：{value}",
        "several layers, choose one with --layer: {value}",
        *_FILE_REFUSED,
    ),
    "layer.missing": Code(
        R,
        "没有图层“{value}”，现有：{layers}",
        "there is no layer {value!r}; there are: {layers}",
        *_FILE_REFUSED,
    ),
    "shp.missing": Code(
        R, "有属性表但没有 .shp 图形", "attributes without their .shp geometry", *_FILE_REFUSED
    ),
    "shp.corrupt": Code(
        R, "图形文件损坏：{value}", "the geometry file is damaged: {value}", *_FILE_REFUSED
    ),
    "shp.length": Code(
        W,
        "文件头写明 {stated} 字节，实际 {actual} 字节",
        "the header states {stated} bytes, the file has {actual}",
        "只读文件头所述范围内的记录",
        "only records within the stated length are read",
    ),
    "shx.rebuilt": Code(
        I, "缺少 .shx，已由 .shp 重建索引", "the missing .shx was rebuilt from the .shp", *_STORED
    ),
    "dbf.missing": Code(
        W, "缺少 .dbf，没有任何属性", "the .dbf is missing: no attributes at all", *_STORED_CHECK
    ),
    "dbf.count": Code(
        W,
        "属性表 {records} 条，图形 {shapes} 个，数目不一致",
        "{records} attribute records but {shapes} shapes",
        *_STORED_CHECK,
    ),
    # text
    "encoding.guessed": Code(
        W,
        "没有声明编码；按 {value} 读通",
        "no declared encoding; reads cleanly as {value}",
        "按此读取，可改",
        "read like this; can be changed",
    ),
    "encoding.mismatch": Code(
        W,
        "声明 {declared}，但内容只能按 {value} 读通",
        "declared {declared}, but the content only reads as {value}",
        "按此读取，可改",
        "read like this; can be changed",
    ),
    "encoding.undecodable": Code(
        R,
        "按 {value} 读不通",
        "the text cannot be read as {value}",
        *_FILE_REFUSED,
    ),
    # place on earth
    "datum.missing": Code(
        R,
        "没有声明坐标系，无法断定；可能是：{value}。请用 --datum 指明",
        "no coordinate system is declared and none is certain; candidates: {value}. Use --datum",
        *_FILE_REFUSED,
    ),
    "datum.guessed": Code(
        W,
        "没有声明坐标系；按 {value} 认读，依据：{basis_zh}",
        "no declared coordinate system; taken as {value} because {basis}",
        *_STORED_CHECK,
    ),
    "datum.unknown": Code(
        R, "不认识的坐标系：{value}", "unknown coordinate system: {value}", *_FILE_REFUSED
    ),
    "datum.mismatch": Code(
        R,
        "坐标与声明的 {value} 对不上（落在中国以外或超出该带）",
        "coordinates do not fit the declared {value}",
        *_FILE_REFUSED,
    ),
    "datum.suspected": Code(
        R,
        "与现有数据整体错开 {metres} 米，方向一致，像是 {value}；确认后用 --datum 指明",
        "shifted as a whole by {metres} m against what is stored: looks like {value}. Say --datum",
        *_FILE_REFUSED,
    ),
    "datum.shifted": Code(
        I, "已由 {value} 纠偏到 EPSG:4490", "converted from {value} to EPSG:4490", *_STORED
    ),
    "axes.swapped": Code(
        W,
        "经纬度（东北向）次序颠倒，已对调",
        "the axes came in the wrong order and were swapped",
        *_STORED_CHECK,
    ),
    # one geometry
    "geometry.missing": Code(R, "没有图形", "there is no geometry", *_NOT_WRITTEN),
    "geometry.empty": Code(R, "图形为空", "the geometry is empty", *_NOT_WRITTEN),
    "geometry.broken": Code(
        R, "图形读不出：{value}", "the geometry cannot be read: {value}", *_NOT_WRITTEN
    ),
    "geometry.unclosed": Code(R, "边界环首尾不相接", "a ring is not closed", *_NOT_WRITTEN),
    "geometry.ring_closed": Code(
        W, "有边界环首尾不相接，已补合", "a ring was not closed and has been closed", *_STORED_CHECK
    ),
    "geometry.few_points": Code(R, "边界环的点太少", "a ring has too few points", *_NOT_WRITTEN),
    "geometry.type": Code(
        R, "图形类型不对：{value}", "wrong geometry type: {value}", *_NOT_WRITTEN
    ),
    "geometry.surface": Code(
        R,
        "三维面片（TIN 或 MultiPatch）不是平面范围",
        "a three-dimensional surface (TIN or multipatch) is not a plane area",
        *_NOT_WRITTEN,
    ),
    "geometry.curve": Code(
        W, "弧线已化为折线", "curves were made into straight segments", *_STORED_CHECK
    ),
    "geometry.z_dropped": Code(I, "高程坐标已略去", "the third coordinate was dropped", *_STORED),
    "geometry.not_finite": Code(
        R, "坐标不是有限数", "a coordinate is not a finite number", *_NOT_WRITTEN
    ),
    "geometry.outside_world": Code(
        R, "坐标超出经纬度范围", "coordinates lie outside the world", *_NOT_WRITTEN
    ),
    "geometry.repaired": Code(
        W,
        "图形自相交，已修复，面积变化 {value} 平方米",
        "an invalid shape was repaired; its area changed by {value} m²",
        *_STORED_CHECK,
    ),
    "geometry.unrepairable": Code(
        R, "图形自相交且修复后无面：{value}", "invalid and not repairable: {value}", *_NOT_WRITTEN
    ),
    "area.small": Code(
        R,
        "轮廓小于 {limit} 平方米（{value}）",
        "the outline is smaller than {limit} m² ({value})",
        "不写入，列入拒收行",
        "not stored, listed with the refused rows",
    ),
    "shape.narrow": Code(
        W,
        "最窄处不足 {limit} 米（{value}）",
        "narrower than {limit} m ({value})",
        "照常写入，进入核对清单",
        "stored and put on the list to check",
    ),
    "shape.inside": Code(
        W,
        "轮廓大部分压在第 {other} 行上",
        "most of the outline lies on row {other}",
        *_STORED_CHECK,
    ),
    # coverage of one level
    "overlap": Code(
        W,
        "与“{other}”重叠 {value} 平方米",
        "overlaps {other!r} by {value} m²",
        *_STORED_CHECK,
    ),
    "overlap.large": Code(
        R,
        "与“{other}”重叠 {value} 平方米，超过自身一半",
        "overlaps {other!r} by {value} m², more than half of itself",
        *_NOT_WRITTEN,
    ),
    "gap": Code(
        W,
        "与相邻区域之间有缝隙 {value} 平方米",
        "a gap of {value} m² to its neighbours",
        *_STORED_CHECK,
    ),
    "edge.unmatched": Code(
        I,
        "与相邻区域的边不完全重合（错位不到 {value} 米）",
        "an edge does not quite match its neighbour's (by less than {value} m)",
        *_STORED,
    ),
    # fields
    "column.missing": Code(
        R, "没有“{value}”这一列", "there is no column {value!r}", *_FILE_REFUSED
    ),
    "field.unknown": Code(
        R, "没有“{value}”这个字段", "there is no field {value!r}", *_FILE_REFUSED
    ),
    "field.required": Code(
        R, "缺少必填项：{field}", "required and missing: {field}", *_NOT_WRITTEN
    ),
    "row.malformed": Code(
        R,
        "这一行列数不对：{value}",
        "this row has the wrong number of columns: {value}",
        *_NOT_WRITTEN,
    ),
    "json.duplicate_key": Code(
        W, "重复的键：{value}", "duplicate key: {value}", "取最后一个", "the last one counts"
    ),
    "json.invalid": Code(R, "不是有效的 JSON：{value}", "not valid JSON: {value}", *_FILE_REFUSED),
    "geojson.invalid": Code(
        R, "不是有效的 GeoJSON：{value}", "not valid GeoJSON: {value}", *_FILE_REFUSED
    ),
    "feature.invalid": Code(
        R, "不是有效的要素：{value}", "not a valid feature: {value}", *_NOT_WRITTEN
    ),
    "value.number": Code(
        W,
        "“{value}”不是合理的数，按空值处理",
        "{value!r} is no sensible number and is taken as empty",
        *_STORED_CHECK,
    ),
    "value.unknown": Code(R, "不认识的取值“{value}”", "unknown value {value!r}", *_NOT_WRITTEN),
    "value.time": Code(R, "时间读不出：“{value}”", "unreadable time {value!r}", *_NOT_WRITTEN),
    "name.missing": Code(
        W, "没有名称，暂以编号代替", "no name; the code stands in", *_STORED_CHECK
    ),
    "key.missing": Code(
        W,
        "没有唯一编号",
        "there is no unique code",
        "按规则自动编临时号",
        "a provisional code is made by rule",
    ),
    "key.duplicate": Code(
        R,
        "编号“{value}”与第 {other} 行重复",
        "code {value!r} repeats row {other}",
        *_NOT_WRITTEN,
    ),
    "key.shared": Code(
        W,
        "编号“{value}”与第 {other} 行相同，但不是同一处",
        "code {value!r} is that of row {other}, yet another place",
        "另编临时号，请核对",
        "a provisional code is made, please check",
    ),
    "key.external": Code(
        W,
        "编号“{value}”不合编码规则，作外部编号保存",
        "code {value!r} does not follow the scheme and is stored as an external one",
        *_STORED_CHECK,
    ),
    "key.retired": Code(
        R,
        "编号“{value}”已停用，不得再用",
        "code {value!r} is retired and may not be used again",
        *_NOT_WRITTEN,
    ),
    "key.level": Code(
        R,
        "编号“{value}”已用于另一层级",
        "code {value!r} is already used at another level",
        *_NOT_WRITTEN,
    ),
    "height.derived": Code(
        I,
        "高度恰为层数 × 3 米，像是推算值",
        "height is exactly 3 m × floors: derived, not measured",
        "照常写入，标“推算”",
        "stored, marked as derived",
    ),
    # tree
    "parent.missing": Code(
        R,
        "找不到上级“{value}”",
        "the parent {value!r} is not known",
        *_NOT_WRITTEN,
    ),
    "parent.none": Code(
        W,
        "库里还没有上级区域（{value}），作为最上级保存",
        "no area above is stored yet ({value}); kept at the top of the tree",
        *_STORED_CHECK,
    ),
    "parent.located": Code(
        I, "没有上级列，按位置归入上级", "no parent column: the parent was found by place", *_STORED
    ),
    "parent.ambiguous": Code(
        R,
        "上级“{value}”有多个，请用编号",
        "several areas are called {value!r}; use the code",
        *_NOT_WRITTEN,
    ),
    "parent.outside": Code(
        W,
        "有 {value} 平方米落在上级范围以外",
        "{value} m² lie outside the parent",
        *_STORED_CHECK,
    ),
    "place.outside": Code(R, "不在任何微网格内", "lies in no micro-grid", *_NOT_WRITTEN),
    "place.unknown": Code(
        W, "不在任何区域内，按辖区外保存", "lies outside every area; kept as such", *_STORED_CHECK
    ),
    "building.cut": Code(
        W,
        "被微网格边界切开，在界外 {value}%",
        "cut by a micro-grid border: {value} % lies outside",
        "归入代表点所在的微网格",
        "belongs to the micro-grid of its representative point",
    ),
    "moved.far": Code(
        W,
        "与现有位置相差 {value} 米",
        "moved by {value} m against what is stored",
        *_STORED_CHECK,
    ),
    "duty.taken": Code(
        R,
        "“{value}”已有责任人 {other}",
        "{value!r} already has the responsible worker {other}",
        *_NOT_WRITTEN,
    ),
    "reference.unknown": Code(R, "库里没有“{value}”", "{value!r} is not known here", *_NOT_WRITTEN),
}


def finding(
    code: str,
    file: str,
    *,
    row: int | None = None,
    field: str | None = None,
    value: Any = None,
    count: int = 1,
    severity: Severity | None = None,
    **details: Any,
) -> Finding:
    """One finding with its sentences filled in. Raises KeyError for a code that has no entry."""
    entry = CODES[code]
    words = {"value": value, "field": field, **details}
    return Finding(
        file=file,
        row=row,
        field=field,
        code=code,
        severity=severity or entry.severity,
        zh=entry.zh.format_map(words),
        en=entry.en.format_map(words),
        value=None if value is None else str(value),
        count=count,
    )


@dataclass
class Findings:
    """A growing list of findings of one file; knows which rows are refused."""

    file: str
    items: list[Finding] = field(default_factory=list)

    def add(self, code: str, **details: Any) -> None:
        """Append one finding (see `finding`)."""
        self.items.append(finding(code, self.file, **details))

    def add_rows(
        self,
        code: str,
        rows: Sequence[int] | Iterable[int],
        values: Iterable[Any] | None = None,
        *,
        field: str | None = None,
        whole_from: float = 0.9,
        of: int | None = None,
        **details: Any,
    ) -> None:
        """One finding per row, or one for the file when ≥ `whole_from` of `of` rows have it.

        Nobody reads 3,076 equal lines; a refusal is always told row by row, so that each
        refused row can be given back.
        """
        rows = [int(row) for row in rows]
        told = list(values) if values is not None else [None] * len(rows)
        refused = details.get("severity", CODES[code].severity) is Severity.REFUSE
        if of and rows and not refused and len(rows) >= whole_from * of and len(rows) > 1:
            self.add(code, field=field, count=len(rows), value=_example(told), **details)
            return
        for row, value in zip(rows, told, strict=True):
            self.add(code, row=row, field=field, value=value, **details)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def file_refused(self) -> bool:
        """True when a refusal concerns the whole file."""
        return any(f.row is None and f.severity is Severity.REFUSE for f in self.items)

    @property
    def refused_rows(self) -> set[int]:
        """Numbers of the rows that must not be stored."""
        return {f.row for f in self.items if f.row is not None and f.severity is Severity.REFUSE}

    def codes(self) -> dict[str, int]:
        """How many rows each code concerns, in order of appearance."""
        counted: dict[str, int] = {}
        for item in self.items:
            counted[item.code] = counted.get(item.code, 0) + item.count
        return counted


def _example(values: Sequence[Any]) -> Any:
    """The one value all rows share, else the first as an example, else None."""
    return next((value for value in values if value is not None), None)
