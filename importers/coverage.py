"""Do the areas of one file fit together: the topology of the house, told as findings by row.

The file's level is laid out without its parents: what is outside of them, and gaps open to the rim,
are found when the areas are written (`gridcenter.areas.faults`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from gridcenter.areas.plane import Plane
from gridcenter.areas.topology import Fault, FaultKind, Limits, Severity, Tolerances, check
from importers.findings import Findings
from importers.raw import Geometries

Rows = np.ndarray[Any, np.dtype[np.int64]]
_LIMITS = Limits(Tolerances())
_LARGEST_GAP_M2 = 50_000.0  # a larger hole is a lake or another owner's land, not a slip of the pen


def check_coverage(
    geometry: Geometries, rows: Rows, names: Sequence[str], findings: Findings
) -> None:
    """Tell of overlaps, gaps and unmatched edges among the polygons (EPSG:4490; None: skipped)."""
    present = np.flatnonzero(~shapely.is_missing(geometry))
    if len(present) < 2:
        return
    metric = Plane.around(geometry[present]).to_metres(geometry[present])
    members = {int(at): shape for at, shape in zip(present, metric, strict=True)}
    faults = check(None, members, _LIMITS, repairs=False)
    refused = {at for fault in faults if fault.severity is Severity.REFUSE for at in fault.areas}
    unmatched: set[int] = set()
    for fault in faults:
        kind = fault.strip or fault.kind
        if kind is FaultKind.OVERLAP:
            _overlap(fault, members, rows, names, findings)
        elif kind is FaultKind.GAP and fault.measure < _LARGEST_GAP_M2:
            findings.add("gap", row=int(rows[min(fault.areas)]), value=_m2(fault))
        elif kind is FaultKind.UNMATCHED_EDGE:
            unmatched |= set(fault.areas)
    only_edges = sorted(unmatched - refused)
    value = f"{_LIMITS.tolerances.edge_m:g}"
    findings.add_rows("edge.unmatched", rows[only_edges], [value] * len(only_edges))


def _overlap(
    fault: Fault,
    members: dict[int, Any],
    rows: Rows,
    names: Sequence[str],
    findings: Findings,
) -> None:
    """An overlap at its later row; more than half of that row refuses it."""
    earlier, later = sorted(fault.areas)
    half = fault.measure > members[later].area / 2
    code = "overlap.large" if half else "overlap"
    findings.add(code, row=int(rows[later]), value=_m2(fault), other=names[earlier])


def _m2(fault: Fault) -> str:
    return f"{fault.measure:.1f}"
