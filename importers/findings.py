"""Findings: what an import noticed, where, how bad it is, and what happens with the row.

Every code has one entry in `CODES`, which file_codes, shape_codes, row_codes and calendar_codes make
up; docs/reference/importing.md lists them all (tested).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from importers.calendar_codes import CALENDAR_CODES
from importers.file_codes import FILE_CODES
from importers.finding_kinds import Code, Severity
from importers.row_codes import ROW_CODES
from importers.shape_codes import SHAPE_CODES

__all__ = ["CODES", "Code", "Finding", "Findings", "Severity", "finding"]


@dataclass(frozen=True)
class Finding:
    """One finding. `row` counts data rows from 1; None means the whole file (then `count` rows)."""

    file: str
    row: int | None
    field: str | None
    code: str
    severity: Severity
    zh: str
    en: str
    value: str | None = None
    count: int = 1


CODES: dict[str, Code] = {**FILE_CODES, **SHAPE_CODES, **ROW_CODES, **CALENDAR_CODES}


def finding(
    code: str,
    file: str,
    *,
    row: int | None = None,
    field: str | None = None,
    value: Any = None,
    count: int = 1,
    severity: Severity | None = None,
    **details: Any,
) -> Finding:
    """One finding with its sentences filled in. Raises KeyError for a code that has no entry."""
    entry = CODES[code]
    words = {"value": value, "field": field, **details}
    return Finding(
        file=file,
        row=row,
        field=field,
        code=code,
        severity=severity or entry.severity,
        zh=entry.zh.format_map(words),
        en=entry.en.format_map(words),
        value=None if value is None else str(value),
        count=count,
    )


@dataclass
class Findings:
    """A growing list of findings of one file; knows which rows are refused."""

    file: str
    items: list[Finding] = field(default_factory=list)

    def add(self, code: str, **details: Any) -> None:
        """Append one finding (see `finding`)."""
        self.items.append(finding(code, self.file, **details))

    def add_rows(
        self,
        code: str,
        rows: Sequence[int] | Iterable[int],
        values: Iterable[Any] | None = None,
        *,
        field: str | None = None,
        whole_from: float = 0.9,
        of: int | None = None,
        **details: Any,
    ) -> None:
        """One finding per row, or one for the file when ≥ `whole_from` of `of` rows have it.

        Nobody reads 3,076 equal lines; a refusal is always told row by row, so that each
        refused row can be given back.
        """
        rows = [int(row) for row in rows]
        told = list(values) if values is not None else [None] * len(rows)
        refused = details.get("severity", CODES[code].severity) is Severity.REFUSE
        if of and rows and not refused and len(rows) >= whole_from * of and len(rows) > 1:
            whole = finding(
                code, self.file, field=field, count=len(rows), value=_example(told), **details
            )
            # A sentence that names one row's value is an example where the rows differ.
            differ = len({value for value in told if value is not None}) > 1
            self.items.append(_as_example(whole) if differ else whole)
            return
        for row, value in zip(rows, told, strict=True):
            self.add(code, row=row, field=field, value=value, **details)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def file_refused(self) -> bool:
        """True when a refusal concerns the whole file."""
        return any(f.row is None and f.severity is Severity.REFUSE for f in self.items)

    @property
    def refused_rows(self) -> set[int]:
        """Numbers of the rows that must not be stored."""
        return {f.row for f in self.items if f.row is not None and f.severity is Severity.REFUSE}

    def codes(self) -> dict[str, int]:
        """How many rows each code concerns, in order of appearance."""
        counted: dict[str, int] = {}
        for item in self.items:
            counted[item.code] = counted.get(item.code, 0) + item.count
        return counted


def _as_example(whole: Finding) -> Finding:
    return replace(whole, zh=f"例如：{whole.zh}", en=f"for example: {whole.en}")


def _example(values: Sequence[Any]) -> Any:
    """The one value all rows share, else the first as an example, else None."""
    return next((value for value in values if value is not None), None)
