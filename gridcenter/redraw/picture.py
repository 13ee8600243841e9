"""The areas as they will be: a plan's steps carried out one after the other on what is in force; pure.

A `Picture` holds an area and everything below it as `Unit`s in metres. Keys are codes; an area that the
plan makes has none yet and is called by the step that made it, ``@3.1`` (step 3, its first new area),
which later steps may use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from shapely.geometry.base import BaseGeometry

from gridcenter.codes import Level, level_of
from gridcenter.errors import BadCode, InvalidInput
from gridcenter.redraw import shapes

Given = Mapping[str, Any]
ToMetres = Callable[[Mapping[str, Any]], BaseGeometry]
SAME_SHAPE_M = 1e-6


@dataclass(frozen=True)
class Unit:
    """One area; `area_id` and `code` are None for one that the plan makes and that gets a code later.

    `version_id` and `path` are those of the version in force that it was read from. `geom` is in metres.
    """

    key: str
    level: str
    parent: str | None
    name: str | None
    geom: BaseGeometry
    area_id: int | None = None
    code: str | None = None
    version_id: int | None = None
    kind: str | None = None
    name_en: str | None = None
    scheme: str = "governance"
    households: int | None = None
    is_example: bool = False
    path: str | None = None


@dataclass
class Picture:
    """The units as they are (`before`) and as they become (`units`), and the area that holds them.

    `used` are codes that can never be given again.
    """

    root: str
    before: dict[str, Unit]
    units: dict[str, Unit] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    step: int = 0
    made: int = 0

    def __post_init__(self) -> None:
        self.units = self.units or dict(self.before)

    # --- asking --------------------------------------------------------------------------------

    def unit(self, key: str, name: str = "area") -> Unit:
        """The unit a step speaks of; raises InvalidInput when it is not (or no longer) there."""
        found = self.units.get(key)
        if found is None:
            raise InvalidInput.of(
                f"given.{name}",
                "unknown_area",
                f"本方案范围内没有区域 {key}，或前面的步骤已使它不存在",
                f"No area {key} in this plan, or an earlier step has ended it",
            )
        return found

    def inner(self, key: str, name: str = "area") -> Unit:
        """As `unit`, but not the plan's own area, whose outline and identity a plan keeps."""
        if key == self.root:
            raise InvalidInput.of(
                f"given.{name}",
                "own_area",
                "方案不能改动自身所在的区域，请在上级区域建方案",
                "A plan cannot change its own area; make the plan for the area above",
            )
        return self.unit(key, name)

    def children(self, *keys: str | None) -> dict[str, Unit]:
        """The units right below these, by key."""
        return {key: unit for key, unit in self.units.items() if unit.parent in keys}

    # --- writing -------------------------------------------------------------------------------

    def fresh(self) -> str:
        """The key of one more new area of this step."""
        self.made += 1
        return f"@{self.step}.{self.made}"

    def put(self, unit: Unit) -> None:
        """Set a unit by its key."""
        self.units[unit.key] = unit

    def rehang(self, key: str, parent: str, geom: BaseGeometry | None = None) -> str:
        """The key under which a unit stands below another parent, with all below it.

        A code by the rules says where an area hangs (DOMAIN: grids count inside their community), so
        such an area ends and a new one follows it; areas with foreign codes only change their parent.
        """
        unit = self.units[key]
        geom = unit.geom if geom is None else geom
        if unit.parent == parent:
            self.put(replace(unit, geom=geom))
            return key
        if unit.scheme == "external":
            self.put(replace(unit, parent=parent, geom=geom))
            return key
        below = list(self.children(key))
        del self.units[key]
        new = Unit(
            key=self.fresh(),
            level=unit.level,
            parent=parent,
            name=unit.name,
            name_en=unit.name_en,
            geom=geom,
            kind=unit.kind,
            households=unit.households,
            is_example=unit.is_example,
        )
        self.put(new)
        for child in below:
            self.rehang(child, new.key)
        return new.key

    def settle(self, below: Iterable[str], under: Iterable[str], *, cut: bool) -> None:
        """Hang the units `below` (keys) into the areas `under` by place, parting those that a border
        crosses (see `shapes.follow`), and go on with what is below them."""
        children = {key: self.units[key] for key in below if key in self.units}
        parents = {key: self.units[key].geom for key in under if key in self.units}
        if not children or not parents:
            return
        pieces = shapes.follow({key: u.geom for key, u in children.items()}, parents, cut=cut)
        changed: list[str] = []
        grandchildren: list[str] = []
        for child, parts in _by_child(pieces).items():
            stood = children[child]
            grandchildren += list(self.children(child))
            home = next((i for i, (p, _) in enumerate(parts) if p == stood.parent), 0)
            for i, (parent, geom) in enumerate(parts):
                if i == home:
                    key = self.rehang(child, parent, geom)
                    changed.append(key)
                    if key != child:
                        grandchildren += list(self.children(key))
                else:
                    key = self.fresh()
                    self.put(_part_of(stood, key, parent, geom))
                    changed.append(key)
        moved = [key for key in changed if _differs(self.units[key], children)]
        below_them = [k for k in dict.fromkeys(grandchildren) if k in self.units]
        self.settle([k for k in below_them if self.units[k].parent in moved or cut], moved, cut=cut)


