"""Areas as they are stored, in sheets: all members of one parent and level, in one reading.

Geometry is EPSG:4490. A sheet is *loose* when it is not proven by its edges that the members cover
the parent exactly once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridcenter.areas.chains import Shapes, edges_of, left_over
from gridcenter.areas.fault_kinds import Contents, Limits, Sizes, Tolerances
from gridcenter.database import Row, Transaction
from gridcenter.errors import Words

# Areas without a parent (the topmost of each level) are the members of nobody.
ROOTS = 0

_MEMBERS = """
SELECT coalesce(v.parent_id, 0) AS parent, v.area_id AS id, v.id AS version, v.level, a.kind,
       a.code, v.name, coalesce(v.name_en, v.name) AS name_en, v.households, v.area_m2,
       ST_AsBinary(v.geom) AS geom
  FROM area_version v JOIN area a ON a.id = v.area_id
 WHERE upper_inf(v.valid) AND (v.parent_id = ANY(%(parents)s::bigint[])
       OR v.parent_id IS NULL AND 0 = ANY(%(parents)s::bigint[]))
 ORDER BY 1, v.level, v.area_id
"""
_PARENTS = """
SELECT v.area_id AS id, a.code, v.name, coalesce(v.name_en, v.name) AS name_en, v.path::text AS path,
       ST_AsBinary(v.geom) AS geom
  FROM area_version v JOIN area a ON a.id = v.area_id
 WHERE upper_inf(v.valid) AND v.area_id = ANY(%(parents)s::bigint[])
"""
_SETTINGS = """
SELECT v.area_id AS id, s.key, s.value
  FROM area_version v JOIN area_setting s ON s.path @> v.path
 WHERE upper_inf(v.valid) AND v.area_id = ANY(%(parents)s::bigint[]) AND s.key IN ('topology', 'sizes')
 ORDER BY nlevel(s.path)
