"""From a file's own coordinates to EPSG:4490: which system they are in, on what evidence.

A file that declares nothing is recognised only where a single reading remains; otherwise it is
asked for (`datum.missing`), because a wrong zone puts a district 250 km away without any sign.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from gridcenter.errors import BadCoordinate, UnknownDatum
from gridcenter.geo import (
    FIRST_PREFIXED_ZONE_SRID,
    FIRST_ZONE_SRID,
    LAST_ZONE_SRID,
    STORAGE_SRID,
    WEB_MERCATOR_SRID,
    Datum,
    datum_name,
    parse_datum,
    to_storage,
)
from importers.findings import Findings
from importers.provinces import province_box
from importers.raw import Evidence, Geometries, Raw

Box = tuple[float, float, float, float]
_CHINA: Box = (73.0, 3.0, 136.0, 54.0)
_FIRST_SIX_DEGREE_SRID = FIRST_PREFIXED_ZONE_SRID - 22  # 6° zone 13, then one by one
_HINT_MARGIN_DEG = 0.3
Unproject = Callable[[Any, Any], tuple[Any, Any]]


@dataclass(frozen=True)
class _System:
    """A coordinate system to convert from: its stored name and how."""

    name: str
    convert: Unproject


def place(
    raw: Raw, given: str | None, near: Box | None, findings: Findings, evidence: list[Evidence]
) -> tuple[Geometries, str] | None:
    """Geometries in EPSG:4490, two-dimensional, and the name of the datum they came in.

    Rows whose coordinates cannot be a place become None with a finding. `near` is the box of what
    is already stored (lon, lat); it decides between zones. None after a refusing finding.
    """
    assert raw.geometry is not None
    geometry = _flat(raw, findings)
    geometry = _finite(raw, geometry, findings)
    coordinates = shapely.get_coordinates(geometry)
    if len(coordinates) == 0:
        return geometry, ""
    system, swapped = _system(raw, coordinates, given, near, findings, evidence)
    if system is None:
        return None
    if swapped:
        findings.add("axes.swapped", count=len(raw.rows))
        geometry = _swap(geometry)
    return _converted(raw, geometry, system, findings)


def _flat(raw: Raw, findings: Findings) -> Geometries:
    """Without the third coordinate; told once for the file."""
    assert raw.geometry is not None
    deep = shapely.has_z(raw.geometry) | shapely.has_m(raw.geometry)
    if deep.any():
        findings.add_rows("geometry.z_dropped", raw.rows[deep], of=len(raw.rows))
    return np.asarray(shapely.force_2d(raw.geometry), dtype=object)


def _finite(raw: Raw, geometry: Geometries, findings: Findings) -> Geometries:
    coordinates, owner = shapely.get_coordinates(geometry, return_index=True)
    bad = np.unique(owner[~np.isfinite(coordinates).all(axis=1)])
    findings.add_rows("geometry.not_finite", raw.rows[bad])
    geometry = geometry.copy()
    geometry[bad] = None
    return geometry


def _system(
    raw: Raw,
    coordinates: np.ndarray[Any, Any],
    given: str | None,
    near: Box | None,
    findings: Findings,
    evidence: list[Evidence],
) -> tuple[_System | None, bool]:
    """The system, and whether the axes are swapped; None after a refusing finding."""
    bounds = (*coordinates.min(axis=0), *coordinates.max(axis=0))
    if given:
        system = _named(given, findings)
        if system:
            evidence.append(Evidence("datum", system.name, "人工指定", "as given", True))
        return system, bool(system and not raw.beside and _is_swapped(system, coordinates))
    declared = raw.crs
    if declared and raw.crs_default and not _degrees(bounds):
        declared = None  # metres in a GeoJSON without `crs`: the format's rule was not followed
    if declared:
        system = _declared(declared, findings)
        if system:
            evidence.append(_as_declared(system, near))
        return system, bool(system and not raw.beside and _is_swapped(system, coordinates))
    return _guess(raw, bounds, near, findings, evidence)


def _as_declared(system: _System, near: Box | None) -> Evidence:
    """What the file says of itself. Files out of web maps say WGS 84 and are GCJ-02: where nothing is stored
    that would show the shift, a person has to look.
    """
    sure = near is not None or system.name != datum_name(Datum.WGS84)
    zh, en = f"文件声明 {system.name}", "declared by the file"
    if not sure:
        zh += "；库里还没有可比对的数据，看不出是否偏移"
        en += "; nothing is stored yet that would show a shift"
    return Evidence("datum", system.name, zh, en, sure)


def _named(text: str, findings: Findings) -> _System | None:
    try:
        datum = parse_datum(text)
    except UnknownDatum as error:
        findings.add("datum.unknown", value=error.details["datum"])
        return None
    return _of(datum)


def _of(datum: Datum | int) -> _System:
    return _System(datum_name(datum), lambda x, y: to_storage(x, y, datum))


def _declared(text: str, findings: Findings) -> _System | None:
    """The declared system: by EPSG number where PROJ recognises one, else by its own parameters."""
    try:
        crs = CRS.from_user_input(text)
        crs = (crs.sub_crs_list[0] if crs.is_compound else crs).to_2d()
        code = crs.to_epsg(min_confidence=60)
        if code is not None:
            return _of(parse_datum(str(code)))
        base = crs.geodetic_crs
        if base is None or base.to_epsg(min_confidence=20) not in _SAME_AS_STORED:
            raise UnknownDatum(crs.name)
        turn = Transformer.from_crs(crs, STORAGE_SRID, always_xy=True)
        return _System(crs.name[:60], lambda x, y: turn.transform(x, y))
    except UnknownDatum as error:
        findings.add("datum.unknown", value=error.details["datum"])
    except CRSError:
        findings.add("datum.unknown", value=" ".join(text.split())[:60])
    return None


_SAME_AS_STORED = {STORAGE_SRID, *(
    code for code in (CRS.from_user_input("WGS 84").to_epsg(),) if code is not None
)}  # fmt: skip


def _degrees(bounds: Box) -> bool:
    return bounds[0] >= -180 and bounds[2] <= 180 and bounds[1] >= -180 and bounds[3] <= 180


def _within(bounds: Box, outer: Box, margin: float = 0.0) -> bool:
    return (
        bounds[0] >= outer[0] - margin and bounds[1] >= outer[1] - margin
        and bounds[2] <= outer[2] + margin and bounds[3] <= outer[3] + margin
    )  # fmt: skip


def _is_swapped(system: _System, coordinates: np.ndarray[Any, Any]) -> bool:
    """True when the coordinates can be places only the other way round."""
    sample = coordinates[:: max(1, len(coordinates) // 1000)]
    try:
        system.convert(sample[:, 0], sample[:, 1])
        return False
    except BadCoordinate:
        pass
    try:
        lon, lat = system.convert(sample[:, 1].copy(), sample[:, 0].copy())
    except BadCoordinate:
        return False
    return _within((lon.min(), lat.min(), lon.max(), lat.max()), _CHINA)


def _guess(
    raw: Raw, bounds: Box, near: Box | None, findings: Findings, evidence: list[Evidence]
) -> tuple[_System | None, bool]:
    hint, hint_zh, hint_en = _hint(raw.table, near)
    found: list[tuple[int | Datum, bool, str, str]] = []
    for swapped in (False, True):
        x0, y0, x1, y1 = bounds
        box = (y0, x0, y1, x1) if swapped else bounds
        found += [(datum, swapped, zh, en) for datum, zh, en in _readings(box, hint)]
        if found:
            break
    count = len(raw.rows)
    if len(found) != 1:
        names = ", ".join(datum_name(datum) for datum, *_ in found[:6])
        maybe = (f"；可能是：{names}", f"; candidates: {names}") if names else ("", "")
        zh, en = maybe
        findings.add("datum.missing", value=names or None, count=count, maybe_zh=zh, maybe_en=en)
        return None, False
    datum, swapped, zh, en = found[0]
    zh, en = "；".join(filter(None, (zh, hint_zh))), "; ".join(filter(None, (en, hint_en)))
    name = datum_name(datum)
    findings.add("datum.guessed", value=name, basis=en, basis_zh=zh, count=count)
    evidence.append(Evidence("datum", name, zh, en, False))
    return _of(datum), swapped


def _hint(table: pd.DataFrame, near: Box | None) -> tuple[Box | None, str, str]:
    """Where the data should lie: what is stored already, else the province its codes name."""
    if near is not None:
        return near, "落在现有区域附近", "it lies near what is stored"
    named = province_box(table)
    if named is None:
        return None, "", ""
    return (
        named[1],
        f"编码以 {named[0]} 开头，省域相符",
        f"codes begin with {named[0]}, that province",
    )


def _readings(box: Box, hint: Box | None) -> list[tuple[int | Datum, str, str]]:
    """Every system under which `box` lies where it can, with the ground for it."""
    if _degrees(box):
        fits = _within(box, _CHINA) and (hint is None or _touches(box, hint))
        words = ("经纬度落在中国范围内", "degrees inside China")
        return [(Datum.CGCS2000, *words)] if fits else []
    possible: list[tuple[int | Datum, str, str]] = []
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    zone = int(middle[0] // 1_000_000)
    if 25 <= zone <= 45:
        code = FIRST_PREFIXED_ZONE_SRID + zone - 25
        possible.append((code, f"东坐标带 3 度带号 {zone}", f"eastings carry 3° zone {zone}"))
    if 13 <= zone <= 23:
        code = _FIRST_SIX_DEGREE_SRID + zone - 13
        possible.append((code, f"东坐标带 6 度带号 {zone}", f"eastings carry 6° zone {zone}"))
    if 8_000_000 < middle[0] < 15_200_000:
        possible.append((WEB_MERCATOR_SRID, "像网络墨卡托", "looks like Web Mercator"))
    if 100_000 < middle[0] < 900_000:
        words = ("东坐标像高斯-克吕格 3 度带", "eastings of a 3° Gauss-Krüger zone")
        possible += [(code, *words) for code in range(FIRST_ZONE_SRID, LAST_ZONE_SRID + 1)]
    return [reading for reading in possible if _lands(middle, reading[0], hint)]


def _lands(middle: tuple[float, float], datum: int | Datum, hint: Box | None) -> bool:
    try:
        lon, lat = to_storage(*middle, datum)
    except BadCoordinate:
        return False
    spot = (lon, lat, lon, lat)
    return _within(spot, hint, _HINT_MARGIN_DEG) if hint else _within(spot, _CHINA)


def _touches(box: Box, other: Box) -> bool:
    margin = _HINT_MARGIN_DEG
    return (
        box[0] <= other[2] + margin and box[2] >= other[0] - margin
        and box[1] <= other[3] + margin and box[3] >= other[1] - margin
    )  # fmt: skip


def _swap(geometry: Geometries) -> Geometries:
    return np.asarray(shapely.transform(geometry, lambda xy: xy[:, ::-1]), dtype=object)


def _converted(
    raw: Raw, geometry: Geometries, system: _System, findings: Findings
) -> tuple[Geometries, str] | None:
    coordinates, owner = shapely.get_coordinates(geometry, return_index=True)
    good = np.ones(len(coordinates), dtype=bool)
    result = coordinates.copy()
    while good.any():
        positions = np.flatnonzero(good)
        try:
            lon, lat = system.convert(coordinates[positions, 0], coordinates[positions, 1])
        except BadCoordinate as error:
            good[positions[list(error.indexes)]] = False
            continue
        result[positions, 0], result[positions, 1] = lon, lat
        break
    good &= np.isfinite(result).all(axis=1) & (np.abs(result[:, 1]) <= 90)
    bad = np.unique(owner[~good])
    if len(bad) * 2 > len(np.unique(owner)) + raw.beside:
        findings.add("datum.mismatch", value=system.name, count=len(bad))
        return None
    findings.add_rows("geometry.outside_world", raw.rows[bad])
    result[~good] = 0.0  # of rows that are dropped on the next line
    placed = np.asarray(shapely.set_coordinates(geometry.copy(), result), dtype=object)
    placed[bad] = None
    if system.name in (Datum.GCJ02.value, Datum.BD09.value):
        findings.add("datum.shifted", value=system.name, count=len(raw.rows))
    return placed, system.name
