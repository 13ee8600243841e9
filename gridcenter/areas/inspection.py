"""The check of boundaries as people ask for it: one parent or all, with sizes and buildings, kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from psycopg.types.json import Jsonb
from shapely.geometry.base import BaseGeometry

from gridcenter.areas.fault_kinds import Contents, Fault, FaultKind, Severity
from gridcenter.areas.faults import sheet_faults, told
from gridcenter.areas.sheets import ROOTS, Sheet, all_parents, read_sheets
from gridcenter.database import Row, Transaction
from gridcenter.errors import AREA, NotFound, Words
from gridcenter.geo import STORAGE_SRID

_PARENT = "SELECT id FROM area WHERE code = %(code)s"
_COUNTS = "SELECT id, buildings, persons FROM area_counts(%(parents)s::bigint[])"
_CUT = """
SELECT id, name, ST_AsBinary(geom) AS geom FROM buildings_over_borders(%(parents)s::bigint[])
"""
_KNOWN = """
SELECT id, coalesce(parent_id, 0) AS parent, level, kind, area_ids, building_id, measure, sentence
  FROM area_fault
 WHERE superseded_at IS NULL AND (parent_id = ANY(%(parents)s::bigint[])
       OR parent_id IS NULL AND 0 = ANY(%(parents)s::bigint[]))
"""
_SUPERSEDE = "UPDATE area_fault SET superseded_at = now() WHERE id = ANY(%(ids)s::bigint[])"
_INSERT = """
INSERT INTO area_fault (kind, severity, parent_id, level, area_ids, building_id, geom, measure, unit,
                        width_m, sentence, sentence_en, repair)
VALUES (%(kind)s, %(severity)s, %(parent)s, %(level)s, %(areas)s, %(building)s, %(geom)s::geometry,
        %(measure)s, %(unit)s, %(width)s, %(zh)s, %(en)s, %(repair)s)