def _by_child(
    pieces: list[tuple[Any, Any, BaseGeometry]],
) -> dict[Any, list[tuple[Any, BaseGeometry]]]:
    """Pieces of each child, largest first."""
    found: dict[Any, list[tuple[Any, BaseGeometry]]] = {}
    for child, parent, geom in sorted(pieces, key=lambda piece: -piece[2].area):
        found.setdefault(child, []).append((parent, geom))
    return found


def _part_of(unit: Unit, key: str, parent: str, geom: BaseGeometry) -> Unit:
    return Unit(
        key=key,
        level=unit.level,
        parent=parent,
        name=None,
        geom=geom,
        kind=unit.kind,
        is_example=unit.is_example,
    )


def _differs(unit: Unit, before: Mapping[str, Unit]) -> bool:
    known = before.get(unit.key)
    return known is None or not same_shape(known.geom, unit.geom)


def same_shape(one: BaseGeometry, two: BaseGeometry) -> bool:
    """Whether two geometries have the same corners, wherever their rings begin."""
    return one is two or bool(one.normalize().equals_exact(two.normalize(), tolerance=SAME_SHAPE_M))


# --- the steps ---------------------------------------------------------------------------------


def carry_out(
    picture: Picture, number: int, operation: str, given: Given, metres: ToMetres
) -> None:
    """Do one step on the picture. Raises InvalidInput with the field that does not fit."""
    picture.step, picture.made = number, 0
    _STEPS[operation](picture, given, metres)


def _create(picture: Picture, given: Given, metres: ToMetres) -> None:
    parent = picture.unit(given["parent"], "parent")
    level = _below(parent)
    key = _new_key(picture, given.get("code"), level)
    beside = picture.children(parent.key)
    _redeal(picture, parent, beside, key, metres(given["geometry"]))
    if picture.units.get(key) is None:
        _refuse("geometry", "outside", "不在上级区域之内", "It lies outside the area above")
    made = picture.units[key]
    picture.put(
        replace(
            made,
            level=level,
            kind=_kind(level, given.get("kind")),
            name=given.get("name"),
            name_en=given.get("name_en"),
            code=given.get("code"),
            is_example=parent.is_example,
        )
    )


def _redeal(
    picture: Picture, parent: Unit, beside: Mapping[str, Unit], key: str, wanted: BaseGeometry
) -> None:
    """Give `key` the outline `wanted` among its siblings; they and all below follow."""
    after = shapes.reshape({k: u.geom for k, u in beside.items()}, key, wanted, parent.geom)
    touched = [k for k in after if k not in beside or not same_shape(beside[k].geom, after[k])]
    below = list(picture.children(*[k for k in touched if k in beside]))
    level = next(iter(beside.values())).level if beside else _below(parent)
    for k in touched:
        if after[k].is_empty:
            picture.units.pop(k, None)
        elif k in beside:
            picture.put(replace(picture.units[k], geom=after[k]))
        else:
            picture.put(Unit(key=k, level=level, parent=parent.key, name=None, geom=after[k]))
    picture.settle(below, [k for k in touched if k in picture.units], cut=False)


