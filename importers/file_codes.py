"""Kinds of findings about a file as a whole: format, text, place on earth, columns."""

from __future__ import annotations

from importers.finding_kinds import FILE_REFUSED, STORED, STORED_CHECK, Code, I, R, W

FILE_CODES: dict[str, Code] = {
    "file.missing": Code(R, "找不到文件", "the file does not exist", *FILE_REFUSED),
    "file.empty": Code(R, "文件里没有记录", "the file holds no record", *FILE_REFUSED),
    "file.unreadable": Code(
        R,
        "文件打不开：{value}",
        "the file cannot be opened: {value}",
        *FILE_REFUSED,
        title=("文件打不开", "the file cannot be opened"),
    ),
    "file.too_large": Code(
        R,
        "文件超过上限 {limit}",
        "the file exceeds the limit of {limit}",
        *FILE_REFUSED,
        title=("文件太大", "the file is too large"),
    ),
    "format.unsupported": Code(
        R,
        "不支持的文件格式：{value}",
        "this file format is not supported: {value}",
        *FILE_REFUSED,
        title=("不支持的文件格式", "this file format is not supported"),
    ),
    "boundary.refused": Code(
        R,
        "写入会使边界对不上：{value}",
        "writing would make boundaries that do not fit: {en}",
        "整份文件不写入，留作待写入；请改正后重传，或用它编制调整方案",
        "nothing of the file is stored, it waits: correct it and bring it again, or make a redraw plan of it",
        title=("写入会使边界对不上", "writing would make boundaries that do not fit"),
    ),
    "track.refused": Code(
        R,
        "轨迹记的是人走过的路，不收；计划路线请存成 GPX 的 route",
        "tracks tell where somebody went and are not taken; save planned routes as GPX routes",
        *FILE_REFUSED,
    ),
    "archive.empty": Code(
        R, "压缩包里没有可导入的文件", "the archive holds no file to import", *FILE_REFUSED
    ),
    "archive.unsafe": Code(
        R,
        "压缩包有越界路径或过大：{value}",
        "unsafe archive: {value}",
        *FILE_REFUSED,
        title=("压缩包有越界路径或过大", "unsafe archive"),
    ),
    "layer.choose": Code(
        R,
        "有多个图层，请选一个：{value}",
        "several layers, choose one: {value}",
        *FILE_REFUSED,
        title=("有多个图层，要选一个", "several layers: one has to be chosen"),
    ),
    "layer.missing": Code(
        R,
        "没有图层“{value}”，现有：{layers}",
        "there is no layer {value!r}; there are: {layers}",
        *FILE_REFUSED,
        title=("没有指定的图层", "the layer that was asked for is not there"),
    ),
    "shp.missing": Code(
        R, "有属性表但没有 .shp 图形", "attributes without their .shp geometry", *FILE_REFUSED
    ),
    "shp.corrupt": Code(
        R,
        "图形文件损坏：{value}",
        "the geometry file is damaged: {value}",
        *FILE_REFUSED,
        title=("图形文件损坏", "the geometry file is damaged"),
    ),
    "shp.length": Code(
        W,
        "文件头写明 {stated} 字节，实际 {actual} 字节",
        "the header states {stated} bytes, the file has {actual}",
        "只读文件头所述范围内的记录",
        "only records within the stated length are read",
        title=(
            "图形文件的长度与文件头不符",
            "the geometry file is not as long as its header states",
        ),
    ),
    "shx.rebuilt": Code(
        I, "缺少 .shx，已由 .shp 重建索引", "the missing .shx was rebuilt from the .shp", *STORED
    ),
    "dbf.missing": Code(
        W, "缺少 .dbf，没有任何属性", "the .dbf is missing: no attributes at all", *STORED_CHECK
    ),
    "dbf.count": Code(
        W,
        "属性表 {records} 条，图形 {shapes} 个，数目不一致",
        "{records} attribute records but {shapes} shapes",
        *STORED_CHECK,
        title=("属性表与图形数目不一致", "attribute records and shapes differ in number"),
    ),
    "encoding.guessed": Code(
        W,
        "没有声明编码；按 {value} 读通",
        "no declared encoding; reads cleanly as {value}",
        "按此读取，可改",
        "read like this; can be changed",
        title=("没有声明文字编码", "no text encoding is declared"),
    ),
    "encoding.mismatch": Code(
        W,
        "声明 {declared}，但内容只能按 {value} 读通",
        "declared {declared}, but the content only reads as {value}",
        "按此读取，可改",
        "read like this; can be changed",
        title=("声明的文字编码不对", "the declared text encoding is wrong"),
    ),
    "encoding.undecodable": Code(
        R,
        "按 {value} 读不通",
        "the text cannot be read as {value}",
        *FILE_REFUSED,
        title=("按指定的编码读不通", "the text cannot be read in the encoding given"),
    ),
    "datum.missing": Code(
        R,
        "没有声明坐标系，无法断定{maybe_zh}。请指明坐标系",
        "no coordinate system is declared and none is certain{maybe_en}. Say which",
        *FILE_REFUSED,
        title=("没有声明坐标系，无法断定", "no coordinate system is declared and none is certain"),
    ),
    "datum.guessed": Code(
        W,
        "没有声明坐标系；按 {value} 认读，依据：{basis_zh}",
        "no declared coordinate system; taken as {value} because {basis}",
        *STORED_CHECK,
        title=("没有声明坐标系，已认读", "no coordinate system is declared; one was recognised"),
    ),
    "datum.unknown": Code(
        R,
        "不认识的坐标系：{value}",
        "unknown coordinate system: {value}",
        *FILE_REFUSED,
        title=("不认识的坐标系", "unknown coordinate system"),
    ),
    "datum.mismatch": Code(
        R,
        "坐标与声明的 {value} 对不上（落在中国以外或超出该带）",
        "coordinates do not fit the declared {value}",
        *FILE_REFUSED,
        title=("坐标与声明的坐标系对不上", "coordinates do not fit the declared system"),
    ),
    "datum.suspected": Code(
        R,
        "与现有数据整体错开 {metres} 米，方向一致，像是 {value}；确认后请指明坐标系",
        "shifted as a whole by {metres} m against what is stored: looks like {value}. Once sure, say so",
        *FILE_REFUSED,
        title=(
            "与现有数据整体错开，像是另一种坐标系",
            "shifted as a whole against what is stored: another system",
        ),
    ),
    "datum.shifted": Code(
        I,
        "已由 {value} 纠偏到 EPSG:4490",
        "converted from {value} to EPSG:4490",
        *STORED,
        title=("已纠偏到 EPSG:4490", "converted to EPSG:4490"),
    ),
    "axes.swapped": Code(
        W,
        "经纬度（东北向）次序颠倒，已对调",
        "the axes came in the wrong order and were swapped",
        *STORED_CHECK,
    ),
    "column.missing": Code(
        R,
        "没有“{value}”这一列",
        "there is no column {value!r}",
        *FILE_REFUSED,
        title=("没有指定的列", "a column that was asked for is not there"),
    ),
    "field.unknown": Code(
        R,
        "没有“{value}”这个字段",
        "there is no field {value!r}",
        *FILE_REFUSED,
        title=("没有指定的字段", "a field that was asked for does not exist"),
    ),
    "json.duplicate_key": Code(
        W,
        "重复的键：{value}",
        "duplicate key: {value}",
        "取最后一个",
        "the last one counts",
        title=("重复的键", "duplicate key"),
    ),
    "json.invalid": Code(
        R,
        "不是有效的 JSON：{value}",
        "not valid JSON: {value}",
        *FILE_REFUSED,
        title=("不是有效的 JSON", "not valid JSON"),
    ),
    "geojson.invalid": Code(
        R,
        "不是有效的 GeoJSON：{value}",
        "not valid GeoJSON: {value}",
        *FILE_REFUSED,
        title=("不是有效的 GeoJSON", "not valid GeoJSON"),
    ),
}