"""
_ALL_PARENTS = """
SELECT DISTINCT coalesce(parent_id, 0) AS id FROM area_version WHERE upper_inf(valid) ORDER BY 1
"""
# As in DOMAIN 3.1: told only, and changed by the setting `sizes`.
SIZES = {
    "grid": Sizes(least_households=200, most_households=500, most_persons=1500),
    "microgrid": Sizes(least_households=15, most_households=100),
    "unit_grid": Sizes(least_m2=2_000.0, most_m2=20_000.0),
}
_AS_SHIPPED = {level: Limits(sizes=sizes) for level, sizes in SIZES.items()}
_NO_SIZES = Limits()


@dataclass(frozen=True)
class Sheet:
    """The members of one parent and level; arrays and `rows` are parallel, in the order of ids."""

    parent_id: int
    level: str
    rows: list[Row]
    shapes: Shapes
    parent: Row | None
    border: BaseGeometry | None
    limits: Limits

    @property
    def ids(self) -> list[int]:
        """Row ids of the members."""
        return [row["id"] for row in self.rows]

    @cached_property
    def names(self) -> dict[int, Words]:
        """Names of the members by row id."""
        return {row["id"]: Words(row["name"], row["name_en"]) for row in self.rows}

    @property
    def dedicated(self) -> list[int]:
        """Row ids of the 专属网格 among the members."""
        return [row["id"] for row in self.rows if row["kind"] == "dedicated_grid"]

    @property
    def place(self) -> Shapes:
        """Members and parent: everything whose corners are known."""
        if self.border is None:
            return self.shapes
        return np.append(self.shapes, np.array([self.border], dtype=object))

    def contents(self) -> dict[int, Contents]:
        """What the stored versions say about their own size."""
        return {r["id"]: Contents(r["households"], area_m2=r["area_m2"]) for r in self.rows}

    def with_shapes(self, new: Mapping[int, BaseGeometry]) -> Sheet:
        """The sheet with other outlines of some members."""
        shapes = self.shapes.copy()
        for at, row in enumerate(self.rows):
            if row["id"] in new:
                shapes[at] = new[row["id"]]
        return replace(self, shapes=shapes)


@dataclass(frozen=True)
class Sheets:
    """Sheets by (parent id, level), and which of them are loose."""

    by_key: dict[tuple[int, str], Sheet] = field(default_factory=dict)

    def without(self, ids: Collection[int]) -> Sheets:
        """The sheets as if these areas did not exist; a sheet of nothing is left out."""
        found = {}
        for key, sheet in self.by_key.items():
            kept = [at for at, row in enumerate(sheet.rows) if row["id"] not in ids]
            if kept:
                rows = [sheet.rows[at] for at in kept]
                found[key] = replace(sheet, rows=rows, shapes=sheet.shapes[kept])
        return Sheets(found)

    def loose(self) -> set[tuple[int, str]]:
        """Keys of the sheets that are not proven to fit."""
        keys = list(self.by_key)
        if not keys:
            return set()
        shapes, weight, group = [], [], []
        for number, key in enumerate(keys):
            sheet = self.by_key[key]
            place = sheet.place
            shapes.append(place)
            weight.append(np.ones(len(place), dtype=np.int64))
            group.append(np.full(len(place), number, dtype=np.int64))
            if sheet.border is not None:
                weight[-1][-1] = -1
        left = left_over(
            edges_of(np.concatenate(shapes), np.concatenate(weight), np.concatenate(group))
        )
        return {keys[number] for number in np.unique(left.group)}


def all_parents(tx: Transaction) -> list[int]:
    """Row ids of every area that has areas below it, and ROOTS."""
    return [row["id"] for row in tx.all(_ALL_PARENTS)]


def id_list(ids: Collection[int]) -> str:
    """Row ids as the text of an array: thousands of them are made into a parameter once, not for
    every statement."""
    return f"{{{','.join(map(str, sorted(ids)))}}}"


def read_sheets(tx: Transaction, parent_ids: Collection[int]) -> Sheets:
    """The areas in force below these parents (ROOTS: those without one), three statements in all."""
    given = {"parents": id_list(parent_ids)}
    rows = tx.connection.execute(_MEMBERS, given, binary=True).fetchall()
    parents = {
        row["id"]: row for row in tx.connection.execute(_PARENTS, given, binary=True).fetchall()
    }
    borders = {id_: shapely.from_wkb(bytes(row.pop("geom"))) for id_, row in parents.items()}
    shapes = shapely.from_wkb(np.array([bytes(row.pop("geom")) for row in rows], dtype=object))
    settings = _folded(tx.all(_SETTINGS, given))
    found: dict[tuple[int, str], Sheet] = {}
    keys = [(row["parent"], row["level"]) for row in rows]
    for key, at in _runs(keys):
        parent, level = key
        found[key] = Sheet(
            parent_id=parent,
            level=level,
            rows=[rows[i] for i in at],
            shapes=shapes[at],
            parent=parents.get(parent),
            border=borders.get(parent),
            limits=_limits(settings.get(parent, {}), level),
        )
    return Sheets(found)


def name_of(row: Row | None) -> Words | None:
    """The name of an area in both languages."""
    return None if row is None else Words(row["name"], row["name_en"])


def _runs(keys: list[tuple[int, str]]) -> Iterable[tuple[tuple[int, str], list[int]]]:
    runs: dict[tuple[int, str], list[int]] = {}
    for at, key in enumerate(keys):
        runs.setdefault(key, []).append(at)
    return runs.items()


def _folded(rows: list[Row]) -> dict[int, dict[str, dict[str, Any]]]:
    """Settings by parent and key: what a nearer ancestor says wins, field by field."""
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for row in rows:
        of_parent = found.setdefault(row["id"], {})
        known = of_parent.setdefault(row["key"], {})
        for name, value in row["value"].items():
            inner = known.get(name)
            if isinstance(value, dict) and isinstance(inner, dict):
                value = {**inner, **value}
            known[name] = value
    return found


def _limits(settings: Mapping[str, Mapping[str, Any]], level: str) -> Limits:
    if not settings:
        return _AS_SHIPPED.get(level, _NO_SIZES)
    topology = settings.get("topology", {})
    metres = {k: float(v) for k, v in topology.items() if k in Tolerances.__dataclass_fields__}
    given = settings.get("sizes", {}).get(level, {})
    numbers = {k: v for k, v in given.items() if k in Sizes.__dataclass_fields__}
    return Limits(
        tolerances=replace(Tolerances(), **metres),
        sizes=replace(SIZES.get(level, Sizes()), **numbers),
        nested=topology.get("dedicated") == "nested",
    )
