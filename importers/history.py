"""Incidents of earlier years against the catalogue and what was imported before."""

from __future__ import annotations

from collections import Counter
from uuid import UUID, uuid5

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridcenter.database import Transaction
from importers.findings import Findings
from importers.live import outside_all_areas

# Ids of imported cases: the same row of the same file number is always the same case.
_NAMESPACE = UUID("8a0b7a3e-52b8-4a52-9f0e-6a1f1f6c2b11")
_MATTERS = """
SELECT i.id, i.code, i.name FROM catalogue_item i JOIN matter m ON m.item_id = i.id
 WHERE i.valid_to IS NULL OR i.valid_to >= CURRENT_DATE
"""
_CHANNELS = "SELECT code, name FROM channel"
_CLOSED = {
    "closed", "completed", "completed - dup", "done", "resolved", "evaluated", "已结案", "结案",
    "办结", "已办结", "已完成", "完成", "已关闭", "关闭", "已处理", "已评价",
}  # fmt: skip
_REJECTED = {"rejected", "不予受理", "不立案", "作废", "已作废", "退件"}
_OPEN = {
    "open", "open - dup", "reported", "in progress", "处理中", "办理中", "已立案", "已派遣",
    "待受理", "已上报", "在办", "未结案", "未办结",
}  # fmt: skip


def compare_incidents(
    tx: Transaction, rows: gpd.GeoDataFrame, source: str, findings: Findings
) -> gpd.GeoDataFrame:
    """`rows` with ``case_id``, ``item_id``, ``state``, ``channel`` in our words, and ``change``.

    Matters are found by code, else by a name that only one has. A closed row needs no closing time
    (then it is the reporting time). Ids come from `source` and the row's own file number, else its
    content, so that the same file twice changes nothing.
    """
    rows = rows.copy()
    rows["item_id"] = _matters(tx, rows, findings)
    rows["state"] = _states(rows, findings)
    known = {row["name"]: row["code"] for row in tx.all(_CHANNELS)}
    codes = set(known.values())
    rows["channel"] = [
        channel if channel in codes else known.get(channel, "transferred")
        for channel in rows["channel"]
    ]
    points = rows.geometry.to_numpy()
    findings.add_rows("place.unknown", rows["row"].to_numpy()[outside_all_areas(tx, points)])
    contents = [
        code or f"{matter}|{at}|{text}|{point}"
        for code, matter, at, text, point in zip(
            rows["code"],
            rows["matter"],
            rows["reported_at"],
            rows["description"],
            shapely.to_wkt(points, rounding_precision=7),
            strict=True,
        )
    ]
    ids = [uuid5(_NAMESPACE, f"{source}|{content}") for content in contents]
    _refuse_repeated(rows, ids, findings)
    there = tx.all("SELECT id FROM case_file WHERE id = ANY(%(ids)s)", {"ids": ids})
    stored = {row["id"] for row in there}
    rows["case_id"] = [str(one) for one in ids]
    rows["change"] = ["same" if one in stored else "new" for one in ids]
    return rows


def _matters(tx: Transaction, rows: gpd.GeoDataFrame, findings: Findings) -> pd.Series[int]:
    matters = tx.all(_MATTERS)
    often = Counter(matter["name"] for matter in matters)
    by_word = {matter["name"]: matter["id"] for matter in matters if often[matter["name"]] == 1}
    by_word |= {matter["code"]: matter["id"] for matter in matters}
    found: pd.Series[int] = pd.Series(
        [by_word.get(word) for word in rows["matter"]], dtype=object, index=rows.index
    )
    unknown = (rows["matter"].notna() & found.isna()).to_numpy()
    number = rows["row"].to_numpy()
    findings.add_rows("reference.unknown", number[unknown], rows["matter"][unknown], field="matter")
    return found


def _states(rows: gpd.GeoDataFrame, findings: Findings) -> pd.Series[str]:
    """closed, rejected or reported; without a state column the closing time decides."""
    words = rows["state"].map(lambda word: word.strip().lower() if isinstance(word, str) else None)
    closed = words.isin(_CLOSED) | (words.isna() & rows["closed_at"].notna())
    unknown = words.notna() & ~words.isin(_CLOSED | _REJECTED | _OPEN)
    number = rows["row"].to_numpy()
    findings.add_rows(
        "value.unknown", number[unknown.to_numpy()], rows["state"][unknown], field="state"
    )
    states = np.where(closed, "closed", np.where(words.isin(_REJECTED), "rejected", "reported"))
    return pd.Series(states, index=rows.index, dtype=object)


def _refuse_repeated(rows: gpd.GeoDataFrame, ids: list[UUID], findings: Findings) -> None:
    """A row without a number that says exactly what another one says is the same incident."""
    first: dict[UUID, int] = {}
    refused = findings.refused_rows
    for row, one in zip(rows["row"], ids, strict=True):
        if one in first and int(row) not in refused:
            findings.add("key.duplicate", row=int(row), value="", other=first[one])
        first.setdefault(one, int(row))
