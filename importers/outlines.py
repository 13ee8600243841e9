"""Checks of polygon outlines, for all rows at once: kind, validity, repair, size."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from importers.findings import Findings
from importers.measures import in_metres, several_rings, zones
from importers.raw import Geometries

Rows = np.ndarray[Any, np.dtype[np.int64]]
_POLYGONAL = (3, 6)
_NAMES = {0: "Point", 1: "LineString", 2: "LinearRing", 3: "Polygon", 4: "MultiPoint",
          5: "MultiLineString", 6: "MultiPolygon", 7: "GeometryCollection"}  # fmt: skip


def polygons_only(geometry: Geometries, rows: Rows, findings: Findings) -> Geometries:
    """Valid multipolygons; None (with a finding) where a row holds something else or is lost."""
    result = mended(geometry, rows, findings)
    filled = ~shapely.is_missing(result)
    result[filled] = _as_multi(result[filled])
    return result


def mended(geometry: Geometries, rows: Rows, findings: Findings) -> Geometries:
    """Valid polygons and multipolygons; None (with a finding) for something else or what is lost.

    Collections give their polygons. Repair is GEOS's structure method; the change of area is told.
    """
    result = np.asarray(geometry, dtype=object).copy()
    kind = shapely.get_type_id(result)
    collections = np.flatnonzero(kind == 7)
    for position in collections:  # rare, and each may hold anything
        parts = [p for p in result[position].geoms if p.geom_type in ("Polygon", "MultiPolygon")]
        result[position] = shapely.union_all(parts) if parts else None
    wrong = (kind >= 0) & ~np.isin(kind, (*_POLYGONAL, 7))
    wrong |= (kind == 7) & shapely.is_missing(result)
    findings.add_rows("geometry.type", rows[wrong], (_NAMES.get(k, str(k)) for k in kind[wrong]))
    result[wrong] = None
    _repair(result, rows, findings)
    outside = ~shapely.is_missing(result) & (zones(result) == 0)
    findings.add_rows("geometry.outside_world", rows[outside])
    result[outside] = None
    return result


def _as_multi(geometry: Geometries) -> Geometries:
    parts, owner = shapely.get_parts(geometry, return_index=True)
    if not len(parts):
        return geometry
    return np.asarray(shapely.multipolygons(parts, indices=owner), dtype=object)


def _repair(geometry: Geometries, rows: Rows, findings: Findings) -> None:
    """Mend invalid members of `geometry` in place."""
    broken = np.flatnonzero(~shapely.is_missing(geometry) & ~shapely.is_valid(geometry))
    if not len(broken):
        return
    before = geometry[broken]
    reasons = shapely.is_valid_reason(before)
    mended = shapely.make_valid(before, method="structure", keep_collapsed=False)
    good = np.isin(shapely.get_type_id(mended), _POLYGONAL) & ~shapely.is_empty(mended)
    findings.add_rows("geometry.unrepairable", rows[broken[~good]], reasons[~good])
    geometry[broken[~good]] = None
    geometry[broken[good]] = mended[good]
    change = shapely.area(in_metres(mended[good])) - shapely.area(in_metres(before[good]))
    findings.add_rows("geometry.repaired", rows[broken[good]], (f"{m2:+.1f}" for m2 in change))


def small(
    metric: Geometries, rows: Rows, limit_m2: float, findings: Findings
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Mask of outlines below `limit_m2`, each told with its area."""
    area = shapely.area(metric)
    tiny = area < limit_m2
    values = [f"{m2:.1f}" for m2 in area[tiny]]
    findings.add_rows("area.small", rows[tiny], values, limit=f"{limit_m2:g}")
    return np.asarray(tiny)


def narrow(metric: Geometries, rows: Rows, limit_m: float, findings: Findings) -> None:
    """Tell of outlines that are narrower than `limit_m` even where they are widest."""
    # A region without holes is at least area ÷ perimeter wide on each side of its middle (Bonnesen):
    # most are cleared by that, a tenth of the cost of shrinking them.
    suspect = np.flatnonzero(
        (shapely.area(metric) < limit_m / 2 * shapely.length(metric)) | several_rings(metric)
    )
    metric, rows = metric[suspect], rows[suspect]
    thin = np.asarray(shapely.is_empty(shapely.buffer(metric, -limit_m / 2, quad_segs=1)))
    radius = shapely.length(shapely.maximum_inscribed_circle(metric[thin], tolerance=0.05))
    values = [f"{2 * metres:.1f}" for metres in radius]
    findings.add_rows("shape.narrow", rows[thin], values, limit=f"{limit_m:g}")


def inside_others(metric: Geometries, rows: Rows, findings: Findings) -> None:
    """Tell of outlines that lie for more than half on another one."""
    tree = shapely.STRtree(metric)
    points = shapely.point_on_surface(metric)
    inner, outer = tree.query(points, predicate="within")
    keep = inner != outer
    inner, outer = inner[keep], outer[keep]
    if not len(inner):
        return
    shared = shapely.area(shapely.intersection(metric[inner], metric[outer]))
    own, other = shapely.area(metric[inner]), shapely.area(metric[outer])
    most = (shared > own / 2) & ((own < other) | ((own == other) & (inner > outer)))
    _, first = np.unique(inner[most], return_index=True)
    for one, two in zip(inner[most][first], outer[most][first], strict=True):
        findings.add("shape.inside", row=int(rows[one]), other=int(rows[two]))
