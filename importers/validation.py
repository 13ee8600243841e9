"""Checks of whole imports before anything touches the database, per kind, for all rows at once.

What needs the stored areas (parents, places, codes in use, suspected datum) is in `comparison`.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridcenter.codes import Level, check
from gridcenter.errors import BadCode
from importers.coverage import check_coverage
from importers.findings import Findings
from importers.measures import in_metres
from importers.outlines import inside_others, narrow, polygons_only, small

SMALLEST_BUILDING_M2 = 12.0  # below: guard huts, kiosks, slips of the pen
NARROWEST_BUILDING_M = 2.0
STOREY_M = 3.0
_GRID_KINDS = {
    "general_grid": "general_grid", "综合": "general_grid", "综合网格": "general_grid",
    "基础": "general_grid", "基础网格": "general_grid", "z": "general_grid",
    "dedicated_grid": "dedicated_grid", "专属": "dedicated_grid", "专属网格": "dedicated_grid",
    "s": "dedicated_grid",
}  # fmt: skip
_EMPLOYMENT = {
    "full_time": "full_time", "专职": "full_time", "专职网格员": "full_time", "全职": "full_time",
    "part_time": "part_time", "兼职": "part_time", "兼职网格员": "part_time",
    "volunteer": "volunteer", "志愿者": "volunteer", "志愿": "volunteer",
}  # fmt: skip
_DUTIES = {
    "responsible": "responsible", "责任人": "responsible", "主责": "responsible",
    "网格员": "responsible", "a岗": "responsible", "主岗": "responsible",
    "deputy": "deputy", "副": "deputy", "协助": "deputy", "b岗": "deputy", "副岗": "deputy",
    "备岗": "deputy", "grid_leader": "grid_leader", "网格长": "grid_leader",
}  # fmt: skip


def validate_areas(rows: gpd.GeoDataFrame, level: Level, findings: Findings) -> gpd.GeoDataFrame:
    """`rows` with mended geometry and ``code_scheme``, ``kind``, ``area_m2``, ``perimeter_m``.

    Overlaps, gaps and edges are checked among all rows: siblings of one level cover their parents.
    """
    number = rows["row"].to_numpy(dtype=np.int64)
    rows = rows.copy()
    rows["geometry"] = polygons_only(rows.geometry.to_numpy(), number, findings)
    _check_codes(rows, findings)
    rows["code_scheme"] = _schemes(rows, level, findings)
    rows["kind"] = _worded(rows["kind"], _GRID_KINDS, number, "kind", findings)
    _fill_names(rows, findings)
    _measure(rows)
    usable = rows.geometry.to_numpy().copy()
    usable[rows["row"].isin(findings.refused_rows).to_numpy()] = None
    names = [
        f"{c or ''} {n or ''}".strip() for c, n in zip(rows["code"], rows["name"], strict=True)
    ]
    check_coverage(usable, number, names, findings)
    return rows


def validate_buildings(rows: gpd.GeoDataFrame, findings: Findings) -> gpd.GeoDataFrame:
    """`rows` with mended outlines, ``area_m2`` and ``height_derived`` (exactly 3 m × floors)."""
    number = rows["row"].to_numpy(dtype=np.int64)
    rows = rows.copy()
    rows["geometry"] = polygons_only(rows.geometry.to_numpy(), number, findings)
    _check_codes(rows, findings)
    present = np.flatnonzero(~shapely.is_missing(rows.geometry.to_numpy()))
    metric = in_metres(rows.geometry.to_numpy()[present])
    tiny = small(metric, number[present], SMALLEST_BUILDING_M2, findings)
    narrow(metric[~tiny], number[present][~tiny], NARROWEST_BUILDING_M, findings)
    inside_others(metric[~tiny], number[present][~tiny], findings)
    _measure(rows)
    height = pd.to_numeric(rows["height"], errors="coerce")
    floors = pd.to_numeric(rows["floors"], errors="coerce")
    derived = (height.notna() & ((height - floors * STOREY_M).abs() < 1e-6)).to_numpy()
    findings.add_rows("height.derived", number[derived], of=len(rows), field="height")
    rows["height_derived"] = derived
    return rows


def validate_workers(rows: gpd.GeoDataFrame, findings: Findings) -> gpd.GeoDataFrame:
    """`rows` with ``kind`` and ``duty`` in our words and ``grids`` as lists of codes."""
    number = rows["row"].to_numpy(dtype=np.int64)
    rows = rows.copy()
    repeated_codes(rows.assign(code=rows["code"].map(_lower)), findings)
    rows["kind"] = _worded(rows["kind"], _EMPLOYMENT, number, "kind", findings)
    rows["kind"] = rows["kind"].where(rows["kind"].notna(), "full_time")
    rows["duty"] = _worded(rows["duty"], _DUTIES, number, "duty", findings)
    rows["duty"] = rows["duty"].where(rows["duty"].notna(), "responsible")
    split = rows["grids"].astype(object).where(rows["grids"].notna(), "").astype(str)
    rows["grids"] = split.str.split(r"[,;，；、|\s]+", regex=True).map(
        lambda codes: list(dict.fromkeys(filter(None, codes)))
    )
    return rows


def validate_incidents(rows: gpd.GeoDataFrame, findings: Findings) -> gpd.GeoDataFrame:
    """`rows` that hold a point each; a file number may not occur twice."""
    number = rows["row"].to_numpy(dtype=np.int64)
    rows = rows.copy()
    kind = shapely.get_type_id(rows.geometry.to_numpy())
    wrong = kind > 0
    findings.add_rows("geometry.type", number[wrong], (str(k) for k in kind[wrong]))
    told = {f.row for f in findings if f.code.startswith("geometry.")}
    silent = (kind < 0) & ~np.isin(number, [row for row in told if row is not None])
    findings.add_rows("geometry.missing", number[silent])
    repeated_codes(rows, findings)
    early = rows["closed_at"].notna() & rows["reported_at"].notna()
    early &= (rows["closed_at"] < rows["reported_at"]).fillna(False) if early.any() else False
    findings.add_rows("value.time", number[early], rows["closed_at"][early], field="closed_at")
    return rows


def _lower(code: Any) -> Any:
    return code.lower() if isinstance(code, str) else code


def _check_codes(rows: gpd.GeoDataFrame, findings: Findings) -> None:
    """Missing codes (also a column that says the same everywhere) and repeated ones."""
    code = rows["code"]
    if len(rows) > 2 and code.notna().all() and code.nunique() == 1:
        rows["code"] = None  # an Id that is 0 in every row is no key
        code = rows["code"]
    missing = code.isna().to_numpy()
    findings.add_rows("key.missing", rows["row"].to_numpy()[missing], field="code", of=len(rows))
    shared_codes(rows, findings)
    repeated_codes(rows, findings)


def shared_codes(rows: gpd.GeoDataFrame, findings: Findings) -> None:
    """Take the code from a row that repeats it for another place: it gets a provisional one.

    Refusing such a row would tear a hole into a coverage because of a slip in a column.
    """
    code = rows["code"]
    rows["shared_code"] = pd.Series([None] * len(rows), dtype=object, index=rows.index)
    again = np.flatnonzero((code.notna() & code.duplicated(keep="first")).to_numpy())
    if not len(again):
        return
    first = {value: place for place, value in reversed(list(enumerate(code))) if value is not None}
    shapes = rows.geometry.to_numpy()
    earlier = np.array([first[code.iloc[place]] for place in again])
    common = shapely.area(shapely.intersection(shapes[again], shapes[earlier]))
    elsewhere = common < 0.5 * np.minimum(
        shapely.area(shapes[again]), shapely.area(shapes[earlier])
    )
    for place, other in zip(again[elsewhere], earlier[elsewhere], strict=True):
        row, before = int(rows["row"].iloc[place]), int(rows["row"].iloc[other])
        findings.add("key.shared", row=row, field="code", value=code.iloc[place], other=before)
    rows["shared_code"] = code.where(rows.index.isin(rows.index[again[elsewhere]]), None)
    rows["code"] = code.mask(rows.index.isin(rows.index[again[elsewhere]]), None).astype(object)


def repeated_codes(rows: pd.DataFrame, findings: Findings) -> None:
    code = rows["code"]
    again = code.notna() & code.duplicated(keep="first")
    first = rows.loc[code.notna()].drop_duplicates("code").set_index("code")["row"]
    for row, value in zip(rows["row"][again], code[again], strict=True):
        findings.add(
            "key.duplicate", row=int(row), field="code", value=value, other=int(first[value])
        )


def _schemes(rows: gpd.GeoDataFrame, level: Level, findings: Findings) -> list[str]:
    """``governance`` (``unit`` for unit grids) where a code obeys the rules, else ``external``."""
    own = "unit" if level is Level.UNIT_GRID else "governance"
    schemes = [own if code is None or _obeys(code, level) else "external" for code in rows["code"]]
    foreign = np.array([scheme == "external" for scheme in schemes], dtype=bool)
    findings.add_rows(
        "key.external",
        rows["row"].to_numpy()[foreign],
        rows["code"].to_numpy()[foreign],
        field="code",
        of=len(rows),
    )
    return schemes


def _obeys(code: str, level: Level) -> bool:
    try:
        check(level, code)
    except BadCode:
        return False
    return True


def _worded(
    values: pd.Series[Any], words: dict[str, str], rows: Any, field: str, findings: Findings
) -> pd.Series[Any]:
    """Our words for what people write; a word nobody knows refuses its row."""
    plain = values.map(lambda v: v.strip().lower() if isinstance(v, str) else None)
    result = plain.map(lambda v: words.get(v) if v else None).astype(object)
    unknown = (plain.notna() & result.isna()).to_numpy()
    findings.add_rows("value.unknown", rows[unknown], values[unknown], field=field)
    return result.where(result.notna(), None)


def _fill_names(rows: gpd.GeoDataFrame, findings: Findings) -> None:
    nameless = rows["name"].isna()
    findings.add_rows("name.missing", rows["row"][nameless], field="name", of=len(rows))
    rows["name"] = rows["name"].where(~nameless, rows["code"])


def _measure(rows: gpd.GeoDataFrame) -> None:
    metric = in_metres(rows.geometry.to_numpy())
    rows["area_m2"] = shapely.area(metric)
    rows["perimeter_m"] = shapely.length(metric)
