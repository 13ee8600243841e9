"""Chinese text for search: folding, bigrams, pinyin readings and initials.

`bigrams` is defined so simply that the database can compute the same column: fold, drop everything
that is no letter or digit, take all pairs of neighbours. A two-letter word then needs one look into
a GIN index, where trigrams would read the whole table.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import islice, product

# Beyond this many combinations (ten ambiguous characters …) only the usual reading is kept.
_MOST_READINGS = 64
_NOT_WORD = re.compile(r"[\W_]+")
_SPACES = re.compile(r"\s+")
_HAN = re.compile(r"[〇㐀-䶿一-鿿]")
_RUNS = re.compile(r"[〇㐀-䶿一-鿿]+|[^〇㐀-䶿一-鿿]+")


def fold(text: str) -> str:
    """The text in half width and lower case, spaces collapsed: `Ａ座　１０１` gives `a座 101`.

    NFKC also turns ligatures, circled digits and compatibility ideographs into plain ones.
    """
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text).lower()).strip()


def bigrams(text: str) -> list[str]:
    """All pairs of neighbouring letters or digits of the folded text, each once, in order.

    `暴露垃圾` gives 暴露, 露垃, 垃圾; a single character gives itself; no letter, an empty
    list. A text contains another (spaces and punctuation aside) only if its bigrams contain
    the other's, provided the other has at least two characters.
    """
    letters = _NOT_WORD.sub("", fold(text))
    if len(letters) < 2:
        return [letters] if letters else []
    return list(dict.fromkeys(letters[i : i + 2] for i in range(len(letters) - 1)))


def pinyin(text: str) -> list[str]:
    """All readings of a text without tones or spaces, the usual one first.

    `单庆` gives danqing, chanqing, shanqing: surnames and place names often take the
    rarer reading, so search must know them all. ü is written v and also u. Words that are in the
    phrase book (重庆) have only their right reading. Empty text gives an empty list.
    """
    return _combined([readings for readings, _ in _syllables(text)])


def initials(text: str) -> list[str]:
    """The first letters of all readings: `暴露垃圾` gives bllj; digits and Latin stay whole."""
    return _combined(
        [
            list(dict.fromkeys(reading[0] for reading in readings)) if is_han else readings
            for readings, is_han in _syllables(text)
        ]
    )


def _syllables(text: str) -> list[tuple[list[str], bool]]:
    """For each Han character its readings and True; for each other run itself and False."""
    import pypinyin  # 0.1 s and a large dictionary: only who searches pays for it

    found: list[tuple[list[str], bool]] = []
    for run in _RUNS.findall(fold(text)):
        if not _HAN.match(run):
            plain = _NOT_WORD.sub("", run)
            found += [([plain], False)] if plain else []
            continue
        readings = pypinyin.pinyin(run, style=pypinyin.Style.NORMAL, heteronym=True)
        found += [(_with_u(each), True) for each in readings]
    return found


def _with_u(readings: list[str]) -> list[str]:
    both = [form for reading in readings for form in (reading, reading.replace("v", "u"))]
    return list(dict.fromkeys(form for form in both if form))


def _combined(parts: list[list[str]]) -> list[str]:
    """All ways to take one of each part, joined, each once; only the first way when too many."""
    if not parts:
        return []
    joined = list(dict.fromkeys(map("".join, islice(product(*parts), _MOST_READINGS + 1))))
    return joined if len(joined) <= _MOST_READINGS else joined[:1]
