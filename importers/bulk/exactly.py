"""The rows of a batch that need GEOS: outlines with holes or in parts, broken ones, those at a border.

The same checks as for small files (`outlines`, `measures`), on a few rows of each batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridcenter.areas.raster import Raster
from gridcenter.geo import Datum
from importers.bulk.gathering import Gathering
from importers.bulk.reading import Batch
from importers.comparison import cut_shares
from importers.measures import in_metres, local_measures
from importers.outlines import mended, narrow, small
from importers.placing import Box, place
from importers.raw import Evidence, Geometries, Raw
from importers.reading import tell_missing
from importers.validation import NARROWEST_BUILDING_M, SMALLEST_BUILDING_M2
from importers.vector_files import shapes_of

AS_STORED = (Datum.CGCS2000.value, Datum.WGS84.value)
# Beside the limits the projected measure decides, not the quick one.
NEAR_LIMIT = 1.001

Floats = np.ndarray[Any, np.dtype[np.float64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]
Integers = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Ground:
    """What batches are checked against: the micro-grids in force, by code."""

    ids: np.ndarray[Any, Any]
    codes: np.ndarray[Any, Any]
    shapes: Geometries
    raster: Raster


@dataclass(frozen=True)
class Given:
    """What is known of the file's coordinates: `crs` as declared, `datum` as said, `near` the box of
    what is stored."""

    crs: str | None
    datum: str | None
    near: Box | None


@dataclass
class Exact:
    """What GEOS found, parallel to the rows asked for; NaN, None and -1 where there is no outline.

    `changed` are outlines whose bytes in the file are not what is stored. `counts` as an outline
    that others may lie on.
    """

    shapes: Geometries
    changed: Mask
    area_m2: Floats
    perimeter_m: Floats
    point: Floats
    counts: Mask
    home: Integers


def placed(
    batch: Batch,
    given: Geometries,
    broken: dict[int, tuple[str, str]],
    said: Given,
    datum: str | None,
    findings: Gathering,
    beside: int = 0,
) -> tuple[Geometries | None, str, list[Evidence]]:
    """Geometries in EPSG:4490 (None after a refusal of the file), the datum's name, evidence."""
    shapes = given.copy()
    evidence: list[Evidence] = []
    for row, (code, value) in broken.items():
        findings.add(code, row=row, value=value)
    if broken:
        shapes[np.isin(batch.rows, list(broken))] = None
    table = pd.DataFrame() if datum else batch.table()
    raw = Raw(table, batch.rows, shapes, crs=said.crs, broken=broken, beside=beside)
    tell_missing(raw, findings)
    assert raw.geometry is not None
    shapes = raw.geometry
    if datum in AS_STORED and not shapely.has_z(shapes).any() and _on_globe(shapes):
        return shapes, datum or "", evidence
    name = said.datum or (datum if datum and said.crs is None else None)
    found = place(raw, name, said.near, findings, evidence)
    return (None, "", evidence) if found is None else (found[0], found[1], evidence)


def _on_globe(shapes: Geometries) -> bool:
    """Whether all coordinates are finite degrees inside the zones, in the right order."""
    bounds = shapely.bounds(shapes[~shapely.is_missing(shapes)])
    if not len(bounds):
        return True
    lon, lat = bounds[:, [0, 2]], bounds[:, [1, 3]]
    # A NaN coordinate hides from bounds; it cannot hide from the sum of all.
    total = shapely.get_coordinates(shapes).sum()
    return bool(
        np.isfinite(total) and ((lon > 60) & (lon < 140)).all() and (np.abs(lat) < 60).all()
    )


def exactly(
    batch: Batch,
    said: Given,
    datum: str | None,
    ground: Ground,
    findings: Gathering,
    beside: int,
) -> tuple[Exact | None, str, list[Evidence]]:
    """The rows placed, mended, measured and assigned; None when they refuse the file."""
    given, broken = shapes_of(batch.wkb.values(), batch.rows)
    shapes, name, evidence = placed(batch, given, broken, said, datum, findings, beside)
    if shapes is None:
        return None, "", evidence
    good = mended(shapes, batch.rows, findings)
    # What nobody touched is still the very object that was read, and its bytes can go as they came.
    changed = np.array([one is not other for one, other in zip(good, given, strict=True)], bool)
    there = np.flatnonzero(~shapely.is_missing(good))
    area, length = np.full(len(good), np.nan), np.full(len(good), np.nan)
    area[there], length[there] = local_measures(good[there])
    counts = np.zeros(len(good), dtype=bool)
    counts[there] = ~_sizes(good[there], area[there], length[there], batch.rows[there], findings)
    point = np.full((len(good), 2), np.nan)
    point[there] = shapely.get_coordinates(shapely.point_on_surface(good[there]))
    home = np.full(len(good), -1, dtype=np.int64)
    home[there] = ground.raster.holders(point[there, 0], point[there, 1])
    _tell_homes(batch.rows, good, home, ground, findings)
    return Exact(good, changed, area, length, point, counts, home), name, evidence


def _sizes(
    shapes: Geometries, area: Floats, length: Floats, rows: Integers, findings: Gathering
) -> Mask:
    """Mask of outlines too small; those and narrow ones are told. Only suspects are projected."""
    suspect = np.flatnonzero(
        doubtful(area, length) | (shapely.get_num_geometries(shapes) > 1)
        | (shapely.get_num_interior_rings(shapes) > 0)
    )  # fmt: skip
    tiny = np.zeros(len(shapes), dtype=bool)
    metric = in_metres(shapes[suspect])
    tiny[suspect] = small(metric, rows[suspect], SMALLEST_BUILDING_M2, findings)
    stout = ~tiny[suspect]
    narrow(metric[stout], rows[suspect][stout], NARROWEST_BUILDING_M, findings)
    return tiny


def doubtful(area_m2: Floats, perimeter_m: Floats) -> Mask:
    """Mask of outlines that may be too small or too narrow, which the exact measures decide."""
    return np.asarray(
        (area_m2 < SMALLEST_BUILDING_M2 * NEAR_LIMIT)
        | (area_m2 < NARROWEST_BUILDING_M / 2 * perimeter_m * NEAR_LIMIT)
    )


def _tell_homes(
    rows: Integers, shapes: Geometries, home: Integers, ground: Ground, findings: Gathering
) -> None:
    usable = ~shapely.is_missing(shapes) & ~np.isin(rows, list(findings.refused_rows))
    findings.add_rows("place.outside", rows[usable & (home < 0)])
    held = np.flatnonzero(home >= 0)
    if not len(held):
        return
    # One micro-grid after the other, so that its prepared form stays at hand.
    held = held[np.argsort(home[held], kind="stable")]
    around = ground.shapes[home[held]]
    cut = ~shapely.covers(around, shapes[held])
    told, share = cut_shares(shapes[held][cut], around[cut])
    places = held[cut][told]
    kept = usable[places]
    order = np.argsort(places[kept])
    values = [f"{100 * part:.0f}" for part in share[told][kept][order]]
    findings.add_rows("building.cut", rows[places[kept][order]], values)
