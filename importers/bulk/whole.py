"""What only the whole file shows: codes given twice, outlines inside others, codes to be made.

Numbers of all rows are kept (about 100 bytes each); geometry is asked for again, for suspects alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridcenter.database import Transaction
from gridcenter.geo import STORAGE_SRID
from importers.bulk.checking import Checked
from importers.bulk.exactly import Ground
from importers.comparison import settle_shared
from importers.findings import Findings
from importers.live import buildings_by_code
from importers.measures import in_metres
from importers.outlines import inside_others
from importers.provisional import building_codes_for
from importers.validation import repeated_codes, shared_codes

_SLAB = 100_000
_OF_ROWS = """
SELECT row, code, ST_AsBinary(geom) AS geom FROM import_large
 WHERE row = ANY(%(rows)s) ORDER BY row
"""
_REFUSE = "UPDATE import_large SET refused = true WHERE row = ANY(%(rows)s) AND NOT refused"
_CODES = """
UPDATE import_large l SET code = c.code
  FROM unnest(%(rows)s::int[], %(codes)s::text[]) c(row, code) WHERE l.row = c.row
"""
# Rows without code take over the code of the live outline that is the same place.
_KNOWN = """
SELECT l.row, b.code
  FROM import_large l
  JOIN building b ON b.geom && l.geom AND upper_inf(b.valid)
 WHERE l.code IS NULL AND l.geom IS NOT NULL
   AND ST_Area(ST_Intersection(l.geom, b.geom))
       >= 0.8 * greatest(ST_Area(l.geom), ST_Area(b.geom))
   AND NOT EXISTS (SELECT FROM import_large o WHERE o.code = b.code)
 ORDER BY l.row, b.code
"""

# Codes made by rule are the micro-grid's code, B and a number.
_TAKEN = """
SELECT code FROM building
 WHERE upper_inf(valid) AND regexp_replace(code, 'B[0-9]+$', '') = ANY(%(homes)s)
UNION
SELECT code FROM import_large WHERE regexp_replace(code, 'B[0-9]+$', '') = ANY(%(homes)s)
"""

Floats = np.ndarray[Any, np.dtype[np.float64]]
Integers = np.ndarray[Any, np.dtype[np.int64]]


class Numbers:
    """What is kept of all batches: arrays parallel to the file's rows, which count from 1.

    `hashes` of codes are 0 where there is none; `bare` are the rows without code, `middle` their
    centroids.
    """

    def __init__(self, count: int) -> None:
        # Made once for the whole file: putting batches together would need the room twice.
        self.count = 0
        self.fids = np.zeros(count, dtype=np.int64)
        self.hashes = np.zeros(count, dtype=np.uint64)
        self.point, self.bounds = np.zeros((count, 2)), np.zeros((count, 4))
        self.degrees2 = np.zeros(count)
        self.counts = np.zeros(count, dtype=bool)
        self.home = np.full(count, -1, dtype=np.int32)
        self._bare: list[tuple[Integers, Floats]] = []

    def keep(self, checked: Checked) -> None:
        """Keep one batch's numbers."""
        of = slice(self.count, self.count + len(checked.rows))
        self.count = of.stop
        self.fids[of], self.hashes[of] = checked.fids, checked.code.hashes()
        self.point[of], self.bounds[of] = checked.point, checked.bounds
        self.degrees2[of], self.counts[of] = checked.degrees2, checked.counts
        self.home[of] = checked.home
        bare = checked.code.missing
        self._bare.append((checked.rows[bare], checked.middle[bare]))

    def close(self) -> None:
        """All batches are in."""
        self.bare = np.concatenate([rows for rows, _ in self._bare])
        self.middle = np.concatenate([middle for _, middle in self._bare])

    def with_repeated_codes(self) -> Integers:
        """Rows whose code another row has too, going by hashes."""
        order = np.argsort(self.hashes, kind="stable")
        again = self.hashes[order[1:]] == self.hashes[order[:-1]]
        often = np.append(again, False) | np.insert(again, 0, False)
        return np.sort(order[often & (self.hashes[order] != 0)]) + 1

    def code_is_unfit(self, anything: bool) -> bool:
        """Whether the column holds no codes after all (see mapping); empty columns are no case."""
        filled = np.sort(self.hashes[self.hashes != 0])
        kinds = 1 + int((filled[1:] != filled[:-1]).sum())
        return bool(len(filled)) and (2 * kinds < len(filled) or (anything and kinds < len(filled)))

    def maybe_inside(self) -> Integers:
        """Rows of pairs of which one may lie for more than half on the other, going by boxes."""
        of = np.flatnonzero(self.counts)
        found: list[Integers] = []
        for outer, inner in points_in_boxes(self.point[of], self.bounds[of]):
            one, two = of[inner], of[outer]
            mine, theirs = self.bounds[one], self.bounds[two]
            low = np.maximum(mine[:, :2], theirs[:, :2])
            high = np.minimum(mine[:, 2:], theirs[:, 2:])
            shared = (high[:, 0] - low[:, 0]) * (high[:, 1] - low[:, 1])
            own, others = self.degrees2[one], self.degrees2[two]
            # A hair of slack: degrees are not quite metres.
            most = (one != two) & (shared > own * 0.499) & (own <= others * 1.001)
            found += [one[most] + 1, two[most] + 1]
        return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)


