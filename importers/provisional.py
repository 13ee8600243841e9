"""Codes for rows that came without: next free number under the parent, west to east, then south.

Numbers start where real division codes do not reach; the finding says provisional.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np
import shapely

from gridcenter.codes import Level
from importers.raw import Geometries

# Level → length of the parent's code, what is put between, first number, digits.
_RULES: dict[Level, tuple[int, str, int, int]] = {
    Level.DISTRICT: (4, "", 91, 2),
    Level.STREET: (6, "", 901, 3),
    Level.COMMUNITY: (9, "", 901, 3),
    Level.GRID: (12, "Z", 1, 3),
    Level.MICROGRID: (16, "", 1, 3),
}


def order(geometry: Geometries) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Positions in numbering order: west to east, then north to south (DB11/T 2157)."""
    middle = shapely.get_coordinates(shapely.centroid(geometry))
    return np.lexsort((-middle[:, 1], middle[:, 0]))


def area_codes_for(
    level: Level, parents: Sequence[str | None], geometry: Geometries, taken: set[str], stem: str
) -> list[tuple[str, bool]]:
    """One free code per row, and whether it obeys the scheme; `taken` grows by what is given.

    `parents` are parent codes; a row without one, or under a foreign code, gets an external code
    that begins with the parent's code, else with `stem`.
    """
    numbers: dict[tuple[str | None, bool], Iterator[str]] = {}
    result: list[tuple[str, bool]] = [("", False)] * len(parents)
    for position in order(geometry):
        parent = parents[position]
        rule = _RULES.get(level)
        ruled = rule is not None and parent is not None and len(parent) == rule[0]
        key = (parent, ruled)
        if key not in numbers:
            numbers[key] = _by_rule(parent or "", level) if ruled else _foreign(parent or stem)
        code = next(c for c in numbers[key] if c not in taken)
        taken.add(code)
        result[position] = (code, ruled and len(code) == level.code_length)
    return result


def building_codes_for(
    microgrids: Sequence[str], geometry: Geometries, taken: set[str]
) -> list[str]:
    """One free building code per row: micro-grid + B + number of at least three digits."""
    numbers: dict[str, Iterator[int]] = {}
    result = [""] * len(microgrids)
    for position in order(geometry):
        microgrid = microgrids[position]
        following = numbers.setdefault(microgrid, count(1))
        code = next(c for n in following if (c := f"{microgrid}B{n:03d}") not in taken)
        taken.add(code)
        result[position] = code
    return result


def _by_rule(parent: str, level: Level) -> Iterator[str]:
    _, between, first, digits = _RULES[level]
    for number in count(first):
        yield f"{parent}{between}{number:0{digits}d}"


def _foreign(stem: str) -> Iterator[str]:
    for number in count(1):
        yield f"{stem}-T{number:03d}"
