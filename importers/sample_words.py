"""What the sample's incidents say: how often a matter happens, and sentences about it."""

from __future__ import annotations

from random import Random

# Relative frequency by matter code; every other matter of the catalogue gets RARE (the long tail).
FREQUENCY = {
    "09010": 110, "06010": 90, "09005": 70, "06036": 70, "09009": 55, "09012": 45, "06042": 45,
    "07001": 45, "09011": 40, "06012": 35, "06041": 30, "09006": 30, "09001": 30, "06013": 25,
    "06028": 25, "B03": 25, "06007": 20, "06017": 18, "06027": 18, "B01": 14, "A02": 14,
    "06035": 14, "A03": 12, "D02": 12, "06001": 10, "08001": 10, "06045": 10, "F01": 10,
    "06034": 8, "08004": 8, "B10": 8, "D01": 8, "E01": 8, "E02": 8, "H03": 8, "A05": 6, "B05": 6,
    "B04": 5, "06051": 4, "A04": 4, "B02": 4, "C01": 4, "G02": 4, "A01": 3, "C03": 3, "F05": 3,
    "G01": 3,
}  # fmt: skip
RARE = 1.2

# Small matters of the street that the grid worker settles on the spot more often than not.
ON_THE_SPOT = frozenset(
    {"09010", "06036", "06007", "07001", "09011", "06041", "F01", "E01", "E02", "A02", "B03"}
)

CHANNELS = {
    "grid_worker": 54, "hotline_12345": 18, "resident": 9, "video": 5, "desk": 4, "microgrid": 3,
    "department": 2, "superior": 2, "letter": 2, "sensor": 1,
}  # fmt: skip

# Hours of the local day, weights of reports: two working peaks, some evening, little at night.
HOURS = (
    1,
    0.5,
    0.4,
    0.4,
    0.5,
    1,
    3,
    9,
    22,
    32,
    30,
    20,
    9,
    12,
    24,
    28,
    24,
    16,
    10,
    8,
    6,
    4,
    2.5,
    1.5,
)
WEEKEND = 0.6

_SIDES = ("东侧", "南侧", "西侧", "北侧", "门口", "单元门前", "车棚旁", "围墙边")

_SAID = {
    "09010": ("{n} 辆电动车停在人行道上，行人绕行", "车棚外停了 {n} 辆，堵住单元门"),
    "06010": ("垃圾堆在路边没有清走，有异味", "袋装垃圾 {n} 袋堆在墙角"),
    "09005": ("店外摆放桌椅货架 {n} 处，占人行道约 1 米", "店家把货物摆到店外"),
    "06036": ("楼道口堆放纸箱、旧家具，影响通行", "公共区域堆放杂物约 {n} 平方米"),
    "09009": ("{n} 辆小车停在路口，公交转弯困难", "车辆停在人行道上"),
    "09012": ("消防通道停了 {n} 辆车，已打电话联系车主", "消防通道口堆物，消防车进不去"),
    "06042": ("垃圾桶满溢，{n} 只桶都满了", "投放点满溢，周边散落"),
    "07001": ("楼道和电线杆上有小广告 {n} 处", "新贴小广告，未干"),
    "09011": ("共享单车堆叠约 {n} 辆，占盲道", "共享单车倒在路口"),
    "06012": ("路面有油污和果皮，长约 {n} 米", "清扫后又有散落垃圾"),
    "06041": ("厨余桶内混有其他垃圾", "未按分类投放，已拍照"),
    "06013": ("路面坑洞约 {n}0 厘米，下雨积水", "人行道砖松动 {n} 块"),
    "06028": ("夜间音响声音大，居民反映睡不好", "装修在午休时间施工"),
    "06027": ("餐馆油烟直排，楼上不敢开窗", "油烟净化器没有开"),
    "B03": ("从窗口拉线给电动车充电", "电瓶车推进楼道充电"),
    "B01": ("楼道灭火器 {n} 具压力不足", "消火栓箱被杂物遮挡"),
    "A02": ("楼上漏水，两户没有谈拢", "因晾晒位置起争执，已劝开"),
    "A03": ("物业费与服务有争议，约 {n} 户联名", "公共维修拖延，业主有意见"),
    "D02": ("电梯停在 {n} 层，无人被困", "电梯关门有异响"),
    "F01": ("独居老人家中无人应门，邻居说两天没见", "高龄老人需要代购药品"),
    "E02": ("房屋转租，住户有变动", "空置房近日有人入住"),
}
_GENERAL = ("现场有{name}，影响周边，已拍照", "发现{name}，约 {n} 处", "居民反映{name}，请到场看看")
_HANDLED = (
    "已到现场处理，恢复原状",
    "已清理完毕，拍照留存",
    "已劝导当事人整改，现场无遗留",
    "已修复，检查正常",
)
_STARTED = ("已到现场，正在处理", "人员已到，预计两小时内完成", "需要配件，已联系")
_FED_BACK = ("处理完毕，照片已传", "已按结案条件完成", "当事人已确认")
_FAILED = ("现场仍有残留，请再处理", "只清理了一半", "照片与现场不符，请补做")
_RETURNED = ("不属本部门职责，请改派", "位置不在本部门管养范围", "需要执法权限，请改派综合执法")
_TO_INTAKE = ("地点描述不清，请受理核实后再派", "与另一件像是同一件，请受理核对")
_REJECTED = ("经核实现场无此情况", "不属于本中心受理范围，已告知诉求人", "与已受理的案件重复")
OUTSIDE = "位置在辖区外，已转相邻街道"
WITHOUT_PHOTOS = "示例案件不带照片，按文字反馈核查"
POLICE = "已按规定移交公安机关，不在本系统办理"


def side(rng: Random) -> str:
    """Where at a building."""
    return rng.choice(_SIDES)


def description(rng: Random, code: str, name: str) -> str:
    """What the reporter wrote."""
    sentence = rng.choice(_SAID.get(code, _GENERAL))
    return sentence.format(n=rng.randint(2, 9), name=name)


def handled(rng: Random) -> str:
    """What was done."""
    return rng.choice(_HANDLED)


def started(rng: Random) -> str:
    """What is being done."""
    return rng.choice(_STARTED)


def fed_back(rng: Random) -> str:
    """What the handler told the centre."""
    return rng.choice(_FED_BACK)


def failed(rng: Random) -> str:
    """Why a check did not pass."""
    return rng.choice(_FAILED)


def returned(rng: Random) -> str:
    """Why a case came back."""
    return rng.choice(_RETURNED)


def to_intake(rng: Random) -> str:
    """Why a dispatcher gave a case back to intake."""
    return rng.choice(_TO_INTAKE)


def rejected(rng: Random) -> str:
    """Why a report was not filed."""
    return rng.choice(_REJECTED)
