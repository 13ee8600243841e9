"""One batch of buildings is placed, mended, measured, assigned and compared with what is live.

Pure but for what it is given; the libraries let go of the interpreter, so two batches run at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridcenter.geo import STORAGE_SRID, Datum
from importers.bulk import copying
from importers.bulk.gathering import Gathering
from importers.bulk.reading import Batch, Source
from importers.comparison import cut_shares, differences
from importers.kinds import Kind
from importers.mapping import Columns
from importers.measures import in_metres, local_measures
from importers.outlines import mended, narrow, small
from importers.placing import Box, place
from importers.raw import Evidence, Geometries, Raw
from importers.reading import ROW, tell_missing
from importers.records import records
from importers.validation import NARROWEST_BUILDING_M, SMALLEST_BUILDING_M2, STOREY_M
from importers.vector_files import shapes_of

COMPARED = ("name", "floors", "height", "usage", "households", "target")
_AS_STORED = (Datum.CGCS2000.value, Datum.WGS84.value)
# Beside the limits the projected measure decides, not the quick one.
_NEAR_LIMIT = 1.001

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Ground:
    """What batches are checked against: the homes in force (`live.live_homes`), in their order."""

    ids: np.ndarray[Any, Any]
    codes: np.ndarray[Any, Any]
    shapes: Geometries


@dataclass(frozen=True)
class Plan:
    """What all batches have in common. `datum` is None until the first batch has shown it."""

    source: Source
    columns: Columns
    given_datum: str | None
    near: Box | None
    ground: Ground


@dataclass
class Checked:
    """One batch, ready to be copied, and the numbers that the look at the whole file needs.

    Parallel to `rows`: `point` inside the outline (lon, lat; NaN without), `bounds`, `degrees2` the
    area in square degrees, `whole` outlines that count for overlaps, `home` the position of the
    micro-grid (-1: none), `code` (None: to be made), `middle` the centroid where a code is missing.
    """

    rows: np.ndarray[Any, np.dtype[np.int64]]
    fids: np.ndarray[Any, np.dtype[np.int64]]
    findings: Gathering
    evidence: list[Evidence]
    datum: str
    payload: bytes
    code: np.ndarray[Any, Any]
    point: Floats
    bounds: Floats
    degrees2: Floats
    whole: np.ndarray[Any, np.dtype[np.bool_]]
    home: np.ndarray[Any, np.dtype[np.int64]]
    middle: Floats
    change: dict[str, int]


def records_of(plan: Plan, batch: Batch, findings: Gathering) -> gpd.GeoDataFrame:
    """The mapped values of a batch, without geometry."""
    table = batch.table.copy()
    table[ROW] = batch.rows
    empty = np.full(len(table), None, dtype=object)
    frame = gpd.GeoDataFrame(table, geometry=empty, crs=STORAGE_SRID)
    return records(frame, plan.columns, Kind.BUILDINGS, findings)


def placed(
    plan: Plan,
    batch: Batch,
    given: Geometries,
    broken: dict[int, tuple[str, str]],
    datum: str | None,
    findings: Gathering,
) -> tuple[Geometries | None, str, list[Evidence]]:
    """Geometries in EPSG:4490 (None after a refusal of the file), the datum's name, evidence."""
    shapes = given.copy()
    evidence: list[Evidence] = []
    raw = Raw(batch.table, batch.rows, shapes, crs=plan.source.crs, broken=broken)
    for row, (code, value) in broken.items():
        findings.add(code, row=row, value=value)
    if broken:
        shapes[np.isin(batch.rows, list(broken))] = None
    tell_missing(raw, findings)
    assert raw.geometry is not None
    shapes = raw.geometry
    if datum in _AS_STORED and not shapely.has_z(shapes).any() and _on_globe(shapes):
        return shapes, datum or "", evidence
    said = plan.given_datum or (datum if datum and plan.source.crs is None else None)
    found = place(raw, said, plan.near, findings, evidence)
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


