"""Codes and paths of new areas, by DOMAIN §3.2 and docs/decisions/0009; pure.

A number is never used twice, also not of an area that was retired: the next one follows the highest
that was ever given under the same parent. New neighbours are numbered west to east, north to south.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gridcenter.codes import Level, level_of, path_label
from gridcenter.errors import BadCode, InvalidInput
from gridcenter.redraw.picture import Picture, Unit

_ORDER = [level.value for level in Level]
# Names that say nothing but the number: they follow the code.
_NUMBERED = re.compile(r"(第\d+网格|微网格\d+)")


@dataclass(frozen=True)
class Named:
    """What a new area is called: its code, its scheme and its name."""

    code: str
    scheme: str
    name: str


def name_new(picture: Picture) -> dict[str, Named]:
    """Code, scheme and name of every area that the plan makes, by key.

    Raises InvalidInput when a parent has no numbers left.
    """
    made: dict[str, Named] = {}
    used = set(picture.used)
    new = [unit for unit in picture.units.values() if unit.area_id is None]
    for unit in sorted(new, key=_turn):
        parent = picture.units.get(str(unit.parent))
        above = made.get(str(unit.parent))
        parent_code = above.code if above else (parent.code if parent else None)
        code, scheme = unit.code, "governance"
        if code is None:
            code, scheme = _next(unit, str(parent_code), used)
        used.add(code)
        made[unit.key] = Named(code, scheme, _name(unit, code, scheme))
    return made


def _turn(unit: Unit) -> tuple[int, float, float]:
    middle = unit.geom.centroid
    return _ORDER.index(unit.level), round(middle.x, 1), -round(middle.y, 1)


def _next(unit: Unit, parent: str, used: set[str]) -> tuple[str, str]:
    """The next free code under a parent code, and its scheme."""
    stem, digits, first, scheme = _stem(unit, parent)
    numbers = [
        int(code[len(stem) : len(stem) + digits])
        for code in used
        if code.startswith(stem) and code[len(stem) : len(stem) + digits].isdigit()
    ]
    number = max([first - 1, *numbers]) + 1
    if number >= 10**digits:
        raise InvalidInput.of(
            "given.area",
            "codes_exhausted",
            f"{parent} 下的编码已用完，停用的编码不再使用",
            f"No codes are left under {parent}; retired ones are never used again",
        )
    return f"{stem}{number:0{digits}d}", scheme


def _stem(unit: Unit, parent: str) -> tuple[str, int, int, str]:
    """What a code begins with, its digits, its first number, its scheme."""
    try:
        ruled = level_of(parent) is Level(unit.level).parent
    except BadCode:
        ruled = False
    if not ruled:
        return f"{parent}-T", 3, 1, "external"
    if unit.level == "grid":
        return parent + ("S" if unit.kind == "dedicated_grid" else "Z"), 3, 1, "governance"
    # Communities get their codes from the ministry; until then one of the provisional ones.
    return parent, 3, 901 if unit.level == "community" else 1, "governance"


def _name(unit: Unit, code: str, scheme: str) -> str:
    if unit.name and not (_NUMBERED.fullmatch(unit.name) and scheme == "governance"):
        return unit.name
    number = int(code[-3:]) if code[-3:].isdigit() else 0
    if unit.level == "grid":
        return f"第{number}网格"
    return f"微网格{number:02d}" if unit.level == "microgrid" else f"新社区{number}"


def paths_of(picture: Picture, named: Mapping[str, Named], root_path: str) -> dict[str, str]:
    """The path of every unit as it will be, by key."""
    found = {picture.root: root_path}

    def code_of(unit: Unit) -> str:
        return named[unit.key].code if unit.key in named else str(unit.code)

    def path(key: str) -> str:
        if key not in found:
            unit = picture.units[key]
            parent = picture.units[str(unit.parent)]
            label = path_label(code_of(unit), code_of(parent))
            found[key] = f"{path(parent.key)}.{label}"
        return found[key]

    for key in picture.units:
        path(key)
    return found
