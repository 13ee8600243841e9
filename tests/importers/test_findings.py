"""Every code has its sentences and stands in the reference."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from importers.findings import CODES, Findings, Severity, finding

ROOT = Path(__file__).resolve().parents[2]


def test_the_reference_lists_exactly_the_codes_there_are() -> None:
    text = (ROOT / "docs" / "reference" / "importing.md").read_text(encoding="utf-8")

    listed = re.findall(r"^\| `([a-z_.]+)` \| (refuse|warn|inform) \|", text, flags=re.M)

    assert dict(listed) == {code: entry.severity.value for code, entry in CODES.items()}
    assert len(listed) == len(CODES)


def test_every_code_is_used_somewhere() -> None:
    sources = [
        path.read_text(encoding="utf-8")
        for path in (ROOT / "importers").rglob("*.py")
        if not path.name.endswith("_codes.py")
    ]

    unused = [code for code in CODES if not any(f'"{code}"' in source for source in sources)]

    assert unused == []


def test_sentences_are_filled_in_both_languages() -> None:
    told = finding("overlap", "f.shp", row=3, value="12.5", other="第2网格")

    assert told.zh == "与“第2网格”重叠 12.5 平方米"
    assert "12.5 m²" in told.en
    assert told.severity is Severity.WARN


def test_a_code_without_sentence_cannot_be_told() -> None:
    with pytest.raises(KeyError):
        finding("no.such.code", "f.shp")


def test_what_nearly_all_rows_have_is_told_once() -> None:
    findings = Findings("f.shp")

    findings.add_rows("height.derived", range(1, 101), of=100)
    findings.add_rows("shape.narrow", [3, 5], ["1.0", "1.5"], limit="2", of=100)

    assert [(f.code, f.row, f.count) for f in findings] == [
        ("height.derived", None, 100),
        ("shape.narrow", 3, 1),
        ("shape.narrow", 5, 1),
    ]


def test_refusals_are_told_row_by_row_even_if_all_rows_have_them() -> None:
    findings = Findings("f.shp")

    findings.add_rows("geometry.missing", [1, 2, 3], of=3)

    assert findings.refused_rows == {1, 2, 3}
    assert not findings.file_refused


def test_no_title_names_a_value() -> None:
    titles = [title for entry in CODES.values() for title in (entry.title_zh, entry.title_en)]

    assert [title for title in titles if not title or "{" in title] == []


def test_one_sentence_for_all_rows_says_that_its_value_is_an_example() -> None:
    findings = Findings("f.shp")

    findings.add_rows("key.external", [1, 2, 3], ["A", "B", "C"], of=3)
    findings.add_rows("parent.none", [1, 2, 3], ["高新区"] * 3, of=3)

    assert [f.zh for f in findings] == [
        "例如：编号“A”不合编码规则，作外部编号保存",
        "库里还没有上级区域（高新区），作为最上级保存",
    ]