def check(
    plan: Plan, batch: Batch, datum: str | None, live: gpd.GeoDataFrame | None, file: str
) -> Checked:
    """The batch checked in full; `live` are the buildings in force with its codes, None: nothing is."""
    findings = Gathering(file)
    given, broken = shapes_of(batch.wkb, batch.rows)
    shapes, name, evidence = placed(plan, batch, given, broken, datum, findings)
    if shapes is None:
        return _refused(batch, findings, evidence)
    rows = records_of(plan, batch, findings)
    good = mended(shapes, batch.rows, findings)
    # What nobody touched is still the very object that was read, and its bytes can go as they came.
    changed = np.array([one is not other for one, other in zip(good, given, strict=True)])
    rows["geometry"] = good
    there = np.flatnonzero(~shapely.is_missing(good))
    area, length = np.full(len(good), np.nan), np.full(len(good), np.nan)
    area[there], length[there] = local_measures(good[there])
    whole = np.zeros(len(good), dtype=bool)
    whole[there] = ~_sizes(good[there], area[there], length[there], batch.rows[there], findings)
    height = pd.to_numeric(rows["height"], errors="coerce").to_numpy(dtype=float)
    floors = pd.to_numeric(rows["floors"], errors="coerce").to_numpy(dtype=float)
    derived = np.abs(height - floors * STOREY_M) < 1e-6
    findings.add_rows("height.derived", batch.rows[derived], of=len(rows), field="height")
    rows["height_derived"] = derived
    point = np.full((len(good), 2), np.nan)
    point[there] = shapely.get_coordinates(shapely.point_on_surface(good[there]))
    home = _homes(good, point, there, plan.ground)
    _tell_homes(rows, good, home, plan.ground, findings)
    target = np.where(home >= 0, plan.ground.ids[home] if len(plan.ground.ids) else None, None)
    rows["target"] = pd.Series(target, dtype=object, index=rows.index)
    if live is None:
        rows["change"], rows["moved_m"] = "new", np.nan
    else:
        differences(rows, live, COMPARED, findings)
    code = rows["code"].to_numpy(dtype=object)
    bare = np.array([value is None for value in code])
    middle = np.full((len(good), 2), np.nan)
    if bare.any():
        chosen = np.intersect1d(np.flatnonzero(bare), there)
        middle[chosen] = shapely.get_coordinates(shapely.centroid(good[chosen]))
    refused = np.isin(batch.rows, list(findings.refused_rows))
    wkb = batch.wkb.copy()
    wkb[changed] = shapely.to_wkb(good[changed])
    wkb[shapely.is_missing(good)] = None  # what could not be read must not be copied
    changes, counts = np.unique(
        rows["change"].to_numpy(dtype=object)[~refused].astype(str), return_counts=True
    )
    return Checked(
        batch.rows, batch.fids, findings, evidence, name,
        _payload(rows, wkb, area, length, refused), code, point, shapely.bounds(good),
        shapely.area(good), whole, home, middle,
        dict(zip(changes.tolist(), counts.tolist(), strict=True)),
    )  # fmt: skip


def _refused(batch: Batch, findings: Gathering, evidence: list[Evidence]) -> Checked:
    none, pair = np.full(len(batch.rows), np.nan), np.full((len(batch.rows), 2), np.nan)
    return Checked(
        batch.rows, batch.fids, findings, evidence, "", b"", np.full(len(none), None, dtype=object),
        pair, np.column_stack([pair, pair]), none, np.zeros(len(none), dtype=bool),
        np.full(len(none), -1), pair, {},
    )  # fmt: skip


