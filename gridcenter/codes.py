"""Area codes: which level a code belongs to, what it hangs under, whether it obeys the rules.

Governance codes grow by their parent: 2 province, 4 city, 6 district, 9 street, 12 community
(the statistical division code), 16 grid = community + Z (综合) or S (专属) + 3 digits, 19
micro-grid = grid + 3 digits. A unit grid has 15 characters of its own. A retired code is never used
again; that is held by the database.
"""

from __future__ import annotations

import re
from enum import StrEnum

from gridcenter.errors import BadCode, Words


class Level(StrEnum):
    """The levels of areas, largest first; the unit grid is a family of its own."""

    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    GRID = "grid"
    MICROGRID = "microgrid"
    UNIT_GRID = "unit_grid"

    @property
    def words(self) -> Words:
        """The level's name in Chinese and English."""
        return _WORDS[self]

    @property
    def order(self) -> int:
        """Depth in the tree: province 1 … micro-grid 7; 8 for the unit grid beside it."""
        return list(Level).index(self) + 1

    @property
    def code_length(self) -> int:
        """The number of characters of this level's codes."""
        return _LENGTHS[self]

    @property
    def parent(self) -> Level | None:
        """The level right above; None above a province. A unit grid hangs under a community."""
        if self is Level.UNIT_GRID:
            return Level.COMMUNITY
        return list(Level)[self.order - 2] if self.order > 1 else None


_WORDS = {
    Level.PROVINCE: Words("省", "province"),
    Level.CITY: Words("市", "city"),
    Level.DISTRICT: Words("区县", "district"),
    Level.STREET: Words("街道", "street"),
    Level.COMMUNITY: Words("社区", "community"),
    Level.GRID: Words("网格", "grid"),
    Level.MICROGRID: Words("微网格", "micro-grid"),
    Level.UNIT_GRID: Words("单元网格", "unit grid"),
}
_LENGTHS = {
    Level.PROVINCE: 2,
    Level.CITY: 4,
    Level.DISTRICT: 6,
    Level.STREET: 9,
    Level.COMMUNITY: 12,
    Level.GRID: 16,
    Level.MICROGRID: 19,
    Level.UNIT_GRID: 15,
}
_PATTERNS = {
    Level.GRID: re.compile(r"[0-9]{12}[ZS][0-9]{3}"),
    Level.MICROGRID: re.compile(r"[0-9]{12}[ZS][0-9]{6}"),
    Level.UNIT_GRID: re.compile(r"[0-9A-Z]{15}"),
}
_SHAPES = {
    Level.GRID: Words(
        "12 位社区码 + Z 或 S + 3 位数字", "12-digit community code + Z or S + 3 digits"
    ),
    Level.MICROGRID: Words("16 位网格码 + 3 位数字", "16-character grid code + 3 digits"),
    Level.UNIT_GRID: Words("15 位数字或大写字母", "15 digits or capital letters"),
}
_BY_LENGTH = {length: level for level, length in _LENGTHS.items()}
_NOT_LABEL = re.compile(r"[^A-Za-z0-9_]")


def level_of(code: str) -> Level:
    """The level a code belongs to, by its length; raises BadCode when it fits none."""
    level = _BY_LENGTH.get(len(code))
    if level is None:
        raise BadCode(
            code,
            Words(
                f"长度 {len(code)} 位；应为 2、4、6、9、12、15、16 或 19 位",
                f"{len(code)} characters; 2, 4, 6, 9, 12, 15, 16 or 19 are possible",
            ),
        )
    check(level, code)
    return level


def check(level: Level, code: str) -> None:
    """Nothing when `code` obeys the rules of `level`; raises BadCode saying what it should be."""
    length = _LENGTHS[level]
    pattern = _PATTERNS.get(level)
    fits = (
        pattern.fullmatch(code) is not None
        if pattern
        else len(code) == length and code.isascii() and code.isdigit()
    )
    if not fits:
        shape = _SHAPES.get(level, Words(f"{length} 位数字", f"{length} digits"))
        name = level.words
        raise BadCode(
            code, Words(f"{name.zh}编码应为{shape.zh}", f"a {name.en} code is {shape.en}")
        )


def parent_code(code: str) -> str | None:
    """The code one level up; None for a province, and for a unit grid not made of digits.

    A unit grid's first 12 digits are its community (DB11/T 2157); codes with letters
    (GB/T 47678.3) say nothing about their parent. Raises BadCode as `level_of`.
    """
    level = level_of(code)
    if level.parent is None or (level is Level.UNIT_GRID and not code[:12].isdigit()):
        return None
    return code[: level.parent.code_length]


def path_label(code: str, parent_code: str | None) -> str:
    """The ltree label of an area under its parent: the rest of the code after the parent's.

    ``320508999001Z002`` under ``320508999001`` gives ``Z002``. When the parent's code is no prefix
    (foreign code systems), the whole code. Characters that ltree does not take become ``_``.
    Raises BadCode for an empty code.
    """
    if not code:
        raise BadCode(code, Words("编码为空", "the code is empty"))
    rest = code.removeprefix(parent_code) if parent_code else code
    return _NOT_LABEL.sub("_", rest or code)
