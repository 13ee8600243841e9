"""Do the areas of one level fit together: overlaps, gaps and edges that do not meet, in m².

Two traps: `coverage_is_valid` is blind to gaps without a gap width, widths are in the
units of the coordinates (hence metres of one zone), and missing members pass silently.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from importers.findings import Findings
from importers.measures import common_zone, in_zone
from importers.raw import Geometries

Rows = np.ndarray[Any, np.dtype[np.int64]]
_GAP_WIDTH_M = 5.0
_GRID_M = 0.01
_LEAST_M2 = 1.0  # overlaps and gaps below are drawing noise
_LARGEST_GAP_M2 = 50_000.0  # a larger hole is a lake or another owner's land, not a slip of the pen


def check_coverage(
    geometry: Geometries, rows: Rows, names: Sequence[str], findings: Findings
) -> None:
    """Tell of overlaps, gaps and unmatched edges among the polygons (EPSG:4490; None: skipped)."""
    present = np.flatnonzero(~shapely.is_missing(geometry))
    zone = common_zone(geometry[present])
    if len(present) < 2 or zone == 0:
        return
    metric = in_zone(geometry[present], zone)
    edges = shapely.coverage_invalid_edges(metric, gap_width=_GAP_WIDTH_M)
    faulty = ~shapely.is_empty(edges)
    if not faulty.any():
        return
    rows = rows[present]
    names = [names[int(i)] for i in present]
    told = _overlaps(metric, faulty, rows, names, findings)
    told |= _gaps(metric, faulty, rows, findings)
    only_edges = faulty.copy()
    only_edges[list(told)] = False
    findings.add_rows(
        "edge.unmatched", rows[only_edges], [f"{_GAP_WIDTH_M:g}"] * int(only_edges.sum())
    )


def _overlaps(
    metric: Geometries,
    faulty: np.ndarray[Any, np.dtype[np.bool_]],
    rows: Rows,
    names: Sequence[str],
    findings: Findings,
) -> set[int]:
    """Each overlapping pair once, at its later row; more than half of that row refuses it."""
    suspects = np.flatnonzero(faulty)
    tree = shapely.STRtree(metric[suspects])
    left, right = tree.query(metric[suspects], predicate="intersects")
    later = suspects[np.maximum(left, right)[left < right]]
    earlier = suspects[np.minimum(left, right)[left < right]]
    shared = shapely.area(shapely.intersection(metric[later], metric[earlier]))
    told: set[int] = set()
    for one, two, m2 in zip(later, earlier, shared, strict=True):
        if m2 <= _LEAST_M2:
            continue
        told |= {int(one), int(two)}
        half = m2 > shapely.area(metric[one]) / 2
        code = "overlap.large" if half else "overlap"
        findings.add(code, row=int(rows[one]), value=f"{m2:.1f}", other=names[two])
    return told


def _gaps(
    metric: Geometries,
    faulty: np.ndarray[Any, np.dtype[np.bool_]],
    rows: Rows,
    findings: Findings,
) -> set[int]:
    """Enclosed holes between the faulty areas, each told at the first area along it."""
    suspects = np.flatnonzero(faulty)
    # To the centimetre: where a corner meets a long edge, projection leaves a hair between them,
    # and a gap would be open to the outside.
    union = shapely.union_all(metric[suspects], grid_size=_GRID_M)
    parts = shapely.get_parts(union)
    rings, _ = shapely.get_rings(parts, return_index=True)
    outer = {shapely.get_exterior_ring(part).wkb for part in parts}
    holes = np.array([shapely.Polygon(r) for r in rings if r.wkb not in outer], dtype=object)
    told: set[int] = set()
    if not len(holes):
        return told
    tree = shapely.STRtree(metric)
    for hole in holes:
        around = tree.query(hole, predicate="intersects")
        gap = shapely.difference(hole, shapely.union_all(metric[around]))
        m2 = shapely.area(gap)
        if not _LEAST_M2 < m2 < _LARGEST_GAP_M2:
            continue
        beside = [i for i in sorted(around) if faulty[i]]
        told |= {int(i) for i in beside}
        findings.add("gap", row=int(rows[beside[0]]) if beside else None, value=f"{m2:.1f}")
    return told