def _split(picture: Picture, given: Given, metres: ToMetres) -> None:
    unit = picture.inner(given["area"])
    _movable(unit)
    parts = shapes.split(unit.geom, metres(given["line"]))
    names = list(given.get("names", []))
    if len(names) > len(parts):
        _refuse("names", "too_many", f"分成 {len(parts)} 块", f"There are {len(parts)} parts")
    below = list(picture.children(unit.key))
    keys = []
    for i, geom in enumerate(_in_reading_order(parts)):
        part = _part_of(unit, picture.fresh(), str(unit.parent), geom)
        if given.get("keep") == "largest" and geom is parts[0]:
            part = replace(unit, geom=geom)
        picture.put(replace(part, name=names[i] if i < len(names) else part.name))
        keys.append(part.key)
    if unit.key not in keys:
        del picture.units[unit.key]
    picture.settle(below, keys, cut=True)


def _merge(picture: Picture, given: Given, metres: ToMetres) -> None:
    merged = [picture.inner(key, "areas") for key in given["areas"]]
    first = merged[0]
    if len({(unit.level, unit.parent) for unit in merged}) > 1:
        _refuse("areas", "not_siblings", "只能合并同一上级的同级区域", "They have not one parent")
    into = given.get("into")
    if into is not None and into not in given["areas"]:
        _refuse("into", "not_among", "保留的区域应在合并的区域之中", "It is not among the areas")
    if into is not None and given.get("code"):
        _refuse("code", "has_code", "保留的区域已有编码", "The area that stays has its code")
    geom = shapes.join(unit.geom for unit in merged)
    if geom.geom_type != "Polygon" and all(u.geom.geom_type == "Polygon" for u in merged):
        _refuse("areas", "not_adjacent", "这些区域不相邻", "They are not next to each other")
    key = into or _new_key(picture, given.get("code"), first.level)
    stays = picture.units[into] if into else _part_of(first, key, str(first.parent), geom)
    households = [unit.households for unit in merged if unit.households is not None]
    below = list(picture.children(*[unit.key for unit in merged]))
    for unit in merged:
        picture.units.pop(unit.key)
    picture.put(
        replace(
            stays,
            geom=geom,
            code=stays.code or given.get("code"),
            name=given.get("name", stays.name),
            name_en=given.get("name_en", stays.name_en),
            households=sum(households) if households else None,
        )
    )
    for child in below:
        picture.rehang(child, key)


def _move_border(picture: Picture, given: Given, metres: ToMetres) -> None:
    unit = picture.inner(given["area"])
    parent = picture.unit(str(unit.parent))
    _redeal(picture, parent, picture.children(parent.key), unit.key, metres(given["geometry"]))


def _rename(picture: Picture, given: Given, metres: ToMetres) -> None:
    unit = picture.unit(given["area"])
    picture.put(replace(unit, name=given["name"], name_en=given.get("name_en", unit.name_en)))


def _reparent(picture: Picture, given: Given, metres: ToMetres) -> None:
    unit, parent = picture.inner(given["area"]), picture.inner(given["parent"], "parent")
    _movable(unit)
    old = picture.inner(str(unit.parent))
    if parent.level != old.level or parent.parent != old.parent or parent.key == old.key:
        _refuse(
            "parent",
            "not_beside",
            "新的上级应与原上级同级、同属一个区域",
            "The new parent is to be beside the old one, under the same area",
        )
    above = picture.unit(str(parent.parent))
    beside = picture.children(above.key)
    wanted = shapes.join([parent.geom, unit.geom])
    after = shapes.reshape({k: u.geom for k, u in beside.items()}, parent.key, wanted, above.geom)
    for key, geom in after.items():
        if geom.is_empty:
            del picture.units[key]
        elif not same_shape(beside[key].geom, geom):
            picture.put(replace(picture.units[key], geom=geom))
    picture.rehang(unit.key, parent.key)


