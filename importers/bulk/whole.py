"""What only the whole file shows: codes given twice, outlines inside others, codes to be made.

Numbers of all rows are kept (about 100 bytes each); geometry is asked for again, for suspects alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridcenter.database import Transaction
from gridcenter.geo import STORAGE_SRID
from importers.bulk.checking import Checked, Ground
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
    """What is kept of all batches, parallel arrays in the file's order."""

    def __init__(self) -> None:
        self._parts: list[tuple[Any, ...]] = []

    def keep(self, checked: Checked) -> None:
        """Keep one batch's numbers; codes as 64-bit hashes, 0 where there is none."""
        bare = np.array([code is None for code in checked.code])
        filled = np.where(bare, "", checked.code)
        hashes = pd.util.hash_array(filled.astype(object))
        hashes[bare] = 0
        self._parts.append(
            (
                checked.rows.astype(np.int32), checked.fids, hashes, checked.point,
                checked.bounds, checked.degrees2, checked.whole, checked.home.astype(np.int32),
                np.flatnonzero(bare).astype(np.int32) + checked.rows[0], checked.middle[bare],
            )
        )  # fmt: skip

    def close(self) -> None:
        """Put the batches together."""
        columns = [np.concatenate(part) for part in zip(*self._parts, strict=True)]
        self._parts = []
        (self.rows, self.fids, self.hashes, self.point, self.bounds, self.degrees2, self.whole,
         self.home, self.bare, self.middle) = columns  # fmt: skip

    def with_repeated_codes(self) -> Integers:
        """Rows whose code another row has too, going by hashes."""
        _, back, often = np.unique(self.hashes, return_inverse=True, return_counts=True)
        return np.asarray(self.rows[(often[back] > 1) & (self.hashes != 0)], dtype=np.int64)

    def code_is_unfit(self, anything: bool) -> bool:
        """Whether the column holds no codes after all (see mapping); empty columns are no case."""
        filled = self.hashes[self.hashes != 0]
        kinds = len(np.unique(filled))
        return bool(len(filled)) and (2 * kinds < len(filled) or (anything and kinds < len(filled)))

    def maybe_inside(self) -> Integers:
        """Rows of pairs of which one may lie for more than half on the other, going by boxes."""
        of = np.flatnonzero(self.whole)
        of = of[np.argsort(self.point[of, 0], kind="stable")]
        west, east = self.bounds[of, 0], self.bounds[of, 2]
        found: list[Integers] = []
        for start in range(0, len(of), _SLAB):
            inner = of[start : start + _SLAB]
            first, last = self.point[inner[0], 0], self.point[inner[-1], 0]
            outer = of[(west <= last) & (east >= first)]
            found += self._pairs(inner, outer)
        return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)

    def _pairs(self, inner: Integers, outer: Integers) -> list[Integers]:
        tree = shapely.STRtree(np.asarray(shapely.points(self.point[inner])))
        boxes = shapely.box(*self.bounds[outer].T)
        two, one = tree.query(boxes)
        one, two = inner[one], outer[two]
        other = one != two
        one, two = one[other], two[other]
        mine, theirs = self.bounds[one], self.bounds[two]
        low, high = np.maximum(mine[:, :2], theirs[:, :2]), np.minimum(mine[:, 2:], theirs[:, 2:])
        shared = np.prod(np.maximum(high - low, 0), axis=1)
        own, others = self.degrees2[one], self.degrees2[two]
        # A hair of slack: degrees are not quite metres.
        most = (shared > own * 0.499) & (own <= others * 1.001)
        return [self.rows[one[most]].astype(np.int64), self.rows[two[most]].astype(np.int64)]


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
