"""What a .dbf says about itself: columns, number of records, language byte, raw text samples."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_SAMPLE_BYTES = 8_000_000
_DISTINCT_VALUES = 20_000


@dataclass(frozen=True)
class Column:
    """One column as stored: raw name, type letter, offset and width in bytes."""

    name: bytes
    kind: str
    offset: int
    width: int


@dataclass(frozen=True)
class Table:
    """The head of a .dbf. `text` are distinct raw values of character columns and column names."""

    records: int
    columns: tuple[Column, ...]
    language_byte: int
    text: tuple[bytes, ...]


class DbfDamaged(ValueError):
    """The .dbf is too short or its header makes no sense."""


def look_at(path: Path) -> Table:
    """The head and text samples of the .dbf at `path`. Raises DbfDamaged."""
    with path.open("rb") as file:
        head = file.read(32)
        if len(head) < 32:
            raise DbfDamaged("header")
        records, header_length, record_length = struct.unpack("<IHH", head[4:12])
        columns = _columns(file.read(max(header_length - 32, 0)))
        if record_length < 1 + sum(column.width for column in columns):
            raise DbfDamaged("record length")
        file.seek(header_length)
        body = file.read(min(records * record_length, _SAMPLE_BYTES))
    text = {column.name for column in columns}
    rows = np.frombuffer(body, np.uint8, count=len(body) // record_length * record_length)
    for column in columns:
        if column.kind == "C" and column.width:
            text |= _values(rows.reshape(-1, record_length), column)
    return Table(records, tuple(columns), head[29], tuple(sorted(text)))


def _columns(raw: bytes) -> list[Column]:
    columns, offset = [], 1
    for start in range(0, len(raw) - 31, 32):
        if raw[start] == 0x0D:
            break
        entry = raw[start : start + 32]
        width = entry[16]
        columns.append(Column(entry[:11].split(b"\0")[0], chr(entry[11]), offset, width))
        offset += width
    return columns


def _values(rows: np.ndarray, column: Column) -> set[bytes]:
    cells = np.ascontiguousarray(rows[:, column.offset : column.offset + column.width])
    telling = cells[(cells > 0x7F).any(axis=1)]
    values = telling.view(f"S{column.width}").ravel()[:_DISTINCT_VALUES]
    return {value.rstrip(b" \0") for value in values.tolist()}
