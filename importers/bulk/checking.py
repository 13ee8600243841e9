"""One batch of buildings is placed, mended, measured and assigned to micro-grids.

Plain outlines well inside a micro-grid are done in whole columns (`rings`), the others by GEOS
(`exactly`). Pure but for what it is given; numpy and GEOS let go of the interpreter, so two batches
run at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from gridcenter.areas.raster import BORDER
from importers.bulk import copying
from importers.bulk.exactly import AS_STORED, Exact, Given, Ground, doubtful, exactly
from importers.bulk.gathering import Gathering
from importers.bulk.packed import Packed
from importers.bulk.reading import Batch
from importers.bulk.rings import Outlines
from importers.bulk.typed import typed
from importers.mapping import Columns
from importers.measures import local_scale
from importers.raw import Evidence
from importers.validation import STOREY_M

_EAST_MOST, _WEST_MOST, _NORTH_MOST = 136.5, 73.5, 60.0  # the zones, and no doubt about the axes

Floats = np.ndarray[Any, np.dtype[np.float64]]
Integers = np.ndarray[Any, np.dtype[np.int64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Plan:
    """What all batches have in common."""

    columns: Columns
    given: Given
    ground: Ground


@dataclass
class Checked:
    """One batch, ready to be copied, and the numbers that the look at the whole file needs.

    Parallel to `rows`: `point` inside the outline (lon, lat; NaN without), `bounds`, `degrees2` the
    area in square degrees, `counts` outlines that count for overlaps, `home` the position of the
    micro-grid (-1: none), `code` (missing: to be made), `middle` the centroid. `said` are the
    fields that any row has.
    """

    rows: Integers
    fids: Integers
    findings: Gathering
    evidence: list[Evidence]
    datum: str
    payload: bytes
    code: Packed
    point: Floats
    bounds: Floats
    degrees2: Floats
    counts: Mask
    home: Integers
    middle: Floats
    said: frozenset[str]


def check(plan: Plan, batch: Batch, datum: str | None, file: str) -> Checked:
    """The batch checked in full; `datum` None: nothing is known of the file's coordinates yet."""
    findings = Gathering(file)
    told = Outlines.of(batch.wkb)
    east, north, scale = local_scale(
        (told.bounds[:, 0] + told.bounds[:, 2]) / 2, (told.bounds[:, 1] + told.bounds[:, 3]) / 2
    )
    area, home = told.degrees2 * east * north * scale**2, plan.ground.raster.of_boxes(told.bounds)
    sure = told.plain & (home != BORDER) & ~doubtful(area, told.length) & _in_place(told.bounds)
    if datum not in AS_STORED:
        sure[:] = False
    findings.add_rows("place.outside", batch.rows[sure & (home < 0)])
    others = np.flatnonzero(~sure)
    exact, name, evidence = None, datum or "", list[Evidence]()
    if len(others):
        few = batch.chosen(others)
        exact, name, evidence = exactly(
            few, plan.given, datum, plan.ground, findings, int(sure.sum())
        )
        if exact is None:
            return _refused(batch, findings, evidence)
    counts, wkb = sure.copy(), batch.wkb
    if exact is not None:
        wkb = _overwrite(told, others, exact, area, home, counts, wkb)
    values = typed(batch, plan.columns, findings)
    derived = _derived(values, findings, batch.rows)
    code = values["code"] if isinstance(values["code"], Packed) else _no_text(len(batch.rows))
    payload = _payload(batch.rows, values, derived, wkb, area, told.length,
                       _targets(plan.ground, home), findings)  # fmt: skip
    return Checked(
        batch.rows, batch.fids, findings, evidence, name, payload, code, told.point, told.bounds,
        told.degrees2, counts, home, told.middle,
        frozenset({field for field, column in values.items() if _is_said(column)}),
    )  # fmt: skip


