"""Findings of batches, put together as if the file had been looked at in one piece."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from importers.findings import CODES, Findings, Severity

# These are about the whole file however many batches said them.
_OF_THE_FILE = {"datum.guessed", "datum.shifted", "axes.swapped", "geometry.curve"}


@dataclass(frozen=True)
class _Told:
    code: str
    rows: np.ndarray[Any, np.dtype[np.int64]] | None
    values: list[Any] | None
    field: str | None
    of: bool
    details: tuple[tuple[str, Any], ...]


class Gathering(Findings):
    """What one batch noticed; sentences are made when all batches are in."""

    def __init__(self, file: str) -> None:
        super().__init__(file)
        self.told: list[_Told] = []
        self._refused: set[int] = set()
        self._whole = False

    def add(self, code: str, **details: Any) -> None:
        """Keep one finding; of rows of one kind `merged` makes one list."""
        row = details.pop("row", None)
        severity = details.get("severity") or CODES[code].severity
        if severity is Severity.REFUSE:
            if row is None:
                self._whole = True
            else:
                self._refused.add(int(row))
        if row is None:
            self.told.append(_Told(code, None, None, None, False, tuple(details.items())))
            return
        self.told.append(
            _Told(
                code,
                np.array([row]),
                [details.pop("value", None)],
                details.pop("field", None),
                False,
                tuple(details.items()),
            )
        )

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
        """Keep the rows of a finding; whether they stand for the file is seen when all are in."""
        found = np.fromiter((int(row) for row in rows), dtype=np.int64)
        if not len(found):
            return
        if details.get("severity", CODES[code].severity) is Severity.REFUSE:
            self._refused.update(found.tolist())
        told = None if values is None else list(values)
        self.told.append(_Told(code, found, told, field, of is not None, tuple(details.items())))

    @property
    def file_refused(self) -> bool:
        """True when this batch shows that the whole file cannot be used."""
        return self._whole

    @property
    def refused_rows(self) -> set[int]:
        """Rows of this batch that must not be stored."""
        return self._refused


def merge(into: Findings, parts: Iterable[Gathering], total: int) -> None:
    """Add what the batches told to `into`, each kind once for all batches; the file has `total` rows."""
    kinds: dict[tuple[Any, ...], list[_Told]] = {}
    for part in parts:
        for told in part.told:
            stable = tuple(pair for pair in told.details if pair[0] != "count")
            key = (told.code, told.field, told.of, told.rows is None, stable)
            kinds.setdefault(key, []).append(told)
    for (code, field, of, whole, stable), all_told in kinds.items():
        if whole:
            count = sum(dict(told.details).get("count", 1) for told in all_told)
            if code in _OF_THE_FILE:
                count = total
            into.add(code, count=count, **dict(stable))
            continue
        rows = np.concatenate([told.rows for told in all_told if told.rows is not None])
        values = None
        if all_told[0].values is not None:
            values = [value for told in all_told for value in told.values or ()]
        into.add_rows(code, rows, values, field=field, of=total if of else None, **dict(stable))
