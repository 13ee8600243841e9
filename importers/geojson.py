"""GeoJSON (RFC 7946), read strictly feature by feature.

GDAL reads text coordinates as zero and closes open rings without a word; a map that is wrong in
silence is worse than a refused row, hence an own reader on `json` and GEOS.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from importers.findings import Findings
from importers.raw import Raw

_GEOMETRIES = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}  # fmt: skip - depth of nesting above one position
_CRS_NAME = re.compile(r"(?:EPSG|CRS|OGC)[:/]+(?:[\d.]*[:/]+)?(\w+)$", re.IGNORECASE)


class _NotGeometry(ValueError):
    """Why an object is no geometry, with the code of the finding."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


def read_geojson(path: Path, findings: Findings) -> Raw | None:
    """The features of the file, or None after a finding. A bare geometry counts as one feature."""
    document = _parse(path, findings)
    if document is None:
        return None
    features = _features(document, findings)
    if features is None:
        return None
    if not features:
        findings.add("file.empty", value=path.name)
        return None
    raw = _build(features, findings)
    raw.layer = path.stem
    raw.crs, raw.crs_default = _crs(document)
    return raw


def _parse(path: Path, findings: Findings) -> Any:
    repeated: set[str] = set()

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        built = dict(items)
        if len(built) < len(items):
            keys = [key for key, _ in items]
            repeated.update(key for key in keys if keys.count(key) > 1)
        return built

    content = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        findings.add("encoding.undecodable", value="utf-8")
        return None
    if encoding != "utf-8-sig":
        findings.add("encoding.mismatch", value=encoding, declared="UTF-8 (RFC 8259)")
    try:
        document = json.loads(text, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        findings.add("json.invalid", value=f"{error.msg}, line {error.lineno} col {error.colno}")
        return None
    except RecursionError:
        findings.add("json.invalid", value="nesting")
        return None
    for key in sorted(repeated):
        findings.add("json.duplicate_key", value=key)
    if document is None:
        findings.add("geojson.invalid", value="null")
    return document


def _features(document: Any, findings: Findings) -> list[Any] | None:
    if not isinstance(document, dict) or not isinstance(document.get("type"), str):
        findings.add("geojson.invalid", value=f"{type(document).__name__} without type")
        return None
    kind = document["type"]
    if kind == "FeatureCollection":
        features = document.get("features")
        if not isinstance(features, list):
            findings.add("geojson.invalid", value="FeatureCollection.features")
            return None
        return features
    if kind == "Feature":
        return [document]
    if kind in _GEOMETRIES or kind == "GeometryCollection":
        return [{"type": "Feature", "properties": {}, "geometry": document}]
    findings.add("geojson.invalid", value=f"type {kind[:40]}")
    return None


def _build(features: list[Any], findings: Findings) -> Raw:
    rows = np.arange(1, len(features) + 1, dtype=np.int64)
    broken: dict[int, tuple[str, str]] = {}
    properties: list[dict[str, Any]] = []
    texts: list[str | None] = []
    for row, feature in enumerate(features, start=1):
        fault = _feature_fault(feature)
        if fault:
            broken[row] = ("feature.invalid", fault)
            properties.append({})
            texts.append(None)
            continue
        given = feature.get("properties") or {}
        identity = feature.get("id")
        if isinstance(identity, str | int) and "id" not in given:
            given = {**given, "id": identity}
        properties.append(given)
        geometry = feature.get("geometry")
        texts.append(None if geometry is None else json.dumps(geometry))
    shapes = shapely.from_geojson(np.array(texts, dtype=object), on_invalid="ignore")
    for position in range(len(features)):
        if texts[position] is not None and row_suspect(shapes[position]):
            broken |= _diagnosis(position + 1, features[position]["geometry"])
    table = pd.DataFrame.from_records(properties, index=pd.RangeIndex(len(rows)))
    for name in table.columns[table.map(lambda cell: isinstance(cell, dict | list)).any()]:
        table[name] = table[name].map(
            lambda cell: (
                json.dumps(cell, ensure_ascii=False) if isinstance(cell, dict | list) else cell
            )
        )
    return Raw(table, rows, shapes, broken=broken)


def row_suspect(shape: Any) -> bool:
    """True where GEOS gave no geometry, or a kind it fills up leniently."""
    return shape is None or shape.is_empty or shape.geom_type == "GeometryCollection"


def _feature_fault(feature: Any) -> str | None:
    if not isinstance(feature, dict):
        return f"{type(feature).__name__}"
    if feature.get("type") != "Feature":
        return f"type {str(feature.get('type'))[:40]}"
    if not isinstance(feature.get("properties"), dict | None):
        return "properties"
    if isinstance(feature.get("id"), dict | list):
        return "id"
    return None


def _diagnosis(row: int, geometry: Any) -> dict[int, tuple[str, str]]:
    try:
        _check(geometry)
    except _NotGeometry as fault:
        return {row: (fault.code, str(fault))}
    return {}


def _check(geometry: Any) -> None:
    """Raise _NotGeometry with the first reason why `geometry` is none."""
    if not isinstance(geometry, dict):
        raise _NotGeometry("feature.invalid", f"geometry is {type(geometry).__name__}")
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        members = geometry.get("geometries")
        if not isinstance(members, list):
            raise _NotGeometry("feature.invalid", "geometries")
        for member in members:
            _check(member)
        return
    if kind not in _GEOMETRIES:
        raise _NotGeometry("feature.invalid", f"type {str(kind)[:40]}")
    if "coordinates" not in geometry:
        raise _NotGeometry("feature.invalid", "coordinates")
    _check_nesting(geometry["coordinates"], _GEOMETRIES[kind])
    for ring in _rings(geometry):
        if ring and ring[0] != ring[-1]:
            raise _NotGeometry("geometry.unclosed", f"{ring[0]} … {ring[-1]}")
        if len(ring) < 4:
            raise _NotGeometry("geometry.few_points", f"{len(ring)}")
    if kind.endswith("LineString"):
        lines = [geometry["coordinates"]] if kind == "LineString" else geometry["coordinates"]
        if any(len(line) < 2 for line in lines):
            raise _NotGeometry("geometry.few_points", "1")
    if not geometry["coordinates"]:
        raise _NotGeometry("geometry.empty", kind)


def _check_nesting(coordinates: Any, depth: int) -> None:
    if not isinstance(coordinates, list):
        raise _NotGeometry("feature.invalid", f"coordinates: {str(coordinates)[:40]}")
    if depth:
        for inner in coordinates:
            _check_nesting(inner, depth - 1)
        return
    if not 2 <= len(coordinates) <= 4:
        raise _NotGeometry("geometry.few_points", f"position {coordinates}"[:60])
    for number in coordinates:
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise _NotGeometry("feature.invalid", f"position {coordinates}"[:60])


def _rings(geometry: dict[str, Any]) -> list[list[Any]]:
    if geometry["type"] == "Polygon":
        return list(geometry["coordinates"])
    if geometry["type"] == "MultiPolygon":
        return [ring for polygon in geometry["coordinates"] for ring in polygon]
    return []


def _crs(document: dict[str, Any]) -> tuple[str | None, bool]:
    """The declared system; RFC 7946 says WGS 84 where the old `crs` member is absent."""
    declared = document.get("crs")
    name = declared.get("properties", {}).get("name") if isinstance(declared, dict) else None
    if isinstance(name, str):
        found = _CRS_NAME.search(name.strip())
        if found:
            code = found.group(1)
            return ("EPSG:4326" if code.upper() == "CRS84" else f"EPSG:{code}"), False
        return name, False
    return "EPSG:4326", True
