"""Errors say what happened in both languages and betray nothing."""

import inspect

import pytest

from gridcenter import errors
from gridcenter.errors import (
    AREA,
    BadCode,
    CalendarMissing,
    Conflict,
    FieldError,
    GridcenterError,
    InvalidInput,
    MoveNotAllowed,
    NotFound,
    Words,
)

CLASSES = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, GridcenterError)
]


def test_codes_are_unique():
    assert len({cls.code for cls in CLASSES}) == len(CLASSES)


@pytest.mark.parametrize("cls", CLASSES)
def test_each_class_has_its_own_words_in_both_languages(cls):
    own = vars(cls)
    assert {"code", "zh", "en"} <= own.keys()
    assert any("\u4e00" <= char <= "\u9fff" for char in own["zh"])
    assert own["en"].isascii()


def test_missing_and_hidden_read_the_same():
    assert NotFound().detail("zh") == "没有这个案件，或不在您的辖区"
    assert NotFound(AREA).detail("en") == "There is no such area, or it is outside your area"


def test_locale_decides_the_language():
    error = CalendarMissing(2027)
    assert error.detail("zh_CN") == "2027 年工作日历未导入，不承诺 2026 年 12月31日后的工作日时限"
    assert error.detail("en-GB").startswith("The working calendar of 2027")
    assert str(error) == error.detail("en")


def test_one_wrong_field_speaks_for_itself():
    one = InvalidInput.of("passed", "required", "请选通过或不通过", "Choose passed or failed")
    assert one.detail("zh") == "请选通过或不通过"
    two = InvalidInput([*one.errors, FieldError("note", "required", "请写意见", "Write a note")])
    assert two.detail("zh") == InvalidInput.zh


def test_subclasses_of_invalid_input_name_the_field():
    error = BadCode("32x", Words("太短", "too short"))
    assert [(e.field, e.code) for e in error.errors] == [("code", "bad_code")]
    assert error.detail("en") == 'Code "32x" breaks the rules: too short'


def test_braces_in_what_was_given_are_harmless():
    assert "{x.__class__}" in BadCode("{x.__class__}", Words("不对", "wrong")).detail("zh")


def test_conflict_carries_what_is_stored():
    assert Conflict({"version": 3}).current == {"version": 3}


def test_reasons_are_joined():
    error = MoveNotAllowed(Words("结案", "close"), [Words("甲", "a"), Words("乙", "b")])
    assert error.detail("zh") == "现在不能：结案（甲；乙）"
    assert error.detail("en") == "Not possible now: close (a; b)"
