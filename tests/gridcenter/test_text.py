"""What can be typed to find a Chinese name."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridcenter import text


@pytest.mark.parametrize(
    ("given_text", "folded"),
    [
        ("Ａ座　１０１", "a座 101"),
        ("  桃花坞  大街\n", "桃花坞 大街"),
        ("ＮＯ．３", "no.3"),
        ("", ""),
    ],
)
def test_fold(given_text, folded):
    assert text.fold(given_text) == folded


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("暴露垃圾", ["暴露", "露垃", "垃圾"]),
        ("3幢-２单元", ["3幢", "幢2", "2单", "单元"]),
        ("早(夜)市", ["早夜", "夜市"]),
        ("哈哈哈", ["哈哈"]),
        ("雪", ["雪"]),
        ("、。_ ", []),
        ("", []),
    ],
)
def test_bigrams(given_text, expected):
    assert text.bigrams(given_text) == expected


@given(st.text("暴露垃圾桃花坞a1 -", min_size=2), st.integers(0, 20), st.integers(2, 20))
def test_a_part_has_only_bigrams_of_the_whole(whole, start, length):
    part = whole[start : start + length]
    if len(text.fold(part).replace(" ", "").replace("-", "")) >= 2:
        assert set(text.bigrams(part)) <= set(text.bigrams(whole))


@pytest.mark.parametrize(
    ("given_text", "reading"),
    [
        ("暴露垃圾", "baolulaji"),
        ("重庆", "chongqing"),
        ("长安街", "changanjie"),
        ("单", "shan"),
        ("单", "dan"),
        ("绿地", "lvdi"),
        ("绿地", "ludi"),
        ("12345热线", "12345rexian"),
        ("A座", "azuo"),
        ("早(夜)市", "zaoyeshi"),
        ("查", "zha"),
    ],
)
def test_pinyin_readings(given_text, reading):
    assert reading in text.pinyin(given_text)


def test_the_usual_reading_comes_first():
    assert text.pinyin("积存垃圾渣土")[0] == "jicunlajizhatu"
    assert text.pinyin("重庆") == ["chongqing"]


@pytest.mark.parametrize(
    ("given_text", "letters"),
    [
        ("暴露垃圾", "bllj"),
        ("私搭乱建", "sdlj"),
        ("12345热线", "12345rx"),
        ("单", "s"),
        ("〇", "l"),
    ],
)
def test_initials(given_text, letters):
    assert letters in text.initials(given_text)


def test_nothing_and_too_much():
    assert text.pinyin("") == text.initials("，。") == []
    many = text.pinyin("单着行乐单着行乐单着行乐单着行乐")
    assert len(many) <= 64 and many
    assert text.pinyin("😀") == []


def test_rare_characters_do_not_vanish():
    assert text.pinyin("\u3fff路")[0].endswith("lu")


def test_importing_does_not_load_the_dictionary():
    code = "import sys, gridcenter.text; sys.exit('pypinyin' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
