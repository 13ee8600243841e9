"""Roads, water, walls and places: checked, compared with what is stored, written."""

from __future__ import annotations

import hashlib
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from gridcenter.areas.operations import AreaCounts
from gridcenter.database import Transaction
from gridcenter.geo import STORAGE_SRID
from importers.comparison import differences
from importers.findings import Findings
from importers.kinds import REFERENCE_LAYERS
from importers.measures import zones
from importers.validation import repeated_codes
from importers.writing import CHOSEN

_LIVE = """
SELECT code, name, kind, ST_AsBinary(geom) AS geom FROM reference_feature
 WHERE layer = %(layer)s AND code = ANY(%(codes)s)
"""
_UPSERT = f"""
INSERT INTO reference_feature AS f (layer, code, name, kind, geom, attributes, source, is_example,
                                    batch_id)
SELECT %(into)s, r.code, r.fields->>'name', r.fields->>'kind', r.geom, r.original, %(source)s,
       %(example)s, %(batch)s
  FROM (SELECT r.* {CHOSEN}) r WHERE r.change <> 'same'
ON CONFLICT (layer, code) DO UPDATE
   SET name = excluded.name, kind = excluded.kind, geom = excluded.geom,
       attributes = excluded.attributes, source = excluded.source, batch_id = excluded.batch_id
RETURNING (xmax = 0) AS fresh
"""

# What borders follow: roads, walls, and the banks of water.
_LINES = """
SELECT ST_AsBinary(CASE ST_Dimension(f.geom) WHEN 2 THEN ST_Boundary(f.geom) ELSE f.geom END) AS geom
  FROM reference_feature f JOIN area_now n ON n.code = %(area)s
 WHERE f.layer IN ('road', 'water', 'wall') AND ST_Dimension(f.geom) >= 1
   AND ST_Intersects(f.geom, n.geom)
 ORDER BY f.layer, f.code
"""


def reference_lines(tx: Transaction, area: str) -> tuple[BaseGeometry, ...]:
    """Roads, walls and banks on an area (code) as lines in EPSG:4490, for the division planner."""
    rows = tx.all(_LINES, {"area": area})
    parts = shapely.get_parts(shapely.from_wkb([bytes(row["geom"]) for row in rows]))
    return tuple(part for part in parts if part.geom_type in ("LineString", "LinearRing"))


def validate_reference(rows: gpd.GeoDataFrame, layer: str, findings: Findings) -> gpd.GeoDataFrame:
    """`rows` whose shapes the layer may have, polygons mended, each with a code.

    Without a code of the file's own, one is made of the content: the same thing keeps its code.
    """
    rows = rows.copy()
    number = rows["row"].to_numpy(dtype=np.int64)
    shapes = rows.geometry.to_numpy().copy()
    kinds = np.array([None if s is None else s.geom_type for s in shapes], dtype=object)
    wrong = np.array([k is not None and k not in REFERENCE_LAYERS[layer] for k in kinds])
    findings.add_rows("geometry.type", number[wrong], kinds[wrong])
    shapes[wrong] = None
    broken = ~shapely.is_missing(shapes) & ~shapely.is_valid(shapes)
    if broken.any():
        before = shapely.is_valid_reason(shapes[broken])
        mended = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
        good = np.array([m.geom_type in REFERENCE_LAYERS[layer] and not m.is_empty for m in mended])
        findings.add_rows("geometry.unrepairable", number[broken][~good], before[~good])
        findings.add_rows("geometry.repaired", number[broken][good], ["0"] * int(good.sum()))
        mended[~good] = None
        shapes[broken] = mended
    outside = ~shapely.is_missing(shapes) & (zones(shapes) == 0)
    findings.add_rows("geometry.outside_world", number[outside])
    shapes[outside] = None
    rows["geometry"] = shapes
    bare = rows["code"].isna().to_numpy() & ~shapely.is_missing(shapes)
    made = [
        _code(name, kind, shape)
        for name, kind, shape in zip(
            rows["name"][bare], rows["kind"][bare], shapes[bare], strict=True
        )
    ]
    rows.loc[bare, "code"] = pd.Series(made, index=rows.index[bare], dtype=object)
    repeated_codes(rows, findings)
    return rows


def _code(name: Any, kind: Any, shape: Any) -> str:
    place = shapely.to_wkt(shape, rounding_precision=7)
    return "X" + hashlib.sha256(f"{name}|{kind}|{place}".encode()).hexdigest()[:16].upper()


def compare_reference(
    tx: Transaction, rows: gpd.GeoDataFrame, layer: str, findings: Findings
) -> gpd.GeoDataFrame:
    """`rows` with ``change`` and ``moved_m`` against what the layer holds under the same codes."""
    rows = rows.copy()
    codes = [code for code in rows["code"] if code]
    told = tx.all(_LIVE, {"layer": layer, "codes": codes})
    shapes = [shapely.from_wkb(bytes(row["geom"])) for row in told]
    frame = {
        name: pd.Series([r[name] for r in told], dtype=object) for name in ("code", "name", "kind")
    }
    live = gpd.GeoDataFrame(frame, geometry=shapes, crs=STORAGE_SRID)
    differences(rows, live, ("name", "kind"), findings)
    return rows


def write_reference_batch(tx: Transaction, parameters: dict[str, Any]) -> AreaCounts:
    """Counts after writing the batch's features; what is the same is left alone."""
    total = int(tx.scalar(f"SELECT count(*) {CHOSEN}", parameters))
    written = tx.all(_UPSERT, parameters)
    fresh = sum(bool(row["fresh"]) for row in written)
    return AreaCounts(new=fresh, changed=len(written) - fresh, same=total - len(written))
