"""The table of files tried in docs/reference/importing.md says what the reader does, and misses none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from importers.reading import ReadOptions, read

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT.parent / "shared" / "data"
FOLDERS = ("malformed", "beijing/variants", "tainan", "chicago", "gps_gpx")
# Parts of a shapefile stand for their .shp; what tells of a file is no file of data.
PARTS = {".dbf", ".shx", ".prj", ".cpg", ".qpj", ".sbn", ".sbx"}
BESIDE = {".md", ".txt", ""}

_LINE = re.compile(
    r"^\| ([\w/.-]+/) \| (.+?) \| (refused|[\d,]+ rows)(?:, ([\w:]+))? \| (.+) \|$", re.M
)


def lines() -> list[tuple[str, ...]]:
    text = (ROOT / "docs" / "reference" / "importing.md").read_text(encoding="utf-8")
    table = text[text.index("试过的文件") :]
    found = _LINE.findall(table)
    assert table.count("\n| ") == len(found) + 1, "a line reads oddly"
    return found


pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the collection is not here")


@pytest.mark.parametrize("line", lines(), ids=lambda line: line[1])
def test_a_line_is_true(line: tuple[str, ...]) -> None:
    folder, named, outcome, datum, told = line
    name, _, layer = named.partition(" : ")

    reading = read(FOLDER / folder / name, ReadOptions(layer=layer or None))

    if outcome == "refused":
        assert reading.frame is None
    else:
        assert reading.frame is not None
        assert f"{len(reading.frame):,} rows" == outcome
        assert reading.datum == datum
    codes = dict(re.findall(r"`([a-z_.]+)`(?: ×(\d+))?", told))
    assert {code: int(count or 1) for code, count in codes.items()} == reading.findings.codes()


def test_no_file_is_missing() -> None:
    there = set()
    for folder in FOLDERS:
        for path in (FOLDER / folder).rglob("*"):
            shape = path.with_suffix(".shp")
            part = path.suffix in PARTS and shape.exists()
            if path.is_file() and not part and path.suffix not in BESIDE:
                there.add(path.relative_to(FOLDER).as_posix())

    assert there == {folder + name.partition(" : ")[0] for folder, name, *_ in lines()}
