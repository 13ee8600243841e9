"""A large file of buildings is read, checked by two threads and copied, batch after batch."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridcenter.areas.raster import Raster
from gridcenter.database import Transaction
from gridcenter.geo import STORAGE_SRID
from importers.bulk import staging, whole
from importers.bulk.checking import Checked, Plan, check
from importers.bulk.exactly import Given, Ground, placed
from importers.bulk.gathering import Gathering, merge
from importers.bulk.reading import (
    Batch,
    Source,
    batches,
    large_source,
    originals,
    sample_of,
)
from importers.bulk.typed import records_of
from importers.command import ImportCommand, Progress
from importers.comparison import differences
from importers.examined import Examined, Large
from importers.findings import Findings
from importers.headers import plain_header
from importers.live import buildings_by_code, live_buildings, live_homes, stored_extent
from importers.mapping import Columns
from importers.raw import Geometries
from importers.reading import Reading, digest_of
from importers.settling import settled_columns
from importers.suspicion import check_datum, check_outlines
from importers.vector_files import shapes_of

_WORKERS = 2
_IN_FLIGHT = 3
_SUSPECT_FROM = 2_000
_AROUND_DEG = 0.012
_LEAST_CELL = 1e-6  # degrees
_CHUNK = 50_000
_COMPARED = ("name", "floors", "height", "usage", "households", "target")
_BY_PLACE = {"place.outside", "building.cut", "moved.far"}
_REPEATED = ("多行同一个值，不能作编号", "rows share their values: no code")
_COUNTS = """
SELECT coalesce(c.change, 'new') AS change, count(*) AS n
  FROM import_large_change c JOIN import_large l USING (row) WHERE NOT l.refused GROUP BY 1
"""
_WRITABLE = "SELECT count(*) FROM import_large WHERE NOT refused"
_UNSETTLED = "SELECT row FROM import_large_change WHERE change IS NULL ORDER BY row"
_ROWS = """
SELECT row, code, name, floors, height, usage, households, target, ST_AsBinary(geom) AS geom
  FROM import_large WHERE row = ANY(%(rows)s) AND NOT refused ORDER BY row
"""
_SETTLE = """
UPDATE import_large_change l SET change = c.change, moved_m = c.moved
  FROM unnest(%(rows)s::int[], %(change)s::text[], %(moved)s::float8[]) c(row, change, moved)
 WHERE l.row = c.row