"""
_SIZES = {FaultKind.EMPTY_AREA, FaultKind.TOO_SMALL, FaultKind.TOO_LARGE}
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Inspection:
    """What a check found: how many areas were looked at, faults by kind, how many refuse."""

    parents: int
    areas: int
    by_kind: dict[str, int]
    refusing: int


def inspect(tx: Transaction, parent_ids: Collection[int] | None = None) -> Inspection:
    """Check these parents (None: all) and keep what is found as rows of `area_fault`.

    A fault that was known keeps its row and hour; one that is gone is superseded.
    """
    parents = all_parents(tx) if parent_ids is None else sorted(parent_ids)
    sheets = read_sheets(tx, parents)
    loose = sheets.loose()
    given = {"parents": parents}
    counts = {row["id"]: row for row in tx.all(_COUNTS, given)}
    cut = _Cut(tx.connection.execute(_CUT, given, binary=True).fetchall())
    found: list[tuple[Sheet, Fault, str | None]] = []
    for key, sheet in sheets.by_key.items():
        over = cut.over(sheet)
        contents = _contents(sheet, counts)
        for fault in sheet_faults(sheet, loose=key in loose, contents=contents, buildings=over):
            found.append((sheet, fault, cut.name(fault.building)))
    _keep(tx, parents, found)
    kinds: defaultdict[str, int] = defaultdict(int)
    for _, fault, _name in found:
        kinds[fault.kind.value] += 1
    return Inspection(
        parents=len(parents),
        areas=sum(len(sheet.rows) for sheet in sheets.by_key.values()),
        by_kind={kind.value: kinds[kind.value] for kind in FaultKind if kinds[kind.value]},
        refusing=sum(fault.severity is Severity.REFUSE for _, fault, _name in found),
    )


def parent_id_of(tx: Transaction, code: str) -> int:
    """The row id of an area by its code. Raises NotFound."""
    found = tx.scalar(_PARENT, {"code": code})
    if found is None:
        raise NotFound(AREA)
    return int(found)


def _contents(sheet: Sheet, counts: Mapping[int, Row]) -> dict[int, Contents]:
    """Households as stored with the area; persons and buildings as registered, 0 when none are."""
    stored = sheet.contents()
    return {
        id_: replace(
            known,
            # Where nobody is registered at all the number of persons is unknown, not none.
            persons=(counts[id_]["persons"] or None) if id_ in counts else None,
            buildings=counts[id_]["buildings"] if id_ in counts else 0,
        )
        for id_, known in stored.items()
    }


class _Cut:
    """Buildings that are not whole in their micro-grid."""

    def __init__(self, rows: list[Row]) -> None:
        self._names = {row["id"]: row["name"] for row in rows}
        self._ids = list(self._names)
        shapes = shapely.from_wkb(np.array([bytes(r["geom"]) for r in rows], dtype=object))
        self._shapes = np.asarray(shapes, dtype=object)
        self._tree = shapely.STRtree(self._shapes)

    def over(self, sheet: Sheet) -> dict[Any, BaseGeometry]:
        """Those near the members of a sheet, by id."""
        if not self._ids:
            return {}
        near = self._tree.query(shapely.box(*shapely.total_bounds(sheet.shapes)))
        return {self._ids[i]: self._shapes[i] for i in near}

    def name(self, building: Any) -> str | None:
        """The name and code of a building."""
        return self._names.get(building)


def _keep(
    tx: Transaction, parents: list[int], found: list[tuple[Sheet, Fault, str | None]]
) -> None:
    """Bring the rows of these parents to what was found."""
    known: defaultdict[Key, list[int]] = defaultdict(list)
    for row in tx.all(_KNOWN, {"parents": parents}):
        areas = tuple(row["area_ids"])
        key = (row["parent"], row["level"], row["kind"], areas, row["building_id"])
        known[(*key, round(row["measure"], 3), row["sentence"])].append(row["id"])
    fresh = []
    for sheet, fault, building in found:
        words = told(fault, sheet, building)
        key = (sheet.parent_id, sheet.level, fault.kind.value, fault.areas, fault.building)
        rows = known[(*key, round(fault.measure, 3), words.zh)]
        if rows:
            rows.pop()
        else:
            fresh.append((sheet, fault, words))
    gone = [id_ for rows in known.values() for id_ in rows]
    if gone:
        tx.execute(_SUPERSEDE, {"ids": gone})
    if fresh:
        tx.many(_INSERT, [_values(sheet, fault, words) for sheet, fault, words in fresh])


def _values(sheet: Sheet, fault: Fault, words: Words) -> Row:
    # An area that is too small is its own place: its outline is stored with it already.
    place = fault.geom.representative_point() if fault.kind in _SIZES else fault.geom
    return {
        "kind": fault.kind.value,
        "severity": fault.severity.value,
        "parent": None if sheet.parent_id == ROOTS else sheet.parent_id,
        "level": sheet.level,
        "areas": list(fault.areas),
        "building": fault.building,
        "geom": hex_of(place),
        "measure": fault.measure,
        "unit": fault.unit.value,
        "width": fault.width_m,
        "zh": words.zh,
        "en": words.en,
        "repair": None if fault.repair is None else Jsonb(_repair(sheet, fault)),
    }


def _repair(sheet: Sheet, fault: Fault) -> dict[str, Any]:
    assert fault.repair is not None
    versions = {row["id"]: row["version"] for row in sheet.rows}
    return {
        "method": fault.repair.method.value,
        "changed_m2": round(fault.repair.changed_m2, 3),
        "areas": [
            {"id": id_, "version": versions[id_], "geom": hex_of(shape)}
            for id_, shape in fault.repair.geometries.items()
        ],
    }


def hex_of(shape: BaseGeometry) -> str:
    """Hexadecimal EWKB in EPSG:4490, exact to the bit."""
    return str(shapely.to_wkb(shapely.set_srid(shape, STORAGE_SRID), hex=True, include_srid=True))
