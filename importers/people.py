"""Workers of a file against areas, workers and duties in force."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd

from gridcenter.database import Transaction
from importers.findings import Findings

_GRIDS = """
SELECT n.code, n.path::text AS path FROM area_now n WHERE n.code = ANY(%(codes)s)
"""
_WORKERS = """
SELECT lower(w.code) AS code, w.display_name AS name, w.employment AS kind, w.capacity,
       coalesce((SELECT json_agg(json_build_object('area', a.code, 'kind', d.kind)
                                 ORDER BY a.code, d.kind)
                   FROM duty d JOIN area a ON a.id = d.area_id
                  WHERE d.worker_id = w.id AND d.valid @> CURRENT_DATE), '[]') AS duties
  FROM grid_worker w WHERE upper_inf(w.valid)
"""
_RESPONSIBLE = """
SELECT a.code, d.kind, w.code AS worker
  FROM duty d JOIN area a ON a.id = d.area_id JOIN grid_worker w ON w.id = d.worker_id
 WHERE d.valid @> CURRENT_DATE AND d.kind <> 'deputy' AND a.code = ANY(%(codes)s)
"""


def compare_workers(
    tx: Transaction, rows: gpd.GeoDataFrame, findings: Findings
) -> gpd.GeoDataFrame:
    """`rows` with ``duties`` [{area, kind}], ``change``; unknown grids and taken duties refuse."""
    rows = rows.copy()
    asked = sorted({code for codes in rows["grids"] for code in codes})
    known = {row["code"] for row in tx.all(_GRIDS, {"codes": asked})}
    taken = {
        (row["code"], row["kind"]): str(row["worker"])
        for row in tx.all(_RESPONSIBLE, {"codes": asked})
    }
    live = {row["code"]: row for row in tx.all(_WORKERS)}
    duties: list[list[dict[str, str]]] = []
    changes: list[str] = []
    refused = findings.refused_rows
    for row in rows.itertuples():
        number, worker = int(row.row), row.code
        duties.append([{"area": code, "kind": row.duty} for code in row.grids])
        for code in row.grids:
            holder = taken.get((code, row.duty))
            if code not in known:
                findings.add("reference.unknown", row=number, field="grids", value=code)
            elif holder and worker and holder.lower() != worker.lower():
                findings.add("duty.taken", row=number, field="grids", value=code, other=holder)
            elif row.duty != "deputy" and worker and number not in refused:
                taken[(code, row.duty)] = worker
        changes.append(_change(row, duties[-1], live.get(worker.lower()) if worker else None))
    rows["duties"] = pd.Series(duties, index=rows.index, dtype=object)
    rows["change"] = changes
    return rows


def _change(row: Any, duties: list[dict[str, str]], stored: dict[str, Any] | None) -> str:
    if stored is None:
        return "new"
    had = {(duty["area"], duty["kind"]) for duty in stored["duties"]}
    same = (
        stored["name"] == row.name
        and stored["kind"] == row.kind
        and (row.capacity is None or stored["capacity"] == row.capacity)
        and {(duty["area"], duty["kind"]) for duty in duties} <= had
    )
    return "same" if same else "changed"