def _retire(picture: Picture, given: Given, metres: ToMetres) -> None:
    unit = picture.inner(given["area"])
    beside = {k: u for k, u in picture.children(unit.parent).items() if k != unit.key}
    into = given.get("into")
    if into is None:
        lengths = {k: u.geom.intersection(unit.geom).length for k, u in beside.items()}
        into = max(lengths, key=lambda k: lengths[k], default=None)
    if into is None or into not in beside:
        _refuse("into", "no_neighbour", "没有相邻区域接管它的范围", "No neighbour takes its ground")
    _merge(picture, {"areas": [unit.key, into], "into": into}, metres)


def _replace(picture: Picture, given: Given, metres: ToMetres) -> None:
    top = picture.unit(given["area"])
    levels = {row["level"] for row in given["areas"]}
    gone = _all_below(picture, top.key)
    kept_level = [k for k in gone if picture.units[k].level not in levels]
    wanted = _below(top)
    for key in gone:
        if key not in kept_level:
            del picture.units[key]
    order = [level.value for level in Level]
    placed: list[Unit] = []
    for row in sorted(given["areas"], key=lambda row: order.index(row["level"])):
        geom = metres(row["geometry"])
        holders = [top, *placed]
        parent = _parent_of_row(row, geom, top, holders, wanted)
        placed.append(_row_unit(picture, row, geom, parent))
        picture.put(placed[-1])
    upper = [unit.key for unit in placed if unit.level == wanted]
    picture.settle([k for k in kept_level if k in picture.units], upper, cut=False)


def _parent_of_row(
    row: Given, geom: BaseGeometry, top: Unit, holders: list[Unit], first: str
) -> str:
    if row["level"] == first:
        return top.key
    named = next((u for u in holders if row.get("parent") in (u.code, u.key, u.name)), None)
    if named is not None and row.get("parent"):
        return named.key
    middle = geom.representative_point()
    above = [u for u in holders if u.level == Level(row["level"]).parent and u.geom.covers(middle)]
    if not above:
        _refuse("areas", "no_parent", "有微网格不在任何网格内", "A micro-grid lies in no grid")
    return above[0].key


def _row_unit(picture: Picture, row: Given, geom: BaseGeometry, parent: str) -> Unit:
    code = row.get("code")
    known = picture.before.get(code) if code else None
    if known is not None and known.parent == parent and known.level == row["level"]:
        return replace(
            known,
            geom=geom,
            name=row.get("name", known.name),
            name_en=row.get("name_en", known.name_en),
        )
    key = _new_key(picture, code, row["level"])
    return Unit(
        key=key,
        level=row["level"],
        parent=parent,
        name=row.get("name"),
        name_en=row.get("name_en"),
        geom=geom,
        code=code,
        kind=_kind(row["level"], row.get("kind")),
        is_example=picture.before[picture.root].is_example,
    )


def _restore(picture: Picture, given: Given, metres: ToMetres) -> None:
    """Bring areas back as they were: `gone` are keys to end, `back` the units of then.

    Both are filled in by the reader of the plan that is reversed (`reading.restored`).
    """
    for key in given["gone"]:
        picture.units.pop(key, None)
    for unit in given["back"]:
        picture.put(unit)


_STEPS: dict[str, Callable[[Picture, Given, ToMetres], None]] = {
    "create": _create,
    "split": _split,
    "merge": _merge,
    "move_border": _move_border,
    "rename": _rename,
    "reparent": _reparent,
    "retire": _retire,
    "replace": _replace,
    "restore": _restore,
}


# --- small things ------------------------------------------------------------------------------


def _refuse(field_name: str, code: str, zh: str, en: str) -> None:
    raise InvalidInput.of(f"given.{field_name}", code, zh, en)


def _movable(unit: Unit) -> None:
    if unit.level not in {"community", "grid", "microgrid"}:
        _refuse(
            "area", "level", "只调整社区、网格和微网格", "Communities, grids and micro-grids only"
        )