def points_in_boxes(point: Floats, bounds: Floats) -> Iterator[tuple[Integers, Integers]]:
    """Pairs (box, point) where the box holds the point or nearly does, some thousand boxes at a time.

    Points are sorted into cells of a typical box's size; what lies in one row of cells is one run.
    """
    if not len(point):
        return
    size = np.maximum(np.median(bounds[:, 2:] - bounds[:, :2], axis=0), 1e-9)
    origin = bounds[:, :2].min(axis=0)
    span = bounds[:, 2:].max(axis=0) - origin
    while (cells := np.ceil(span / size).astype(np.int64) + 1).prod() > max(4 * len(point), 10_000):
        size *= 1.5
    cell = np.floor((point - origin) / size).astype(np.int64)
    flat = cell[:, 1] * cells[0] + cell[:, 0]
    order = np.argsort(flat, kind="stable").astype(np.int32)
    begins = np.concatenate([[0], np.cumsum(np.bincount(flat, minlength=int(cells.prod())))])
    slack = size * 1e-6  # the point is GEOS's own but for its last bits
    for start in range(0, len(bounds), _SLAB // 4):
        box = bounds[start : start + _SLAB // 4]
        low = np.clip(np.floor((box[:, :2] - slack - origin) / size).astype(np.int64), 0, cells - 1)
        high = np.clip(
            np.floor((box[:, 2:] + slack - origin) / size).astype(np.int64), 0, cells - 1
        )
        line, nth = _spread(high[:, 1] - low[:, 1] + 1)
        row = (low[line, 1] + nth) * cells[0]
        first, last = begins[row + low[line, 0]], begins[row + high[line, 0] + 1]
        run, nth = _spread(last - first)
        inner, outer = order[first[run] + nth].astype(np.int64), line[run]
        x, y = point[inner, 0], point[inner, 1]
        held = (
            (x >= box[outer, 0] - slack[0]) & (x <= box[outer, 2] + slack[0])
            & (y >= box[outer, 1] - slack[1]) & (y <= box[outer, 3] + slack[1])
        )  # fmt: skip
        yield outer[held] + start, inner[held]


def _spread(count: Integers) -> tuple[Integers, Integers]:
    """For each of the counts that many pairs (its position, 0, 1, … count-1)."""
    of = np.repeat(np.arange(len(count)), count)
    return of, np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)


def rows_with_shapes(tx: Transaction, rows: Sequence[int]) -> gpd.GeoDataFrame:
    """These staged rows: row, code, geometry."""
    told = tx.all(_OF_ROWS, {"rows": [int(row) for row in rows]})
    wkb = [None if row["geom"] is None else bytes(row["geom"]) for row in told]
    shapes = shapely.from_wkb(np.array(wkb, dtype=object)) if wkb else np.empty(0, dtype=object)
    frame = {
        "row": [row["row"] for row in told],
        "code": pd.Series([row["code"] for row in told], dtype=object),
    }
    return gpd.GeoDataFrame(frame, geometry=np.atleast_1d(shapes), crs=STORAGE_SRID)


def tell_inside(tx: Transaction, suspects: Integers, findings: Findings) -> None:
    """Tell of outlines that lie for more than half on another one."""
    for start in range(0, len(suspects), _SLAB):
        frame = rows_with_shapes(tx, suspects[start : start + _SLAB].tolist())
        metric = in_metres(frame.geometry.to_numpy())
        inside_others(metric, frame["row"].to_numpy(dtype=np.int64), findings)


def settle_repeated(
    tx: Transaction, numbers: Numbers, ground: Ground, findings: Findings
) -> list[int]:
    """Rows that lost their code to another place's; real repetitions are refused."""
    suspects = numbers.with_repeated_codes()
    if not len(suspects):
        return []
    frame = rows_with_shapes(tx, suspects.tolist())
    before = frame["code"].copy()
    shared_codes(frame, findings)
    repeated_codes(frame, findings)
    codes = [code for code in set(before) if code]
    settle_shared(frame, buildings_by_code(tx, codes), findings)
    lost = frame["row"][(frame["code"].isna() & before.notna()).to_numpy()].to_list()
    gained = frame[frame["code"].notna() & before.isna()]
    changed = [*lost, *gained["row"]]
    if changed:
        codes_now = frame.set_index("row")["code"].reindex(changed)
        tx.execute(
            _CODES, {"rows": changed, "codes": [code or None for code in codes_now.to_list()]}
        )
    refused = sorted(findings.refused_rows & set(frame["row"]))
    tx.execute(_REFUSE, {"rows": refused})
    return [int(row) for row in lost]


def make_codes(
    tx: Transaction,
    numbers: Numbers,
    ground: Ground,
    lost: list[int],
    refused: set[int],
    *,
    live: bool,
) -> list[int]:
    """Rows that took over the code of what stands there; all other rows without get a new one."""
    if not len(numbers.bare) and not lost:
        return []
    known = tx.all(_KNOWN) if live else []
    once: dict[str, int] = {}
    settled: set[int] = set()
    for pair in known:  # each row one code, each code one row
        if pair["code"] not in once and pair["row"] not in settled:
            once[pair["code"]] = pair["row"]
            settled.add(pair["row"])
    if once:
        tx.execute(_CODES, {"rows": list(once.values()), "codes": list(once)})
    told = {*once.values(), *refused}
    place = dict(zip(numbers.bare.tolist(), range(len(numbers.bare)), strict=True))
    rows = [row for row in (*place, *lost) if row not in told and numbers.home[row - 1] >= 0]
    if not rows:
        return sorted(once.values())
    middles = np.array(
        [numbers.middle[place[row]] if row in place else numbers.point[row - 1] for row in rows]
    )
    homes = [str(ground.codes[numbers.home[row - 1]]) for row in rows]
    asked = sorted(set(homes))
    taken = {row["code"] for row in tx.all(_TAKEN, {"homes": asked})}
    made = building_codes_for(
        homes, np.atleast_1d(np.asarray(shapely.points(middles), dtype=object)), taken
    )
    tx.execute(_CODES, {"rows": rows, "codes": made})
    return sorted(once.values())
