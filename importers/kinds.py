"""What can be imported: the kinds, their fields, and the headers people give those fields."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gridcenter.codes import Level


class Kind(StrEnum):
    """The kinds of import."""

    AREAS = "areas"
    BUILDINGS = "buildings"
    WORKERS = "workers"
    INCIDENTS = "incidents"
    REFERENCE = "reference"


@dataclass(frozen=True)
class Field:
    """A field of a kind: the headers it is known by (plain form), its type, whether it is a must."""

    name: str
    headers: tuple[str, ...]
    type: str = "text"  # text, whole, number, time
    required: bool = False


_CODE = (
    "code",
    "编码",
    "代码",
    "编号",
    "区划代码",
    "统计代码",
    "统一编码",
    "唯一编码",
    "gridcode",
    "bm",
    "dm",
)
_NAME = ("name", "名称", "名字", "mc", "label")
_HOUSEHOLDS = (
    "households",
    "household",
    "householdsest",
    "户数",
    "家庭户数",
    "总户数",
    "hcnt",
    "hs",
)

FIELDS: dict[Kind, tuple[Field, ...]] = {
    Kind.AREAS: (
        Field("code", _CODE),
        Field("name", _NAME),
        Field("name_en", ("nameen", "englishname", "英文名称", "英文名")),
        Field("parent", ("parentcode", "parent", "parentid", "上级编码", "上级代码", "上级", "上级区划",
                         "父级编码", "父编码", "所属区域", "所属编码", "上级名称")),
        Field("kind", ("kind", "gridkind", "网格类型", "类型", "网格类别", "网格性质")),
        Field("households", _HOUSEHOLDS, "whole"),
    ),
    Kind.BUILDINGS: (
        Field("code", (*_CODE, "buildingcode", "楼栋编码", "楼栋编号", "建筑编码", "幢号", "建筑编号", "id")),
        Field("name", (*_NAME, "楼栋名称", "建筑名称", "楼名", "buildingname")),
        Field("parent", ("microgridcode", "microgrid", "微网格编码", "微网格代码", "微网格", "所属微网格")),
        Field("floors", ("floors", "floor", "层数", "楼层", "楼层数", "地上层数", "总层数", "storeys",
                         "stories", "levels", "buildinglevels", "cs"), "whole"),
        Field("height", ("height", "heightm", "高度", "楼高", "建筑高度", "高度米", "gd"), "number"),
        Field("usage", ("usage", "用途", "建筑用途", "房屋用途", "使用性质")),
        Field("households", _HOUSEHOLDS, "whole"),
    ),
    Kind.WORKERS: (
        Field("code", (*_CODE, "工号", "人员编号", "网格员编号", "workercode", "员工号"), required=True),
        Field("name", (*_NAME, "姓名", "网格员姓名", "网格员", "displayname"), required=True),
        Field("kind", ("kind", "employment", "人员类型", "专兼职", "类型", "用工性质", "岗位性质")),
        Field("grids", ("grids", "grid", "网格", "负责网格", "责任网格", "网格编码", "网格代码", "所属网格",
                        "areas", "责任区域"), required=True),
        Field("duty", ("duty", "职责", "责任", "责任类型", "角色", "岗位", "duties", "dutykind")),
        Field("capacity", ("capacity", "上限", "同时上限", "最大任务数"), "whole"),
    ),
    Kind.INCIDENTS: (
        Field("code", ("legacyid", "id", "案件编号", "案卷编号", "事件编号", "工单编号", "工单号", "案号",
                       *_CODE, "requestnumber", "servicerequestnumber")),
        Field("matter", ("matter", "mattercode", "事项", "事项编码", "事项代码", "事项名称", "管理事项", "小类",
                         "小类代码", "案件类型", "事件类型", "type"), required=True),
        Field("reported_at", ("reportedat", "上报时间", "上报日期", "受理时间", "发生时间", "登记时间",
                              "创建时间", "creationdate", "createdat"), "time", required=True),
        Field("closed_at", ("closedat", "结案时间", "结案日期", "办结时间", "完成时间", "completiondate"),
              "time"),
        Field("state", ("state", "status", "状态", "案件状态", "办理状态", "当前环节")),
        Field("description", ("description", "描述", "问题描述", "事件描述", "内容", "案件描述",
                              "natureofviolation")),
        Field("address", ("address", "地址", "地点", "发生地点", "事发地址", "详细地址", "streetaddress")),
        Field("channel", ("channel", "来源", "来源渠道", "上报渠道", "案件来源")),
    ),
    Kind.REFERENCE: (
        Field("code", (*_CODE, "osmid", "fid", "id")),
        Field("name", (*_NAME, "路名", "道路名称", "河流名称", "水系名称", "地名", "osmname")),
        Field("kind", ("kind", "fclass", "highway", "waterway", "class", "type", "类型", "类别", "道路等级",
                       "等级", "用途")),
    ),
}  # fmt: skip

# What a reference layer is of, and the shapes it may have.
REFERENCE_LAYERS: dict[str, tuple[str, ...]] = {
    "road": ("LineString", "MultiLineString", "Polygon", "MultiPolygon"),
    "water": ("LineString", "MultiLineString", "Polygon", "MultiPolygon"),
    "wall": ("LineString", "MultiLineString", "Polygon", "MultiPolygon"),
    "poi": ("Point", "MultiPoint", "Polygon", "MultiPolygon"),
}

# The level's words in headers such as 街道代码 or TOWN_NAME.
LEVEL_WORDS: dict[Level, tuple[str, ...]] = {
    Level.PROVINCE: ("province", "省份", "省级", "省"),
    Level.CITY: ("prefecture", "city", "地级市", "地市", "市"),
    Level.DISTRICT: ("district", "county", "countynow", "行政区", "区县", "县区", "县市", "县", "区"),
    Level.STREET: ("street", "town", "township", "乡镇街道", "街道乡镇", "乡镇", "镇街", "街镇", "街道", "乡"),
    Level.COMMUNITY: ("community", "village", "vill", "社区村", "村居", "村社区", "社区", "居委会", "村", "里"),
    Level.GRID: ("grid", "综合网格", "网格"),
    Level.MICROGRID: ("microgrid", "微网格"),
    Level.UNIT_GRID: ("unitgrid", "单元网格"),
}  # fmt: skip
CODE_WORDS = ("code", "编码", "代码", "编号", "码", "id", "dm", "bm")
NAME_WORDS = ("name", "名称", "名", "")