def _in_place(bounds: Floats) -> Mask:
    """Mask of boxes that can only be degrees inside the zones, in the right order."""
    return np.asarray(
        (bounds[:, 0] >= _WEST_MOST) & (bounds[:, 2] < _EAST_MOST)
        & (bounds[:, 1] > -_NORTH_MOST) & (bounds[:, 3] < _NORTH_MOST)
    )  # fmt: skip


def _overwrite(
    told: Outlines,
    places: Integers,
    exact: Exact,
    area: Floats,
    home: Integers,
    counts: Mask,
    wkb: Packed,
) -> Packed:
    """Put what GEOS found in its places; WKB with the outlines that are not as they came."""
    there = ~shapely.is_missing(exact.shapes)
    told.bounds[places] = shapely.bounds(exact.shapes)
    told.degrees2[places] = shapely.area(exact.shapes)
    told.point[places], told.length[places] = exact.point, exact.perimeter_m
    told.middle[places] = np.nan
    told.middle[places[there]] = shapely.get_coordinates(shapely.centroid(exact.shapes[there]))
    area[places], home[places], counts[places] = exact.area_m2, exact.home, exact.counts
    # What could not be read must not be copied.
    changed = exact.changed | ~there
    return wkb.replaced(places[changed], list(shapely.to_wkb(exact.shapes[changed])))


def _refused(batch: Batch, findings: Gathering, evidence: list[Evidence]) -> Checked:
    count = len(batch.rows)
    none, pair = np.full(count, np.nan), np.full((count, 2), np.nan)
    return Checked(
        batch.rows, batch.fids, findings, evidence, "", b"", _no_text(count), pair,
        np.column_stack([pair, pair]), none, np.zeros(count, dtype=bool),
        np.full(count, -1), pair, frozenset(),
    )  # fmt: skip


def _no_text(count: int) -> Packed:
    return Packed.of([None] * count)


def _is_said(column: Packed | Floats | None) -> bool:
    if column is None:
        return False
    return not bool((column.missing if isinstance(column, Packed) else np.isnan(column)).all())


def _derived(
    values: dict[str, Packed | Floats | None], findings: Gathering, rows: Integers
) -> Mask:
    """Mask of heights that were made of storeys; they are told."""
    height, floors = values["height"], values["floors"]
    if not isinstance(height, np.ndarray) or not isinstance(floors, np.ndarray):
        return np.zeros(len(rows), dtype=bool)
    derived = np.abs(height - floors * STOREY_M) < 1e-6
    findings.add_rows("height.derived", rows[derived], of=len(rows), field="height")
    return np.asarray(derived)


def _targets(ground: Ground, home: Integers) -> Integers:
    """The micro-grids' ids, -1 for none."""
    if not len(ground.ids):
        return np.full(len(home), -1, dtype=np.int64)
    return np.where(home >= 0, ground.ids.astype(np.int64)[home], -1)


def _payload(
    rows: Integers,
    values: dict[str, Packed | Floats | None],
    derived: Mask,
    wkb: Packed,
    area: Floats,
    length: Floats,
    target: Integers,
    findings: Gathering,
) -> bytes:
    """The rows as binary COPY, in the order of the columns of `import_large`."""

    def column(name: str, kind: str = "") -> copying.Encoded:
        value = values[name]
        if value is None:
            return copying.nothing(len(rows))
        if isinstance(value, Packed):
            return value
        missing = np.isnan(value)
        return copying.fixed(np.where(missing, 0, value), kind, missing)

    refused = np.isin(rows, np.fromiter(findings.refused_rows, dtype=np.int64))
    return copying.rows_of(
        [
            copying.fixed(rows, ">i4"),
            copying.fixed(refused, ">i1"),
            copying.fixed(derived, ">i1"),
            copying.fixed(area, ">f8", np.isnan(area)),
            copying.fixed(length, ">f8", np.isnan(length)),
            copying.fixed(target, ">i8", target < 0),
            column("floors", ">i2"),
            column("height", ">f8"),
            column("households", ">i4"),
            column("usage"),
            column("parent"),
            column("code"),
            column("name"),
            wkb,
        ]
    )
