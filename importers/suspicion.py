"""Files that lie beside what is stored by exactly the shift of a web map's datum."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gridcenter.geo import Datum, bd09_to_wgs84, gcj02_to_wgs84
from importers.findings import Findings

_LEAST_OFFSET_M = 50.0
_PAIRS_TO_SUSPECT = 3
_SAMPLE, _FEW, _MANY = 1000, 0.1, 0.5

Floats = np.ndarray[Any, np.dtype[np.float64]]


def check_datum(rows: gpd.GeoDataFrame, live: gpd.GeoDataFrame, findings: Findings) -> bool:
    """Refuse a file that lies beside what is stored by exactly the shift of a web map's datum."""
    mine, theirs = _paired(rows, live)
    if len(mine) < _PAIRS_TO_SUSPECT:
        return False
    here = shapely.get_coordinates(shapely.centroid(rows.geometry.to_numpy()[mine]))
    there = shapely.get_coordinates(shapely.centroid(live.geometry.to_numpy()[theirs]))
    offset = float(np.median(_distances(here, there)))
    if offset < _LEAST_OFFSET_M:
        return False
    for datum, undo in ((Datum.GCJ02, gcj02_to_wgs84), (Datum.BD09, bd09_to_wgs84)):
        undone = np.column_stack(undo(here[:, 0], here[:, 1]))
        if float(np.median(_distances(undone, there))) < offset / 10:
            findings.add(
                "datum.suspected", value=datum.value, metres=f"{offset:.0f}", count=len(rows)
            )
            return True
    return False


def check_outlines(rows: gpd.GeoDataFrame, live: gpd.GeoDataFrame, findings: Findings) -> bool:
    """The same suspicion for things without codes: they fit what is stored only once unshifted."""
    refused = rows["row"].isin(findings.refused_rows).to_numpy()
    shapes = rows.geometry.to_numpy()[~refused & ~shapely.is_missing(rows.geometry.to_numpy())]
    shapes = shapes[:: max(1, len(shapes) // _SAMPLE)]
    if live.empty or len(shapes) < _PAIRS_TO_SUSPECT:
        return False
    tree = shapely.STRtree(shapely.centroid(live.geometry.to_numpy()))
    here = shapely.get_coordinates(shapely.centroid(shapes))
    if _share_met(tree, here) > _FEW:
        return False
    for datum, undo in ((Datum.GCJ02, gcj02_to_wgs84), (Datum.BD09, bd09_to_wgs84)):
        undone = np.column_stack(undo(here[:, 0], here[:, 1]))
        if _share_met(tree, undone) > _MANY:
            offset = f"{np.median(_distances(here, undone)):.0f}"
            findings.add("datum.suspected", value=datum.value, metres=offset, count=len(rows))
            return True
    return False


def _paired(rows: gpd.GeoDataFrame, live: gpd.GeoDataFrame) -> tuple[Any, Any]:
    """Positions of rows and of live things with the same code; by unique name where no code is."""
    place = {code: position for position, code in enumerate(live["code"])}
    pairs = [(i, place[c]) for i, c in enumerate(rows["code"]) if c is not None and c in place]
    if not pairs and "name" in rows and len(live):
        once = live["name"].map(live["name"].value_counts()) == 1
        named = {n: i for i, n in enumerate(live["name"]) if n is not None and once.iloc[i]}
        pairs = [(i, named[n]) for i, n in enumerate(rows["name"]) if n in named]
    pairs = [(i, j) for i, j in pairs if rows.geometry.iloc[i] is not None]
    return np.array([i for i, _ in pairs], dtype=int), np.array([j for _, j in pairs], dtype=int)


def _share_met(tree: shapely.STRtree, here: Floats) -> float:
    """The share of points that lie within a metre or so of one in `tree`."""
    met = tree.query(shapely.points(here), predicate="dwithin", distance=1e-5)[0]
    return len(np.unique(met)) / len(here)


def _distances(here: Floats, there: Floats) -> Floats:
    """Metres between pairs of (lon, lat), on a sphere: good enough for offsets."""
    lat = np.radians((here[:, 1] + there[:, 1]) / 2)
    east = np.radians(here[:, 0] - there[:, 0]) * np.cos(lat)
    north = np.radians(here[:, 1] - there[:, 1])
    return np.asarray(6371008.8 * np.hypot(east, north))