def _below(unit: Unit) -> str:
    """The level right below a unit."""
    levels = list(Level)
    place = levels.index(Level(unit.level))
    if unit.level in {"microgrid", "unit_grid"}:
        _refuse("parent", "level", "微网格之下没有区域", "There is nothing below a micro-grid")
    return levels[place + 1].value


def _kind(level: str, given: str | None) -> str | None:
    return (given or "general_grid") if level == "grid" else None


def _new_key(picture: Picture, code: str | None, level: str) -> str:
    """The key of a new area; a given code must be free for ever and of the right shape."""
    if code is None:
        return picture.fresh()
    if code in picture.used or code in picture.units:
        _refuse(
            "code",
            "code_used",
            f"编码 {code} 已用过，停用的编码不再使用",
            f"{code} was used before",
        )
    try:
        fits = level_of(code).value == level
    except BadCode as error:
        raise InvalidInput.of(
            "given.code", "bad_code", error.detail("zh"), error.detail("en")
        ) from None
    if not fits:
        _refuse("code", "bad_code", "编码位数与层级不符", "The code is not one of this level")
    return code


def _all_below(picture: Picture, key: str) -> list[str]:
    found = list(picture.children(key))
    for child in list(found):
        found += _all_below(picture, child)
    return found


def _in_reading_order(parts: list[BaseGeometry]) -> list[BaseGeometry]:
    """West to east, then north to south, as codes are given (DB11/T 2157)."""
    return sorted(parts, key=lambda g: (round(g.centroid.x, 1), -round(g.centroid.y, 1)))


# --- what came of it ---------------------------------------------------------------------------


def add_corners(picture: Picture) -> None:
    """Give every unit the corners that new borders put on its edges."""
    old = {tuple(xy) for unit in picture.before.values() for xy in shapes.corners(unit.geom)}
    fresh = [
        xy
        for key, unit in picture.units.items()
        if key not in picture.before or unit.geom is not picture.before[key].geom
        for xy in shapes.corners(unit.geom)
        if tuple(xy) not in old
    ]
    if not fresh:
        return
    points = np.unique(np.array(fresh), axis=0)
    for unit in list(picture.units.values()):
        # The plan's own outline keeps its corners: areas around it do not take part.
        if unit.key != picture.root:
            shape = shapes.with_corners(unit.geom, points)
            if shape is not unit.geom:
                picture.put(replace(unit, geom=shape))


@dataclass(frozen=True)
class Difference:
    """What the hour will do: keys of new, changed (a new version) and retired areas.

    `redrawn` are those of the changed ones whose ground, name or parent differs; the others only got
    corners on their borders. `back` are areas that come back with the code they had.
    """

    new: tuple[str, ...]
    changed: tuple[str, ...]
    redrawn: tuple[str, ...]
    retired: tuple[str, ...]
    back: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        """Whether the plan would change nothing at all."""
        return not (self.new or self.changed or self.retired or self.back)


def difference(picture: Picture) -> Difference:
    """What is new, changed, retired and back, each in the order of keys."""
    changed, redrawn = [], []
    for key, unit in picture.units.items():
        was = picture.before.get(key)
        if was is None or was.area_id is None:
            continue
        same_words = (was.name, was.name_en, was.parent) == (unit.name, unit.name_en, unit.parent)
        if same_words and same_shape(was.geom, unit.geom):
            continue
        changed.append(key)
        ground = was.geom.symmetric_difference(unit.geom).area
        if not same_words or ground > shapes.THREAD_M * was.geom.length:
            redrawn.append(key)
    return Difference(
        new=tuple(sorted(k for k, u in picture.units.items() if u.area_id is None)),
        changed=tuple(sorted(changed)),
        redrawn=tuple(sorted(redrawn)),
        retired=tuple(sorted(k for k in picture.before if k not in picture.units)),
        back=tuple(
            sorted(
                k
                for k, u in picture.units.items()
                if u.area_id is not None and k not in picture.before
            )
        ),
    )
