"""A large file of buildings is read, checked by two threads and copied, batch after batch."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridcenter.database import Transaction
from gridcenter.geo import STORAGE_SRID
from importers.bulk import staging, whole
from importers.bulk.checking import Checked, Ground, Plan, check, placed, records_of
from importers.bulk.gathering import Gathering, merge
from importers.bulk.reading import (
    Batch,
    Source,
    batches,
    large_source,
    originals,
    sample_of,
)
from importers.command import ImportCommand, Progress
from importers.comparison import differences
from importers.examined import Examined
from importers.findings import Findings
from importers.headers import plain_header
from importers.live import buildings_by_code, live_buildings, live_homes, stored_extent
from importers.mapping import Columns, as_text
from importers.reading import Reading, digest_of
from importers.settling import settled_columns
from importers.suspicion import check_datum, check_outlines
from importers.vector_files import shapes_of

_WORKERS = 2
_IN_FLIGHT = 3
_SUSPECT_FROM = 2_000
_AROUND_DEG = 0.012
_CHUNK = 50_000
_BY_PLACE = {"place.outside", "building.cut", "moved.far"}
_REPEATED = ("多行同一个值，不能作编号", "rows share their values: no code")
_COUNTS = "SELECT change, count(*) AS n FROM import_large WHERE NOT refused GROUP BY change"
_UNCODED = """
SELECT row FROM import_large WHERE code IS NULL AND geom IS NOT NULL AND NOT refused
"""
_ROWS = """
SELECT row, code, name, floors, height, usage, households, target, ST_AsBinary(geom) AS geom
  FROM import_large WHERE row = ANY(%(rows)s) AND NOT refused ORDER BY row
"""
_CHANGES = """
UPDATE import_large l SET change = c.change, moved_m = c.moved
  FROM unnest(%(rows)s::int[], %(change)s::text[], %(moved)s::float8[]) c(row, change, moved)
 WHERE l.row = c.row
"""


@dataclass
class Large:
    """Rows that wait in `import_large`: how many, and the file's own columns of those told of."""

    count: int
    told: list[int]
    originals: pd.DataFrame


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


def _head(batch: Batch, count: int) -> Batch:
    return Batch(
        batch.table.iloc[:count], batch.rows[:count], batch.fids[:count], batch.wkb[:count]
    )


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
        self._numbers = whole.Numbers()
        self._parts: list[Gathering] = []
        self._changes: dict[str, int] = {}
        self._live = bool(tx.scalar("SELECT EXISTS (SELECT FROM building WHERE upper_inf(valid))"))
        microgrids = live_homes(tx)
        shapes = microgrids.geometry.to_numpy()
        self._ground = Ground(microgrids["id"].to_numpy(), microgrids["code"].to_numpy(), shapes)
        # A prepared polygon is not safe between threads: each worker takes one of its own.
        self._grounds: SimpleQueue[Ground] = SimpleQueue()
        for _ in range(_WORKERS + 1):
            own = shapely.from_wkb(shapely.to_wkb(shapes))
            shapely.prepare(own)
            self._grounds.put(replace(self._ground, shapes=own))

    def go(self, reading: Reading, columns: Columns) -> Examined | None:
        """The examination; None when the code column turns out to hold no codes."""
        plan = Plan(
            self._source, columns, self._command.datum, stored_extent(self._tx), self._ground
        )
        staging.make_table(self._tx)
        reader = batches(self._source, sorted(set(columns.columns.values())))
        first = next(reader)
        # A few rows tell the datum; then rows that need no conversion are not converted.
        few, quiet = _head(first, _SUSPECT_FROM), Gathering("")
        given, broken = shapes_of(few.wkb, few.rows)
        shapes, datum, evidence = placed(plan, few, given, broken, None, quiet)
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
        live = self._live_of(plan, batch)
        ground = self._grounds.get()
        try:
            return check(replace(plan, ground=ground), batch, datum, live, self._command.path.name)
        finally:
            self._grounds.put(ground)

    def _checked(self, plan: Plan, reader: Iterator[Batch], datum: str) -> Iterator[Checked]:
        """The other batches in order, a few of them under way at a time."""
        waiting: deque[Future[Checked]] = deque()

        def work(batch: Batch, live: gpd.GeoDataFrame | None) -> Checked:
            ground = self._grounds.get()
            try:
                return check(
                    replace(plan, ground=ground), batch, datum, live, self._command.path.name
                )
            finally:
                self._grounds.put(ground)

        for batch in reader:
            waiting.append(self._pool.submit(work, batch, self._live_of(plan, batch)))
            if len(waiting) >= _IN_FLIGHT:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _live_of(self, plan: Plan, batch: Batch) -> gpd.GeoDataFrame | None:
        column = plan.columns.columns.get("code")
        if not self._live or column is None:
            return None
        codes = [code for code in as_text(batch.table[column]) if code]
        found = buildings_by_code(self._tx, codes)
        return found if len(found) else None

    def _keep(self, checked: Checked) -> None:
        staging.copy_rows(self._tx.connection, checked.payload)
        self._numbers.keep(checked)
        for change, count in checked.change.items():
            self._changes[change] = self._changes.get(change, 0) + count
        self._progress("check", 0.1 + 0.7 * int(checked.rows[-1]) / self._source.count)

    def _is_shifted(self, plan: Plan, batch: Batch, begun: Checked) -> bool:
        """Whether the file lies beside what is stored by the shift of a web map's datum (told)."""
        if not self._live:
            return False
        quiet = Gathering("")
        few = _head(batch, _SUSPECT_FROM)
        rows = records_of(plan, few, quiet)
        given, broken = shapes_of(few.wkb, few.rows)
        shapes, _, _ = placed(plan, few, given, broken, None, quiet)
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
        refused = len(findings.refused_rows)
        lost = whole.settle_repeated(self._tx, numbers, self._ground, findings)
        known = whole.make_codes(
            self._tx, numbers, self._ground, lost, findings.refused_rows, live=self._live
        )
        self._compare_late([*known, *lost], findings)
        if known or lost or len(findings.refused_rows) != refused:
            counted = self._tx.all(_COUNTS)
            self._changes = {row["change"]: row["n"] for row in counted}
        names = ("new", "changed", "moved", "same")
        difference: dict[str, Any] = {name: self._changes.get(name, 0) for name in names}
        told = {item.row for item in findings if item.row is not None}
        rows = staging.with_originals(told, findings.refused_rows)
        kept = (
            originals(self._source, numbers.fids[np.array(rows, dtype=int) - 1]) if rows else None
        )
        large = Large(self._source.count, rows, pd.DataFrame() if kept is None else kept)
        return Examined(reading, columns, None, difference, large)

    def _compare_late(self, rows: list[int], findings: Findings) -> None:
        """The difference to live of rows whose code was found after they had been copied."""
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
            compared = ("name", "floors", "height", "usage", "households", "target")
            differences(frame, live, compared, findings)
            self._tx.execute(
                _CHANGES,
                {
                    "rows": [int(row) for row in frame["row"]],
                    "change": list(frame["change"]),
                    "moved": [None if np.isnan(m) else float(m) for m in frame["moved_m"]],
                },
            )