def _sizes(
    shapes: Geometries,
    area: Floats,
    length: Floats,
    rows: np.ndarray[Any, Any],
    findings: Gathering,
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Mask of outlines too small; those and narrow ones are told. Only suspects are projected."""
    limit = SMALLEST_BUILDING_M2 * _NEAR_LIMIT
    slim = area < NARROWEST_BUILDING_M / 2 * length * _NEAR_LIMIT
    suspect = np.flatnonzero((area < limit) | slim | (shapely.get_num_geometries(shapes) > 1)
                             | _with_holes(shapes))  # fmt: skip
    tiny = np.zeros(len(shapes), dtype=bool)
    metric = in_metres(shapes[suspect])
    tiny[suspect] = small(metric, rows[suspect], SMALLEST_BUILDING_M2, findings)
    stout = ~tiny[suspect]
    narrow(metric[stout], rows[suspect][stout], NARROWEST_BUILDING_M, findings)
    return tiny


def _with_holes(shapes: Geometries) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.asarray(shapely.get_num_interior_rings(shapes) > 0)


def _homes(
    shapes: Geometries, point: Floats, there: np.ndarray[Any, Any], ground: Ground
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Position of each outline's home: the first that holds it; -1 for none."""
    home = np.full(len(shapes), -1, dtype=np.int64)
    if not len(there) or not len(ground.shapes):
        return home
    # The index is made of the points: then each micro-grid is prepared once and asked for all.
    tree = shapely.STRtree(shapely.points(point[there]))
    holder, inner = tree.query(ground.shapes, predicate="intersects")
    # Written from the last to the first, so the first home stays.
    order = np.argsort(-holder, kind="stable")
    home[there[inner[order]]] = holder[order]
    return home


def _tell_homes(
    rows: gpd.GeoDataFrame,
    shapes: Geometries,
    home: np.ndarray[Any, np.dtype[np.int64]],
    ground: Ground,
    findings: Gathering,
) -> None:
    number = rows["row"].to_numpy(dtype=np.int64)
    usable = ~shapely.is_missing(shapes) & ~np.isin(number, list(findings.refused_rows))
    findings.add_rows("place.outside", number[usable & (home < 0)])
    held = np.flatnonzero(home >= 0)
    if not len(held):
        return
    around = ground.shapes[home[held]]
    cut = ~shapely.covers(around, shapes[held])
    told, share = cut_shares(shapes[held][cut], around[cut])
    places = held[cut][told]
    kept = usable[places]
    values = [f"{100 * part:.0f}" for part in share[told][kept]]
    findings.add_rows("building.cut", number[places[kept]], values)


def _payload(
    rows: gpd.GeoDataFrame,
    wkb: np.ndarray[Any, Any],
    area: Floats,
    length: Floats,
    refused: np.ndarray[Any, Any],
) -> bytes:
    """The rows as binary COPY, in the order of the columns of `import_large`."""

    def numbers(name: str, kind: str) -> copying.Encoded:
        values = rows[name].to_numpy(dtype=object)
        missing = np.asarray(pd.isna(values))
        if missing.all():
            return copying.fixed(np.zeros(len(values)), kind, missing)
        return copying.fixed(np.where(missing, 0, values).astype(np.float64), kind, missing)

    moved = rows["moved_m"].to_numpy(dtype=float)
    return copying.rows_of(
        [
            copying.fixed(rows["row"].to_numpy(), ">i4"),
            copying.fixed(refused, ">i1"),
            copying.fixed(area, ">f8", np.isnan(area)),
            copying.fixed(length, ">f8", np.isnan(length)),
            copying.fixed(rows["height_derived"].to_numpy(), ">i1"),
            copying.fixed(moved, ">f8", np.isnan(moved)),
            numbers("target", ">i8"),
            numbers("floors", ">i2"),
            numbers("height", ">f8"),
            numbers("households", ">i4"),
            copying.text(rows["code"].to_numpy(dtype=object)),
            copying.text(rows["name"].to_numpy(dtype=object)),
            copying.text(rows["parent"].to_numpy(dtype=object)),
            copying.text(rows["usage"].to_numpy(dtype=object)),
            copying.text(list(rows["change"])),
            copying.varied(list(wkb)),
        ]
    )
