"""Columns become the bytes of a binary COPY without a Python object per row.

Cells of one length are written as one block, wherever their rows begin.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from importers.bulk.packed import Bytes, Packed, windows

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
# A column: equally long cells with their lengths, as rows of a block; or byte strings.
Encoded = Bytes | Packed


def fixed(values: Any, kind: str, missing: Any = None) -> Encoded:
    """A column of numbers or booleans; `kind` is numpy's big-endian name such as ``>i4``, ``>f8``.

    `missing` is a mask of NULLs.
    """
    numbers = np.ascontiguousarray(values, dtype=kind)
    count, size = len(numbers), numbers.dtype.itemsize
    plain = numbers.view(np.uint8).reshape(count, size)
    if missing is not None and np.any(missing):
        if np.all(missing):
            return nothing(count)
        length = np.where(missing, -1, size)
        return Packed(plain.reshape(-1), np.arange(count) * size, length)
    return np.concatenate([_repeated(size.to_bytes(4, "big"), count), plain], axis=1)


def nothing(count: int) -> Encoded:
    """A column of `count` NULLs."""
    return _repeated(_NULL, count)


def same(value: bytes, count: int) -> Encoded:
    """A column of `count` times the same bytes."""
    return _repeated(len(value).to_bytes(4, "big") + value, count)


def text(values: Sequence[str | None]) -> Packed:
    """A column of text in UTF-8; PostgreSQL's forbidden NUL is left out."""
    return Packed.of_text([None if v is None else v.replace("\x00", "") for v in values])


def rows_of(columns: Sequence[Encoded]) -> bytes:
    """The rows of equally long columns, without header and trailer."""
    count = len(columns[0])
    pieces = _runs(columns, count)
    size = np.zeros(count, dtype=np.int64)
    for piece in pieces:
        size += 4 + np.maximum(piece.length, 0) if isinstance(piece, Packed) else piece.shape[1]
    place = np.cumsum(size) - size
    out = np.empty(int(size.sum()), dtype=np.uint8)
    for piece in pieces:
        if not isinstance(piece, Packed):
            windows(out, piece.shape[1])[place] = piece
            place += piece.shape[1]
            continue
        marks = piece.length.astype(">i4").view(np.uint8).reshape(count, 4)
        windows(out, 4)[place] = marks
        place += 4
        for places, block in piece.blocks():
            if block.shape[1]:
                windows(out, block.shape[1])[place[places]] = block
        place += np.maximum(piece.length, 0)
    return out.tobytes()


def _runs(columns: Sequence[Encoded], count: int) -> list[Encoded]:
    """The number of cells, then the columns, neighbouring blocks put together."""
    runs: list[Encoded] = []
    blocks = [_repeated(len(columns).to_bytes(2, "big"), count)]
    for column in columns:
        if not isinstance(column, Packed):
            blocks.append(column)
            continue
        if blocks:
            runs.append(np.concatenate(blocks, axis=1))
        runs.append(column)
        blocks = []
    if blocks:
        runs.append(np.concatenate(blocks, axis=1))
    return runs


def _repeated(cell: bytes, count: int) -> Bytes:
    return np.broadcast_to(np.frombuffer(cell, dtype=np.uint8), (count, len(cell)))
