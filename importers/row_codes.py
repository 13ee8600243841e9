"""Kinds of findings about the values of rows: codes, parents, places, people."""

from __future__ import annotations

from importers.finding_kinds import NOT_WRITTEN, STORED, STORED_CHECK, Code, I, R, W

ROW_CODES: dict[str, Code] = {
    "field.required": Code(
        R,
        "缺少必填项：{field}",
        "required and missing: {field}",
        *NOT_WRITTEN,
        title=("缺少必填项", "something required is missing"),
    ),
    "row.malformed": Code(
        R,
        "这一行列数不对：{value}",
        "this row has the wrong number of columns: {value}",
        *NOT_WRITTEN,
        title=("列数不对", "the wrong number of columns"),
    ),
    "value.number": Code(
        W,
        "“{value}”不是合理的数，按空值处理",
        "{value!r} is no sensible number and is taken as empty",
        *STORED_CHECK,
        title=("不是合理的数，按空值处理", "no sensible number, taken as empty"),
    ),
    "value.unknown": Code(
        R,
        "不认识的取值“{value}”",
        "unknown value {value!r}",
        *NOT_WRITTEN,
        title=("不认识的取值", "unknown value"),
    ),
    "value.time": Code(
        R,
        "时间读不出：“{value}”",
        "unreadable time {value!r}",
        *NOT_WRITTEN,
        title=("时间读不出", "unreadable time"),
    ),
    "name.missing": Code(W, "没有名称，暂以编号代替", "no name; the code stands in", *STORED_CHECK),
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
        *NOT_WRITTEN,
        title=("编号重复", "repeated code"),
    ),
    "key.shared": Code(
        W,
        "编号“{value}”与第 {other} 行相同，但不是同一处",
        "code {value!r} is that of row {other}, yet another place",
        "另编临时号，请核对",
        "a provisional code is made, please check",
        title=("编号相同，但不是同一处", "the same code, yet another place"),
    ),
    "key.external": Code(
        W,
        "编号“{value}”不合编码规则，作外部编号保存",
        "code {value!r} does not follow the scheme and is stored as an external one",
        *STORED_CHECK,
        title=(
            "编号不合编码规则，作外部编号保存",
            "the code does not follow the scheme; stored as an external one",
        ),
    ),
    "key.retired": Code(
        R,
        "编号“{value}”已停用，不得再用",
        "code {value!r} is retired and may not be used again",
        *NOT_WRITTEN,
        title=("编号已停用，不得再用", "the code is retired and may not be used again"),
    ),
    "key.level": Code(
        R,
        "编号“{value}”已用于另一层级",
        "code {value!r} is already used at another level",
        *NOT_WRITTEN,
        title=("编号已用于另一层级", "the code is already used at another level"),
    ),
    "height.derived": Code(
        I,
        "高度恰为层数 × 3 米，像是推算值",
        "height is exactly 3 m × floors: derived, not measured",
        "照常写入，标“推算”",
        "stored, marked as derived",
    ),
    "parent.missing": Code(
        R,
        "找不到上级“{value}”",
        "the parent {value!r} is not known",
        *NOT_WRITTEN,
        title=("找不到上级", "the parent is not known"),
    ),
    "parent.none": Code(
        W,
        "库里还没有上级区域（{value}），作为最上级保存",
        "no area above is stored yet ({value}); kept at the top of the tree",
        *STORED_CHECK,
        title=("库里还没有上级区域", "no area above is stored yet"),
    ),
    "parent.located": Code(
        I, "没有上级列，按位置归入上级", "no parent column: the parent was found by place", *STORED
    ),
    "parent.ambiguous": Code(
        R,
        "上级“{value}”有多个，请用编号",
        "several areas are called {value!r}; use the code",
        *NOT_WRITTEN,
        title=("上级同名的有多个，请用编号", "several areas share the parent's name; use the code"),
    ),
    "parent.outside": Code(
        W,
        "有 {value} 平方米落在上级范围以外",
        "{value} m² lie outside the parent",
        *STORED_CHECK,
        title=("部分落在上级范围以外", "partly outside the parent"),
    ),
    "place.outside": Code(R, "不在任何微网格内", "lies in no micro-grid", *NOT_WRITTEN),
    "place.unknown": Code(
        W, "不在任何区域内，按辖区外保存", "lies outside every area; kept as such", *STORED_CHECK
    ),
    "building.cut": Code(
        W,
        "被微网格边界切开，在界外 {value}%",
        "cut by a micro-grid border: {value} % lies outside",
        "归入代表点所在的微网格",
        "belongs to the micro-grid of its representative point",
        title=("被微网格边界切开", "cut by a micro-grid border"),
    ),
    "moved.far": Code(
        W,
        "与现有位置相差 {value} 米",
        "moved by {value} m against what is stored",
        *STORED_CHECK,
        title=("与现有位置相差很远", "moved far against what is stored"),
    ),
    "duty.taken": Code(
        R,
        "“{value}”已有责任人 {other}",
        "{value!r} already has the responsible worker {other}",
        *NOT_WRITTEN,
        title=("网格已有责任人", "the grid already has a responsible worker"),
    ),
    "reference.unknown": Code(
        R,
        "库里没有“{value}”",
        "{value!r} is not known here",
        *NOT_WRITTEN,
        title=("库里没有这个编号", "this code is not known here"),
    ),
}
