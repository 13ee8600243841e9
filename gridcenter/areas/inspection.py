"""The check of boundaries as people ask for it: one parent or all, with sizes and buildings, kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from psycopg.types.json import Json
from shapely.geometry.base import BaseGeometry

from gridcenter.areas.fault_kinds import Contents, Fault, FaultKind, Severity
from gridcenter.areas.faults import sheet_faults, told
from gridcenter.areas.plane import Shapes
from gridcenter.areas.sheets import Sheet, all_parents, id_list, read_sheets
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
SELECT r.kind, r.severity, nullif(r.parent, 0), r.level, r.areas, r.building, r.geom::geometry,
       r.measure, r.unit, r.width, r.zh, r.en, r.repair
  FROM json_to_recordset(%(rows)s) AS r(
         kind text, severity text, parent bigint, level text, areas bigint[], building uuid, geom text,
         measure float8, unit text, width float8, zh text, en text, repair jsonb)
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
    given = {"parents": id_list(parents)}
    counts = {row["id"]: row for row in tx.all(_COUNTS, given)}
    cut = _Cut(tx.connection.execute(_CUT, given, binary=True).fetchall())
    found: list[tuple[Sheet, Fault, str | None]] = []
    overs = cut.over(list(sheets.by_key.values()))
    for (key, sheet), over in zip(sheets.by_key.items(), overs, strict=True):
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
    nobody = {"persons": 0, "buildings": 0}
    contents = {}
    for row in sheet.rows:
        counted = counts.get(row["id"], nobody)
        contents[row["id"]] = Contents(
            households=row["households"],
            # Where nobody is registered at all the number of persons is unknown, not none.
            persons=counted["persons"] or None,
            buildings=counted["buildings"],
            area_m2=row["area_m2"],
        )
    return contents


class _Cut:
    """Buildings that are not whole in their micro-grid."""

    def __init__(self, rows: list[Row]) -> None:
        self._names = {row["id"]: row["name"] for row in rows}
        self._ids = list(self._names)
        shapes = shapely.from_wkb(np.array([bytes(r["geom"]) for r in rows], dtype=object))
        self._shapes = np.asarray(shapes, dtype=object)
        self._tree = shapely.STRtree(self._shapes)

    def over(self, sheets: list[Sheet]) -> list[dict[Any, BaseGeometry]]:
        """For each sheet the buildings that meet more than one of its members, by id."""
        near: list[dict[Any, BaseGeometry]] = [{} for _ in sheets]
        if self._ids and sheets:
            shapes = np.concatenate([sheet.shapes for sheet in sheets])
            of_sheet = np.repeat(np.arange(len(sheets)), [len(sheet.shapes) for sheet in sheets])
            member, building = self._tree.query(shapes, predicate="intersects")
            pairs = np.stack([of_sheet[member], building], axis=1)
            found, members = np.unique(pairs, axis=0, return_counts=True)
            for at, one in found[members > 1]:
                near[at][self._ids[one]] = self._shapes[one]
        return near

    def name(self, building: Any) -> str | None:
        """The name and code of a building."""
        return self._names.get(building)


def _keep(
    tx: Transaction, parents: list[int], found: list[tuple[Sheet, Fault, str | None]]
) -> None:
    """Bring the rows of these parents to what was found."""
    known: defaultdict[Key, list[int]] = defaultdict(list)
    for row in tx.all(_KNOWN, {"parents": id_list(parents)}):
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
        places = hexes_of(_places([fault for _, fault, _ in fresh]))
        values = [_values(*one, place) for one, place in zip(fresh, places, strict=True)]
        tx.execute(_INSERT, {"rows": Json(values)})


def _places(faults: list[Fault]) -> Shapes:
    """Where each fault is. An area that is too small is its own place: its outline is stored with it
    already, a point tells which."""
    places = np.array([fault.geom for fault in faults], dtype=object)
    of_size = np.array([fault.kind in _SIZES for fault in faults], dtype=bool)
    places[of_size] = shapely.point_on_surface(places[of_size])
    return places


def _values(sheet: Sheet, fault: Fault, words: Words, place: str) -> Row:
    return {
        "kind": fault.kind.value,
        "severity": fault.severity.value,
        "parent": sheet.parent_id,
        "level": sheet.level,
        "areas": list(fault.areas),
        "building": None if fault.building is None else str(fault.building),
        "geom": place,
        "measure": fault.measure,
        "unit": fault.unit.value,
        "width": fault.width_m,
        "zh": words.zh,
        "en": words.en,
        "repair": None if fault.repair is None else _repair(sheet, fault),
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
    return hexes_of(np.array([shape], dtype=object))[0]


def hexes_of(shapes: Shapes) -> list[str]:
    """The same of many."""
    placed = shapely.set_srid(shapes, STORAGE_SRID)
    return [str(text) for text in shapely.to_wkb(placed, hex=True, include_srid=True)]
