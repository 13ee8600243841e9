"""KML and KMZ, GPX, DXF: what phones, globes and draughtsmen hand over, through GDAL.

KML and GPX are degrees in WGS 84 by their standards. A DXF says nothing of its coordinates, and its
outlines are closed lines.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyogrio
import pyogrio.errors
import shapely

from gridcenter.geo import WGS84_SRID
from importers.findings import Findings
from importers.raw import Raw
from importers.vector_files import gdal_name, read_layer, short, warnings_kept

SUFFIXES = (".kml", ".kmz", ".gpx", ".dxf")
# What GDAL always offers for GPX: points of tracks and routes are the same lines once more.
TRACKS = "tracks"  # recorded movements of persons: read, but refused by imports
_GPX_LAYERS = ("waypoints", "routes", TRACKS)


def read_exchange(path: Path, layer: str | None, findings: Findings) -> Raw | None:
    """One layer of a KML, KMZ, GPX or DXF file, or None after a finding.

    Layers of a DXF are those of the drawing.
    """
    if path.suffix.lower() == ".dxf":
        return _drawing(path, layer, findings)
    names = _layers(path, findings)
    if names is None:
        return None
    chosen = _chosen(names, layer, path, findings)
    if chosen is None:
        return None
    raw = read_layer(path, chosen, None, findings, unreadable="file.unreadable")
    if raw is not None:
        raw.layers, raw.crs = names, f"EPSG:{WGS84_SRID}"
        raw.table = raw.table.dropna(axis=1, how="all")
    return raw


def _layers(path: Path, findings: Findings) -> tuple[str, ...] | None:
    """Layers that hold something; None after a finding."""
    try:
        with warnings_kept():
            names = [str(name) for name, _ in pyogrio.list_layers(gdal_name(path))]
            if path.suffix.lower() == ".gpx":
                names = [name for name in names if name in _GPX_LAYERS]
            filled = [
                name
                for name in names
                if pyogrio.read_info(gdal_name(path), layer=name, force_feature_count=True)[
                    "features"
                ]
            ]
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        findings.add("file.unreadable", value=short(error))
        return None
    return tuple(filled)


def _chosen(
    names: tuple[str, ...], layer: str | None, path: Path, findings: Findings
) -> str | None:
    if not names:
        findings.add("file.empty", value=path.name)
    elif layer is not None and layer not in names:
        findings.add("layer.missing", value=layer, layers=", ".join(names))
    elif layer is None and len(names) > 1:
        findings.add("layer.choose", value=", ".join(names))
    else:
        return layer or names[0]
    return None


def _drawing(path: Path, layer: str | None, findings: Findings) -> Raw | None:
    raw = read_layer(path, None, None, findings, unreadable="file.unreadable")
    if raw is None or raw.geometry is None:
        return raw
    on = raw.table["Layer"].astype(str).to_numpy()
    names = tuple(dict.fromkeys(on))
    chosen = _chosen(names, layer, path, findings)
    if chosen is None:
        return None
    kept = on == chosen
    raw.table = raw.table[kept].reset_index(drop=True).dropna(axis=1, how="all")
    raw.geometry, raw.rows = raw.geometry[kept], raw.rows[kept]
    raw.broken = {row: why for row, why in raw.broken.items() if row in set(raw.rows.tolist())}
    raw.layers, raw.layer = names, chosen
    raw.table = raw.table.rename(columns={"EntityHandle": "handle"})
    return raw


def closed_lines_as_polygons(raw: Raw) -> None:
    """Turn closed lines of `raw` into polygons: drawings know no others."""
    assert raw.geometry is not None
    lines = np.flatnonzero(shapely.get_type_id(raw.geometry) == 1)
    lines = lines[shapely.is_closed(raw.geometry[lines])]
    lines = lines[shapely.get_num_points(raw.geometry[lines]) >= 4]
    if len(lines):
        raw.geometry = raw.geometry.copy()
        raw.geometry[lines] = shapely.polygons(
            shapely.linearrings(
                shapely.get_coordinates(raw.geometry[lines], include_z=False),
                indices=np.repeat(
                    np.arange(len(lines)), shapely.get_num_points(raw.geometry[lines])
                ),
            )
        )
