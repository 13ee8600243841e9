"""The code rules of areas and buildings."""

import pytest

from gridcenter import codes
from gridcenter.codes import Level
from gridcenter.errors import BadCode

CHAIN = [
    ("32", Level.PROVINCE, None),
    ("3205", Level.CITY, "32"),
    ("320508", Level.DISTRICT, "3205"),
    ("320508999", Level.STREET, "320508"),
    ("320508999001", Level.COMMUNITY, "320508999"),
    ("320508999001Z002", Level.GRID, "320508999001"),
    ("320508999001S001", Level.GRID, "320508999001"),
    ("320508999001Z002003", Level.MICROGRID, "320508999001Z002"),
    ("320508999001017", Level.UNIT_GRID, "320508999001"),
    ("3205089990010A7", Level.UNIT_GRID, "320508999001"),
    ("A20508999001017", Level.UNIT_GRID, None),
]


@pytest.mark.parametrize(("code", "level", "parent"), CHAIN)
def test_level_and_parent(code, level, parent):
    assert codes.level_of(code) is level
    assert codes.parent_code(code) == parent
    codes.check(level, code)


@pytest.mark.parametrize(
    "code",
    ["", "3", "320", "3x", "32050899900", "320508999001X002", "320508999001z002",
     "320508999001Z00A", "320508999001Z00200A", "32050899900101a", "３２", "320508 99001",
     "320508999001Z002\n", "3205089990011234"],
)  # fmt: skip
def test_bad_codes(code):
    with pytest.raises(BadCode):
        codes.level_of(code)


def test_a_good_code_of_another_level_is_refused_with_the_right_shape():
    with pytest.raises(BadCode, match="a grid code is 12-digit community code"):
        codes.check(Level.GRID, "320508999001")


@pytest.mark.parametrize(
    ("code", "parent", "label"),
    [
        ("320508999001", "320508999", "001"),
        ("320508999001Z002", "320508999001", "Z002"),
        ("320508999001Z002003", "320508999001Z002", "003"),
        ("320508999", None, "320508999"),
        ("6700036-A.1", "67000", "36_A_1"),
        ("A/1 东", "B", "A_1__"),
        ("32", "32", "32"),
    ],
)
def test_path_label(code, parent, label):
    assert codes.path_label(code, parent) == label


def test_an_empty_code_has_no_label():
    with pytest.raises(BadCode):
        codes.path_label("", "32")


def test_levels_have_names_and_an_order():
    assert [level.order for level in Level] == list(range(1, 9))
    assert Level.MICROGRID.words == ("微网格", "micro-grid")
    assert Level.GRID.parent is Level.COMMUNITY
    assert Level.UNIT_GRID.parent is Level.COMMUNITY
    assert Level.PROVINCE.parent is None