"""


def examine_large(
    tx: Transaction, command: ImportCommand, progress: Progress, least: int
) -> Examined | None:
    """The examination of a large file of buildings; None for a file that goes the way of frames.

    Leaves the rows in the temporary table `import_large` of this transaction.
    """
    with (
        tempfile.TemporaryDirectory(prefix="gridcenter-import-") as scratch,
        ThreadPoolExecutor(_WORKERS) as pool,
    ):
        source = large_source(command.path, Path(scratch), command.layer, command.encoding, least)
        if source is None:
            return None
        digest = pool.submit(digest_of, command.path)
        reading = _reading(command, source)
        progress("read", 0.0)
        sample = sample_of(source)
        columns = settled_columns(tx, command, sample, reading.findings)
        refused_already = reading.findings.file_refused
        told = list(reading.findings)
        examined = None
        if not refused_already:
            examined = _Way(tx, command, source, pool, progress).go(reading, columns)
            if examined is None:  # the column that looked like codes repeats further down
                column = columns.columns["code"]
                rest = {name: c for name, c in columns.columns.items() if name != "code"}
                columns = replace(
                    columns, columns=rest, unused={**columns.unused, column: _REPEATED}
                )
                reading.findings.items[:] = told
                reading.evidence[:] = source.evidence
                examined = _Way(tx, command, source, pool, progress).go(reading, columns)
        reading.digest = digest.result()
        return examined or Examined(reading, columns, None, {})


def _reading(command: ImportCommand, source: Source) -> Reading:
    name = command.name or command.path.name
    findings = Findings(name, [replace(item, file=name) for item in source.findings])
    reading = Reading(name, findings, list(source.evidence), placed=True)
    reading.layer, reading.layers = source.layer, source.layers
    if source.curved:
        findings.add("geometry.curve", count=source.count)
    return reading


class _Way:
    """One passage through the file."""

    def __init__(
        self,
        tx: Transaction,
        command: ImportCommand,
        source: Source,
        pool: ThreadPoolExecutor,
        progress: Progress,
    ) -> None:
        self._tx, self._command, self._source = tx, command, source
        self._pool, self._progress = pool, progress
        self._numbers = whole.Numbers(source.count)
        self._parts: list[Gathering] = []
        self._said: set[str] = set()
        self._live = bool(tx.scalar("SELECT EXISTS (SELECT FROM building WHERE upper_inf(valid))"))
        self._grounds: SimpleQueue[Ground] = SimpleQueue()

    def _survey(self, shapes: Geometries | None) -> Ground:
        """The ground, in cells that suit outlines like these; each worker gets one of its own."""
        microgrids = live_homes(self._tx)
        areas, cell = microgrids.geometry.to_numpy(), None
        if shapes is not None and not shapely.is_missing(shapes).all():
            bounds = shapely.bounds(shapes[~shapely.is_missing(shapes)])
            wide, high = np.nanpercentile(bounds[:, 2:] - bounds[:, :2], 95, axis=0)
            cell = (max(1.1 * float(wide), _LEAST_CELL), max(1.1 * float(high), _LEAST_CELL))
        ids, codes = microgrids["id"].to_numpy(), microgrids["code"].to_numpy()
        ground = Ground(ids, codes, areas, Raster(areas, cell))
        self._grounds.put(ground)
        # A prepared polygon is not safe between threads.
        for _ in range(_WORKERS - 1):
            raster = ground.raster.copy()
            self._grounds.put(replace(ground, shapes=raster.shapes, raster=raster))
        return ground

    def go(self, reading: Reading, columns: Columns) -> Examined | None:
        """The examination; None when the code column turns out to hold no codes."""
        given = Given(self._source.crs, self._command.datum, stored_extent(self._tx))
        staging.make_table(self._tx)
        reader = batches(self._source, sorted(set(columns.columns.values())))
        first = next(reader)
        # A few rows tell the datum; then rows that need no conversion are not converted.
        few, quiet = first.chosen(slice(_SUSPECT_FROM)), Gathering("")
        found, broken = shapes_of(few.wkb.values(), few.rows)
        shapes, datum, evidence = placed(few, found, broken, given, None, quiet)
        self._ground = self._survey(shapes)
        plan = Plan(columns, given, self._ground)
        begun = self._check(plan, first, datum if shapes is not None else None)
        reading.datum = begun.datum
        reading.evidence.extend(begun.evidence or evidence)
        begun.findings.told += [t for t in quiet.told if t.code == "datum.guessed"]
        reading.evidence.extend(columns.evidence())
        self._parts.append(begun.findings)
        if begun.findings.file_refused or self._is_shifted(plan, first, begun):
            merge(reading.findings, self._parts, self._source.count)
            return Examined(reading, columns, None, {})
        self._keep(begun)
        for checked in self._checked(plan, reader, begun.datum):
            self._parts.append(checked.findings)
            if checked.findings.file_refused:
                break
            self._keep(checked)
        return self._whole(reading, columns)

    def _check(self, plan: Plan, batch: Batch, datum: str | None) -> Checked:
        ground = self._grounds.get()
        try:
            return check(replace(plan, ground=ground), batch, datum, self._command.path.name)
        finally:
            self._grounds.put(ground)

    def _checked(self, plan: Plan, reader: Iterator[Batch], datum: str) -> Iterator[Checked]:
        """The other batches in order, a few of them under way at a time."""
        waiting: deque[Future[Checked]] = deque()
        for batch in reader:
            waiting.append(self._pool.submit(self._check, plan, batch, datum))
            if len(waiting) >= _IN_FLIGHT:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _keep(self, checked: Checked) -> None:
        staging.copy_rows(self._tx.connection, checked.payload)
        self._numbers.keep(checked)
        self._said |= checked.said
        self._progress("check", 0.1 + 0.7 * int(checked.rows[-1]) / self._source.count)

    def _is_shifted(self, plan: Plan, batch: Batch, begun: Checked) -> bool:
        """Whether the file lies beside what is stored by the shift of a web map's datum (told)."""
        if not self._live:
            return False
        quiet = Gathering("")
        few = batch.chosen(slice(_SUSPECT_FROM))
        rows = records_of(few, plan.columns, quiet)
        found, broken = shapes_of(few.wkb.values(), few.rows)
        shapes, _, _ = placed(few, found, broken, plan.given, None, quiet)
        if shapes is None:
            return False
        rows["geometry"] = shapes
        west, south, east, north = (float(side) for side in shapely.total_bounds(shapes))
        if not np.isfinite(west):
            return False
        box = (west - _AROUND_DEG, south - _AROUND_DEG, east + _AROUND_DEG, north + _AROUND_DEG)
        coded = buildings_by_code(self._tx, [code for code in rows["code"] if code])
        findings = Findings("")
        suspected = check_datum(rows, coded, findings) if len(coded) else False
        if not suspected and not len(coded):
            suspected = check_outlines(rows, live_buildings(self._tx, box), findings)
        if suspected:  # where it lies says nothing then
            begun.findings.told[:] = [t for t in begun.findings.told if t.code not in _BY_PLACE]
        for told in findings:
            details = {"metres": told.zh.split("错开 ")[-1].split(" ")[0]}
            begun.findings.add(told.code, value=told.value, count=self._source.count, **details)
        return suspected

    def _whole(self, reading: Reading, columns: Columns) -> Examined | None:
        findings, numbers = reading.findings, self._numbers
        numbers.close()
        merge(findings, self._parts, self._source.count)
        self._parts = []
        if findings.file_refused:
            return Examined(reading, columns, None, {})
        # The server builds the index on the other core meanwhile; nobody else uses the connection.
        index = self._pool.submit(staging.make_index, self._tx.connection)
        try:
            column = columns.columns.get("code")
            anything = column is not None and plain_header(column) == "id"
            if column and "code" not in columns.given and numbers.code_is_unfit(anything):
                return None
            findings.add_rows("key.missing", numbers.bare, field="code", of=self._source.count)
            suspects = numbers.maybe_inside()
        finally:
            index.result()
        self._progress("compare", 0.9)
        whole.tell_inside(self._tx, suspects, findings)
        lost = whole.settle_repeated(self._tx, numbers, self._ground, findings)
        whole.make_codes(
            self._tx, numbers, self._ground, lost, findings.refused_rows, live=self._live
        )
        difference = self._difference(findings)
        told = {item.row for item in findings if item.row is not None}
        rows = staging.with_originals(told, findings.refused_rows)
        kept = (
            originals(self._source, numbers.fids[np.array(rows, dtype=int) - 1]) if rows else None
        )
        large = Large(self._source.count, rows, pd.DataFrame() if kept is None else kept)
        return Examined(reading, columns, None, difference, large)

    def _difference(self, findings: Findings) -> dict[str, Any]:
        """How many rows are new, changed, moved and the same."""
        counts = {"new": int(self._tx.scalar(_WRITABLE)), "changed": 0, "moved": 0, "same": 0}
        if not self._live:
            return counts
        staging.compare(self._tx, self._said)
        self._compare_exactly([row["row"] for row in self._tx.all(_UNSETTLED)], findings)
        for row in self._tx.all(_COUNTS):
            if row["change"] != "new":
                counts[row["change"]] = row["n"]
                counts["new"] -= row["n"]
        return counts

    def _compare_exactly(self, rows: list[int], findings: Findings) -> None:
        """The difference to live of rows that are not the same to the last byte."""
        for start in range(0, len(rows), _CHUNK):
            told = self._tx.all(_ROWS, {"rows": rows[start : start + _CHUNK]})
            if not told:
                continue
            names = [name for name in told[0] if name != "geom"]
            columns = {n: pd.Series([row[n] for row in told], dtype=object) for n in names}
            wkb = np.array([bytes(row["geom"]) for row in told], dtype=object)
            frame = gpd.GeoDataFrame(
                columns, geometry=np.atleast_1d(shapely.from_wkb(wkb)), crs=STORAGE_SRID
            )
            live = buildings_by_code(self._tx, [code for code in frame["code"] if code])
            differences(frame, live, _COMPARED, findings, said={*self._said, "target"})
            self._tx.execute(
                _SETTLE,
                {
                    "rows": [int(row) for row in frame["row"]],
                    "change": list(frame["change"]),
                    "moved": [None if np.isnan(m) else float(m) for m in frame["moved_m"]],
                },
            )
