"""Which column is which field: what people say, then headers, then what the values look like."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from gridcenter.codes import Level
from importers.findings import Findings
from importers.headers import LAT, LON, WKT, plain_header
from importers.kinds import CODE_WORDS, FIELDS, LEVEL_WORDS, NAME_WORDS, Kind
from importers.raw import Evidence
from importers.reading import ROW

PLACE_FIELDS = ("lon", "lat", "wkt")
_NO_FIELD = ("没有对应的字段", "no field takes them")
_TRAILING_DIGITS = re.compile(r"\d+$")


@dataclass(frozen=True)
class Columns:
    """Field → column. `given` are the fields a person named, `unused` tells why a column of the
    file serves as none (Chinese, English). `fingerprint` stands for the file's column names; `saved` is
    the name of the mapping that was used."""

    columns: dict[str, str]
    given: frozenset[str] = frozenset()
    unused: dict[str, tuple[str, str]] = field(default_factory=dict)
    fingerprint: str = ""
    saved: str | None = None

    def evidence(self) -> list[Evidence]:
        """For the recognition panel: the pairs as one line, then the unused columns by reason."""
        pairs = ", ".join(f"{column} → {field}" for field, column in self.columns.items())
        ground = ("按列名与取值", "by headers and values")
        if self.saved:
            ground = (f"按保存的对应“{self.saved}”", f"as saved under “{self.saved}”")
        told = [Evidence("mapping", pairs, *ground, bool(self.given))]
        for reason in dict.fromkeys(self.unused.values()):
            names = [name for name, why in self.unused.items() if why == reason]
            told.append(Evidence("unused", ", ".join(names), *reason, True))
        return told


def guess_columns(
    table: pd.DataFrame,
    kind: Kind,
    given: Mapping[str, str],
    findings: Findings,
    level: Level | None = None,
) -> Columns:
    """The columns of `table` that hold the fields of `kind`.

    `given` overrides (field → column; an empty column unsets a guess). Findings name columns and
    fields that do not exist. `level` tells 街道代码 (own code) from 区县代码 (the parent's).
    """
    names = [str(name) for name in table.columns if name not in (ROW, "geometry")]
    known = {field_.name for field_ in FIELDS[kind]}
    columns: dict[str, str] = {}
    if kind is Kind.AREAS and level is not None:
        columns |= _by_level(table, names, level)
    for known_field in FIELDS[kind]:
        found = _by_header(names, known_field.headers, set(columns.values()))
        if known_field.name not in columns and found:
            columns[known_field.name] = found
    unused = _settle_code(table, names, kind, columns)
    if kind is Kind.AREAS:
        columns |= {k: v for k, v in _fallback(table, names, columns).items() if k not in columns}
    for name, column in given.items():
        if name in PLACE_FIELDS:
            continue
        if name not in known:
            findings.add("field.unknown", value=name)
        elif not column:
            columns.pop(name, None)
        elif column not in names:
            findings.add("column.missing", value=column)
        else:
            columns[name] = column
    taken = {*columns.values(), *(given.get(name, "") for name in PLACE_FIELDS)}
    places = {*LON, *LAT, *WKT}
    for name in names:
        if name not in unused and plain_header(name) not in places:
            unused[name] = _NO_FIELD
    return Columns(
        columns,
        frozenset(given),
        {name: why for name, why in unused.items() if name not in taken},
        fingerprint_of(names),
    )


def fingerprint_of(names: Iterable[str]) -> str:
    """The digest of column names, however they are written and ordered."""
    plain = "\n".join(sorted(plain_header(name) for name in names))
    return hashlib.sha256(plain.encode()).hexdigest()


def _settle_code(
    table: pd.DataFrame, names: list[str], kind: Kind, columns: dict[str, str]
) -> dict[str, tuple[str, str]]:
    """Take a guessed code column that tells no rows apart out of `columns`; the reason by column.

    The next column with a code's header stands in. A code that the kind requires stays as it is.
    """
    unfit: dict[str, tuple[str, str]] = {}
    code = next(field for field in FIELDS[kind] if field.name == "code")
    while not code.required and "code" in columns:
        column = columns["code"]
        why = _unfit_as_code(table[column], anything=plain_header(column) == "id")
        if why is None:
            break
        unfit[columns.pop("code")] = why
        free = [name for name in names if name not in unfit]
        found = _by_header(free, code.headers, set(columns.values()))
        if found:
            columns["code"] = found
    return unfit


def _unfit_as_code(values: pd.Series[Any], anything: bool) -> tuple[str, str] | None:
    """Why `values` are no codes: empty, all the same, or mostly repeated; None when they are.

    A few repeats among real codes are mistakes of their rows and told as such; but a column of
    which the header promises nothing (`anything`: Id) must be unique.
    """
    filled = as_text(values).dropna()
    kinds = filled.nunique()
    if filled.empty:
        return "整列是空的，不能作编号", "the column is empty: no code"
    if kinds == 1 and len(filled) > 2:
        return f"全是“{filled.iloc[0]}”，不能作编号", f"always {filled.iloc[0]!r}: no code"
    if 2 * kinds < len(filled) or (anything and kinds < len(filled)):
        return "多行同一个值，不能作编号", "rows share their values: no code"
    return None


def _by_header(names: list[str], headers: tuple[str, ...], taken: set[str]) -> str | None:
    plain = {plain_header(name): name for name in reversed(names) if name not in taken}
    return next((plain[header] for header in headers if header in plain), None)


def _by_level(table: pd.DataFrame, names: list[str], level: Level) -> dict[str, str]:
    """Own code and name, and the parent's code (else name), from headers that name a level."""
    columns: dict[str, str] = {}
    codes = {name: _code_level(table[name]) for name in names if _has_word(name, CODE_WORDS)}
    upper = level.parent
    own = [name for name, found in codes.items() if found is level]
    plain_code = next(f for f in FIELDS[Kind.AREAS] if f.name == "code").headers
    above = [
        name
        for name, found in codes.items()
        if upper and found is upper and plain_header(name) not in plain_code
    ]
    own_code = _named(names, level, CODE_WORDS) or (own[0] if own else None)
    if own_code:
        columns["code"] = own_code
    own_name = _named(names, level, NAME_WORDS)
    if own_name and own_name != own_code:
        columns["name"] = own_name
    if upper is None:
        return columns
    plain_parent = next(f for f in FIELDS[Kind.AREAS] if f.name == "parent").headers
    parent = (
        _by_header(names, plain_parent, set(columns.values()))
        or _named(names, upper, CODE_WORDS)
        or next((name for name in above if name not in columns.values()), None)
        or _named(names, upper, NAME_WORDS)
    )
    if parent and parent not in columns.values():
        columns["parent"] = parent
    return columns


def _named(names: list[str], level: Level, endings: tuple[str, ...]) -> str | None:
    wanted = [word + ending for ending in endings for word in LEVEL_WORDS[level]]
    plain = {plain_header(name): name for name in reversed(names)}
    return next((plain[word] for word in wanted if word in plain), None)


def _has_word(name: str, words: tuple[str, ...]) -> bool:
    plain = _TRAILING_DIGITS.sub("", plain_header(name))
    return any(word and plain.endswith(word) for word in words)


def _code_level(values: pd.Series[Any]) -> Level | None:
    """The level whose code length all values of a column share, if any."""
    text = as_text(values).dropna()
    if text.empty:
        return None
    lengths = text.str.len().unique()
    if len(lengths) != 1 or not text.str.fullmatch(r"[0-9]+([ZS][0-9]+)?").all():
        return None
    return next((level for level in Level if level.code_length == lengths[0]), None)


def _fallback(table: pd.DataFrame, names: list[str], columns: Mapping[str, str]) -> dict[str, str]:
    """A code column by its unique values; a name column unless most rows share their names."""
    found: dict[str, str] = {}
    free = [name for name in names if name not in columns.values()]
    for name in free:
        values = as_text(table[name]).dropna()
        if len(values) < len(table) or values.empty:
            continue
        if (
            "code" not in columns
            and _has_word(name, (*CODE_WORDS, "codebase"))
            and values.is_unique
        ):
            found.setdefault("code", name)
        elif _has_word(name, NAME_WORDS[:-1]) and values.nunique() > len(values) / 2:
            found.setdefault("name", name)
    return found


def as_text(values: pd.Series[Any]) -> pd.Series[Any]:
    """Trimmed text; whole numbers without a decimal point, empty and missing as None."""
    if pd.api.types.is_float_dtype(values):
        whole = values.dropna()
        if (whole == whole.round()).all():
            text = values.astype("Int64").astype("string")
            return text.astype(object).where(values.notna(), None)
    # A list is six times as quick as pandas' own string methods, which matters for a million rows.
    trimmed = [
        (value.strip() or None) if type(value) is str else _worded(value)
        for value in values.to_numpy(dtype=object)
    ]
    return pd.Series(trimmed, index=values.index, dtype=object)


def _worded(value: Any) -> str | None:
    return None if value is None or pd.isna(value) else str(value).strip() or None


def as_number(values: pd.Series[Any]) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Numbers, and a mask of cells that held something which is no number."""
    if values.dtype.kind in "iuf":
        return values.astype(float), pd.Series(False, index=values.index)
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    filled = as_text(values).notna()
    return numbers, filled & numbers.isna()
